"""What the commands share: the two consoles, and figures as one JSON object.

Owns how a command speaks to people and to scripts. Knows nothing of what a command does.
"""

import json
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from stream.machine import machine, version

out: Final = Console(highlight=False)
err: Final = Console(highlight=False, stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]


def print_json(command: str, figures: dict[str, Any]) -> None:
    """Print the report of a command: its name, the version and the machine, then its figures."""
    typer.echo(json.dumps({"command": command, "version": version(), "machine": machine(), **figures}, indent=2))
