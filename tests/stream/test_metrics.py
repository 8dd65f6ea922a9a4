"""What the metrics say of tracking: how often each part was found, and how often it was looked at."""

import multiprocessing
import time
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from stream.metrics import Metrics, Rate
from trackers.types import BodyTracking, Stamp, Tracking

BODY = BodyTracking(*(np.zeros(shape, np.float32) for shape in ((33, 3), (33, 3), 33, 33)), score=1.0)


def test_a_part_that_rested_was_found_but_not_looked_at() -> None:
    """Ten trackings in each of which there is a body, in half of them carried on: found in all, looked at five times."""
    metrics = Metrics()
    for seq in range(10):
        rested = frozenset({"body"}) if seq % 2 else frozenset()
        metrics.tracked(Tracking(Stamp(seq, seq), 64, 64, BODY, None, None, None, rested))
    time.sleep(0.05)
    report = metrics.report()
    assert report["tracking"] == {"body": 1.0, "left_hand": 0.0, "right_hand": 0.0, "face": 0.0}
    assert report["looks_per_s"]["body"] > 0
    assert abs(report["fps_tracked"] - 2 * report["looks_per_s"]["body"]) < 0.3
    assert report["looks_per_s"]["face"] == 0
    assert report["fps_seen_anew"] == pytest.approx(report["looks_per_s"]["body"], abs=0.06)  # the others were all carried on


class Processes:
    """The system's answers: CPU seconds by process; None for one that has just ended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds: dict[int, float | None] = {0: 1.0}
        self.began_s = dict.fromkeys(range(9), 0.0)
        self.closed = False
        monkeypatch.setattr(psutil, "Process", self.process)
        monkeypatch.setattr(multiprocessing, "active_children", self.children)

    def process(self, pid: int | None) -> SimpleNamespace:
        number, seconds = pid or 0, self.seconds[pid or 0]
        if seconds is None:
            raise psutil.NoSuchProcess(number)
        memory = SimpleNamespace(rss=100 * 2**20)
        return SimpleNamespace(
            pid=number, create_time=lambda: self.began_s[number], cpu_times=lambda: (seconds, 0.0), memory_info=lambda: memory
        )

    def children(self) -> list[object]:
        return [Closed()] if self.closed else [SimpleNamespace(pid=pid) for pid in self.seconds if pid]


class Closed:
    """A `multiprocessing.Process` after its `close`."""

    @property
    def pid(self) -> int:
        raise ValueError("process object is closed")


def test_what_ended_processes_used_still_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tracker's process may die and be started anew, under the same number even: its CPU time is never taken back."""
    processes = Processes(monkeypatch)
    processes.seconds[5] = 10.0
    metrics = Metrics()
    clock = SimpleNamespace(perf_counter=lambda: metrics._started_s + 10.0)
    monkeypatch.setattr("stream.metrics.time", clock)
    processes.seconds.update({0: 2.0, 5: 13.0})
    assert metrics.snapshot()["cpu_percent"] == 40.0
    assert metrics.snapshot()["rss_mb"] == 200.0
    processes.seconds[5] = None
    assert metrics.snapshot()["cpu_percent"] == 40.0
    assert metrics.snapshot()["rss_mb"] == 100.0
    processes.closed = True
    assert metrics.snapshot()["cpu_percent"] == 40.0
    processes.closed, processes.seconds[5], processes.began_s[5] = False, 1.0, 60.0
    assert metrics.snapshot()["cpu_percent"] == 50.0


def test_a_rate_is_right_from_the_first_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over the seconds that there were, up to three; and a first few pictures are no thousand a second."""
    now_s = 100.0
    monkeypatch.setattr("stream.metrics.time", SimpleNamespace(perf_counter=lambda: now_s))
    rate, told = Rate(), [0.0]
    assert rate.per_second() == 0
    for _ in range(60 * 5):
        rate.tick()
        now_s += 1 / 60
        told.append(rate.per_second())
    assert max(told) <= 61
    assert told[60] == pytest.approx(60, abs=1)
    assert told[-1] == pytest.approx(60, abs=1)
    now_s += 10
    assert rate.per_second() == 0
