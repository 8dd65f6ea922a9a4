"""Posecast's command line: `python run.py` starts it. Owns the words of the commands and flags, and nothing that they do."""

import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while modules load, Ctrl-C ends it without a traceback

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from stream import console as view
from stream.config import load_config, toml_text
from stream.machine import machine, version
from trackers.errors import PosecastError, UserError

app = typer.Typer(
    name="run.py",
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
bench_app = typer.Typer(help="Measure a single stage on this computer.", no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(bench_app, name="bench")

out = Console(highlight=False)
err = Console(highlight=False, stderr=True)

COMMANDS = ("live", "track", "doctor", "models", "bench", "cameras", "calibrate")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]


def _print_json(command: str, figures: dict[str, Any]) -> None:
    print(json.dumps({"command": command, "version": version(), "machine": machine(), **figures}, indent=2))


SourceName = Annotated[
    str | None,
    typer.Option(
        "--source",
        "-s",
        metavar="SOURCE",
        help="Camera number or name, video, picture, folder, URL, .pcast recording, or demo.",
    ),
]
Loop = Annotated[bool | None, typer.Option("--loop/--no-loop", help="Start a file again at its end.")]
Fast = Annotated[
    bool | None,
    typer.Option("--as-fast-as-possible", help="Files: do not wait; the output is the same on every run."),
]
Engine = Annotated[
    str | None, typer.Option("--tracker", metavar="ENGINE", help="posecast; mediapipe: the reference; onnx: your own model.")
]
Model = Annotated[str | None, typer.Option("--model", metavar="FILE", help="For --tracker onnx: RTMPose, RTMW or DWPose.")]
Tracking = Annotated[
    str | None,
    typer.Option(
        "--tracking",
        metavar="MODE",
        help="fast, balanced or accurate. Balanced looks again only at what has changed; accurate at every part in every frame.",
    ),
]
Person = Annotated[
    str | None,
    typer.Option("--person", metavar="WHO", help="Whom to follow if there are several: largest, left, centre or right."),
]
Framing = Annotated[str | None, typer.Option(metavar="WHICH", help="bust, upper or full.")]
Mirror = Annotated[bool | None, typer.Option("--mirror/--no-mirror", help="Show the avatar as in a mirror.")]
Background = Annotated[
    str | None, typer.Option(metavar="COLOUR", help="Behind the avatar where there is no alpha: #rrggbb or a picture.")
]
Sinks = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SINK",
        help="overlay, virtual-camera or null; repeat it for several. Default: overlay and virtual-camera.",
    ),
]
Record = Annotated[str | None, typer.Option(metavar="FILE", help="Write a video: FILE.mp4, or FILE.webm with alpha.")]
Session = Annotated[str | None, typer.Option(metavar="FILE", help="Write the tracking data, no pictures: FILE.pcast.")]
Seconds = Annotated[float | None, typer.Option(min=0.1, metavar="S", help="Stop after so many seconds.")]
Report = Annotated[Path | None, typer.Option(metavar="FILE", help="Write what was measured as JSON when it ends.")]
ShowCamera = Annotated[bool | None, typer.Option("--show-camera", help="Let the panel show the camera's picture.")]
Port = Annotated[int | None, typer.Option(metavar="N", help="Port of the panel and the overlay.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings file (TOML).")]
PrintConfig = Annotated[bool, typer.Option("--print-config", help="Print all settings as a TOML file and end.")]
OpenPanel = Annotated[bool, typer.Option("--open", help="Open the panel in the browser.")]


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def live(
    context: typer.Context,
    source: SourceName = None,
    loop: Loop = None,
    fast: Fast = None,
    tracker: Engine = None,
    model: Model = None,
    tracking: Tracking = None,
    person: Person = None,
    framing: Framing = None,
    mirror: Mirror = None,
    background: Background = None,
    sink: Sinks = None,
    record: Record = None,
    record_session: Session = None,
    seconds: Seconds = None,
    report: Report = None,
    show_camera: ShowCamera = None,
    port: Port = None,
    config: ConfigFile = None,
    print_config: PrintConfig = False,
    open_panel: OpenPanel = False,
) -> None:
    """Track a person and show the avatar, live. This is what runs when no command is given.

    Every setting is also a flag by its dotted name, for instance [bold]--tracker.body_model lite[/]; [bold]--print-config[/]
    shows them all. Ctrl-C ends it; a second Ctrl-C ends it at once.
    """
    given = {key: value for option, key in _SETTINGS.items() if (value := context.params[option]) not in (None, [], ())}
    overrides = _dotted_flags(context.args) | {key: view.as_text(value) for key, value in given.items()}
    settings = load_config(config, overrides)
    if print_config:
        print(toml_text(settings), end="")
        return
    if report is not None and not report.absolute().parent.is_dir():
        raise UserError(f"{report} cannot be written: its folder does not exist; make it or choose another --report")
    from stream.app import run_live

    figures = run_live(settings, seconds=seconds, view=view.LiveView(out, open_panel=open_panel))
    if report is not None:
        report.write_text(json.dumps({"command": "live", **figures}, indent=2) + "\n", encoding="utf-8")


