"""Rule files on disk: read as they are, or refused in one sentence."""

from pathlib import Path

import pytest

from stream.config import Config, load_config
from stream.reactions import load_rules
from stream.triggers.rule_files import SETTINGS_KEYS, read_tables, rules_of_file
from stream.triggers.rule_types import RuleError
from stream.triggers.tables import FILE_KEYS


def test_a_file_that_is_no_toml_says_where(tmp_path: Path) -> None:
    """Line and column come from the parser."""
    path = tmp_path / "rules.toml"
    path.write_text("[[trigger]]\nwhen = t_pose\n", encoding="utf-8")
    with pytest.raises(
        RuleError, match=r"^rules.toml is not valid TOML: Invalid value \(at line 2, column 8\); text needs quotes"
    ):
        read_tables(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_rules_as_windows_writes_them(tmp_path: Path, encoding: str) -> None:
    """With a mark at the beginning, or as PowerShell 5 writes what is sent to a file."""
    path = tmp_path / "rules.toml"
    text = '[[trigger]]\nname = "Grüße"\nwhen = "dab"\ndo = { action = "panic" }\n'
    path.write_text(text, encoding=encoding)
    assert rules_of_file(path).names() == ["Grüße"]


def test_rules_of_a_settings_file_stand_beside_any_settings(tmp_path: Path) -> None:
    """Every table that settings have, alone."""
    assert set(SETTINGS_KEYS) == set(Config.model_fields) - set(FILE_KEYS)
    path = tmp_path / "posecast.toml"
    for key in SETTINGS_KEYS:
        path.write_text(f'[{key}]\n[[trigger]]\nname = "{key}"\nwhen = "dab"\ndo = {{ action = "panic" }}\n', encoding="utf-8")
        assert rules_of_file(path).names() == [key]


def test_a_file_in_another_encoding_says_so(tmp_path: Path) -> None:
    """An old editor's letters cannot be told from others."""
    path = tmp_path / "rules.toml"
    path.write_bytes('name = "Grüße"'.encode("cp1252"))
    with pytest.raises(RuleError, match=r"rules.toml is not text in UTF-8; save it as UTF-8$"):
        read_tables(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(RuleError, match=r"rules.toml could not be read \(No such file or directory\); check the name"):
        read_tables(tmp_path / "rules.toml")


def test_rules_may_stand_in_the_settings(tmp_path: Path) -> None:
    """Of a settings file, the tables that are no rules are passed over."""
    path = tmp_path / "posecast.toml"
    path.write_text('[source]\nname = "0"\n[[trigger]]\nwhen = "key f9"\ndo = { action = "panic" }\n', encoding="utf-8")
    assert list(read_tables(path)) == ["trigger"]
    assert rules_of_file(path).names() == ["trigger 1"]


def test_settings_that_would_not_count_are_refused(tmp_path: Path) -> None:
    """Who silences a gesture in a rule file would not know why it is still told."""
    rules, settings = tmp_path / "rules.toml", tmp_path / "posecast.toml"
    for path in (rules, settings):
        named = f"[gestures]\noff = ['wave']\n[triggers]\nrules = '{path.as_posix()}'\n"
        path.write_text(named + "[[trigger]]\nwhen = 'dab'\ndo = { action = 'panic' }\n")
    with pytest.raises(RuleError) as raised:
        load_rules(load_config(None, {"triggers.rules": str(rules)}))
    assert str(raised.value) == (
        "rules.toml: [gestures] is a table of settings, which do not count in a rule file; move it to posecast.toml, "
        f"or start with --config {rules} alone"
    )
    assert load_rules(load_config(settings)).names() == ["trigger 1"]


def test_own_gestures_are_known(tmp_path: Path) -> None:
    """What the user has taught counts like what is built in."""
    path = tmp_path / "rules.toml"
    path.write_text('[[trigger]]\nwhen = "my_pose"\ndo = { action = "panic" }\n', encoding="utf-8")
    assert rules_of_file(path, own_gestures=["my_pose"]).names() == ["trigger 1"]
    with pytest.raises(RuleError, match="rules.toml, trigger 1: when names the gesture 'my_pose', which is not known"):
        rules_of_file(path)


def test_words_for_a_sensor_of_no_gesture(tmp_path: Path) -> None:
    """Gestures that a connection names are checked as those of rules are."""
    file = tmp_path / "rules.toml"
    file.write_text('[connections.mqtt]\nhost = "10.0.0.2"\ngestures = true\ndiscovery = true\nsensors = ["tpose"]\n')
    with pytest.raises(RuleError) as raised:
        rules_of_file(file)
    assert str(raised.value) == (
        "rules.toml, connection mqtt: names the gesture 'tpose', which is not known; did you mean t_pose?"
    )
