"""Templates: what is filled, what stays, and what is refused."""

import asyncio

import pytest
from client_tools import order, tools

from stream.actions.base import Refused
from stream.actions.osc import OscSend
from stream.actions.templates import checked_template, fill, fill_value, secrets_for

ORDER = order(OscSend(address="/a"), value=0.123456)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{gesture} of {rule}", "t_pose of party"),
        ("{confidence}|{value}|{cause}", "0.93|0.1235|t_pose (0.93)"),
        ('{"a": "{gesture}"}', '{"a": "t_pose"}'),
        ("{Gesture} {} {1} { gesture }", "{Gesture} {} {1} { gesture }"),
        ("{{gesture}}", "{t_pose}"),
    ],
)
def test_holes_are_filled_and_other_braces_stay(text: str, filled: str) -> None:
    """Only a known word in braces is a hole, so that JSON may be written as it is."""
    assert fill(text, ORDER) == filled


def test_number_stays_a_number_where_it_stands_alone() -> None:
    """In a table a text that is one hole becomes the value itself."""
    table = {"c": "{confidence}", "t": "c={confidence}", "n": [1, "{value}", True, None], "{gesture}": "x"}
    assert fill(table, ORDER) == {"c": 0.93, "t": "c=0.93", "n": [1, 0.123456, True, None], "{gesture}": "x"}
    assert fill_value("{value}", ORDER) == 0.123456


def test_what_the_cause_does_not_tell_is_empty() -> None:
    """A rule fired by a key has no value."""
    assert fill("[{value}]", order(OscSend(address="/a"))) == "[]"


def test_filled_values_are_not_filled_again() -> None:
    """A value that looks like a hole is not one: a cause cannot ask for a secret."""
    sly = order(OscSend(address="/a"), gesture="{secret:a}")
    assert fill("{gesture}", sly, secrets={"secret:a": "hunter2"}) == "{secret:a}"


def test_values_are_quoted_in_texts() -> None:
    """Where the text is an address, values are written as it needs."""
    assert fill("x?c={cause}", ORDER, quote=lambda value: value.replace(" ", "%20")) == "x?c=t_pose%20(0.93)"


def test_unknown_hole_names_the_near_ones() -> None:
    """A slip of the pen is one sentence at load, also deep in a table."""
    with pytest.raises(ValueError) as caught:
        checked_template({"a": ["{gestrue}"]})
    assert str(caught.value) == "{gestrue} is not known; did you mean gesture or rule?"


def test_secret_is_refused_where_others_could_read_it() -> None:
    """Texts that other programs see take no secrets."""
    with pytest.raises(ValueError) as caught:
        checked_template(["{secret:a.b}"], secrets=False)
    assert str(caught.value) == "{secret:a.b} may not stand here, where other programs could read it; leave it away"


def test_secrets_are_fetched_once_each() -> None:
    """Those that a content asks for, by hole; one that is not kept is told with the command that keeps it."""
    content = {"a": "{secret:x} {secret:x}", "b": ["{secret:y}"]}
    assert asyncio.run(secrets_for(content, tools({"x": "1", "y": "2"}))) == {"secret:x": "1", "secret:y": "2"}
    with pytest.raises(Refused, match=r"^the secret 'y' is not kept; run\.py secret set y$"):
        asyncio.run(secrets_for(content, tools({"x": "1"})))
