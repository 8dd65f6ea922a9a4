"""`run.py secret`: what it says, and that it never says the secret."""

import io
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stream.actions.secrets import SecretStore
from stream.commands.secret import app, set_secret
from trackers.errors import UserError

VALUE = "hunter2"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder of its own, without a keyring."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("POSECAST_KEYRING", "off")
    return tmp_path / "posecast"


def _run(*arguments: str, stdin: str | None = None) -> str:
    result = CliRunner().invoke(app, list(arguments), input=stdin, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_secret_by_standard_input(folder: Path) -> None:
    """`--stdin` takes one line, says where it went, and not what it was."""
    assert (
        _run("set", "obs.password", "--stdin", stdin=f"{VALUE}\n")
        == f"obs.password is kept in the file {folder}/secrets.json.\n"
    )
    assert SecretStore().get("obs.password") == VALUE


def test_typed_secret_is_not_shown(folder: Path) -> None:
    """The prompt names the secret and hides what is typed."""
    said = _run("set", "obs.password", stdin=f"{VALUE}\n")
    assert said.startswith("obs.password (not shown): ")
    assert VALUE not in said
    assert SecretStore().get("obs.password") == VALUE


def test_list_shows_names_and_places(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names and where they are kept; an empty store says how to begin."""
    assert _run("list") == f"There is no secret yet; run.py secret set NAME keeps one in the file {folder}/secrets.json.\n"
    SecretStore().set("b", VALUE)
    SecretStore().set("a", VALUE)
    monkeypatch.setenv("POSECAST_SECRET_A", "x")
    assert _run("list") == "a  in the environment\nb  in the file\n"


def test_variable_that_comes_first_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who stores a secret that a variable overrides is told so."""
    monkeypatch.setenv("POSECAST_SECRET_A", "x")
    assert "The variable POSECAST_SECRET_A is set and comes before it." in _run("set", "a", "--stdin", stdin="y\n")


def test_remove(folder: Path) -> None:
    """Removing what is not there names what is."""
    SecretStore().set("a", VALUE)
    with pytest.raises(UserError, match=r"^there is no secret 'b'; there are: a$"):
        _run("remove", "b")
    assert _run("remove", "a") == "a is forgotten.\n"
    with pytest.raises(UserError, match=r"^there is no secret 'a'; there are: none$"):
        _run("remove", "a")


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_a_secret_in_another_encoding_is_refused(errors: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a sentence that does not quote it."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"p\xe4ss\n"), encoding="utf-8", errors=errors))
    with pytest.raises(UserError) as caught:
        set_secret("obs.password", stdin=True)
    assert str(caught.value) == (
        "the secret on standard input is not UTF-8; send it as UTF-8, or leave --stdin away and type it"
    )
    assert caught.value.__suppress_context__
