"""What a command needs of the terminal, handed over by whoever runs it.

`export` may not import `stream`, where the consoles live; `run.py` stands above both and gives them here. Owns the bundle, the
bar that long work shows, and what Ctrl-C means to it. Knows nothing of what a command does.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from trackers.errors import PosecastError


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
def bar(terminal: Terminal, what: str) -> Iterator[Callable[..., None]]:
    """Show a bar with the time that is left; call the given function with how many are done, of how many, and of what."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=terminal.err, transient=True) as progress:
        task = progress.add_task(what, total=None)

        def step(done: float, total: float | None = None, what: str = what) -> None:
            progress.update(task, completed=done, total=total, description=escape(what))

        yield step
