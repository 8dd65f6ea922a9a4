"""All gestures that are motions: their specs and detectors, for the catalogue. Owns the list alone."""

from typing import Final

from trackers.gestures import motions_hands, motions_head
from trackers.gestures.types import Detector, Spec

SPECS: Final[tuple[Spec, ...]] = (*motions_hands.SPECS, *motions_head.SPECS)
"""Every motion gesture."""


def motion_detectors() -> tuple[Detector, ...]:
    """Return a new detector of each kind of motion."""
    return motions_hands.HandMotions(), motions_head.HeadMotions()
