"""Looks beside each other: what need not wait is begun in a second thread.

Owns a tracker's second thread, and how many threads a model's run may take now. Knows nothing of models, parts or pictures.

A model on two threads waits for the slower one at the end of each layer, and what is done before and after it takes one thread
while the other rests. Two looks on one thread each do neither.
"""

import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from typing import Any, Generic, TypeVar

Found = TypeVar("Found")


class Begun(Generic[Found]):
    """A look that the second thread does when it comes to it, unless somebody asks for it before."""

    def __init__(self, look: Callable[[], Found], executor: Executor) -> None:
        self._look = look
        self._took_s = self._waited_s = 0.0
        self.future = executor.submit(self._timed)

    def take(self, look_here: Callable[[], Found]) -> Found:
        """Return what was found, having waited for it; where nobody has begun to look, what `look_here` finds.

        Raises:
            Exception: what the look raised.
        """
        if self.future.cancel():
            return look_here()
        started_s = time.perf_counter()
        try:
            return self.future.result()
        finally:
            self._waited_s = time.perf_counter() - started_s

    @property
    def beside_s(self) -> float:
        """How long the look took beside other things, that is without the time in which it was waited for, in seconds."""
        return max(0.0, self._took_s - self._waited_s)

    def _timed(self) -> Found:
        started_s = time.perf_counter()
        try:
            return self._look()
        finally:
            self._took_s = time.perf_counter() - started_s


class Threads:
    """The threads that a tracker may use: all for one look, or a share for each of two that go on beside each other.

    Args:
        most: threads in all.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.share = max(1, most // 2)
        self._begun: list[Begun[Any]] = []
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="posecast-look")  # starts its thread when there is work

    @property
    def allow_two(self) -> bool:
        """Whether there is a thread for each of two looks."""
        return self.most > 1

    @property
    def now(self) -> int:
        """How many a run may take that begins now in the caller's thread; one in the second thread has its share."""
        return self.most if all(begun.future.done() for begun in self._begun) else self.share

    @property
    def choices(self) -> tuple[int, ...]:
        """What `now` may say."""
        return tuple(sorted({self.most, self.share}))

    def begin(self, look: Callable[[], Found]) -> Begun[Found]:
        """Let the second thread look, after what was begun before."""
        begun = Begun(look, self._executor)
        self._begun.append(begun)
        return begun

    def settle(self) -> None:
        """Drop what was begun and not taken; nothing goes on any more on return."""
        for begun in self._begun:
            begun.future.cancel()
        wait([begun.future for begun in self._begun])
        self._begun.clear()

    def close(self) -> None:
        """End the second thread. Idempotent."""
        self._executor.shutdown()
