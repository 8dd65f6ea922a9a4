"""`run.py lights`: find lights, pair with a Hue bridge, try one.

Owns the words and flags. How lights are found and spoken to stands in `stream/actions`.
"""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from stream import loops
from stream.actions.base import Tools, Unreachable
from stream.actions.light import Light
from stream.actions.secrets import SecretStore
from stream.commands.common import Json, err, out, print_json
from stream.hosts import checked_host
from trackers.errors import UserError

if TYPE_CHECKING:  # lights are loaded when they are asked for: the other commands start without
    from stream.actions.scan import Scan

app = typer.Typer(
    help="Lights: find them, pair, try one (docs/actions.md).", no_args_is_help=True, pretty_exceptions_enable=False
)
pair_app = typer.Typer(help="Make a device trust this computer.", no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(pair_app, name="pair")

Rules = Annotated[Path | None, typer.Option("--rules", metavar="FILE", help="Rule file; left out: the rules of your settings.")]


@app.command("scan")
def scan_(
    seconds: Annotated[float, typer.Option(min=0.5, max=60, help="How long to wait for answers.")] = 4.0,
    json_: Json = False,
) -> None:
    """Look for WLED, Hue, LIFX, Nanoleaf, Yeelight and Art-Net on this network, and say what to write into the rule file."""
    from stream.actions.scan import scan

    if not json_:
        err.print(f"Looking for lights for {seconds:g} s …")
    result = loops.run(scan(seconds))
    if json_:
        print_json("lights scan", {"found": [asdict(each) for each in result.found], "problems": result.problems})
    else:
        _show(result)


def _show(result: "Scan") -> None:
    from stream.actions.registry import CONNECTIONS
    from stream.actions.scan import connection_lines

    for problem in result.problems:
        err.print(escape(problem), style="yellow", soft_wrap=True)
    if not result.found:
        out.print("No light answered; are they on, and in the same network as this computer? Their IP address works without.")
        return
    table = Table("kind", "name", "address", "")
    for each in result.found:
        table.add_row(each.kind, escape(each.name), each.host, escape(each.detail))
    out.print(table)
    out.print("For the rule file:\n")
    names: set[str] = set()
    for each in result.found:
        if each.kind not in CONNECTIONS:
            out.print(f"# {each.kind} at {each.host} cannot be set by rules\n", markup=False, soft_wrap=True)
            continue
        lines = connection_lines(each, taken=names.__contains__)
        names |= {line.removeprefix("[connections.").removesuffix("]") for line in lines if line.startswith("[connections.")}
        out.print("\n".join(lines) + "\n", markup=False, soft_wrap=True)


@pair_app.command("hue")
def pair_hue(
    host: Annotated[str, typer.Option(help="The bridge's IP address; left out: it is looked for.")] = "",
    port: Annotated[int, typer.Option(hidden=True)] = 443,
) -> None:
    """Pair with a Hue bridge: start this, then press the round button on the bridge within 30 s."""
    from stream.actions import hue_pairing

    try:
        where = checked_host(host) or _find_bridge()
    except ValueError as error:
        raise UserError(f"--host: {error}") from None
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[left]}"))
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("Reaching the bridge", total=hue_pairing.WAIT_S, left="")

        def waiting(name: str, left_s: float) -> None:
            progress.update(
                task,
                description=f"Press the round button on '{escape(name)}'",
                completed=hue_pairing.WAIT_S - left_s,
                left=f"{left_s:.0f} s",
            )

        try:
            paired = loops.run(hue_pairing.pair(where, port=port, store=_keep(SecretStore()), on_wait=waiting))
        except Unreachable as error:
            raise UserError(str(error)) from None
    out.print(f"Paired with '{escape(paired.name)}'. For the rule file:\n", soft_wrap=True)
    out.print(f'[connections.hue]\nkind = "hue"\nhost = "{paired.host}"', markup=False)


@app.command("test")
def try_light_of_rules(
    name: Annotated[str, typer.Argument(metavar="NAME", help=r"Of the connection: desk for \[connections.desk].")],
    color: Annotated[str, typer.Option(help="purple, #8000ff, hsl(270, 100%, 50%), 2700K …")] = "purple",
    brightness: Annotated[float | None, typer.Option(min=0, max=100, help="Per cent.")] = None,
    light: Annotated[str, typer.Option(help="Which lamp, room, segment or fixture; left out: all.")] = "",
    fade: Annotated[float | None, typer.Option(min=0, max=60, help="Seconds.")] = None,
    seconds: Annotated[float, typer.Option(min=0, max=60, help="How long, until the state before comes back.")] = 2.0,
    rules: Rules = None,
) -> None:
    """Set a light of the rule file for some seconds, and bring back what was before."""
    from stream.actions import colours
    from stream.gestures.words import own_gestures
    from stream.light_trial import pick_light, try_light

    colours.parse(color)  # for its own sentence
    if rules is None:
        from stream.config import load_config
        from stream.reactions import load_rules

        known = load_rules(load_config(None))
    else:
        from stream.triggers.rule_files import rules_of_file

        known = rules_of_file(rules, own_gestures=own_gestures())
    connection = pick_light(known.connections, name)
    store = SecretStore()
    tools = Tools(secret=store.get, store_secret=_keep(store))
    action = Light(target=name, light=light, color=color, brightness=brightness, fade_s=fade)
    line = loops.run(try_light(name, connection, action, tools=tools, on_s=seconds))
    out.print(f"{escape(name)}: {escape(line)}; it was {escape(color)} for {seconds:g} s.", soft_wrap=True)


def _find_bridge() -> str:
    err.print("Looking for a Hue bridge …")
    from stream.actions.scan import scan

    hosts = sorted({each.host for each in loops.run(scan(3.0)).found if each.kind == "hue"})
    if not hosts:
        raise UserError("no Hue bridge answered on this network; give its IP address (Hue app, settings, bridge) with --host")
    if len(hosts) > 1:
        raise UserError(f"there are several Hue bridges: {', '.join(hosts)}; choose one with --host")
    return hosts[0]


def _keep(store: SecretStore) -> Callable[[str, str], None]:
    def keep(name: str, value: str) -> None:
        store.set(name, value)

    return keep
