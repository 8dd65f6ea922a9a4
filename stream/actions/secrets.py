"""Passwords and tokens: in the system's keyring where there is one, else in a file that nobody else may read.

Owns where secrets lie, what they may be called, and the guard of the file. Knows nothing of what they open. A value never
stands in a log, an error or a repr; nothing is kept in memory between two calls.

In the folder lie `secret_names.json` (the names of those in the keyring, which cannot be listed) and, without a keyring,
`secrets.json` with mode 0600. A variable `POSECAST_SECRET_<NAME>` of the environment comes before both: `obs.password` is
`POSECAST_SECRET_OBS_PASSWORD`. `POSECAST_KEYRING=off` leaves the keyring alone, for machines where it asks and nobody answers.
"""

import contextlib
import importlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from stream.paths import settings_folder
from trackers.errors import UserError
from trackers.whole_files import whole_text

SERVICE: Final = "posecast"
Place = Literal["keyring", "file", "environment"]

_FILE: Final = "secrets.json"
_INDEX: Final = "secret_names.json"
_NAME: Final = re.compile(r"[\w][\w .:-]{0,99}")
_LONGEST: Final = 10_000
_LARGEST_BYTES: Final = 1 << 20
_REAL_PRIORITY: Final = 1.0  # keyring's own bound: those below it are for tests, or write plain text


class Keyring(Protocol):
    """What is used of a backend of `keyring`."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return the secret, or None."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep the secret."""

    def delete_password(self, service: str, username: str) -> None:
        """Forget the secret."""


@dataclass(frozen=True, slots=True)
class SecretName:
    """That there is a secret, and where."""

    name: str
    place: Place


