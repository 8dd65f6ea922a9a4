"""Tests of the drawing of the tracker's benchmark."""

import importlib.util
import os
from pathlib import Path

import cv2
import pytest
from test_bench_tracker import a_run

from export.bench_tracker import ClipRun, EngineRun, report
from export.plot_tracker import check, draw, save
from trackers.errors import UserError

MACHINE = {"cpu": "a CPU", "cores": 2}


@pytest.mark.parametrize("rival", ["mediapipe", "accurate", None])
def test_a_picture_is_drawn(tmp_path: Path, rival: str | None) -> None:
    """With each rival and without one: a large PNG with colours in it."""
    pytest.importorskip("matplotlib")
    run = a_run()
    ours, theirs = run.engines.values()
    run = ClipRun(run.path, run.name, {"posecast": ours} | ({rival: theirs} if rival is not None else {}))
    path = tmp_path / "plot.png"
    draw(path, runs=[run], figures={"tracking": "balanced", **report([run])}, machine=MACHINE)
    image = cv2.imread(str(path))
    assert image is not None
    assert image.shape[0] > 800
    assert image.shape[1] > 1200
    assert ((image == (0xB2, 0x72, 0x00)).all(axis=2)).sum() > 100  # our blue, as BGR


def test_clips_that_are_too_short_for_a_figure_are_drawn_with_dashes(tmp_path: Path) -> None:
    """Five frames or fewer are not timed: there is neither median nor ratio, and a picture all the same."""
    pytest.importorskip("matplotlib")
    timed = a_run()
    for names in (["posecast"], ["posecast", "mediapipe"]):
        engines = {name: EngineRun(trackings=timed.engines[name].trackings) for name in names}
        run, path = ClipRun(timed.path, timed.name, engines), tmp_path / f"{len(names)}.png"
        draw(path, runs=[run], figures={"tracking": "balanced", **report([run])}, machine=MACHINE)
        assert path.is_file()


def test_a_picture_that_cannot_be_written_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of that name and a folder that takes nothing are told before measuring, a disk that got full when it is."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: object())
    folder = tmp_path / "a.png"
    folder.mkdir()
    with pytest.raises(UserError, match=r"a.png cannot be written: it is a folder; name a file in it as --plot$"):
        check(folder)

    class Full:
        def savefig(self, path: Path, **_: object) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(UserError) as caught:
        save(Full(), tmp_path / "b.png")
    assert str(caught.value) == (
        f"{tmp_path / 'b.png'} could not be written (No space left on device); free some space or choose another --plot"
    )
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UserError, match=r"b.png cannot be written: permission denied; choose another --plot$"):
        check(tmp_path / "b.png")


def test_words_before_anything_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong name, a folder that is not there, and a missing package are one sentence each."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: object())
    with pytest.raises(UserError, match=r"^--plot must name a .png file, got a.pdf; try --plot tracker.png$"):
        check(Path("a.pdf"))
    with pytest.raises(
        UserError, match=r"a.png cannot be written: its folder does not exist; make it or choose another --plot$"
    ):
        check(tmp_path / "absent" / "a.png")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(UserError) as caught:
        check(tmp_path / "a.png")
    assert str(caught.value) == (
        '--plot needs the package matplotlib, which is not installed; run `pip install ".[plot]"`, or leave --plot away'
    )
