"""One notation for the colour of every light.

Owns reading a colour and turning it into what lamps speak: sRGB, hue and saturation, CIE xy, kelvin. Knows nothing of lamps.

A colour is a CSS name, `#rgb`, `#rrggbb`, `rgb()`, `hsl()`, `hsv()`, `hue()` (fully saturated), or a white such as `2700K`.
"""

import colorsys
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pydantic_core import PydanticCustomError
from pydantic_extra_types.color import COLORS_BY_NAME, Color

from trackers.errors import UserError
from trackers.spelling import near

Xy = tuple[float, float]
Gamut = tuple[Xy, Xy, Xy]
"""The corners (red, green, blue) of what a lamp can show, in CIE xy."""

MIN_KELVIN: Final = 1500
MAX_KELVIN: Final = 9000
NOTATIONS: Final = "a name (purple), #8000ff, rgb(128, 0, 255), hsl(270, 100%, 50%), hsv(270, 100%, 100%), hue(270) or 2700K"

_LATER_NAMES: Final = {"rebeccapurple": "#663399"}  # CSS 4; the library has CSS 3
_KELVIN: Final = re.compile(r"(\d+(?:\.\d+)?)\s*k(?:elvin)?", re.IGNORECASE)
_CALL: Final = re.compile(r"(rgba?|hsla?|hsv|hsb|hue)\s*\((.*)\)", re.IGNORECASE)
_ANGLES: Final = {"": 1.0, "deg": 1.0, "rad": 180.0 / math.pi, "grad": 0.9, "turn": 360.0}
_ANGLE: Final = re.compile(r"([-+]?\d*\.?\d+)(deg|rad|grad|turn)?")
_SHARE: Final = re.compile(r"(\d*\.?\d+)%?")

# IEC 61966-2-1 (sRGB, white D65): linear RGB to CIE XYZ, and back.
_XYZ_FROM_RGB: Final = (
    (0.4123908, 0.3575843, 0.1804808),
    (0.2126390, 0.7151687, 0.0721923),
    (0.0193308, 0.1191948, 0.9505322),
)
_RGB_FROM_XYZ: Final = (
    (3.2409699, -1.5373832, -0.4986108),
    (-0.9692436, 1.8759675, 0.0415551),
    (0.0556301, -0.2039770, 1.0569715),
)
_D65: Final[Xy] = (0.3127, 0.3290)


