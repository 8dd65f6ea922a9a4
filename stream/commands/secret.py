"""`run.py secret`: keep, list and forget passwords and tokens.

Owns the words and flags; `actions/secrets.py` owns where they lie. A value is typed unseen or comes by standard input, never
as an argument, which other users of the machine could read.
"""

import sys
from typing import Annotated

import typer
from rich.console import Console

from stream.actions.secrets import Place, SecretStore, checked_secret_name, variable
from trackers.errors import UserError

app = typer.Typer(help="Passwords and tokens of OBS, lamps and services.", no_args_is_help=True, pretty_exceptions_enable=False)

Name = Annotated[str, typer.Argument(metavar="NAME", help="As a connection asks for it: obs.password, lamp.token.")]

_PLACES: dict[Place, str] = {"keyring": "the system's keyring", "file": "the file", "environment": "the environment"}


@app.command("set")
def set_secret(
    name: Name, stdin: Annotated[bool, typer.Option("--stdin", help="Read it from standard input, one line.")] = False
) -> None:
    """Keep a secret. It is typed unseen."""
    checked_secret_name(name)
    store = SecretStore()
    value = _read_line() if stdin else typer.prompt(f"{name} (not shown)", hide_input=True)
    store.set(name, value)
    _say(f"{name} is kept in {store.where()}.")
    if any(kept.name == name and kept.place == "environment" for kept in store.names()):
        _say(f"The variable {variable(name)} is set and comes before it.")


@app.command("list")
def list_secrets() -> None:
    """Show which secrets there are and where; never what they are."""
    store = SecretStore()
    names = store.names()
    for kept in names:
        _say(f"{kept.name}  in {_PLACES[kept.place]}")
    if not names:
        _say(f"There is no secret yet; run.py secret set NAME keeps one in {store.where()}.")


@app.command("remove")
def remove_secret(name: Name) -> None:
    """Forget a secret."""
    store = SecretStore()
    if not store.remove(name):
        known = ", ".join(kept.name for kept in store.names()) or "none"
        raise UserError(f"there is no secret {name!r}; there are: {known}")
    _say(f"{name} is forgotten.")


def _read_line() -> str:
    if sys.stdin.isatty():
        raise UserError("--stdin reads from a pipe, got a terminal; leave it away to type the secret unseen")
    try:
        line = sys.stdin.readline().rstrip("\r\n")
        line.encode()  # some systems let bytes through that are no letters
    except UnicodeError:  # its own words would quote the secret
        raise UserError(
            "the secret on standard input is not UTF-8; send it as UTF-8, or leave --stdin away and type it"
        ) from None
    return line


def _say(text: str) -> None:
    Console(highlight=False, soft_wrap=True).print(text, markup=False)
