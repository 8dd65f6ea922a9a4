"""Following one face: look where it was, else where the body says it is, else ask a detector.

Owns the region carried from frame to frame and the rules for finding a lost face again. Knows nothing of the order in which
parts are looked for, nor of presence.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from trackers import face as face_part
from trackers.beside import Begun
from trackers.detector import Detector
from trackers.face import FaceModel
from trackers.geometry import Region, whole_picture
from trackers.types import BodyTracking, FaceTracking, ImageArray

MIN_FACE_SCORE: Final = 0.8
"""Real faces, turned, dark or small, score 0.9 and more; the back of a head where a face was a frame ago up to 0.75."""
DETECT_EVERY: Final = 3
"""Frames between two looks of the face's own detector, when the body gave no help."""
SURE_FACE: Final = 0.8
"""Score of the face detector that proves a face without a body: a face so near has 0.88 and more, drawn ones up to 0.75."""


@dataclass(frozen=True, slots=True, eq=False)
class SeenFace:
    """A face, and where to look for it next."""

    face: FaceTracking
    next_region: Region


class FaceFollower:
    """Follows one face.

    Args:
        second: the same model once more, for early looks in another thread.
    """

    def __init__(self, model: FaceModel, detector: Detector, *, second: FaceModel | None = None) -> None:
        self._model = model
        self._second = second
        self._detector = detector
        self.reset()

    def reset(self) -> None:
        """Forget the face."""
        self._region: Region | None = None
        self._lost_frames = 0
        self._is_sure = False  # found by a detection that needs no body

    def early(self, image: ImageArray) -> Callable[[], SeenFace | None] | None:
        """Return a look at where the face was, which may begin in another thread before `look`; None if it was nowhere."""
        if self._region is None or self._second is None:
            return None
        return functools.partial(_seen, self._second, image, self._region)

    def look(
        self,
        image: ImageArray,
        body: BodyTracking | None,
        *,
        body_is_fresh: bool = True,
        begun: Begun[SeenFace | None] | None = None,
    ) -> FaceTracking | None:
        """Return the face, or None. Its own detector runs only when neither the last frame nor the body helped.

        Args:
            body_is_fresh: it was looked at in this frame too; else it is no evidence against a face that moves.
            begun: the early look at this picture.
        """
        expected = None if body is None else face_part.region_from_body(body)
        seen = None
        if expected is None and not self._is_sure:  # it went with a body that is gone
            self._region = None
        if self._region is not None and (expected is None or not body_is_fresh or _near(self._region, expected)):
            look_here = functools.partial(_seen, self._model, image, self._region)
            seen = look_here() if begun is None else begun.take(look_here)
        if seen is None and expected is not None:
            seen = self._acquired(image, expected)
        if seen is None:
            seen = self._detected(image, expected)
        self._is_sure = expected is None and seen is not None
        self._lost_frames = 0 if seen is not None else self._lost_frames + 1
        self._region = None if seen is None else seen.next_region
        return None if seen is None else seen.face

    def _acquired(self, image: ImageArray, region: Region) -> SeenFace | None:
        """Look twice: the first region is rough, the second rests on the face itself."""
        rough = self._model.find(image, region)
        return _seen(self._model, image, rough.next_region) if rough.score >= MIN_FACE_SCORE else None

    def _detected(self, image: ImageArray, expected: Region | None) -> SeenFace | None:
        if self._lost_frames % DETECT_EVERY:
            return None
        where = whole_picture(image.shape[1], image.shape[0]) if expected is None else expected.scaled(2.0)
        found = self._detector.find(image, where)
        if expected is None and found and found[0].score < SURE_FACE:
            return None
        return self._acquired(image, face_part.region_from_detection(found[0])) if found else None


def _seen(model: FaceModel, image: ImageArray, region: Region) -> SeenFace | None:
    """Look once."""
    estimate = model.find(image, region)
    if estimate.score < MIN_FACE_SCORE:
        return None
    return SeenFace(model.read(estimate, width_px=image.shape[1], height_px=image.shape[0]), estimate.next_region)


def _near(region: Region, expected: Region) -> bool:
    """Tell whether a followed region still overlaps the one expected from the body."""
    gap = float(np.hypot(region.x_px - expected.x_px, region.y_px - expected.y_px))
    return gap < 0.5 * max(region.size_px, expected.size_px)
