"""The mascot's hands: a soft palm and five clear fingers, each bent by its own three bones."""

import numpy as np

from avatar.mascot.head import INK_M
from avatar.mascot.shapes import Part, Points, capped, grid, ink, loft, mirrored, profile, ring, unit
from avatar.mascot.skeleton import FINGER_BONES_M, FINGER_X_M, FINGER_Z_M, FINGERS, THUMB_TIP_M, along
from avatar.rig import Rig

_RADIUS_M = {"Index": 0.0128, "Middle": 0.0132, "Ring": 0.0126, "Little": 0.0115, "Thumb": 0.0140}


def _digit(joints: Points, radius_m: float) -> tuple[Part, Points]:
    """Return a round-ended tube through a digit's joints (4, 3), and how far along it each vertex lies (in bones)."""
    stations = np.array([-0.5, -0.1, 0.3, 0.8, 1.15, 1.8, 2.15, 2.6, 2.87, 3.0])
    thick = profile((-0.5, 0, 1, 2, 2.5, 2.87, 3.0), (1.0, 1.06, 1.0, 0.94, 0.92, 0.68, 0.10))(stations)
    bone = np.clip(stations.astype(int) - (stations < 0), 0, 2)
    spine = joints[bone] + (stations - bone)[:, None] * (joints[bone + 1] - joints[bone])
    ahead = unit(joints[-1] - joints[0])[None].repeat(len(stations), 0)
    side = unit(np.cross((0.0, 1.0, 0.0), ahead))
    section = ring(7)[None] * (radius_m * thick)[:, None, None]
    part = grid(loft(spine, side=side, up=np.cross(ahead, side), section=section), tile="hand", material="skin", closed=True)
    return ink(part, INK_M * 0.62), stations.repeat(8)


def _palm() -> Part:
    """Return the palm, from inside the cuff to the roots of the fingers."""
    t = np.linspace(0, 1, 6)
    x = 0.467 + 0.128 * t
    half = profile((0, 0.3, 0.6, 0.9, 1.0), (0.026, 0.031, 0.046, 0.049, 0.040))(t)
    thick = profile((0, 0.4, 0.85, 1.0), (0.023, 0.021, 0.0175, 0.010))(t)
    centre = np.stack([x, 0.9595 + 0 * t, -0.010 * t], axis=1)
    section = ring(12, power=2.6)[None] * np.stack([half, thick], axis=1)[:, None]
    side, up = np.broadcast_to((0.0, 0.0, 1.0), centre.shape), np.broadcast_to((0.0, 1.0, 0.0), centre.shape)
    return ink(
        grid(capped(loft(centre, side=side, up=up, section=section)), tile="hand", material="skin", closed=True), INK_M * 0.7
    )


def _finger(rig: Rig, finger: str, side: str) -> Part:
    x, z = FINGER_X_M[finger], FINGER_Z_M[finger]
    steps = np.concatenate([[0], np.cumsum(FINGER_BONES_M[finger])])
    joints = np.stack([x + steps, np.full(4, 0.962), np.full(4, z)], axis=1)
    part, t = _digit(joints, _RADIUS_M[finger])
    bones = [f"{side}Hand", *(f"{side}{finger}{joint}" for joint in ("Proximal", "Intermediate", "Distal"))]
    part = part if side == "left" else mirrored(part)
    part.weights = along(rig, t, bones, (0.0, 1.0, 2.0), 0.28)
    return part


def _thumb(rig: Rig, side: str) -> Part:
    names = [f"left{joint}" for joint in ("ThumbMetacarpal", "ThumbProximal", "ThumbDistal")]
    joints = np.array([*(rig.rest_m[rig.names.index(name)] for name in names), THUMB_TIP_M], dtype=float)
    part, t = _digit(joints, _RADIUS_M["Thumb"])
    part = part if side == "left" else mirrored(part)
    bones = [f"{side}Hand", *(name.replace("left", side) for name in names)]
    part.weights = along(rig, t, bones, (0.1, 1.0, 2.0), 0.3)
    return part


def hands(rig: Rig) -> list[Part]:
    """Return both hands with ten digits."""
    parts = []
    for side in ("left", "right"):
        palm = _palm() if side == "left" else mirrored(_palm())
        palm.weights = along(rig, np.abs(palm.points[:, 0]), (f"{side}LowerArm", f"{side}Hand"), (0.497,), 0.02)
        parts += [palm, _thumb(rig, side), *(_finger(rig, finger, side) for finger in FINGERS)]
    return parts
