"""Laps add up to the time of the frame, also where something was done in another thread meanwhile."""

import pytest

from trackers import laps
from trackers.laps import Laps


def test_what_is_done_beside_shares_the_time_that_went_by(monkeypatch: pytest.MonkeyPatch) -> None:
    times_s = iter([1.000, 1.010, 1.012, 1.018])
    monkeypatch.setattr(laps.time, "perf_counter", lambda: next(times_s))
    frame = Laps()
    frame.lap("body")
    frame.lap("hands")
    frame.lap("hands")
    frame.beside("hands", 0.004)
    frame.beside("face", 0.014)  # 36 ms of work in 18
    assert frame.ms == pytest.approx({"body": 5, "hands": 6, "face": 7})


def test_without_anything_beside_a_lap_is_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    times_s = iter([1.000, 1.010, 1.010])
    monkeypatch.setattr(laps.time, "perf_counter", lambda: next(times_s))
    frame = Laps()
    assert frame.ms == {}
    frame.lap("body")
    frame.lap("nothing")
    assert frame.ms == pytest.approx({"body": 10, "nothing": 0})
