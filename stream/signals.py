"""Ctrl-C and its kin.

Owns what a first and a second Ctrl-C mean, and one while modules load, and a terminal that is closed. Knows nothing of what is
stopped.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

_CLOSED: Final = getattr(signal, "SIGHUP", getattr(signal, "SIGBREAK", None))
"""The terminal was closed, as a POSIX system says it; on Windows Ctrl-Break."""
_WINDOW_CLOSES: Final = 2
"""CTRL_CLOSE_EVENT of the Windows console. Logging off is told only to programs that cannot make windows; OpenCV can."""
_CLOSES_WITHIN_S: Final = 4.5
"""Windows ends a program 5 s after its window was closed, and at once when its handler has returned."""
_SHOW_CURSOR: Final = b"\x1b[?25h"


@contextmanager
def ctrl_c(*, is_running: Callable[[], bool], stop: Callable[[], None]) -> Iterator[None]:
    """Within it, the first Ctrl-C (or SIGTERM, or the terminal's closing) calls `stop`, the second ends the program at once.

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
            if number == _CLOSED:
                return  # it comes twice, from the system and from the shell: that is nobody's impatience
            _leave(128 + number)
        asked = True
        stop()  # also of what does not run yet: where a destructor swallows what is raised here, it ends as soon as it runs
        if not is_running():
            _write(2, "ending …\n".encode(getattr(sys.stderr, "encoding", None) or "utf-8", "replace"))  # it may take seconds
            raise KeyboardInterrupt

    before = {number: signal.signal(number, handle) for number in _heard()}
    try:
        with _held_open(is_running=is_running, stop=stop):
            yield
    except Exception:
        if asked and not is_running():
            raise KeyboardInterrupt from None  # a module that was loading made another error of it
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def ends_at_once() -> Iterator[None]:
    """Within it, Ctrl-C ends the program there and then, as is right while modules load: nothing is open yet, and they may
    swallow an exception.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _held_open(*, is_running: Callable[[], bool], stop: Callable[[], None]) -> Iterator[None]:
    """Within it, a Windows console that is closed asks for a stop too, and stays until the block is left."""
    if sys.platform != "win32":
        yield
        return
    import ctypes

    left = threading.Event()

    @ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)
    def closing(event: int) -> int:  # in a thread of the system's
        if event != _WINDOW_CLOSES or not is_running():
            return 0
        stop()
        left.wait(_CLOSES_WITHIN_S)
        return 1

    ctypes.windll.kernel32.SetConsoleCtrlHandler(closing, 1)
    try:
        yield
    finally:
        left.set()
        ctypes.windll.kernel32.SetConsoleCtrlHandler(closing, 0)


def _heard() -> Iterator[int]:
    """Yield the signals that end the program; not that of the terminal where it was to outlive it (`nohup`)."""
    yield from (signal.SIGINT, signal.SIGTERM)
    if _CLOSED is not None and signal.getsignal(_CLOSED) is not signal.SIG_IGN:
        yield _CLOSED


def _leave(status: int) -> NoReturn:
    if os.isatty(1):
        _write(1, _SHOW_CURSOR)  # the status line hid it
    os._exit(status)


def _write(handle: int, text: bytes) -> None:
    """Write past Python's buffers, which may be in use at this very moment."""
    with contextlib.suppress(OSError):  # the terminal is gone
        os.write(handle, text)
