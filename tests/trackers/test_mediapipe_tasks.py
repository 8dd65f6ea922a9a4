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


def test_whom_it_follows_cannot_be_asked_of_it() -> None:
    """MediaPipe has no such choice: the flag is refused, not passed over."""
    with pytest.raises(UserError) as caught:
        open_tracker(TrackerSettings(engine="mediapipe", person="left"))
    assert str(caught.value) == (
        "tracker mediapipe chooses itself whom it follows, got --person left; leave it away, or use --tracker posecast"
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


@pytest.mark.needs_data
@pytest.mark.needs_mediapipe
def test_the_first_look_at_a_body_that_leaves_the_picture_is_the_same(
    models: None, read_clip: Callable[..., Iterator[Frame]]
) -> None:
    """Legs below the desk and all, within 1 % of the shoulders' width: the same crop, before MediaPipe smooths anything."""
    if importlib.util.find_spec("mediapipe") is None:
        if os.environ.get("POSECAST_REQUIRE_ALL") == "1":
            pytest.fail("mediapipe is not installed")
        pytest.skip('mediapipe is not installed; pip install ".[mediapipe]"')
    frame = next(read_clip("asl/yes.mkv"))
    alone = {"hands": False, "face": False}
    with (
        open_tracker(TrackerSettings(engine="mediapipe", **alone)) as reference,
        open_tracker(TrackerSettings(**alone)) as tracker,
    ):
        theirs, ours = reference.track(frame).body, tracker.track(frame).body
    assert theirs is not None
    assert ours is not None
    shoulders_px = np.hypot(*(theirs.keypoints_px[11] - theirs.keypoints_px[12])[:2])
    gaps_px = np.hypot(*(ours.keypoints_px - theirs.keypoints_px)[:, :2].T)
    assert gaps_px.mean() < 0.01 * shoulders_px
