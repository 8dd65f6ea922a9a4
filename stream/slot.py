"""A mailbox of one: the newest item wins.

Owns the only way in which frames, trackings and pictures pass between threads, so that latency is bounded by construction.
Knows nothing of what it carries.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SlotClosed(Exception):
    """The slot was closed: the pipeline is stopping."""


class Slot(Generic[T]):
    """Holds at most one item. `put` replaces and counts a drop; `get` never returns one item twice.

    Args:
        merge: given the item that nobody took and the newer one, returns what is held in their place; without it the newer one.
    """

    def __init__(self, *, merge: Callable[[T, T], T] | None = None) -> None:
        self._merge = merge
        self._condition = threading.Condition()
        self._item: T | None = None
        self._closed = False
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many items were replaced before anyone took them."""
        return self._dropped

    def put(self, item: T) -> None:
        """Store `item`, replacing what nobody took. Never waits. After `close` it does nothing."""
        with self._condition:
            if self._closed:
                return
            if self._item is not None:
                self._dropped += 1
                item = self._merge(self._item, item) if self._merge is not None else item
            self._item = item
            self._condition.notify()

    def get(self, timeout_s: float | None = None) -> T | None:
        """Take the item, waiting for one if need be; None when `timeout_s` has passed.

        Raises:
            SlotClosed: the slot was closed and is empty.
        """
        with self._condition:
            if self._item is None and not self._closed:
                self._condition.wait_for(lambda: self._item is not None or self._closed, timeout_s)
            item, self._item = self._item, None
            if item is None and self._closed:
                raise SlotClosed
            return item

    def close(self) -> None:
        """Wake everyone who waits; later `get` calls drain the item and then raise. Idempotent."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
