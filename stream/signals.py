"""Ctrl-C and its kin.

Owns what a first and a second Ctrl-C mean. Knows nothing of what is stopped.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def ctrl_c(*, is_running: Callable[[], bool], stop: Callable[[], None]) -> Iterator[None]:
    """Within it, the first Ctrl-C (or SIGTERM) calls `stop`, the second ends the program at once.

    Raises:
        KeyboardInterrupt: the program was not running yet: the start is broken off.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals; whoever runs us in another stops us in another way
        return
    asked = False

    def handle(number: int, _frame: object) -> None:
        nonlocal asked
        if asked:
            os._exit(128 + number)
        asked = True
        if not is_running():
            raise KeyboardInterrupt
        stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
