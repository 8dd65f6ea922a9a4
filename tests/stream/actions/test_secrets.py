"""Secrets: where they lie, who may read them, and that nothing tells what they are."""

import asyncio
import contextlib
import json
import logging
import os
import stat
import threading
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from stream.actions.base import Tools, secret_of
from stream.actions.secrets import SecretName, SecretStore, variable
from trackers.errors import UserError

VALUE = "hünter2 & more"


class MemoryKeyring(KeyringBackend):
    """The far end: what a desktop's keyring does, in memory."""

    priority = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check(password)
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError

    def _check(self, *words: str) -> None:
        if self.locked:
            raise KeyringLocked("locked", *words)


def _file_store(folder: Path, **environment: str) -> SecretStore:
    return SecretStore(folder, keyring=None, environment=environment)


def test_file_keeps_a_secret_for_its_owner_alone(tmp_path: Path) -> None:
    """The file has mode 0600 and its folder 0700, whatever the umask; the value comes back; nothing else is left."""
    before = os.umask(0)
    try:
        assert _file_store(tmp_path / "new").set("obs.password", VALUE) == "file"
    finally:
        os.umask(before)
    path = tmp_path / "new" / "secrets.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert sorted(file.name for file in path.parent.iterdir()) == ["secret_names.json", "secrets.json"]
    assert _file_store(tmp_path / "new").get("obs.password") == VALUE


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_file_that_others_may_reach_is_refused(tmp_path: Path, mode: int) -> None:
    """One sentence says which file, what its mode is, and what to do."""
    store = _file_store(tmp_path)
    store.set("obs.password", VALUE)
    path = tmp_path / "secrets.json"
    path.chmod(mode)
    with pytest.raises(UserError) as caught:
        store.get("obs.password")
    assert str(caught.value) == f"{path} must be readable by you alone, but its mode is {mode:04o}; run chmod 600 {path}"


def test_link_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    """A link that somebody laid there is not followed."""
    (tmp_path / "secrets.json").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_text('{"a": "b"}')
    with pytest.raises(UserError, match=r"secrets\.json cannot be read \(.*\); make it a plain file of yours, or remove it"):
        _file_store(tmp_path).get("a")


@pytest.mark.parametrize("content", ['{"a": "hunter2"', '["hunter2"]', '{"a": {"b": "hunter2"}}', "\xff\xfe"])
def test_damaged_file_is_told_without_its_content(tmp_path: Path, content: str) -> None:
    """The sentence names the file, and neither it nor the chain behind it quotes the file."""
    path = tmp_path / "secrets.json"
    path.write_bytes(content.encode("latin-1"))
    path.chmod(0o600)
    with pytest.raises(UserError) as caught:
        _file_store(tmp_path).get("a")
    assert str(caught.value) == f"{path} is damaged; remove it and give the secrets again with run.py secret set NAME"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_keyring_keeps_the_value_and_the_index_only_the_name(tmp_path: Path) -> None:
    """With a keyring no value is in the folder."""
    keyring = MemoryKeyring()
    store = SecretStore(tmp_path, keyring=keyring, environment={})
    assert store.set("obs.password", VALUE) == "keyring"
    assert keyring.kept == {("posecast", "obs.password"): VALUE}
    assert [file.name for file in tmp_path.iterdir()] == ["secret_names.json"]
    assert json.loads((tmp_path / "secret_names.json").read_text()) == ["obs.password"]
    assert SecretStore(tmp_path, keyring=keyring, environment={}).get("obs.password") == VALUE


def test_secret_moves_from_the_file_into_the_keyring(tmp_path: Path) -> None:
    """Given again where there is a keyring now, it does not stay in the file."""
    _file_store(tmp_path).set("a", "old")
    store = SecretStore(tmp_path, keyring=MemoryKeyring(), environment={})
    store.set("a", "new")
    assert "old" not in (tmp_path / "secrets.json").read_text()
    assert store.get("a") == "new"
    assert store.names() == [SecretName("a", "keyring")]


def test_locked_keyring_is_one_sentence_without_the_value(tmp_path: Path) -> None:
    """A keyring that refuses says why by its kind of error alone."""
    keyring = MemoryKeyring()
    keyring.locked = True
    with pytest.raises(UserError) as caught:
        SecretStore(tmp_path, keyring=keyring, environment={}).set("a", VALUE)
    assert str(caught.value) == (
        "the system's keyring refused the secret 'a' (KeyringLocked); "
        "unlock it and try again, or set POSECAST_KEYRING=off to use a file"
    )
    assert caught.value.__suppress_context__


