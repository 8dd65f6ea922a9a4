"""Calibration: what a person's neutral face, straight look and widest expressions are to this camera.

Owns the value, and the first of the two passes that make it from trackings: `NeutralPass` sets the zeros; the ones come from
`calibration_range`. Knows nothing of how it is used or stored, nor of clocks: it is driven by stamps. Each pass says how far it
is and what it waits for, and believes only what a bad moment (a blink, a glance aside, a lost face) cannot have spoilt.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np

from trackers.geometry import CAMERA_FROM_FACING
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import EXPRESSION_COUNT, FaceTracking, FloatArray, Tracking, check_array

State = Literal["waiting", "collecting", "done", "failed"]

NEUTRAL_S: Final = 2.0
"""So much of a quiet face is wanted."""
NEUTRAL_PATIENCE_S: Final = 12.0
"""Without it after so long, the pass fails."""
LEAST_FACES: Final = 20
"""And at least this many frames with a face."""
LONGEST_GAP_S: Final = 0.25
"""Between two faces that count as one stretch."""
_LEAST_SCORE: Final = 0.5
_QUIET_RAD: Final = math.radians(8.0)  # from the usual turn of head and eyes: more is a glance aside
_MOST_NEUTRAL: Final = 0.6  # of lids, jaw and smile: some people's lids rest at 0.45
_NOT_NEUTRAL: Final = {
    ("eyeBlinkLeft", "eyeBlinkRight"): "Open your eyes.",
    ("jawOpen",): "Close your mouth.",
    ("mouthSmileLeft", "mouthSmileRight"): "Do not smile.",
}
MOST_GAZE_RAD: Final = 1.0
"""Yaw or pitch of the eyes beyond which nobody looks at the camera."""
_MOST_TURNED_RAD: Final = math.radians(35.0)  # a camera further aside than that is no place to calibrate


def _no_expression() -> FloatArray:
    return np.zeros(EXPRESSION_COUNT, dtype=np.float32)


def _no_turn() -> FloatArray:
    return np.eye(3, dtype=np.float32)


def _no_gaze() -> FloatArray:
    return np.zeros(2, dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """A person's zeros and ones. The default takes off nothing and stretches nothing."""

    expression: FloatArray = field(default_factory=_no_expression)
    """(52,) coefficients of the neutral face."""
    head_offset: FloatArray = field(default_factory=_no_turn)
    """(3, 3) rotation avatar_from_head when the person looks straight on: where the camera stands, as the head sees it."""
    gaze_rad: FloatArray = field(default_factory=_no_gaze)
    """(2,) yaw and pitch of the eyes when the person looks straight on."""
    most: FloatArray = field(default_factory=_no_expression)
    """(52,) the most that each coefficient reached in the range pass, 0 where it was not shown."""

    def __post_init__(self) -> None:
        check_array("Calibration.expression", self.expression, (EXPRESSION_COUNT,), np.float32)
        check_array("Calibration.head_offset", self.head_offset, (3, 3), np.float32)
        check_array("Calibration.gaze_rad", self.gaze_rad, (2,), np.float32)
        check_array("Calibration.most", self.most, (EXPRESSION_COUNT,), np.float32)

    @property
    def neutral_expression(self) -> FloatArray | None:
        """(52,) the neutral face, or None if it was never calibrated."""
        return self.expression if self.expression.any() else None

    @property
    def range_count(self) -> int:
        """How many coefficients have a range."""
        return int((self.most > 0.0).sum())


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pass is."""

    state: State
    share: float
    """0..1"""
    text: str
    """What the person should do, or what came of it; one sentence."""


class NeutralPass:
    """Collects a quiet face until there is enough for the zeros."""

    def __init__(self, base: Calibration) -> None:
        """Take the calibration whose zeros are to be replaced; its ones stay."""
        self._base = base
        self._faces: list[FaceTracking] = []
        self._collected_s = 0.0
        self._hint = _LOOK
        self._started_ns: int | None = None
        self._last_ns: int | None = None
        self.progress = Progress("waiting", 0.0, _LOOK)
        self.result: Calibration | None = None
        """The new calibration once `progress.state` is done."""

    def add(self, tracking: Tracking) -> Progress:
        """Take a tracking in and say how far the pass is. After done or failed nothing changes any more."""
        if self.progress.state in ("done", "failed"):
            return self.progress
        now_ns = tracking.stamp.captured_ns
        self._started_ns = now_ns if self._started_ns is None else min(self._started_ns, now_ns)  # a source may begin anew
        face = usable_face(tracking)
        if is_carried_on(tracking):
            pass
        elif face is None:
            self.progress = Progress("waiting", self._share(), "Your face is not in the picture; look at the camera.")
        else:
            gap_s = math.inf if self._last_ns is None else (now_ns - self._last_ns) * 1e-9
            self._collected_s += gap_s if 0.0 < gap_s <= LONGEST_GAP_S else 0.0
            self._last_ns = now_ns
            self._faces.append(face)
            self.progress = self._judge()
        if self.progress.state in ("waiting", "collecting") and now_ns - self._started_ns > NEUTRAL_PATIENCE_S * 1e9:
            self.progress = self._failed()
        return self.progress

    def _share(self) -> float:
        return min(self._collected_s / NEUTRAL_S, len(self._faces) / LEAST_FACES, 1.0)

    def _failed(self) -> Progress:
        return Progress(
            "failed",
            self._share(),
            f"Calibration stopped: {NEUTRAL_S:g} seconds of a quiet, neutral face did not come within {NEUTRAL_PATIENCE_S:g}; "
            f"the old calibration stays; {self._hint[0].lower()}{self._hint[1:-1]} and try again.",
        )

    def _judge(self) -> Progress:
        """Finish if enough of what was collected is quiet; else go on."""
        if self._share() < 1.0:
            return Progress("collecting", self._share(), self._hint)
        heads = np.array([CAMERA_FROM_FACING @ face.camera_from_head for face in self._faces])
        gazes = np.array([face.gaze_rad for face in self._faces])
        head, gaze = _mean_rotation(np.median(heads, axis=0)), np.median(gazes, axis=0)
        turns = np.arccos(np.clip((np.einsum("nij,ij->n", heads, head) - 1.0) / 2.0, -1.0, 1.0))
        quiet = (turns < _QUIET_RAD) & (np.hypot(*(gazes - gaze).T) < _QUIET_RAD)
        if math.acos(min(1.0, float(head[2, 2]))) > _MOST_TURNED_RAD:
            return self._again("Turn your head to the camera.")
        if quiet.mean() < 0.6:
            return self._again("Hold still, and look at the camera.")
        straight = np.median(gazes[quiet], axis=0)
        if not (np.abs(straight) <= MOST_GAZE_RAD).all():
            return self._again("Look at the camera.")
        # Medians: a blink or a glance aside while collecting must not become the neutral.
        usual = np.median([face.expression for face, good in zip(self._faces, quiet, strict=True) if good], axis=0)
        for names, text in _NOT_NEUTRAL.items():
            if usual[[EXPRESSION_INDEX[name] for name in names]].min() > _MOST_NEUTRAL:
                return self._again(text)
        self.result = replace(
            self._base,
            expression=usual.astype(np.float32),
            head_offset=_mean_rotation(np.median(heads[quiet], axis=0)),
            gaze_rad=straight.astype(np.float32),
        )
        return Progress("done", 1.0, "Calibrated: this is your neutral face now.")

    def _again(self, text: str) -> Progress:
        """Let the older half go: what follows may be better."""
        del self._faces[: len(self._faces) // 2]
        self._collected_s /= 2
        self._hint = text
        return Progress("collecting", self._share(), text)


_LOOK: Final = "Look at the camera with a neutral face."


def usable_face(tracking: Tracking) -> FaceTracking | None:
    """Return the face if it was really looked at and found in this frame."""
    face = tracking.face
    return face if face is not None and face.score >= _LEAST_SCORE and "face" not in tracking.predicted else None


def is_carried_on(tracking: Tracking) -> bool:
    """Tell whether the face was not looked at because it rests: that is neither a measurement nor a face gone."""
    return tracking.face is not None and "face" in tracking.predicted


def _mean_rotation(matrix: FloatArray) -> FloatArray:
    """Return the rotation matrix nearest to `matrix` (3, 3)."""
    u, _, vt = np.linalg.svd(matrix.astype(np.float64))
    flip = np.diag([1.0, 1.0, np.linalg.det(u @ vt)])
    return np.asarray(u @ flip @ vt, dtype=np.float32)
