"""Tests of the output side: pace, repeats, and a sink that fails."""

from collections.abc import Container

import live_tools
import numpy as np
import pytest

from avatar.types import BONE_COUNT, Rendered, RigPose
from stream import output
from stream.events import Event, EventLog
from stream.metrics import Metrics
from stream.output import Arrival, SinkRunner, newer_arrival
from stream.sinks.base import SinkStatus
from stream.worker import Stop
from trackers.types import EXPRESSION_COUNT, Stamp


def picture(seq: int) -> Rendered:
    return Rendered(np.zeros((4, 4, 4), np.uint8), Stamp(seq, 0))


def runner(sink: live_tools.Collector) -> tuple[SinkRunner, Metrics, list[Event], EventLog]:
    events, metrics, told = EventLog(), Metrics(), list[Event]()
    events.listen(told.append)
    metrics.add_sinks([sink.status.name])
    return SinkRunner(sink, period_s=0.005, stop=Stop(), events=events, metrics=metrics), metrics, told, events


class Failing(live_tools.Collector):
    """Fails on some of its calls, counted from 1."""

    def __init__(self, error: Exception, *, on: Container[int]) -> None:
        super().__init__()
        self.calls, self._error, self._on = 0, error, on

    def send(self, picture: Rendered) -> None:
        self.calls += 1
        if self.calls in self._on:
            raise self._error
        super().send(picture)


def offered(sink: live_tools.Collector, *, pictures: int) -> list[Event]:
    """Offer so many pictures to a sink, a step each; return what was told."""
    run, _, told, events = runner(sink)
    for seq in range(pictures):
        run.slot.put(picture(seq))
        run.step()
    events.deliver()
    return told


def arrival(seq: int, *predicted: str) -> Arrival:
    zeros = (np.zeros(shape, np.float32) for shape in ((BONE_COUNT, 4), 3, EXPRESSION_COUNT, BONE_COUNT))
    return Arrival(RigPose(Stamp(seq, seq), *zeros, face_confidence=1.0, predicted=frozenset(predicted)), seq)


def test_a_look_at_a_part_is_not_lost_with_the_pose_that_nobody_took() -> None:
    """Two poses within a beat: the newer one counts as measured in what either of them was."""
    merged = newer_arrival(arrival(1, "body", "left_hand"), arrival(2, "face", "left_hand"))
    assert merged.pose.predicted == {"left_hand"}
    assert (merged.pose.stamp.seq, merged.at_ns) == (2, 2)
    newest = arrival(2, "face")
    assert newer_arrival(arrival(1, "face", "body"), newest) is newest


def test_a_sink_that_keeps_its_pace_gets_the_newest_picture_again() -> None:
    """On a missed beat the last picture is sent once more and counted as repeated; other sinks get nothing."""
    for repeats, expected in ((True, [1, 1, 2]), (False, [1, 2])):
        sink = live_tools.Collector()
        sink.repeats = repeats
        run, metrics, _, _ = runner(sink)
        run.step()  # nothing yet: nothing to repeat
        run.slot.put(picture(1))
        run.step()
        if repeats:
            run.step()
        run.slot.put(picture(2))
        run.step()
        assert [p.stamp.seq for p in sink.pictures] == expected
        assert metrics.report()["repeated"] == expected.count(1) - 1


def test_a_sink_that_fails_for_a_moment_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """One failure is not the end of the overlay: it is told, and that it works again."""
    monkeypatch.setattr(output, "_FIRST_PAUSE_S", 0.0)
    monkeypatch.setattr(output, "_STEADY_S", 0.0)
    sink = Failing(MemoryError("no room"), on={2, 3})
    told = offered(sink, pictures=6)
    assert [p.stamp.seq for p in sink.pictures] == [0, 3, 4, 5]
    assert [event.text for event in told] == [
        "null failed (no room) and is tried again; the rest goes on",
        "null works again",
    ]


def test_a_sink_that_fails_now_and_then_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every other picture: whoever watches the console is not flooded, and what goes out goes out."""
    monkeypatch.setattr(output, "_FIRST_PAUSE_S", 0.0)
    monkeypatch.setattr(output, "_LONGEST_PAUSE_S", 0.0)
    monkeypatch.setattr(output, "_STEADY_S", 3600.0)
    sink = Failing(OSError("busy"), on=range(1, 21, 2))
    told = offered(sink, pictures=20)
    assert len(sink.pictures) == 10
    assert [event.text for event in told] == ["null failed (busy) and is tried again; the rest goes on"]


def test_a_sink_that_is_gone_is_told_once_and_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says itself that it does not run any more; later pictures are not offered."""
    monkeypatch.setattr(output, "_FIRST_PAUSE_S", 0.0)
    sink = Failing(OSError("device gone"), on={1, 2, 3})
    sink.status = SinkStatus("null", False, "went away")
    told = offered(sink, pictures=3)
    assert sink.calls == 1
    assert [event.text for event in told] == ["null failed (device gone) and is left alone; the rest goes on"]


def test_a_picture_of_old_tracking_has_no_latency() -> None:
    """The idle animation's stamp is old: counting it would make a lost camera look slow."""
    sink = live_tools.Collector()
    run, metrics, _, _ = runner(sink)
    run.slot.put(picture(1))
    run.step()
    assert metrics.report()["latency_ms"] == {"p50": None, "p95": None, "p99": None}
    assert metrics.report()["frames_out"] == 1
