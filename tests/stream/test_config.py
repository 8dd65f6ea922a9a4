"""Tests of the configuration: what is read, what is refused, and in which words."""

import tomllib
from pathlib import Path

import pytest

from stream.config import Config, keys, load_config, toml_text
from stream.reactions import load_rules
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


@pytest.mark.parametrize("written", ["server = 5\n", "[[server]]\nport = 1\n"])
def test_words_for_a_table_that_is_none(tmp_path: Path, written: str) -> None:
    """Also where a flag would be laid into it."""
    file = tmp_path / "posecast.toml"
    file.write_text(written)
    for overrides in ({}, {"server.port": "9000"}):
        with pytest.raises(UserError, match=r"posecast.toml: server must be a table, got .*; see --print-config$"):
            load_config(file, overrides)


def test_words_for_a_gesture_that_is_tuned_wrongly(tmp_path: Path) -> None:
    """The key is named to its end, with what may stand there."""
    assert refused(tmp_path, "[gestures.tune.wave]\nentr = 0.5\n") == (
        "FILE: gestures.tune.wave.entr is not a setting; known: enter, leave, hold_s, cooldown_s"
    )
    assert refused(tmp_path, "[gestures.tune.wave]\nenter = 5\n") == (
        "FILE: gestures.tune.wave.enter must be less than or equal to 1, got 5; see --print-config"
    )
    assert refused(tmp_path, "[gestures.tune]\nwave = 5\n") == (
        "FILE: gestures.tune.wave must be a table, got 5; see --print-config"
    )


def test_what_is_printed_survives_every_shell(tmp_path: Path) -> None:
    """Windows' shells write what they are given in code pages of their own: all letters are ASCII, and mean the same."""
    config = load_config(None, {"source.name": "C:\\Users\\Jürgen\\猫 🦊.mp4"})
    text = toml_text(config)
    assert text.isascii()
    file = tmp_path / "posecast.toml"
    file.write_bytes(text.encode("cp1252"))
    assert load_config(file) == config


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_file_of_windows_is_read(tmp_path: Path, encoding: str) -> None:
    """PowerShell 5 writes UTF-16 where a command's output goes into a file; Notepad may put a mark before UTF-8."""
    config = load_config(None, {"source.name": "Käme.mp4"})
    file = tmp_path / "posecast.toml"
    file.write_text(toml_text(config), encoding=encoding)
    assert load_config(file) == config


def test_the_beat_is_one_a_second_or_more() -> None:
    """At less, nothing that waits for a beat would end in time."""
    with pytest.raises(UserError) as raised:
        load_config(None, {"output.fps": "0.03"})
    assert str(raised.value) == "--output.fps must be greater than or equal to 1, got 0.03; see --print-config"


def test_mistakes_in_rules_name_the_file_that_holds_them(tmp_path: Path) -> None:
    """That of --config, where one was given."""
    file = tmp_path / "mine.toml"
    file.write_text("[[trigger]]\nname = 'x'\n")
    with pytest.raises(UserError, match=r"^mine.toml"):
        load_rules(load_config(file))
