"""`run.py trigger`: what people and scripts read."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from stream.commands.trigger import app
from stream.triggers.rule_types import RuleError

RULES = """
[connections.lamp]
kind = "osc"
host = "127.0.0.1"
port = 9

[[trigger]]
name = "brb"
when = "key f9"
while = "not tracking lost"
do = { action = "osc.send", address = "/brb" }
"""


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the user of this machine has taught or set does not matter here."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A rule file."""
    path = tmp_path / "rules.toml"
    path.write_text(RULES, encoding="utf-8")
    return path


def _call(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})


def test_check_says_what_would_happen(file: Path) -> None:
    """In words, or as JSON."""
    done = _call("check", file)
    assert done.exit_code == 0
    text = _call("check", file, "--json").output
    assert json.loads(text)["rules"] == [
        {
            "name": "brb",
            "when": "key f9, while not tracking lost",
            "do": "osc.send /brb on lamp",
            "enabled": True,
            "dry_run": False,
        }
    ]


def test_check_says_what_is_wrong(file: Path) -> None:
    """One sentence, which run.py prints and exits with 2."""
    file.write_text(RULES.replace("osc.send", "osc.sent"), encoding="utf-8")
    done = _call("check", file)
    assert isinstance(done.exception, RuleError)
    assert str(done.exception).startswith(
        "rules.toml, trigger 1 (brb): the action 'osc.sent' is not known; did you mean osc.send"
    )


def test_try_fires_one(file: Path) -> None:
    """With exit status 1 if it could not be done."""
    done = _call("try", file, "brb", "--json")
    told = json.loads(done.output)
    assert done.exit_code == (0 if told["ok"] else 1)
    assert [action["action"] for action in told["actions"]] == ["osc.send"]


def test_kinds_tell_everything(file: Path) -> None:
    """Tables, conditions, gestures and values; a word narrows it down."""
    told = json.loads(_call("kinds", "--json").output)
    assert {"[[trigger]]", "[[mapping]]", "light", "panic"} <= {table["name"] for table in told["tables"]}
    assert "jawOpen" in told["values"]
    assert "fist" in told["families"]
    assert len(_call("kinds").output) > 5 * len(_call("kinds", "light").output) > 0


def test_list_without_rules(file: Path) -> None:
    """It says where to begin; with a settings file, its rules."""
    assert json.loads(_call("list", "--json").output)["rules"] == []
    assert [rule["name"] for rule in json.loads(_call("list", "--config", file, "--json").output)["rules"]] == ["brb"]
