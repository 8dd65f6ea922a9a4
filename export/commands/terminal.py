"""What a command needs of the terminal, handed over by whoever runs it.

`export` may not import `stream`, where the consoles live; `run.py` stands above both and gives them here. Owns the bundle, the
bar that long work shows, what Ctrl-C means to it, and the flag that asks for JSON. Knows nothing of what a command does.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from trackers.errors import PosecastError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]


class Signals(Protocol):
    """Turns the first Ctrl-C into a call of `stop`; the second ends the program."""

    def __call__(self, *, is_running: Callable[[], bool], stop: Callable[[], None]) -> AbstractContextManager[None]: ...


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where a command speaks."""

    out: Console
    """Answers."""
    err: Console
    """What is going on."""
    print_json: Callable[[str, dict[str, Any]], None]
    """Prints a command's report."""
    ctrl_c: Signals
    machine: Callable[[], dict[str, Any]]
    """Returns what this computer is, for figures that are worth nothing without."""

    def say(self, text: str) -> None:
        """Say what is going on, letter by letter."""
        self.err.print(escape(text), soft_wrap=True)


def terminal_of(context: typer.Context) -> Terminal:
    """Return the terminal that the program was started with."""
    terminal = context.find_object(Terminal)
    if terminal is None:
        raise PosecastError("the command line was started without a terminal")
    return terminal


@contextmanager
def bar(terminal: Terminal, what: str, *, is_time: bool = False) -> Iterator[Callable[..., None]]:
    """Show a bar with the time that is left; call the given function with how much is done, of how much, and of what.

    Args:
        is_time: what is counted are seconds: those that are left are known, and need no guess.
    """
    counts = (TaskProgressColumn(), _SecondsLeft()) if is_time else (MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(TextColumn("{task.description}"), BarColumn(), *counts, console=terminal.err, transient=True) as progress:
        task = progress.add_task(what, total=None)
        begun: set[str] = set()

        def step(done: float, total: float | None = None, stage: str = what) -> None:
            if not is_time and stage not in begun:  # what lay there before says nothing of how fast it is
                progress.reset(task, completed=int(done), total=total, description=escape(stage))
                begun.add(stage)
            progress.update(task, completed=done, total=total, description=escape(stage))

        yield step


class _SecondsLeft(ProgressColumn):
    """How long it still takes, where seconds are what is counted."""

    def render(self, task: Task) -> Text:
        left_s = round(task.remaining or 0)
        return Text(f"{left_s // 3600}:{left_s // 60 % 60:02}:{left_s % 60:02} left" if task.total else "")
