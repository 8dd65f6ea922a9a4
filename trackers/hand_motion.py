"""Where a followed hand will be when it is looked at next, and how large a lost one is.

Owns the carrying on of a hand's region by its own velocity, and what is remembered of its size. Knows nothing of how hands are
found, nor of the avatar: what viewers see is extrapolated by the motion stage.

Figures: eight clips of people signing (`asl/`), 30 frames a second; docs/tracking.md has what each of these saves and finds.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from trackers.geometry import Region

CARRIED: Final = 0.75
"""Share of a hand's velocity with which its region is carried on: hands brake more often than they speed up. From 0.5 to 1.0 as
many are found."""
NEAREST: Final = 0.05
"""Sides of its region by which a hand must be expected to move for it to be carried on: less is the model's tremble, and a hand
at rest would be seen from another place in each look."""
FURTHEST: Final = 0.5
"""Sides of its region by which a region is carried on at most; a leap is more often another hand than a fast one."""
STALE_NS: Final = 200_000_000
"""Between looks further apart than this no velocity is believed: a hand that signs turns round in so long."""
SAME_SIZE: Final = 1.3
"""A region that grew or shrank by more than this factor between two looks was seated anew: its way is not the hand's."""
SIZE_KEEPS_NS: Final = 1_000_000_000
"""A lost hand's size is remembered for so long: then it may have come nearer, and the body's word counts."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """Where a hand was in its last look, and its velocity then."""

    region: Region
    time_ns: int
    velocity: tuple[float, float] = (0.0, 0.0)
    """Pixels a nanosecond; 0 where it is not known."""

    def is_just_before(self, time_ns: int) -> bool:
        """Tell whether the hand's motion from then to that time can be known."""
        return 0 < time_ns - self.time_ns < STALE_NS

    def leads_to(self, region: Region, *, time_ns: int) -> bool:
        """Tell whether the way from here to there is the hand's."""
        small, large = sorted((self.region.size_px, region.size_px))
        return self.is_just_before(time_ns) and large < SAME_SIZE * small


class HandMotion:
    """Remembers how one hand moves."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget it."""
        self._seen: _Seen | None = None
        self._is_followed = False

    def note(self, region: Region | None, *, time_ns: int) -> None:
        """Note the region in which a look found the hand, None if it did not."""
        before, was_followed = self._seen, self._is_followed
        self._is_followed = region is not None
        if region is None:
            return
        velocity = (0.0, 0.0)
        if before is not None and was_followed and before.leads_to(region, time_ns=time_ns):
            gap_ns = time_ns - before.time_ns
            velocity = (region.x_px - before.region.x_px) / gap_ns, (region.y_px - before.region.y_px) / gap_ns
        self._seen = _Seen(region, time_ns, velocity)

    def carried_on(self, region: Region, *, time_ns: int) -> Region:
        """Return the region of the last look, moved to where the hand should be at that time."""
        seen = self._seen
        if seen is None or not self._is_followed or not seen.is_just_before(time_ns):
            return region
        x, y = (CARRIED * speed * (time_ns - seen.time_ns) for speed in seen.velocity)
        way = math.hypot(x, y)
        if way <= NEAREST * region.size_px:
            return region
        share = min(1.0, FURTHEST * region.size_px / way)
        return replace(region, x_px=region.x_px + share * x, y_px=region.y_px + share * y)

    def sized(self, region: Region, *, time_ns: int) -> Region:
        """Return the region where the body has a lost hand, as large as the hand's own was, if it was seen lately."""
        seen = self._seen
        if seen is None or not 0 <= time_ns - seen.time_ns < SIZE_KEEPS_NS:
            return region
        return replace(region, size_px=seen.region.size_px)
