"""The schedule of our own engine: body first, then face and hands where the body has them.

Owns the order of the parts and what one frame's answer is. Knows nothing of model formats. Detectors run only when there is
nothing to follow; `schedule` says which parts are looked at in a frame, and with a budget `effort` says with which models.
"""

import functools
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from trackers import hands as hand_part
from trackers import presence, quantization
from trackers.beside import Threads
from trackers.body import BodyModel
from trackers.body_follower import BodyFollower
from trackers.change import Box, box_round
from trackers.contract import EngineInfo, TrackerSettings
from trackers.detector import FACE, PALM, PERSON, Detector, DetectorSpec
from trackers.effort import OVERHEAD, Budget, Costs, Effort, Governor, first_rung, ladder
from trackers.face import FaceModel, region_from_body
from trackers.followers import NO_LIMIT, PALM_LOOKS, FaceFollower, HandsFollower, HandsWish
from trackers.geometry import whole_picture
from trackers.hands import HandModel
from trackers.interpreter import PROVIDER, open_session
from trackers.laps import Laps
from trackers.schedule import PACES, Plan, Schedule
from trackers.skeleton import SIDES
from trackers.types import BodyTracking, FaceTracking, Frame, HandTracking, ImageArray, Tracking


@dataclass(frozen=True, slots=True)
class _Parts:
    """The open models with what they follow."""

    body: BodyFollower
    face: FaceFollower | None
    hands: HandsFollower | None
    threads: Threads
    """Shared by face and hands, which may be looked at beside each other."""


