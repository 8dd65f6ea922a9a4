"""Counts become figures."""

import pytest

from export.gesture_scores import Score, f1, summed


def test_counts_become_precision_and_recall() -> None:
    """Of 10 made 8 were found; of 9 told 1 was wrong; delays have percentiles."""
    figures = Score(made=10, found=8, wrong=1, latencies_ms=[100.0, 50.0, 300.0]).figures
    assert figures["precision"] == pytest.approx(8 / 9, abs=1e-4)
    assert figures["recall"] == 0.8
    assert figures["n"] == 10
    assert figures["latency_ms"] == {"p50": 100.0, "p95": 300.0}


def test_nothing_to_count_is_none() -> None:
    """Not 0, not 1."""
    figures = Score().figures
    assert figures["precision"] is None
    assert figures["recall"] is None
    assert figures["latency_ms"] == {"p50": None, "p95": None}
    assert Score(wrong=3).figures["precision"] is None
    assert Score(wrong=3).figures["wrong"] == 3


def test_counts_of_several_sources_add_up() -> None:
    """By name; the parts stay as they are."""
    part = {"fist": Score(made=2, found=1)}
    both = summed([part, {"fist": Score(made=3, found=3, wrong=1), "ok": Score(made=1)}])
    assert (both["fist"].made, both["fist"].found, both["fist"].wrong) == (5, 4, 1)
    assert both["ok"].made == 1
    assert part["fist"].made == 2


def test_f1_is_the_harmonic_mean() -> None:
    """Of precision 0.5 and recall 1 it is two thirds; without a find it is 0."""
    assert f1(found=1, missed=0, wrong=1) == pytest.approx(2 / 3)
    assert f1(found=0, missed=3, wrong=0) == 0.0
