"""Tests of the drift-free beat, with a clock made by hand."""

from stream.pacing import HOLD_STEP_NS, MARGIN_NS, MOST_HOLD, Beat, Handover


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


def test_the_beat_is_led_to_fall_just_after_arrivals() -> None:
    """Arrivals at every other beat, badly placed at first: after a while each waits only for the margin."""
    clock = Clock()
    beat = Beat(60, now_ns=clock, sleep=clock.sleep)
    period_ns, arrival_ns = round(1e9 / 60), clock.now_ns + 1_000_000  # 1 ms after the first beat
    waits_ms, intervals_ms, before_ns = [], [], None
    for _ in range(1200):
        due_ns = beat.wait()
        if before_ns is not None:
            intervals_ms.append((due_ns - before_ns) / 1e6)
        before_ns = due_ns
        if arrival_ns <= due_ns:
            waits_ms.append((due_ns - arrival_ns) / 1e6)
            beat.arrived(arrival_ns)
            arrival_ns += 2 * period_ns
    assert waits_ms[0] > 15
    assert max(waits_ms[-50:]) < MARGIN_NS / 1e6 + 0.5
    assert min(waits_ms[-50:]) > 1
    assert max(abs(interval - 1000 / 60) for interval in intervals_ms) < 0.16
    assert beat.missed == 0


def handed_over(took_ms: list[float], *, rate_hz: float = 60) -> tuple[list[float], Handover]:
    """Return how long after its beat each picture is handed over, when they take so long to draw."""
    clock = Clock()
    handover = Handover(rate_hz, now_ns=clock, sleep=clock.sleep)
    times = []
    for took in took_ms:
        due_ns = clock.now_ns
        clock.now_ns += round(took * 1e6)
        handover.wait(due_ns)
        times.append((clock.now_ns - due_ns) / 1e6)
    return times, handover


def test_pictures_are_handed_over_evenly_though_they_take_now_more_now_less() -> None:
    """Once it knows how long they take, the moments are even: a step of the learning apart, but for the few slowest."""
    took = [6.0, 9.0, 7.0, 8.0, 10.0] * 100
    times, handover = handed_over(took)
    settled = times[250:]
    assert max(settled) - min(settled) < 2 * HOLD_STEP_NS / 1e6
    assert 9.0 < handover.hold_ms < 10.5


def test_a_rare_slow_picture_makes_no_other_wait() -> None:
    """One in fifty takes twice as long: the rest need not wait for it."""
    _, handover = handed_over(([6.0] * 49 + [12.0]) * 20)
    assert handover.hold_ms < 6.5


def test_no_picture_waits_for_the_next_beat() -> None:
    """If all take longer than a beat, none is made later still."""
    times, handover = handed_over([20.0] * 200)
    assert set(times) == {20.0}
    assert handover.hold_ms <= MOST_HOLD * 1000 / 60 + 1e-6
