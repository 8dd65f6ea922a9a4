"""The avatar over something opaque: straight alpha in, an RGB picture of a given size out. The only place where alpha ends.

Owns scaling, letterbox and the formula `out = alpha * colour + (1 - alpha) * background`, kept to within one step of 255.
Scaling is always of premultiplied values: the colour of a pixel that is not there must not bleed into the avatar's edge.
Knows nothing of sinks.
"""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from trackers.types import ImageArray, check_array

Colour = tuple[int, int, int]
"""Red, green, blue, 0..255."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a scaled picture lies in the target, in its pixels."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int


def fit(width_px: int, height_px: int, *, into_width_px: int, into_height_px: int) -> Placement:
    """Return the largest centred place with the picture's aspect: bars at two sides, nothing cut off."""
    scale = min(into_width_px / width_px, into_height_px / height_px)
    width, height = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    return Placement((into_width_px - width) // 2, (into_height_px - height) // 2, width, height)


def cover(image: ImageArray, *, width_px: int, height_px: int) -> ImageArray:
    """Return `image` (H, W, 3) scaled so that it fills the target, centred, what sticks out cut off."""
    height, width = image.shape[:2]
    scale = max(width_px / width, height_px / height)
    size = (max(width_px, round(width * scale)), max(height_px, round(height * scale)))
    scaled = cv2.resize(image, size, interpolation=_interpolation(scale)) if size != (width, height) else image
    x, y = (size[0] - width_px) // 2, (size[1] - height_px) // 2
    return np.ascontiguousarray(scaled[y : y + height_px, x : x + width_px], np.uint8)


class Composer:
    """Puts pictures of the avatar over a background. Not for two threads at once: it works in its own buffers."""

    def __init__(self, *, width_px: int, height_px: int) -> None:
        self._canvas = np.zeros((height_px, width_px, 3), np.uint8)
        self._bars: tuple[Placement, Colour] | None = None  # what the canvas holds around the picture
        self._scratch = _Scratch()

    def compose(self, image: ImageArray, background: Colour | ImageArray) -> ImageArray:
        """Return `image` (H, W, 4 RGBA, straight) over a colour, or over a picture (target height, target width, 3).

        The result is the composer's own array and is overwritten by the next call.
        """
        height, width = self._canvas.shape[:2]
        place = fit(image.shape[1], image.shape[0], into_width_px=width, into_height_px=height)
        inside = self._canvas[place.y_px : place.y_px + place.height_px, place.x_px : place.x_px + place.width_px]
        if isinstance(background, tuple):
            if self._bars != (place, background):
                self._canvas[:] = background
                self._bars = (place, background)
            _scale_into(inside, _over_colour(image, background, self._scratch))
        else:
            check_array("background", background, self._canvas.shape, np.uint8)
            self._bars = None
            np.copyto(self._canvas, background)
            _over_picture(inside, image, self._scratch)
        return self._canvas


class _Scratch:
    """Arrays that are used again: fresh ones of this size come from the system page by page, which costs more than the sums."""

    def __init__(self) -> None:
        self._arrays: dict[str, NDArray[Any]] = {}
        self._tile: tuple[tuple[Colour, int, int], ImageArray] | None = None

    def bytes(self, name: str, *shape: int) -> ImageArray:
        """Return the uint8 array `name` of `shape`, contiguous, with any content."""
        return self._get(name, shape, np.uint8)

    def words(self, name: str, *shape: int) -> NDArray[np.uint16]:
        """Return the uint16 array `name` of `shape`, contiguous, with any content."""
        return self._get(name, shape, np.uint16)

    def tile(self, colour: Colour, height: int, width: int) -> ImageArray:
        """Return (height, width, 3) of one colour. Filling it takes longer than all the rest, so it is kept."""
        if self._tile is None or self._tile[0] != (colour, height, width):
            self._tile = ((colour, height, width), np.full((height, width, 3), colour, np.uint8))
        return self._tile[1]

    def _get(self, name: str, shape: tuple[int, ...], dtype: type) -> NDArray[Any]:
        size = math.prod(shape)
        array = self._arrays.get(name)
        if array is None or array.size < size:
            array = self._arrays[name] = np.empty(size, dtype)
        return array[:size].reshape(shape)


def _over_colour(image: ImageArray, colour: Colour, scratch: _Scratch) -> ImageArray:
    """Return (H, W, 4) RGBA, straight, over one colour: (H, W, 3) RGB.

    Over one colour the formula is affine in the premultiplied values, so it may come before scaling, where pixels are fewer.
    """
    height, width = image.shape[:2]
    result = scratch.bytes("result", height, width, 3)
    np.copyto(result, scratch.tile(colour, height, width))
    alpha = cv2.extractChannel(image, 3, dst=scratch.bytes("alpha", height, width))
    x, y, w, h = cv2.boundingRect(alpha)  # most of a picture is empty
    if w and h:
        alpha = alpha[y : y + h, x : x + w]
        alpha3 = cv2.merge((alpha, alpha, alpha), dst=scratch.bytes("alpha3", h, w, 3))
        rgb = cv2.cvtColor(image[y : y + h, x : x + w], cv2.COLOR_RGBA2RGB, dst=scratch.bytes("rgb", h, w, 3))
        part = result[y : y + h, x : x + w]
        total, clear = scratch.words("total", h, w, 3), scratch.words("clear", h, w, 3)
        np.multiply(rgb, alpha3, out=total, dtype=np.uint16)  # c a + b (255 - a) <= 255 * 255: exact in 16 bits
        cv2.bitwise_not(alpha3, dst=alpha3)
        total += np.multiply(part, alpha3, out=clear, dtype=np.uint16)
        cv2.convertScaleAbs(total, dst=part, alpha=1 / 255)
    return result


def _over_picture(inside: ImageArray, image: ImageArray, scratch: _Scratch) -> None:
    """Draw `image` over `inside` (h, w, 3), which holds the background, after scaling it to that size."""
    rows, columns = image.shape[:2]
    height, width = inside.shape[:2]
    alpha = cv2.extractChannel(image, 3, dst=scratch.bytes("alpha", rows, columns))
    full = scratch.bytes("full", rows, columns)
    full.fill(255)
    factors = cv2.merge((alpha, alpha, alpha, full), dst=scratch.bytes("factors", rows, columns, 4))
    scaled = scratch.words("premultiplied", rows, columns, 4)
    np.multiply(image, factors, out=scaled, dtype=np.uint16)  # c a and 255 a, exact
    if (rows, columns) != (height, width):
        larger = scratch.words("scaled", height, width, 4)
        cv2.resize(scaled, (width, height), dst=larger, interpolation=_interpolation(width / columns))
        scaled = larger
    words = cv2.extractChannel(scaled, 3, dst=scratch.words("alpha16", height, width))
    clear = cv2.convertScaleAbs(words, dst=scratch.bytes("clear8", height, width), alpha=1 / 255)
    cv2.bitwise_not(clear, dst=clear)
    clear3 = cv2.merge((clear, clear, clear), dst=scratch.bytes("clear3", height, width, 3))
    total, rgb = scratch.words("total", height, width, 3), scratch.words("rgb16", height, width, 3)
    np.multiply(inside, clear3, out=total, dtype=np.uint16)
    cv2.cvtColor(scaled, cv2.COLOR_RGBA2RGB, dst=rgb)
    total += rgb  # at most 255 * 255 and half a step: no overflow
    cv2.convertScaleAbs(total, dst=inside, alpha=1 / 255)


def _scale_into(inside: ImageArray, image: ImageArray) -> None:
    height, width = inside.shape[:2]
    if image.shape[:2] == (height, width):
        np.copyto(inside, image)
    else:
        cv2.resize(image, (width, height), dst=inside, interpolation=_interpolation(width / image.shape[1]))


def _interpolation(scale: float) -> int:
    return cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
