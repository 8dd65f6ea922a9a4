"""Laps add up to the time of the frame, also where things were done beside each other."""

import pytest

from trackers import laps
from trackers.laps import Laps


def test_laps_of_things_done_beside_each_other_share_the_time_that_went_by(monkeypatch: pytest.MonkeyPatch) -> None:
    times_s = iter([1.000, 1.010, 1.022, 1.025])
    monkeypatch.setattr(laps.time, "perf_counter", lambda: next(times_s))
    frame = Laps()
    frame.lap("body")
    frame.lap_shared({"face": 0.006, "hands": 0.012})  # 18 ms of work in 12
    frame.lap("rest")
    assert frame.ms == pytest.approx({"body": 10, "face": 4, "hands": 8, "rest": 3})
