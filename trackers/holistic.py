"""The schedule of our own engine: body first, then face and hands where the body has them.

Owns the order of the parts and what one frame's answer is. Knows nothing of model formats. Detectors run only when there is
nothing to follow; `schedule` says which parts are looked at in a frame, and with a budget `effort` says with which models.
"""

import functools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Final, Self

from trackers import presence, quantization
from trackers.backlog import Backlog
from trackers.beside import Begun
from trackers.contract import EngineInfo, TrackerSettings
from trackers.effort import OVERHEAD, Budget, Costs, Effort, Governor, first_rung, ladder
from trackers.hands_follower import NO_LIMIT, SEARCH, HandsWish
from trackers.interpreter import PROVIDER
from trackers.laps import Laps
from trackers.parts import Parts, open_parts
from trackers.scene import is_another_scene
from trackers.schedule import PACES, Plan, Schedule
from trackers.skeleton import SIDES
from trackers.types import BodyTracking, FaceTracking, Frame, HandTracking, ImageArray, Tracking
from trackers.watched import watched

_EARLY: Final = (SEARCH, "face", *reversed(SIDES))
"""The order of early looks: the longest first, and last what the caller's own thread comes to first."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What is to be done in one frame, and what it took so far."""

    parts: Parts
    frame: Frame
    plan: Plan
    begun: Mapping[str, Begun[Any]]
    """Early looks: `face`, and those of the hands by the names that these gave them."""
    laps: Laps = field(default_factory=Laps)


