"""The range pass: what a person's widest expressions are, so that they are the avatar's widest too.

Owns the movements that are asked for, and what of them is believed: only what clearly moved, long enough, and on both sides of
the face, gets a range. Knows nothing of how it is used or stored; driven by stamps.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from avatar.calibration import LONGEST_GAP_S, Calibration, Progress, is_carried_on, usable_face
from trackers.skeleton import EXPRESSION_INDEX, EXPRESSION_MIRROR, EXPRESSION_NAMES
from trackers.types import FloatArray, Tracking

RANGE_STEP_S: Final = 2.5
"""Time for each movement of the range pass."""
RANGE_PATIENCE_S: Final = 10.0
"""Without any face for so long, the pass fails."""
LEAST_MOVE: Final = 0.15
"""A coefficient that rose by less than this over its rest has not been shown, and gets no range."""
_HELD_S: Final = 0.12  # a value that was reached for a shorter time is noise


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of the range pass, and the coefficients that it is to show."""

    text: str
    coefficients: tuple[str, ...]


MOVEMENTS: Final = (
    Movement("Open your mouth wide.", ("jawOpen",)),
    Movement("Smile as broadly as you can.", ("mouthSmileLeft", "mouthSmileRight")),
    Movement("Raise your eyebrows.", ("browInnerUp", "browOuterUpLeft", "browOuterUpRight", "eyeWideLeft", "eyeWideRight")),
    Movement("Frown and narrow your eyes.", ("browDownLeft", "browDownRight", "eyeSquintLeft", "eyeSquintRight")),
    Movement("Pucker your lips, as for a kiss.", ("mouthPucker",)),
    Movement("Say a long oh, with round lips.", ("mouthFunnel",)),
    Movement("Pull the corners of your mouth down.", ("mouthFrownLeft", "mouthFrownRight")),
    Movement("Close both eyes for a moment, until the next line.", ("eyeBlinkLeft", "eyeBlinkRight")),
    Movement("Look far to the left, with your eyes only.", ("eyeLookOutLeft", "eyeLookInRight")),
    Movement("Look far to the right, with your eyes only.", ("eyeLookInLeft", "eyeLookOutRight")),
    Movement("Look up, with your eyes only.", ("eyeLookUpLeft", "eyeLookUpRight")),
    Movement("Look down, with your eyes only.", ("eyeLookDownLeft", "eyeLookDownRight")),
)
FREE: Final = Movement(
    "Make all kinds of faces.", tuple(dict.fromkeys(name for movement in MOVEMENTS for name in movement.coefficients))
)
"""A range pass without guidance: whatever moves, counts."""


class RangePass:
    """Collects the person's widest expressions, one movement after the other."""

    def __init__(self, base: Calibration, *, movements: tuple[Movement, ...] = MOVEMENTS, step_s: float = RANGE_STEP_S) -> None:
        """Take the calibration whose ones are to be replaced, movement by movement; its zeros stay."""
        self._base = base
        self._movements = movements
        self._step_s = step_s
        self._seen: list[list[tuple[int, FloatArray]]] = [[] for _ in movements]  # stamps and coefficients
        self._spent_s = 0.0
        self._last_ns: int | None = None
        self._face_ns: int | None = None
        self.progress = Progress("waiting", 0.0, movements[0].text)
        self.result: Calibration | None = None

    def add(self, tracking: Tracking) -> Progress:
        """Take a tracking in and say how far the pass is; time without a face does not count."""
        if self.progress.state in ("done", "failed"):
            return self.progress
        if is_carried_on(tracking):
            return self.progress
        now_ns = tracking.stamp.captured_ns
        self._face_ns = now_ns if self._face_ns is None else min(self._face_ns, now_ns)  # a source may begin anew
        face = usable_face(tracking)
        if face is None:
            self._last_ns = None
            lost_s = (now_ns - self._face_ns) * 1e-9
            self.progress = Progress("waiting", self._share(), "Your face is not in the picture; the pass waits for it.")
            if lost_s > RANGE_PATIENCE_S:
                self.progress = Progress(
                    "failed",
                    self._share(),
                    f"Calibration stopped: your face was not seen for {RANGE_PATIENCE_S:g} seconds; "
                    "the old calibration stays; look at the camera and try again.",
                )
            return self.progress
        if self._last_ns is not None:
            self._spent_s += min(max((now_ns - self._last_ns) * 1e-9, 0.0), LONGEST_GAP_S)
        self._last_ns = self._face_ns = now_ns
        step = int(self._spent_s / self._step_s)
        if step >= len(self._movements):
            self.progress = self._finish()
            return self.progress
        self._seen[step].append((now_ns, face.expression))
        self.progress = Progress("collecting", self._share(), self._movements[step].text)
        return self.progress

    def end(self) -> Progress:
        """Finish with what there is: a clip may be shorter than the pass."""
        if self.progress.state not in ("done", "failed"):
            self.progress = self._finish()
        return self.progress

    def _share(self) -> float:
        return min(self._spent_s / (self._step_s * len(self._movements)), 1.0)

    def _finish(self) -> Progress:
        most = self._base.most.copy()
        every = [values for seen in self._seen for _, values in seen]
        # What the person mostly does counts as rest too: there may have been no neutral pass.
        rest = np.maximum(self._base.expression, np.quantile(every, 0.2, axis=0)) if every else self._base.expression
        shown = 0
        for movement, seen in zip(self._movements, self._seen, strict=True):
            held = _held(seen) if seen else rest
            moved = {name for name in movement.coefficients if _rise(held, rest, name) >= LEAST_MOVE}
            # A range for one side alone would make the avatar's face lopsided.
            for name in {name for name in moved if _twin(name) in moved or _twin(name) not in movement.coefficients}:
                most[EXPRESSION_INDEX[name]] = held[EXPRESSION_INDEX[name]]
                shown += 1
        asked = sum(len(movement.coefficients) for movement in self._movements)
        if not shown:
            text = "Calibration stopped: no movement was clear enough; the old calibration stays; try again with wider ones."
            return Progress("failed", self._share(), text)
        self.result = replace(self._base, most=most)
        return Progress("done", 1.0, f"Calibrated: your own range is set for {shown} of {asked} expressions.")


def _held(seen: list[tuple[int, FloatArray]]) -> FloatArray:
    """Return (52,) the most of each coefficient that was reached for long enough not to be noise."""
    span_s = (seen[-1][0] - seen[0][0]) * 1e-9
    frames = 1 if span_s <= 0.0 else max(1, round(_HELD_S * (len(seen) - 1) / span_s))
    return np.asarray(np.sort([values for _, values in seen], axis=0)[-min(frames, len(seen))])


def _rise(held: FloatArray, rest: FloatArray, name: str) -> float:
    return float(held[EXPRESSION_INDEX[name]] - rest[EXPRESSION_INDEX[name]])


def _twin(name: str) -> str:
    """Return the same coefficient of the other side; of one without sides, itself."""
    return EXPRESSION_NAMES[EXPRESSION_MIRROR[EXPRESSION_INDEX[name]]]
