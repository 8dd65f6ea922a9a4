"""The ready rule files, and every example of the documentation, are rules that load."""

import random
import re
import tomllib
from pathlib import Path

import pytest

from stream.actions.base import Order
from stream.actions.light import Light
from stream.triggers.decisions import Decision
from stream.triggers.engine import Engine
from stream.triggers.rule_files import rules_of_file, rules_of_tables
from stream.triggers.signals import Signal
from stream.triggers.words import do_words, when_words
from trackers.gestures.types import GestureState
from trackers.types import Stamp

DOCS = Path(__file__).parents[3] / "docs"
FILES = sorted((DOCS / "rules").glob("*.toml"))
TAUGHT = {page.name: page.read_text(encoding="utf-8") for page in (DOCS / "triggers.md", DOCS.parent / "README.md")}
EXAMPLES = {name: re.findall(r"```toml\n(.*?)```", text, re.DOTALL) for name, text in TAUGHT.items()}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_ready_rules_load(file: Path) -> None:
    """Whoever takes one has only names and addresses to change."""
    rules = rules_of_file(file)
    assert len(rules.all()) >= 6
    assert all(when_words(rule) and do_words(rule) for rule in rules.all())


@pytest.mark.parametrize("makes_a_fist", [False, True])
def test_a_blackout_on_stage_is_dark_and_stays_so(makes_a_fist: bool) -> None:
    """Mappings rest and rules are undone first; the last word of each lamp is off, however the hand moves."""
    engine = Engine(rules_of_file(DOCS / "rules" / "stage.toml"), rng=random.Random(1))
    told: list[Decision] = []
    fists = {"right_fist": GestureState(0.9, makes_a_fist, 1.0, None)}
    for seq in range(60):
        now_ns = seq * 33_000_000
        told += engine.gestures((), fists, stamp=Stamp(seq, now_ns), now_ns=now_ns)
        values = dict.fromkeys(("right_hand_height", "head_yaw", "lean", "hands_distance"), 0.2 + seq / 100)
        told += engine.values(values, fresh=values, stamp=Stamp(seq, now_ns), now_ns=now_ns)
        told += engine.signal(Signal("midi", "36", 1.0, now_ns)) if seq == 30 else engine.tick(now_ns)
    orders = [decision.action for decision in told if isinstance(decision, Order)]
    assert len(orders) > 30
    assert [(order.target, order.power) for order in orders[-2:] if isinstance(order, Light)] == [
        ("washes", False),
        ("spot", False),
    ]


def test_there_is_one_for_each_of_three_kinds_of_people() -> None:
    """A streamer, a VTuber, a stage: each with what they have."""
    kinds = {file.stem: {connection.kind for connection in rules_of_file(file).connections.values()} for file in FILES}
    assert kinds == {
        "streamer": {"obs", "wled", "overlay"},
        "vtuber": {"obs", "overlay"},
        "stage": {"artnet", "sacn"},
    }


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in EXAMPLES.items() for text in texts])
def test_examples_of_the_documentation_load(name: str, text: str) -> None:
    """What is taught works as it stands."""
    rules = rules_of_tables(tomllib.loads(text), origin=name)
    assert rules.all()


def test_the_documentation_has_examples() -> None:
    """The test above must not pass by finding none."""
    assert len(EXAMPLES["triggers.md"]) >= 2
    assert len(EXAMPLES["README.md"]) >= 1
