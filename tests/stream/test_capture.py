"""Tests of keeping a source alive."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from stream.capture import Capture
from stream.events import Event, EventLog
from stream.metrics import Metrics
from stream.sources.base import EndOfStream, SourceInfo
from stream.worker import Stop
from trackers.errors import SourceError, SourceLost
from trackers.types import Stamp


class Item(str):
    """A word with a stamp."""

    stamp = Stamp(0, 0)


class Script:
    """A source that does what its script says: an item, or an exception to raise; `fails` openings fail first."""

    info = SourceInfo("camera 0", "camera", 64, 48, 30, live=True)

    def __init__(self, script: list[str | Exception], *, fails: int = 0) -> None:
        self.script = script
        self.fails = fails
        self.open = False
        self.openings = 0

    enter: Callable[[], object] | None = None
    """Takes the place of an opening, once it is set."""

    def __enter__(self) -> Self:
        if self.enter is not None:
            enter, self.enter = self.enter, None
            try:
                enter()
            except BaseException:
                self.enter = enter
                raise
            return self
        assert not self.open
        self.openings += 1
        if self.openings > 1 and self.fails:
            self.fails -= 1
            raise SourceError("camera 0 could not be opened")
        self.open = True
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.open = False

    def read(self) -> Item:
        assert self.open
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return Item(step)

    def interrupt(self) -> None:
        pass


def make(source: Script) -> tuple[Capture[Item], list[Item], list[Event], EventLog]:
    got: list[Item] = []
    told: list[Event] = []
    events = EventLog()
    events.listen(told.append)

    class Impatient(Stop):
        """Never stops, and does not really wait."""

        def wait(self, timeout_s: float | None = None) -> bool:
            pauses.append(timeout_s)
            return False

    pauses: list[float | None] = []
    capture = Capture(source, put=got.append, stop=Impatient(), events=events, metrics=Metrics())
    capture.open()
    capture.pauses = pauses  # type: ignore[attr-defined]
    return capture, got, told, events


def test_a_lost_camera_is_reopened_with_growing_pauses_and_told_once() -> None:
    """Loss is a state: told, reopened until it works, told again; then frames flow on."""
    source = Script(["a", SourceLost("unplugged"), "b"], fails=3)
    capture, got, told, events = make(source)
    for _ in range(7):
        capture.step()
    events.deliver()
    assert got == ["a", "b"]
    assert [event.name for event in told] == ["source.lost", "source.found"]
    assert told[0].text == "camera 0 gives no pictures (unplugged); trying again"
    assert capture.pauses == [0.5, 1.0, 2.0, 4.0]  # type: ignore[attr-defined]
    capture.close()
    assert not source.open


def test_a_reopening_that_is_interrupted_is_no_error() -> None:
    """Whatever an opening raises, also EndOfStream when the program stops meanwhile, the source is lost as before."""
    source = Script([SourceLost("unplugged"), "b"])
    capture, got, _, _ = make(source)
    raised: list[Exception] = [EndOfStream("interrupted"), ZeroDivisionError("driver")]
    opening = source.__enter__

    def fail_first() -> Script:
        if raised:
            raise raised.pop(0)
        return opening()

    source.enter = fail_first
    for _ in range(5):
        capture.step()
    assert got == ["b"]
    capture.close()


def test_any_failure_of_a_source_is_a_loss() -> None:
    """A driver may raise what it likes; nothing exits."""
    source = Script([ZeroDivisionError("driver"), "b"])
    capture, got, _, _ = make(source)
    for _ in range(3):
        capture.step()
    assert got == ["b"]
    capture.close()


def test_the_end_of_a_file_is_a_state() -> None:
    """EndOfStream is told and nothing is reopened."""
    source = Script([EndOfStream()])
    capture, _, told, events = make(source)
    capture.step()
    capture.step()
    events.deliver()
    assert capture.state == "ended"
    assert [event.text for event in told] == ["camera 0 has ended"]
    assert source.openings == 1
    capture.close()
