"""OpenPose's JSON read as people in a picture: a file for each frame, or one file with a list of frames.

Owns the parsing, the guess of what the files do not say (the picture's size), and the choice of one person. docs/keypoints.md
describes the format. Knows nothing of clocks; the lift into space is `keypoint_lift`'s.
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from trackers.errors import SourceError
from trackers.keypoint_sets import Points, points_from_openpose
from trackers.person import Policy
from trackers.pictures import entries_of, natural_key
from trackers.types import FloatArray

SUFFIX: Final = "_keypoints.json"
_NUMBERED: Final = re.compile(r"(?P<clip>.*?)(?P<number>[0-9]+)(_keypoints)?\.json", re.IGNORECASE)
_SIZES: Final = ((640, 480), (1280, 720), (1920, 1080), (3840, 2160), (7680, 4320))
"""Sizes to choose from, upright or lying, where the files name none: the smallest that holds every point."""
_BEGINNING_BYTES: Final = 4096
_BODY_LENGTHS: Final = (25, 18)
_CONFIDENT: Final = 0.05
_NEAR: Final = 1.0  # sizes of the followed person, within which they are expected in the next frame
_GONE_FRAMES: Final = 30  # a second of most films

Place = tuple[float, float, float]
"""Middle x, y and size of somebody, pixels."""
_MOST_S: Final = 1e12  # seconds since 1970 are a time too; a larger number is none


@dataclass(frozen=True, slots=True, eq=False)
class PoseFrame:
    """The people of one frame."""

    people: tuple[Points, ...]
    time_s: float | None
    """From the first frame on, where the file says so."""


@dataclass(frozen=True, slots=True, eq=False)
class PoseClip:
    """All frames, in order."""

    frames: tuple[PoseFrame, ...]
    width_px: int
    height_px: int
    size_is_guessed: bool
    numbers: tuple[int, ...] = ()
    """Of each frame, the first being 0, as the files' names count them; empty where they do not, or all tell their times."""

    @property
    def missing(self) -> int:
        """How many frames there are numbers of, but no files."""
        return self.numbers[-1] + 1 - len(self.frames) if self.numbers else 0


def is_pose_file(path: Path) -> bool:
    """Tell whether `path` is to be read as poses: a `.json`, or a folder of them."""
    if path.is_dir():
        return bool(_files(path))
    return path.suffix.lower() == ".json" and path.is_file()


def begins_as_openpose(path: Path) -> bool:
    """Tell whether what `is_pose_file` accepts looks like OpenPose's, from its first bytes: a long result is not read whole."""
    try:
        with open(_files(path)[0] if path.is_dir() else path, "rb") as file:
            return b'"people"' in file.read(_BEGINNING_BYTES)
    except OSError:
        return False


def read_poses(path: Path) -> PoseClip:
    """Read a file or a folder, whole.

    Raises:
        SourceError: no such thing, not JSON, not OpenPose's, or its coordinates are no pixels; the sentence names the file.
    """
    if path.is_dir():
        files = _files(path)
        if not files:
            raise SourceError(f"{path} holds no OpenPose files; expected names that end in {SUFFIX}")
        raw = [(file, value) for file in files for value in _values(file)]
    else:
        raw = [(path, value) for value in _values(path)]
    if not raw:
        raise SourceError(f"{path} holds no frames; write it again")
    parsed, told = [_frame(value, file) for file, value in raw], [_told_size(value, file) for file, value in raw]
    numbers = () if all(frame.time_s is not None for frame in parsed) else _numbers([file for file, _ in raw])
    if told[0] is None:
        return PoseClip(tuple(parsed), *_guessed_size(parsed, path), size_is_guessed=True, numbers=numbers)
    frames = (_scaled(frame, own or told[0], told[0]) for frame, own in zip(parsed, told, strict=True))
    return PoseClip(tuple(frames), *told[0], size_is_guessed=False, numbers=numbers)


def _numbers(files: Sequence[Path]) -> tuple[int, ...]:
    """Return the numbers at the ends of the names, from the first on, if these are one clip's and rise from frame to frame."""
    matches = [match for file in files if (match := _NUMBERED.fullmatch(file.name)) is not None]
    numbers = [int(match["number"]) for match in matches]
    is_one_clip = len(matches) == len(files) and len({match["clip"] for match in matches}) == 1
    if not is_one_clip or any(a >= b for a, b in pairwise(numbers)):
        return ()
    return tuple(number - numbers[0] for number in numbers)


