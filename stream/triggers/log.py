"""What fired and why, and what became of it: for the panel, as JSON lines, and as figures for the report.

Owns the bounded log, its file and the counts. Notes come from the engine, reports from the dispatcher's thread: may be called
from any. Knows nothing of who reads it.
"""

import contextlib
import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from stream.actions.base import Outcome, Report
from stream.histogram import Histogram
from stream.triggers.decisions import Note, Verdict
from stream.triggers.words import action_words
from trackers.errors import UserError
from trackers.whole_files import begins_as_json

KEPT: Final = 200
_FAILED: Final = ("refused", "failed")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log."""

    seq: int
    """Rising by one, starting at 1."""
    at_ns: int
    """`time.perf_counter_ns()`."""
    rule: str
    """Empty: all rules."""
    cause: str
    """`t_pose (0.93)`, `panel`."""
    verdict: Verdict | Outcome
    """What the engine decided, or what became of an action."""
    text: str
    """What was done, in words, or why it was not."""
    action: str = ""
    """Of an outcome: which action, `obs.scene`."""
    target: str = ""
    latency_ms: float | None = None
    """Of an outcome: from the frame that caused it to the end of the action."""


class _Tally:
    """What became of one action, or of one rule's actions."""

    def __init__(self) -> None:
        self.count = 0
        self.failed = 0
        self.latency_ms = Histogram()

    def add(self, report: Report) -> None:
        self.count += 1
        self.failed += report.outcome in _FAILED
        if report.outcome == "done" and report.latency_ms is not None:
            self.latency_ms.add(report.latency_ms)

    def figures(self) -> dict[str, Any]:
        return {"count": self.count, "failed": self.failed, "latency_ms": self.latency_ms.summary()}


class TriggerLog:
    """Keeps the newest entries. `with` opens and closes the file.

    Args:
        path: JSON lines are appended to it, each with its `time` by the wall; None: to none.
        on_entry: told of every entry, on the thread that brings it; must return at once.
        on_problem: told once, in one sentence, when the file cannot be written any more; the log goes on without it.

    Raises (on entering):
        UserError: the file cannot be written.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        on_entry: Callable[[Entry], None] = lambda entry: None,
        on_problem: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self._path = path
        self._on_entry, self._on_problem = on_entry, on_problem
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._seq = 0
        self._file: IO[str] | None = None
        self._actions: dict[str, _Tally] = {}
        self._rules: dict[str, _Tally] = {}
        self._fired: dict[str, int] = {}
        self._failing: dict[tuple[str, str, str], tuple[str, str]] = {}
        """How the last streamed order of a rule, an action and a target failed."""

    def __enter__(self) -> Self:
        if self._path is not None:
            try:
                if self._path.is_file() and not begins_as_json(self._path):
                    raise UserError(f"{self._path} exists already and is no log; remove it or choose another file for the log")
                self._file = self._path.open("a", encoding="utf-8", buffering=1)
            except OSError as error:
                raise UserError(f"{self._path} cannot be written ({error.strerror}); choose another file for the log") from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._lock:
            self._close()

    def note(self, note: Note) -> None:
        """Write down what the engine did or did not do."""
        if note.verdict == "fired":
            with self._lock:
                self._fired[note.rule] = self._fired.get(note.rule, 0) + 1
        self._add(note.at_ns, note.rule, note.cause, note.verdict, note.text)

    def report(self, report: Report) -> None:
        """Write down what became of an order. Streamed ones are many: those that went well are only counted, and of those that
        fail alike, one after the other, the first is told.
        """
        order = report.order
        with self._lock:
            self._actions.setdefault(order.action.action, _Tally()).add(report)
            self._rules.setdefault(order.rule, _Tally()).add(report)
        if order.streamed and not self._is_news(report):
            return
        latency_ms = None if report.latency_ms is None else round(report.latency_ms, 1)
        text = report.text or action_words(order.action)
        action = order.action
        self._add(report.at_ns, order.rule, order.cause, report.outcome, text, action.action, action.target, latency_ms)

    def _is_news(self, report: Report) -> bool:
        """Tell whether a streamed order failed, and otherwise than the one before."""
        order = report.order
        about = order.rule, order.action.action, order.action.target
        if report.outcome in ("done", "replaced", "dry"):
            if report.outcome == "done":
                self._failing.pop(about, None)
            return False
        how = report.outcome, report.text
        is_news = self._failing.get(about) != how
        self._failing[about] = how
        return is_news

    @property
    def entries(self) -> list[Entry]:
        """The newest entries, oldest first."""
        with self._lock:
            return list(self._entries)

    def figures(self) -> dict[str, Any]:
        """Return what the report of a run holds: `actions` and `rules` by name, each with counts and latencies."""
        with self._lock:
            rules = {name: {"fired": self._fired.get(name, 0)} for name in {**self._fired, **self._rules}}
            return {
                "actions": {name: tally.figures() for name, tally in self._actions.items()},
                "rules": {name: found | self._rules.get(name, _Tally()).figures() for name, found in rules.items()},
            }

    def _add(self, at_ns: int, rule: str, cause: str, verdict: Verdict | Outcome, text: str, *more: Any) -> None:
        with self._lock:
            self._seq += 1
            entry = Entry(self._seq, at_ns, rule, cause, verdict, text, *more)
            self._entries.append(entry)
            problem = self._write(entry)
        if problem:
            self._on_problem(problem)
        self._on_entry(entry)

    def _write(self, entry: Entry) -> str:
        """Append a line to the file; return what is wrong, the first time that something is. With the lock held."""
        if self._file is None:
            return ""
        try:
            time = datetime.now().astimezone().isoformat(timespec="milliseconds")  # the file outlives the clock of `at_ns`
            self._file.write(json.dumps({"time": time, **asdict(entry)}, ensure_ascii=False) + "\n")
        except OSError as error:  # a full disk must not stop a panic
            self._close()
            return f"{self._path} cannot be written any more ({error.strerror}); the log goes on in the panel alone"
        return ""

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):  # what could not be written is tried once more
                file.close()