def test_keyring_that_is_gone_is_told(tmp_path: Path) -> None:
    """A name that lies in a keyring is not simply unknown when the keyring is away."""
    SecretStore(tmp_path, keyring=MemoryKeyring(), environment={}).set("a", VALUE)
    with pytest.raises(UserError) as caught:
        _file_store(tmp_path).get("a")
    assert str(caught.value) == (
        "the secret 'a' lies in the system's keyring, which cannot be reached; unlock it, or keep it again"
    )


def test_environment_comes_first(tmp_path: Path) -> None:
    """`POSECAST_SECRET_<NAME>` overrides what is stored, and the list says so."""
    _file_store(tmp_path).set("obs.password", "stored")
    store = _file_store(tmp_path, POSECAST_SECRET_OBS_PASSWORD="given", POSECAST_SECRET_OTHER="other")
    assert (store.get("obs.password"), store.get("other"), store.get("third")) == ("given", "other", None)
    assert store.names() == [SecretName("obs.password", "environment")]
    assert variable("my-lamp.token 2") == "POSECAST_SECRET_MY_LAMP_TOKEN_2"


def test_keyring_can_be_switched_off(tmp_path: Path) -> None:
    """`POSECAST_KEYRING=off` uses the file even where there is a keyring."""
    store = SecretStore(tmp_path, keyring=MemoryKeyring(), environment={"POSECAST_KEYRING": "off"})
    assert store.set("a", VALUE) == "file"


def test_system_without_a_real_keyring_uses_the_file(tmp_path: Path) -> None:
    """A backend that only fails, or that writes plain text, is none."""
    import keyring
    from keyring.backends.fail import Keyring as Failing

    before = keyring.get_keyring()
    try:
        for backend in (Failing(), _PlainText()):
            keyring.set_keyring(backend)
            assert SecretStore(tmp_path, environment={}).where() == f"the file {tmp_path / 'secrets.json'}"
        keyring.set_keyring(MemoryKeyring())
        assert SecretStore(tmp_path, environment={}).where() == f"the system's keyring ({__name__})"
    finally:
        keyring.set_keyring(before)


class _PlainText(MemoryKeyring):
    priority = 0.5  # type: ignore[assignment]


@pytest.mark.parametrize("keyring", [None, MemoryKeyring()], ids=["file", "keyring"])
def test_removed_is_gone(tmp_path: Path, keyring: MemoryKeyring | None) -> None:
    """Removing tells whether there was one; the others stay."""
    store = SecretStore(tmp_path, keyring=keyring, environment={})
    store.set("a", "1")
    store.set("b", "2")
    assert store.remove("a") is True
    assert store.remove("a") is False
    assert (store.get("a"), store.get("b")) == (None, "2")


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "x" * 101, "a=b", "a\nb"])
def test_names_are_checked(tmp_path: Path, name: str) -> None:
    """A name that cannot be says what it may hold; asking for it gives nothing and does not fail."""
    with pytest.raises(UserError, match="a secret's name must be 1 to 100 letters, digits, blanks or any of"):
        _file_store(tmp_path).set(name, "x")
    assert _file_store(tmp_path).get(name) is None


def test_values_are_checked_without_being_quoted(tmp_path: Path) -> None:
    """An endless value is told by its length."""
    with pytest.raises(UserError) as caught:
        _file_store(tmp_path).set("a", "s3cret" * 5000)
    assert str(caught.value) == "the secret 'a' must be 1 to 10000 characters, got 30000; give it again"


def test_nothing_tells_a_value(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither repr, nor list, nor log at its most talkative holds one."""
    with caplog.at_level(logging.DEBUG):
        store = _file_store(tmp_path)
        store.set("a", VALUE)
        said = [repr(store), str(store), repr(store.names()), store.where(), str(store.get("a") == VALUE)]
    assert not any(VALUE in text for text in [*said, caplog.text])


def test_a_keyring_that_waits_for_a_person_is_asked_once() -> None:
    """Every attempt to connect asks, and gives up after a while: the person sees one window, and its answer serves the next."""
    asked, answer = list[str](), threading.Event()

    def secret(name: str) -> str:
        asked.append(name)
        answer.wait(60)
        return "s3cret"

    tools = Tools(secret=secret, store_secret=lambda *_: None)

    async def attempts() -> str | None:
        for _ in range(3):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(secret_of(tools, "obs.password"), 0.01)
        asyncio.get_running_loop().call_later(0.01, answer.set)
        return await secret_of(tools, "obs.password")

    assert asyncio.run(attempts()) == "s3cret"
    assert asked == ["obs.password"]
    assert tools.asked == {}
