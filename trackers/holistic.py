"""The schedule of our own engine: body first, then face and hands where the body has them.

Owns the order of the parts and what one frame's answer is. Knows nothing of model formats. Detectors run only when there is
nothing to follow; with a budget, `effort` says how much work a frame may be.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from trackers import presence
from trackers.body import BodyModel
from trackers.contract import EngineInfo, TrackerSettings
from trackers.detector import FACE, PALM, PERSON, Detector, DetectorSpec
from trackers.effort import Costs, Effort, Governor, first_rung, ladder
from trackers.face import FaceModel
from trackers.followers import BodyFollower, FaceFollower, HandsFollower
from trackers.hands import HandModel
from trackers.interpreter import PROVIDER, open_session
from trackers.types import BodyTracking, FaceTracking, Frame, HandTracking, ImageArray, Tracking


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
        self._efforts = ladder(body_model=settings.body_model, hand_model=settings.hand_model, hands=settings.hands)
        self._governor = Governor(len(self._efforts), budget_ms=settings.budget_ms)
        self._info = self._described()
        self._seen: BodyTracking | None = None
        # without the face model a body must be believed without a face
        sure = presence.SURE_DETECTION if settings.face else 0.0
        self._judge = presence.PresenceJudge(sure_detection=sure)

    @property
    def info(self) -> EngineInfo:
        """What runs, and why; another object as soon as the effort changes."""
        return self._info

    def _described(self) -> EngineInfo:
        wanted, effort, governor = self._settings, self._effort, self._governor
        parts = [effort.body] + [effort.hands] * wanted.hands + ["face"] * wanted.face
        reason = f"{', '.join(parts)} on the CPU, {wanted.threads} thread{'s' * (wanted.threads > 1)}"
        if governor.rung:
            reason += f"; eased to keep {governor.budget_ms:.0f} ms a frame"
        return EngineInfo(engine="posecast", provider=PROVIDER, reason=reason)

    @property
    def _effort(self) -> Effort:
        return self._efforts[self._governor.rung]

    def __enter__(self) -> Self:
        wanted, threads = self._settings, self._settings.threads
        efforts = self._efforts if wanted.budget_ms is not None else self._efforts[:1]
        body_sizes = {effort.body_model for effort in efforts}
        hand_sizes = {effort.hand_model for effort in efforts if wanted.hands}
        bodies = {size: BodyModel.open(size, threads=threads) for size in body_sizes}
        hands = {size: HandModel.open(size, threads=threads) for size in hand_sizes}
        face = FaceModel.open(threads=threads) if wanted.face else None
        self._parts = _Parts(
            body=BodyFollower(bodies, _detector(PERSON, threads)),
            face=FaceFollower(face, _detector(FACE, threads)) if face else None,
            hands=HandsFollower(hands, _detector(PALM, threads)) if wanted.hands else None,
        )
        if wanted.budget_ms is not None:
            self._begin_where_it_fits(bodies, hands, face)
        self._judge.reset()
        return self

    def _begin_where_it_fits(
        self, bodies: Mapping[str, BodyModel], hands: Mapping[str, HandModel], face: FaceModel | None
    ) -> None:
        """Choose the first effort by what the models take here, so that nobody waits for the governor to find it."""
        assert self._settings.budget_ms is not None
        costs = Costs(
            body_ms={size: model.time_ms() for size, model in bodies.items()},
            hand_ms={size: model.time_ms() for size, model in hands.items()},
            face_ms=face.time_ms() if face else 0.0,
        )
        rung = first_rung(self._efforts, costs=costs, budget_ms=self._settings.budget_ms)
        self._governor = Governor(len(self._efforts), budget_ms=self._settings.budget_ms, rung=rung)
        self._info = self._described()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._parts = None

    def reset(self) -> None:
        """Forget what was followed: the next frame is from another scene."""
        self._judge.reset()
        self._seen = None
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
        started_s = time.perf_counter()
        tracking = self._look(self._parts, frame)
        if self._governor.note((time.perf_counter() - started_s) * 1e3):
            self._info = self._described()
        return tracking

    def _look(self, parts: _Parts, frame: Frame) -> Tracking:
        image = frame.image
        height, width = image.shape[:2]
        # in turns, a body seen a frame ago stands for this frame's, and the hands have their turn
        rests = self._effort.body_in_turns and self._seen is not None
        body = self._seen if rests else self._body(image)
        face = parts.face.look(image, body) if parts.face is not None else None
        if body is not None and not self._is_proven(body, face):
            body = None
        left, right = self._look_at_hands(parts, image, body, rests=rests)
        if body is not None and not self._is_still_there(image, body, face, (left, right)):
            body = None
        self._seen = None if rests else body
        return Tracking(
            stamp=frame.stamp, width_px=width, height_px=height, body=body, left_hand=left, right_hand=right, face=face
        )

    def _look_at_hands(
        self, parts: _Parts, image: ImageArray, body: BodyTracking | None, *, rests: bool
    ) -> tuple[HandTracking | None, HandTracking | None]:
        if parts.hands is None:
            return None, None
        if self._effort.body_in_turns and body is not None and not rests:
            return parts.hands.latest
        return parts.hands.look(image, body, self._effort)

    def _body(self, image: ImageArray) -> BodyTracking | None:
        assert self._parts is not None
        body = self._parts.body.look(image, model=self._effort.body_model)
        if body is None or not presence.is_sane(body, width_px=image.shape[1], height_px=image.shape[0]):
            self._forget_body()
            return None
        return body

    def _is_proven(self, body: BodyTracking, face: FaceTracking | None) -> bool:
        assert self._parts is not None
        has_face = face is not None and presence.has_face_there(body, face)
        proven = self._judge.is_proven(face=has_face, detection=self._parts.body.detection_score)
        if not proven:
            self._forget_body()
        return proven

    def _is_still_there(
        self, image: ImageArray, body: BodyTracking, face: FaceTracking | None, hands: tuple[HandTracking | None, ...]
    ) -> bool:
        assert self._parts is not None
        follower = self._parts.body
        witnessed = (face is not None and presence.has_face_there(body, face)) or any(
            hand is not None and presence.is_hand_of(body, hand) for hand in hands
        )
        there = self._judge.is_still_there(witnessed=witnessed, detect=lambda: follower.detect(image) is not None)
        if not there:
            self._forget_body()
        return there

    def _forget_body(self) -> None:
        assert self._parts is not None
        self._parts.body.reset()
        self._judge.reset()


def _detector(spec: DetectorSpec, threads: int) -> Detector:
    return Detector(spec, open_session(spec.asset, member=spec.member, threads=threads))
