"""`run.py trigger`: check rule files, show what rules can do, try one.

Owns the words and flags. Knows nothing of how rules are read or followed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.markup import escape
from rich.table import Table

from stream.commands.common import Json, err, out, print_json
from stream.gestures.words import own_gestures
from stream.triggers.rule_types import Rules
from stream.triggers.words import do_words, when_words
from trackers.errors import UserError

if TYPE_CHECKING:  # knows every client there is: the other commands start without
    from stream.triggers import kinds as rule_kinds

app = typer.Typer(
    help="Rules: what gestures, keys and values do (docs/triggers.md).", no_args_is_help=True, pretty_exceptions_enable=False
)

RuleFile = Annotated[Path, typer.Argument(metavar="FILE", help="A rule file, or posecast.toml with rules in it.")]


_BEGIN: Final = (
    "Begin with a copy of docs/rules/streamer.toml and check it with python run.py trigger check FILE; "
    "docs/triggers.md teaches how rules are written."
)


@app.command("check")
def check(file: RuleFile, json_: Json = False) -> None:
    """Say what a rule file would do, or in one sentence what is wrong with it. Nothing is connected."""
    from stream.triggers.checks import warnings
    from stream.triggers.rule_files import settings_in

    rules = _read(file)
    said = list(warnings(rules))
    if settings := settings_in(file):
        said.append(f"it holds settings ([{settings[0]}]): start with --config {file}, for --rules takes rules alone")
    if json_:
        print_json("trigger check", {**_figures(rules), "warnings": said})
    elif not rules.all():
        err.print(f"{escape(rules.origin)} holds no rules yet. {_BEGIN}", soft_wrap=True)
    else:
        _show(rules)
        for warning in said:
            err.print(f"[yellow]![/] {escape(warning)}", soft_wrap=True)


@app.command("try")
def try_(
    file: RuleFile,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Name of the trigger.")],
    seconds: Annotated[float, typer.Option(min=0, max=600, help="Of toggle and held: how long until it is undone.")] = 2.0,
    json_: Json = False,
) -> None:
    """Fire one trigger now, with the real lights and programs, and say what became of it; exit status 1 if something failed."""
    from stream.trigger_trial import try_rule

    rules = _read(file)
    trial = try_rule(rules, rule, on_s=seconds)
    if json_:
        print_json("trigger try", trial.figures())
    else:
        for line in trial.lines():
            out.print(escape(line), soft_wrap=True)
    raise typer.Exit(0 if trial.ok else 1)


@app.command("kinds")
def kinds(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORD", help="Only what has this in its name: obs, light.")
    ] = None,
    json_: Json = False,
) -> None:
    """Show everything that may stand in rules: tables, conditions, actions, connections, gestures, values."""
    from dataclasses import asdict

    from stream.triggers import kinds as rule_kinds
    from trackers.gestures.catalogue import BUILT_IN, FAMILIES
    from trackers.gestures.values import VALUES

    tables = [*rule_kinds.rule_tables(), *rule_kinds.actions(), *rule_kinds.connections()]
    own = dict.fromkeys(own_gestures(), "your own")
    gestures = {spec.name: spec.about for spec in BUILT_IN} | own
    _check_words(words or [], [*(table.name for table in tables), *gestures, *FAMILIES, *VALUES])
    if json_:
        print_json(
            "trigger kinds",
            {
                "conditions": dict(rule_kinds.CONDITIONS),
                "tables": [asdict(table) for table in tables],
                "gestures": gestures,
                "families": {name: list(members) for name, members in FAMILIES.items()},
                "values": {name: asdict(value) for name, value in VALUES.items()},
            },
        )
        return
    wanted = [word.casefold() for word in words or []]
    if not wanted:
        _show_pairs("when", rule_kinds.CONDITIONS)
    for title, found in (
        ("Tables of a rule file", rule_kinds.rule_tables()),
        ("Actions", rule_kinds.actions()),
        ("Connections", rule_kinds.connections()),
    ):
        _show_tables(title, [table for table in found if not wanted or any(word in table.name for word in wanted)])
    families = {name: f"any of {', '.join(members)}" for name, members in FAMILIES.items()}
    _show_pairs("gesture", _matching(gestures | families if wanted else gestures, wanted))
    _show_pairs(
        "value", _matching({name: f"{value.about} ({value.low:g} to {value.high:g})" for name, value in VALUES.items()}, wanted)
    )


@app.command("list")
def list_(
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings file (TOML).")] = None,
    json_: Json = False,
) -> None:
    """Show the rules that are in force: those of your settings, or of the file that they name."""
    from stream.config import load_config
    from stream.reactions import load_rules

    rules = load_rules(load_config(config))
    if json_:
        print_json("trigger list", _figures(rules))
    elif rules.all():
        _show(rules)
    else:
        out.print(f"There are no rules. {_BEGIN}", soft_wrap=True)


def _check_words(words: Sequence[str], known: Sequence[str]) -> None:
    """Raise unless each word stands in some name.

    Raises:
        UserError: one does not, with what was perhaps meant.
    """
    from stream.triggers.mistakes import near_or_all

    for word in words:
        if not any(word.casefold() in name.casefold() for name in known):
            raise UserError(f"nothing that may stand in rules has {word!r} in its name; {near_or_all(word, known)}")


def _read(file: Path) -> Rules:
    from stream.triggers.rule_files import rules_of_file

    return rules_of_file(file, own_gestures=own_gestures())


def _figures(rules: Rules) -> dict[str, Any]:
    return {
        "origin": rules.origin,
        "rules": [
            {
                "name": rule.name,
                "when": when_words(rule),
                "do": do_words(rule),
                "enabled": rule.enabled,
                "dry_run": rule.dry_run,
            }
            for rule in rules.all()
        ],
        "connections": {name: connection.kind for name, connection in rules.connections.items()},
    }


def _show(rules: Rules) -> None:
    table = Table("rule", "when", "what it does", title=rules.origin, title_justify="left", show_lines=True)
    for rule in rules.all():
        state = "" if rule.enabled else "\n(off)"
        table.add_row(escape(rule.name) + state, escape(when_words(rule)), escape(do_words(rule)))
    out.print(table)
    for name, connection in rules.connections.items():
        out.print(f"[bold]{escape(name)}[/] is a connection of kind {connection.kind}")
    count = len(rules.all())
    err.print(
        f"[green]{count} {'rule is' if count == 1 else 'rules are'} in order.[/] run.py trigger try FILE RULE fires one now."
    )


def _matching(pairs: dict[str, str], wanted: Sequence[str]) -> dict[str, str]:
    return {name: about for name, about in pairs.items() if not wanted or any(word in name.casefold() for word in wanted)}


def _show_pairs(title: str, pairs: Any) -> None:
    if pairs:
        table = Table(title, "what it is")
        for name, about in pairs.items():
            table.add_row(escape(name), escape(about))
        out.print(table)


def _show_tables(title: str, tables: "Sequence[rule_kinds.TableAbout]") -> None:
    if not tables:
        return
    out.print(f"\n[bold]{title}[/]")
    for table in tables:
        where = f"  [dim]on {', '.join(table.where)}[/]" if table.where else ""
        out.print(f"[cyan]{escape(table.name)}[/]  {escape(table.about)}{where}", soft_wrap=True)
        for field in table.fields:
            default = f", {field.default} if left out" if field.default else ", needed" if field.needed else ""
            about = f": {field.about}" if field.about else ""
            out.print(f"    {escape(field.name)}  [dim]{escape(field.kind + default)}[/]{escape(about)}", soft_wrap=True)
