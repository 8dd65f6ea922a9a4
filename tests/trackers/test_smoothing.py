"""Tests of `trackers.smoothing`: made-up people who keep still or move, in pictures of any size."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from trackers.smoothing import TrackingSmoother
from trackers.types import BodyTracking, FaceTracking, HandTracking, Stamp, Tracking

RATE_HZ = 30


def tracking(frame: int, *, scale: float = 1.0, across: float = 0.0, noise: np.random.Generator | None = None) -> Tracking:
    """Somebody `across` shoulder widths to the side, in a picture `scale` times 640x480, with a hundredth of noise."""
    points = np.random.default_rng(1)
    jitter = noise if noise is not None else np.random.default_rng(0)
    amount = 0.01 if noise is not None else 0.0

    def px(count: int, size: float) -> np.ndarray:
        place = (
            points.uniform(-size, size, (count, 3)) + (across * 150, 0, 0) + jitter.normal(scale=amount * size, size=(count, 3))
        )
        return (scale * (place + (320, 240, 0))).astype(np.float32)

    def metres(count: int) -> np.ndarray:
        return (points.normal(size=(count, 3)) + jitter.normal(scale=amount * 0.2, size=(count, 3))).astype(np.float32)

    ones = np.ones(33, dtype=np.float32)
    body_px = px(33, 150)
    body_px[[11, 12], :2] = scale * (np.array([[395.0, 200.0], [245.0, 200.0]]) + (across * 150, 0))
    turn = np.array([0.2 + jitter.normal(scale=amount), 0.1, 0.0])
    face = FaceTracking(
        px(478, 60), cv2.Rodrigues(turn)[0].astype(np.float32), np.array([0, 0, 0.6], np.float32),
        np.zeros(2, np.float32), np.full(52, 0.3, np.float32), 1.0,
    )  # fmt: skip
    hands = [HandTracking(px(21, 60), metres(21), 0.9, side) for side in (0.1, 0.9)]
    stamp = Stamp(frame, round(frame * 1e9 / RATE_HZ))
    size = (round(640 * scale), round(480 * scale))
    return Tracking(stamp, *size, BodyTracking(body_px, metres(33), ones, ones, 0.9), *hands, face)


def pixels(one: Tracking) -> np.ndarray:
    parts = [one.body, one.left_hand, one.right_hand, one.face]
    return np.concatenate([part.keypoints_px[:, :2] for part in parts if part is not None])


@pytest.mark.parametrize("scale", [0.25, 1.0, 6.0])
def test_noise_at_rest_is_calmed_in_pictures_of_any_size(scale: float) -> None:
    """From 160x120 to 4K the same: what is left of the noise is less than half."""
    smooth, noise = TrackingSmoother(), np.random.default_rng(5)
    seen = [tracking(frame, scale=scale, noise=noise) for frame in range(90)]
    out = [smooth(one) for one in seen]
    before, after = (np.array([pixels(one) for one in many[30:]]).std(axis=0).mean() for many in (seen, out))
    assert after < 0.5 * before


def test_the_size_of_the_picture_changes_nothing() -> None:
    """The same scene in another size is smoothed to the same scene."""
    shown = []
    for scale in (0.25, 6.0):
        smooth, noise = TrackingSmoother(), np.random.default_rng(5)
        out = [smooth(tracking(frame, scale=scale, across=max(0, frame - 20) * 0.05, noise=noise)) for frame in range(40)]
        shown.append(pixels(out[-1]) / scale)
    np.testing.assert_allclose(shown[0], shown[1], atol=0.02)


def test_a_quick_move_is_followed_at_once() -> None:
    """At two shoulder widths a second, what is shown is less than a frame behind."""
    smooth = TrackingSmoother()
    for frame in range(40):
        across = max(0, frame - 20) * 2.0 / RATE_HZ
        one = tracking(frame, across=across)
        late = pixels(one)[:33, 0] - pixels(smooth(one))[:33, 0]
    assert float(np.abs(late).max()) < 150 * 2.0 / RATE_HZ


def test_the_head_is_smoothed_on_the_sphere() -> None:
    """A head that keeps still with noise turns less; its matrix stays a rotation."""
    smooth, noise = TrackingSmoother(), np.random.default_rng(5)
    seen = [tracking(frame, noise=noise) for frame in range(90)]
    out = [smooth(one) for one in seen]

    def turns(many: list[Tracking]) -> np.ndarray:
        return np.array([one.face.camera_from_head for one in many[30:] if one.face is not None], dtype=np.float64)

    assert turns(out).std(axis=0).max() < 0.34 * turns(seen).std(axis=0).max()
    identity = np.einsum("nij,nkj->nik", turns(out), turns(out))
    np.testing.assert_allclose(identity, np.broadcast_to(np.eye(3), identity.shape), atol=1e-5)


def test_lost_parts_are_forgotten() -> None:
    """A hand found again elsewhere is there at once."""
    smooth = TrackingSmoother()
    for frame in range(10):
        smooth(tracking(frame))
    smooth(replace(tracking(10), left_hand=None))
    again = tracking(11, across=1.0)
    out = smooth(again)
    assert out.left_hand is not None
    assert again.left_hand is not None
    np.testing.assert_allclose(out.left_hand.keypoints_px, again.left_hand.keypoints_px, rtol=1e-5)


def test_a_part_that_was_not_looked_at_runs_on() -> None:
    """Its carried-on keypoints are no measurement: the last movement goes on, for a frame or so, and stands still then."""
    smooth, places = TrackingSmoother(), []
    for frame in range(40):
        one = tracking(frame, across=min(frame, 30) * 0.02)
        out = smooth(replace(one, predicted=frozenset({"body"})) if frame > 30 else one)
        assert out.body is not None
        places.append(float(out.body.keypoints_px[11, 0]))
    steps = np.diff(places)
    assert steps[30] == pytest.approx(steps[29], rel=0.15)
    np.testing.assert_allclose(steps[32:], 0.0, atol=1e-6)


def test_reset_is_a_new_start() -> None:
    """After reset nothing is left of what was before."""
    used, fresh = TrackingSmoother(), TrackingSmoother()
    for frame in range(10):
        used(tracking(frame + 100, across=3.0))
    used.reset()
    for frame in range(5):
        np.testing.assert_array_equal(pixels(used(tracking(frame))), pixels(fresh(tracking(frame))))
