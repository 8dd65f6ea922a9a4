"""`run.py bench`: a single stage of the program, measured on this computer.

Owns the words and flags. What measures is `export.bench_*`, imported at use; what people see is `bench_view`.
"""

from pathlib import Path
from typing import Annotated, Final

import typer

from export.commands import bench_view, places
from export.commands.terminal import Json, bar, terminal_of
from trackers.errors import UserError

app = typer.Typer(
    help="Measure a single stage on this computer.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

_MODES: Final = ("fast", "balanced", "accurate")

Plot = Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw the figures (needs matplotlib).")]
Without = Annotated[
    list[str] | None, typer.Option(metavar="PART", help="Ours: leave out hands or face, to see what they take.")
]
Precision = Annotated[
    str, typer.Option(metavar="P", help="Of our hand model: int8, fp32, or auto, what this processor is quicker with.")
]
Clips = Annotated[
    list[Path],
    typer.Option(
        "--source",
        "-s",
        metavar="PATH",
        help="A video, a picture (shown for 15 frames), or a folder: its videos, and pictures with a published truth. "
        "Repeat it for several.",
    ),
]


@app.command()
def tracker(
    context: typer.Context,
    source: Clips,
    against: Annotated[str | None, typer.Option(metavar="RIVAL", help="mediapipe, or accurate: ours in that mode.")] = None,
    tracking: Annotated[
        str, typer.Option(metavar="MODE", help="Ours: accurate (every part in every frame), balanced or fast.")
    ] = "balanced",
    without: Without = None,
    precision: Precision = "auto",
    plot: Plot = None,
    json_: Json = False,
) -> None:
    """Measure the tracker on every frame of clips, alone or against a rival in the same run.

    Both engines see each frame in turn, and take turns in going first; the first 5 frames of a clip are not timed.
    [bold]ratio[/] is the rival's total wall time over ours; [bold]ratio_p50[/] compares the median frames,
    [bold]ratio_cpu[/] the total CPU times. Agreement is the mean distance of a part's keypoints where both have found it.
    Published keypoints or expressions beside a clip (NAME.full.json, NAME_expected_blendshapes.pbtxt) are compared too.
    """
    from export import bench_tracker as bench
    from export import plot_tracker, plotting
    from export.neighbours import Neighbours
    from trackers.quantization import is_chosen

    _check_word("--against", against or bench.REFERENCE, bench.RIVALS, otherwise="to time our tracker alone")
    _check_word("--tracking", tracking, _MODES, otherwise="for balanced")
    _check_word("--precision", precision, ("auto", "int8", "fp32"), otherwise="for auto")
    for part in without or ():
        _check_word("--without", part, bench.MAY_BE_LEFT_OUT, otherwise="for all parts")
    if plot is not None:
        plotting.check(plot)
    terminal, ours = terminal_of(context), " without ".join([tracking, *(without or ())])
    engines = bench.engine_settings(tracking=tracking, precision=precision, against=against, without=without or ())
    neighbours = Neighbours()
    with bar(terminal, "opening") as step:
        runs = bench.measure(source, engines=engines, on_progress=step)
    figures = {"tracking": ours, "precision": "int8" if is_chosen(precision) else "fp32", "cores": neighbours.figures()}
    figures |= bench.report(runs)
    terminal.print_json("bench tracker", figures) if json_ else bench_view.show_tracker(terminal.out, figures)
    if plot is not None:
        plot_tracker.draw(plot, runs=runs, figures=figures, machine=terminal.machine())


def _check_word(flag: str, word: str, known: tuple[str, ...], *, otherwise: str) -> None:
    """Raise UserError unless it is one of the known; `otherwise` says what leaving the flag away is for."""
    if word not in known:
        *others, last = known
        either = f"{', '.join(others)} or {last}" if others else last
        raise UserError(f"{flag} must be {either}, got {word}; leave it away {otherwise}")


@app.command()
def smoothing(
    context: typer.Context,
    source: Annotated[
        list[Path],
        typer.Option("--source", "-s", metavar="PATH", help="A video, a folder of them, or a picture: somebody at rest."),
    ],
    tracking: Annotated[
        str, typer.Option(metavar="MODE", help="Ours: accurate, balanced or fast, in which parts may rest.")
    ] = "accurate",
    plot: Plot = None,
    json_: Json = False,
) -> None:
    """Measure how steady and how prompt the avatar is: ours, without a filter, and with MediaPipe's own.

    Jitter is what is left at rest; [bold]lag_ms[/] is the filter's own, [bold]shown_lag_ms[/] includes the way in (45 ms) and
    the screen's beat; error is the difference between what is shown at a time and what was measured for that time.
    """
    from export import bench_smoothing as bench
    from export import plot_smoothing, plotting

    _check_word("--tracking", tracking, _MODES, otherwise="for accurate")
    if plot is not None:
        plotting.check(plot)
    terminal = terminal_of(context)
    with bar(terminal, "clips") as step:
        figures, takes = bench.bench_smoothing(source, tracking=tracking, on_progress=step)
    terminal.print_json("bench smoothing", figures) if json_ else bench_view.show_smoothing(terminal.out, figures)
    if plot is not None:
        plot_smoothing.draw(plot, figures=figures, takes=takes)


@app.command()
def head(
    context: typer.Context,
    source: Annotated[
        list[Path],
        typer.Option("--source", "-s", metavar="PATH", help="A video of somebody who turns their head, or a folder of them."),
    ],
    plot: Plot = None,
    json_: Json = False,
) -> None:
    """Measure the head: its turn by the face against that by the body's head points, and how steadily the eyes look.

    Beyond 60 degrees of yaw the body takes over from the face. Up to 45 both see the head: how far they are apart is told, less
    a constant that is each person's own. The spread of the look in the room is the gaze's own error where somebody turns their
    head and keeps their eyes on one spot.
    """
    from export import bench_head as bench
    from export import plot_head, plotting

    if plot is not None:
        plotting.check(plot)
    terminal = terminal_of(context)
    with bar(terminal, "clips") as step:
        figures, takes = bench.bench_head(source, on_progress=step)
    terminal.print_json("bench head", figures) if json_ else bench_view.show_head(terminal.out, figures)
    if plot is not None:
        plot_head.draw(plot, takes=takes)


@app.command()
def gestures(
    context: typer.Context,
    data: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the shared clips and motions lie.")] = places.RECORDINGS,
    source: Annotated[
        list[Path] | None,
        typer.Option("--source", "-s", metavar="PATH", help="A clip in which nobody makes a gesture. Repeat it for several."),
    ] = None,
    json_: Json = False,
) -> None:
    """Measure how well gestures are recognised: on labelled hands and bodies, on recorded motions and on clips.

    Precision and recall count what is told against what is shown; [bold]latency_ms[/] runs from the pose's first whole frame to
    the event, without a hold. False fires are counted over footage in which no gesture is made.
    """
    from export import bench_gestures as bench

    terminal = terminal_of(context)
    with bar(terminal, "reading") as step:
        figures = bench.bench_gestures(data=data, sources=source or (), on_progress=step)
    terminal.print_json("bench gestures", figures) if json_ else bench_view.show_gestures(terminal.out, figures)


@app.command()
def renderer(
    context: typer.Context,
    renderer: Annotated[str, typer.Option("--renderer", metavar="WHICH", help="neural or puppet.")] = "neural",
    avatar_name: Annotated[
        str, typer.Option("--avatar", metavar="NAME", help="Of avatar list, or a file; for neural.")
    ] = "mascot",
    size: Annotated[str, typer.Option("--size", metavar="PX", help="512, or 1280x720: of the picture.")] = "512",
    framing: Annotated[str, typer.Option("--framing", help="bust, upper or full.")] = "bust",
    quality: Annotated[
        str, typer.Option("--quality", help="S, M or L: the largest network; auto, what keeps the beat here.")
    ] = "M",
    precision: Annotated[str, typer.Option("--precision", help="auto, fp32 or int8.")] = "auto",
    threads: Annotated[int, typer.Option("--threads", min=1, max=64, metavar="N", help="That draw one picture.")] = 1,
    frames: Annotated[int, typer.Option("--frames", min=10, metavar="N", help="How many pictures.")] = 600,
    paced: Annotated[float | None, typer.Option("--paced", min=1, max=1000, metavar="HZ", help="Draw on this beat.")] = None,
    against: Annotated[
        str, typer.Option("--against", metavar="pix2pix", help="Time this network in turns with it, to tell computers apart.")
    ] = "",
    json_: Json = False,
) -> None:
    """Time the drawing of a moving avatar, from a pose to a picture, and each stage of it.

    [bold]--against pix2pix[/] runs a published U-Net (54 million weights, 256 x 256 pixels) in turns with it:
    [bold]ratio[/] is its median time over ours, [bold]ratio_p99[/] over our p99. It takes 64 ms on one core of a quick
    desktop or server, so 10 ms a picture there are a ratio of 6.4.
    """
    from export import bench_renderer as bench

    asked = {"framing": framing, "quality": quality, "precision": precision, "renderer": renderer, "size": size}
    asked |= {"against": against}
    settings = bench.settings_for(asked, threads=threads, frames=frames, paced_hz=paced)
    parts = bench.avatar_parts(avatar_name) if renderer == "neural" else None
    terminal = terminal_of(context)
    with bar(terminal, "pictures") as step:
        figures = bench.bench_renderer(settings, parts, on_progress=step)
    terminal.print_json("bench renderer", figures) if json_ else bench_view.show_renderer(terminal.out, figures)