class HolisticTracker:
    """Our engine. Constructing is cheap; entering opens the models."""

    def __init__(self, settings: TrackerSettings) -> None:
        self._settings = settings
        self._parts: Parts | None = None
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
        # without a budget nothing is eased
        reachable = self._efforts if self._settings.budget_share is not None else self._efforts[:1]
        self._parts = open_parts(self._settings, reachable)
        if self._parts.costs is not None:
            self._begin_where_it_fits(self._parts.costs)
        self.reset()  # also of a tracker that was open before
        return self

    def _begin_where_it_fits(self, costs: Costs) -> None:
        """Choose the first effort by what the models take here, so that nobody waits for the governor to find it."""
        assert self._budget.ms is not None
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
        self._backlog = Backlog()
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
        if is_another_scene(frame, self._latest):
            self.reset()
        time_ns = frame.stamp.captured_ns
        self._governor.budget_ms = budget_ms = self._budget.note(frame.stamp.seq, time_ns)
        room = self._backlog.note(captured_ns=time_ns, now_ns=time.perf_counter_ns(), period_ms=self._budget.period_ms)
        looks = self._looks_due(self._parts, frame.image)
        plan = self._schedule.plan(frame.image, time_ns=time_ns, budget_ms=budget_ms, room=room, looks=looks)
        started_s = time.perf_counter()
        self._latest = self._look(self._parts, frame, plan)
        self._schedule.spent((time.perf_counter() - started_s) * 1e3, budget_ms=budget_ms)
        if self._governor.note(plan.demand_ms):
            self._info = self._described()
        return self._latest

    def _looks_due(self, parts: Parts, image: ImageArray) -> dict[str, int]:
        hands, body = parts.hands, None if self._latest is None else self._latest.body
        if hands is None:
            return {}
        return {f"{side}_hand": hands.looks_due(side, image, body) for side in SIDES}

    def _look(self, parts: Parts, frame: Frame, plan: Plan) -> Tracking:
        try:
            return self._looked(_Look(parts, frame, plan, self._begin_early(parts, frame, plan)))
        finally:
            parts.threads.settle()

    def _begin_early(self, parts: Parts, frame: Frame, plan: Plan) -> dict[str, Begun[Any]]:
        """Begin to look where face and hands were, beside the body's own look, which then says whether they may be there."""
        if not parts.threads.allow_two or not self._judge.knows_them or len(plan.parts) < 2:
            return {}
        looks = parts.hands.early(frame.image, self._hands_wish(frame, plan)) if parts.hands is not None else {}
        face = parts.face.early(frame.image) if parts.face is not None and "face" in plan.parts else None
        if face is not None:
            looks["face"] = face
        return {name: parts.threads.begin(name, looks[name]) for name in _EARLY if name in looks}

    def _looked(self, look: _Look) -> Tracking:
        image, before = look.frame.image, self._latest
        height, width = image.shape[:2]
        body = self._body(look.frame) if "body" in look.plan.parts else (None if before is None else before.body)
        look.laps.lap("body")
        if look.parts.body.is_waiting:
            return self._hidden(look)
        was_known = self._judge.knows_them
        if was_known:
            left, right = self._hands(look, body)
            face = self._face(look, body)
        else:  # the face comes first, also before its turn: it may prove the person
            look = look if body is None else _also_at_the_face(look)
            face = self._face(look, body)
            body = self._welcomed(look, body, face)
            left, right = self._hands(look, body)
        if body is not None and not self._is_still_there(image, body, face, (left, right)):
            body = None
        found = {"body": body, "left_hand": left, "right_hand": right, "face": face}
        # A search for one hand may find the other, which was not due: that is a look, and no hand carried on.
        rested = frozenset(part for part, value in found.items() if value is not None and value is getattr(before, part, None))
        tracking = Tracking(look.frame.stamp, width, height, body, left, right, face, rested)
        self._note_looks(look, tracking)
        if body is not None and not was_known:  # what did not come with it is looked for in the next frame, not in its turn
            self._schedule.hasten(part for part, value in found.items() if value is None or part not in look.plan.parts)
        return tracking

    def _hidden(self, look: _Look) -> Tracking:
        """Others are there, but not the person we follow: their faces and hands are not ours."""
        for part in (look.parts.face, look.parts.hands):
            if part is not None:
                part.reset()
        height, width = look.frame.image.shape[:2]
        return Tracking(look.frame.stamp, width, height, None, None, None, None)

    def _face(self, look: _Look, body: BodyTracking | None) -> FaceTracking | None:
        follower, due = look.parts.face, look.plan.parts
        if follower is None or "face" not in due:
            return None if self._latest is None else self._latest.face
        face = follower.look(look.frame.image, body, body_is_fresh="body" in due, begun=look.begun.get("face"))
        look.laps.lap("face")
        return face

    def _hands(self, look: _Look, body: BodyTracking | None) -> tuple[HandTracking | None, HandTracking | None]:
        follower, wish = look.parts.hands, self._hands_wish(look.frame, look.plan)
        if follower is None or not wish.sides:
            return follower.latest if follower is not None else (None, None)
        hands = follower.look(look.frame.image, body, wish, look.begun)
        look.laps.lap("hands")
        return hands

    def _hands_wish(self, frame: Frame, plan: Plan) -> HandsWish:
        sides = frozenset(side for side in SIDES if f"{side}_hand" in plan.parts)
        return HandsWish(
            model=self._effort.hand_model,
            sides=sides,
            most_looks=self._most_looks(len(sides), plan),
            body_is_fresh="body" in plan.parts,
            body_before=None if self._latest is None else self._latest.body,
            time_ns=frame.stamp.captured_ns,
        )

    def _most_looks(self, sides: int, plan: Plan) -> int:
        """Return how many runs of the hand model the frame may take: one for each hand, one more, and what is spare."""
        cost_ms = self._schedule.cost_ms("left_hand")
        if plan.spare_ms == float("inf") or cost_ms <= 0:
            return NO_LIMIT
        return sides + 1 + max(0, int(plan.spare_ms / cost_ms))

    def _note_looks(self, look: _Look, tracking: Tracking) -> None:
        """Tell the schedule what was looked at, what that took, and where a change makes it due again."""
        for name, early in look.begun.items():
            look.laps.beside("face" if name == "face" else "hands", early.beside_s)
        due, image, laps_ms = look.plan.parts, look.frame.image, look.laps.ms
        hands = sum(1 for part in due if part.endswith("_hand"))
        unfinished = look.parts.hands.unfinished if look.parts.hands is not None else ()
        for part in due:
            if part.removesuffix("_hand") in unfinished:
                continue
            found = getattr(tracking, part) is not None
            cost_ms = laps_ms["hands"] / hands if part.endswith("_hand") else laps_ms[part]
            self._schedule.looked(
                part,
                image=image,
                box=functools.partial(watched, tracking, part, image),
                time_ns=tracking.stamp.captured_ns,
                cost_ms=cost_ms if found else None,
            )

    def _body(self, frame: Frame) -> BodyTracking | None:
        assert self._parts is not None
        height_px, width_px = frame.image.shape[:2]
        body = self._parts.body.look(frame.image, model=self._effort.body_model, time_ns=frame.stamp.captured_ns)
        if body is None or not presence.is_sane(body, width_px=width_px, height_px=height_px):
            self._forget_body()
            return None
        return body

    def _welcomed(self, look: _Look, body: BodyTracking | None, face: FaceTracking | None) -> BodyTracking | None:
        """Return a body just found if it is a person's; lost hands are then looked for as at a scene's start."""
        if body is None:
            return None
        has_face = face is not None and presence.has_face_there(body, face)
        if not self._judge.is_proven(face=has_face, detection=look.parts.body.detection_score):
            self._forget_body()
            return None
        if look.parts.hands is not None:
            look.parts.hands.search_anew()
        return body

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


def _also_at_the_face(look: _Look) -> _Look:
    """Return the look with the face in it, if faces are tracked."""
    due = look.plan.parts | ({"face"} if look.parts.face is not None else set())
    return replace(look, plan=replace(look.plan, parts=due))


def _parts_of(settings: TrackerSettings) -> list[str]:
    """Return the names of the parts that are tracked."""
    return ["body"] + ["left_hand", "right_hand"] * settings.hands + ["face"] * settings.face
