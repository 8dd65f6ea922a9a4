"""Tests of the region that is painted, and of the networks kept open for it."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_network import made_network

from avatar.neural.network_pass import NetworkPass
from avatar.neural.regions import GRID_PX, LEAST_PX, MARGIN_PX, MOST_SIZES, NetworkPasses, region_of
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


def _passes(**kwargs: bool) -> NetworkPasses:
    model = made_network("S")
    return NetworkPasses(lambda w, h: NetworkPass(Network(model, width_px=w, height_px=h)), [PICTURE], **kwargs)


def test_the_whole_picture_paints_until_the_regions_network_is_open() -> None:
    """Never a wait: first everything, then the region alone."""
    passes = _passes()
    box = (200, 200, 280, 290)
    try:
        assert passes.fitting(box, PICTURE) == (passes.wholes[PICTURE], (0, 0, 512, 512))
        passes.prepare([box], PICTURE)
        network_pass, region = passes.fitting(box, PICTURE)
        assert network_pass.size_px == region[2:] == (192, 192)
        again, _ = passes.fitting((210, 190, 290, 280), PICTURE)
        assert again is network_pass
    finally:
        passes.close()


def test_fixed_passes_paint_everything() -> None:
    """A card paints the whole picture always."""
    passes = _passes(fixed=True)
    passes.prepare([(200, 200, 280, 290)], PICTURE)
    assert passes.fitting((200, 200, 280, 290), PICTURE) == (passes.wholes[PICTURE], (0, 0, 512, 512))
    passes.close()


def test_only_so_many_stay_open() -> None:
    """The one that was not wanted for the longest time goes."""
    passes = _passes()
    boxes = [(0, 0, 150 + 64 * x, 150 + 64 * y) for x in range(4) for y in range(3)]
    passes.prepare(boxes, PICTURE)
    passes.close()
    ready = [passes.fitting(box, PICTURE)[0] is not passes.wholes[PICTURE] for box in boxes[-MOST_SIZES:]]
    assert all(ready)
    assert len(boxes) > MOST_SIZES


def test_closed_passes_paint_on_with_what_they_have() -> None:
    """Whoever draws while another takes over finishes the picture; nothing is opened for it any more."""
    passes = _passes()
    passes.prepare([(200, 200, 280, 290)], PICTURE)
    passes.close()
    assert passes.fitting((0, 0, 300, 300), PICTURE) == (passes.wholes[PICTURE], (0, 0, 512, 512))
    assert passes.fitting((200, 200, 280, 290), PICTURE)[0] is not passes.wholes[PICTURE]
    passes.close()


def test_a_region_that_does_not_open_is_painted_as_before(caplog: pytest.LogCaptureFixture) -> None:
    """The whole picture's network goes on, and the log says why."""
    model = made_network("S")

    def open_(width: int, height: int) -> NetworkPass:
        if width < 512:
            raise ValueError("no memory left")
        return NetworkPass(Network(model, width_px=width, height_px=height))

    passes = NetworkPasses(open_, [PICTURE])
    passes.prepare([(200, 200, 280, 290)], PICTURE)
    assert passes.fitting((200, 200, 280, 290), PICTURE)[0] is passes.wholes[PICTURE]
    assert "no network for a region of 192x192" in caplog.text
    passes.close()
    assert not any(thread.name.startswith("region") for thread in threading.enumerate())


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
