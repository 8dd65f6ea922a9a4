"""Tests of the drawing of the tracker's benchmark."""

import importlib.util
from pathlib import Path

import cv2
import pytest
from test_bench_tracker import a_run

from export.bench_tracker import ClipRun, report
from export.plot_tracker import check, draw
from trackers.errors import UserError

MACHINE = {"cpu": "a CPU", "cores": 2}


@pytest.mark.parametrize("compared", [True, False])
def test_a_picture_is_drawn(tmp_path: Path, compared: bool) -> None:
    """With and without a reference: a large PNG with colours in it."""
    pytest.importorskip("matplotlib")
    run = a_run()
    if not compared:
        run = ClipRun(run.path, run.name, {"posecast": run.engines["posecast"]})
    path = tmp_path / "plot.png"
    draw(path, runs=[run], figures={"tracking": "balanced", **report([run])}, machine=MACHINE)
    image = cv2.imread(str(path))
    assert image is not None
    assert image.shape[0] > 800
    assert image.shape[1] > 1200
    assert ((image == (0xB2, 0x72, 0x00)).all(axis=2)).sum() > 100  # our blue, as BGR


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