_SETTINGS = {
    "source": "source.name",
    "loop": "source.loop",
    "fast": "source.as_fast_as_possible",
    "tracker": "tracker.engine",
    "model": "tracker.model",
    "tracking": "tracker.mode",
    "person": "tracker.person",
    "framing": "avatar.framing",
    "mirror": "avatar.mirror",
    "background": "output.background",
    "sink": "output.sinks",
    "record": "output.record",
    "record_session": "output.record_session",
    "show_camera": "server.show_camera",
    "port": "server.port",
}
"""Options that are short names of settings."""


def _dotted_flags(arguments: list[str]) -> dict[str, str]:
    """Return {"server.port": "9000"} for `--server.port 9000` or `--server.port=9000`.

    Raises:
        UserError: something else stands there.
    """
    found: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        flag, equals, value = rest.pop(0).partition("=")
        if not flag.startswith("--") or "." not in flag:
            raise UserError(f"{flag} is not a command or flag; see python run.py --help")
        if not equals:
            if not rest:
                raise UserError(f"{flag} needs a value; see python run.py --print-config")
            value = rest.pop(0)
        found[flag[2:]] = value
    return found


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def track(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FILE_OR_FOLDER", help="A video, picture, folder of pictures or .pcast.")],
    to: Annotated[Path, typer.Option("--out", metavar="FILE", help="FILE.json; or a folder, for one OpenPose file a frame.")],
    format_: Annotated[str, typer.Option("--format", help="openpose, coco-wholebody or posecast.")] = "posecast",
    tracking: Annotated[str, typer.Option("--tracking", help="fast, balanced or accurate.")] = "accurate",
    engine: Engine = None,
    model: Model = None,
    follow: Annotated[bool, typer.Option("--follow", help="The pictures of a folder are the frames of one film.")] = False,
    config: ConfigFile = None,
    json_: Json = False,
) -> None:
    """Track a whole file, as fast as this computer can, and write what was found for other programs.

    Ctrl-C ends it early: what was done until then is written, whole. Settings of the tracker are flags by their dotted names.
    """
    from export.track import Job, check_job, is_recording
    from export.track import track as track_file
    from stream.parts import needed_models, tracker_settings
    from stream.signals import ctrl_c

    threads = str(min(4, os.cpu_count() or 1))  # nothing is drawn beside it
    offline = {"source.as_fast_as_possible": "true", "tracker.mode": tracking, "tracker.threads": threads}
    given = {key: value for key, value in (("tracker.engine", engine), ("tracker.model", model)) if value}
    settings = load_config(config, offline | _dotted_flags(context.args) | given)
    job = Job(source, to, format_, tracker_settings(settings), follow=follow)
    check_job(job)
    if not is_recording(source):
        view.fetch(err, needed_models(settings))
    asked: list[bool] = []
    with view.progress(err, "frames") as step, ctrl_c(is_running=lambda: True, stop=lambda: asked.append(True)):
        figures = track_file(job, on_progress=step, is_stopped=lambda: bool(asked))
    _print_json("track", figures) if json_ else view.show_track(out, figures)
    raise typer.Exit(130 if figures["interrupted"] else 0)


@app.command()
def doctor(json_: Json = False, config: ConfigFile = None) -> None:
    """Say what would run on this computer, where, and why; exit status 1 if the main job could not."""
    from stream.doctor import examine

    checks = examine(load_config(config))
    healthy = all(check.ok or not check.required for check in checks)
    if json_:
        _print_json("doctor", {"ok": healthy, "checks": [check.as_json() for check in checks]})
    else:
        view.show_checks(out, checks, healthy=healthy)
    raise typer.Exit(0 if healthy else 1)


@app.command()
def models(
    json_: Json = False, everything: Annotated[bool, typer.Option("--all", help="Fetch also what is optional.")] = False
) -> None:
    """Fetch the trained models into your cache, or check that they are there."""
    from trackers import assets

    wanted = assets.all_assets() if everything else assets.required_assets(eased=True)
    if not json_:
        view.fetch(out, wanted)
    rows = [
        {"name": a.name, "file": a.file, "bytes": a.bytes, "sha256": a.sha256, "present": assets.is_present(a)}
        for a in assets.all_assets()
    ]
    if json_:
        _print_json("models", {"folder": str(assets.cache_folder()), "models": rows})
    else:
        view.show_models(out, rows, folder=assets.cache_folder())


