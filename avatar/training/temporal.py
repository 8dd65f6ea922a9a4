"""What can only be seen in motion: the error of frames' differences, and how a pose that should stand still trembles.

Owns the tracker's noise of the protocol and the sums over pairs and draws. Knows nothing of who paints.

* Pairs are frames t and t + 1 of a motion at its own rate (30 Hz), whole pictures over the background.
* Jitter: one pose, frozen, `DRAWS` times under the noise of a tracker (1 degree on each humanoid bone but the eyes, about a
  random axis, and 0.02 on each coefficient), the swinging bones settled each time; truth and painters are drawn under the
  same noise. Taken inside the figure's region of the pose without noise.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from avatar.figure import Figure
from avatar.rig import BONE_INDEX
from avatar.training import metrics
from avatar.training.metrics import Region
from avatar.training.moments import Moment
from avatar.types import BONE_COUNT, RigPose
from trackers import quaternions as quat
from trackers.types import FloatArray, Stamp

DRAWS: Final = 16
NOISE_RAD: Final = float(np.radians(1.0))
"""Spread of the angle by which each bone is turned."""
_EYES: Final = [BONE_INDEX["leftEye"], BONE_INDEX["rightEye"]]
EXPRESSION_NOISE: Final = 0.02


@dataclass(slots=True)
class MotionTally:
    """Sums over the pairs of frames of one painter."""

    squares: list[tuple[float, float]] = field(default_factory=list)
    tlp: list[float] = field(default_factory=list)

    def add(self, painted: tuple[FloatArray, FloatArray], truth: tuple[FloatArray, FloatArray]) -> None:
        """Take the two consecutive (H, W, 3) pictures, painted and true."""
        self.squares.append(metrics.difference_sums(painted, truth))

    def figures(self) -> dict[str, float | None]:
        """Return `frame_difference` and `tlp`, the mean of |LPIPS(P_t-1, P_t) - LPIPS(G_t-1, G_t)|."""
        return {
            "frame_difference": metrics.frame_difference(self.squares) if self.squares else None,
            "tlp": float(np.mean(self.tlp)) if self.tlp else None,
        }


@dataclass(slots=True)
class JitterTally:
    """Mean squares over the frozen poses of one painter."""

    rows: list[tuple[float, float, float]] = field(default_factory=list)

    def add(self, painted: list[FloatArray], truth: list[FloatArray], region: Region) -> None:
        """Take the draws of one frozen pose, (H, W, 3) each."""
        trembles = metrics.jitter(painted, region), metrics.jitter(truth, region), metrics.jitter_error(painted, truth, region)
        self.rows.append((trembles[0] ** 2, trembles[1] ** 2, trembles[2] ** 2))

    def figures(self) -> dict[str, float | None]:
        """Return `jitter_gain` (spread over the truth's), `jitter_error` and `jitter_truth` (the truth's spread, 0..1)."""
        if not self.rows:
            return {"jitter_gain": None, "jitter_error": None, "jitter_truth": None}
        painted, truth, wrong = np.sqrt(np.mean(self.rows, axis=0))
        still = truth <= 0
        return {
            "jitter_gain": None if still else float(painted / truth),
            "jitter_error": None if still else float(wrong / truth),
            "jitter_truth": float(truth),
        }


def trembling(figure: Figure, moment: Moment, root_m: FloatArray, *, draws: int, seed: int) -> list[Moment]:
    """Return one pose under the tracker's noise, `draws` times, all bones at rest in it.

    Args:
        figure: of the same rig as the moment; its springs are settled for each draw.
        root_m: (3,) where the hips are.
    """
    rng = np.random.default_rng(seed)
    trembled = []
    for _ in range(draws):
        turn = rng.normal(0, 1, (BONE_COUNT, 3))
        turn *= rng.normal(0, NOISE_RAD, (BONE_COUNT, 1)) / np.linalg.norm(turn, axis=1, keepdims=True)
        turn[_EYES] = 0  # an eye's bone that is turned at all wins over the coefficients: the gaze would jump, not tremble
        rotations = quat.multiply(moment.rotations.astype(np.float64), quat.exp(turn)).astype(np.float32)
        shaken = moment.expression + rng.normal(0, EXPRESSION_NOISE, moment.expression.shape)
        expression = np.clip(shaken, 0, 1).astype(np.float32)
        trembled.append(settled(figure, rotations, root_m, expression, moment))
    return trembled


def settled(figure: Figure, rotations: FloatArray, root_m: FloatArray, expression: FloatArray, like: Moment) -> Moment:
    """Return a pose with its swinging bones at rest, framed as `like`."""
    pose = RigPose(
        stamp=Stamp(seq=0, captured_ns=0),
        rotations=rotations,
        root_m=root_m,
        expression=expression,
        confidence=np.ones(BONE_COUNT, dtype=np.float32),
        face_confidence=1.0,
    )
    figure.settle()
    figure.pose(pose, time_ns=0)
    return Moment(figure.bones.copy(), rotations, expression, like.framing)
