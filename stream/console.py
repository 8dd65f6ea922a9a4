"""What the terminal shows: the start, a status line, events, the summary, tables and progress bars.

Owns the words and colours for people; the JSON for scripts is made elsewhere. Knows nothing of how things work.
"""

import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Column, Table
from rich.text import Text

from stream.doctor import Check
from stream.events import Event
from stream.sources import CameraInfo
from trackers import assets

_COLOURS = {"info": "dim", "warning": "yellow", "error": "red"}
_MOST_UNREAD = 5
_NARROW: Final[dict[str, Any]] = {"box": box.SIMPLE_HEAD, "padding": (0, 1, 0, 0), "title_justify": "left"}
"""Of tables with so many columns that lines between them would cut figures off at 80 columns."""
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


@contextmanager
def progress(console: Console, what: str) -> Iterator[Callable[..., None]]:
    """Show a bar; call the given function with how many are done, of how many, and if it changes, of what."""
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total, what=what: bar.update(task, completed=done, total=total, description=plain(what))


def show_tracker_bench(console: Console, figures: dict[str, Any]) -> None:
    """Show what `bench tracker` measured."""
    table = Table("engine", "ms", "p95", "CPU ms", "p95", *_LAMPS.values(), title=_frames(figures), **_NARROW)
    table.columns[0].no_wrap = True  # a least width instead would cut the last column off at 80 columns
    for name, engine in figures["engines"].items():
        times = [_number(engine[key][p]) for key in ("ms", "cpu_ms") for p in ("p50", "p95")]
        table.add_row(name, *times, *(f"{100 * engine['found'][part]:.1f}" for part in _LAMPS))
    console.print(table)
    if "ratio" in figures:
        _show_comparison(console, figures)
    for clip, truth in figures["truth"].items():
        for name, errors in truth["engines"].items():
            told = ", ".join(f"{key} {value}" for key, value in errors.items())
            console.print(f"[bold]{plain(clip)}[/]: {name} against the published {truth['of']}: {told}", soft_wrap=True)


def _frames(figures: dict[str, Any]) -> str:
    frames = f"{figures['frames']} frames ({figures['timed_frames']} timed), {figures['tracking']}"
    return f"{frames}; ms: median\nparts: % of frames found"


def _show_comparison(console: Console, figures: dict[str, Any]) -> None:
    ratios = Table(Column("clip", overflow="fold"), "ratio", "p50", "CPU", *_LAMPS.values(), **_NARROW)
    ratios.title = "ratio: theirs / ours; parts: median distance\nin % of shoulder width, hand size or eye distance"
    for name, row in [*figures["per_clip"].items(), ("all", figures)]:
        gaps = [row["agreement"][part]["of_size"]["p50"] for part in _LAMPS]
        ratios.add_row(
            plain(name),
            *(_number(row[key]) for key in ("ratio", "ratio_p50", "ratio_cpu")),
            *(_number(None if gap is None else 100 * gap) for gap in gaps),
            end_section=name != "all" and name == list(figures["per_clip"])[-1],
        )
    console.print(ratios)
    if "agreement_same_filter" in figures:
        filtered = {part: row["of_size"]["p50"] for part, row in figures["agreement_same_filter"].items()}
        told = ", ".join(f"{part} {100 * gap:.2f} %" for part, gap in filtered.items() if gap is not None)
        console.print(f"With ours behind the smoothing that MediaPipe does inside: {told or '–'}", soft_wrap=True)
    looked = {name: 100 * (1 - figures["engines"]["posecast"]["predicted"][part]) for part, name in _LAMPS.items()}
    console.print(f"Ours looked at, % of frames: {', '.join(f'{name} {share:.0f}' for name, share in looked.items())}")
    if figures["sides"]["crossed"]:
        console.print(f"[yellow]left and right hand are crossed in {figures['sides']['crossed']} frames[/]")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


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


