"""The drawn skeleton tells what the pose does, and only that."""

import numpy as np
import pytest
from moments_at_hand import moment

from avatar.camera import Framing, camera_for
from avatar.mascot import build_mascot
from avatar.mascot.sheets import HANDS, REST
from avatar.mesh import Character
from avatar.rig import BONE_INDEX, joint_positions
from avatar.training import skeleton_drawing
from avatar.training.skeleton_drawing import SkeletonDrawer
from trackers.types import ImageArray

BODY, LEFT, RIGHT, FACE = range(4)


@pytest.fixture(scope="module")
def mascot() -> Character:
    return build_mascot()


@pytest.fixture(scope="module")
def drawer(mascot: Character) -> SkeletonDrawer:
    return SkeletonDrawer(mascot, width_px=256, height_px=256)


def changed(before: ImageArray, after: ImageArray) -> set[int]:
    return {layer for layer in range(4) if (before[layer] != after[layer]).any()}


def test_limbs_pass_through_their_joints(mascot: Character, drawer: SkeletonDrawer) -> None:
    """The picture is coloured where elbow and wrist are seen, and black in a corner."""
    seen = moment(mascot, HANDS["victory"])
    layers = drawer.draw(seen)
    spots = camera_for(Framing.UPPER, width_px=256, height_px=256).project(joint_positions(mascot.rig, seen.bones))
    for bone in ("leftLowerArm", "rightUpperArm", "leftHand"):
        x, y = spots[BONE_INDEX[bone]].astype(int)
        assert layers[BODY, y, x].max() > 128, bone
    assert layers[:, 0, 0].max() == 0


def test_fingers_are_on_their_hands_layer(mascot: Character, drawer: SkeletonDrawer) -> None:
    """Another left hand changes the left hand's layer alone."""
    before, after = (drawer.draw(moment(mascot, HANDS[name])) for name in ("victory", "point"))
    assert changed(before, after) == {LEFT}


@pytest.mark.parametrize(
    "expression",
    [
        {"eyeBlinkLeft": 1.0},
        {"jawOpen": 0.8},
        {"browInnerUp": 1.0},
        {"mouthSmile": 1.0},
        {"tongueOut": 1.0},
        {"eyeLookUp": 1.0},
    ],
    ids=lambda expression: next(iter(expression)),
)
def test_the_face_shows_the_expression(mascot: Character, drawer: SkeletonDrawer, expression: dict[str, float]) -> None:
    """Each of these is seen in the face's lines, more than in a few pixels; ears may react on the body's layer."""
    before, after = (
        drawer.draw(moment(mascot, framing=Framing.BUST)),
        drawer.draw(moment(mascot, expression=expression, framing=Framing.BUST)),
    )
    assert FACE in changed(before, after) <= {BODY, FACE}
    assert (before[FACE] != after[FACE]).any(axis=2).sum() > 8


def test_the_same_moment_is_the_same_picture_and_a_small_turn_is_a_small_change(
    mascot: Character, drawer: SkeletonDrawer
) -> None:
    """No randomness; and strokes glide by parts of a pixel, so a turn of a tenth of a degree already shows."""
    still, turned = moment(mascot), moment(mascot, {**REST, "leftUpperArm": (0, -8, -67.9)})
    assert (drawer.draw(still) == drawer.draw(still)).all()
    change = np.abs(drawer.draw(turned)[BODY].astype(int) - drawer.draw(still)[BODY])
    assert 0 < change.max() < 160


def test_layers_are_merged_one_over_another() -> None:
    """A later opaque stroke hides an earlier one; where nothing is drawn it is clear."""
    layers = np.zeros((4, 2, 2, 3), dtype=np.uint8)
    layers[0, 0, :] = (255, 0, 0)
    layers[3, 0, 1] = (0, 255, 0)
    layers[3, 1, 1] = (0, 51, 0)
    merged = skeleton_drawing.merged(layers)
    assert merged[0, 0].tolist() == [255, 0, 0, 255]
    assert merged[0, 1].tolist() == [0, 255, 0, 255]
    assert merged[1, 1].tolist() == [0, 255, 0, 51]
    assert merged[1, 0].tolist() == [0, 0, 0, 0]
