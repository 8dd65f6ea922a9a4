"""Folds of cloth: by what factor a part's radius grows and shrinks at a place on it.

All factors lie around 1, so that the silhouette stays where the levels without folds have it. Knows nothing of parts or rigs.
"""

import numpy as np

from avatar.mascot.shapes import Points


def _bump(t: Points, at: float, wide: float) -> Points:
    bump: Points = np.exp(-(((t - at) / wide) ** 2))
    return bump


def sleeve(x: Points, angle: Points) -> Points:
    """Return (R, C): creases inside the elbow, and cloth that piles up above the cuff. `x` (R,) metres along the arm."""
    x, angle = x[:, None], angle[None]
    inside = 0.55 + 0.45 * np.cos(angle - 0.4)
    elbow = 0.034 * _bump(x, 0.315, 0.045) * inside * np.sin(210 * x + 2.6 * np.cos(angle - 0.5))
    above_cuff = 0.036 * _bump(x, 0.438, 0.030) * np.sin(220 * x + 2.2 * np.sin(angle + 0.8))
    armpit = 0.035 * _bump(x, 0.150, 0.040) * np.clip(-np.sin(angle), 0, 1) * np.sin(210 * x + 2.0 * np.cos(angle))
    factor: Points = 1 + elbow + above_cuff + armpit
    return factor


def jacket(y: Points, angle: Points) -> Points:
    """Return (R, C): soft vertical folds that hang from the chest and bulge over the hem. `y` (R,) metres of height."""
    y, angle = y[:, None], angle[None]
    hanging = 0.020 * _bump(y, 0.60, 0.055) * np.sin(9 * angle + 26 * y) * (y > 0.548)
    waist = 0.012 * _bump(y, 0.70, 0.07) * np.sin(5 * angle - 60 * y) * (0.4 + 0.6 * np.cos(angle) ** 2)
    side = 0.016 * _bump(y, 0.84, 0.05) * np.cos(angle) ** 4 * np.sin(120 * y + 3 * np.sin(angle))
    factor: Points = 1 + hanging + waist + side
    return factor


def cuff(angle: Points) -> Points:
    """Return (1, C): the ribs of a knitted cuff."""
    factor: Points = 1 + 0.022 * np.cos(16 * angle)[None]
    return factor


def shorts(t: Points, angle: Points) -> Points:
    """Return (R, C): pleats that open toward the leg's hem."""
    t, angle = t[:, None], angle[None]
    factor: Points = 1 + 0.035 * t**1.5 * np.sin(6 * angle + 1.2 * np.sin(5 * t)) + 0.02 * _bump(t, 0.2, 0.15) * np.sin(30 * t)
    return factor


def hood(angle: Points, section: Points) -> Points:
    """Return (R, C): the rolled hood's creases where it bends around the neck."""
    angle, section = angle[:, None], section[None]
    factor: Points = 1 + 0.045 * np.sin(11 * angle + 1.5 * np.sin(section)) * np.clip(np.sin(section + 0.5), 0, 1)
    return factor


def boot(t: Points, angle: Points) -> Points:
    """Return (R, C): the shaft sags a little above the ankle."""
    factor: Points = 1 + 0.03 * _bump(t, 0.62, 0.16)[:, None] * np.sin(26 * t[:, None] + 1.4 * np.cos(angle)[None])
    return factor


def sock(t: Points, angle: Points) -> Points:
    """Return (R, C): slight wrinkles above the boot."""
    factor: Points = 1 + 0.02 * _bump(t, 0.62, 0.12)[:, None] * np.sin(40 * t[:, None] + np.cos(angle)[None])
    return factor
