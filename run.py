"""Posecast's command line: `python run.py` starts it. Owns the words of the commands and flags, and nothing that they do."""

import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while modules load, Ctrl-C ends it without a traceback

import io
import os
import sys

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # ONNX Runtime reads it when it is loaded, here and in our other processes

from pathlib import Path
from typing import Annotated

import typer

from export.commands import avatar
from export.commands.terminal import Terminal
from stream import console as view
from stream import flags
from stream.commands import calibrate, computer, gesture, lights, secret, trigger
from stream.commands.common import Json, check_report, err, mistake_of, out, print_json, write_report
from stream.config import load_config, toml_text
from stream.machine import machine, version
from stream.signals import ctrl_c, ends_at_once
from trackers.errors import PosecastError, UserError

app = typer.Typer(
    name="run.py",
    context_settings={"help_option_names": ["--help", "-h"]},
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help=(
        "Posecast: a webcam in, a living avatar out.\n\n"
        "[bold]python run.py[/] starts it on your camera, or on a built-in performance if there is none. "
        "Open the printed address to see the avatar and to copy the address for OBS.\n\n"
        "Without a command, [bold]live[/] is meant: [bold]python run.py --source clip.mp4[/]."
    ),
)
SHARED_DATA = Path(os.environ.get("POSECAST_DATA", Path(__file__).parent / ".." / "shared" / "data"))

bench_app = typer.Typer(help="Measure a single stage on this computer.", no_args_is_help=True, pretty_exceptions_enable=False)

_GROUPS = ("avatar", "bench", "gesture", "lights", "secret", "trigger")
COMMANDS = ("live", "track", "doctor", "models", "cameras", "calibrate", *_GROUPS)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def live(
    context: typer.Context,
    source: flags.SourceName = None,
    loop: flags.Loop = None,
    fast: flags.Fast = None,
    tracker: flags.Engine = None,
    model: flags.Model = None,
    tracking: flags.Tracking = None,
    person: flags.Person = None,
    avatar: flags.Avatar = None,
    renderer: flags.Renderer = None,
    quality: flags.Quality = None,
    framing: flags.Framing = None,
    mirror: flags.Mirror = None,
    background: flags.Background = None,
    sink: flags.Sinks = None,
    record: flags.Record = None,
    record_session: flags.Session = None,
    rules: flags.Rules = None,
    seconds: flags.Seconds = None,
    report: flags.Report = None,
    show_camera: flags.ShowCamera = None,
    port: flags.Port = None,
    config: flags.ConfigFile = None,
    print_config: flags.PrintConfig = False,
    open_panel: flags.OpenPanel = False,
) -> None:
    """Track a person and show the avatar, live. This is what runs when no command is given.

    Every setting is also a flag by its dotted name, for instance [bold]--tracker.body_model lite[/]; [bold]--print-config[/]
    shows them all. Ctrl-C ends it; a second Ctrl-C ends it at once.
    """
    given = {key: value for option, key in flags.SETTINGS.items() if (value := context.params[option]) not in (None, [], ())}
    overrides = flags.dotted(context) | {key: view.as_text(value) for key, value in given.items()}
    settings = load_config(config, overrides, flags=flags.WRITTEN)
    if print_config:
        print(toml_text(settings), end="")
        return
    if report is not None:
        check_report(report, others=(settings.output.record, settings.output.record_session, settings.triggers.log))
    with ends_at_once():
        from stream.app import run_live
    figures = run_live(settings, seconds=seconds, view=view.LiveView(out, open_panel=open_panel))
    if report is not None:
        write_report(report, {"command": "live", **figures})


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def track(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FILE_OR_FOLDER", help="A video, picture, folder of pictures or .pcast.")],
    to: Annotated[Path, typer.Option("--out", metavar="FILE", help="FILE.json; or a folder, for one OpenPose file a frame.")],
    format_: Annotated[str, typer.Option("--format", help="openpose, coco-wholebody or posecast.")] = "posecast",
    tracking: Annotated[str, typer.Option("--tracking", help="fast, balanced or accurate.")] = "accurate",
    engine: flags.Engine = None,
    model: flags.Model = None,
    follow: Annotated[bool, typer.Option("--follow", help="The pictures of a folder are the frames of one film.")] = False,
    smooth: Annotated[bool, typer.Option("--smooth", help="Smooth over time what is written.")] = False,
    config: flags.ConfigFile = None,
    json_: Json = False,
) -> None:
    """Track a whole file, as fast as this computer can, and write what was found for other programs.

    Ctrl-C ends it early: what was done until then is written, whole. Settings of the tracker are flags by their dotted names.
    """
    from export.track import Job, check_job, is_recording
    from export.track import track as track_file
    from stream.parts import needed_models, tracker_settings

    threads = str(min(4, os.cpu_count() or 1))  # nothing is drawn beside it
    offline = {"source.as_fast_as_possible": "true", "tracker.mode": tracking, "tracker.threads": threads}
    given = {key: value for key, value in (("tracker.engine", engine), ("tracker.model", model)) if value}
    settings = load_config(config, offline | flags.dotted(context) | given, flags=flags.WRITTEN)
    job = Job(source, to, format_, tracker_settings(settings), follow=follow, smooth=smooth)
    check_job(job)
    if not is_recording(source):
        view.fetch(err, needed_models(settings))
    asked: list[bool] = []
    with view.progress(err, "frames") as step, ctrl_c(is_running=lambda: True, stop=lambda: asked.append(True)):
        figures = track_file(job, on_progress=step, is_stopped=lambda: bool(asked))
    print_json("track", figures) if json_ else view.show_track(out, figures)
    raise typer.Exit(130 if figures["interrupted"] else 0)


