"""When a lost hand is asked of whom: of the body, which only guesses where it is, and of the palm detector, which is dear.

Owns the turns that the two take. Knows nothing of pictures, nor of where is looked.
"""

from typing import Final

from trackers.skeleton import SIDES

FIRST_LOOKS: Final = 2
"""So many looks are a scene's start, when both are asked: the body's own first look is rough, and so are its hand points."""


class LostHands:
    """Counts the looks in which each hand was not found."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew: another scene."""
        self._looks = dict.fromkeys(SIDES, 0)
        self._looks_in_scene = 0

    def note(self, side: str, *, is_found: bool) -> None:
        """Note a look at a hand."""
        self._looks[side] = 0 if is_found else self._looks[side] + 1

    def end_look(self) -> None:
        """Note that all hands which were due have been looked at."""
        self._looks_in_scene += 1

    def is_body_due(self, side: str, *, every: int) -> bool:
        """Tell whether the body is asked in this look: at once when the hand is lost, then in turn with the palm detector."""
        return self._looks[side] % every == 0

    def is_palm_due(self, side: str, *, every: int) -> bool:
        """Tell whether palms are searched for in this look: not in that of the loss, where the search would come after all
        else, but in the next one and so on, for a search that is known to be due begins early.
        """
        return self.is_start or self._looks[side] % every == 1

    @property
    def is_start(self) -> bool:
        """Whether both are asked, whosever turn it is."""
        return self._looks_in_scene < FIRST_LOOKS
