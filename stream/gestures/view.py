"""`run.py gesture …` as a person sees it: the countdown, the bars, the tables. Owns the words; the work is elsewhere."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column, Table

from stream.gestures.confusion_view import show_confusion
from stream.gestures.takes import TakeProgress
from trackers.gestures.types import GestureState
from trackers.types import PARTS

_BAR: Final = 24


@contextmanager
def taking(console: Console) -> Iterator[Callable[[TakeProgress], None]]:
    """Show a bar with what to do now and which parts are seen."""
    columns = (TextColumn("{task.fields[mark]}"), BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Opening …", total=1.0, mark="")

        def show(progress: TakeProgress) -> None:
            mark = "[red]●[/]" if progress.state == "recording" else "[dim]○[/]"
            text = f"{escape(progress.text)} {lamps(progress.seen)}"
            bar.update(task, completed=progress.share, description=text, mark=mark)

        yield show


def lamps(seen: Sequence[str]) -> str:
    """Return the parts as rich text, those that are seen lit."""
    return " ".join(f"[{'green' if part in seen else 'dim'}]{part.replace('_', ' ')}[/]" for part in PARTS)


@contextmanager
def bars(console: Console, names: Sequence[str]) -> Iterator[Callable[[dict[str, GestureState], tuple[str, ...]], None]]:
    """Show how sure each gesture is, live."""
    with Live(console=console, transient=True, refresh_per_second=15) as live:

        def show(states: dict[str, GestureState], seen: tuple[str, ...]) -> None:
            table = Table.grid(padding=(0, 1))
            for name in names:
                state = states[name]
                full = round(_BAR * state.confidence)
                colour = "bold green" if state.active else "cyan"
                bar = f"[{colour}]{'█' * full}[/][dim]{'·' * (_BAR - full)}[/]"
                table.add_row(escape(name), bar, f"{state.confidence:.2f}", f"{state.held_s:.1f} s" if state.active else "")
            table.add_row("", lamps(seen))
            live.update(table)

        yield show


def show_recorded(console: Console, name: str, takes: Sequence[dict[str, Any]], *, interrupted: bool) -> None:
    """Show the takes that were made."""
    for take in takes:
        seen = ", ".join(part.replace("_", " ") for part in take["seen"])
        console.print(f"[green]●[/] {take['seconds']:.1f} s, {take['frames']} frames: {seen}  [dim]{escape(take['file'])}[/]")
    count = len(takes)
    said = f"{count} take{'' if count == 1 else 's'} of {escape(name)} recorded"
    console.print(f"{'Interrupted: ' if interrupted else ''}{said}. Now: python run.py gesture train", soft_wrap=True)


def show_training(console: Console, figures: dict[str, Any]) -> None:
    """Show what was learnt, how well, and what gets in whose way."""
    table = Table(Column("gesture", overflow="fold"), "kind", "judged by", "takes", "recognised", "false")
    for name, row in figures["gestures"].items():
        judged_by = ", ".join(part.replace("_", " ") for part in row["parts"])
        kind = row["kind"] if row["kind"] == "pose" else f"motion, {row['length_s']:.1f} s"
        recognised = f"{row['recognised']} of {row['tried']}" if row["tried"] else "–"
        table.add_row(name, kind, judged_by, str(row["takes"]), recognised, str(row["false_fires"]))
    console.print(table)
    show_confusion(console, figures["confusion"])
    for sentence in figures["conflicts"]:
        console.print(f"[yellow]![/] {escape(sentence)}", soft_wrap=True)
    console.print(f"Learnt in {figures['train_s']:.2f} s. Try it: python run.py gesture test", soft_wrap=True)


def show_test(console: Console, figures: dict[str, Any]) -> None:
    """Show what fired in a test."""
    table = Table("gesture", "fired", "held s", "most sure", "at s")
    for name, row in figures["gestures"].items():
        at = ", ".join(f"{at_s:.1f}" for at_s in row["at_s"][:8]) + (" …" if len(row["at_s"]) > 8 else "")
        table.add_row(name, str(row["fires"]), f"{row['seconds']:.1f}", f"{row['most']:.2f}", at)
    console.print(table)


def show_list(console: Console, gestures: Sequence[dict[str, Any]], *, folder: str) -> None:
    """Show all gestures."""
    if not gestures:
        console.print("There is no gesture of your own yet; python run.py gesture record NAME makes one.", soft_wrap=True)
        return
    table = Table("gesture", "takes", "kind", "judged by", title=f"Gestures in {folder}", title_justify="left")
    for row in gestures:
        judged_by = ", ".join(part.replace("_", " ") for part in row["parts"])
        table.add_row(row["name"], str(row["takes"]), row["kind"] or "not trained yet", judged_by)
    console.print(table)


def show_gesture(console: Console, row: dict[str, Any]) -> None:
    """Show one gesture: what was learnt, and its takes."""
    learnt = f"{row['kind']}, judged by {', '.join(row['parts'])}" if row["kind"] else "not trained yet"
    console.print(f"[bold]{escape(row['name'])}[/]  {escape(learnt)}", soft_wrap=True)
    for take in row["takes"]:
        seen = ", ".join(part.replace("_", " ") for part in take["seen"])
        console.print(
            f"  {take['seconds']:.1f} s, {take['frames']} frames: {seen}  [dim]{escape(take['file'])}[/]", soft_wrap=True
        )
