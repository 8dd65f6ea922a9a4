"""Whether a followed hand is seated right: a hand held to the lens is easily followed with the forearm taken for its palm.

Owns when a hand is doubted, and when the palm detector's word is against it. Knows nothing of how hands are found or followed.

Such a seat keeps itself: the forearm is foreshortened to the length of a palm, each look gives the next one nearly the same
region, and the score stays at 0.97. What gives it away is its size. Figures: clips
of people signing (`asl/`) and `hands/gesture_test_video.mp4`, looked at in every, every 2nd, 3rd and 6th frame.
"""

from typing import Final

import numpy as np

from trackers import hands as hand_part
from trackers.detector import Detection, Detector
from trackers.geometry import Region
from trackers.hands import HandEstimate
from trackers.sides import body_size_px
from trackers.types import BodyTracking, ImageArray

LARGE: Final = 0.93
"""Side of a hand's region, in widths of the shoulders, from which on it is doubted: too large 0.96 to 1.2; the same hand seated
right 0.82 to 0.92; hands of people signing 0.5 to 0.9, one in twenty of their looks more."""
EVERY_NS: Final = 300_000_000
"""A hand that stays large is asked for again after so long: it may really be large."""
LARGE_LOOKS: Final = 2
"""So many looks in a row must be large: the first of a hand just found, and single ones of fast hands, often are."""
TOO_LARGE: Final = 0.77
"""The palm's region over the hand's: a seat on the forearm 0.53 to 0.73, a right one 0.75 to 1.1."""
KNUCKLE_REACH: Final = 0.4
"""Knuckles further apart than this share of the hand's size are those of two hands."""
SMALLER: Final = 0.9
"""A new seat counts if its region is smaller than this share of the old one's; else the palm detector was wrong."""
LOOKS: Final = 3
"""The first look from the palm's region is rough."""


class SeatDoubts:
    """Remembers when each hand was last asked for."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        self._asked_ns: dict[str, int] = {}
        self._large_looks: dict[str, int] = {}

    def is_due(self, hand: HandEstimate, body: BodyTracking, side: str, *, time_ns: int) -> bool:
        """Tell whether the palm detector should be asked in this look at the hand; call once a look."""
        is_large = hand.next_region.size_px > LARGE * body_size_px(body.keypoints_px)
        self._large_looks[side] = self._large_looks.get(side, 0) + 1 if is_large else 0
        asked_ns = self._asked_ns.get(side)
        if self._large_looks[side] < LARGE_LOOKS or (asked_ns is not None and abs(time_ns - asked_ns) < EVERY_NS):
            return False
        self._asked_ns[side] = time_ns
        return True


def better_region(image: ImageArray, hand: HandEstimate, detector: Detector) -> Region | None:
    """Return the region of the palm in a hand's region if that is much smaller, else None."""
    region = hand.next_region
    for palm in detector.find(image, Region(region.x_px, region.y_px, region.size_px)):
        seat = hand_part.region_from_palm(palm)
        if seat.size_px < TOO_LARGE * region.size_px and _same_knuckle(hand, palm):
            return seat
    return None


def is_better(new: HandEstimate, old: HandEstimate) -> bool:
    """Tell whether a look from the palm's region led to another seat."""
    return new.next_region.size_px < SMALLER * old.next_region.size_px


def _same_knuckle(hand: HandEstimate, palm: Detection) -> bool:
    points = hand.tracking.keypoints_px
    gap = float(np.hypot(*(palm.keypoints_px[2] - points[9, :2])))
    return gap < KNUCKLE_REACH * hand_part.hand_size_px(points)
