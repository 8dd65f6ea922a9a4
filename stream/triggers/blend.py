"""A colour between two colours.

Owns the way between them: through OKLab (B. Ottosson, "A perceptual color space for image processing", 2020), where equal steps
look equal and the middle of blue and red is purple, not grey. Knows nothing of lamps or rules.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from stream.actions.colours import gamma, linear

Triple = tuple[float, float, float]
Matrix = tuple[Triple, Triple, Triple]

_CONES: Final[Matrix] = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_LAB: Final[Matrix] = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
_CONES_BACK: Final[Matrix] = (
    (1.0, 0.3963377774, 0.2158037573),
    (1.0, -0.1055613458, -0.0638541728),
    (1.0, -0.0894841775, -1.2914855480),
)
_RGB: Final[Matrix] = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)


def blend(one: Triple, other: Triple, share: float) -> Triple:
    """Return the colour `share` (0..1) of the way from `one` to `other`; all are sRGB, gamma coded, 0..1."""
    a, b = _lab(one), _lab(other)
    return _rgb((a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), a[2] + share * (b[2] - a[2])))


@lru_cache(maxsize=256)  # the ends of a way are asked for again with every frame
def _lab(rgb: Triple) -> Triple:
    return _times(_LAB, _each(math.cbrt, _times(_CONES, _each(linear, rgb))))


def _rgb(lab: Triple) -> Triple:
    light = _times(_RGB, _each(lambda cone: cone**3, _times(_CONES_BACK, lab)))
    return _each(lambda channel: min(max(gamma(channel), 0.0), 1.0), light)


def _times(matrix: Matrix, vector: Triple) -> Triple:
    x, y, z = (row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2] for row in matrix)
    return x, y, z


def _each(change: Callable[[float], float], vector: Triple) -> Triple:
    x, y, z = (change(part) for part in vector)
    return x, y, z
