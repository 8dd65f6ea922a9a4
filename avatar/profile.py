"""Profiles: a person's calibration on disk, one JSON file each.

Owns the file's format, the checking of names and contents, and writing so that a crash leaves the old file or the new one. A
file that cannot be read is an error for the caller to tell, and is kept beside the new one when that is written. Knows nothing
of where profiles lie.

The format, version 1: `{"posecast_profile": 1, "saved": ISO 8601, "neutral": {"expression": {name: 0..1}, "head": 3 x 3
rotation, "gaze_rad": [yaw, pitch]}, "most": {name: 0..1}}`. Coefficients that are not named are 0.
"""

import json
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from avatar.calibration import MOST_GAZE_RAD, Calibration
from trackers.errors import UserError
from trackers.skeleton import EXPRESSION_INDEX, EXPRESSION_NAMES
from trackers.types import EXPRESSION_COUNT, FloatArray
from trackers.whole_files import is_file_name, make_private_folder, whole_text

VERSION: Final = 1
_KEY: Final = "posecast_profile"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_LARGEST_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Profile:
    """A stored calibration."""

    name: str
    calibration: Calibration
    saved: str
    """When it was written, ISO 8601."""


def checked_name(name: str) -> str:
    """Return `name` if a profile may be called so.

    Raises:
        UserError: it may not.
    """
    if not _NAME.fullmatch(name) or not is_file_name(name):
        raise UserError(f"a profile's name must be 1 to 40 letters, digits, - or _, got {name!r}; try --profile default")
    return name


def profile_path(folder: Path, name: str) -> Path:
    """Return where the profile of this name lies.

    Raises:
        UserError: no profile may be called so.
    """
    return folder / f"{checked_name(name)}.json"


def load_profile(folder: Path, name: str) -> Profile | None:
    """Read a profile; None if there is no file.

    Raises:
        UserError: the name is not allowed, or the file cannot be read, is damaged or of another version.
    """
    path = profile_path(folder, name)
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise _damaged(path, "it is too large")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{path} could not be read ({error.strerror}); check its permissions") from error
    except UnicodeDecodeError:
        raise _damaged(path, "it is not text") from None
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        raise _damaged(path, "it is not JSON") from None
    if not isinstance(tree, dict) or _KEY not in tree:
        raise _damaged(path, f"it has no {_KEY!r}")
    if tree[_KEY] != VERSION:
        raise UserError(
            f"{path} has profile format {tree[_KEY]!r}, this Posecast reads {VERSION}; update Posecast or calibrate again"
        )
    try:
        return Profile(name, _calibration(tree), str(tree.get("saved", "")))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise _damaged(path, str(error)) from None


def save_profile(folder: Path, profile: Profile) -> Path:
    """Write a profile in place of an older one; return its path. An older file that is damaged is kept as NAME.json.damaged.

    Raises:
        UserError: the name is not allowed, or the file cannot be written.
    """
    path = profile_path(folder, profile.name)
    try:
        make_private_folder(folder)  # how a face moves is nobody else's business
        if not _is_readable(folder, profile.name):
            os.replace(path, path.with_name(path.name + ".damaged"))
        with whole_text(path, over=True, private=True) as file:
            file.write(_text(profile))
    except OSError as error:
        raise UserError(f"{path} could not be written ({error.strerror}); free some space or check the folder") from error
    return path


def remove_profile(folder: Path, name: str) -> bool:
    """Remove a profile; return whether there was one.

    Raises:
        UserError: the name is not allowed, or the file cannot be removed.
    """
    path = profile_path(folder, name)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UserError(f"{path} could not be removed ({error.strerror}); check its permissions") from error
    return True


def _is_readable(folder: Path, name: str) -> bool:
    try:
        load_profile(folder, name)
    except UserError:
        return False
    return True


def _damaged(path: Path, why: str) -> UserError:
    return UserError(f"{path} is damaged ({why}); calibrate again, or remove it with {_remove(path)}")


def _remove(path: Path) -> str:
    return f"python run.py calibrate --profile {path.stem} --reset"


def _text(profile: Profile) -> str:
    known = profile.calibration
    tree = {
        _KEY: VERSION,
        "saved": profile.saved,
        "neutral": {
            "expression": _named(known.expression),
            "head": np.round(known.head_offset.astype(np.float64), 6).tolist(),
            "gaze_rad": np.round(known.gaze_rad.astype(np.float64), 5).tolist(),
        },
        "most": _named(known.most),
    }
    return json.dumps(tree, indent=1) + "\n"


def _named(values: FloatArray) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(EXPRESSION_NAMES, values, strict=True) if value > 0.0}


def _calibration(tree: dict[str, Any]) -> Calibration:
    """Return the calibration that a file holds, every number of it checked."""
    neutral = tree["neutral"]
    head = np.array(neutral["head"], dtype=np.float64)
    if head.shape != (3, 3) or not np.allclose(head @ head.T, np.eye(3), atol=1e-3) or np.linalg.det(head) < 0:
        raise ValueError("neutral.head is no rotation")
    gaze = np.array(neutral["gaze_rad"], dtype=np.float64)
    if gaze.shape != (2,) or not (np.abs(gaze) <= MOST_GAZE_RAD).all():
        raise ValueError("neutral.gaze_rad is no look")
    return Calibration(
        expression=_values("neutral.expression", neutral["expression"]),
        head_offset=head.astype(np.float32),
        gaze_rad=gaze.astype(np.float32),
        most=_values("most", tree["most"]),
    )


def _values(what: str, named: dict[str, Any]) -> FloatArray:
    out = np.zeros(EXPRESSION_COUNT, dtype=np.float32)
    for name, value in named.items():
        if name not in EXPRESSION_INDEX:
            raise ValueError(f"{what} has {name!r}, which is no expression")
        if isinstance(value, bool) or not isinstance(value, int | float) or not (math.isfinite(value) and 0 <= value <= 1):
            raise ValueError(f"{what}.{name} is not within 0..1")
        out[EXPRESSION_INDEX[name]] = value
    return out
