"""The schedule of our own engine: body first, then face and hands where the body has them.

Owns the order of the parts and what one frame's answer is. Knows nothing of model formats. Detectors run only when there is
nothing to follow.
"""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from trackers import presence
from trackers.body import BodyModel
from trackers.detector import FACE, PALM, PERSON, Detector, DetectorSpec
from trackers.engine import EngineInfo, TrackerSettings
from trackers.face import FaceModel, region_from_body
from trackers.followers import BodyFollower, FaceFollower, HandsFollower
from trackers.hands import HandModel
from trackers.interpreter import PROVIDER, open_session
from trackers.types import BodyTracking, FaceTracking, Frame, ImageArray, Tracking


@dataclass(frozen=True, slots=True)
class _Parts:
    """The open models with what they follow."""

    body: BodyFollower
    face: FaceFollower | None
    hands: HandsFollower | None


class HolisticTracker:
    """Our engine. Constructing is cheap; entering opens the models."""

    def __init__(self, settings: TrackerSettings) -> None:
        self._settings = settings
        self._parts: _Parts | None = None
        self._judge = presence.PresenceJudge()

    @property
    def info(self) -> EngineInfo:
        """What runs, and why."""
        wanted = self._settings
        parts = ["body " + wanted.body_model] + ["hands"] * wanted.hands + ["face"] * wanted.face
        return EngineInfo(
            engine="posecast",
            provider=PROVIDER,
            reason=f"{', '.join(parts)} on the CPU with {wanted.threads} threads",
        )

    def __enter__(self) -> Self:
        threads = self._settings.threads
        self._parts = _Parts(
            body=BodyFollower(BodyModel.open(self._settings.body_model, threads=threads), _detector(PERSON, threads)),
            face=FaceFollower(FaceModel.open(threads=threads), _detector(FACE, threads)) if self._settings.face else None,
            hands=HandsFollower(HandModel.open(threads=threads), _detector(PALM, threads)) if self._settings.hands else None,
        )
        self._judge.reset()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._parts = None

    def reset(self) -> None:
        """Forget what was followed: the next frame is from another scene."""
        self._judge.reset()
        if self._parts is not None:
            for part in (self._parts.body, self._parts.face, self._parts.hands):
                if part is not None:
                    part.reset()

    def track(self, frame: Frame) -> Tracking:
        """Return what is in the frame.

        Raises:
            RuntimeError: the tracker is not open.
        """
        if self._parts is None:
            raise RuntimeError("the tracker must be entered (`with`) before it tracks")
        parts, image = self._parts, frame.image
        height, width = image.shape[:2]
        body = parts.body.look(image)
        if body is not None and not presence.is_sane(body, width_px=width, height_px=height):
            parts.body.reset()
            body = None
        face = parts.face.look(image, body) if parts.face is not None else None
        left, right = parts.hands.look(image, body) if parts.hands is not None else (None, None)
        if body is not None:
            body = self._judged(image, body, face, hands=left is not None or right is not None)
        return Tracking(
            stamp=frame.stamp, width_px=width, height_px=height, body=body, left_hand=left, right_hand=right, face=face
        )

    def _judged(self, image: ImageArray, body: BodyTracking, face: FaceTracking | None, *, hands: bool) -> BodyTracking | None:
        assert self._parts is not None
        follower = self._parts.body
        witnessed = hands or (face is not None and _has_face_there(body, face))
        if self._judge.is_there(witnessed=witnessed, detect=lambda: follower.detect(image) is not None):
            return body
        follower.reset()
        self._judge.reset()
        return None


def _detector(spec: DetectorSpec, threads: int) -> Detector:
    return Detector(spec, open_session(spec.asset, member=spec.member, threads=threads))


def _has_face_there(body: BodyTracking, face: FaceTracking) -> bool:
    """Tell whether the face is where the body has its head: else it is another's, and no witness."""
    where = region_from_body(body)
    x, y = face.keypoints_px[:, :2].mean(axis=0)
    return bool(np.hypot(x - where.x_px, y - where.y_px) < 0.75 * where.size_px)