class SecretStore:
    """Keeps secrets by name, such as `obs.password`. Cheap to make; files and keyring are touched when asked. Thread-safe
    for reading.

    Args:
        folder: where the files lie; None: the configuration folder.
        keyring: the backend; "system" finds the system's, None uses the file alone.
        environment: where overriding variables are looked up; None: this process's.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        keyring: Keyring | Literal["system"] | None = "system",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._folder = folder or settings_folder()
        self._environment = os.environ if environment is None else environment
        self._given = keyring

    def get(self, name: str) -> str | None:
        """Return the secret of that name, or None.

        Raises:
            UserError: others may read the file, it is damaged, or the keyring does not answer.
        """
        value = self._environment.get(variable(name))
        if value:
            return value
        if name in self._indexed():
            return self._from_keyring(name)
        return self._values().get(name)

    def set(self, name: str, value: str) -> Place:
        """Keep a secret, in place of an older one of that name; return where.

        Raises:
            UserError: the name or the value cannot be, or neither keyring nor file takes it.
        """
        checked_secret_name(name)
        if not value or len(value) > _LONGEST or "\0" in value:
            raise UserError(f"the secret {name!r} must be 1 to {_LONGEST} characters, got {len(value)}; give it again")
        keyring = self._keyring()
        if keyring is None:
            self._write(_FILE, self._values() | {name: value})
            self._write(_INDEX, sorted(self._indexed() - {name}))
            return "file"
        with _keyring_errors(name):
            keyring.set_password(SERVICE, name, value)
        self._write(_INDEX, sorted(self._indexed() | {name}))
        self._drop_from_file(name)
        return "keyring"

    def remove(self, name: str) -> bool:
        """Forget a secret; False if there was none (what the environment holds cannot be removed).

        Raises:
            UserError: as for `get`.
        """
        indexed = self._indexed()
        found = self._drop_from_file(name)
        if name in indexed:
            keyring = self._keyring()
            if keyring is None:
                raise _without_keyring(name)
            with _keyring_errors(name), _already_gone():
                keyring.delete_password(SERVICE, name)
            self._write(_INDEX, sorted(indexed - {name}))
            found = True
        return found

    def names(self) -> list[SecretName]:
        """Return which secrets there are and where, by name; of the environment those whose names are known otherwise.

        Raises:
            UserError: others may read the file, or it is damaged.
        """
        places: dict[str, Place] = dict.fromkeys(self._values(), "file")
        places |= dict.fromkeys(self._indexed(), "keyring")
        places |= {name: "environment" for name in places if self._environment.get(variable(name))}
        return [SecretName(name, places[name]) for name in sorted(places)]

    def where(self) -> str:
        """Return where a new secret would go, for people."""
        keyring = self._keyring()
        return f"the file {self._folder / _FILE}" if keyring is None else f"the system's keyring ({type(keyring).__module__})"

    def _keyring(self) -> Keyring | None:
        if self._environment.get("POSECAST_KEYRING", "").casefold() == "off":
            return None
        return _system_keyring() if self._given == "system" else self._given

    def _from_keyring(self, name: str) -> str | None:
        keyring = self._keyring()
        if keyring is None:
            raise _without_keyring(name)
        with _keyring_errors(name):
            return keyring.get_password(SERVICE, name)

    def _indexed(self) -> frozenset[str]:
        names = self._read(_INDEX, private=False)
        return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()

    def _values(self) -> dict[str, str]:
        values = self._read(_FILE, private=True)
        if values is None:
            return {}
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            raise self._damaged(_FILE)
        return values

    def _drop_from_file(self, name: str) -> bool:
        values = self._values()
        if name not in values:
            return False
        del values[name]
        self._write(_FILE, values)
        return True

    def _read(self, file: str, *, private: bool) -> Any:
        path = self._folder / file
        try:
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UserError(f"{path} cannot be read ({error.strerror}); make it a plain file of yours, or remove it") from None
        with open(descriptor, "rb") as opened:
            if private:
                _check_private(path, os.fstat(descriptor))
            try:
                return json.loads(opened.read(_LARGEST_BYTES))
            except ValueError:  # its own words would quote the file
                raise self._damaged(file) from None

    def _damaged(self, file: str) -> UserError:
        return UserError(f"{self._folder / file} is damaged; remove it and give the secrets again with run.py secret set NAME")

    def _write(self, file: str, content: object) -> None:
        """Write a file so that nobody else may ever read it, and so that a crash leaves the old or the new one."""
        path = self._folder / file
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with whole_text(path, over=True, private=True) as opened:
                json.dump(content, opened, indent=1, ensure_ascii=False)
        except OSError as error:
            raise UserError(f"{path} cannot be written ({error.strerror}); make the folder yours and try again") from None


def variable(name: str) -> str:
    """Return the environment variable that overrides a secret: `obs.password` is `POSECAST_SECRET_OBS_PASSWORD`."""
    return "POSECAST_SECRET_" + re.sub(r"[^A-Z0-9]", "_", name.upper())


def checked_secret_name(name: str) -> str:
    """Return `name` if a secret may be called so.

    Raises:
        UserError: it may not.
    """
    if not _NAME.fullmatch(name):
        raise UserError(
            f"a secret's name must be 1 to 100 letters, digits, blanks or any of . _ - :, got {name[:120]!r}; try obs.password"
        )
    return name


def _check_private(path: Path, status: os.stat_result) -> None:
    if os.name == "nt":  # the folder is the user's alone there, and modes mean little
        return
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise UserError(f"{path} must be readable by you alone, but its mode is {mode:04o}; run chmod 600 {path}")
    if status.st_uid != os.geteuid():
        raise UserError(f"{path} holds secrets and must be yours, but belongs to user {status.st_uid}; remove it")


def _system_keyring() -> Keyring | None:
    """Return the system's keyring, or None where there is none that keeps secrets secret."""
    keyring = importlib.import_module("keyring")
    try:
        backend = keyring.get_keyring()
        return backend if float(backend.priority) >= _REAL_PRIORITY else None
    except Exception:  # every backend fails in its own way when its service is away
        return None


def _without_keyring(name: str) -> UserError:
    return UserError(f"the secret {name!r} lies in the system's keyring, which cannot be reached; unlock it, or keep it again")


@contextlib.contextmanager
def _keyring_errors(name: str) -> Any:
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # every backend has its own; their words may hold what was sent
        raise UserError(
            f"the system's keyring refused the secret {name!r} ({type(error).__name__}); "
            "unlock it and try again, or set POSECAST_KEYRING=off to use a file"
        ) from None


@contextlib.contextmanager
def _already_gone() -> Any:
    from keyring.errors import PasswordDeleteError

    with contextlib.suppress(PasswordDeleteError):
        yield
