"""Puts what pydantic finds wrong with a table into one sentence for the person who wrote it.

Owns the wording. Pure; knows nothing of rules.
"""

from typing import Any, Final

from pydantic import BaseModel, ValidationError

from stream.actions.base import near

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


def sentence(error: ValidationError, *, what: str, model: type[BaseModel]) -> str:
    """Return the first mistake as one sentence.

    Args:
        what: name of the table: `obs.scene`, or empty for a trigger itself.
    """
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"]]
    of, has = (f" of {what}", f"{what} ") if what else ("", "")
    if not path:  # a check of the whole table: it says all there is to say
        return f"{has}{_said(first)}"
    field = ".".join(path)
    if first["type"] == "extra_forbidden":
        known = [name for name in fields_of(model) if name not in ("action", "kind")]
        return f"{field!r} is not a field{of}; {near(field, known)}"
    if first["type"] == "missing":
        about = _about(model, path[0])
        return f"{what or 'it'} needs {field}{f' ({about})' if about else ''}"
    if first["type"] == "value_error":
        return f"{field}{of}: {_said(first)}"
    return f"{field}{of} {_wish(first)}, got {_shown(first['input'])}"


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
