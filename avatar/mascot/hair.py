"""The mascot's hair: a cap and some twenty-five tapered, curved clumps that grow over it."""

from collections.abc import Sequence

import numpy as np

from avatar.mascot.head import CAP_CENTRE_M, CAP_RADII_M, INK_M, face_z
from avatar.mascot.shapes import Part, Points, grid, ink, mirrored, profile, spline, toward_sphere, unit, without
from avatar.mascot.skeleton import along, bind
from avatar.rig import Rig

CENTRE = np.array([0.0, 1.338, -0.02])
_RADII = np.array([0.262, 0.260, 0.255])
_WIDTH = profile((0, 0.12, 0.35, 0.6, 0.82, 1.0), (0.55, 0.82, 1.0, 0.86, 0.5, 0.0))
_THICK = profile((0, 0.15, 0.5, 0.8, 1.0), (0.25, 0.8, 1.0, 0.62, 0.0))

# Clumps of the left side and the middle: keys of (azimuth, elevation, lift), degrees and metres; width; bone; tile.
# Azimuth 0 is the front, 90 the avatar's left; the right side mirrors the left.
Keys = Sequence[tuple[float, float, float]]
_MIDDLE: list[tuple[Keys, float, str, str]] = [
    (((4, 80, 0.004), (6, 48, 0.018), (2, 20, 0.026), (-8, -5, 0.016)), 0.058, "bangs", "hair"),
    (((-6, 80, 0.000), (-11, 48, 0.006), (-13, 22, 0.010), (-15, 0, 0.008)), 0.054, "bangs", "hair"),
    (((150, 88, -0.02), (120, 87, 0.015), (100, 82, 0.050), (92, 74, 0.070)), 0.030, "head", "hair"),
]
_LEFT: list[tuple[Keys, float, str, str]] = [
    # fringe, from the middle outward
    (((20, 78, 0.000), (25, 48, 0.010), (25, 24, 0.016), (17, 3, 0.012)), 0.056, "bangs", "hair"),
    (((38, 74, 0.004), (44, 48, 0.020), (46, 24, 0.026), (38, -1, 0.020)), 0.064, "leftBangs", "hair"),
    (((60, 68, 0.000), (64, 44, 0.012), (64, 16, 0.022), (56, -18, 0.018)), 0.060, "leftBangs", "hair"),
    # cheek fluff
    (((80, 50, 0.000), (78, 18, 0.018), (74, -14, 0.030), (69, -44, 0.036)), 0.074, "leftLock", "lock"),
    (((90, 30, 0.000), (87, 4, 0.024), (84, -18, 0.056), (86, -28, 0.128)), 0.078, "leftLock", "lock"),
    (((100, 20, 0.000), (96, -8, 0.020), (91, -30, 0.050), (92, -40, 0.126)), 0.082, "leftLock", "lock"),
    # nape
    (((122, 10, 0.000), (124, -16, 0.016), (125, -40, 0.028), (122, -54, 0.082)), 0.072, "leftNape", "hair"),
    (((146, 4, 0.000), (150, -20, 0.016), (152, -42, 0.026), (150, -57, 0.070)), 0.076, "leftNape", "hair"),
    (((172, 0, 0.000), (172, -24, 0.018), (170, -46, 0.028), (169, -61, 0.060)), 0.076, "leftNape", "hair"),
    # crown, so that the top is not bald plastic
    (((100, 62, 0.000), (96, 40, 0.012), (94, 20, 0.016), (92, -6, 0.020)), 0.072, "head", "hair"),
    (((140, 60, 0.000), (136, 34, 0.012), (133, 10, 0.018), (130, -20, 0.028)), 0.085, "head", "hair"),
    (((168, 62, 0.000), (166, 34, 0.012), (164, 10, 0.018), (163, -24, 0.030)), 0.085, "head", "hair"),
    (((58, 80, 0.000), (72, 56, 0.014), (78, 36, 0.020), (80, 16, 0.018)), 0.070, "head", "hair"),
]


def _place(keys: Points) -> Points:
    """Return avatar-space points of (azimuth, elevation, lift) on the hair's ellipsoid."""
    azimuth, elevation = np.radians(keys[:, 0]), np.radians(keys[:, 1])
    way = np.stack([np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)], axis=1)
    points: Points = CENTRE + way * (_RADII + keys[:, 2:3])
    return points


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
    line = INK_M * profile((0, 0.16, 0.7, 1.0), (0.0, 0.85, 1.0, 0.55))(part.uv[:, 1])
    return toward_sphere(ink(part, line), CENTRE, 0.28)


def _cap() -> Part:
    """Return the close hair under the clumps: an ellipsoid set back so that it meets the forehead at the hair line."""
    rows, cols = 15, 22
    polar = np.linspace(0, np.pi, rows)[:, None]
    around = np.linspace(0, 2 * np.pi, cols, endpoint=False)[None]
    shape = np.stack([np.sin(polar) * np.sin(around), np.cos(polar) + 0 * around, np.sin(polar) * np.cos(around)], axis=-1)
    points = np.array(CAP_CENTRE_M) + shape * np.array(CAP_RADII_M)
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
    layers = [(0.0, -0.008), (1.0, -0.006), (0.94, 0.004), (0.0, 0.013)]
    points = np.stack([centre + star * radius[:, None] * size + out * rise for size, rise in layers])
    return ink(grid(points, tile="gold", material="gold", closed=True), INK_M * 0.8)


def hair(rig: Rig) -> list[Part]:
    """Return cap and clumps, bound to the head and to the swinging bones."""
    parts = [bind(rig, _cap(), "head"), bind(rig, _clip(), "leftBangs")]
    for keys, width_m, bone, tile in _MIDDLE:
        parts.append(_loosen(rig, clump(keys, width_m, tile), bone))
    for keys, width_m, bone, tile in _LEFT:
        left = clump(keys, width_m, tile)
        parts.append(_loosen(rig, left, bone))
        parts.append(_loosen(rig, mirrored(left), bone.replace("left", "right")))
    return parts
