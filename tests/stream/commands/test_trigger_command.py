"""`run.py trigger`: what people and scripts read."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from stream.commands.trigger import app
from stream.triggers.rule_types import RuleError
from trackers.errors import UserError

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


def test_settings_beside_rules_are_told(file: Path) -> None:
    """`live --rules` would refuse the file, `--config` takes it."""
    assert json.loads(_call("check", file, "--json").output)["warnings"] == []
    file.write_text(f"[output]\nfps = 30\n{RULES}", encoding="utf-8")
    assert json.loads(_call("check", file, "--json").output)["warnings"] == [
        f"it holds settings ([output]): start with --config {file}, for --rules takes rules alone"
    ]


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


@pytest.mark.parametrize(
    ("word", "near"),
    [("lihgt", "did you mean light or "), ("%%%%", "known: ")],
)
def test_a_kind_that_is_not_there(word: str, near: str) -> None:
    """One sentence with what was perhaps meant, for which run.py exits with 2."""
    done = _call("kinds", word)
    assert isinstance(done.exception, UserError)
    assert str(done.exception).startswith(f"nothing that may stand in rules has {word!r} in its name; {near}")


def test_a_family_is_a_kind() -> None:
    """Whoever looks for a word of a rule finds what it stands for."""
    assert "any of left_wave, right_wave" in _call("kinds", "wave").output


def test_a_file_without_rules_says_how_to_begin(file: Path) -> None:
    """Nothing is in order where nothing is."""
    file.write_text("", encoding="utf-8")
    done = _call("check", file)
    assert done.exit_code == 0
    assert done.output == (
        "rules.toml holds no rules yet. Begin with a copy of docs/rules/streamer.toml and check it with python run.py trigger "
        "check FILE; docs/triggers.md teaches how rules are written.\n"
    )


def test_files_that_are_not_there_are_told(file: Path, tmp_path: Path) -> None:
    """A picture and a sound may come yet: the rules are in order all the same."""
    picture = '{ action = "overlay.emote", image = "wave.png" }'
    sound = f'{{ action = "sound.play", file = "{tmp_path}/no.wav" }}'
    file.write_text(f'[[trigger]]\nname = "a"\nwhen = "t_pose"\ndo = [{picture}, {sound}]\n', encoding="utf-8")
    done = _call("check", file)
    assert done.exit_code == 0
    assert "1 rule is in order." in done.output
    assert "! a: no picture 'wave.png' lies in " in done.output
    assert f"! a: the sound {tmp_path}/no.wav was not found; give its whole path\n" in done.output
    assert len(json.loads(_call("check", file, "--json").output)["warnings"]) == 2
