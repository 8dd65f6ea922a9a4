"""The mascot's hair: a cap and twenty-nine tapered, curved clumps that grow over it, each with a tile of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from avatar.mascot.head import CAP_CENTRE_M, CAP_RADII_M, INK_M, face_z
from avatar.mascot.level import Detail
from avatar.mascot.shapes import Part, Points, grid, ink, mirrored, profile, spline, toward_sphere, unit, without
from avatar.mascot.skeleton import along, bind
from avatar.rig import Rig

CENTRE = np.array([0.0, 1.338, -0.02])
OUTSIDE = 0.8
"""How much of a clump's tile its outside takes; the rest is its underside, which is hardly seen."""
_RADII = np.array([0.262, 0.260, 0.255])
_WIDTH = profile((0, 0.12, 0.35, 0.6, 0.82, 1.0), (0.55, 0.82, 1.0, 0.86, 0.5, 0.0))
_THICK = profile((0, 0.15, 0.5, 0.8, 1.0), (0.25, 0.8, 1.0, 0.62, 0.0))
_CAP_FLOOR_M = 1.165
_FLAT = 0.34  # a clump's thickness, in widths

# Clumps of the left side and the middle: keys of (azimuth, elevation, lift), degrees and metres; width; bone; tile.
# Azimuth 0 is the front, 90 the avatar's left; the right side mirrors the left.
Keys = Sequence[tuple[float, float, float]]
_MIDDLE: list[tuple[Keys, float, str, str]] = [
    (((4, 80, 0.004), (6, 48, 0.018), (2, 20, 0.026), (-8, -5, 0.016)), 0.058, "bangs", "fringe0"),
    (((-6, 80, 0.000), (-11, 48, 0.006), (-13, 22, 0.010), (-15, 0, 0.008)), 0.054, "bangs", "fringe1"),
    (((150, 88, -0.02), (120, 87, 0.015), (100, 82, 0.050), (92, 74, 0.070)), 0.030, "head", "crest"),
]
_LEFT: list[tuple[Keys, float, str, str]] = [
    # fringe, from the middle outward
    (((20, 78, 0.000), (25, 48, 0.010), (25, 24, 0.016), (17, 3, 0.012)), 0.056, "bangs", "fringe2Left"),
    (((38, 74, 0.004), (44, 48, 0.020), (46, 24, 0.026), (38, -1, 0.020)), 0.064, "leftBangs", "fringe3Left"),
    (((60, 68, 0.000), (64, 44, 0.012), (64, 16, 0.022), (56, -18, 0.018)), 0.060, "leftBangs", "fringe4Left"),
    # cheek fluff
    (((80, 50, 0.000), (78, 18, 0.018), (74, -14, 0.030), (69, -44, 0.036)), 0.074, "leftLock", "cheek0Left"),
    (((90, 30, 0.000), (87, 4, 0.024), (84, -18, 0.056), (86, -28, 0.128)), 0.078, "leftLock", "cheek1Left"),
    (((100, 20, 0.000), (96, -8, 0.020), (91, -30, 0.050), (92, -40, 0.126)), 0.082, "leftLock", "cheek2Left"),
    # nape
    (((122, 10, 0.000), (124, -16, 0.016), (125, -40, 0.028), (122, -54, 0.082)), 0.072, "leftNape", "nape0Left"),
    (((146, 4, 0.000), (150, -20, 0.016), (152, -42, 0.026), (150, -57, 0.070)), 0.076, "leftNape", "nape1Left"),
    (((172, 0, 0.000), (172, -24, 0.018), (170, -46, 0.028), (169, -61, 0.060)), 0.076, "leftNape", "nape2Left"),
    # crown, so that the top is not bald plastic
    (((100, 62, 0.000), (96, 40, 0.012), (94, 20, 0.016), (92, -6, 0.020)), 0.072, "head", "crown0Left"),
    (((140, 60, 0.000), (136, 34, 0.012), (133, 10, 0.018), (130, -20, 0.028)), 0.085, "head", "crown1Left"),
    (((168, 62, 0.000), (166, 34, 0.012), (164, 10, 0.018), (163, -24, 0.030)), 0.085, "head", "crown2Left"),
    (((58, 80, 0.000), (72, 56, 0.014), (78, 36, 0.020), (80, 16, 0.018)), 0.070, "head", "crown3Left"),
]


