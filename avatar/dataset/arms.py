"""Arms that reach: from where a wrist is to clavicle, upper arm, forearm and hand.

Owns the two-bone reach, the twist of the forearm, and a set of natural stations. Everything is said for the left arm of the
standing avatar (metres, avatar space, before the trunk moves); the right one is its reflection. Knows nothing of time.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from avatar import idle, turns
from avatar import rotations as rot
from avatar.rig import BONE_INDEX
from trackers import quaternions as quat
from trackers.quaternions import Array

ARM: Final = ("Shoulder", "UpperArm", "LowerArm", "Hand")
_CLAVICLE_M: Final = np.array([0.035, 0.965, -0.01])
_TO_SHOULDER_M: Final = np.array([0.093, -0.005, 0.0])
_UPPER_M, _LOWER_M = 0.187, 0.182
_FOREARM_SHARE = 0.6  # of the palm's twist, as in `retarget_arms`
_MOST_TWIST_RAD = np.radians(125.0)
_MOST_RAISE_RAD = np.radians(22.0)

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Station:
    """Where a left hand is and how it is turned."""

    wrist_m: Point
    elbow: Point
    """Roughly where the elbow points."""
    fingers: Point
    """Where the fingers point."""
    palm: Point
    """Where the palm looks."""


_LOW, _OUT, _BACK = (0.4, -1.0, -0.3), (1.0, -0.5, -0.2), (0.8, -0.2, -1.0)
STATIONS: Final[dict[str, Station]] = {
    "beside": Station((0.27, 1.12, 0.16), _LOW, (0.05, 1, 0), (0, 0, 1)),
    "beside_back": Station((0.27, 1.12, 0.16), _LOW, (0, 1, 0.1), (-0.3, 0, -1)),
    "wave": Station((0.37, 1.22, 0.10), _OUT, (0.25, 1, 0), (0, 0, 1)),
    "stop": Station((0.20, 1.03, 0.32), _LOW, (0, 1, 0.1), (0, 0, 1)),
    "face": Station((0.08, 1.15, 0.29), _OUT, (-0.15, 1, 0), (0, 0, -1)),
    "face_out": Station((0.09, 1.14, 0.30), _OUT, (-0.1, 1, 0), (0, 0, 1)),
    "mouth": Station((0.08, 1.05, 0.28), _OUT, (-0.5, 0.8, -0.1), (-0.2, 0, -1)),
    "chin": Station((0.09, 0.99, 0.27), _LOW, (-0.25, 1, -0.25), (-0.4, 0.1, -1)),
    "cheek": Station((0.17, 1.07, 0.24), _LOW, (0.0, 1, -0.2), (-1, 0, -0.4)),
    "chest": Station((0.06, 0.88, 0.22), _OUT, (-1, 0.15, 0.1), (0, 0, -1)),
    "chest_up": Station((0.14, 0.93, 0.28), _LOW, (-0.2, 1, 0.2), (0, 0, -1)),
    "present": Station((0.31, 0.91, 0.20), _LOW, (0.5, 0.3, 0.7), (-0.2, 1, 0.3)),
    "offer": Station((0.17, 0.88, 0.29), _LOW, (0, 0.2, 1), (0, 1, 0)),
    "forward": Station((0.16, 0.99, 0.345), _OUT, (0, 0.1, 1), (0, -1, 0)),
    "point_out": Station((0.12, 1.01, 0.34), _OUT, (-0.1, 0.1, 1), (-1, 0, 0)),
    "point_up": Station((0.22, 1.10, 0.24), _LOW, (0, 1, 0), (-0.5, 0, 1)),
    "side": Station((0.48, 0.97, 0.04), (0, -0.4, -1), (1, 0, 0), (0, -1, 0)),
    "side_up": Station((0.42, 1.15, 0.05), (0.3, -0.3, -1), (0.8, 0.6, 0), (0, 0, 1)),
    "up": Station((0.30, 1.27, 0.06), (1, 0, -0.3), (0.1, 1, 0), (0, 0, 1)),
    "strong": Station((0.36, 1.12, 0.04), (1, -0.2, -0.2), (-0.2, 1, 0), (-1, 0, 0.2)),
    "salute": Station((0.27, 1.22, 0.20), _OUT, (-0.6, 0.7, -0.1), (-0.1, -0.3, 1)),
    "hip": Station((0.22, 0.69, 0.02), (1, 0.1, -0.5), (-0.6, -0.4, 0.5), (-1, 0, 0)),
    "behind": Station((0.11, 0.70, -0.17), _BACK, (-1, -0.3, 0), (0, 0, -1)),
    "behind_head": Station((0.27, 1.24, -0.10), (1, 0.2, 0), (-0.7, 0.5, -0.3), (-0.5, 0, 1)),
    "typing": Station((0.13, 0.74, 0.27), (0.8, -0.5, -0.6), (-0.15, 0, 1), (0, -1, 0.1)),
    "crossed": Station((-0.05, 0.83, 0.20), (1, -0.6, 0.2), (-1, 0.25, -0.1), (0, -0.2, -1)),
    "hug": Station((0.06, 0.94, 0.31), _OUT, (-1, 0.1, 0), (0, 0, -1)),
    "hang": Station((0.24, 0.63, 0.05), (0.4, 0, -1), (0.15, -1, 0.1), (-1, 0, 0)),
}
_WAYS: Final = np.array(
    [(0, 0, 1), (0, 0, -1), (-1, 0, 0), (0, -1, 0), (0, 1, 0), (-0.7, 0, 0.7), (-0.7, 0, -0.7)], dtype=float
)


def rest(*, side: str = "left") -> Array:
    """Return (4, 4) the hanging arm of the idle pose."""
    return idle.REST[[BONE_INDEX[side + part] for part in ARM]].copy()


def reach(station: Station) -> Array:
    """Return (4, 4) local rotations of clavicle, upper arm, forearm and hand that bring a left wrist to its station."""
    target = np.array(station.wrist_m)
    raised = rot.smoothstep(rot.unit(target - _CLAVICLE_M - _TO_SHOULDER_M)[1], -0.3, 0.95)
    clavicle = rot.about(rot.Z, float(_MOST_RAISE_RAD * raised))
    shoulder = _CLAVICLE_M + rot.rotate(clavicle, _TO_SHOULDER_M)
    upper_way, lower_way = _two_bones(target - shoulder, np.array(station.elbow))
    upper, lower = _elbow(upper_way, lower_way, np.array(station.elbow))
    palm = _palm(np.array(station.fingers), np.array(station.palm), lower_way)
    wrist = quat.multiply(quat.inverse(lower), palm)
    _, roll = turns.swing_roll((float(wrist[0]), float(wrist[1]), float(wrist[2]), float(wrist[3])))
    limited = float(np.clip(roll, -_MOST_TWIST_RAD, _MOST_TWIST_RAD))
    wrist = quat.multiply(wrist, rot.about(rot.X, limited - roll))
    forearm = rot.about(rot.X, _FOREARM_SHARE * limited)
    hand = quat.multiply(quat.inverse(forearm), wrist)
    bend = quat.multiply(quat.inverse(upper), lower)
    return np.stack([clavicle, quat.multiply(quat.inverse(clavicle), upper), quat.multiply(bend, forearm), hand])


def _two_bones(way: Array, pole: Array) -> tuple[Array, Array]:
    """Return the unit directions of upper arm and forearm whose wrist lies at `way` from the shoulder, or towards it."""
    length = float(np.clip(np.linalg.norm(way), 0.13, _UPPER_M + _LOWER_M - 0.004))
    ahead = rot.unit(way)
    aside = rot.unit(pole - (pole @ ahead) * ahead)
    cosine = (_UPPER_M**2 + length**2 - _LOWER_M**2) / (2 * _UPPER_M * length)
    upper = cosine * ahead + np.sqrt(max(1 - cosine**2, 0.0)) * aside
    return upper, rot.unit(length * ahead - _UPPER_M * upper)


def _elbow(upper_way: Array, lower_way: Array, pole: Array) -> tuple[Array, Array]:
    """Return avatar_from_upperArm with its crease where the elbow bends, and avatar_from_lowerArm without twist."""
    inward = lower_way - (lower_way @ upper_way) * upper_way
    crease = rot.unit(inward - 0.02 * (pole - (pole @ upper_way) * upper_way))
    upper = rot.from_matrix(np.stack([upper_way, rot.cross(crease, upper_way), crease], axis=1))
    angle = float(np.arccos(np.clip(upper_way @ lower_way, -1, 1)))
    return upper, quat.multiply(upper, rot.about(rot.Y, -angle))


def _palm(fingers: Array, palm: Array, lower_way: Array) -> Array:
    """Return avatar_from_hand whose fingers point along `fingers`, as far as a wrist bends, and whose palm looks to `palm`."""
    along = rot.unit(rot.unit(fingers) + 0.35 * lower_way)
    back = rot.unit(-(palm - (palm @ along) * along))
    return rot.from_matrix(np.stack([along, back, rot.cross(along, back)], axis=1))


def anywhere(rng: np.random.Generator) -> Station:
    """Return a station somewhere before or beside the body, out of head and trunk, with the hand turned anyhow."""
    while True:
        x, y, z = rng.uniform((-0.10, 0.68, 0.06), (0.44, 1.30, 0.36))
        far = np.linalg.norm(np.array([x, y, z]) - _CLAVICLE_M - _TO_SHOULDER_M)
        in_head = (x / 0.24) ** 2 + ((y - 1.28) / 0.24) ** 2 + (z / 0.26) ** 2 < 1
        in_trunk = (x / 0.19) ** 2 + (z / 0.18) ** 2 < 1 and y < 1.0
        if 0.16 < far < 0.362 and not in_head and not in_trunk:
            break
    out = np.array([x, y - 0.9, z])
    fingers = rng.normal(0, 0.5, 3) + rot.unit(out) + np.array([-0.2, 0.6, 0.0])
    palm = _WAYS[int(rng.integers(len(_WAYS)))] + rng.normal(0, 0.25, 3)
    elbow = np.array(_OUT) + rng.normal(0, 0.35, 3)
    return Station((float(x), float(y), float(z)), _point(elbow), _point(fingers), _point(palm))


def varied(station: Station, rng: np.random.Generator, *, amount: float = 1.0) -> Station:
    """Return a station like this one, a few centimetres and degrees off."""
    return Station(
        _point(np.array(station.wrist_m) + rng.normal(0, 0.02 * amount, 3)),
        _point(np.array(station.elbow) + rng.normal(0, 0.2 * amount, 3)),
        _point(rot.unit(np.array(station.fingers, dtype=float)) + rng.normal(0, 0.15 * amount, 3)),
        _point(rot.unit(np.array(station.palm, dtype=float)) + rng.normal(0, 0.15 * amount, 3)),
    )


def _point(vector: Array) -> Point:
    x, y, z = (float(value) for value in vector)
    return x, y, z


def put(rotations: Array, arms: Array, *, side: str) -> None:
    """Write (F, 4, 4) rotations of a left arm into one side of (F, 55, 4), in place."""
    mirror = 1.0 if side == "left" else np.array([1.0, -1.0, -1.0, 1.0])
    for column, part in enumerate(ARM):
        rotations[:, BONE_INDEX[side + part]] = arms[:, column] * mirror
