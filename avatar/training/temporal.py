"""What can only be seen in motion: the error of frames' differences, and how a pose that should stand still trembles.

Owns the tracker's noise of the protocol and the sums over pairs and draws. Knows nothing of who paints.

* Pairs are frames t and t + 1 of a motion at its own rate (30 Hz), whole pictures over the background.
* Jitter: one pose, frozen, `DRAWS` times under the noise of a tracker (1 degree on each humanoid bone but the eyes, about a
  random axis, and 0.02 on each coefficient), the swinging bones settled each time; truth and painters are drawn under the
  same noise. Taken inside the figure's region of the pose without noise.
* Jitter as it is shown: the same draws as a tracker would tell them at 30 Hz, through the live program's `Motion`, which every
  pose passes before it is painted; over the same truth. (Half a second of it: what wanders more slowly is not seen.)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from avatar.camera import Framing
from avatar.figure import Figure
from avatar.motion import Motion
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
WARM_UP: Final = 45
"""Poses that `Motion` takes in before those that count, so that it knows the noise."""
PERIOD_NS: Final = 33_333_333
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

    rows: list[tuple[float, float, float, float]] = field(default_factory=list)

    def add(self, painted: list[FloatArray], shown: list[FloatArray], truth: list[FloatArray], region: Region) -> None:
        """Take the draws of one frozen pose, (H, W, 3) each: painted under the noise, and behind `Motion`; and the truth's."""
        spreads = [metrics.jitter(draws, region) for draws in (painted, shown, truth)]
        wrong = metrics.jitter_error(painted, truth, region)
        self.rows.append((spreads[0] ** 2, spreads[1] ** 2, spreads[2] ** 2, wrong**2))

    def figures(self) -> dict[str, float | None]:
        """Return the truth's spread, 0..1, as `jitter_truth`; shares of it: `jitter_gain`, `jitter_shown`, `jitter_error`."""
        if not self.rows:
            return dict.fromkeys(("jitter_gain", "jitter_shown", "jitter_error", "jitter_truth"))
        painted, shown, truth, wrong = (float(each) for each in np.sqrt(np.mean(self.rows, axis=0)))
        spreads = {"jitter_gain": painted, "jitter_shown": shown, "jitter_error": wrong}
        return {key: None if truth <= 0 else spread / truth for key, spread in spreads.items()} | {"jitter_truth": truth}


def noisy(moment: Moment, root_m: FloatArray, *, draws: int, seed: int) -> list[RigPose]:
    """Return one pose, frozen, as a tracker tells it `draws` times; all with the same stamp.

    Args:
        root_m: (3,) where the hips are.
    """
    rng = np.random.default_rng(seed)
    poses = []
    for _ in range(draws):
        turn = rng.normal(0, 1, (BONE_COUNT, 3))
        turn *= rng.normal(0, NOISE_RAD, (BONE_COUNT, 1)) / np.linalg.norm(turn, axis=1, keepdims=True)
        turn[_EYES] = 0  # an eye's bone that is turned at all wins over the coefficients: the gaze would jump, not tremble
        rotations = quat.multiply(moment.rotations.astype(np.float64), quat.exp(turn)).astype(np.float32)
        shaken = moment.expression + rng.normal(0, EXPRESSION_NOISE, moment.expression.shape)
        pose = RigPose(
            stamp=Stamp(seq=0, captured_ns=0),
            rotations=rotations,
            root_m=root_m,
            expression=np.clip(shaken, 0, 1).astype(np.float32),
            confidence=np.ones(BONE_COUNT, dtype=np.float32),
            face_confidence=1.0,
        )
        poses.append(pose)
    return poses


def through_motion(poses: list[RigPose], *, warm_up: Sequence[RigPose]) -> list[RigPose]:
    """Return what the live program shows of `poses`, one for each, where they come `PERIOD_NS` apart and after `warm_up`."""
    motion, shown = Motion(), []
    for seq, pose in enumerate((*warm_up, *poses)):
        time_ns = (seq + 1) * PERIOD_NS
        motion.push(replace(pose, stamp=Stamp(seq=seq, captured_ns=time_ns)))
        shown.append(motion.sample(time_ns))
    return shown[len(warm_up) :]


def settled(figure: Figure, pose: RigPose, framing: Framing) -> Moment:
    """Return a pose of the figure's rig with its swinging bones at rest in it."""
    figure.settle()
    figure.pose(pose, time_ns=0)
    return Moment(figure.bones.copy(), pose.rotations, pose.expression, framing)
