"""The mascot's mouth: two lip lines with an inside between them, and the sheets that lie on the face in general."""

import numpy as np

from avatar.mascot.head import face_z
from avatar.mascot.level import Detail
from avatar.mascot.shapes import Part, Points, grid, profile

MOUTH_Y_M, HALF_M = 1.130, 0.037
_Lips = tuple[Points, Points, Points, Points]  # upper dx, upper dy, lower dx, lower dy per column


def lay(x: Points, y: Points, lift: float) -> Points:
    """Return points on the face's surface, lifted toward the viewer (metres)."""
    return np.stack([x, y, face_z(x, y) + lift], axis=-1)


def strip(x: Points, low: Points, high: Points, lift: float, tile: str, material: str, bias_m: float) -> Part:
    """Return a ribbon between two heights at the columns `x`: (C,), or (2, C) upper and lower. The upper edge comes first."""
    above, below = np.broadcast_to(x, (2, len(low)))
    part = grid(np.stack([lay(above, high, lift), lay(below, low, lift)]), tile=tile, material=material, outward=(0, 0, 1))
    part.bias_m = bias_m
    return part


def move(part: Part, name: str, dx: Points, dy: Points, lift: float) -> None:
    """Add a morph that moves the part's vertices by dx, dy over the face's surface."""
    x, y = part.points[:, 0], part.points[:, 1]
    part.morphs[name] = lay(x + dx, y + dy, lift) - lay(x, y, lift)


def _shapes(s: Points) -> dict[str, _Lips]:
    """Return what each morph does at columns `s` from -1 (the mouth's right corner) to 1."""
    dome = (1 - np.abs(s) ** 2.6) ** 0.7
    zero, left, right, x = 0 * s, np.clip(s, 0, 1), np.clip(-s, 0, 1), HALF_M * s

    def both(dx: Points, dy: Points) -> _Lips:
        return dx, dy, dx, dy

    return {
        "open": (-0.06 * x, 0.006 * dome, -0.06 * x, -0.050 * dome),
        "narrow": both(-0.52 * x, -0.009 * s**2 + 0.0035 * (1 - s**2)),
        "funnel": (zero, 0.012 * dome, zero, -0.024 * dome),
        "stretch": both(0.34 * x, -0.006 * s**2),
        "smileLeft": both(0.014 * left**1.4, 0.015 * left**1.8 - 0.003 * (1 - s**2)),
        "smileRight": both(-0.014 * right**1.4, 0.015 * right**1.8 - 0.003 * (1 - s**2)),
        "frownLeft": both(0.002 * left, -0.019 * left**1.6 + 0.005 * (1 - s**2)),
        "frownRight": both(-0.002 * right, -0.019 * right**1.6 + 0.005 * (1 - s**2)),
        "asideLeft": both(zero + 0.016, zero),
        "asideRight": both(zero - 0.016, zero),
        "upperUp": (zero, 0.008 * dome, zero, zero),
        "lowerDown": (zero, zero, zero, -0.011 * dome),
        "press": both(0.10 * x, -0.007 * s**2 + 0.002 * (1 - s**2)),
    }


def _rest(s: Points) -> tuple[Points, Points]:
    """Return x and y of the closed mouth: a small smile with a peak in the middle, as foxes have."""
    peak = 0.0050 * np.exp(-((s / 0.26) ** 2))
    return HALF_M * s, MOUTH_Y_M + 0.008 * np.abs(s) ** 2.2 - 0.0045 * (1 - s**2) + peak


def _inside(s: Points, x: Points, y: Points, gap: Points, rows: int) -> Part:
    """Return what the lips open upon: `rows` rows, from the upper lip to the lower."""
    share = np.linspace(0, 1, rows)[:, None]
    part = grid(lay(x + 0 * share, y - share * gap, 0.0015), tile="mouth", material="mouth", outward=(0, 0, 1), u=(s + 1) / 2)
    part.bias_m = 0.004
    for name, (ux, uy, lx, ly) in _shapes(s).items():
        move(part, name, (ux + share * (lx - ux)).reshape(-1), (uy + share * (ly - uy)).reshape(-1), 0.0015)
    part.lids = [(k, (rows - 1) * len(s) + k) for k in range(len(s))]
    return part


def _tongue(detail: Detail) -> Part:
    """Return the tongue that comes out over the lower lip; at rest it hides within the lip line."""
    s = np.linspace(-1, 1, detail.of(7, 15))
    share = np.linspace(0, 1, detail.of(5, 11))[:, None]
    dome = (1 - np.abs(s) ** 2.4) ** 0.6
    x, y = 0.004 * s + 0 * share, MOUTH_Y_M - 0.003 - 0.001 * share * dome
    part = grid(lay(x, y, 0.002), tile="tongue", material="mouth", outward=(0, 0, 1))
    part.bias_m = 0.003
    out = lay(0.020 * s * (1 - 0.12 * share), MOUTH_Y_M - 0.004 - 0.040 * share * dome, 0.002)
    part.morphs["tongue"] = out.reshape(-1, 3) + np.array([0, 0, 0.014]) * share.repeat(len(s), 1).reshape(-1, 1) - part.points
    part.bias_m = 0.008
    return part


def mouth(detail: Detail) -> list[Part]:
    """Return the inside, the tongue and the two lip lines with every morph of the mouth."""
    s = np.sin(np.linspace(-np.pi / 2, np.pi / 2, detail.of(17, 33)))
    x, y = _rest(s)
    gap = 0.0008 * (1 - s**2)
    thick = 0.0056 * profile((0, 0.7, 1), (1.0, 0.8, 0.35))(np.abs(s))
    upper = strip(x, y - thick * 0.4, y + thick * 0.6, 0.0025, "lipUpper", "line", 0.012)
    lower = strip(x, y - gap - thick * 0.6, y - gap + 0.0004, 0.0025, "lipLower", "line", 0.010)
    for name, (ux, uy, lx, ly) in _shapes(s).items():
        move(upper, name, np.concatenate([ux, ux]), np.concatenate([uy, uy]), 0.0025)
        move(lower, name, np.concatenate([lx, lx]), np.concatenate([ly, ly]), 0.0025)
    return [_inside(s, x, y, gap, detail.of(5, 9)), upper, lower, _tongue(detail)]
