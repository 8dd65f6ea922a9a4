"""The reference engine gives the same `Tracking`, and says what to do when it is not installed."""

import importlib.util
import os
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from trackers.engine import TrackerSettings, open_tracker
from trackers.errors import UserError
from trackers.types import Frame


def test_without_mediapipe_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command to install it, and the engine that needs nothing."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(UserError) as caught:
        open_tracker(TrackerSettings(engine="mediapipe"))
    assert str(caught.value) == (
        "tracker mediapipe needs the package mediapipe, which is not installed; "
        'run `pip install ".[mediapipe]"`, or use --tracker posecast'
    )


@pytest.mark.needs_data
@pytest.mark.needs_mediapipe
def test_both_engines_agree_on_a_clip(models: None, read_clip: Callable[..., Iterator[Frame]]) -> None:
    """The same keypoints, sides, expression and head turn, from the same bytes (the full body model is grafted)."""
    if importlib.util.find_spec("mediapipe") is None:
        if os.environ.get("POSECAST_REQUIRE_ALL") == "1":
            pytest.fail("mediapipe is not installed")
        pytest.skip('mediapipe is not installed; pip install ".[mediapipe]"')
    clip = list(read_clip("asl/yes.mkv", most=12))
    with open_tracker(TrackerSettings(engine="mediapipe")) as reference, open_tracker(TrackerSettings()) as tracker:
        for frame in clip:
            theirs, ours = reference.track(frame), tracker.track(frame)
        assert reference.info.engine == "mediapipe"
        assert "body full" in reference.info.reason
    for one in (ours, theirs):
        assert one.left_hand is not None
        assert one.left_hand.right_probability < 0.2
    assert ours.body is not None
    assert theirs.body is not None
    assert ours.face is not None
    assert theirs.face is not None
    assert np.hypot(*(ours.body.keypoints_px - theirs.body.keypoints_px)[:25, :2].T).mean() < 10
    assert np.hypot(*(ours.face.keypoints_px - theirs.face.keypoints_px)[:, :2].T).mean() < 1.5
    assert np.abs(ours.face.expression - theirs.face.expression).max() < 0.25
    np.testing.assert_allclose(ours.face.camera_from_head, theirs.face.camera_from_head, atol=0.08)
