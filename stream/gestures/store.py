"""Where the user's own gestures lie: the takes of each as recordings, and what was learnt from all of them.

Owns the folder and its files: `gestures/NAME/take-N.pcast` and `gestures/NAME/gesture.json` for each gesture, and
`gestures/trained.npz` for what was learnt. No picture is ever kept. Every file is written whole or not at all. Knows nothing of
how takes are made and how gestures are learnt.
"""

import json
import re
import shutil
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np

from stream.config import default_path
from stream.gestures.files import listed, make_folder, unfinished_file, write_whole
from trackers.errors import UserError
from trackers.gestures.catalogue import BUILT_IN, FAMILIES
from trackers.gestures.trained import Kind, TrainedSet
from trackers.gestures.trained_data import from_data, to_data
from trackers.gestures.training import CHOICES, Lesson
from trackers.gestures.values import VALUES
from trackers.recording import PcastWriter, RecordingMetadata, read_pcast
from trackers.spelling import near
from trackers.types import Tracking
from trackers.whole_files import is_file_name, put_new

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
        UserError: it may not, or it is the name of a built-in gesture or of a value.
    """
    if not _NAME.fullmatch(name) or not is_file_name(name) or name in _WORDS:
        raise UserError(
            f"a gesture's name must be 1 to 40 small letters, digits and _, beginning with a letter, no word of rules and "
            f"no name that Windows keeps for devices, got {name!r}; try my_gesture"
        )
    if name in FAMILIES or name in {spec.name for spec in BUILT_IN}:
        raise UserError(f"{name} is a built-in gesture; choose another name, for instance my_{name}")
    if name in VALUES:
        raise UserError(f"{name} is a value that rules compare with a number; choose another name, for instance my_{name}")
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
        folders = sorted(path for path in listed(self.folder) if path.is_dir() and _NAME.fullmatch(path.name))
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
        metadata = RecordingMetadata(
            source=source,
            fps=fps,
            width_px=take[0].width_px,
            height_px=take[0].height_px,
            created=now(),
        )
        make_folder(folder)
        kept: list[Path] = []
        whole = unfinished_file(folder / "take.pcast", finish=lambda unfinished: kept.append(_numbered(unfinished, folder)))
        with whole as unfinished, PcastWriter(unfinished, metadata=metadata) as writer:
            for tracking in take:
                writer.write(tracking)
        return kept[0]

    def choose(self, name: str, *, about: str | None = None, kind: Kind | None = None) -> None:
        """Keep what a gesture is to be about and whether it is held or moved; None leaves what was chosen before.

        What was never chosen is found out at training.

        Raises:
            UserError: it cannot be written.
        """
        folder = self.folder / checked_gesture_name(name)
        make_folder(folder)
        before = _chosen(folder)
        text = json.dumps({"posecast_gesture": _VERSION, "about": about or before[0], "kind": kind or before[1]}) + "\n"
        write_whole(folder / _ABOUT, text.encode())

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
        """Remove a gesture with all its takes, and what was learnt of it: also if only one of the two is there.

        Raises:
            UserError: there is none of this name, or its files cannot be removed.
        """
        trained = self._readable()
        self.check_removable(name)
        place = self.folder / name
        try:
            if place.exists():
                shutil.rmtree(place)
        except OSError as error:
            raise UserError(f"{place} could not be removed ({error.strerror}); remove the folder by hand") from error
        if trained is not None and name in trained.names:
            self.save_trained(without(trained, {name}))

    def check_removable(self, name: str) -> None:
        """Raise unless there are takes of this gesture, or something that was learnt of it.

        Raises:
            UserError: there is none of this name.
        """
        trained = self._readable()
        if trained is None or name not in trained.names:
            self.get(name)

    def _readable(self) -> TrainedSet | None:
        """Return what was learnt; None also if it cannot be read: then it names no gesture either."""
        try:
            return self.load_trained()
        except UserError:
            return None

    @property
    def has_trained(self) -> bool:
        """Whether there is a file of what was learnt, readable or not."""
        return (self.folder / _TRAINED).exists()

    def save_trained(self, trained: TrainedSet) -> Path:
        """Write what was learnt; return the file.

        Raises:
            UserError: it cannot be written.
        """
        header, arrays = to_data(trained)
        text = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
        path = self.folder / _TRAINED
        make_folder(self.folder)
        with tempfile.SpooledTemporaryFile() as memory:
            np.savez_compressed(memory, allow_pickle=False, header=text, **arrays)
            memory.seek(0)
            write_whole(path, memory.read())
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
        except Exception as error:  # zip, zlib, the arrays' headers, JSON: each has errors of its own for damage
            raise UserError(f"{path} is damaged; train again: python run.py gesture train") from error
        return from_data(header, arrays, where=str(path))

    def _read(self, folder: Path) -> KeptGesture:
        numbered = sorted((int(match[1]), path) for path in listed(folder) if (match := _TAKE.fullmatch(path.name)))
        about, kind = _chosen(folder)
        return KeptGesture(folder.name, tuple(path for _, path in numbered), about, kind)


def without(trained: TrainedSet, names: Collection[str]) -> TrainedSet:
    """Return what was learnt without the gestures of these names."""
    return TrainedSet(tuple(gesture for gesture in trained.gestures if gesture.name not in names), trained.background)


def now() -> str:
    """Return the time, ISO 8601 with its offset."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def ordinary_takes() -> tuple[tuple[Tracking, ...], ...]:
    """Return the built-in performance: people who talk with their hands, and rest."""
    return (tuple(read_pcast(DEMO)),)


def _chosen(folder: Path) -> tuple[str | None, Kind | None]:
    """Return what the gesture of a folder is to be about and of which kind it is; None: it is found out at training."""
    try:
        values = json.loads((folder / _ABOUT).read_bytes())
    except (OSError, ValueError):
        return None, None  # nothing was chosen, or nobody can read what
    values = values if isinstance(values, dict) else {}
    about, kind = values.get("about"), values.get("kind")
    return about if about in list(CHOICES) else None, kind if kind in get_args(Kind) else None


def _numbered(unfinished: Path, folder: Path) -> Path:
    """Make a whole file the next take of its folder; another program may just be doing the same. Return its place."""
    while True:
        numbers = [int(match[1]) for path in listed(folder) if (match := _TAKE.fullmatch(path.name))]
        path = folder / f"take-{max(numbers, default=0) + 1}.pcast"
        try:
            put_new(unfinished, path)
        except FileExistsError:
            continue
        return path
