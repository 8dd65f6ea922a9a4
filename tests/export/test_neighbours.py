"""Tests of what is told of a host's other guests."""

from types import SimpleNamespace

import psutil
import pytest

from export.neighbours import Neighbours, told


def test_what_they_took_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the beginning of the measurement on, of all cores."""
    monkeypatch.setattr(psutil, "cpu_times", lambda: SimpleNamespace(steal=100.0))
    neighbours = Neighbours()
    monkeypatch.setattr(psutil, "cpu_times", lambda: SimpleNamespace(steal=107.5))
    figures = neighbours.figures()
    assert figures["taken_s"] == 7.5
    assert figures["seconds"] >= 0


def test_a_system_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows and macOS count no such time."""
    monkeypatch.setattr(psutil, "cpu_times", lambda: SimpleNamespace(user=1.0))
    figures = Neighbours().figures()
    assert figures["taken_s"] is None
    assert told(figures) == ""


def test_it_is_said_where_it_matters() -> None:
    """Less than half a per cent is not worth a line."""
    assert told({"seconds": 150.0, "taken_s": 0.7}) == ""
    assert told({"seconds": 150.0, "taken_s": 7.46}) == (
        "Other guests of this computer's host took 7.5 of its cores' 150 s: times are longer for it."
    )
