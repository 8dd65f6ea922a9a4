"""When a lost hand is asked of whom: of the body, which only guesses where it is, and of the palm detector, which is dear.

Owns the turns that the two take. Knows nothing of pictures, nor of where is looked.
"""

from collections.abc import Iterable
from typing import Final

from trackers.skeleton import SIDES

FIRST_LOOKS: Final = 2
"""So many looks are a scene's start, when both are asked: the body's own first look is rough, and so are its hand points."""

ALONE_EVERY: Final = 6
"""Looks between two searches without a body: who comes back is found by the body, which these must not hold up."""


class LostHands:
    """Counts the looks in which each hand was not found."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew: another scene."""
        self._looks = dict.fromkeys(SIDES, 0)
        self._put_off: set[str] = set()
        self._looks_in_scene = 0

    def note(self, side: str, *, is_found: bool) -> None:
        """Note a look at a hand."""
        self._looks[side] = 0 if is_found else self._looks[side] + 1
        if is_found:
            self._put_off.discard(side)

    def put_off(self, sides: Iterable[str]) -> None:
        """Note that there was no time left to search for these: their next look is for that alone."""
        self._put_off.update(sides)

    def note_search(self, sides: Iterable[str]) -> None:
        """Note that palms were searched for these."""
        self._put_off.difference_update(sides)

    def end_look(self) -> None:
        """Note that all hands which were due have been looked at."""
        self._looks_in_scene += 1

    def is_body_due(self, side: str, *, at_start: bool = False) -> bool:
        """Tell whether the body is asked in this look: at once when the hand is lost, then in turn with the palm detector.

        Args:
            at_start: at a scene's start, too, whosever turn it is: there is time for both.
        """
        if side in self._put_off:
            return False
        return (at_start and self._is_start) or self._looks[side] % 2 == 0

    def is_palm_due(self, side: str) -> bool:
        """Tell whether palms are searched for in this look: not in that of the loss, where the search would come after all
        else, but in the next one and so on, for a search that is known to be due begins early.
        """
        return self._is_start or side in self._put_off or self._looks[side] % 2 == 1

    def is_picture_due(self, side: str) -> bool:
        """Tell whether palms are searched for in the whole picture in this look, where there is no body to say where."""
        return self._looks[side] % ALONE_EVERY == 0

    @property
    def _is_start(self) -> bool:
        """Whether both are asked, whosever turn it is."""
        return self._looks_in_scene < FIRST_LOOKS
