"""Many calls of one function, here or in several processes of one thread each.

Owns the processes, and that few calls wait in them, so that it stops soon when asked to. Knows nothing of what is called.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, Final

from trackers.errors import UserError

Call = Callable[..., Any]
Runner = Callable[[Call, Sequence[tuple[Any, ...]]], Iterator[Any]]
"""Calls a function with each of the arguments and yields results as they come, in any order."""

_THREAD_LIMITS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_WAITING: Final = 2  # calls given to each process at a time


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def processes(workers: int, *, opening: Call, job: Any) -> Iterator[Runner]:
    """Start `workers` processes, each opened by `opening(job)`; they end with the block.

    Raises:
        UserError: one of them was ended from outside.
    """
    context = multiprocessing.get_context("spawn")
    before = {name: os.environ.get(name) for name in _THREAD_LIMITS}
    os.environ.update(dict.fromkeys(_THREAD_LIMITS, "1"))  # read where numpy and numba are first imported
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=opening, initargs=(job,))
    try:
        yield lambda call, rows: _run(pool, call, rows, most=_WAITING * workers)
    except BrokenProcessPool as error:
        raise UserError(
            "a drawing process was ended from outside, perhaps for want of memory; nothing is lost: try fewer workers"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _run(pool: ProcessPoolExecutor, call: Call, rows: Sequence[tuple[Any, ...]], *, most: int) -> Iterator[Any]:
    going: set[Future[Any]] = set()
    coming = iter(rows)
    while True:
        while len(going) < most and (row := next(coming, None)) is not None:
            going.add(pool.submit(call, *row))
        if not going:
            return
        done, going = wait(going, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()
