"""Rendering a set: the same bytes again, nothing lost when it is killed, and refusals in one sentence."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from avatar.dataset import film
from avatar.dataset.film import Progress, render
from avatar.dataset.plan import Plan
from avatar.dataset.reader import Dataset
from avatar.dataset.storage import MOTION, SHEET
from trackers.errors import UserError

pytestmark = pytest.mark.timeout(300)  # each rendering starts processes, which takes long on a busy machine
ROOT = Path(__file__).parents[3]
TINY = Plan(train=7, test=3)
KILLED = """
import sys
from pathlib import Path
from avatar.dataset.film import render
from avatar.dataset.plan import Plan
if __name__ == "__main__":
    render(Path(sys.argv[1]), plan=Plan(train=7, test=3), drawing="quick", side_px=64, workers=2)
"""


def tiny(folder: Path, **more: object) -> dict[str, object]:
    return render(folder, **{"plan": TINY, "drawing": "quick", "side_px": 64, "workers": 1, **more})  # type: ignore[arg-type]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object], list[Progress]]:
    """A whole tiny set, its figures, and what was told on the way."""
    folder, told = tmp_path_factory.mktemp("sets") / "whole", []
    figures = tiny(folder, on_progress=told.append)
    return folder, figures, told


def test_every_picture_of_the_plan_is_drawn(whole: tuple[Path, dict[str, object], list[Progress]]) -> None:
    """The set holds as many pictures as were asked for, none of them empty, and progress counts them all."""
    folder, figures, told = whole
    data = Dataset(folder)
    assert figures["pictures"] == {"wanted": 10, "there": 10, "drawn": 10}
    assert [sum(len(m.shown) for m in data.motions(split)) for split in ("train", "test")] == [7, 3]
    assert {m.picture(int(n))[..., 3].max() for split in ("train", "test") for m in data.motions(split) for n in m.shown} == {
        255
    }
    assert told[-1] == Progress("pictures", 10, 10)
    assert {one.stage for one in told} == {"motions", "pictures"}
    assert (folder / SHEET).is_file()


def test_what_a_killed_run_left_becomes_the_same_set(
    whole: tuple[Path, dict[str, object], list[Progress]], tmp_path: Path
) -> None:
    """Killed in the middle, its processes end by themselves; the next run keeps what is there and makes the same bytes."""
    folder, script = tmp_path / "killed", tmp_path / "killed.py"
    script.write_text(KILLED)
    run = subprocess.Popen([sys.executable, str(script), str(folder)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        while not any(folder.glob("*/*.png")):
            assert run.poll() is None, "it ended before the first picture"
            time.sleep(0.01)
        helpers = psutil.Process(run.pid).children(recursive=True)
    finally:
        run.send_signal(signal.SIGKILL)
        run.wait()
    _, left = psutil.wait_procs(helpers, timeout=60)
    assert not left
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*/*.png")}
    figures = tiny(folder)
    assert figures["pictures"] == {"wanted": 10, "there": 10, "drawn": 10 - len(before)}
    assert {path: path.stat().st_mtime_ns for path in before} == before
    parts = {name for name in contents(folder) if name.endswith(".part")}
    assert {name: data for name, data in contents(folder).items() if name not in parts} == contents(whole[0])


def test_a_stopped_run_is_a_smaller_set(tmp_path: Path) -> None:
    """Asked to stop, it only ends what is being drawn; what is there can be read, and is of as many motions as pictures."""
    told: list[Progress] = []
    figures = tiny(tmp_path / "set", on_progress=told.append, is_stopped=lambda: told[-1] == Progress("pictures", 5, 10))
    data = Dataset(tmp_path / "set")
    there = [(m.name, int(n)) for split in ("train", "test") for m in data.motions(split) for n in m.shown]
    assert 5 <= len(there) <= 8
    assert figures["pictures"] == {"wanted": 10, "there": len(there), "drawn": 5}
    assert data.wanted == 10
    train = [name for name, _ in there if not name.startswith("test")]
    assert len(set(train)) == len(train)


def test_half_a_motion_is_made_anew(whole: tuple[Path, dict[str, object], list[Progress]]) -> None:
    """As a power cut leaves it: the same command gives the same bytes again."""
    folder = whole[0]
    before = contents(folder)
    motions = sorted(folder.rglob(MOTION))[:2]
    motions[0].write_bytes(motions[0].read_bytes()[:50])
    motions[1].write_bytes(b"")
    tiny(folder)
    assert contents(folder) == before


def test_half_a_picture_is_drawn_anew(whole: tuple[Path, dict[str, object], list[Progress]]) -> None:
    """So does one of pictures."""
    folder = whole[0]
    before = contents(folder)
    pictures = sorted(folder.glob("*/*.png"))[:2]
    pictures[0].write_bytes(pictures[0].read_bytes()[:-1])
    pictures[1].write_bytes(b"")
    tiny(folder)
    assert contents(folder) == before


def test_a_set_of_other_settings_is_refused(whole: tuple[Path, dict[str, object], list[Progress]]) -> None:
    """A folder with another set, or with other files, is left alone, in one sentence."""
    folder = whole[0]
    with pytest.raises(
        UserError, match=r"holds a set with other settings \(seed 1, not 2; train 7, not 8\); name another folder"
    ):
        tiny(folder, plan=Plan(train=8, test=3, seed=2))
    with pytest.raises(UserError, match=r"holds other files and no rendered data; name an empty or a new folder"):
        tiny(folder.parent)
    with pytest.raises(UserError, match=r"there is no character 'nobody' to render; name one of: mascot"):
        tiny(folder, character="nobody")


def test_another_character_is_another_set(whole: tuple[Path, dict[str, object], list[Progress]]) -> None:
    """When the character itself was changed since, going on would mix two of them; of the drawing it is told."""
    path = whole[0] / "index.json"
    before = path.read_bytes()
    index = json.loads(before)
    try:
        path.write_text(json.dumps({**index, "hash": "old", "character_hash": "old"}))
        with pytest.raises(UserError, match=r"other settings \(an older mascot\)"):
            tiny(whole[0])
        path.write_bytes(before)
        mixture = "Pictures are drawn a little otherwise now than when this set was begun, so it is a mixture."
        assert film._begin(whole[0], {**index, "look": "another"}) == (mixture,)
        assert film._begin(whole[0], index) == ()
    finally:
        path.write_bytes(before)
