"""Threads that share the work of one picture.

Owns the threads and who does which piece. Knows nothing of what the pieces are; they must release the GIL to gain anything.
"""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class ThreadTeam:
    """The caller's thread and some more. Used from one thread; `close` ends the others, and may be called twice."""

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads - 1, thread_name_prefix="draw") if threads > 1 else None

    def parallel_for(self, pieces: int, work: Callable[[int, int], object]) -> None:
        """Call work(thread, piece) once for each piece 0 .. pieces - 1; whoever is free takes the next. Waits for all.

        Raises:
            Exception: the first that `work` raised.
        """
        numbers = itertools.count()  # counting is one step of the interpreter: no two threads get the same number

        def take(thread: int) -> None:
            while (piece := next(numbers)) < pieces:
                work(thread, piece)

        others = [self._pool.submit(take, thread) for thread in range(1, self.threads)] if self._pool else []
        try:
            take(0)
        finally:
            for other in others:  # even if our own piece failed: nobody may go on with buffers that are used again
                other.exception()
        for other in others:
            other.result()

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()
