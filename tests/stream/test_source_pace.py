"""When frames of files are due."""

import threading

import pytest
from still_clock import StillClock

from stream.sources import EndOfStream
from stream.sources.pace import UNPACED_START_NS, Pacer


def test_paced_stamps_are_the_times_when_frames_were_due(monkeypatch) -> None:
    """The first frame is due now; a reader that is a little late gets the due time, not its own."""
    clock = StillClock(monkeypatch)
    pacer = Pacer(paced=True)
    assert pacer.wait(0) == 5_000_000_000
    assert pacer.wait(33_000_000) == 5_033_000_000 == clock.now_ns
    clock.now_ns += 50_000_000
    assert pacer.wait(66_000_000) == 5_066_000_000
    assert pacer.wait(100_000_000) == 5_100_000_000 == clock.now_ns


def test_a_long_gap_is_not_chased(monkeypatch) -> None:
    """After a laptop slept the file goes on from now, at its own pace."""
    clock = StillClock(monkeypatch)
    pacer = Pacer(paced=True)
    pacer.wait(0)
    clock.now_ns += 60_000_000_000
    assert pacer.wait(33_000_000) == clock.now_ns == 65_000_000_000
    assert pacer.wait(66_000_000) == 65_033_000_000


def test_unpaced_times_are_the_same_on_every_run() -> None:
    """As fast as possible, nothing waits and stamps count from a fixed start."""
    pacer = Pacer(paced=False)
    assert [pacer.wait(offset) for offset in (0, 10**12, 2 * 10**12)] == [UNPACED_START_NS + n * 10**12 for n in range(3)]


def test_interrupt_ends_the_wait() -> None:
    """A wait of an hour ends when the program stops."""
    pacer = Pacer(paced=True)
    pacer.wait(0)
    threading.Timer(0.05, pacer.interrupt).start()
    with pytest.raises(EndOfStream):
        pacer.wait(3600 * 10**9)
