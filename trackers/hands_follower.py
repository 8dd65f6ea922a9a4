"""Following both hands: look where each was, else where the body says it is, else let a detector search.

Owns the regions carried from frame to frame, the rules for finding a lost hand again, and that one hand is never both. Knows
nothing of the order in which parts are looked for, nor of presence.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from trackers import hand_seat
from trackers import hands as hand_part
from trackers.beside import Begun
from trackers.detector import Detection, Detector
from trackers.geometry import Region, whole_picture
from trackers.hand_motion import HandMotion
from trackers.hands import HandEstimate, HandModel
from trackers.lost_hands import LostHands
from trackers.skeleton import SIDES
from trackers.types import BodyTracking, HandTracking, ImageArray
from trackers.whose_hand import coincide, covers, gap_px, in_picture, is_at_wrist, same_hand

MIN_SCORE: Final = 0.5
PALM_REACH: Final = 0.5
"""A palm further from the body's wrist than this share of the region in which the hand is expected is not that hand's."""
PALM_LOOKS: Final = 2
"""The palm detector takes about as long as two looks of the hand model."""
_MOST_PALMS: Final = 3
NO_LIMIT: Final = 99
"""More model runs than the hands of one frame ever take."""
_SEATING_LOOKS: Final = 1 + PALM_LOOKS + hand_seat.LOOKS
"""A hand's look in which it is doubted and seated anew at once takes as many."""


@dataclass(frozen=True, slots=True)
class HandsWish:
    """What one look at the hands is to be."""

    model: str
    sides: frozenset[str] = frozenset(SIDES)
    """Those that are due."""
    most_looks: int = NO_LIMIT
    """Model runs that the hands may take; the palm detector counts as two."""
    body_is_fresh: bool = True
    """The body was looked at in this frame too."""
    body_before: BodyTracking | None = None
    """The newest one before this frame's."""
    time_ns: int = 0
    """The frame's own."""


@dataclass(frozen=True, slots=True)
class HandModels:
    """What looks at hands, by name, and what searches for their palms."""

    landmarks: Mapping[str, HandModel]
    palms: Detector


SEARCH: Final = "search"
"""The name of the early search for palms; early looks at a hand have their side's."""

_NO_WISH: Final = HandsWish("", sides=frozenset(), most_looks=0)
"""Before the first look."""


