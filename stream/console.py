"""What the terminal shows: the start, a status line, events, the summary, tables and progress bars.

Owns the words and colours for people; the JSON for scripts is made elsewhere. Knows nothing of how things work.
"""

import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table
from rich.text import Text

from stream.doctor import Check
from stream.events import Event
from stream.sources import CameraInfo
from trackers import assets

_COLOURS = {"info": "dim", "warning": "yellow", "error": "red"}
_MOST_UNREAD = 5
_LAMPS = {"body": "body", "left_hand": "left hand", "right_hand": "right hand", "face": "face"}


def plain(text: str) -> str:
    """Return `text` so that rich shows it letter by letter."""
    return escape(text)


def as_text(value: object) -> str:
    """Return a flag's value as configuration text."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def fetch(console: Console, wanted: Sequence[assets.Asset]) -> None:
    """Fetch what is missing of `wanted`, with a progress bar for each file.

    Raises:
        AssetError: a model could not be had.
    """
    missing = [asset for asset in wanted if not assets.is_present(asset)]
    if not missing:
        return
    console.print(f"Fetching {len(missing)} trained models into {plain(str(assets.cache_folder()))} (once).")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console) as progress:
        for asset in missing:
            task = progress.add_task(asset.file, total=asset.bytes)
            assets.fetch(asset, on_progress=lambda done, _total: progress.update(task, completed=done))  # noqa: B023
            progress.update(task, completed=asset.bytes)


def show_models(console: Console, rows: list[dict[str, Any]], *, folder: Path) -> None:
    """Show which models are there."""
    table = Table(title=f"Models in {folder}", title_justify="left")
    for heading in ("file", "MB", "sha256", "present"):
        table.add_column(heading)
    for row in rows:
        table.add_row(row["file"], f"{row['bytes'] / 1e6:.1f}", row["sha256"][:12], "yes" if row["present"] else "no")
    console.print(table)


def show_cameras(console: Console, cameras: Sequence[CameraInfo]) -> None:
    """Show the cameras, or how to go on without one."""
    if not cameras:
        console.print("No camera found. `python run.py` plays the built-in performance; a phone works as --source http://…")
        return
    table = Table("source", "camera")
    for camera in cameras:
        table.add_row(str(camera.index), plain(camera.name))
    console.print(table)


def show_checks(console: Console, checks: Sequence[Check], *, healthy: bool) -> None:
    """Show what `doctor` found."""
    for check in checks:
        mark = "[green]ok  [/]" if check.ok else "[red]FAIL[/]" if check.required else "[yellow]--  [/]"
        console.print(f"{mark} [bold]{check.name:<16}[/] {plain(check.detail)}", soft_wrap=True)
    console.print(
        "[green]Posecast can run here.[/]" if healthy else "[red]Posecast cannot run here; see the lines marked FAIL.[/]"
    )


def show_track(console: Console, figures: dict[str, Any]) -> None:
    """Sum up what `track` did."""
    found = ", ".join(f"{name} {100 * figures['found'][part]:.0f} %" for part, name in _LAMPS.items())
    ended = "ended early: " if figures["interrupted"] else ""
    console.print(
        f"{ended}{figures['frames']} frames in {figures['seconds']:.1f} s ({figures['fps']:.1f} fps) by {figures['engine']}; "
        f"found: {found}; written to {plain(figures['out'])}",
        soft_wrap=True,
    )
    if figures["warning"]:
        console.print(f"[yellow]{plain(figures['warning'])}[/]", soft_wrap=True)
    unread = figures["unread"]
    for problem in unread[:_MOST_UNREAD]:
        console.print(f"[yellow]left out:[/] {plain(problem)}", soft_wrap=True)
    if len(unread) > _MOST_UNREAD:
        console.print(f"[yellow]left out:[/] {len(unread) - _MOST_UNREAD} more; --json names all", soft_wrap=True)


class LiveView:
    """What a person sees while the avatar runs."""

    def __init__(self, console: Console, *, open_panel: bool = False) -> None:
        self._console = console
        self._open_panel = open_panel
        self._live: Live | None = None

    def fetch(self, wanted: Sequence[assets.Asset]) -> None:
        """Fetch missing models with a progress bar."""
        fetch(self._console, wanted)

    def started(self, lines: Sequence[tuple[str, str]], *, panel_url: str | None) -> None:
        """Say what is running where."""
        for name, detail in lines:
            self._console.print(f"[bold]{name:<16}[/] {plain(detail)}", soft_wrap=True)
        self._console.print("[dim]Ctrl-C ends it.[/]")
        if self._open_panel and panel_url:
            webbrowser.open(panel_url)
        if self._console.is_terminal:
            self._live = Live("", console=self._console, refresh_per_second=4, transient=True)
            self._live.start()

    def event(self, event: Event) -> None:
        """Show one event."""
        quiet = event.name.startswith("tracking.")  # the status line shows these
        if not quiet:
            self._console.print(f"[{_COLOURS[event.level]}]{plain(event.text)}[/]", soft_wrap=True)

    def tick(self, figures: dict[str, Any]) -> None:
        """Update the status line."""
        if self._live is None:
            return
        latency = figures["latency_ms"]
        found = figures["tracking"]
        lamps = "  ".join(f"{'●' if found[part] else '○'} {name}" for part, name in _LAMPS.items())
        times = "–" if latency["p50"] is None else f"{latency['p50']:.0f} ms (p95 {latency['p95']:.0f})"
        self._live.update(Text(f"{figures['fps_out']:5.1f} fps out  {figures['fps_in']:5.1f} in  latency {times}  {lamps}"))

    def stopped(self, report: dict[str, Any] | None) -> None:
        """Take the status line away and sum up the run."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        if report is None:
            return
        interval, latency = report["interval_ms"], report["latency_ms"]
        self._console.print(
            f"{report['frames_out']} pictures in {report['seconds']:.1f} s ({report['fps_out']:.1f} fps), "
            f"interval p95 {_ms(interval['p95'])}, latency p50 {_ms(latency['p50'])} p95 {_ms(latency['p95'])}, "
            f"CPU {report['cpu_percent']:.0f} %, {report['rss_mb']:.0f} MB",
            soft_wrap=True,
        )


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} ms"
