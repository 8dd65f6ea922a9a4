"""Threads that nobody waits for: an executor for an asyncio loop that must be able to end at once.

Owns that alone. A name that is being resolved, or a keyring that asks a person, cannot be broken off; the usual executor would
hold up the end of the loop, and of the program, until it is done.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class UnawaitedExecutor(ThreadPoolExecutor):
    """Runs each call in a daemon thread of its own. A subclass only because a loop takes no other as its default."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run `fn` in a new thread."""
        future: Future[Any] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:  # it belongs to who awaits it
                future.set_exception(error)

        threading.Thread(target=run, name="posecast-waits", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Do nothing: the threads end by themselves, or with the program."""
