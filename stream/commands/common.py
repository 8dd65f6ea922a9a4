"""What the commands share: the two consoles, and figures as one JSON object.

Owns how a command speaks to people and to scripts. Knows nothing of what a command does.
"""

import errno
import json
import os
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from stream.machine import machine, version
from stream.paths import user_path
from trackers.errors import PosecastError, UserError
from trackers.whole_files import begins_as_json, check_writable

_HAS_EDGE: Final = sys.stdout is None or sys.stdout.isatty() or "COLUMNS" in os.environ

out: Final = Console(highlight=False, width=None if _HAS_EDGE else 160)  # a pipe's tables need not be cut off
err: Final = Console(highlight=False, stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]


def mistake_of(error: Exception) -> str | None:
    """Return what went wrong in one sentence, if it is something that a person can mend; else None."""
    if isinstance(error, PosecastError):
        return str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f"{error.filename} cannot be written, for " if error.filename else ""
        return f"{where}the disk is full; free some space and run the same command again"
    return None


def print_json(command: str, figures: dict[str, Any]) -> None:
    """Print the report of a command: its name, the version and the machine, then its figures."""
    typer.echo(json.dumps({"command": command, "version": version(), "machine": machine(), **figures}, indent=2))


def check_report(path: Path, *, others: Collection[str]) -> None:
    """Make sure, before the run, that a report can be written there, and takes the place of no file but an earlier report.

    Args:
        others: paths that the run writes besides; empty ones are none.

    Raises:
        UserError: it cannot be written there, or something else is or will be there.
    """
    check_writable(path, flag="--report")
    if any(other and user_path(other).absolute() == path.absolute() for other in others):
        raise UserError(f"{path} is written by this run already; choose another --report")
    if path.is_file() and not begins_as_json(path):
        raise UserError(f"{path} exists already and is no report; remove it or choose another --report")


def write_report(path: Path, report: dict[str, Any]) -> None:
    """Write a report as JSON.

    Raises:
        UserError: it cannot be written.
    """
    try:
        path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} could not be written ({error.strerror}); choose another --report") from None
