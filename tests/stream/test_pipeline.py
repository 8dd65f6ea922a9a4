"""How the pipeline stops when something in it hangs."""

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from stream import pipeline
from stream.events import Event, EventLog
from stream.metrics import Metrics
from stream.pipeline import Pipeline
from stream.sources.base import EndOfStream, SourceInfo
from stream.worker import Stop


class Ended:
    """A source that has ended already."""

    info = SourceInfo("none", "images", 1, 1, 30, live=False)

    def __enter__(self) -> "Ended":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self) -> Any:
        raise EndOfStream("ended")

    def interrupt(self) -> None:
        pass


def test_what_hangs_is_told_and_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """`run` shuts down, and so does leaving the `with`: the second time there is nothing to do."""
    monkeypatch.setattr(pipeline, "_JOIN_S", 0.05)
    hangs, events, seen = threading.Event(), EventLog(), list[Event]()
    events.listen(seen.append)
    painter = SimpleNamespace(paint=lambda _: hangs.wait(60))
    parts: dict[str, Any] = {"perceive": lambda _: None, "painter": painter, "sinks": [], "output_fps": 60}
    made: Pipeline[Any] = Pipeline(cast(Any, Ended()), **parts, events=events, metrics=Metrics(), stop=Stop())
    with made:
        made.run(seconds=None, on_tick=lambda: None)
    hangs.set()
    assert [event.text for event in seen if event.name == "pipeline.stuck"] == ["posecast-render did not stop in time"]