def _scaled(frame: PoseFrame, own: tuple[int, int], wanted: tuple[int, int]) -> PoseFrame:
    """Return the frame with the points of a picture of its own size where they lie in one of the wanted size."""
    if own == wanted:
        return frame
    scale = np.array([wanted[0] / own[0], wanted[1] / own[1], 1.0], dtype=np.float32)
    people = (Points(one.body * scale, one.left_hand * scale, one.right_hand * scale, one.face * scale) for one in frame.people)
    return PoseFrame(tuple(people), frame.time_s)


class PersonChoice:
    """Follows one of several people: the largest at first, or as wanted, then whoever is nearest to where they were, unless
    that is too far; once they are gone for long, whoever is there is chosen as at first.
    """

    def __init__(self, policy: Policy = "largest", *, width_px: int = 0) -> None:
        """Take whom to follow, and the width of the picture for who is in its centre."""
        self._policy = policy
        self._width_px = width_px
        self._last: Place | None = None
        self._missing = 0  # frames in a row without them

    def choose(self, people: Sequence[Points]) -> Points | None:
        """Return the person to follow, or None if nobody is there."""
        placed = [(place, person) for person in people if (place := _place(person)) is not None]
        last = self._last
        if last is not None and self._missing < _GONE_FRAMES:
            near = [pair for pair in placed if _gap(pair[0], last) < _NEAR]
            found = min(near, key=lambda pair: _gap(pair[0], last), default=None)
        else:
            found = max(placed, key=lambda pair: self._worth(pair[0]), default=None)
        if found is None:
            self._missing += 1
            return None
        self._last, self._missing = found[0], 0
        return found[1]

    def skip(self, count: int) -> None:
        """Take note of frames that are missing: nobody was there in them."""
        self._missing += count

    def _worth(self, place: Place) -> float:
        """Return the more, the sooner someone is chosen whose middle and size these are."""
        x, _, size = place
        return {"largest": size, "left": -x, "right": x, "centre": -abs(x - self._width_px / 2)}[self._policy]


def _gap(place: Place, before: Place) -> float:
    """Return how far someone is from where the followed one was, in sizes of that one."""
    return math.hypot(place[0] - before[0], place[1] - before[1]) / max(before[2], 1.0)


def _place(person: Points) -> Place | None:
    """Return the middle x, y and the size of the person in pixels."""
    known = person.body[person.body[:, 2] > _CONFIDENT, :2]
    if len(known) < 2:
        return None
    low, high = known.min(axis=0), known.max(axis=0)
    return float(low[0] + high[0]) / 2, float(low[1] + high[1]) / 2, float((high - low).max())


def _files(folder: Path) -> list[Path]:
    """Return OpenPose's files; where none has its usual name, every `.json` of a folder that holds nothing else."""
    entries = entries_of(folder)
    named = [entry for entry in entries if entry.name.endswith(SUFFIX)]
    only_json = all(entry.suffix.lower() == ".json" for entry in entries)
    return sorted(named or (entries if only_json else []), key=lambda path: natural_key(path.name))


def _values(file: Path) -> list[Any]:
    """Return the frames in a file: the list, or the one."""
    try:
        read = json.loads(file.read_bytes())
    except OSError as error:
        raise SourceError(f"{file} could not be read ({error.strerror}); check the path and its permissions") from error
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{file} is not valid JSON ({error}); write it again") from error
    return read if isinstance(read, list) else [read]


def _frame(value: Any, file: Path) -> PoseFrame:
    if not isinstance(value, dict) or not isinstance(value.get("people"), list):
        raise SourceError(
            f'{file} is not OpenPose\'s: expected a list "people", got {_shown(value)}; '
            "write it with python run.py track --format openpose, or see docs/keypoints.md"
        )
    people = tuple(_person(person, value, file) for person in value["people"])
    time_s = value.get("time_s")
    if not isinstance(time_s, int | float) or not abs(time_s) <= _MOST_S:  # NaN is not either
        return PoseFrame(people, None)
    return PoseFrame(people, float(time_s))


