"""The mascot's hair: a cap and some twenty-five tapered, curved clumps that grow over it."""

from collections.abc import Sequence

import numpy as np

from avatar.mascot.head import INK_M
from avatar.mascot.shapes import Part, Points, grid, ink, mirrored, profile, spline, toward_sphere, unit
from avatar.mascot.skeleton import along, bind
from avatar.rig import Rig

CENTRE = np.array([0.0, 1.335, -0.02])
_RADII = np.array([0.253, 0.250, 0.248])
_WIDTH = profile((0, 0.12, 0.35, 0.6, 0.82, 1.0), (0.55, 0.82, 1.0, 0.86, 0.5, 0.0))
_THICK = profile((0, 0.15, 0.5, 0.8, 1.0), (0.25, 0.8, 1.0, 0.62, 0.0))

# Clumps of the left side and the middle: keys of (azimuth, elevation, lift), degrees and metres; width; bone; tile.
# Azimuth 0 is the front, 90 the avatar's left; the right side mirrors the left.
Keys = Sequence[tuple[float, float, float]]
_MIDDLE: list[tuple[Keys, float, str, str]] = [
    (((4, 78, 0.004), (3, 45, 0.012), (-2, 20, 0.016), (-7, -4, 0.012)), 0.050, "bangs", "hair"),
]
_LEFT: list[tuple[Keys, float, str, str]] = [
    # fringe, from the middle outward
    (((14, 76, 0.002), (17, 46, 0.010), (17, 24, 0.014), (10, 4, 0.010)), 0.046, "bangs", "hair"),
    (((30, 74, 0.004), (33, 46, 0.014), (33, 26, 0.018), (27, 7, 0.014)), 0.052, "leftBangs", "hair"),
    (((48, 70, 0.002), (51, 44, 0.012), (52, 24, 0.018), (47, 0, 0.016)), 0.052, "leftBangs", "hair"),
    (((66, 64, 0.002), (66, 40, 0.012), (65, 14, 0.020), (58, -16, 0.012)), 0.054, "leftBangs", "hair"),
    # cheek fluff
    (((84, 46, 0.000), (80, 14, 0.014), (72, -18, 0.020), (66, -47, 0.012)), 0.064, "leftLock", "lock"),
    (((92, 30, 0.000), (88, 2, 0.018), (82, -26, 0.038), (80, -44, 0.076)), 0.066, "leftLock", "lock"),
    (((104, 20, 0.000), (100, -8, 0.016), (96, -34, 0.034), (93, -50, 0.078)), 0.066, "leftLock", "lock"),
    # nape
    (((122, 10, 0.000), (124, -16, 0.014), (125, -40, 0.022), (124, -58, 0.058)), 0.070, "leftNape", "hair"),
    (((146, 4, 0.000), (150, -20, 0.014), (152, -42, 0.020), (152, -60, 0.050)), 0.074, "leftNape", "hair"),
    (((172, 0, 0.000), (172, -24, 0.016), (170, -46, 0.022), (169, -63, 0.045)), 0.074, "leftNape", "hair"),
    # crown, so that the top is not bald plastic
    (((100, 62, 0.000), (96, 40, 0.010), (94, 20, 0.012), (92, -4, 0.012)), 0.070, "head", "hair"),
    (((140, 60, 0.000), (136, 34, 0.010), (133, 10, 0.014), (130, -18, 0.016)), 0.085, "head", "hair"),
    (((168, 62, 0.000), (166, 34, 0.010), (164, 10, 0.014), (163, -20, 0.018)), 0.085, "head", "hair"),
]


def _place(keys: Points) -> Points:
    """Return avatar-space points of (azimuth, elevation, lift) on the hair's ellipsoid."""
    azimuth, elevation = np.radians(keys[:, 0]), np.radians(keys[:, 1])
    way = np.stack([np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)], axis=1)
    return CENTRE + way * (_RADII + keys[:, 2:3])


def clump(keys: Keys, width_m: float, tile: str, *, rows: int = 9, thick: float = 0.34) -> Part:
    """Return one lock of hair: a lens-shaped section swept along the keys, tapering to a point."""
    spine = spline(_place(np.asarray(keys, float)), rows)
    t = np.linspace(0, 1, rows)
    ahead = unit(np.gradient(spine, axis=0))
    out = unit((spine - CENTRE) / _RADII**2)
    side = unit(np.cross(out, ahead))
    out = np.cross(ahead, side)
    angle = np.linspace(0, 2 * np.pi, 6, endpoint=False)
    across = np.cos(angle)[None] * (width_m * _WIDTH(t))[:, None]
    bulge = np.where(np.sin(angle) > 0, np.sin(angle), 0.45 * np.sin(angle))[None] * (width_m * thick * _THICK(t))[:, None]
    bulge = bulge - 0.16 * across**2 / width_m  # the sheet wraps around the head
    points = spine[:, None] + across[..., None] * side[:, None] + bulge[..., None] * out[:, None]
    points[-1] = spine[-1]
    part = grid(points, tile=tile, material="hair", closed=True)
    line = INK_M * profile((0, 0.2, 0.7, 1.0), (0.0, 0.75, 0.95, 0.5))(part.uv[:, 1])
    return toward_sphere(ink(part, line), CENTRE, 0.5)


def _cap() -> Part:
    """Return the close hair under the clumps: an ellipsoid set back so that it meets the forehead at the hair line."""
    rows, cols = 15, 22
    polar = np.linspace(0, np.pi, rows)[:, None]
    around = np.linspace(0, 2 * np.pi, cols, endpoint=False)[None]
    shape = np.stack([np.sin(polar) * np.sin(around), np.cos(polar) + 0 * around, np.sin(polar) * np.cos(around)], axis=-1)
    points = np.array([0.0, 1.335, -0.048]) + shape * np.array([0.249, 0.247, 0.232])
    return toward_sphere(ink(grid(points, tile="cap", material="hair", closed=True), INK_M), CENTRE, 0.6)


def _loosen(rig: Rig, part: Part, bone: str) -> Part:
    """Let the part's lower half follow a swinging bone."""
    if bone == "head":
        return bind(rig, part, bone)
    part.weights = along(rig, part.uv[:, 1], ("head", bone), (0.62,), 0.36)
    return part


def hair(rig: Rig) -> list[Part]:
    """Return cap and clumps, bound to the head and to the swinging bones."""
    parts = [bind(rig, _cap(), "head")]
    for keys, width_m, bone, tile in _MIDDLE:
        parts.append(_loosen(rig, clump(keys, width_m, tile), bone))
    for keys, width_m, bone, tile in _LEFT:
        left = clump(keys, width_m, tile)
        parts.append(_loosen(rig, left, bone))
        parts.append(_loosen(rig, mirrored(left), bone.replace("left", "right")))
    return parts
