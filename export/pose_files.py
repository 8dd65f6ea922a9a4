"""Files of tracked people: OpenPose, COCO-WholeBody and our own JSON, whole at every moment.

Owns what lies on disk when. A single file grows under another name and gets its own when it is finished, so a file that is
there is valid; of a folder each file is so. An error leaves no single file, and of a folder the files that were finished.
Knows nothing of who tracks.
"""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self, TextIO

from export.pose_json import POSECAST_VERSION, coco_result, openpose_frame, posecast_frame
from trackers.errors import UserError
from trackers.skeleton import BODY_NAMES, HAND_NAMES
from trackers.types import Tracking
from trackers.whole_files import check_writable, whole_text

FORMATS: Final = ("openpose", "coco-wholebody", "posecast")
_SUFFIX: Final = "_keypoints.json"


@dataclass(frozen=True, slots=True)
class Header:
    """What the whole file says of itself."""

    source: str
    fps: float
    engine: str


class PoseWriter(Protocol):
    """Takes trackings, one after the other. `with` opens and finishes what is on disk; an error throws a single file away."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...

    def write(self, tracking: Tracking, *, name: str, number: int) -> None:
        """Add one frame; `name` is that of its picture, `number` the picture's id.

        Raises:
            UserError: the disk is full or went away.
        """


def pose_writer(out: Path, *, format_: str, header: Header) -> PoseWriter:
    """Return the writer for `out`: a file if its name ends in .json, else a folder.

    Raises:
        UserError: there is no such format, it writes no folders, or something lies there already.
    """
    check_format(format_)
    is_folder = out.is_dir() or out.suffix.lower() != ".json"  # poses.v2 is a folder, too
    if is_folder and format_ != "openpose":
        raise UserError(f"--format {format_} writes one .json file, got {out}; try --out {out}.json")
    if out.is_dir() and any(out.glob("*" + _SUFFIX)):
        raise UserError(f"{out} holds OpenPose files already; empty it or choose another --out")
    check_free(out)
    if is_folder:
        return FolderWriter(out)
    head, encode = _single(format_, header)
    return ListWriter(out, head=head[0], tail=head[1], encode=encode)


def check_format(format_: str) -> None:
    """Raise UserError if there is no such format."""
    if format_ not in FORMATS:
        raise UserError(f"--format must be one of {', '.join(FORMATS)}, got {format_}; see python run.py track --help")


def check_free(out: Path) -> None:
    """Raise UserError if a file lies where a result is to go, or nothing can be written there; a folder may be there."""
    if out.is_dir():
        return
    if out.exists():
        raise _taken(out)
    check_writable(out, flag="--out")


def make_folder(folder: Path) -> None:
    """Make the folder if it is not there.

    Raises:
        UserError: the disk does not do it.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


Encode = Callable[[Tracking, int], dict[str, Any] | None]


def _single(format_: str, header: Header) -> tuple[tuple[str, str], Encode]:
    """Return what stands before and after the list of frames, and what becomes of one."""
    if format_ == "openpose":
        return ("[\n", "\n]\n"), lambda tracking, _: openpose_frame(tracking)
    if format_ == "coco-wholebody":
        return ("[\n", "\n]\n"), lambda tracking, number: coco_result(tracking, image_id=number)
    told = {"format": "posecast-tracking", "version": POSECAST_VERSION, "source": header.source, "fps": header.fps}
    told |= {"engine": header.engine, "body_names": BODY_NAMES, "hand_names": HAND_NAMES}

    def encode(tracking: Tracking, _: int) -> dict[str, Any]:
        return {"width_px": tracking.width_px, "height_px": tracking.height_px, **posecast_frame(tracking)}

    return (json.dumps(told)[:-1] + ', "frames": [\n', "\n]}\n"), encode


class ListWriter:
    """One JSON file with a list of frames, a line each."""

    def __init__(self, path: Path, *, head: str, tail: str, encode: Encode) -> None:
        self._path = path
        self._head = head
        self._tail = tail
        self._encode = encode
        self._opened = ExitStack()
        self._file: TextIO | None = None
        self._is_first = True

    def __enter__(self) -> Self:
        try:
            with ExitStack() as opened:
                self._file = opened.enter_context(whole_text(self._path, over=False))
                opened.push(self._end)
                self._file.write(self._head)
                self._opened = opened.pop_all()
        except OSError as error:
            raise _unwritable(self._path, error) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self._opened.__exit__(kind, error, trace)
        except OSError as failure:
            raise _unwritable(self._path, failure) from failure

    def _end(self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        """Finish the list, unless it is to be thrown away."""
        file, self._file = self._file, None
        assert file is not None
        with file:
            if kind is None:
                file.write(self._tail)

    def write(self, tracking: Tracking, *, name: str, number: int) -> None:
        """Add one frame; of COCO's results, none where nobody is."""
        value = self._encode(tracking, number)
        if value is not None:
            self._put(("" if self._is_first else ",\n") + _text(value))
            self._is_first = False

    def _put(self, text: str) -> None:
        assert self._file is not None
        try:
            self._file.write(text)
        except OSError as error:
            raise _unwritable(self._path, error) from error


class FolderWriter:
    """A folder with a file for each frame, named as OpenPose names them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        make_folder(self._folder)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass

    def write(self, tracking: Tracking, *, name: str, number: int) -> None:
        """Write one file; it has its name only when it is whole."""
        path = self._folder / (name + _SUFFIX)
        try:
            with whole_text(path, over=False) as file:
                file.write(_text(openpose_frame(tracking)))
        except OSError as error:
            raise _unwritable(path, error) from error


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _taken(path: Path) -> UserError:
    """Return the error about something that lies where a result is to go."""
    return UserError(f"{path} exists already; remove it or choose another --out")


def _unwritable(path: Path, error: OSError) -> UserError:
    if isinstance(error, FileExistsError):
        return _taken(path)
    return UserError(f"{path} could not be written ({error.strerror}); free some space or choose another --out")