class HandsFollower:
    """Follows the left and the right hand.

    Args:
        second: the same models once more, for early looks in another thread.
    """

    def __init__(self, models: HandModels, *, second: HandModels | None = None) -> None:
        self._models = models
        self._second = second
        self._doubts = hand_seat.SeatDoubts()
        self._motions = {side: HandMotion() for side in SIDES}
        self._lost = LostHands()
        self.reset()

    def reset(self) -> None:
        """Forget both hands."""
        self._doubts.reset()
        self._lost.reset()
        for motion in self._motions.values():
            motion.reset()
        self._hands: dict[str, HandEstimate | None] = dict.fromkeys(SIDES)
        self._palms: dict[str, Region] = {}  # seen when no look was left for them
        self._doubted: set[str] = set()  # sides that are asked for their palm in place of their next look
        self._wish, self._looks_left = _NO_WISH, 0
        self._begun: Mapping[str, Begun[Any]] = {}
        self._place: Region | None = None
        self.unfinished: set[str] = set()
        """Sides for which the last look had more to do than it had looks left."""

    @property
    def latest(self) -> tuple[HandTracking | None, HandTracking | None]:
        """The left and the right hand as they were when last looked at."""
        left, right = self._hands["left"], self._hands["right"]
        return (None if left is None else left.tracking), (None if right is None else right.tracking)

    def looks_due(self, side: str, image: ImageArray, body: BodyTracking | None) -> int:
        """Return how many runs of the hand model the next look at a hand takes about: asking for its palm counts as some.

        Args:
            body: as it was before, for the next one is not known yet.
        """
        if side in self._doubted:
            return PALM_LOOKS
        if self._is_known(side) or (body is not None and not in_picture(body, side, image)):
            return 1
        is_palm_due = self._lost.is_picture_due if body is None else self._lost.is_palm_due
        return PALM_LOOKS if is_palm_due(side) else 1

    def early(self, image: ImageArray, wish: HandsWish) -> dict[str, Callable[[], Any]]:
        """Return what may begin in another thread before `look`: looks at where each hand, or its palm, was, and a search."""
        if self._second is None:
            return {}
        model, palms = self._second.landmarks[wish.model], self._second.palms
        places = {side: self._where(side, wish) for side in wish.sides - self._doubted}  # a doubted one is asked for its palm
        looks: dict[str, Callable[[], Any]] = {
            side: functools.partial(model.run, image, place)
            for side, place in places.items()
            if place is not None and hand_part.can_be_looked_at(place, image)
        }
        place = self._search_place(image, wish)
        if place is not None:
            looks[SEARCH] = functools.partial(palms.find, image, place, most=_MOST_PALMS)
        return looks

    def look(
        self, image: ImageArray, body: BodyTracking | None, wish: HandsWish, begun: Mapping[str, Begun[Any]] | None = None
    ) -> tuple[HandTracking | None, HandTracking | None]:
        """Return the person's left and right hand, each or None. A side that is not due is as it was.

        Args:
            begun: what `early` returned for this picture, as far as it was begun.
        """
        self._wish, self._begun = wish, begun or {}
        self._place = self._search_place(image, wish)
        self._looks_left = wish.most_looks
        self.unfinished.clear()
        found = self._without_body(image) if body is None else self._of_body(image, body)
        for side, hand in found.items():
            if hand is None:
                self._doubted.discard(side)
            is_new = hand is not self._hands[side]  # so may be one that was not due, but found or taken in a search
            if is_new or side in wish.sides:
                self._lost.note(side, is_found=hand is not None)
            if is_new:
                self._motions[side].note(None if hand is None else hand.next_region, time_ns=wish.time_ns)
        self._hands = found
        self._lost.end_look()
        return self.latest

    def search_anew(self) -> None:
        """Look for lost hands as at a scene's start."""
        self._lost.reset()

    def _is_known(self, side: str) -> bool:
        return side in self._palms or self._hands[side] is not None

    def _where(self, side: str, wish: HandsWish) -> Region | None:
        """Return where the hand should be by its own motion, or where its palm was seen since."""
        palm, before = self._palms.get(side), self._hands[side]
        if palm is not None or before is None:
            return palm
        return self._motions[side].carried_on(before.next_region, time_ns=wish.time_ns)

    def _found(self, image: ImageArray, region: Region | None, begun: Begun[HandEstimate] | None = None) -> HandEstimate | None:
        if region is None or self._looks_left < 1 or not hand_part.can_be_looked_at(region, image):
            return None
        self._looks_left -= 1
        look_here = functools.partial(self._models.landmarks[self._wish.model].run, image, region)
        estimate = look_here() if begun is None else begun.take(look_here)
        return estimate if estimate.tracking.score >= MIN_SCORE else None

    def _of_body(self, image: ImageArray, body: BodyTracking) -> dict[str, HandEstimate | None]:
        found = dict(self._hands)
        # first what the second thread has not begun, then what it comes to last
        for side in sorted(self._wish.sides, key=lambda side: (side in self._begun, side)):
            found[side] = self._at_wrist(image, body, side)
        stray = same_hand(found["left"], found["right"], body)
        if stray is not None:
            found[stray] = None
        lost = self._to_be_searched([side for side in SIDES if found[side] is None], image, body, self._wish)
        if lost:
            self._search(image, body, lost, found)
        return found

    def _at_wrist(self, image: ImageArray, body: BodyTracking, side: str) -> HandEstimate | None:
        """Look where the hand or its palm was, else where the body has it.

        A resting body's wrist is no evidence against a moving hand.
        """
        before = self._hands[side]
        if before is not None and side in self._doubted:
            return self._asked_for_palm(image, before, side)
        expected = hand_part.region_from_body(body, side)
        region, estimate = self._where(side, self._wish), None
        self._palms.pop(side, None)
        if region is not None and (not self._wish.body_is_fresh or is_at_wrist(region, expected, body, side)):
            estimate = self._found(image, region, self._begun.get(side))
        if estimate is None and self._is_body_due(side) and in_picture(body, side, image):
            estimate = self._found(image, self._motions[side].sized(expected, time_ns=self._wish.time_ns))
        if estimate is None or not self._doubts.is_due(estimate, body, side, time_ns=self._wish.time_ns):
            return estimate
        if self._wish.most_looks >= _SEATING_LOOKS:
            return self._seated_anew(image, estimate)
        self._doubted.add(side)
        return estimate

    def _asked_for_palm(self, image: ImageArray, hand: HandEstimate, side: str) -> HandEstimate:
        """Spend this look on asking whether the hand is seated on the forearm; if so, the next one goes to its palm."""
        self._doubted.discard(side)
        self._looks_left -= PALM_LOOKS
        seat = hand_seat.better_region(image, hand, self._models.palms)
        if seat is not None:
            self._palms[side] = seat
        self.unfinished.add(side)
        return hand

    def _seated_anew(self, image: ImageArray, estimate: HandEstimate) -> HandEstimate:
        """Return the hand as seen from its palm, where it was seated on the forearm."""
        seat = hand_seat.better_region(image, estimate, self._models.palms)
        if seat is None:
            return estimate
        anew, region = None, seat
        for _ in range(hand_seat.LOOKS):
            anew = self._found(image, region)
            if anew is None:
                return estimate
            # a region that may grow at once often grows onto the forearm again
            region = replace(anew.next_region, size_px=min(anew.next_region.size_px, seat.size_px))
        return anew if anew is not None and hand_seat.is_better(anew, estimate) else estimate

    def _is_body_due(self, side: str) -> bool:
        """Tell whether the body's word is tried in this look; at a scene's start only if that leaves looks for a search."""
        has_time = self._wish.most_looks > PALM_LOOKS
        return self._lost.is_body_due(side, at_start=has_time)

    def _to_be_searched(self, lost: list[str], image: ImageArray, body: BodyTracking, wish: HandsWish) -> list[str]:
        """Return for which of the lost hands palms are searched now."""
        due = [side for side in lost if side in wish.sides and self._lost.is_palm_due(side)]
        return [side for side in due if in_picture(body, side, image)]

    def _search_place(self, image: ImageArray, wish: HandsWish) -> Region | None:
        """Return where palms of the lost hands will be searched for, by where the body was before; None if nowhere."""
        body = wish.body_before
        if body is None:
            return None
        known = [side for side in wish.sides if self._is_known(side)]
        lost = self._to_be_searched([side for side in wish.sides if side not in known], image, body, wish)
        expected = [hand_part.region_from_body(body, side) for side in lost]
        return hand_part.search_region(image, expected) if expected and wish.most_looks >= len(known) + PALM_LOOKS else None

    def _search(self, image: ImageArray, body: BodyTracking, lost: list[str], found: dict[str, HandEstimate | None]) -> None:
        """Let the palm detector search once for the lost hands; a palm goes to the side whose wrist is nearer.

        Where no look is left the search is put off, and where none is left after it, what it found is looked at the next time.
        """
        if self._looks_left < min(PALM_LOOKS, self._wish.most_looks):
            self._lost.put_off(lost)
            self.unfinished.update(lost)
            return
        self._lost.note_search(lost)
        self._looks_left -= PALM_LOOKS
        expected = {side: hand_part.region_from_body(body, side) for side in lost}
        for palm in self._palms_near(image, list(expected.values())):
            if any(other is not None and covers(other.tracking, palm) for other in found.values()):
                continue
            # both wrists are asked, also of a side that is not searched now: its palm must not go to the other
            gaps = {side: gap_px(palm.keypoints_px[0], body, side) for side in SIDES if found[side] is None}
            side = min(gaps, key=lambda side: gaps[side], default=None)
            if side is None or gaps[side] > PALM_REACH * hand_part.region_from_body(body, side).size_px:
                continue
            region = hand_part.region_from_palm(palm)
            if self._looks_left < 1:
                self._palms.setdefault(side, region)
                self.unfinished.add(side)
                continue
            estimate = self._found(image, region)
            if estimate is not None and not any(coincide(estimate, other) for other in found.values()):
                found[side] = estimate

    def _palms_near(self, image: ImageArray, expected: list[Region]) -> list[Detection]:
        """Search where these hands are expected, or where such hands were before if that holds them all.

        The place is the same whether the search was begun early or not, so that as much is found with one thread as with two.
        """
        begun, place = self._begun.get(SEARCH), self._place
        if place is None or not all(place.holds(region) for region in expected):
            begun, place = None, hand_part.search_region(image, expected)
        search_here = functools.partial(self._models.palms.find, image, place, most=_MOST_PALMS)
        return search_here() if begun is None else begun.take(search_here)

    def _without_body(self, image: ImageArray) -> dict[str, HandEstimate | None]:
        found = dict(self._hands)
        for side in self._wish.sides:
            found[side] = self._found(image, self._where(side, self._wish), self._begun.get(side))
        self._palms.clear()
        stray = same_hand(found["left"], found["right"], None)
        if stray is not None:
            found[stray] = None
        if any(found[side] is None and self._lost.is_picture_due(side) for side in self._wish.sides):
            self._search_picture(image, found)
        return found

    def _search_picture(self, image: ImageArray, found: dict[str, HandEstimate | None]) -> None:
        """Let the palm detector fill the empty sides; without a body only the hand itself tells which it is."""
        for palm in self._models.palms.find(image, whole_picture(image.shape[1], image.shape[0]), most=2):
            if any(other is not None and covers(other.tracking, palm) for other in found.values()):
                continue
            estimate = self._found(image, hand_part.region_from_palm(palm))
            if estimate is None or any(coincide(estimate, other) for other in found.values()):
                continue
            side = "right" if estimate.tracking.right_probability > 0.5 else "left"
            found[side] = found[side] or estimate
