"""Tests of opening what tracks and what draws: if one cannot be had, the other is closed again."""

import threading
from contextlib import ExitStack, closing
from pathlib import Path

import live_tools
import pytest
from made_avatars import empty_library, opened

from stream import engines, parts
from stream.avatars import OpenRenderer
from stream.events import EventLog
from trackers.errors import UserError


def test_a_tracker_that_cannot_be_opened_leaves_no_renderer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whether the renderer is ready before or after: its threads end."""
    made, closed = threading.Event(), threading.Event()

    def draw(*_: object, **__: object) -> OpenRenderer:
        drawn = opened(empty_library(tmp_path), "mascot", kind="puppet")
        close = drawn.renderer.close

        def note() -> None:
            close()
            closed.set()

        monkeypatch.setattr(drawn.renderer, "close", note)
        made.set()
        return drawn

    def refuse(*_: object) -> None:
        raise UserError("no model")

    monkeypatch.setattr(engines, "open_renderer", draw)
    monkeypatch.setattr(engines, "open_tracker", refuse)
    monkeypatch.setattr(parts, "is_recording", lambda _: False)
    config = live_tools.config(source__name="demo")
    with ExitStack() as stack, pytest.raises(UserError, match="no model"):
        engines.open_engines(config, parts.make_source(config, EventLog()), events=EventLog(), opened=stack)
    assert made.is_set()
    assert closed.wait(60)


def test_a_renderer_that_takes_long_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Once, before it is there."""
    gate, told, events = threading.Event(), [], EventLog()

    def hear(event: object) -> None:
        told.append(event)
        gate.set()

    def draw(*_: object, **__: object) -> OpenRenderer:
        assert gate.wait(60)
        return opened(empty_library(tmp_path), "mascot", kind="puppet")

    events.listen(hear)
    monkeypatch.setattr(engines, "open_renderer", draw)
    monkeypatch.setattr(engines, "_PATIENCE_S", 0.01)
    config = live_tools.config(source__name="demo")
    with ExitStack() as stack:
        tracker, renderer = engines.open_engines(config, parts.make_source(config, events), events=events, opened=stack)
        with closing(renderer):
            assert tracker is None
            assert renderer.drawing.name == "puppet"
    assert [event.text for event in told] == ["Preparing the avatar (the first time after an update takes longest) …"]