@app.command()
def cameras(json_: Json = False) -> None:
    """List the cameras that can be used with --source."""
    from stream.sources import list_cameras

    found = list_cameras()
    if json_:
        _print_json("cameras", {"cameras": [{"index": camera.index, "name": camera.name} for camera in found]})
    else:
        view.show_cameras(out, found)


@app.command()
def calibrate(
    source: SourceName = None,
    profile: Annotated[str, typer.Option(metavar="NAME", help="Whose calibration.")] = "",
    range_: Annotated[bool, typer.Option("--range", help="Your widest expressions instead of the neutral face.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Only show what the profile holds.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Forget the calibration and remove the profile.")] = False,
    json_: Json = False,
    config: ConfigFile = None,
) -> None:
    """Learn your neutral face, or with [bold]--range[/] your widest expressions, from the camera, a clip or a recording.

    Two seconds of a neutral face set zero for expressions, head and gaze; the range pass sets one. The avatar uses the
    profile from the next start on (--avatar.profile NAME; the one named default by itself).
    """
    from stream import calibration_view

    overrides = {"source.name": source or "camera"} | ({"avatar.profile": profile} if profile else {})
    job: calibration_view.Job = "reset" if reset else "show" if show else "range" if range_ else "neutral"
    figures = calibration_view.calibrate(err, load_config(config, overrides), job=job)
    _print_json("calibrate", figures) if json_ else calibration_view.show(out, figures)


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
    against: Annotated[str | None, typer.Option(metavar="mediapipe", help="Run the reference on the same frames.")] = None,
    tracking: Annotated[
        str,
        typer.Option(metavar="MODE", help="Ours: accurate (every part in every frame), balanced or fast."),
    ] = "balanced",
    plot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw the figures (needs matplotlib).")] = None,
    json_: Json = False,
) -> None:
    """Measure the tracker on every frame of clips, alone or against the reference in the same run.

    Both engines see each frame in turn, and take turns in going first; the first 5 frames of a clip are not timed.
    [bold]ratio[/] is the reference's total wall time over ours; [bold]ratio_p50[/] compares the median frames,
    [bold]ratio_cpu[/] the total CPU times. Agreement is the mean distance of a part's keypoints where both have found it.
    Published keypoints or expressions beside a clip (NAME.full.json, NAME_expected_blendshapes.pbtxt) are compared too.
    """
    from export import bench_tracker as bench
    from export import plot_tracker

    if against not in (None, "mediapipe"):
        raise UserError(f"--against must be mediapipe, got {against}; leave it away to time our tracker alone")
    if tracking not in ("fast", "balanced", "accurate"):
        raise UserError(f"--tracking must be fast, balanced or accurate, got {tracking}; leave it away for balanced")
    if plot is not None:
        plot_tracker.check(plot)
    with view.progress(err, "opening") as step:
        runs = bench.measure(source, engines=bench.engine_settings(tracking=tracking, against=against), on_progress=step)
    figures = {"tracking": tracking, **bench.report(runs)}
    if plot is not None:
        plot_tracker.draw(plot, runs=runs, figures=figures, machine=machine())
    _print_json("bench tracker", figures) if json_ else view.show_tracker_bench(out, figures)


@bench_app.command("render")
def bench_render(
    width_px: Annotated[int, typer.Option(help="Width of the picture.")] = 512,
    height_px: Annotated[int, typer.Option(help="Height of the picture.")] = 512,
    frames: Annotated[int, typer.Option(min=10, help="How many pictures in each framing.")] = 300,
    json_: Json = False,
) -> None:
    """Time the drawing of the built-in character in each framing."""
    from export import bench_render as bench

    with view.progress(err, "framings") as step:
        figures = bench.bench_render(width_px=width_px, height_px=height_px, frames=frames, on_progress=step)
    _print_json("bench render", figures) if json_ else view.show_render_bench(out, figures)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status. A user's mistake is one sentence and exit status 2."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words in (["--version"], ["-V"]):
        print(version())
        return 0
    if not words or (words[0] not in COMMANDS and words[0] not in ("--help", "-h")):
        words.insert(0, "live")
    try:
        app(words, prog_name="run.py", standalone_mode=True)
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else 1
    except KeyboardInterrupt:
        return 130
    except PosecastError as error:
        err.print(f"[red]error:[/] {view.plain(str(error))}", soft_wrap=True)
        return 2
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