for command in (calibrate.calibrate, computer.cameras, computer.doctor, computer.models):
    app.command()(command)
app.add_typer(avatar.app, name="avatar")
app.add_typer(gesture.app, name="gesture")
app.add_typer(trigger.app, name="trigger")
app.add_typer(lights.app, name="lights")
app.add_typer(secret.app, name="secret")
app.add_typer(bench_app, name="bench")


@bench_app.command("tracker")
def bench_tracker(
    source: Annotated[
        list[Path],
        typer.Option(
            "--source",
            "-s",
            metavar="PATH",
            help="A video, a picture (shown for 15 frames), or a folder: all videos in it. Repeat it for several.",
        ),
    ],
    against: Annotated[str | None, typer.Option(metavar="RIVAL", help="mediapipe, or accurate: ours in that mode.")] = None,
    tracking: Annotated[
        str,
        typer.Option(metavar="MODE", help="Ours: accurate (every part in every frame), balanced or fast."),
    ] = "balanced",
    precision: Annotated[
        str,
        typer.Option(metavar="P", help="Of our hand model: int8, fp32, or auto, what this processor is quicker with."),
    ] = "auto",
    plot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw the figures (needs matplotlib).")] = None,
    json_: Json = False,
) -> None:
    """Measure the tracker on every frame of clips, alone or against a rival in the same run.

    Both engines see each frame in turn, and take turns in going first; the first 5 frames of a clip are not timed.
    [bold]ratio[/] is the rival's total wall time over ours; [bold]ratio_p50[/] compares the median frames,
    [bold]ratio_cpu[/] the total CPU times. Agreement is the mean distance of a part's keypoints where both have found it.
    Published keypoints or expressions beside a clip (NAME.full.json, NAME_expected_blendshapes.pbtxt) are compared too.
    """
    from export import bench_tracker as bench
    from export import plot_tracker
    from trackers.quantization import is_chosen

    _check_word("--against", against or bench.REFERENCE, bench.RIVALS, otherwise="to time our tracker alone")
    _check_word("--tracking", tracking, ("fast", "balanced", "accurate"), otherwise="for balanced")
    _check_word("--precision", precision, ("auto", "int8", "fp32"), otherwise="for auto")
    if plot is not None:
        plot_tracker.check(plot)
    engines = bench.engine_settings(tracking=tracking, precision=precision, against=against)
    with view.progress(err, "opening") as step:
        runs = bench.measure(source, engines=engines, on_progress=step)
    figures = {"tracking": tracking, "precision": "int8" if is_chosen(precision) else "fp32", **bench.report(runs)}
    print_json("bench tracker", figures) if json_ else view.show_tracker_bench(out, figures)
    if plot is not None:
        plot_tracker.draw(plot, runs=runs, figures=figures, machine=machine())


def _check_word(flag: str, word: str, known: tuple[str, ...], *, otherwise: str) -> None:
    """Raise UserError unless it is one of the known; `otherwise` says what leaving the flag away is for."""
    if word not in known:
        *others, last = known
        either = f"{', '.join(others)} or {last}" if others else last
        raise UserError(f"{flag} must be {either}, got {word}; leave it away {otherwise}")


@bench_app.command("smoothing")
def bench_smoothing(
    source: Annotated[
        list[Path],
        typer.Option("--source", "-s", metavar="PATH", help="A video, a folder of them, or a picture: somebody at rest."),
    ],
    plot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw the figures (needs matplotlib).")] = None,
    json_: Json = False,
) -> None:
    """Measure how steady and how prompt the avatar is: ours, without a filter, and with MediaPipe's own.

    Jitter is what is left at rest; [bold]lag_ms[/] is the filter's own, [bold]shown_lag_ms[/] includes the way in (45 ms) and
    the screen's beat; error is the difference between what is shown at a time and what was measured for that time.
    """
    from export import bench_smoothing as bench
    from export import plot_smoothing, plot_tracker

    if plot is not None:
        plot_tracker.check(plot)
    with view.progress(err, "clips") as step:
        figures, takes = bench.bench_smoothing(source, on_progress=step)
    print_json("bench smoothing", figures) if json_ else view.show_smoothing_bench(out, figures)
    if plot is not None:
        plot_smoothing.draw(plot, figures=figures, takes=takes)


@bench_app.command("gestures")
def bench_gestures(
    data: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the shared clips and motions lie.")] = SHARED_DATA,
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

    with view.progress(err, "reading") as step:
        figures = bench.bench_gestures(data=data, sources=source or (), on_progress=step)
    print_json("bench gestures", figures) if json_ else view.show_gesture_bench(out, figures)


@bench_app.command("renderer")
def bench_renderer(
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
    with view.progress(err, "pictures") as step:
        figures = bench.bench_renderer(settings, parts, on_progress=step)
    print_json("bench renderer", figures) if json_ else view.show_renderer_bench(out, figures)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status. A user's mistake is one sentence and exit status 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a letter that the terminal lacks is a "?", never the end of the stream
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words in (["--version"], ["-V"]):
        print(version())
        return 0
    if not words or (words[0] not in COMMANDS and words[0] not in ("--help", "-h")):
        words.insert(0, "live")
    try:
        terminal = Terminal(out=out, err=err, print_json=print_json, ctrl_c=ctrl_c)
        app(words, prog_name="run.py", standalone_mode=True, obj=terminal)
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else 1
    except KeyboardInterrupt:
        return 130
    except (PosecastError, OSError) as error:
        if (sentence := mistake_of(error)) is None:
            raise
        err.print(f"[red]error:[/] {view.plain(sentence)}", soft_wrap=True)
        return 2
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
