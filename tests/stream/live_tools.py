"""What the tests of the whole program share: a quiet view, a collecting sink, and the program in a thread."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from avatar.types import Rendered
from stream.app import Program
from stream.config import Config, load_config
from stream.events import Event
from stream.sinks.base import SinkStatus
from trackers import assets


class QuietView:
    """Keeps what a person would have seen."""

    def __init__(self) -> None:
        self.lines: dict[str, str] = {}
        self.events: list[Event] = []
        self.panel_url: str | None = None
        self.is_started = threading.Event()

    def fetch(self, wanted: Sequence[assets.Asset]) -> None:
        assets.ensure(asset.name for asset in wanted)

    def started(self, lines: Sequence[tuple[str, str]], *, panel_url: str | None) -> None:
        self.lines, self.panel_url = dict(lines), panel_url
        self.is_started.set()

    def event(self, event: Event) -> None:
        self.events.append(event)

    def tick(self, figures: dict[str, Any]) -> None:
        pass

    def stopped(self, report: dict[str, Any] | None) -> None:
        pass

    def names(self) -> list[str]:
        return [event.name for event in self.events]


class Collector:
    """A sink that keeps every picture it is given."""

    repeats = False
    status = SinkStatus("null", True, "collects")

    def __init__(self) -> None:
        self.pictures: list[Rendered] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass

    def send(self, picture: Rendered) -> None:
        self.pictures.append(picture)


def config(**overrides: str) -> Config:
    """Return settings for tests: no virtual camera, any free port; keys with `__` for the dot."""
    given = {"output.sinks": "null", "server.port": "0"}
    return load_config(None, given | {key.replace("__", "."): value for key, value in overrides.items()})


@contextmanager
def running(settings: Config) -> Iterator[tuple[Program, QuietView]]:
    """Run the program in a thread; on leaving, stop it and raise what it died of."""
    view = QuietView()
    program = Program(settings, view)
    died: list[BaseException] = []

    def run() -> None:
        try:
            program.run(300)  # until the test stops it
        except BaseException as error:
            died.append(error)
            view.is_started.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert view.is_started.wait(60)
        if not died:
            yield program, view
    finally:
        program.stop.request()
        thread.join(60)
    assert not thread.is_alive()
    if died:
        raise died[0]