class HolisticTracker:
    """Our engine. Constructing is cheap; entering opens the models."""

    def __init__(self, settings: TrackerSettings) -> None:
        self._settings = settings
        self._parts: _Parts | None = None
        body_model, hand_model = settings.models
        self._int8 = quantization.is_chosen(settings.precision)
        self._efforts = ladder(body_model=body_model, hand_model=hand_model, hands=settings.hands)
        self._budget = Budget(settings.budget_share, fps=settings.fps)
        self._governor = Governor(len(self._efforts), budget_ms=self._budget.ms)
        self._info = self._described()
        self._schedule = Schedule(PACES[settings.mode], parts=_parts_of(settings))
        self._latest: Tracking | None = None
        # without the face model a body must be believed without a face
        sure = presence.SURE_DETECTION if settings.face else 0.0
        self._judge = presence.PresenceJudge(sure_detection=sure)

    @property
    def info(self) -> EngineInfo:
        """What runs, and why; another object as soon as the effort changes."""
        return self._info

    def _described(self) -> EngineInfo:
        wanted, effort, governor = self._settings, self._effort, self._governor
        body, hands = effort.words
        parts = [body] + [hands] * wanted.hands + ["face"] * wanted.face
        reason = f"{wanted.mode}: {', '.join(parts)} on the CPU, {wanted.threads} thread{'s' * (wanted.threads > 1)}"
        narrow = ["hands"] * (wanted.hands and effort.hand_model != "lite") + ["expression"] * wanted.face
        if self._int8 and narrow:
            reason += f", {' and '.join(narrow)} in 8 bits"
        if governor.rung:
            reason += f"; eased to keep {governor.budget_ms:.0f} ms a frame"
        return EngineInfo(engine="posecast", provider=PROVIDER, reason=reason)

    @property
    def _effort(self) -> Effort:
        return self._efforts[self._governor.rung]

    def __enter__(self) -> Self:
        wanted, threads, int8 = self._settings, self._settings.threads, self._int8
        efforts = self._efforts if wanted.budget_share is not None else self._efforts[:1]
        body_sizes = {effort.body_model for effort in efforts}
        hand_sizes = {effort.hand_model for effort in efforts if wanted.hands}
        bodies = {size: BodyModel.open(size, threads=threads) for size in body_sizes}
        shared = Threads(threads)
        hands = {size: HandModel.open(size, threads=shared, int8=int8 and size != "lite") for size in hand_sizes}
        face = FaceModel.open(threads=shared, int8=int8) if wanted.face else None
        self._parts = _Parts(
            body=BodyFollower(bodies, _detector(PERSON, threads), policy=wanted.person),
            face=FaceFollower(face, _detector(FACE, threads)) if face else None,
            hands=HandsFollower(hands, _detector(PALM, threads)) if wanted.hands else None,
            threads=shared,
        )
        if wanted.budget_share is not None:
            self._begin_where_it_fits(bodies, hands, face)
        self.reset()  # also of a tracker that was open before
        return self

    def _begin_where_it_fits(
        self, bodies: Mapping[str, BodyModel], hands: Mapping[str, HandModel], face: FaceModel | None
    ) -> None:
        """Choose the first effort by what the models take here, so that nobody waits for the governor to find it."""
        assert self._budget.ms is not None
        costs = Costs(
            body_ms={size: model.time_ms() for size, model in bodies.items()},
            hand_ms={size: model.time_ms() for size, model in hands.items()},
            face_ms=face.time_ms() if face else 0.0,
        )
        rung = first_rung(self._efforts, costs=costs, budget_ms=self._budget.ms)
        self._governor = Governor(len(self._efforts), budget_ms=self._budget.ms, rung=rung)
        self._info = self._described()
        effort = self._effort
        hand_ms = costs.hand_ms.get(effort.hand_model, 0.0)
        for part, cost_ms in (("body", costs.body_ms[effort.body_model]), ("face", costs.face_ms)):
            self._schedule.expect(part, cost_ms=OVERHEAD * cost_ms)
        for side in SIDES:
            self._schedule.expect(f"{side}_hand", cost_ms=OVERHEAD * hand_ms)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        parts, self._parts = self._parts, None
        if parts is not None:
            parts.threads.close()

    def reset(self) -> None:
        """Forget what was followed: the next frame is from another scene."""
        self._judge.reset()
        self._schedule.reset()
        self._latest = None
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
        self._governor.budget_ms = self._budget.note(frame.stamp.seq, frame.stamp.captured_ns)
        plan = self._schedule.plan(frame.image, time_ns=frame.stamp.captured_ns, budget_ms=self._budget.ms)
        started_s = time.perf_counter()
        self._latest = self._look(self._parts, frame, plan)
        self._schedule.spent((time.perf_counter() - started_s) * 1e3, budget_ms=self._budget.ms)
        if self._governor.note(plan.demand_ms):
            self._info = self._described()
        return self._latest

    def _look(self, parts: _Parts, frame: Frame, plan: Plan) -> Tracking:
        image, due, before = frame.image, plan.parts, self._latest
        laps = Laps()
        height, width = image.shape[:2]
        body = self._body(image) if "body" in due else (None if before is None else before.body)
        laps.lap("body")
        if parts.body.is_waiting:
            return self._hidden(parts, frame)
        if body is not None and self._may_look_beside(parts, due):
            face, left, right = self._face_beside_hands(parts, frame, body, plan, laps)
        else:
            face = self._face(parts, frame, body, due)
            laps.lap("face")
            if body is not None and not self._is_proven(body, face):
                body = None
            left, right = self._hands(parts, frame, body, plan)
            laps.lap("hands")
        if body is not None and not self._is_still_there(image, body, face, (left, right)):
            body = None
        found = {"body": body, "left_hand": left, "right_hand": right, "face": face}
        # A search for one hand may find the other, which was not due: that is a look, and no hand carried on.
        rested = frozenset(part for part, value in found.items() if value is not None and value is getattr(before, part, None))
        tracking = Tracking(frame.stamp, width, height, body, left, right, face, rested)
        self._note_looks(tracking, image, due, laps.ms)
        return tracking

    def _hidden(self, parts: _Parts, frame: Frame) -> Tracking:
        """Others are there, but not the person we follow: their faces and hands are not ours."""
        for part in (parts.face, parts.hands):
            if part is not None:
                part.reset()
        height, width = frame.image.shape[:2]
        return Tracking(frame.stamp, width, height, None, None, None, None)

    def _may_look_beside(self, parts: _Parts, due: frozenset[str]) -> bool:
        """Tell whether face and hands need not wait for each other: of somebody who is not proven, the face comes first."""
        hands_are_due = parts.hands is not None and any(part.endswith("_hand") for part in due)
        return parts.threads.allow_two and "face" in due and hands_are_due and self._judge.knows_them

    def _face_beside_hands(
        self, parts: _Parts, frame: Frame, body: BodyTracking, plan: Plan, laps: Laps
    ) -> tuple[FaceTracking | None, HandTracking | None, HandTracking | None]:
        face, hands = parts.threads.both(
            lambda: self._face(parts, frame, body, plan.parts), lambda: self._hands(parts, frame, body, plan)
        )
        laps.lap_shared({"face": face.took_s, "hands": hands.took_s})
        return face.found, *hands.found

    def _face(self, parts: _Parts, frame: Frame, body: BodyTracking | None, due: frozenset[str]) -> FaceTracking | None:
        if parts.face is None or "face" not in due:
            return None if self._latest is None else self._latest.face
        return parts.face.look(frame.image, body, body_is_fresh="body" in due)

    def _hands(
        self, parts: _Parts, frame: Frame, body: BodyTracking | None, plan: Plan
    ) -> tuple[HandTracking | None, HandTracking | None]:
        sides = frozenset(side for side in SIDES if f"{side}_hand" in plan.parts)
        if parts.hands is None or not sides:
            return parts.hands.latest if parts.hands is not None else (None, None)
        wish = HandsWish(
            model=self._effort.hand_model,
            sides=sides,
            search_every=self._effort.search_every,
            most_looks=self._most_looks(len(sides), plan),
            body_is_fresh="body" in plan.parts,
            time_ns=frame.stamp.captured_ns,
        )
        return parts.hands.look(frame.image, body, wish)

    def _most_looks(self, sides: int, plan: Plan) -> int:
        """Return how many runs of the hand model the frame has time for: never too few for a search, which is rare."""
        cost_ms = self._schedule.cost_ms("left_hand")
        if plan.spare_ms == float("inf") or cost_ms <= 0:
            return NO_LIMIT
        return max(PALM_LOOKS + 1, sides + int(plan.spare_ms / cost_ms))

    def _note_looks(self, tracking: Tracking, image: ImageArray, due: frozenset[str], laps_ms: Mapping[str, float]) -> None:
        """Tell the schedule what was looked at, what that took, and where a change makes it due again."""
        hands = sum(1 for part in due if part.endswith("_hand"))
        for part in due:
            found = getattr(tracking, part) is not None
            cost_ms = laps_ms["hands"] / hands if part.endswith("_hand") else laps_ms[part]
            self._schedule.looked(
                part,
                image=image,
                box=functools.partial(_watched, tracking, part, image),
                time_ns=tracking.stamp.captured_ns,
                cost_ms=cost_ms if found else None,
            )

    def _body(self, image: ImageArray) -> BodyTracking | None:
        assert self._parts is not None
        body = self._parts.body.look(image, model=self._effort.body_model)
        if body is None or not presence.is_sane(body, width_px=image.shape[1], height_px=image.shape[0]):
            self._forget_body()
            return None
        return body

    def _is_proven(self, body: BodyTracking, face: FaceTracking | None) -> bool:
        assert self._parts is not None
        if self._judge.knows_them:
            return True
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
        self._parts.body.lose()
        self._judge.reset()


