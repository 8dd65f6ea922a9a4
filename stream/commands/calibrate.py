"""`run.py calibrate`: learn a person's neutral face and widest expressions.

Owns the words and flags; `stream.calibration_view` and `calibration_run` do it.
"""

from typing import Annotated

import typer

from stream import flags
from stream.commands.common import Json, err, out, print_json
from stream.config import load_config
from trackers.errors import UserError


def calibrate(
    source: flags.SourceName = None,
    profile: Annotated[str, typer.Option(metavar="NAME", help="Whose calibration.")] = "",
    range_: Annotated[bool, typer.Option("--range", help="Your widest expressions instead of the neutral face.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Only show what the profile holds.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Forget the calibration and remove the profile.")] = False,
    json_: Json = False,
    config: flags.ConfigFile = None,
) -> None:
    """Learn your neutral face, or with [bold]--range[/] your widest expressions, from the camera, a clip or a recording.

    Two seconds of a neutral face set zero for expressions, head and gaze; the range pass sets one. The avatar uses the
    profile from the next start on (--avatar.profile NAME; the one named default by itself).
    """
    from stream import calibration_view

    chosen = [flag for flag, wanted in (("--range", range_), ("--show", show), ("--reset", reset)) if wanted]
    if len(chosen) > 1:
        raise UserError(f"calibrate does one thing at a time, got {' and '.join(chosen)}; leave one away")
    given = {"source.name": source, "avatar.profile": profile}
    overrides = {key: value for key, value in given.items() if value}
    job: calibration_view.Job = "reset" if reset else "show" if show else "range" if range_ else "neutral"
    figures = calibration_view.calibrate(err, load_config(config, overrides), job=job)
    print_json("calibrate", figures) if json_ else calibration_view.show(out, figures)