def _person(person: Any, frame: dict[str, Any], file: Path) -> Points:
    if not isinstance(person, dict):
        raise SourceError(f"{file}: a person must be an object, got {_shown(person)}; write it again")
    body = _points(person, "pose_keypoints_2d", _BODY_LENGTHS, file)
    left = _points(person, "hand_left_keypoints_2d", (21,), file)
    right = _points(person, "hand_right_keypoints_2d", (21,), file)
    face = _points(person, "face_keypoints_2d", (70, 68), file)
    parts = [part for part in (body, left, right, face) if part is not None]
    other = next((key for key, value in person.items() if "keypoints" in key and value and not key.endswith("_2d")), None)
    if not parts and other is not None:  # in space only, or older than 1.3: nobody would be seen, and nothing said
        step = "with the points of the picture, too" if other.endswith("_3d") else "with OpenPose 1.3 or later"
        raise SourceError(f"{file}: a person has {other}, expected pose_keypoints_2d; write it {step}")
    _to_pixels(parts, frame, file)
    body = np.zeros((25, 3), np.float32) if body is None else body
    return points_from_openpose(body, left_hand=left, right_hand=right, face=face)


def _points(person: dict[str, Any], key: str, counts: tuple[int, ...], file: Path) -> FloatArray | None:
    """Return (N, 3) x, y, confidence 0..1; None where the list is empty or missing."""
    flat = person.get(key)
    if not flat:
        return None
    try:
        points = np.array(flat, dtype=np.float32)
    except (TypeError, ValueError, OverflowError):
        points = np.zeros(0, np.float32)
    if points.ndim != 1 or points.size not in [3 * count for count in counts]:
        wanted = " or ".join(str(3 * count) for count in counts)
        got = len(flat) if isinstance(flat, list) else _shown(flat)
        raise SourceError(f"{file}: {key} must be a list of {wanted} numbers, got {got}; write it with --model_pose BODY_25")
    points = points.reshape(-1, 3)
    points[~np.isfinite(points).all(axis=1)] = 0
    points[:, 2] = np.clip(points[:, 2], 0, 1)
    points[points[:, 2] <= 0] = 0
    return points


def _to_pixels(parts: list[FloatArray], frame: dict[str, Any], file: Path) -> None:
    """Turn shares of the picture into pixels, in place, where the picture's size is told.

    Raises:
        SourceError: they are shares, and nobody knows of what.
    """
    places = np.concatenate([part[part[:, 2] > 0, :2] for part in parts]) if parts else np.zeros((0, 2), np.float32)
    if len(places) < 3 or np.abs(places).max() > 1.0:
        return
    size = _told_size(frame, file)
    if size is None or places.min() < 0:
        raise SourceError(f"{file} holds shares of a picture, expected pixels; write it with --keypoint_scale 0")
    for part in parts:
        part[:, :2] *= np.array(size, dtype=np.float32)


def _told_size(frame: Any, file: Path) -> tuple[int, int] | None:
    """Return width and height of the picture if the frame says so."""
    size = frame.get("canvas_width"), frame.get("canvas_height")
    if size == (None, None):
        return None
    if not all(isinstance(side, int | float) and 1 <= side <= 65536 for side in size):
        raise SourceError(
            f"{file}: canvas_width and canvas_height must be 1..65536, got {size[0]!r} and {size[1]!r}; write it again"
        )
    return int(size[0]), int(size[1])


def _guessed_size(frames: Sequence[PoseFrame], path: Path) -> tuple[int, int]:
    far = np.zeros(2)
    for person in (person for frame in frames for person in frame.people):
        for part in (person.body, person.left_hand, person.right_hand, person.face):
            far = np.maximum(far, part[:, :2].max(axis=0))
    for long, short in _SIZES:
        for width, height in ((long, short), (short, long)):
            if far[0] < width and far[1] < height:
                return width, height
    place = f"{far[0]:.0f}, {far[1]:.0f}"
    raise SourceError(f"{path} holds points at {place}, expected pixels of a picture; write it with --keypoint_scale 0")


def _shown(value: Any) -> str:
    """Return the value short enough for a sentence."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 40 else text[:37] + "..."
