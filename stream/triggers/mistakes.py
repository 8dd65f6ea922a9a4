"""Puts what pydantic finds wrong with a table into one sentence for the person who wrote it.

Owns the wording. Pure; knows nothing of rules.
"""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from trackers.spelling import near

ALL_KINDS: Final = "`python run.py trigger kinds` shows all"
ACTION_TABLE: Final = '{ action = "light", color = "purple" }'
_PLAINER: Final = {
    "Input should be a valid boolean": "must be true or false",
    "Input should be a valid number": "must be a number",
    "Input should be a valid integer": "must be a whole number",
    "Input should be a valid string": "must be text",
    "Input should be a valid tuple": "must be a list",
    "Input should be a valid list": "must be a list",
    "Input should be a valid dictionary": "must be a table",
    "Input should be ": "must be ",
}


def fields_of(model: type[BaseModel]) -> list[str]:
    """Return the names of a model's fields as they are written in TOML."""
    return [field.alias or name for name, field in model.model_fields.items()]


def near_or_all(word: str, known: Sequence[str]) -> str:
    """Return what was meant perhaps; where nothing is near and much is known, where all of it can be seen."""
    said = near(word, known)
    return f"{said.removesuffix(' …')} …; {ALL_KINDS}" if said.endswith("…") else said


def sentence(error: ValidationError, *, what: str, model: type[BaseModel]) -> str:
    """Return the first mistake as one sentence: a name that is not known before what is missing, for it may be just that.

    Args:
        what: name of the table: `obs.scene`, or empty for a trigger itself.
    """
    found = error.errors(include_url=False)
    first = next((one for one in found if one["type"] == "extra_forbidden"), found[0]) if _misses(found[0]) else found[0]
    path = [str(part) for part in first["loc"] if isinstance(part, str)]
    of, has = (f" of {what}", f"{what} ") if what else ("", "")
    if not path:  # a check of the whole table: it says all there is to say
        return f"{has}{_said(first)}"
    field = ".".join(path)
    if len(path) < len(first["loc"]) and (listed := _of_a_list(first, field, of)):
        return listed
    if first["type"] == "extra_forbidden":
        known = [name for name in fields_of(model) if name not in ("action", "kind")]
        return f"{field!r} is not a field{of}; {near(field, known)}"
    if first["type"] == "missing":
        about = _about(model, path[0])
        return f"{what or 'it'} needs {field}{f' ({about})' if about else ''}"
    if first["type"] == "value_error":
        return f"{field}{of}: {_said(first)}"
    return f"{field}{of} {_wish(first)}, got {_shown(first['input'])}"


def _misses(first: Any) -> bool:
    return bool(first["type"] == "missing" and len(first["loc"]) == 1)


def _of_a_list(first: Any, field: str, of: str) -> str:
    """Return what is wrong inside a list, without the places that people do not count from nought."""
    number = next(part for part in first["loc"] if isinstance(part, int)) + 1
    if first["type"] == "missing":
        return f"{field}{of} must be a list of two, got {number - 1}"
    if first["type"] == "dict_type":
        return f"{field}{of} must hold actions such as {ACTION_TABLE}, got {_shown(first['input'])}"
    if first["type"] in ("value_error", "extra_forbidden"):
        return ""
    return f"{field}{of}, entry {number}, {_wish(first)}, got {_shown(first['input'])}"


def _said(first: Any) -> str:
    return str(first["msg"]).removeprefix("Value error, ")


def _about(model: type[BaseModel], name: str) -> str:
    for field_name, field in model.model_fields.items():
        if name in (field_name, field.alias):
            return field.description or ""
    return ""


def _wish(first: Any) -> str:
    wish = str(first["msg"]).partition(", unable to")[0]
    for word, plainer in _PLAINER.items():
        wish = wish.replace(word, plainer)
    return wish[:1].lower() + wish[1:]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
