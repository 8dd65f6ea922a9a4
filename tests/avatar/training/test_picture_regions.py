"""Boxes and masks lie where the parts are, and inside the picture."""

import numpy as np
import pytest
from moments_at_hand import moment

from avatar.camera import Framing, camera_for
from avatar.mascot import build_mascot
from avatar.mascot.sheets import HANDS
from avatar.mesh import Character
from avatar.rig import BONE_INDEX, joint_positions
from avatar.training import regions

SIZE = {"width_px": 512, "height_px": 512}


@pytest.fixture(scope="module")
def mascot() -> Character:
    return build_mascot()


def holds(box: regions.Box, spot: np.ndarray) -> bool:
    return bool(box.left <= spot[0] < box.right and box.top <= spot[1] < box.bottom)


@pytest.mark.parametrize("framing", list(Framing))
def test_the_face_box_holds_both_eyes(mascot: Character, framing: Framing) -> None:
    """Whatever the framing, the eyes are inside, and the box is a part of the picture."""
    seen = moment(mascot, framing=framing)
    box = regions.Parts(mascot).face(seen, **SIZE)
    assert box is not None
    joints = camera_for(framing, **SIZE).project(joint_positions(mascot.rig, seen.bones))
    assert all(holds(box, joints[BONE_INDEX[eye]]) for eye in ("leftEye", "rightEye"))
    assert (box.right - box.left) * (box.bottom - box.top) < 0.3 * 512 * 512


def test_a_raised_hand_is_found_and_a_hand_out_of_the_picture_is_not(mascot: Character) -> None:
    """In the upper body's framing both hands are seen; the bust shows none of two that hang."""
    parts = regions.Parts(mascot)
    raised = moment(mascot, HANDS["victory"])
    boxes = parts.hands(raised, **SIZE)
    joints = camera_for(Framing.UPPER, **SIZE).project(joint_positions(mascot.rig, raised.bones))
    assert len(boxes) == 2
    assert holds(boxes[0], joints[BONE_INDEX["leftMiddleProximal"]])
    assert parts.hands(moment(mascot, framing=Framing.BUST), **SIZE) == []


def test_boxes_are_large_enough_for_lpips(mascot: Character) -> None:
    """Also in the full framing, where a hand is 30 pixels, no box is narrower than LPIPS can take."""
    boxes = regions.Parts(mascot).hands(moment(mascot, HANDS["fist"], framing=Framing.FULL), **SIZE)
    assert boxes
    assert all(min(box.right - box.left, box.bottom - box.top) >= regions.SMALLEST_PX for box in boxes)


def test_the_foreground_is_dilated() -> None:
    """A dot of the faintest alpha becomes a disc of the margin's radius."""
    truth = np.zeros((512, 512, 4), dtype=np.uint8)
    truth[100, 200, 3] = 1
    region = regions.foreground(truth)
    reach = regions.FOREGROUND_MARGIN_PX
    assert region[100, 200 - reach]
    assert not region[100, 200 - reach - 1]
    assert region[100 + reach, 200]
    assert not region[100 + reach, 200 + reach]
    assert region.sum() == pytest.approx(np.pi * (reach + 0.5) ** 2, rel=0.1)


def test_bounds_hold_the_region_and_stay_inside() -> None:
    """A small region in a corner has a box of the smallest size in that corner; an empty one has none."""
    region = np.zeros((512, 512), dtype=bool)
    assert regions.bounds(region) is None
    region[:60, :58] = True
    assert regions.bounds(region) == (0, 0, 64, 64)
    region[200:300, 100:400] = True
    box = regions.bounds(region)
    assert box == (0, 0, 400, 300)
    assert box.mask((512, 512)).sum() == 400 * 300
    assert box.of(np.zeros((512, 512, 3), dtype=np.float32)).shape == (300, 400, 3)
