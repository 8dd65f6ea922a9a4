"""The words of the command line: each flag with its help, and which setting it stands for.

Owns names and help texts that commands share. Knows nothing of what the commands do.
"""

from collections.abc import Container, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from stream.config import keys
from trackers.errors import UserError
from trackers.spelling import near

SourceName = Annotated[
    str | None,
    typer.Option(
        "--source",
        "-s",
        metavar="SOURCE",
        help="Camera number or name, video, picture, folder, URL, .pcast recording, OpenPose JSON, or demo.",
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
        help="fast, balanced or accurate. Balanced looks again only at what has changed; accurate at every part always.",
    ),
]
Person = Annotated[
    str | None,
    typer.Option("--person", metavar="WHO", help="Whom to follow if there are several: largest, left, centre or right."),
]
Avatar = Annotated[
    str | None, typer.Option("--avatar", metavar="NAME", help="Whom to show: a name of avatar list, or an .avatar file.")
]
Renderer = Annotated[
    str | None, typer.Option(metavar="KIND", help="neural, puppet (without a network) or auto: neural where it keeps the beat.")
]
Quality = Annotated[str | None, typer.Option(metavar="SIZE", help="The largest network that may paint: S, M, L or auto.")]
Framing = Annotated[str | None, typer.Option(metavar="WHICH", help="bust, upper or full.")]
Mirror = Annotated[bool | None, typer.Option("--mirror/--no-mirror", help="Show the avatar as in a mirror.")]
Background = Annotated[
    str | None, typer.Option(metavar="COLOUR", help="Behind the avatar where there is no alpha: #rrggbb, a picture or a video.")
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
Rules = Annotated[str | None, typer.Option(metavar="FILE", help="What gestures do: a file of rules (docs/triggers.md).")]
Seconds = Annotated[float | None, typer.Option(min=0.1, metavar="S", help="Stop after so many seconds.")]
Report = Annotated[Path | None, typer.Option(metavar="FILE", help="Write what was measured as JSON when it ends.")]
ShowCamera = Annotated[bool | None, typer.Option("--show-camera", help="Let the panel show the camera's picture.")]
Port = Annotated[int | None, typer.Option(metavar="N", help="Port of the panel and the overlay.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings file (TOML).")]
PrintConfig = Annotated[bool, typer.Option("--print-config", help="Print all settings as a TOML file and end.")]
OpenPanel = Annotated[
    bool,
    typer.Option(
        "--open",
        help="Open the panel in the browser; others who are logged in to this computer may read its address meanwhile.",
    ),
]

SETTINGS: Final = {
    "source": "source.name",
    "loop": "source.loop",
    "fast": "source.as_fast_as_possible",
    "tracker": "tracker.engine",
    "model": "tracker.model",
    "tracking": "tracker.mode",
    "person": "tracker.person",
    "avatar": "avatar.name",
    "renderer": "avatar.renderer",
    "quality": "avatar.quality",
    "framing": "avatar.framing",
    "mirror": "avatar.mirror",
    "background": "output.background",
    "sink": "output.sinks",
    "record": "output.record",
    "record_session": "output.record_session",
    "rules": "triggers.rules",
    "show_camera": "server.show_camera",
    "port": "server.port",
}
"""Options that are short names of settings."""

WRITTEN: Final = {key: "--" + option.replace("_", "-") for option, key in SETTINGS.items()}
"""How a setting's short name is written."""

FOR_PEOPLE: Final = frozenset({"tracker.hands", "tracker.face"})
"""Settings that `track` heeds of a recording, whose people are tracked already,"""
FOR_PICTURES: Final = FOR_PEOPLE | {
    "source.fps",
    *(f"tracker.{name}" for name in ("engine", "model", "mode", "body_model", "hand_model", "precision", "person", "threads")),
}
"""and of pictures and videos."""


def check_heeded(typed: Mapping[str, str], heeded: Container[str], *, by: str) -> None:
    """Refuse settings that were asked for by flags and would be passed over. What is no setting at all is told elsewhere.

    Args:
        typed: their dotted keys, each with its flag as it was typed.
        by: who or what would pass them over, for the sentence.

    Raises:
        UserError: there is one.
    """
    for key, flag in typed.items():
        if key in keys() and key not in heeded:
            raise UserError(f"{flag} has no effect on {by}; leave {flag} away")


def dotted(context: typer.Context) -> dict[str, str]:
    """Return {"server.port": "9000"} for `--server.port 9000` or `--server.port=9000`, of what a command has no flag for.

    Raises:
        UserError: something else stands there.
    """
    found: dict[str, str] = {}
    rest = list(context.args)
    while rest:
        flag, equals, value = rest.pop(0).partition("=")
        if not flag.startswith("--"):
            raise UserError(f"{flag} is not a command or flag; see python run.py --help")
        if "." not in flag:
            own = [name for option in context.command.params for name in option.opts if name.startswith("--")]
            step = near(flag, own, otherwise=f"see python run.py {context.info_name} --help", cutoff=0.75)
            raise UserError(f"{flag} is not a flag of {context.info_name}; {step}")
        if not equals:
            if not rest:
                raise UserError(f"{flag} needs a value; see python run.py --print-config")
            value = rest.pop(0)
        found[flag[2:]] = value
    return found
