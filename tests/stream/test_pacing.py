"""Tests of the drift-free beat, with a clock made by hand."""

from stream.pacing import Beat


class Clock:
    """A clock that moves only when someone sleeps or works."""

    def __init__(self) -> None:
        self.now_ns = 1_000_000_000

    def __call__(self) -> int:
        return self.now_ns

    def sleep(self, seconds: float) -> None:
        self.now_ns += round(seconds * 1e9)


def beats(clock: Clock, work_ms: list[float], rate_hz: float = 100) -> tuple[list[float], Beat]:
    """Return the beats' times in ms from the first, when each is followed by work of the given length."""
    beat = Beat(rate_hz, now_ns=clock, sleep=clock.sleep)
    times = []
    for work in work_ms:
        times.append(beat.wait())
        clock.now_ns += round(work * 1e6)
    return [(t - times[0]) / 1e6 for t in times], beat


def test_beats_come_at_the_period_whatever_the_work() -> None:
    """Work that fits into the period moves no beat."""
    times, beat = beats(Clock(), [1, 9, 3, 0, 9.9])
    assert times == [0, 10, 20, 30, 40]
    assert beat.missed == 0


def test_a_late_beat_is_kept_and_the_next_is_on_time() -> None:
    """Work a little over the period delays one beat and no other."""
    times, beat = beats(Clock(), [14, 1, 1])
    assert times == [0, 10, 20]
    assert beat.missed == 0


def test_beats_that_passed_are_skipped_and_counted() -> None:
    """After a long pause the beat goes on from now; nothing is made up for."""
    times, beat = beats(Clock(), [37, 1, 1])
    assert times == [0, 30, 40]
    assert beat.missed == 2
