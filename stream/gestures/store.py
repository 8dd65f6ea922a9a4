"""Where the user's own gestures lie: the takes of each as recordings, and what was learnt from all of them.

Owns the folder and its files: `gestures/NAME/take-N.pcast` and `gestures/NAME/gesture.json` for each gesture, and
`gestures/trained.npz` for what was learnt. No picture is ever kept. Every file is written whole or not at all. Knows nothing of
how takes are made and how gestures are learnt.
"""

import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np

from stream.config import default_path
from trackers.errors import UserError
from trackers.gestures.catalogue import BUILT_IN, FAMILIES
from trackers.gestures.trained import Kind, TrainedSet
from trackers.gestures.trained_data import from_data, to_data
from trackers.gestures.training import CHOICES, Lesson
from trackers.recording import PcastWriter, RecordingMetadata, read_pcast
from trackers.spelling import near
from trackers.types import Tracking

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TAKE: Final = re.compile(r"take-([1-9][0-9]{0,3})\.pcast")
_TRAINED: Final = "trained.npz"
_ABOUT: Final = "gesture.json"
_VERSION: Final = 1
_LARGEST_BYTES: Final = 64 * 1024 * 1024
_WORDS: Final = (
    *("above", "after", "and", "below", "during", "end", "ends", "every", "found", "held", "hold", "holds", "is", "key"),
    *("lost", "midi", "not", "or", "scene", "start", "starts", "strictly", "then", "tracking", "within"),
)
"""Words of rules: a `when` that says one of them says something else."""
DEMO: Final = Path(__file__).parents[2] / "trackers" / "data" / "demo.pcast"


@dataclass(frozen=True, slots=True)
class KeptGesture:
    """What lies there of one gesture."""

    name: str
    takes: tuple[Path, ...]
    about: str | None
    """One of `training.CHOICES`, or None: found out at training."""
    kind: Kind | None


def checked_gesture_name(name: str) -> str:
    """Return `name` if a gesture may be called so.

    Raises:
        UserError: it may not, or it is a built-in gesture's.
    """
    if not _NAME.fullmatch(name) or name in _WORDS:
        raise UserError(
            f"a gesture's name must be 1 to 40 small letters, digits and _, beginning with a letter, and no word of rules, "
            f"got {name!r}; try my_gesture"
        )
    if name in FAMILIES or name in {spec.name for spec in BUILT_IN}:
        raise UserError(f"{name} is a built-in gesture; choose another name, for instance my_{name}")
    return name


def is_take(path: Path) -> bool:
    """Tell whether a file is called as takes of gestures are."""
    return _TAKE.fullmatch(path.name) is not None


