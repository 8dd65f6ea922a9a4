"""Persons of COCO-WholeBody for tests: as such models give them, made of ours."""

import numpy as np

from trackers import keypoint_sets as sets
from trackers.keypoint_tables import IBUG_COUNT
from trackers.types import FloatArray


def whole_body(points: sets.Points) -> FloatArray:
    """Return (133, 3): body 17, feet 6, face 68, left hand 21, right hand 21."""
    face = points.face[:IBUG_COUNT]
    return np.concatenate([sets.coco_17(points), sets.coco_feet(points), face, points.left_hand, points.right_hand])
