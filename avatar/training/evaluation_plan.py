"""Which frames, pairs of frames and frozen poses an evaluation looks at.

Owns the choice: the same motions give the same frames, spread over all of them. Knows nothing of painters or figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from avatar.training.moments import MotionLike

PAIR_EVERY: Final = 3
"""Of the frames, every third is looked at with the one after it."""
POSE_EVERY: Final = 24
"""For each so many frames one pose is frozen; at least one, at most `MOST_POSES`."""
MOST_POSES: Final = 6
DEEP_EVERY: Final = 4
"""Every fourth frame is looked at by VGG16, too, which takes longer than all else together."""


@dataclass(frozen=True, slots=True, eq=False)
class Pick:
    """One photographed frame."""

    motion: MotionLike
    number: int
    paired: bool
    """The frame after it is looked at, too."""
    frozen: bool
    """Its pose is looked at under a tracker's noise."""
    deep: bool
    """It is looked at by LPIPS on VGG16, too."""


def plan(motions: Sequence[MotionLike], frames: int) -> list[Pick]:
    """Return `frames` picks, or as many as were photographed, in the motions' order.

    Motions that are framed alike or of one style stand side by side before they are picked from, so that also a quick look
    sees every framing.
    """
    ordered = sorted((m for m in motions if len(m.shown)), key=lambda m: (m.framing, m.style, m.name))
    shares = _shares([len(motion.shown) for motion in ordered], frames)
    chosen = [
        (motion, int(motion.shown[place]))
        for motion, share in zip(ordered, shares, strict=True)
        for place in _spread(len(motion.shown), share)
    ]
    frozen = set(_spread(len(chosen), min(MOST_POSES, max(1, frames // POSE_EVERY))))
    return [
        Pick(
            motion,
            number,
            paired=index % PAIR_EVERY == 0 and number + 1 < len(motion.bones),
            frozen=index in frozen,
            deep=index % DEEP_EVERY == 0,
        )
        for index, (motion, number) in enumerate(chosen)
    ]


def _shares(held: list[int], wanted: int) -> list[int]:
    """Return how many frames each motion gives: as even as what they hold allows; few are spread over the whole list."""
    shares = [0] * len(held)
    left = min(wanted, sum(held))
    while left:
        open_ = [index for index, count in enumerate(held) if shares[index] < count]
        for place in _spread(len(open_), min(left, len(open_))):
            shares[open_[place]] += 1
            left -= 1
    return shares


def _spread(count: int, wanted: int) -> list[int]:
    """Return `wanted` different places of 0 .. count - 1, evenly spread, each in the middle of its part."""
    wanted = min(wanted, count)
    return [int(place) for place in np.floor((np.arange(wanted) + 0.5) * count / max(1, wanted))]
