"""The mascot's hands: a soft palm and five clear fingers, each bent by its own three bones."""

import numpy as np

from avatar.mascot.head import INK_M
from avatar.mascot.level import Detail
from avatar.mascot.shapes import Part, Points, capped, capped_v, fair, grid, ink, loft, mirrored, profile, ring, unit
from avatar.mascot.skeleton import FINGER_BONES_M, FINGER_X_M, FINGER_Z_M, FINGERS, THUMB_TIP_M, along
from avatar.rig import Rig

_RADIUS_M = {"Index": 0.0128, "Middle": 0.0132, "Ring": 0.0126, "Little": 0.0115, "Thumb": 0.0140}


_STATIONS = (-0.5, 0.0, 0.3, 0.75, 1.0, 1.25, 1.75, 2.0, 2.25, 2.6, 2.87, 3.0)  # along a digit, in bones


def _digit(joints: Points, radius_m: float, tile: str, detail: Detail) -> tuple[Part, Points]:
    """Return a round-ended tube through a digit's joints (4, 3), and how far along it each vertex lies (in bones)."""
    stations, cols = detail.stations(_STATIONS, between=1), detail.of(7, 12)
    thick = profile((-0.5, 0, 1, 2, 2.5, 2.87, 3.0), (1.0, 1.06, 1.0, 0.94, 0.92, 0.68, 0.10))(stations)
    bone = np.clip(np.floor(stations).astype(int), 0, 2)
    spine = joints[bone] + (stations - bone)[:, None] * (joints[bone + 1] - joints[bone])
    ahead = unit(joints[-1] - joints[0])[None].repeat(len(stations), 0)
    side = unit(np.cross((0.0, 1.0, 0.0), ahead))
    section = ring(cols)[None] * (radius_m * thick * min(fair(cols), 1.06))[:, None, None]
    points = loft(spine, side=side, up=np.cross(ahead, side), section=section)
    part = grid(points, tile=tile, material="skin", closed=True, v=(stations + 0.5) / 3.5)
    return ink(part, INK_M * 0.62), stations.repeat(cols + 1)


def _palm(detail: Detail) -> Part:
    """Return the palm, from inside the cuff to the roots of the fingers."""
    t = np.linspace(0, 1, detail.of(6, 13))
    cols = detail.of(12, 22)
    x = 0.467 + 0.128 * t
    half = profile((0, 0.3, 0.6, 0.9, 1.0), (0.026, 0.031, 0.046, 0.049, 0.040))(t)
    thick = profile((0, 0.4, 0.85, 1.0), (0.023, 0.021, 0.0175, 0.010))(t)
    centre = np.stack([x, 0.9595 + 0 * t, -0.010 * t], axis=1)
    section = ring(cols, power=2.6)[None] * np.stack([half, thick], axis=1)[:, None]
    side, up = np.broadcast_to((0.0, 0.0, 1.0), centre.shape), np.broadcast_to((0.0, 1.0, 0.0), centre.shape)
    points = capped(loft(centre, side=side, up=up, section=section))
    return ink(grid(points, tile="palmLeft", material="skin", closed=True, v=capped_v(t)), INK_M * 0.7)


def _finger(rig: Rig, finger: str, side: str, detail: Detail) -> Part:
    x, z = FINGER_X_M[finger], FINGER_Z_M[finger]
    steps = np.concatenate([[0], np.cumsum(FINGER_BONES_M[finger])])
    joints = np.stack([x + steps, np.full(4, 0.962), np.full(4, z)], axis=1)
    part, t = _digit(joints, _RADIUS_M[finger], f"{finger.lower()}Left", detail)
    bones = [f"{side}Hand", *(f"{side}{finger}{joint}" for joint in ("Proximal", "Intermediate", "Distal"))]
    part = part if side == "left" else mirrored(part)
    part.weights = along(rig, t, bones, (0.0, 1.0, 2.0), 0.28)
    return part


def _thumb(rig: Rig, side: str, detail: Detail) -> Part:
    names = [f"left{joint}" for joint in ("ThumbMetacarpal", "ThumbProximal", "ThumbDistal")]
    joints = np.array([*(rig.rest_m[rig.names.index(name)] for name in names), THUMB_TIP_M], dtype=float)
    part, t = _digit(joints, _RADIUS_M["Thumb"], "thumbLeft", detail)
    part = part if side == "left" else mirrored(part)
    bones = [f"{side}Hand", *(name.replace("left", side) for name in names)]
    part.weights = along(rig, t, bones, (0.1, 1.0, 2.0), 0.3)
    return part


def hands(rig: Rig, detail: Detail) -> list[Part]:
    """Return both hands with ten digits."""
    parts = []
    for side in ("left", "right"):
        palm = _palm(detail) if side == "left" else mirrored(_palm(detail))
        palm.weights = along(rig, np.abs(palm.points[:, 0]), (f"{side}LowerArm", f"{side}Hand"), (0.497,), 0.02)
        parts += [palm, _thumb(rig, side, detail), *(_finger(rig, finger, side, detail) for finger in FINGERS)]
    return parts
