"""asyncio's event loop, of the same kind on every system. Owns that choice."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

_Result = TypeVar("_Result")
_WAKE_S: Final = 0.2


def new_loop() -> asyncio.AbstractEventLoop:
    """Return a loop that watches sockets.

    Windows' usual one cannot watch those that a library opened itself (aiomqtt does), and where a page is closed in the middle
    of a message it loses count of its clients, so that a server never ends.
    """
    return asyncio.SelectorEventLoop() if sys.platform == "win32" else asyncio.new_event_loop()


def run(what: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a coroutine to its end in a loop of its own, as `asyncio.run` does."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(_heard(what) if sys.platform == "win32" else what)


async def _heard(what: Coroutine[Any, Any, _Result]) -> _Result:
    """Wait for `what` in short pieces: on Windows nothing but time wakes the loop, and until it wakes Ctrl-C waits too."""
    task = asyncio.ensure_future(what)
    try:
        while not task.done():
            await asyncio.wait([task], timeout=_WAKE_S)
    finally:
        task.cancel()
    return await task
