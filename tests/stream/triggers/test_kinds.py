"""What is told of tables is what the models say."""

import pytest
from rule_tools import FAMILIES, GESTURES, KINDS, VALUES

from stream.triggers import kinds
from stream.triggers.kinds import FieldAbout
from stream.triggers.rules import ALL_KINDS
from stream.triggers.wording import Vocabulary, parse_when, parse_while


def test_fields_come_from_the_models() -> None:
    """Kind, default, whether it is needed, and what it is."""
    trigger = kinds.rule_tables()[0]
    fields = {field.name: field for field in trigger.fields}
    assert trigger.about == "When something happens, and while something holds, do something."
    assert fields["mode"] == FieldAbout(
        "mode", "once, toggle or held", "once", False, "toggle: the second time undoes it; held: undone when the gesture ends"
    )
    assert fields["while"].kind == "list"
    assert fields["when"].needed
    scene = next(action for action in kinds.actions(KINDS) if action.name == "screen.scene")
    assert scene.where == ("screen",)
    assert [(field.name, field.kind, field.needed) for field in scene.fields] == [
        ("scene", "text", True),
        ("number", "whole number", False),
        ("level", "number", False),
        ("dials", "table", False),
    ]


@pytest.mark.parametrize("name", [*ALL_KINDS.actions, *ALL_KINDS.connections])
def test_everything_there_is_tells_of_itself(name: str) -> None:
    """Each action and connection has a sentence, and its fields have kinds that people know."""
    for found in (*kinds.actions(), *kinds.connections()):
        if found.name == name:
            assert found.about.endswith(".")
            assert [field.name for field in found.fields if "value" in field.kind or "[" in field.kind] == []


@pytest.mark.parametrize("text", kinds.CONDITIONS)
def test_the_examples_of_conditions_can_be_read(text: str) -> None:
    """What is taught works; what lasts may stand in `while` too."""
    words = Vocabulary(GESTURES, FAMILIES, VALUES)
    parse_when(text, words)
    if (
        " then " not in text
        and text.split()[0] not in ("every", "after", "start")
        and "ends" not in text
        and "holds" not in text
    ):
        parse_while(f"not {text}", words)
