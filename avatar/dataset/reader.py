"""Reads a rendered set of data: `Dataset` and its motions.

Owns what training and evaluation see of the files. A set whose rendering was stopped is a smaller set: frames without a
picture are not among those shown. Knows nothing of how it was made.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from avatar.camera import Framing
from avatar.dataset.plan import SPLITS
from avatar.dataset.storage import MOTION, picture_name, read_index, read_picture
from avatar.types import BONE_COUNT
from trackers.errors import UserError
from trackers.types import EXPRESSION_COUNT, FloatArray, ImageArray, check_array

_ARRAYS: Final = ("time_ns", "rotations", "root_m", "expression", "bones", "shown")


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """One motion of F frames at 30 Hz, some of them photographed."""

    name: str
    style: str
    split: str
    """"train" or "test"."""
    framing: Framing
    time_ns: np.ndarray
    """(F,) int64"""
    rotations: FloatArray
    """(F, 55, 4) as `RigPose.rotations`."""
    root_m: FloatArray
    """(F, 3)"""
    expression: FloatArray
    """(F, 52)"""
    bones: FloatArray
    """(F, J, 3, 4) skinning matrices, swinging bones included."""
    shown: np.ndarray
    """(P,) int64 frames whose pictures lie there, rising; of a test motion, consecutive."""
    folder: Path
    size_px: tuple[int, int] = field(default=(512, 512))
    """Height and width of the pictures."""

    def __post_init__(self) -> None:
        frames = len(self.time_ns)
        check_array("Motion.time_ns", self.time_ns, (None,), np.int64)
        check_array("Motion.rotations", self.rotations, (frames, BONE_COUNT, 4), np.float32)
        check_array("Motion.root_m", self.root_m, (frames, 3), np.float32)
        check_array("Motion.expression", self.expression, (frames, EXPRESSION_COUNT), np.float32)
        check_array("Motion.bones", self.bones, (frames, None, 3, 4), np.float32)
        check_array("Motion.shown", self.shown, (None,), np.int64)

    def picture(self, number: int) -> ImageArray:
        """Return the picture of frame `number`, (H, W, 4) uint8 straight RGBA.

        Raises:
            UserError: it is missing, damaged or of another size.
        """
        path = self.folder / picture_name(number)
        image = read_picture(path)
        if image is None:
            what = "is damaged" if path.is_file() else "is missing"
            raise UserError(
                f"{path} {what}; delete it if it is there, and run avatar render again, which makes what is missing"
            )
        if image.shape[:2] != self.size_px:
            wide, high = self.size_px[1], self.size_px[0]
            raise UserError(
                f"{path} should be {wide} x {high} pixels, but is {image.shape[1]} x {image.shape[0]}; "
                "delete it and run avatar render again"
            )
        return image


class Dataset:
    """A rendered set of data in a folder, read once when it is made; pictures are read when asked for.

    Raises:
        UserError: the folder holds no set, or a damaged one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self.index: dict[str, Any] = read_index(self.folder)
        """What `film.render` wrote: settings and scenes."""
        side_px = int(self.index["side_px"])
        self.size_px = (side_px, side_px)
        self._fewer = 0  # pictures that recordings were too short for
        self._motions = [self._read(str(scene["name"]), int(scene["pictures"])) for scene in self.index["scenes"]]

    def motions(self, split: str) -> tuple[Motion, ...]:
        """Return the motions of "train" or "test" of which at least one picture lies there, in a fixed order."""
        if split not in SPLITS:
            raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {split}")
        return tuple(motion for motion in self._motions if motion is not None and motion.split == split and len(motion.shown))

    @property
    def character(self) -> str:
        """Name of the character."""
        return str(self.index["character"])

    @property
    def wanted(self) -> int:
        """How many pictures the whole set has; `len` of all `shown` is fewer while it is being rendered."""
        return sum(int(scene["pictures"]) for scene in self.index["scenes"]) - self._fewer

    def _read(self, name: str, pictures: int) -> Motion | None:
        """Return a motion; None if it has not been made yet."""
        path = self.folder / name / MOTION
        if not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as data:
                values: dict[str, Any] = {key: data[key] for key in _ARRAYS}
                values |= {key: str(data[key]) for key in ("style", "split")}
                values["framing"] = Framing(str(data["framing"]))
            planned = values["shown"]
            values["shown"] = _lying_there(path.parent, planned)
            self._fewer += pictures - len(planned)
            return Motion(name=name, folder=path.parent, size_px=self.size_px, **values)
        except Exception as error:  # a damaged zip raises many kinds
            raise UserError(f"{path} is damaged ({error}); delete its folder and run avatar render again") from error


def _lying_there(folder: Path, shown: np.ndarray) -> np.ndarray:
    """Return those of the frames whose pictures lie in the folder."""
    there = {path.name for path in folder.iterdir()}
    return shown[[picture_name(int(frame)) in there for frame in shown]]