class BadColour(UserError):
    """A colour that cannot be read."""


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour as a lamp needs it."""

    rgb: tuple[float, float, float]
    """sRGB, gamma coded as in CSS, 0..1."""
    white_kelvin: float | None = None
    """The temperature, if it was written as one: lamps with a white of their own show that instead of mixing it."""

    @property
    def is_black(self) -> bool:
        return max(self.rgb) <= 0

    def to_bytes(self) -> tuple[int, int, int]:
        """Return sRGB as 0..255."""
        red, green, blue = (round(channel * 255) for channel in self.rgb)
        return red, green, blue

    def to_hex(self) -> str:
        """Return `#rrggbb`."""
        return "#{:02x}{:02x}{:02x}".format(*self.to_bytes())

    def to_hsv(self) -> tuple[float, float, float]:
        """Return hue in degrees 0..360, saturation and value 0..1."""
        hue, saturation, value = colorsys.rgb_to_hsv(*self.rgb)
        return hue * 360.0, saturation, value

    def to_xy(self, gamut: Gamut | None = None) -> Xy:
        """Return the CIE xy chromaticity, moved to the nearest point of `gamut` if that is left. Black is as white."""
        if self.white_kelvin is not None:
            point = _xy_of_kelvin(self.white_kelvin)
        else:
            x, y, z = _times(_XYZ_FROM_RGB, tuple(linear(channel) for channel in self.rgb))
            total = x + y + z
            point = (x / total, y / total) if total > 0 else _D65
        return point if gamut is None else clamp_xy(point, gamut)

    def to_kelvin(self) -> float:
        """Return the temperature, 1500..9000 K, of the white nearest in chromaticity (McCamy 1992)."""
        if self.white_kelvin is not None:
            return self.white_kelvin
        x, y = self.to_xy()
        if abs(y - 0.1858) < 1e-6:
            return float(MAX_KELVIN)
        n = (x - 0.3320) / (0.1858 - y)
        kelvin = ((449.0 * n + 3525.0) * n + 6823.3) * n + 5520.33
        return min(max(kelvin, MIN_KELVIN), MAX_KELVIN)


def parse(text: str) -> Colour:
    """Read a colour in any of the notations.

    Raises:
        BadColour: what is wrong, in one sentence with the near matches.
    """
    word = " ".join(text.split())
    kelvin = _KELVIN.fullmatch(word)
    if kelvin is not None:
        return _white(text, float(kelvin[1]))
    call = _CALL.fullmatch(word)
    if call is not None and call[1].casefold() in _OWN:
        parts = [part for part in re.split(r"[,\s]+", call[2].strip()) if part]
        colour = _OWN[call[1].casefold()](parts)
        if colour is None:
            raise _bad(text)
        return colour
    try:
        red, green, blue, *rest = Color(_LATER_NAMES.get(word.casefold(), word)).as_rgb_tuple()
    except PydanticCustomError:
        raise _bad(text) from None
    if rest:
        raise BadColour(
            f"colour '{text}' is see-through, and light cannot be; leave the alpha out, and set `brightness` instead"
        )
    return Colour((red / 255, green / 255, blue / 255))


def from_xy(xy: Xy) -> Colour:
    """Return the brightest sRGB colour of a CIE xy chromaticity; what sRGB cannot show is cut off."""
    x, y = xy
    if y <= 0:
        return Colour((0.0, 0.0, 0.0))
    light = [max(0.0, part) for part in _times(_RGB_FROM_XYZ, (x / y, 1.0, (1.0 - x - y) / y))]
    top = max(light)
    red, green, blue = (gamma(part / top) if top > 0 else 0.0 for part in light)
    return Colour((red, green, blue))


def from_kelvin(kelvin: float) -> Colour:
    """Return the white of a temperature in kelvin."""
    return Colour(from_xy(_xy_of_kelvin(kelvin)).rgb, white_kelvin=kelvin)


def from_hsv(hue_deg: float, saturation: float, value: float = 1.0) -> Colour:
    """Return the colour of a hue in degrees (any turn), saturation and value 0..1."""
    return Colour(colorsys.hsv_to_rgb(hue_deg % 360.0 / 360.0, saturation, value))


def clamp_xy(point: Xy, gamut: Gamut) -> Xy:
    """Return `point`, or if it lies outside the triangle `gamut`, the nearest point on its edge."""
    edges = [(gamut[i], gamut[(i + 1) % 3]) for i in range(3)]
    sides = [(b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]) for a, b in edges]
    if all(side >= 0 for side in sides) or all(side <= 0 for side in sides):
        return point
    return min((_nearest(point, a, b) for a, b in edges), key=lambda near: math.dist(near, point))


def _white(text: str, kelvin: float) -> Colour:
    if not MIN_KELVIN <= kelvin <= MAX_KELVIN:
        raise BadColour(f"colour '{text}' must be {MIN_KELVIN}K..{MAX_KELVIN}K; 2700K is warm, 6500K is daylight")
    return from_kelvin(kelvin)


def _bad(text: str) -> BadColour:
    return BadColour(f"colour '{text}' is not known; {near(text, COLORS_BY_NAME, cutoff=0.6, otherwise=f'write {NOTATIONS}')}")


def _angle_deg(text: str) -> float | None:
    match = _ANGLE.fullmatch(text)
    return None if match is None else float(match[1]) * _ANGLES[match[2] or ""]


def _share(text: str) -> float | None:
    """Return `50%` or `50` as 0.5; None if it is neither, or over 100."""
    match = _SHARE.fullmatch(text)
    value = None if match is None else float(match[1]) / 100.0
    return value if value is not None and value <= 1.0 else None


def _read_hue(parts: list[str]) -> Colour | None:
    hue = _angle_deg(parts[0]) if len(parts) == 1 else None
    return None if hue is None else from_hsv(hue, 1.0)


def _read_hsv(parts: list[str]) -> Colour | None:
    if len(parts) != 3:
        return None
    hue, saturation, value = _angle_deg(parts[0]), _share(parts[1]), _share(parts[2])
    return None if hue is None or saturation is None or value is None else from_hsv(hue, saturation, value)


def _read_hsl(parts: list[str]) -> Colour | None:
    if len(parts) != 3:
        return None
    hue, saturation, lightness = _angle_deg(parts[0]), _share(parts[1]), _share(parts[2])
    if hue is None or saturation is None or lightness is None:
        return None
    return Colour(colorsys.hls_to_rgb(hue % 360.0 / 360.0, lightness, saturation))


def _read_rgb(parts: list[str]) -> Colour | None:
    """Read `rgb(128, 0, 255)`, or parts in per cent; a fourth part is alpha, which the library reads and refuses."""
    if len(parts) != 3:
        return None
    channels = [_share(part) if part.endswith("%") else _byte(part) for part in parts]
    red, green, blue = channels
    return None if red is None or green is None or blue is None else Colour((red, green, blue))


def _byte(text: str) -> float | None:
    match = _SHARE.fullmatch(text)
    value = None if match is None else float(match[1]) / 255.0
    return value if value is not None and value <= 1.0 else None


# The library rounds to bytes and knows neither per cent in rgb() nor hsv(); names, hexadecimal and alpha are left to it.
_OWN: Final[dict[str, Callable[[list[str]], Colour | None]]] = {
    "rgb": _read_rgb,
    "hsl": _read_hsl,
    "hsv": _read_hsv,
    "hsb": _read_hsv,
    "hue": _read_hue,
}


def linear(channel: float) -> float:
    """Return the light (0..1) of a channel of sRGB (0..1)."""
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def gamma(channel: float) -> float:
    """Return the channel of sRGB (0..1) that gives this light (0..1)."""
    return channel * 12.92 if channel <= 0.0031308 else float(1.055 * channel ** (1 / 2.4) - 0.055)


def _times(matrix: tuple[tuple[float, ...], ...], vector: tuple[float, ...]) -> tuple[float, float, float]:
    x, y, z = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return x, y, z


def _xy_of_kelvin(kelvin: float) -> Xy:
    """Return the chromaticity of a black body (cubic fit of Kim et al., US patent 7024034; from 1667 K up)."""
    t = max(kelvin, 1667.0)
    if t < 4000:
        x = -0.2661239e9 / t**3 - 0.2343589e6 / t**2 + 0.8776956e3 / t + 0.179910
    else:
        x = -3.0258469e9 / t**3 + 2.1070379e6 / t**2 + 0.2226347e3 / t + 0.240390
    if t < 2222:
        y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    elif t < 4000:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    return x, y


def _nearest(point: Xy, a: Xy, b: Xy) -> Xy:
    along = (b[0] - a[0], b[1] - a[1])
    length2 = along[0] ** 2 + along[1] ** 2
    share = ((point[0] - a[0]) * along[0] + (point[1] - a[1]) * along[1]) / length2 if length2 > 0 else 0.0
    share = min(max(share, 0.0), 1.0)
    return a[0] + share * along[0], a[1] + share * along[1]