def _place(keys: Points) -> Points:
    """Return avatar-space points of (azimuth, elevation, lift) on the hair's ellipsoid."""
    azimuth, elevation = np.radians(keys[:, 0]), np.radians(keys[:, 1])
    way = np.stack([np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)], axis=1)
    points: Points = CENTRE + way * (_RADII + keys[:, 2:3])
    return points


@dataclass(frozen=True, slots=True, eq=False)
class _Bed:
    """The surface that a clump lies along: at each of R stations a point and three unit vectors."""

    spine: Points
    ahead: Points
    side: Points
    out: Points


def _bed(keys: Keys, t: Points) -> _Bed:
    dense = spline(_place(np.asarray(keys, float)), 65)
    along_it = np.linspace(0, 1, 65)
    spine = np.stack([np.interp(t, along_it, dense[:, k]) for k in range(3)], axis=1)
    ahead = unit(np.stack([np.interp(t, along_it, slope) for slope in np.gradient(dense, axis=0).T], axis=1))
    side = unit(np.cross(unit((spine - CENTRE) / _RADII**2), ahead))
    return _Bed(spine, ahead, side, np.cross(ahead, side))


def _wound(angle: Points) -> Points:
    """Return the texture's u of a clump's columns at these angles, and of the first of them again at the end."""
    turn = np.append(angle / np.pi, 2.0)
    u: Points = np.where(turn <= 1, OUTSIDE * turn, OUTSIDE + (1 - OUTSIDE) * (turn - 1))
    return u


def clump(keys: Keys, width_m: float, tile: str, detail: Detail) -> Part:
    """Return one lock of hair: a lens-shaped section swept along the keys, tapering to a point."""
    rows = detail.of(9, 19)
    t = np.linspace(0, 1, rows)
    bed = _bed(keys, t)
    angle = np.pi * np.linspace(0, 2, detail.of(6, 14), endpoint=False)
    across = np.cos(angle)[None] * (width_m * _WIDTH(t))[:, None]
    bulge = np.where(np.sin(angle) > 0, np.sin(angle), 0.45 * np.sin(angle))[None] * (width_m * _FLAT * _THICK(t))[:, None]
    if detail.fine:  # grooves between the strands
        strands = np.cos(5.0 * angle[None] + 2.2 * t[:, None]) * (np.sin(angle) > 0.1)[None]
        bulge = bulge * (1 + 0.06 * strands * np.sin(np.pi * t[:, None]))
    bulge = bulge - 0.16 * across**2 / width_m  # the sheet wraps around the head
    points = bed.spine[:, None] + across[..., None] * bed.side[:, None] + bulge[..., None] * bed.out[:, None]
    points[-1] = bed.spine[-1]
    part = grid(points, tile=tile, material="hair", closed=True, u=_wound(angle))
    return toward_sphere(ink(part, _LINE_M(part.uv[:, 1])), CENTRE, 0.28)


_LINE_M = profile((0, 0.16, 0.7, 1.0), (0.0, INK_M * 0.85, INK_M, INK_M * 0.55))
"""Thickness of a lock's outline along it: none at the root, which lies on the head."""

_STRANDS = ((-0.56, 0.30, 0.985, 0.30, -0.10), (0.60, 0.22, 0.965, 0.28, 0.12), (0.06, 0.45, 1.0, 0.24, 0.05))
"""Where the finer locks lie on a clump: place across (of its half width), from, to (of its length), width, lean of the tip."""


