"""A clock that moves only when a file's pacer sleeps, so that what is tested does not hang on how busy the computer is."""

import threading
from types import SimpleNamespace

import pytest

from stream.sources import pace


class StillClock:
    """Takes the place of the clock and the sleep of every `Pacer` that is made after it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_ns = 5_000_000_000
        clock = self

        class Sleep(threading.Event):
            def wait(self, timeout: float | None = None) -> bool:
                assert timeout is not None
                clock.now_ns += round(timeout * 1e9)
                return False

        monkeypatch.setattr(pace, "time", SimpleNamespace(perf_counter_ns=lambda: self.now_ns))
        monkeypatch.setattr(pace, "threading", SimpleNamespace(Event=Sleep))
