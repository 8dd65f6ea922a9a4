"""What may stand in rules, told from the models themselves: for `trigger kinds`.

Owns turning fields into lines. Pure; nothing is written twice, so nothing can be out of date.
"""

import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from stream.triggers.rules import ALL_KINDS, Kinds
from stream.triggers.tables import MappingTable, TriggerTable

CONDITIONS: Final[Mapping[str, str]] = {
    "t_pose": "a gesture begins; or a family: fist is either hand's",
    "t_pose ends": "it ends",
    "t_pose holds 2 s": "it has been held for so long",
    "dab then t_pose within 2 s": "gestures one after another; strictly before it: with no other in between",
    "jawOpen > 0.6": "a value passes a limit; also < above below",
    "key ctrl+f9": "a key is pressed, whatever program is in front",
    "midi 60": "a MIDI note begins; cc7 is a controller, whatever the channel",
    "tracking lost": "nobody is seen any more; found: somebody is again",
    "face lost": "a part is not seen any more: face, body, left hand, right hand; or found",
    "scene is Game": "OBS or another connection says so; obs.scene names which one",
    "during RULE": "another rule is on: toggled, held, or waiting between its actions",
    "every 30 s": "again and again; ms, s, min or h",
    "after 10 s": "once, so long after the start",
    "start": "when the program starts",
}
"""What `when` may say. Those that last may also stand in `while`, each with `not` before it."""

_NAMES: Final = {str: "text", float: "number", int: "whole number", bool: "true or false"}


@dataclass(frozen=True, slots=True)
class FieldAbout:
    """One field of a table, in words."""

    name: str
    kind: str
    """`text`, `number`, `once, toggle or held`."""
    default: str
    """As it would be written; empty if there is none, or none worth telling."""
    needed: bool
    about: str


@dataclass(frozen=True, slots=True)
class TableAbout:
    """One action, connection or table of rules, in words."""

    name: str
    about: str
    fields: tuple[FieldAbout, ...]
    where: tuple[str, ...] = ()
    """Of an action: the kinds of connection that can do it."""


def rule_tables() -> tuple[TableAbout, ...]:
    """Return the tables of a rule file."""
    return (table_about("[[trigger]]", TriggerTable), table_about("[[mapping]]", MappingTable))


def actions(kinds: Kinds = ALL_KINDS) -> tuple[TableAbout, ...]:
    """Return every action, by name."""
    return tuple(
        table_about(name, kind, without=("action", "target"), where=kind.kinds) for name, kind in sorted(kinds.actions.items())
    )


def connections(kinds: Kinds = ALL_KINDS) -> tuple[TableAbout, ...]:
    """Return every kind of connection, by name."""
    return tuple(table_about(name, kind, without=("kind",)) for name, kind in sorted(kinds.connections.items()))


def table_about(name: str, model: type[BaseModel], *, without: Iterable[str] = (), where: tuple[str, ...] = ()) -> TableAbout:
    """Return a model in words: its docstring's first sentence, and its fields."""
    about = " ".join((model.__doc__ or "").split("\n\n")[0].split())
    fields = tuple(_field(key, field) for key, field in model.model_fields.items() if key not in without)
    return TableAbout(name, about, fields, where)


def _field(name: str, field: FieldInfo) -> FieldAbout:
    default = "" if field.is_required() or field.default in (None, PydanticUndefined, "", (), {}) else _written(field.default)
    return FieldAbout(field.alias or name, _kind(field.annotation), default, field.is_required(), field.description or "")


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _kind(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        words = [str(word) for word in get_args(annotation)]
        return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    if origin in (Union, types.UnionType):
        kinds = dict.fromkeys(_kind(part) for part in get_args(annotation) if part is not type(None))
        return " or ".join(kinds)
    if origin in (tuple, list, set, frozenset):
        return "list"
    if origin is dict:
        return "table"
    if hasattr(annotation, "__value__") or origin is not None:
        return _kind(get_args(annotation)[0]) if get_args(annotation) else "value"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "table"
    return _NAMES.get(annotation, "value")
