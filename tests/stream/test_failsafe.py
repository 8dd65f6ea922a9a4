"""Tests of what goes out when drawing fails."""

import numpy as np

from avatar.types import BONE_COUNT, Rendered, RigPose
from stream.failsafe import HOLD_LAST_NS, FailSafe, neutral_card
from trackers.types import EXPRESSION_COUNT, Stamp


def pose_at(time_ns: int) -> RigPose:
    rotations = np.zeros((BONE_COUNT, 4), np.float32)
    rotations[:, 3] = 1
    return RigPose(
        Stamp(0, time_ns),
        rotations,
        np.zeros(3, np.float32),
        np.zeros(EXPRESSION_COUNT, np.float32),
        np.zeros(BONE_COUNT, np.float32),
        0.0,
    )


class Renderer:
    """Draws one colour, or fails when told to; idle poses (stamp 0) can be told to fail separately."""

    def __init__(self) -> None:
        self.fails = False
        self.fails_idle = False

    def render(self, pose: RigPose, *, time_ns: int) -> Rendered:
        idle = pose.stamp.captured_ns == 0
        if self.fails_idle if idle else self.fails:
            raise RuntimeError("no triangles")
        return Rendered(np.full((64, 64, 4), 7 if idle else 200, np.uint8), pose.stamp)


def make(renderer: Renderer) -> tuple[FailSafe, list[Exception]]:
    told: list[Exception] = []
    safe = FailSafe(renderer, idle_pose=lambda _: pose_at(0), width_px=64, height_px=64, on_failure=told.append)
    return safe, told


def test_last_picture_then_idle_then_card() -> None:
    """A renderer that goes on failing falls back in the order that the house promises, and is told once."""
    renderer = Renderer()
    safe, told = make(renderer)
    good = safe.paint(pose_at, time_ns=1_000)
    renderer.fails = True
    assert safe.paint(pose_at, time_ns=2_000) is good
    late_ns = 2_000 + HOLD_LAST_NS
    assert (safe.paint(pose_at, time_ns=late_ns).image == 7).all()
    renderer.fails_idle = True
    assert (safe.paint(pose_at, time_ns=late_ns).image == neutral_card(64, 64)).all()
    assert [str(error) for error in told] == ["no triangles"]


def test_drawing_that_works_again_is_shown_again() -> None:
    """After a failure the avatar is back with the first picture that can be drawn; a new failure is told anew."""
    renderer = Renderer()
    safe, told = make(renderer)
    renderer.fails = True
    safe.paint(pose_at, time_ns=1_000)
    renderer.fails = False
    assert (safe.paint(pose_at, time_ns=2_000).image == 200).all()
    renderer.fails = True
    safe.paint(pose_at, time_ns=3_000)
    assert len(told) == 2


def test_a_pose_that_cannot_be_made_falls_back_too() -> None:
    """The pose is asked for inside the safety: a motion filter that raises shows the idle avatar."""
    safe, told = make(Renderer())

    def raises(_: int) -> RigPose:
        raise ValueError("no pose")

    assert (safe.paint(raises, time_ns=1_000).image == 7).all()
    assert len(told) == 1


def test_the_card_is_opaque_and_plain() -> None:
    """The neutral card hides everything behind it."""
    card = neutral_card(128, 96)
    assert card.shape == (96, 128, 4)
    assert (card[..., 3] == 255).all()
