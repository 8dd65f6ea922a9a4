"""What waits to be done by one client: in order, merged, and no faster than it may.

Owns merging and the rate. Pure: the caller says what time it is. Knows nothing of clients.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from stream.actions.base import Order

CAPACITY: Final = 64
"""So many orders may wait; with a client that answers, merging keeps it to a few."""


@dataclass(frozen=True, slots=True)
class Undo:
    """A place in the line at which what a rule changed is brought back."""

    rule: str | None
    """None: what all of them changed."""


Item = Order | Undo


class Rate:
    """At most so many in any second.

    A sliding window, so that a handful at once goes out at once: a rule often changes three things together.
    """

    def __init__(self, rate_hz: float) -> None:
        self._count = max(1, int(rate_hz))
        self._window_s = self._count / rate_hz
        self._taken_s: deque[float] = deque(maxlen=self._count)

    def free_s(self) -> float:
        """Return the time from which on one more may go."""
        return self._taken_s[0] + self._window_s if len(self._taken_s) == self._count else float("-inf")

    def take(self, now_s: float) -> None:
        """One goes now."""
        self._taken_s.append(now_s)


@dataclass(slots=True)
class _Place:
    """One place in the line."""

    item: Item
    since_s: float
    is_fixed: bool = False
    """What is brought back: nothing newer takes its place, for it would then be undone to a wrong state."""


class Outbox:
    """The line before one client.

    Args:
        stream_rate_hz: for streamed orders; if it is more than `rate_hz` they have a rate of their own, else they share it.
    """

    def __init__(self, *, rate_hz: float, stream_rate_hz: float) -> None:
        self._line: list[_Place] = []
        self._rate = Rate(rate_hz)
        self._stream_rate = Rate(stream_rate_hz) if stream_rate_hz > rate_hz else self._rate

    def __len__(self) -> int:
        return len(self._line)

    def put(self, item: Item, *, now_s: float) -> Order | None:
        """Add to the line; return the order that it replaces, or itself if there is no room."""
        if isinstance(item, Order):
            if (place := self._replaceable(item)) is not None:
                replaced = place.item
                place.item, place.since_s = item, now_s
                return replaced if isinstance(replaced, Order) else None
            if len(self._line) >= CAPACITY:
                return item
        if not self._is_needless(item):
            self._line.append(_Place(item, now_s))
        return None

    def put_first(self, orders: Sequence[Order], *, now_s: float) -> None:
        """Put orders before everything that waits; nothing takes their places."""
        self._line[:0] = [_Place(order, now_s, is_fixed=True) for order in orders]

    def due_s(self) -> float:
        """Return the time from which on `take` gives something; infinity if nothing waits."""
        return min((self._free_s(place.item) for place in self._ready()), default=float("inf"))

    def take(self, now_s: float) -> Item | None:
        """Return the first that may go now and count it; None if none may. Streamed and single ones may overtake each other."""
        for place in self._ready():
            if self._free_s(place.item) <= now_s:
                self._line.remove(place)
                if isinstance(place.item, Order):
                    self._rate_of(place.item).take(now_s)
                return place.item
        return None

    def take_out(self, is_wanted: Callable[[Order], bool], *, before_s: float = float("inf")) -> list[Order]:
        """Take out and return the orders that wait since before a time and of which `is_wanted` says so."""
        out = [
            place
            for place in self._line
            if isinstance(place.item, Order) and place.since_s < before_s and is_wanted(place.item)
        ]
        self._line = [place for place in self._line if not any(place is one for one in out)]
        return [place.item for place in out if isinstance(place.item, Order)]

    def clear(self, *, but: Callable[[Order], bool] = lambda order: False) -> list[Order]:
        """Empty the line, but for some orders; return the orders that were in it."""
        orders = [place.item for place in self._line if isinstance(place.item, Order) and not but(place.item)]
        self._line = [place for place in self._line if isinstance(place.item, Order) and but(place.item)]
        return orders

    def holds(self, rule: str | None) -> bool:
        """Tell whether an order of this rule (None: of any) waits that will have to be undone."""
        orders = (place.item for place in self._line if isinstance(place.item, Order))
        return any(order.remember and rule in (None, order.rule) for order in orders)

    def _ready(self) -> list[_Place]:
        """Return what may be next: an undo waits for all before it, and all after it wait for the undo."""
        undo = next((number for number, place in enumerate(self._line) if isinstance(place.item, Undo)), len(self._line))
        return self._line[: max(1, undo)]

    def _replaceable(self, order: Order) -> _Place | None:
        """Return the place of a waiting order that sets the same.

        None where it would overtake what must come before it: an undo, something that happens (a transition, a message), or
        something else about the same lamp or scene.
        """
        key = _key(order)
        for place in reversed(self._line):
            if key is None or place.is_fixed or isinstance(place.item, Undo):
                return None
            if _key(place.item) == key:
                return place
            if _key(place.item) is None or place.item.action.overlaps(order.action):
                return None
        return None

    def _is_needless(self, item: Item) -> bool:
        """Tell whether an undo waits already after which nothing waits that it would have to undo: it must not pile up."""
        for place in reversed(self._line):
            if isinstance(item, Order) or (isinstance(place.item, Order) and place.item.remember):
                return False
            if place.item == item:
                return True
        return False

    def _rate_of(self, order: Order) -> Rate:
        return self._stream_rate if order.streamed else self._rate

    def _free_s(self, item: Item) -> float:
        return float("-inf") if isinstance(item, Undo) else self._rate_of(item).free_s()


def _key(order: Order) -> tuple[str, str, bool] | None:
    key = order.action.merge_key
    return None if key is None else (order.action.action, key, order.streamed)
