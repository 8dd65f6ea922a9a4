"""Batches made ahead, in a thread beside the training.

Owns that thread. The loops that make a batch release the GIL, so it costs the training little. Knows nothing of what is made.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class Feed(Generic[T]):
    """Makes what it is asked for, in that order. An error while making one is raised when it is taken."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="feed")
        self._asked: deque[Future[T]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._asked)

    def ask(self, make: Callable[[], T]) -> None:
        """Have one more made."""
        self._asked.append(self._pool.submit(make))

    def take(self) -> T:
        """Return the first that was asked for and not yet taken, once it is made."""
        return self._asked.popleft().result()

    def close(self) -> None:
        """End the thread; what is not yet made never is."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._asked.clear()
