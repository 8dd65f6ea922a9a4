"""How the pipeline stops when something in it hangs."""

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from stream import output, pipeline
from stream.events import Event, EventLog
from stream.metrics import Metrics
from stream.pipeline import Pipeline
from stream.sources.base import EndOfStream, SourceInfo
from stream.worker import Stop


class Ended:
    """A source that has ended already."""

    left = 0

    info = SourceInfo("none", "images", 1, 1, 30, live=False)

    def __enter__(self) -> "Ended":
        return self

    def __exit__(self, *_: object) -> None:
        self.left += 1

    def read(self) -> Any:
        raise EndOfStream("ended")

    def interrupt(self) -> None:
        pass


class Silent(Ended):
    """A source that gives nothing until it is told to stop."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def read(self) -> Any:
        self._stop.wait(60)
        raise EndOfStream("interrupted")


def made(source: Ended, *, paint: Callable[[int], Any], metrics: Metrics, stop: Stop, events: EventLog) -> Pipeline[Any]:
    """Return a pipeline of that source without sinks."""
    parts: dict[str, Any] = {"perceive": lambda _: None, "painter": SimpleNamespace(paint=paint), "sinks": [], "output_fps": 60}
    return Pipeline(cast(Any, source), **parts, events=events, metrics=metrics, stop=stop)


def test_an_error_at_the_end_leaves_nothing_running(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever cannot be measured or interrupted then: threads end, and the camera is let go of."""
    source, stop, metrics = Ended(), Stop(), Metrics()

    def fail() -> None:
        raise OSError("too many open files")

    monkeypatch.setattr(metrics, "finish", fail)
    monkeypatch.setattr(source, "interrupt", fail)
    before = threading.active_count()
    with (
        pytest.raises(OSError, match="too many open files"),
        made(source, paint=lambda _: None, metrics=metrics, stop=stop, events=EventLog()) as pipe,
    ):
        pipe.run(seconds=None, on_tick=lambda: None)
    assert source.left == 1
    assert stop.requested
    assert threading.active_count() == before


def test_a_picture_that_is_never_finished_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A graphics driver that hangs raises nothing; that it goes on again is told, too."""
    monkeypatch.setattr(output, "STUCK_AFTER_S", 0.05)
    stop, events, seen = Stop(), EventLog(), list[Event]()
    events.listen(seen.append)
    hangs = threading.Event()

    def look() -> None:
        names = [event.name for event in seen]
        if "render.stuck" in names:
            hangs.set()
        if "render.works" in names:
            stop.request()

    with made(Silent(stop), paint=lambda _: hangs.wait(60), metrics=Metrics(), stop=stop, events=events) as pipe:
        pipe.run(seconds=60, on_tick=look)
    assert [event.text for event in seen if event.name.startswith("render.")][:2] == [
        "drawing has not finished a picture for 0.05 s, so the last one is shown; if it stays so, start again",
        "drawing goes on",
    ]


def test_what_hangs_is_told_and_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """`run` shuts down, and so does leaving the `with`: the second time there is nothing to do."""
    monkeypatch.setattr(pipeline, "_JOIN_S", 0.05)
    hangs, events, seen = threading.Event(), EventLog(), list[Event]()
    events.listen(seen.append)
    with made(Ended(), paint=lambda _: hangs.wait(60), metrics=Metrics(), stop=Stop(), events=events) as pipe:
        pipe.run(seconds=None, on_tick=lambda: None)
    hangs.set()
    assert [event.text for event in seen if event.name == "pipeline.stuck"] == ["posecast-render did not stop in time"]
