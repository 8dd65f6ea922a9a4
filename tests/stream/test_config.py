"""Tests of the configuration: what is read, what is refused, and in which words."""

import tomllib
from pathlib import Path

import pytest

from stream.config import Config, keys, load_config, toml_text
from trackers.errors import UserError


def refused(tmp_path: Path, text: str) -> str:
    """Return the sentence with which a file of this text is refused."""
    file = tmp_path / "posecast.toml"
    file.write_text(text)
    with pytest.raises(UserError) as raised:
        load_config(file)
    return str(raised.value).replace(str(file), "FILE")


def test_the_written_file_reads_back_to_the_same_settings(tmp_path: Path) -> None:
    """--print-config gives a file that means the same."""
    config = load_config(None, {"server.port": "9000", "output.sinks": "overlay,null", "avatar.mirror": "true"})
    file = tmp_path / "posecast.toml"
    file.write_text(toml_text(config))
    assert load_config(file) == config


def test_every_key_is_a_flag() -> None:
    """Each dotted key can be set to its own default as text."""
    tree = tomllib.loads(toml_text(Config()))
    for key in keys():
        section, name = key.split(".")
        value = tree[section][name]
        text = ",".join(value) if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else str(value)
        assert load_config(None, {key: text}) == load_config(None), key


def test_flags_win_over_the_file(tmp_path: Path) -> None:
    """A flag is laid over what the file says."""
    file = tmp_path / "posecast.toml"
    file.write_text("[server]\nport = 9000\nhost = '127.0.0.2'\n")
    config = load_config(file, {"server.port": "9001"})
    assert (config.server.port, config.server.host) == (9001, "127.0.0.2")


def test_words_for_an_unknown_key(tmp_path: Path) -> None:
    """A misspelt key is named beside those that exist."""
    assert refused(tmp_path, "[server]\nprt = 1\n") == "FILE: server.prt is not a setting; known: host, port, show_camera"
    unknown = refused(tmp_path, "[srver]\nport = 1\n")
    assert unknown.startswith("FILE: srver is not a setting; known: source, tracker, lost, avatar")


def test_words_for_a_wrong_value(tmp_path: Path) -> None:
    """A wrong value is named with what was expected."""
    words = "FILE: avatar.framing must be 'bust', 'upper' or 'full', got 'bus'; see --print-config"
    assert refused(tmp_path, "[avatar]\nframing = 'bus'\n") == words
    words = "FILE: server.port must be less than or equal to 65535, got 99999; see --print-config"
    assert refused(tmp_path, "[server]\nport = 99999\n") == words


def test_words_for_a_wrong_value_beside_a_file(tmp_path: Path) -> None:
    """A flag's value is told by the flag, a file's by the file, also if both are there."""
    assert refused(tmp_path, "[lost]\nhold_s = 'x'\n") == "FILE: lost.hold_s must be a number, got 'x'; see --print-config"
    file = tmp_path / "posecast.toml"
    file.write_text("[avatar]\nframing = 'full'\n")
    with pytest.raises(UserError) as raised:
        load_config(file, {"tracker.threads": "2.5"}, flags={"server.port": "--port"})
    assert str(raised.value) == "--tracker.threads must be a whole number, got 2.5; see --print-config"
    with pytest.raises(UserError) as raised:
        load_config(file, {"server.port": "x"}, flags={"server.port": "--port"})
    assert str(raised.value) == "--port must be a whole number, got 'x'; see --print-config"


def test_words_for_a_broken_file(tmp_path: Path) -> None:
    """A file that is not TOML, or is not there, is one sentence."""
    assert refused(tmp_path, "[server\n").startswith("FILE is not valid TOML: ")
    with pytest.raises(UserError, match="could not be read .*; check --config$"):
        load_config(tmp_path / "absent.toml")


def test_words_for_an_unknown_flag() -> None:
    """A misspelt flag names its section's keys."""
    with pytest.raises(UserError) as raised:
        load_config(None, {"server.prt": "1"})
    assert str(raised.value) == "--server.prt is not a setting; known: server.host, server.port, server.show_camera"
