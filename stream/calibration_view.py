"""`run.py calibrate` as a person sees it: countdown, progress, and what came of it. Owns the words; the work is elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from stream import parts
from stream.calibrating import FAILED, NOT_CALIBRATED, UNSAVED
from stream.calibration_run import Watch, describe, run_pass
from stream.config import Config
from stream.console import fetch
from stream.events import Event, EventLog
from stream.server.messages import CalibrationStatus

Job = Literal["neutral", "range", "show", "reset"]


def calibrate(console: Console, config: Config, *, job: Job) -> dict[str, Any]:
    """Do the job, show how it goes, and return what the profile holds afterwards.

    Raises:
        UserError: it cannot be done; the old calibration stays.
    """
    # A stranger's calibration from the built-in performance helps nobody: without another word it is the camera.
    source = {"as_fast_as_possible": True} | ({"name": "camera"} if config.source.name == "auto" else {})
    config = config.model_copy(update={"source": config.source.model_copy(update=source)})
    events = EventLog()

    def tell(event: Event) -> None:
        if event.level != "info" and event.name not in (UNSAVED, FAILED):  # these are this command's own errors
            console.print(escape(event.text), soft_wrap=True)

    events.listen(tell)
    desk = parts.make_calibration_desk(config, events)
    events.deliver()
    try:
        if job == "reset":
            desk.reset()
            if desk.unsaved is not None:
                raise desk.unsaved
        if job == "reset" or job == "show":
            return describe(desk)
        fetch(console, parts.needed_models(config))
        with following(console) as watch:
            return run_pass(config, desk, wanted=job, events=events, watch=watch)
    finally:
        events.deliver()


@contextmanager
def following(console: Console) -> Iterator[Watch]:
    """Show a bar with the sentence of the moment."""
    columns = (BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Opening …", total=1.0)

        def countdown(left_s: float) -> None:
            bar.update(task, description=f"Sit straight and look at the camera; it starts in {left_s:.0f} …")

        def progress(status: CalibrationStatus) -> None:
            bar.update(task, completed=status.progress, description=escape(status.text))

        yield Watch(countdown, progress)


def show(console: Console, figures: dict[str, Any]) -> None:
    """Show what a profile holds, and what changed if that is known."""
    head, gaze = figures["head_deg"], figures["gaze_deg"]
    console.print(f"[bold]profile[/]  {escape(figures['profile'])}: {escape(figures['detail'])}", soft_wrap=True)
    console.print(f"[bold]file[/]     {escape(figures['path'])}", soft_wrap=True)
    name = figures["profile"]
    if figures["detail"] == NOT_CALIBRATED:
        _hint(console, f"python run.py calibrate --profile {name} learns your neutral face.")
        return
    angles = ", ".join(f"{name} {value:+.1f}°" for name, value in head.items())
    console.print(f"[bold]head[/]     {angles}   [bold]eyes[/] yaw {gaze['yaw']:+.1f}°, pitch {gaze['pitch']:+.1f}°")
    if "changed" in figures:
        _hint(console, f"python run.py --avatar.profile {name} uses it.")
    names = sorted({*figures["neutral"], *figures["most"]})
    if not names:
        return
    table = Table("expression", "neutral", "most", *(["before"] if "changed" in figures else []))
    for expression in names:
        row = [f"{figures[part][expression]:.2f}" if expression in figures[part] else "–" for part in ("neutral", "most")]
        changed = figures.get("changed", {})
        old = [f"{changed[key][0]:.2f}" for key in (expression, f"{expression} (most)") if key in changed]
        table.add_row(expression, *row, *([" / ".join(old)] if "changed" in figures else []))
    console.print(table)


def _hint(console: Console, sentence: str) -> None:
    console.print(f"[dim]{escape(sentence)}[/]", soft_wrap=True)
