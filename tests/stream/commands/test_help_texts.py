"""Help texts show what was written: nothing in them is taken for colours."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer
from rich.text import Text

from stream.commands import gesture, lights, secret, trigger

APPS = {"gesture": gesture.app, "lights": lights.app, "secret": secret.app, "trigger": trigger.app}


def _texts(command: Any) -> Iterator[str]:
    yield command.help or ""
    for parameter in command.params:
        yield getattr(parameter, "help", None) or ""
    for inner in getattr(command, "commands", {}).values():
        yield from _texts(inner)


@pytest.mark.parametrize("name", APPS)
def test_no_bracket_is_eaten(name: str) -> None:
    """What stands in brackets, such as [connections.desk], is still there when it is shown."""
    texts = list(_texts(typer.main.get_command(APPS[name])))
    assert any(texts)
    for text in texts:
        assert Text.from_markup(text).plain.count("[") == text.count("["), text


def test_lights_test_says_what_its_name_is() -> None:
    """As a person reads it."""
    from typer.testing import CliRunner

    said = CliRunner().invoke(lights.app, ["test", "--help"], env={"COLUMNS": "160", "TERMINAL_WIDTH": "160"}).output
    assert "Of the connection: desk for [connections.desk]." in said
