"""What stands between the tracker's clock and the output clock: smoothing, looking ahead, and losing and finding parts.

Owns how a pose measured some 30 times a second, each a little late, becomes a pose for any output time. Knows nothing of how
poses are made or drawn. Driven only by stamps and the sample times it is given: the same calls give the same bytes. One thread
calls both `push` and `sample`.

How a sample is made: each bone's One-Euro filter, in the space in which it was measured (`filter_space`) and with a dead band
as wide as its noise just now (`trackers.dead_band`), is carried on at its own velocity to the output time less a steady delay
(`Timeline`), 25 ms at full pace, and a coefficient hardly beyond its newest measurement (`_OVERSHOOT`); upper arms point to
where the wrists are, smoothed as points (`wrists`); and what remains of the jump when a new measurement corrects the guess is
spread over the next few samples, over more of them when the tracker is slow. A part that was not looked at in a frame runs on
from its own last measurement, for two frames longer. The motion of one that is lost runs out where it was; unseen for a while
(`PartTimes`) it eases to the idle pose; and one that is found again is eased in from where it was shown (`Presence`).
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from avatar import filter_space, idle, wrists
from avatar.presence import Presence
from avatar.rig import BONE_INDEX, BONE_NAMES
from avatar.timeline import Timeline
from avatar.types import BONE_COUNT, RigPose
from trackers import quaternions as quat
from trackers.dead_band import DeadBandParameters
from trackers.filters import OneEuroParameters, PointFilter, RotationFilter, VectorFilter
from trackers.part_state import PartTimes
from trackers.quaternions import Array
from trackers.skeleton import EXPRESSION_NAMES
from trackers.types import EXPRESSION_COUNT, PARTS, Stamp

_CORRECTION_S = 0.010  # time over which a wrong guess is put right
_FACE_CORRECTION_S = 0.003
_SLOW_CORRECTION = 0.25  # of a slow tracker at least this share of the time by which its poses are further apart than usual
_OVERSHOOT = 0.25  # share of the last step by which a coefficient may run beyond its newest measurement
_SHUT_HZ = 0.12  # cutoff within the dead band: slow enough to hold still, quick enough not to stay off


class _Tuning(NamedTuple):
    """How a group is smoothed, its dead band (`DeadBandParameters`) included; in radians, coefficients or metres."""

    beta: float
    """Hz of cutoff gained per unit a second."""
    average_hz: float
    shut: float
    open: float
    least: float
    most: float
    lead: float
    open_hz: float


# tuned on clips: docs/tracking.md
_GROUPS: Final[dict[str, _Tuning]] = {
    "torso": _Tuning(3.6, 18.0, 2.68, 7.23, 0.00019, 0.016, 0.074, 4.0),
    "head": _Tuning(3.51, 10.5, 1.17, 11.85, 0.0063, 0.023, 0.113, 3.28),
    "eyes": _Tuning(4.88, 1.2, 2.63, 4.63, 0.0056, 0.025, 0.083, 7.48),
    "arms": _Tuning(4.2, 5.5, 1.96, 17.9, 0.0138, 0.106, 0.6, 2.16),
    "forearms": _Tuning(1.14, 4.6, 1.18, 13.4, 0.0036, 0.292, 0.22, 9.3),
    "wrists": _Tuning(13.1, 3.55, 2.87, 6.46, 0.011, 0.038, 0.36, 2.99),
    "fingers": _Tuning(2.0, 8.66, 2.8, 9.5, 0.0055, 0.042, 0.13, 4.49),
    "legs": _Tuning(4.01, 5.88, 0.92, 9.5, 0.0047, 0.2, 0.36, 7.4),
}
_FASTEST_DEG_PER_S: Final = {
    "torso": 240, "head": 600, "eyes": 1500, "arms": 1100, "forearms": 1100, "wrists": 1300, "fingers": 1800, "legs": 800
}  # fmt: skip
# the same in coefficients per second
_LIDS: Final = _Tuning(47.8, 9.06, 0.79, 5.83, 0.05, 0.14, 0.4, 2.83)
_MOUTH: Final = _Tuning(25.8, 4.81, 2.65, 8.59, 0.02, 0.062, 0.89, 5.28)
_BROWS: Final = _Tuning(16.9, 6.87, 2.7, 8.07, 0.0096, 0.067, 0.33, 0.37)
_WRISTS: Final = _Tuning(5.3, 26.8, 3.62, 9.0, 0.0049, 0.21, 1.08, 24.3)  # in lengths of the upper arm per second
_ROOT: Final = _Tuning(72, 1.94, 2.11, 14.1, 0.00072, 0.0029, 0.45, 0.16)  # in metres per second

_ENDINGS: Final = {
    **{"Eye": "eyes", "Shoulder": "arms", "UpperArm": "arms", "LowerArm": "forearms", "Hand": "wrists"},
    **{"Leg": "legs", "Foot": "legs", "Toes": "legs"},
}


def _group(bone: str) -> str:
    if bone in ("neck", "head", "jaw"):
        return "head"
    if not bone.startswith(("left", "right")):
        return "torso"
    return next((group for ending, group in _ENDINGS.items() if bone.endswith(ending)), "fingers")


def _expression_group(name: str) -> _Tuning:
    if name.startswith(("eyeBlink", "eyeSquint", "eyeWide", "eyeLook")):
        return _LIDS
    return _BROWS if name.startswith(("brow", "nose", "cheek")) else _MOUTH


def _parameters(rows: list[_Tuning]) -> OneEuroParameters:
    row = _Tuning(*np.array(rows).T.copy())
    band = DeadBandParameters(least=row.least, most=row.most, shut=row.shut, open=row.open, average_hz=row.average_hz)
    return OneEuroParameters(min_cutoff_hz=_SHUT_HZ, beta=row.beta, lead=row.lead, open_hz=row.open_hz, band=band)


_BONE_PARAMETERS = _parameters([_GROUPS[_group(bone)] for bone in BONE_NAMES])
_NUMBER_PARAMETERS = _parameters([_expression_group(name) for name in EXPRESSION_NAMES] + [_ROOT] * 3)
_WRIST_PARAMETERS = _parameters([_WRISTS])
_HALF_SPEED = 0.5 * np.radians([_FASTEST_DEG_PER_S[_group(bone)] for bone in BONE_NAMES])
_FASTEST_WRIST = 2 * np.radians(_FASTEST_DEG_PER_S["arms"])  # of a straight arm
_HIPS = BONE_INDEX["hips"]
_PART_OF_NUMBER: Final = np.array([BONE_COUNT] * EXPRESSION_COUNT + [_HIPS] * 3)  # by the rows of `Presence`


def _part(bone: str) -> str:
    """Return the tracking's part that a bone's rotation is measured on."""
    group = _group(bone)
    if group in ("wrists", "fingers"):
        return "left_hand" if bone.startswith("left") else "right_hand"
    return "face" if group in ("head", "eyes") else "body"


_ROWS_OF: Final = {part: np.array([_part(bone) == part for bone in BONE_NAMES]) for part in PARTS}


class Motion:
    """Poses in at the tracker's rate (`push`), poses out for any time (`sample`). Called from one thread."""

    def __init__(self, *, times: PartTimes | None = None) -> None:
        self._times = times or PartTimes()
        self._bones = RotationFilter(_BONE_PARAMETERS)
        self._wrists = PointFilter(_WRIST_PARAMETERS)
        self._numbers = VectorFilter(_NUMBER_PARAMETERS)  # the expression, then the hips' displacement
        self.reset()

    def reset(self) -> None:
        """Forget everything: afterwards it behaves as a new one."""
        self._bones.reset()
        self._wrists.reset()
        self._numbers.reset()
        self._timeline = Timeline()
        self._parts = Presence(BONE_COUNT + 1, times=self._times)  # the bones, then the face
        self._newest: Stamp | None = None
        self._shown: RigPose | None = None
        self._shown_ns = 0
        self._measured = np.zeros(EXPRESSION_COUNT)  # the newest coefficients, before any filter
        self._reached = np.stack([self._measured, self._measured + 1.0])  # the least and the most they may be carried on to
        self._turns = np.empty((0, 4))  # as shown last, in the space of the filters
        self._places = np.empty((0, 3))  # of the wrists
        self._expression = np.empty(0)
        self._root = np.empty(0)

    def push(self, pose: RigPose) -> None:
        """Take a newly measured pose in. One whose stamp is not later than the newest is dropped."""
        time_ns = pose.stamp.captured_ns
        if self._newest is not None and time_ns <= self._newest.captured_ns:
            return
        self._newest = pose.stamp
        self._timeline.push(time_ns)
        found = self._parts.push(np.append(pose.confidence, pose.face_confidence).astype(np.float64), time_ns=time_ns)
        looked_at = found[:BONE_COUNT]
        for part in pose.predicted:  # still there, but no new measurement
            looked_at = looked_at & ~_ROWS_OF[part]
        rotations = filter_space.from_local(pose.rotations.astype(np.float64))
        self._bones(rotations, time_ns=time_ns, rows=looked_at)
        self._wrists(wrists.wrists_of(rotations), time_ns=time_ns, rows=looked_at[wrists.UPPER_ARMS])
        numbers = np.empty(EXPRESSION_COUNT + 3)
        numbers[:EXPRESSION_COUNT], numbers[EXPRESSION_COUNT:] = pose.expression, pose.root_m
        rows = found[_PART_OF_NUMBER]
        rows[:EXPRESSION_COUNT] &= "face" not in pose.predicted
        rows[EXPRESSION_COUNT:] &= looked_at[_HIPS]
        filtered = self._numbers(numbers, time_ns=time_ns, rows=rows)
        self._bound(numbers[:EXPRESSION_COUNT], filtered[:EXPRESSION_COUNT], rows=rows[:EXPRESSION_COUNT])

    def _bound(self, measured: Array, filtered: Array, *, rows: NDArray[np.bool_]) -> None:
        """Set how far coefficients (52,) may be carried on: a lid that goes half down must not be shown shut."""
        beyond = measured + _OVERSHOOT * (measured - self._measured)
        ends = np.stack([self._measured, beyond, filtered])
        self._reached = np.where(rows, np.clip([ends.min(axis=0), ends.max(axis=0)], 0.0, 1.0), self._reached)
        self._measured = np.where(rows, measured, self._measured)

    def idle(self, time_ns: int) -> RigPose:
        """Return what the avatar does at `time_ns` when nothing was ever tracked; its stamp is that of no frame (0, 0)."""
        return idle.idle_pose(time_ns * 1e-9, stamp=Stamp(seq=0, captured_ns=0))

    def sample(self, time_ns: int) -> RigPose:
        """Return the pose for the output time; its stamp is that of the newest push.

        Times must not run backwards: a time that is not later than the last one gives the last pose again.
        """
        if self._newest is None:
            self._show(self.idle(time_ns), time_ns)
        elif self._shown is None or time_ns > self._shown_ns:
            self._show(self._made(time_ns, self._newest), time_ns)
        assert self._shown is not None
        return self._shown

    @property
    def delay_s(self) -> float:
        """How far behind the output time the shown motion is kept, before the filters' own lag."""
        return self._timeline.delay_s

    def _show(self, pose: RigPose, time_ns: int) -> None:
        self._shown, self._shown_ns = pose, time_ns

    def _made(self, time_ns: int, stamp: Stamp) -> RigPose:
        dt_s = self._elapsed_s(time_ns)
        self._timeline.note_sample(time_ns)
        weight = self._parts.advance(time_ns, dt_s=dt_s, late_s=self._timeline.delay_s, silent_s=self._timeline.silence_s)
        bones, face = weight[:BONE_COUNT], float(weight[BONE_COUNT])
        eased_in = self._parts.eased_in(dt_s)
        corrected = self._corrected(dt_s, eased_in=eased_in[:BONE_COUNT])
        self._turns = self._turned(time_ns, dt_s=dt_s, corrected=corrected)
        self._places = self._placed(time_ns, dt_s=dt_s, corrected=corrected[wrists.UPPER_ARMS])
        expression, self._root = self._numbers_at(time_ns, corrected=float(corrected[_HIPS]))
        rotations = filter_space.to_local(wrists.reaching(self._turns, self._places))
        root, time_s = self._root, time_ns * 1e-9
        if face < 1.0:
            expression = idle.idle_expression(time_s) * (1 - face) + expression * face
        if bones[_HIPS] < 1.0:
            root = idle.idle_root(time_s) * (1 - bones[_HIPS]) + root * bones[_HIPS]
        resting = np.flatnonzero(bones < 1.0)
        if len(resting):
            at_rest = idle.idle_rotations(time_s)[resting]
            rotations[resting] = quat.blend(at_rest, rotations[resting], bones[resting])
        self._expression = self._changed(expression, dt_s=dt_s, eased_in=float(eased_in[BONE_COUNT]))
        return RigPose(
            stamp=stamp,
            rotations=rotations.astype(np.float32),
            root_m=root.astype(np.float32),
            expression=self._expression.astype(np.float32),
            confidence=bones.astype(np.float32),
            face_confidence=face,
        )

    def _elapsed_s(self, time_ns: int) -> float:
        """Return the time since the last sample; the first one begins with what is tracked, or goes on from idle."""
        if self._shown is None:
            self._parts.begin()
            return 0.0
        if not len(self._expression):
            self._expression = self._shown.expression.astype(np.float64)
        return (time_ns - self._shown_ns) * 1e-9

    def _reaches(self, time_ns: int, seen_ns: NDArray[np.int64], there: NDArray[np.bool_]) -> tuple[Array, Array]:
        """Return (N,) how far beyond their last measurements to look, and for how long that carries on what was shown last."""
        ahead_s = self._timeline.reach_s(time_ns, seen_ns, there=there)
        return ahead_s, ahead_s - self._timeline.reach_s(self._shown_ns, seen_ns, there=there)

    def _turned(self, time_ns: int, *, dt_s: float, corrected: Array) -> Array:
        """Return (55, 4): the last sample carried on by the measured motion, and pulled to where it should be.

        `corrected` (55,) is the share of a wrong guess that is put right.
        """
        ahead_s, ran_s = self._reaches(time_ns, self._bones.seen_ns, self._parts.tracked[:BONE_COUNT])
        if not len(self._turns):
            return self._bones.ahead(ahead_s)
        target, carried = self._bones.ahead_beside(ahead_s, self._turns, ran_s)
        wanted = quat.blend(carried, target, corrected)
        # A palm seen back to front for a frame must not snap round: nothing turns faster than a body can.
        half_turn = np.arccos(np.minimum(np.abs(np.einsum("ni,ni->n", self._turns, wanted)), 1.0))
        most = np.where(self._parts.was_idle[:BONE_COUNT], np.inf, _HALF_SPEED * dt_s)
        if (half_turn <= most).all():
            return wanted
        return quat.blend(self._turns, wanted, np.minimum(1.0, most / np.maximum(half_turn, 1e-6)))

    def _placed(self, time_ns: int, *, dt_s: float, corrected: Array) -> Array:
        """Return (2, 3) where the wrists are shown, in the same way."""
        ahead_s, ran_s = self._reaches(time_ns, self._wrists.seen_ns, self._parts.tracked[wrists.UPPER_ARMS])
        target = self._wrists.ahead(ahead_s)
        if not len(self._places):
            return target
        carried = self._places + self._wrists.velocity * ran_s[:, None]
        wanted = carried + corrected[:, None] * (target - carried)
        step = wanted - self._places
        length = np.sqrt(np.einsum("ni,ni->n", step, step))
        most = np.where(self._parts.was_idle[wrists.UPPER_ARMS], np.inf, _FASTEST_WRIST * dt_s)
        return np.asarray(self._places + step * np.minimum(1.0, most / np.maximum(length, 1e-9))[:, None])

    def _numbers_at(self, time_ns: int, *, corrected: float) -> tuple[Array, Array]:
        """Return (52,) where the coefficients should be, and (3,) where the hips are shown, as the wrists are."""
        ahead_s, ran_s = self._reaches(time_ns, self._numbers.seen_ns, self._parts.tracked[_PART_OF_NUMBER])
        target = self._numbers.ahead(ahead_s)
        expression, root = target[:EXPRESSION_COUNT], target[EXPRESSION_COUNT:]
        if len(self._root):
            carried = self._root + (self._numbers.velocity * ran_s)[EXPRESSION_COUNT:]
            root = carried + corrected * (root - carried)
        return np.minimum(np.maximum(expression, self._reached[0]), self._reached[1]), root

    def _corrected(self, dt_s: float, *, eased_in: Array) -> Array:
        """Return (55,) what share of a wrong guess is put right in `dt_s`: nothing of what is lost, whose motion runs out."""
        share = 1 - np.exp(-dt_s / max(_CORRECTION_S, self._slowly_s))
        corrected = np.minimum(share, eased_in) * self._parts.tracked[:BONE_COUNT]
        return np.where(self._parts.was_idle[:BONE_COUNT], 1.0, corrected)

    def _changed(self, target: Array, *, dt_s: float, eased_in: float) -> Array:
        """Return (52,) the coefficients shown, after those of the last sample."""
        if not len(self._expression):
            return target
        share = 1 - np.exp(-dt_s / max(_FACE_CORRECTION_S, self._slowly_s))
        return np.asarray(self._expression + min(share, eased_in) * (target - self._expression))

    @property
    def _slowly_s(self) -> float:
        """The time over which to put right what a slow tracker measures, however wrong the guess was."""
        return _SLOW_CORRECTION * self._timeline.slow_s
