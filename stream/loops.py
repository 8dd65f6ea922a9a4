"""asyncio's event loop, of the same kind on every system. Owns that choice."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


def new_loop() -> asyncio.AbstractEventLoop:
    """Return a loop that watches sockets.

    Windows' usual one cannot watch those that a library opened itself (aiomqtt does), and where a page is closed in the middle
    of a message it loses count of its clients, so that a server never ends.
    """
    return asyncio.SelectorEventLoop() if sys.platform == "win32" else asyncio.new_event_loop()


def run(what: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a coroutine to its end in a loop of its own, as `asyncio.run` does."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(what)
