"""Tests of `trackers.sides`: which keypoints are exchanged together."""

import numpy as np
import pytest

from trackers.sides import LIMB_COUNT, rows_of, swapped_limbs
from trackers.skeleton import BODY_NAMES

HEAD, TRUNK, ARMS, LEGS = range(LIMB_COUNT)


def names_of(limb: int) -> set[str]:
    """Return the names of one limb's keypoints."""
    return {BODY_NAMES[row] for row in np.flatnonzero(rows_of(np.arange(LIMB_COUNT) == limb))}


def test_every_keypoint_but_the_nose_belongs_to_one_limb() -> None:
    """A keypoint of two limbs would be exchanged with the one while the other is right."""
    names = [name for limb in range(LIMB_COUNT) for name in names_of(limb)]
    assert sorted([*names, "nose"]) == sorted(BODY_NAMES)


@pytest.mark.parametrize(
    ("limb", "parts"),
    [
        (TRUNK, ("shoulder", "hip")),
        (ARMS, ("elbow", "wrist", "pinky", "index", "thumb")),
        (LEGS, ("knee", "ankle", "heel", "foot_index")),
    ],
)
def test_a_limb_has_its_own_keypoints(limb: int, parts: tuple[str, ...]) -> None:
    """The tip of a foot is called `foot_index`, and is no finger's."""
    assert names_of(limb) == {f"{side}_{part}" for side in ("left", "right") for part in parts}


def test_swapped_arms_are_told_from_swapped_legs() -> None:
    """Only the limb whose sides were exchanged is told."""
    expected = np.array([(1.0 if "left" in name else -1.0, 0.0, 0.0) for name in BODY_NAMES])
    for limb in (ARMS, LEGS):
        points = expected.copy()
        points[rows_of(np.arange(LIMB_COUNT) == limb), 0] *= -1
        np.testing.assert_array_equal(swapped_limbs(points, expected), np.arange(LIMB_COUNT) == limb)
