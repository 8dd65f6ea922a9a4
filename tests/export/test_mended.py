"""Trackings as `track` writes them: what a scene has seen says nothing of the next."""

from dataclasses import replace

import numpy as np
from test_agreement import body, moved, tracking

from export.mended import Mended
from trackers.types import Stamp, Tracking


def at(frame: int, x: float) -> Tracking:
    return replace(tracking(body=moved(body(), x, 0)), stamp=Stamp(frame, frame * 33_333_333))


def place(seen: Tracking) -> float:
    assert seen.body is not None
    return float(np.mean(seen.body.keypoints_px[:, 0] - body().keypoints_px[:, 0]))


def test_smoothing_is_for_those_who_want_it() -> None:
    """A small step is followed at once, or a little later."""
    plain, smooth = Mended(smooth=False), Mended(smooth=True)
    for frame in range(10):
        plain(at(frame, 0)), smooth(at(frame, 0))
    assert place(plain(at(10, 2))) == 2
    assert 0 <= place(smooth(at(10, 2))) < 1.5


def test_another_scene_begins_where_it_is() -> None:
    """After `reset` nothing is smoothed towards what was before."""
    smooth = Mended(smooth=True)
    for frame in range(10):
        smooth(at(frame, 0))
    smooth.reset()
    assert place(smooth(at(10, 2))) == 2
