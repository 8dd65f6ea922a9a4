"""Clips made by cutting, joining and painting over real ones: what a camera sees when a person leaves, turns, or is not alone.

Pictures in, pictures out; `frames` puts the stamps on. All noise comes from a fixed seed.
"""

from collections.abc import Iterable

import cv2
import numpy as np

from trackers.types import Frame, ImageArray, Stamp

FRAME_NS = 33_333_333
"""30 frames a second."""


def frames(*stretches: Iterable[ImageArray]) -> list[Frame]:
    """Join stretches of pictures into one clip of 30 frames a second."""
    images = [image for stretch in stretches for image in stretch]
    return [Frame(np.ascontiguousarray(image), Stamp(seq, seq * FRAME_NS)) for seq, image in enumerate(images)]


def black(like: ImageArray, count: int) -> list[ImageArray]:
    """A covered lens."""
    return [np.zeros_like(like)] * count


def noise(like: ImageArray, count: int) -> list[ImageArray]:
    """Snow, different in each picture."""
    random = np.random.default_rng(0)
    return [random.integers(0, 256, like.shape, dtype=np.uint8) for _ in range(count)]


def painted_out(image: ImageArray, *, left: int, right: int, top: int = 0, bottom: int | None = None) -> ImageArray:
    """Replace a rectangle, row by row, by what lies left and right of it, with a camera's grain."""
    room, rows = image.copy(), slice(top, bottom)
    height, width = room[rows].shape[:2]
    start = room[rows, max(0, left - 6) : max(1, left)].mean(axis=1)
    end = room[rows, min(right, width - 1) : right + 6].mean(axis=1)
    share = np.linspace(0, 1, right - left)[None, :, None]
    filled = start[:, None] * (1 - share) + end[:, None] * share
    grain = np.random.default_rng(left + right).normal(0, 3, (height, right - left, 1))
    room[rows, left:right] = np.clip(filled + grain, 0, 255).astype(np.uint8)
    return room


def dark(image: ImageArray, gain: float) -> ImageArray:
    """The same in little light."""
    return (image * gain).astype(np.uint8)


def lit(image: ImageArray, gains: tuple[float, float, float]) -> ImageArray:
    """The picture in the light of a coloured lamp: gains of red, green and blue."""
    return np.clip(image * np.array(gains), 0, 255).astype(np.uint8)


def grey(image: ImageArray) -> ImageArray:
    """The same from a camera without colour."""
    return np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)


def resized(image: ImageArray, width: int, height: int) -> ImageArray:
    """The same at another size."""
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def beside(left: ImageArray, right: ImageArray) -> ImageArray:
    """Two pictures of one height side by side."""
    return np.hstack([left, right])


def shifted(image: ImageArray, dx: int) -> ImageArray:
    """The same moved to the right, the rim drawn out."""
    move = np.array([[1, 0, dx], [0, 1, 0]], dtype=np.float64)
    return np.asarray(cv2.warpAffine(image, move, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)


def pasted(onto: ImageArray, person: ImageArray, *, x: int, y: int) -> ImageArray:
    """Put a picture before another, its left top corner at (x, y), cut where it leaves."""
    out = onto.copy()
    height, width = person.shape[:2]
    x0, x1 = max(0, x), min(out.shape[1], x + width)
    y0, y1 = max(0, y), min(out.shape[0], y + height)
    if x0 < x1 and y0 < y1:
        out[y0:y1, x0:x1] = person[y0 - y : y1 - y, x0 - x : x1 - x]
    return out


def cartoon(width: int = 640, height: int = 480) -> ImageArray:
    """A drawn person with a face, arms and a coat."""
    image = np.full((480, 640, 3), (200, 220, 255), dtype=np.uint8)
    skin, white, ink = (250, 205, 170), (255, 255, 255), (30, 30, 60)
    cv2.ellipse(image, (320, 430), (90, 150), 0, 0, 360, (40, 60, 200), -1, cv2.LINE_AA)
    cv2.line(image, (250, 340), (150, 430), skin, 34, cv2.LINE_AA)
    cv2.line(image, (390, 340), (500, 250), skin, 34, cv2.LINE_AA)
    cv2.circle(image, (320, 170), 110, skin, -1, cv2.LINE_AA)
    cv2.ellipse(image, (320, 110), (115, 70), 0, 180, 360, (90, 50, 20), -1, cv2.LINE_AA)
    for x in (280, 360):
        cv2.ellipse(image, (x, 170), (18, 28), 0, 0, 360, white, -1, cv2.LINE_AA)
        cv2.circle(image, (x, 176), 11, ink, -1, cv2.LINE_AA)
    cv2.ellipse(image, (320, 220), (40, 22), 0, 0, 180, (170, 50, 60), -1, cv2.LINE_AA)
    return resized(image, width, height)


def wide(small: ImageArray, large: ImageArray | None) -> ImageArray:
    """A wide picture with one person small on the left, and perhaps another, larger, on the right."""
    image = np.full((480, 1120, 3), 190, dtype=np.uint8)
    image[120:, :480] = resized(small, 480, 360)
    if large is not None:
        image[:, 480:] = large
    return image


def hair(image: ImageArray, *, x: int, y: int, radius: int) -> ImageArray:
    """The back of a head over a face: a disc of hair with strands."""
    out = image.copy()
    cv2.ellipse(out, (x, y), (radius, round(1.2 * radius)), 0, 0, 360, (70, 50, 35), -1, cv2.LINE_AA)
    for strand in range(-radius + 4, radius - 3, 4):
        cv2.line(out, (x + strand // 2, y - radius), (x + strand, y + radius // 2), (90, 66, 48), 1, cv2.LINE_AA)
    return out
