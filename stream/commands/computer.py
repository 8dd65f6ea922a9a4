"""`run.py doctor`, `models` and `cameras`: what this computer has, and what would run on it.

Owns the words and flags; the questions are asked elsewhere.
"""

from typing import Annotated

import typer

from stream import console as view
from stream import flags
from stream.commands.common import Json, out, print_json
from stream.config import load_config


def doctor(json_: Json = False, config: flags.ConfigFile = None) -> None:
    """Say what would run on this computer, where, and why; exit status 1 if the main job could not."""
    from stream.doctor import examine

    checks = examine(load_config(config))
    healthy = all(check.ok or not check.required for check in checks)
    if json_:
        print_json("doctor", {"ok": healthy, "checks": [check.as_json() for check in checks]})
    else:
        view.show_checks(out, checks, healthy=healthy)
    raise typer.Exit(0 if healthy else 1)


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
        print_json("models", {"folder": str(assets.cache_folder()), "models": rows})
    else:
        view.show_models(out, rows, folder=assets.cache_folder())


def cameras(json_: Json = False) -> None:
    """List the cameras that can be used with --source."""
    from stream.sources import list_cameras

    found = list_cameras()
    if json_:
        print_json("cameras", {"cameras": [{"index": camera.index, "name": camera.name} for camera in found]})
    else:
        view.show_cameras(out, found)