def show_smoothing_bench(console: Console, figures: dict[str, Any]) -> None:
    """Show what `bench smoothing` measured."""
    table = Table("what", "way", "jitter", "lag ms", "shown ms", "error", title="avatar 1.6 m tall, 60 Hz")
    for group, ways in figures["groups"].items():
        for way, row in ways.items():
            numbers = [_number(row[key]) for key in ("jitter", "lag_ms", "shown_lag_ms", "error")]
            table.add_row(f"{group}, {figures['units'][group]}", way, *numbers, end_section=way == "mediapipe")
    for part, ways in figures["keypoints"].items():
        for way, row in ways.items():
            numbers = [_number(row["jitter"]), _number(row["lag_ms"]), "", _number(row["error"])]
            table.add_row(f"{part}, px", way, *numbers, end_section=way == "mediapipe")
    console.print(table)
    for way, row in figures["blinks"]["depth_shown"].items():
        console.print(_blinks(way, row))
    late, behind = figures["arrival_ms"], figures["delay_ms"]
    console.print(f"Poses arrive {late:.0f} ms late; ours are shown {behind} ms behind, steadily.")


def _blinks(way: str, row: dict[str, float]) -> str:
    least, median, most = (f"{100 * row[key]:.0f}" for key in ("least", "median", "most"))
    if row["count"] == 1:
        return f"1 blink, {way}: shown to {median} % of its depth"
    return f"{row['count']} blinks, {way}: shown to {least} to {most} % of their depth, median {median} %"


def show_renderer_bench(console: Console, figures: dict[str, Any]) -> None:
    """Show what `bench renderer` measured."""
    pace = f"{figures['paced_hz']:g} a second" if figures["paced_hz"] else "as fast as they come"
    title = f"{figures['size']} {figures['framing']}, {figures['frames']} pictures, {pace}"
    table = Table("ms", "p50", "p95", "p99", "max", title=title, title_justify="left")
    for name, spent in (*figures["stages_ms"].items(), ("total", figures["total_ms"])):
        table.add_row(name, *(f"{spent[p]:.2f}" if p in spent else "" for p in ("p50", "p95", "p99", "max")))
    console.print(table)
    told = f"{figures['engine']} on {figures['provider']}: {figures['reason']}"
    console.print(f"{plain(told)}; later than 1/60 s: {100 * figures['late']:.1f} %", soft_wrap=True)
    if "against" in figures:
        rival = figures["against"]
        console.print(
            f"{rival['network']} in turns with it: {rival['ms']['p50']:.1f} ms, {figures['ratio']:g} times as long as the "
            f"median picture and {figures['ratio_p99']:g} times as long as p99 (it takes {rival['reference_ms']:g} ms on "
            "one core of Zen 4)",
            soft_wrap=True,
        )


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


def show_gesture_bench(console: Console, figures: dict[str, Any]) -> None:
    """Show what `bench gestures` measured."""
    table = Table("gesture", "precision", "recall", "n", "latency ms p50", "p95", title="Gestures", title_justify="left")
    for name, found in figures["gestures"].items():
        latency_ms = found.get("latency_ms") or {}
        shares = [_number(found[key]) for key in ("precision", "recall")]
        table.add_row(name, *shares, str(found["n"]), *(_number(latency_ms.get(p)) for p in ("p50", "p95")))
    console.print(table)
    if figures["unmeasured"]:
        console.print(f"not measured, for want of examples: {', '.join(figures['unmeasured'])}", soft_wrap=True)
    fires = figures["false_fires_per_hour"]
    told = ", ".join(f"{name} {_number(rate)}" for name, rate in fires["by_name"].items() if rate)
    rate = f"[bold]{_number(fires['per_hour'])}[/] in {fires['footage_s']:g} s of footage"
    console.print(f"false fires per hour: {rate} ({told or 'none'})", soft_wrap=True)
    console.print(f"gestures of one's own, three takes each: F1 [bold]{_number(figures['trained_f1'])}[/]")
