"""Texts of rules with holes: `{gesture}` and its like are filled when the rule fires, `{secret:NAME}` from the secrets.

Owns the names of the holes and how a value is written. Knows nothing of who sends the text. Anything else in braces stays as
it is, so that JSON may be written as it is.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from stream.actions.base import Order, Refused, Rejected, Tools, secret_of
from trackers.spelling import near

FIELDS: Final = ("rule", "cause", "gesture", "confidence", "value")
"""What the cause of an action may tell; one that it does not tell is empty."""

_HOLE: Final = re.compile(r"\{(secret:[^{}]+|[a-z_]+)\}")
_SECRET: Final = "secret:"


def checked_template(content: Any, *, secrets: bool = True) -> Any:
    """Return a text, or a table or list of texts, if every hole in it is known.

    Args:
        secrets: whether it may hold secrets.

    Raises:
        ValueError: one sentence: a hole is unknown, or a secret would be seen by others.
    """
    for hole in _holes(content):
        if hole.startswith(_SECRET):
            if not secrets:
                raise ValueError(f"{{{hole}}} may not stand here, where other programs could read it; leave it away")
        elif hole not in FIELDS:
            raise ValueError(f"{{{hole}}} is not known; {near(hole, FIELDS)}")
    return content


async def secrets_for(content: Any, tools: Tools) -> dict[str, str]:
    """Return the secrets that a content's holes ask for, by hole. The keyring is asked in a thread: it may take its time.

    Raises:
        Refused: one is not kept, or cannot be had.
    """
    holes = sorted({hole for hole in _holes(content) if hole.startswith(_SECRET)})
    return {hole: await _secret(hole.removeprefix(_SECRET), tools) for hole in holes}


def fill(content: Any, order: Order, *, secrets: Mapping[str, str] | None = None, quote: Callable[[str], str] = str) -> Any:
    """Return the content with its holes filled.

    A text in a table or list that is nothing but one hole becomes the value itself, so that a number stays one.

    Args:
        quote: how a value is written into a text, as in an address.
    """
    values = _values(order) | dict(secrets or {})
    if isinstance(content, str):
        return _filled(content, values, quote)
    return _filled_deep(content, values, quote)


def fill_value(text: str, order: Order) -> str | float:
    """Return a text with its holes filled; if it is nothing but one hole, the value itself."""
    value: str | float = _filled_deep(text, _values(order), str)
    return value


def _values(order: Order) -> dict[str, str | float]:
    return dict.fromkeys(FIELDS, "") | {"rule": order.rule, "cause": order.cause} | dict(order.details)


def _filled_deep(content: Any, values: Mapping[str, str | float], quote: Callable[[str], str]) -> Any:
    if isinstance(content, Mapping):
        return {key: _filled_deep(value, values, quote) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_filled_deep(value, values, quote) for value in content]
    if not isinstance(content, str):
        return content
    whole = _HOLE.fullmatch(content)
    return values.get(whole[1], content) if whole else _filled(content, values, quote)


def _filled(text: str, values: Mapping[str, str | float], quote: Callable[[str], str]) -> str:
    return _HOLE.sub(lambda hole: quote(_written(values[hole[1]])) if hole[1] in values else hole[0], text)


def _written(value: str | float) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _holes(content: Any) -> list[str]:
    if isinstance(content, str):
        return _HOLE.findall(content)
    if isinstance(content, Mapping):
        return [hole for value in content.values() for hole in _holes(value)]
    if isinstance(content, list | tuple):
        return [hole for value in content for hole in _holes(value)]
    return []


async def _secret(name: str, tools: Tools) -> str:
    try:
        value = await secret_of(tools, name)
    except Rejected as error:
        raise Refused(str(error)) from None
    if value is None:
        raise Refused(f"the secret {name!r} is not kept; run.py secret set {name}")
    return value