def _strands(keys: Keys, width_m: float, tile: str) -> list[Part]:
    """Return finer locks that lie on a clump, on its own texture: they part from it toward the tip."""
    parts = []
    for place, start, end, size, lean in _STRANDS:
        t = np.linspace(0, 1, 10)
        bed, at = _bed(keys, start + (end - start) * t), start + (end - start) * t
        middle = width_m * (place * _WIDTH(at) + lean * t**2)
        lift = width_m * _FLAT * _THICK(at) * np.sqrt(1 - place**2) - 0.16 * middle**2 / width_m
        angle = np.linspace(0, 2 * np.pi, 6, endpoint=False)
        taper = width_m * size * profile((0, 0.25, 0.6, 1), (0.0, 0.75, 1.0, 0.0))(t)
        across = middle[:, None] + np.cos(angle)[None] * taper[:, None]
        rise = (lift - 0.004 + 0.004 * t)[:, None] + 0.32 * np.sin(angle)[None] * taper[:, None]
        points = bed.spine[:, None] + across[..., None] * bed.side[:, None] + rise[..., None] * bed.out[:, None]
        part = grid(points, tile=tile, material="hair", closed=True)
        share = np.clip(across / (width_m * np.maximum(_WIDTH(at), 0.2))[:, None], -1, 1)
        share = np.concatenate([share, share[:, :1]], axis=1).reshape(-1)
        part.uv = np.stack([OUTSIDE * np.arccos(share) / np.pi, start + (end - start) * part.uv[:, 1]], axis=1)
        v = part.uv[:, 1]  # on its own lock only the tip has a line; before other locks it carries the lock's
        line = np.where(v < 0.66, -_LINE_M(v), INK_M * 0.5 * np.clip((v - 0.66) / 0.3, 0, 1))
        parts.append(toward_sphere(ink(part, line), CENTRE, 0.28))
    return parts


def _cap(detail: Detail) -> Part:
    """Return the close hair under the clumps: an ellipsoid set back so that it meets the forehead at the hair line."""
    rows, cols = detail.of(15, 24), detail.of(22, 40)
    polar = np.linspace(0, np.pi, rows)[:, None]
    around = np.linspace(0, 2 * np.pi, cols, endpoint=False)[None]
    shape = np.stack([np.sin(polar) * np.sin(around), np.cos(polar) + 0 * around, np.sin(polar) * np.cos(around)], axis=-1)
    points = np.array(CAP_CENTRE_M) + shape * np.array(CAP_RADII_M)
    low = points[..., 1] < _CAP_FLOOR_M  # nearly flat below, or it would show under the chin of a head that tilts back
    points[low, 1] = _CAP_FLOOR_M + 0.3 * (points[low, 1] - _CAP_FLOOR_M)
    cap = toward_sphere(ink(grid(points, tile="cap", material="hair", closed=True), INK_M), CENTRE, 0.6)
    x, y, z = cap.points.T
    return without(cap, (z > 0) & (y > 1.12) & (z < face_z(x, y) - 0.004))


def _loosen(rig: Rig, part: Part, bone: str) -> Part:
    """Let the part's lower half follow a swinging bone."""
    if bone == "head":
        return bind(rig, part, bone)
    part.weights = along(rig, part.uv[:, 1], ("head", bone), (0.62,), 0.36)
    return part


def _clip() -> Part:
    """Return the gold star in the fringe: the one thing that is not symmetrical."""
    centre = _place(np.array([[41.0, 27.0, 0.052]]))[0]
    out = unit(centre - CENTRE)
    side = unit(np.cross((0.18, 1.0, 0.0), out))
    up = np.cross(out, side)
    angle = np.arange(10) * np.pi / 5 + np.pi / 2
    radius = np.where(np.arange(10) % 2, 0.0165, 0.034)
    star = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * up
    layers = np.array([(0.0, -0.008), (1.0, -0.006), (0.94, 0.004), (0.0, 0.013)])
    points = np.stack([centre + star * radius[:, None] * size + out * rise for size, rise in layers])
    v = (layers[:, 1] + 0.008) / 0.021
    part = ink(grid(points, tile="clip", material="gold", closed=True, v=v), INK_M * 0.8)
    part.bias_m = 0.045  # a coarse lock must not swallow it
    return part


def hair(rig: Rig, detail: Detail) -> list[Part]:
    """Return cap and clumps, bound to the head and to the swinging bones."""
    parts = [bind(rig, _cap(detail), "head"), bind(rig, _clip(), "leftBangs")]
    for keys, width_m, bone, tile in (*_MIDDLE, *_LEFT):
        locks = [clump(keys, width_m, tile, detail)]
        if detail.fine:
            locks += _strands(keys, width_m, tile)
        for lock in locks:
            parts.append(_loosen(rig, lock, bone))
            if tile.endswith("Left"):
                parts.append(_loosen(rig, mirrored(lock), bone.replace("left", "right")))
    return parts
