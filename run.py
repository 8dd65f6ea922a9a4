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

from export.commands import avatar, bench
from export.commands.terminal import Terminal, bar, terminal_of
from stream import console as view
from stream import flags
from stream.commands import calibrate, computer, gesture, lights, secret, trigger
from stream.commands.common import Json, check_report, err, mistake_of, out, print_json, write_report
from stream.config import load_config, toml_text
from stream.machine import machine, version
from stream.signals import ctrl_c, ends_at_once
from trackers.errors import PosecastError

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
    source: Annotated[Path, typer.Argument(metavar="FILE_OR_FOLDER", help="A video, picture, folder of either, or .pcast.")],
    to: Annotated[Path, typer.Option("--out", metavar="FILE", help="FILE.json; a folder for OpenPose or several videos.")],
    format_: Annotated[str, typer.Option("--format", help="openpose, coco-wholebody or posecast.")] = "posecast",
    tracking: Annotated[str | None, typer.Option("--tracking", help="fast, balanced or accurate (the default).")] = None,
    engine: flags.Engine = None,
    model: flags.Model = None,
    person: flags.Person = None,
    follow: Annotated[bool, typer.Option("--follow", help="The pictures of a folder are the frames of one film.")] = False,
    smooth: Annotated[bool, typer.Option("--smooth", help="Smooth over time what is written.")] = False,
    config: flags.ConfigFile = None,
    json_: Json = False,
) -> None:
    """Track a whole file, as fast as this computer can, and write what was found for other programs.

    Of a folder of videos, each is written to a file of its own in the folder [bold]--out[/].
    Ctrl-C ends it early: what was done until then is written, whole. Settings of the tracker are flags by their dotted names.
    """
    from export.track import Job
    from export.track_folder import jobs_of, track_all
    from stream.parts import needed_models, tracker_settings
    from trackers.recording import is_recording

    threads = str(min(4, os.cpu_count() or 1))  # nothing is drawn beside it
    offline = {"source.as_fast_as_possible": "true", "tracker.mode": "accurate", "tracker.threads": threads}
    named = {"tracker.engine": engine, "tracker.model": model, "tracker.mode": tracking, "tracker.person": person}
    dotted, given = flags.dotted(context), {key: value for key, value in named.items() if value}
    typed = {key: f"--{key}" for key in dotted} | {key: flags.WRITTEN[key] for key in given}
    flags.check_heeded(typed, flags.FOR_PICTURES, by="track")
    if is_tracked := is_recording(source):
        flags.check_heeded(typed, flags.FOR_PEOPLE, by=f"{source}, whose people are tracked already")
    settings = load_config(config, offline | dotted | given, flags=flags.WRITTEN)
    job = Job(source, to, format_, tracker_settings(settings), follow=follow, smooth=smooth, fps=settings.source.fps)
    jobs = jobs_of(job)
    if not is_tracked:
        view.fetch(err, needed_models(settings))
    asked: list[bool] = []
    with bar(terminal_of(context), "frames") as step, ctrl_c(is_running=lambda: True, stop=lambda: asked.append(True)):
        figures = track_all(job, jobs, on_progress=step, is_stopped=lambda: bool(asked))
    print_json("track", figures) if json_ else view.show_track(out, figures)
    raise typer.Exit(130 if figures["interrupted"] else 0)


for command in (calibrate.calibrate, computer.cameras, computer.doctor, computer.models):
    app.command()(command)
app.add_typer(avatar.app, name="avatar")
app.add_typer(gesture.app, name="gesture")
app.add_typer(trigger.app, name="trigger")
app.add_typer(lights.app, name="lights")
app.add_typer(secret.app, name="secret")
app.add_typer(bench.app, name="bench")


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
        terminal = Terminal(out=out, err=err, print_json=print_json, ctrl_c=ctrl_c, machine=machine)
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
