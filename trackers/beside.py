"""Looks beside each other: what need not wait is begun in a second thread.

Owns a tracker's second thread, and how many threads a model's run may take now. Knows nothing of models, parts or pictures.

A model on two threads waits for the slower one at the end of each layer, and what is done before and after it takes one thread
while the other rests. Two looks on one thread each do neither.
"""

import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from typing import Any, Final, Generic, TypeVar

Found = TypeVar("Found")
_NEARLY: Final = 0.4
"""What is left of a look, as a share of its usual time, when it is nearly done: a run on all threads takes about that much less
than one on half of them."""
_NEWEST: Final = 0.3
"""Weight of a look's newest time in its usual one."""


class Begun(Generic[Found]):
    """A look that the second thread does when it comes to it, unless somebody asks for it before."""

    def __init__(self, look: Callable[[], Found], executor: Executor) -> None:
        self._look = look
        self._began_s: float | None = None
        self._waited_s = 0.0
        self.took_s = 0.0
        """How long the look took, in seconds; 0 until it is over."""
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
        return max(0.0, self.took_s - self._waited_s)

    @property
    def so_far_s(self) -> float:
        """For how long the second thread has been at it, in seconds; 0 if it has not begun."""
        return 0.0 if self._began_s is None else time.perf_counter() - self._began_s

    def _timed(self) -> Found:
        self._began_s = time.perf_counter()
        try:
            return self._look()
        finally:
            self.took_s = self.so_far_s


class Threads:
    """The threads that a tracker may use: all for one look, or a share for each of two that go on beside each other.

    Args:
        most: threads in all.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.share = max(1, most // 2)
        self._begun: dict[str, Begun[Any]] = {}
        self._usual_s: dict[str, float] = {}  # what a look of each name takes in the second thread
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="posecast-look")  # starts its thread when there is work

    @property
    def allow_two(self) -> bool:
        """Whether there is a thread for each of two looks."""
        return self.most > 1

    @property
    def choices(self) -> tuple[int, ...]:
        """What `claim` may say."""
        return tuple(sorted({self.most, self.share}))

    def claim(self) -> int:
        """Return how many a run may take that begins now in the caller's thread; one in the second thread has its share.

        Where only the last look is still going on there, and nearly done, it is waited for: the run is finished sooner then.
        """
        going_on = [name for name, begun in self._begun.items() if not begun.future.done()]
        if len(going_on) == 1:
            self._wait_if_nearly_done(*going_on)
        return self.most if all(self._begun[name].future.done() for name in going_on) else self.share

    def _wait_if_nearly_done(self, name: str) -> None:
        begun, usual_s = self._begun[name], self._usual_s.get(name, 0.0)
        if begun.so_far_s > (1 - _NEARLY) * usual_s > 0:
            wait([begun.future], timeout=_NEARLY * usual_s)

    def begin(self, name: str, look: Callable[[], Found]) -> Begun[Found]:
        """Let the second thread look, after what was begun before. Looks of one name take about as long each time."""
        begun = self._begun[name] = Begun(look, self._executor)
        return begun

    def settle(self) -> None:
        """Drop what was begun and not taken; nothing goes on any more on return."""
        for begun in self._begun.values():
            begun.future.cancel()
        wait([begun.future for begun in self._begun.values()])
        for name, begun in self._begun.items():
            if begun.took_s:
                self._usual_s[name] = _NEWEST * begun.took_s + (1 - _NEWEST) * self._usual_s.get(name, begun.took_s)
        self._begun.clear()

    def close(self) -> None:
        """End the second thread. Idempotent."""
        self._executor.shutdown()
