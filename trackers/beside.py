"""Two looks at once, each on its share of the threads.

Owns a tracker's second thread, and how many threads a model's run may take now. Knows nothing of models, parts or pictures.

A model on two threads waits for the slower one at the end of each layer, and what is done before and after it takes one thread
while the other rests. Two looks on one thread each do neither.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

First = TypeVar("First")
Second = TypeVar("Second")


@dataclass(frozen=True, slots=True)
class Timed(Generic[First]):
    """What a look found, and how long it took beside the other one."""

    found: First
    took_s: float


class Threads:
    """The threads that a tracker may use, shared out among the looks that are going on: one, or two beside each other.

    Args:
        most: threads in all.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._looks = 1
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="posecast-look")  # starts its thread when there is work

    @property
    def now(self) -> int:
        """How many a run may take that begins now."""
        return max(1, self.most // self._looks)

    @property
    def choices(self) -> tuple[int, ...]:
        """What `now` may say."""
        return tuple(sorted({self.most, max(1, self.most // 2)}))

    @property
    def allow_two(self) -> bool:
        """Whether there is a thread for each of two looks."""
        return self.most > 1

    def both(self, first: Callable[[], First], second: Callable[[], Second]) -> tuple[Timed[First], Timed[Second]]:
        """Run both beside each other and return what they return; the first one runs in the other thread.

        Raises:
            Exception: what one of them raised, after both have ended.
        """
        self._looks = 2
        elsewhere = self._pool.submit(self._timed, first)
        try:
            here = self._timed(second)
        finally:
            elsewhere.exception()  # waits
        return elsewhere.result(), here

    def close(self) -> None:
        """End the second thread. Idempotent."""
        self._pool.shutdown()

    def _timed(self, look: Callable[[], First]) -> Timed[First]:
        started_s = time.perf_counter()
        try:
            found = look()
        finally:
            self._looks = 1  # what is left of the other look may have all threads
        return Timed(found, time.perf_counter() - started_s)