class GestureStore:
    """The folder of the user's gestures. Made when the first take is kept.

    Args:
        folder: another one than that beside the settings.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_path().parent / "gestures"

    def kept(self) -> tuple[KeptGesture, ...]:
        """Return every gesture that has a take, by name."""
        folders = sorted(path for path in _listed(self.folder) if path.is_dir() and _NAME.fullmatch(path.name))
        found = (self._read(path) for path in folders)
        return tuple(gesture for gesture in found if gesture.takes)

    def get(self, name: str) -> KeptGesture:
        """Return one gesture.

        Raises:
            UserError: there is none of this name.
        """
        gestures = {gesture.name: gesture for gesture in self.kept()}
        if name not in gestures:
            if not gestures:
                step = "`python run.py gesture record NAME` makes one"
                raise UserError(f"there is no gesture {name}, for there is none of your own yet; {step}")
            raise UserError(f"there is no gesture {name} of your own; {near(name, list(gestures))}")
        return gestures[name]

    def add_take(self, name: str, take: Sequence[Tracking], *, source: str, fps: float = 30.0) -> Path:
        """Keep a take of a gesture; return its file.

        Raises:
            UserError: the gesture may not be called so, or the file cannot be written.
        """
        folder = self.folder / checked_gesture_name(name)
        numbers = [int(match[1]) for path in _listed(folder) if (match := _TAKE.fullmatch(path.name))]
        path = folder / f"take-{max(numbers, default=0) + 1}.pcast"
        metadata = RecordingMetadata(
            source=source,
            fps=fps,
            width_px=take[0].width_px,
            height_px=take[0].height_px,
            created=now(),
        )
        _made(folder)
        with _unfinished(path) as unfinished, PcastWriter(unfinished, metadata=metadata) as writer:
            for tracking in take:
                writer.write(tracking)
        return path

    def choose(self, name: str, *, about: str | None = None, kind: Kind | None = None) -> None:
        """Keep what a gesture is to be about and whether it is held or moved; None is found out at training.

        Raises:
            UserError: it cannot be written.
        """
        folder = self.folder / checked_gesture_name(name)
        _made(folder)
        text = json.dumps({"posecast_gesture": _VERSION, "about": about, "kind": kind}) + "\n"
        _write_whole(folder / _ABOUT, text.encode())

    def lessons(self) -> tuple[Lesson, ...]:
        """Return all takes of all gestures, read.

        Raises:
            UserError: a take is damaged.
        """
        created = now()
        return tuple(
            Lesson(
                gesture.name,
                tuple(tuple(read_pcast(path)) for path in gesture.takes),
                about=gesture.about,
                kind=gesture.kind,
                created=created,
            )
            for gesture in self.kept()
        )

    def remove(self, name: str) -> None:
        """Remove a gesture with all its takes, and what was learnt of it.

        Raises:
            UserError: there is none of this name, or its files cannot be removed.
        """
        self.get(name)
        try:
            shutil.rmtree(self.folder / name)
        except OSError as error:
            place = self.folder / name
            raise UserError(f"{place} could not be removed ({error.strerror}); remove the folder by hand") from error
        try:
            trained = self.load_trained()
        except UserError:
            return  # what cannot be read names no gesture either
        if trained is not None and name in trained.names:
            rest = tuple(gesture for gesture in trained.gestures if gesture.name != name)
            self.save_trained(TrainedSet(rest, trained.background))

    def save_trained(self, trained: TrainedSet) -> Path:
        """Write what was learnt; return the file.

        Raises:
            UserError: it cannot be written.
        """
        header, arrays = to_data(trained)
        text = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
        path = self.folder / _TRAINED
        _made(self.folder)
        with tempfile.SpooledTemporaryFile() as memory:
            np.savez_compressed(memory, allow_pickle=False, header=text, **arrays)
            memory.seek(0)
            _write_whole(path, memory.read())
        return path

    def load_trained(self) -> TrainedSet | None:
        """Return what was learnt last; None if nothing was.

        Raises:
            UserError: the file cannot be read, is damaged, or of another version.
        """
        path = self.folder / _TRAINED
        try:
            if path.stat().st_size > _LARGEST_BYTES:
                raise ValueError("too large")
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as data:
                arrays = {key: data[key] for key in data.files}
            header: dict[str, Any] = json.loads(arrays.pop("header").tobytes())
            if not isinstance(header, dict):
                raise ValueError("no header")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UserError(f"{path} could not be read ({error.strerror or error}); check its permissions") from error
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError) as error:
            raise UserError(f"{path} is damaged; train again: python run.py gesture train") from error
        return from_data(header, arrays, where=str(path))

    def _read(self, folder: Path) -> KeptGesture:
        numbered = sorted((int(match[1]), path) for path in _listed(folder) if (match := _TAKE.fullmatch(path.name)))
        about, kind = None, None
        try:
            values = json.loads((folder / _ABOUT).read_bytes())
            about = values["about"] if values.get("about") in CHOICES else None
            kind = values["kind"] if values.get("kind") in get_args(Kind) else None
        except (OSError, ValueError, AttributeError, KeyError):
            pass  # nothing was chosen, or nobody can read what: it is found out at training
        return KeptGesture(folder.name, tuple(path for _, path in numbered), about, kind)


def now() -> str:
    """Return the time, ISO 8601 with its offset."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def ordinary_takes() -> tuple[tuple[Tracking, ...], ...]:
    """Return the built-in performance: people who talk with their hands, and rest."""
    return (tuple(read_pcast(DEMO)),)


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(f"{folder} could not be read ({error.strerror}); check its permissions") from error


def _made(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} could not be made ({error.strerror}); check its permissions") from error


def _write_whole(path: Path, data: bytes) -> None:
    with _unfinished(path) as unfinished:
        unfinished.write_bytes(data)


@contextmanager
def _unfinished(path: Path) -> Iterator[Path]:
    """Give a file to write, which takes the place of `path` once it is whole, and is gone if it never is."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.unlink(missing_ok=True)
        yield unfinished
        os.replace(unfinished, path)
    except OSError as error:
        raise _unwritten(path, error) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _unwritten(path: Path, error: OSError) -> UserError:
    return UserError(f"{path} could not be written ({error.strerror}); free some space or check its permissions")
