"""What `run.py bench` shows people: tables of figures, and what they come to in words.

Owns words and colours; the JSON for scripts is what the measurements return. Knows nothing of how things are measured.
"""

from typing import Any, Final

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from export import neighbours

_PARTS: Final = {"body": "body", "left_hand": "left hand", "right_hand": "right hand", "face": "face"}
_NARROW: Final[dict[str, Any]] = {"box": box.SIMPLE_HEAD, "padding": (0, 1, 0, 0), "title_justify": "left"}
"""Of tables with so many columns that lines between them would cut figures off at 80 columns."""


def show_tracker(console: Console, figures: dict[str, Any]) -> None:
    """Show what `bench tracker` measured."""
    table = Table("engine", "ms", "p95", "CPU ms", "p95", *_PARTS.values(), title=_frames(figures), **_NARROW)
    table.columns[0].no_wrap = True  # a least width instead would cut the last column off at 80 columns
    for name, engine in figures["engines"].items():
        times = [_number(engine[key][p]) for key in ("ms", "cpu_ms") for p in ("p50", "p95")]
        table.add_row(name, *times, *(f"{100 * engine['found'][part]:.1f}" for part in _PARTS))
    console.print(table)
    if "ratio" in figures:
        _show_comparison(console, figures)
    for clip, truth in figures["truth"].items():
        for name, errors in truth["engines"].items():
            told = ", ".join(f"{key} {value}" for key, value in errors.items())
            console.print(f"[bold]{escape(clip)}[/]: {name} against the published {truth['of']}: {told}", soft_wrap=True)
    if others := neighbours.told(figures["cores"]):
        console.print(f"[yellow]{others}[/]", soft_wrap=True)


def _frames(figures: dict[str, Any]) -> str:
    frames = f"{figures['frames']} frames ({figures['timed_frames']} timed), {figures['tracking']}"
    return f"{frames}; ms: median\nparts: % of frames found"


def _show_comparison(console: Console, figures: dict[str, Any]) -> None:
    ratios = Table(Column("clip", overflow="fold"), "ratio", "p50", "CPU", *_PARTS.values(), **_NARROW)
    ratios.title = "ratio: theirs / ours; parts: median distance\nin % of shoulder width, hand size or eye distance"
    for name, row in [*figures["per_clip"].items(), ("all", figures)]:
        gaps = [row["agreement"][part]["of_size"]["p50"] for part in _PARTS]
        ratios.add_row(
            escape(name),
            *(_number(row[key]) for key in ("ratio", "ratio_p50", "ratio_cpu")),
            *(_number(None if gap is None else 100 * gap) for gap in gaps),
            end_section=name != "all" and name == list(figures["per_clip"])[-1],
        )
    console.print(ratios)
    if "agreement_same_filter" in figures:
        filtered = {part: row["of_size"]["p50"] for part, row in figures["agreement_same_filter"].items()}
        told = ", ".join(f"{part} {100 * gap:.2f} %" for part, gap in filtered.items() if gap is not None)
        console.print(f"With ours behind the smoothing that MediaPipe does inside: {told or '–'}", soft_wrap=True)
    ours = figures["engines"]["posecast"]
    anew = {name: 1 - ours["predicted"][part] / ours["found"][part] for part, name in _PARTS.items() if ours["found"][part]}
    told = ", ".join(f"{name} {100 * share:.0f}" for name, share in anew.items())
    console.print(f"Ours seen anew, % of the frames that have the part: {told or '–'}")
    if figures["sides"]["crossed"]:
        console.print(f"[yellow]left and right hand are crossed in {figures['sides']['crossed']} frames[/]")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def show_smoothing(console: Console, figures: dict[str, Any]) -> None:
    """Show what `bench smoothing` measured."""
    table = Table(
        "what", "way", "jitter", "lag ms", "shown ms", "error", title=f"avatar 1.6 m tall, 60 Hz, {figures['tracking']}"
    )
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


def show_head(console: Console, figures: dict[str, Any]) -> None:
    """Show what `bench head` measured."""
    axes = ("yaw", "pitch", "roll")
    table = Table(Column("clip", overflow="fold"), "seen", *(heading for axis in axes for heading in (axis, "p95")), **_NARROW)
    table.title = (
        "degrees; seen: yaw of the face\n"
        f"the body's head points, aside up to {figures['frontal_deg']:g} of yaw, less a constant: mean, p95"
    )
    for name, row in [*figures["per_clip"].items(), ("all", figures)]:
        apart = [_number(row["body_apart_deg"][axis][key]) for axis in axes for key in ("mean", "p95")]
        is_last_clip = name != "all" and name == list(figures["per_clip"])[-1]
        table.add_row(escape(name), "{:.0f} to {:.0f}".format(*row["yaw_deg"]), *apart, end_section=is_last_clip)
    console.print(table)
    yaw, pitch = (_number(figures["gaze_spread_deg"][axis]) for axis in axes[:2])
    console.print(f"Spread of the look in the room, within a clip: yaw {yaw}, pitch {pitch} ({figures['looks']} frames)")


def show_renderer(console: Console, figures: dict[str, Any]) -> None:
    """Show what `bench renderer` measured."""
    pace = f"{figures['paced_hz']:g} a second" if figures["paced_hz"] else "as fast as they come"
    title = f"{figures['size']} {figures['framing']}, {figures['frames']} pictures, {pace}"
    table = Table("ms", "p50", "p95", "p99", "max", title=title, title_justify="left")
    for name, spent in (*figures["stages_ms"].items(), ("total", figures["total_ms"])):
        table.add_row(name, *(f"{spent[p]:.2f}" if p in spent else "" for p in ("p50", "p95", "p99", "max")))
    console.print(table)
    told = f"{figures['engine']} on {figures['provider']}: {figures['reason']}"
    console.print(f"{escape(told)}; later than 1/60 s: {100 * figures['late']:.1f} %", soft_wrap=True)
    if "against" in figures:
        rival = figures["against"]
        console.print(
            f"{rival['network']} in turns with it: {rival['ms']['p50']:.1f} ms, {figures['ratio']:g} times as long as the "
            f"median picture and {figures['ratio_p99']:g} times as long as p99 (it takes {rival['reference_ms']:g} ms on "
            "one core of Zen 4)",
            soft_wrap=True,
        )


def show_gestures(console: Console, figures: dict[str, Any]) -> None:
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