def _parts_of(settings: TrackerSettings) -> list[str]:
    """Return the names of the parts that are tracked."""
    return ["body"] + ["left_hand", "right_hand"] * settings.hands + ["face"] * settings.face


def _watched(tracking: Tracking, part: str, image: ImageArray) -> Box:
    """Return where a change of the picture makes the part due: round it, where the body has it, or anywhere."""
    found: BodyTracking | HandTracking | FaceTracking | None = getattr(tracking, part)
    if isinstance(found, BodyTracking):
        seen = found.visibility > 0.5
        return box_round(found.keypoints_px[seen, :2] if seen.any() else found.keypoints_px[:, :2], image=image, margin=0.1)
    if found is not None:
        return box_round(found.keypoints_px[:, :2], image=image, margin=0.15)
    region = whole_picture(tracking.width_px, tracking.height_px)
    if tracking.body is not None:
        body = tracking.body
        region = region_from_body(body) if part == "face" else hand_part.region_from_body(body, part.removesuffix("_hand"))
    reach = region.size_px / 2
    corners = np.array([[region.x_px - reach, region.y_px - reach], [region.x_px + reach, region.y_px + reach]], np.float32)
    return box_round(corners, image=image, margin=0.0)


def _detector(spec: DetectorSpec, threads: int) -> Detector:
    return Detector(spec, open_session(spec.asset, member=spec.member, threads=threads))
