"""Tests of the drawing of the tracker's benchmark."""

from pathlib import Path

import cv2
import pytest
from test_bench_tracker import a_run

from export.bench_tracker import ClipRun, EngineRun, report
from export.plot_tracker import draw

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
