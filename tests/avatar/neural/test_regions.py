"""Tests of the region that is painted, and of the networks kept open for it."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_network import made_network

from avatar.neural.easel import Easel
from avatar.neural.regions import GRID_PX, LEAST_PX, MARGIN_PX, MOST_SIZES, Easels, region_of
from avatar.neural.runtime import Network

SIDES = st.integers(0, 1023)


@given(SIDES, SIDES, SIDES, SIDES, st.sampled_from([64, 192, 512, 1024]))
def test_a_region_holds_its_box(a: int, b: int, c: int, d: int, side: int) -> None:
    """With a margin where there is room, within the picture, in steps of 32 and sizes of 64 that the network takes."""
    left, right = sorted((a % side, b % side))
    top, bottom = sorted((c % side, d % side))
    at_x, at_y, width, height = region_of((left, top, right + 1, bottom + 1), width_px=side, height_px=side)
    for first, last, begin, size in ((left, right, at_x, width), (top, bottom, at_y, height)):
        assert begin % GRID_PX == 0
        assert size % 64 == 0
        assert size >= min(side, LEAST_PX)
        assert 0 <= begin <= max(0, first - MARGIN_PX)
        assert min(side, last + 1 + MARGIN_PX) <= begin + size <= side


PICTURE = (512, 512)


def _easels(**kwargs: bool) -> Easels:
    model = made_network("S")
    return Easels(lambda w, h: Easel(Network(model, width_px=w, height_px=h)), [PICTURE], **kwargs)


def test_the_whole_picture_paints_until_the_regions_network_is_open() -> None:
    """Never a wait: first everything, then the region alone."""
    easels = _easels()
    box = (200, 200, 280, 290)
    try:
        assert easels.fitting(box, PICTURE) == (easels.wholes[PICTURE], (0, 0, 512, 512))
        easels.prepare([box], PICTURE)
        easel, region = easels.fitting(box, PICTURE)
        assert easel.size_px == region[2:] == (192, 192)
        again, _ = easels.fitting((210, 190, 290, 280), PICTURE)
        assert again is easel
    finally:
        easels.close()


def test_fixed_easels_paint_everything() -> None:
    """A card paints the whole picture always."""
    easels = _easels(fixed=True)
    easels.prepare([(200, 200, 280, 290)], PICTURE)
    assert easels.fitting((200, 200, 280, 290), PICTURE) == (easels.wholes[PICTURE], (0, 0, 512, 512))
    easels.close()


def test_only_so_many_stay_open() -> None:
    """The one that was not wanted for the longest time goes."""
    easels = _easels()
    boxes = [(0, 0, 150 + 64 * x, 150 + 64 * y) for x in range(4) for y in range(3)]
    easels.prepare(boxes, PICTURE)
    easels.close()
    ready = [easels.fitting(box, PICTURE)[0] is not easels.wholes[PICTURE] for box in boxes[-MOST_SIZES:]]
    assert all(ready)
    assert len(boxes) > MOST_SIZES


def test_closed_easels_paint_on_with_what_they_have() -> None:
    """Whoever draws while another takes over finishes the picture; nothing is opened for it any more."""
    easels = _easels()
    easels.prepare([(200, 200, 280, 290)], PICTURE)
    easels.close()
    assert easels.fitting((0, 0, 300, 300), PICTURE) == (easels.wholes[PICTURE], (0, 0, 512, 512))
    assert easels.fitting((200, 200, 280, 290), PICTURE)[0] is not easels.wholes[PICTURE]
    easels.close()


def test_a_region_that_does_not_open_is_painted_as_before(caplog: pytest.LogCaptureFixture) -> None:
    """The whole picture's network goes on, and the log says why."""
    model = made_network("S")

    def open_(width: int, height: int) -> Easel:
        if width < 512:
            raise ValueError("no memory left")
        return Easel(Network(model, width_px=width, height_px=height))

    easels = Easels(open_, [PICTURE])
    easels.prepare([(200, 200, 280, 290)], PICTURE)
    assert easels.fitting((200, 200, 280, 290), PICTURE)[0] is easels.wholes[PICTURE]
    assert "no network for a region of 192x192" in caplog.text
    easels.close()
    assert not any(thread.name.startswith("easel") for thread in threading.enumerate())


def test_a_region_is_painted_as_in_the_whole_picture() -> None:
    """Away from its edges, where a convolution sees what is outside, a region's paint is that part of the whole's."""
    model = made_network("S")
    whole, part = Network(model, width_px=512, height_px=512), Network(model, width_px=384, height_px=384)
    random = np.random.default_rng(0)
    seen, cut = whole.inputs, part.inputs
    seen["coarse"][:] = random.random(seen["coarse"].shape)
    seen["surface"][:] = random.normal(size=seen["surface"].shape)
    seen["code"][:] = cut["code"][:] = 0.3
    cut["coarse"][:] = seen["coarse"][:, :, 96:480, 32:416]
    cut["surface"][:] = seen["surface"][:, :, 48:240, 16:208]
    whole.run()
    part.run()
    middle = slice(40, 56)
    expected = whole.paint[:, :, 24 + 40 : 24 + 56, 8 + 40 : 8 + 56]
    np.testing.assert_allclose(part.paint[:, :, middle, middle], expected, atol=2e-3 * float(whole.paint.std()) + 1e-5)
