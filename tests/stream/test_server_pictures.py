"""Packed pictures: what comes out of the JPEG is what went in, above all at the edge."""

import cv2
import numpy as np
import pytest

from stream.server.pictures import HEADER, KIND_OVERLAY, camera_picture, pack_picture, with_header
from trackers.types import ImageArray, Stamp


def _ball(size: tuple[int, int], colour: tuple[int, int, int]) -> ImageArray:
    """Return (H, W, 4) RGBA: an anti-aliased ball, black where it is transparent, as a renderer leaves it."""
    height, width = size
    y, x = np.mgrid[:height, :width]
    alpha = np.clip((0.35 * min(size) - np.hypot(x - width / 2, y - height / 2)) / 1.2 + 0.5, 0, 1)
    picture = np.zeros((height, width, 4), dtype=np.uint8)
    picture[..., :3] = colour
    picture[..., 3] = np.round(alpha * 255)
    picture[picture[..., 3] == 0] = 0
    return picture


def _unpack(jpeg: bytes, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Return colour (H, W, 3) and alpha (H, W, 1) as the overlay's shader computes them."""
    packed = cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), cv2.IMREAD_COLOR)[..., ::-1].astype(np.float64)
    half = packed.shape[0] // 2
    return packed[:height], np.clip((packed[half : half + height, :, 1:2] - 7) / 241, 0, 1)


@pytest.mark.parametrize("colour", [(250, 180, 40), (60, 40, 240), (250, 250, 250)])
@pytest.mark.parametrize("ground", [0, 255])
def test_edge_is_clean_on_any_ground(colour: tuple[int, int, int], ground: int) -> None:
    """Within 5 px of the outline the composite differs from the truth by less than 4 of 255 on average: no dark fringe."""
    picture = _ball((512, 512), colour)
    straight, alpha = _unpack(pack_picture(picture, quality=92), 512)
    true_alpha = picture[..., 3:] / 255
    wanted = picture[..., :3] * true_alpha + ground * (1 - true_alpha)
    error = np.abs(straight * alpha + ground * (1 - alpha) - wanted)
    y, x = np.mgrid[:512, :512]
    edge = np.abs(np.hypot(x - 256, y - 256) - 0.35 * 512) < 5
    assert error[edge].mean() < 4
    assert np.percentile(error[edge], 99) < 20


def test_far_from_the_edge_alpha_is_exact() -> None:
    """Nothing of the overlay's ground is veiled, and the avatar has no holes."""
    picture = _ball((512, 512), (250, 180, 40))
    _, alpha = _unpack(pack_picture(picture, quality=92), 512)
    y, x = np.mgrid[:512, :512]
    distance = np.hypot(x - 256, y - 256) - 0.35 * 512
    assert alpha[distance > 9].max() == 0
    assert alpha[distance < -9].min() == 1


@pytest.mark.parametrize("size", [(512, 512), (360, 640), (101, 67), (16, 16)])
def test_matte_starts_in_the_middle_whatever_the_size(size: tuple[int, int]) -> None:
    """Heights that are no multiple of 16 are padded, so colour and matte never share a JPEG block."""
    picture = _ball(size, (200, 90, 30))
    packed = cv2.imdecode(np.frombuffer(pack_picture(picture, quality=95), dtype=np.uint8), cv2.IMREAD_COLOR)
    assert packed.shape[0] % 32 == 0
    assert packed.shape[1] == size[1]
    colour, alpha = _unpack(pack_picture(picture, quality=95), size[0])
    solid = picture[..., 3] == 255
    assert np.abs(colour[solid] - (200, 90, 30)).mean() < 3
    assert np.abs(alpha[..., 0] * 255 - picture[..., 3]).mean() < 3


def test_header_is_as_documented() -> None:
    """24 bytes, little-endian, then the JPEG."""
    message = with_header(b"jpeg", kind=KIND_OVERLAY, stamp=Stamp(7, 1 << 40), width_px=512, height_px=300)
    assert HEADER.size == 24
    assert message[:24].hex() == "0101180000022c0107000000000000000000000000010000"
    assert message[24:] == b"jpeg"


def test_camera_picture_is_made_smaller_and_keeps_its_colours() -> None:
    """A wide camera's picture shrinks to 640 px; red stays red."""
    image = np.zeros((720, 1280, 3), dtype=np.uint8)
    image[..., 0] = 220
    decoded = cv2.imdecode(np.frombuffer(camera_picture(image), dtype=np.uint8), cv2.IMREAD_COLOR)
    assert decoded.shape == (360, 640, 3)
    np.testing.assert_allclose(decoded.mean(axis=(0, 1)), [0, 0, 220], atol=4)  # BGR


def test_a_camera_picture_of_one_row_has_one_row() -> None:
    """Made narrower it would have none."""
    shown = cv2.imdecode(np.frombuffer(camera_picture(np.zeros((1, 2000, 3), np.uint8)), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape == (1, 640, 3)
