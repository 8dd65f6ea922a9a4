"""The event loop that all of the program uses."""

import asyncio
import sys

import pytest

from stream import loops


def test_a_coroutine_is_run_to_its_end() -> None:
    """Its result comes back, and its error."""

    async def double(number: int) -> int:
        await asyncio.sleep(0)
        if number < 0:
            raise ValueError("negative")
        return 2 * number

    assert loops.run(double(21)) == 42
    with pytest.raises(ValueError, match="negative"):
        loops.run(double(-1))


def test_on_windows_the_loop_can_watch_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries hand it sockets that they opened themselves; Windows' usual loop takes none."""
    monkeypatch.setattr(sys, "platform", "win32")
    loop = loops.new_loop()
    try:
        assert isinstance(loop, asyncio.SelectorEventLoop)
    finally:
        loop.close()
