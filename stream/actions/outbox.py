"""What waits to be done by one client: in order, merged, and no faster than it may.

Owns merging and the rate. Pure: the caller says what time it is. Knows nothing of clients.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from stream.actions.base import Order

CAPACITY: Final = 64
"""So many orders may wait; with a client that answers, merging keeps it to a few."""


@dataclass(frozen=True, slots=True)
class Undo:
    """A place in the line at which what a rule changed is brought back."""

    rule: str


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


class Outbox:
    """The line before one client.

    Args:
        stream_rate_hz: for streamed orders; if it is more than `rate_hz` they have a rate of their own, else they share it.
    """

    def __init__(self, *, rate_hz: float, stream_rate_hz: float) -> None:
        self._line: list[tuple[Item, float]] = []  # and since when it waits
        self._rate = Rate(rate_hz)
        self._stream_rate = Rate(stream_rate_hz) if stream_rate_hz > rate_hz else self._rate

    def __len__(self) -> int:
        return len(self._line)

    def put(self, item: Item, *, now_s: float) -> Order | None:
        """Add to the line; return the order that it replaces, or itself if there is no room."""
        if isinstance(item, Order):
            if (place := self._replaceable(item)) is not None:
                replaced, since_s = self._line[place]
                self._line[place] = item, since_s
                return replaced if isinstance(replaced, Order) else None
            if len(self._line) >= CAPACITY:
                return item
        self._line.append((item, now_s))
        return None

    def put_first(self, orders: Sequence[Order], *, now_s: float) -> None:
        """Put orders before everything that waits."""
        self._line[:0] = [(order, now_s) for order in orders]

    def due_s(self) -> float:
        """Return the time from which on `take` gives something; infinity if nothing waits."""
        return min((self._free_s(item) for item in self._ready()), default=float("inf"))

    def take(self, now_s: float) -> Item | None:
        """Return the first that may go now and count it; None if none may. Streamed and single ones may overtake each other."""
        for place, item in enumerate(self._ready()):
            if self._free_s(item) <= now_s:
                del self._line[place]
                if isinstance(item, Order):
                    self._rate_of(item).take(now_s)
                return item
        return None

    def take_old(self, before_s: float) -> list[Order]:
        """Take out and return the orders that wait since before a time."""
        old = [item for item, since_s in self._line if isinstance(item, Order) and since_s < before_s]
        self._line = [(item, since_s) for item, since_s in self._line if isinstance(item, Undo) or since_s >= before_s]
        return old

    def clear(self) -> list[Order]:
        """Empty the line; return the orders that were in it."""
        return self.take_old(float("inf"))

    def _ready(self) -> list[Item]:
        """Return what may be next: an undo waits for all before it, and all after it wait for the undo."""
        items = [item for item, _ in self._line]
        undo = next((place for place, item in enumerate(items) if isinstance(item, Undo)), len(items))
        return items[: max(1, undo)]

    def _replaceable(self, order: Order) -> int | None:
        """Return the place of a waiting order that sets the same; what comes after an undo must not slip in before it."""
        key = _key(order)
        for place in range(len(self._line) - 1, -1, -1):
            waiting = self._line[place][0]
            if key is None or isinstance(waiting, Undo):
                return None
            if _key(waiting) == key:
                return place
        return None

    def _rate_of(self, order: Order) -> Rate:
        return self._stream_rate if order.streamed else self._rate

    def _free_s(self, item: Item) -> float:
        return float("-inf") if isinstance(item, Undo) else self._rate_of(item).free_s()


def _key(order: Order) -> tuple[str, str, bool] | None:
    key = order.action.merge_key
    return None if key is None else (order.action.action, key, order.streamed)
