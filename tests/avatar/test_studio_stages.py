"""The studio's stages on scenes of two cards: what is nearest, where lines run, what counts as contact."""

import numpy as np
import pytest

from avatar.studio import contact, ink, surface
from trackers.types import FloatArray

SIDE = 40
LEFT, RIGHT = 0, 2  # a triangle of each card


def cards(*, left_m: float, right_m: float, outline_m: float = 0.005, right_uv: float = 0.5) -> dict[str, FloatArray]:
    """Return two upright cards side by side, this far from the viewer, filled into a picture that they cover."""
    depths = np.repeat([-1 / left_m, -1 / right_m], 4)
    x = np.array([0, 20, 20, 0, 20, 40, 40, 20])
    y = np.array([SIDE, SIDE, 0, 0] * 2)
    at = np.stack([x, y, depths], axis=1).astype(np.float32)
    triangles = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]], dtype=np.int32)
    vertices = np.zeros((8, surface.SURFACE_FLOATS), dtype=np.float32)
    vertices[:, 0] = np.repeat([0.1, right_uv], 4)
    vertices[:, 1] = y / SIDE * 0.1
    vertices[:, 8] = outline_m
    scene = {"at": at, "triangles": triangles, "surface": vertices, "weights": np.zeros((4, 6), dtype=np.float32)}
    scene |= {"depth": np.empty((SIDE, SIDE), dtype=np.float32), "seen": np.empty((SIDE, SIDE), dtype=np.int32)}
    surface.fill(at, triangles, np.ones(4, dtype=np.bool_), False, scene["depth"], scene["seen"])
    surface.weights_of(at, triangles, scene["weights"])
    return scene


def lines(scene: dict[str, FloatArray], *, kind: int = ink.BUILT, one_part: bool = False) -> FloatArray:
    """Return the field of distances with lines of at most six samples."""
    field, owner = np.empty((SIDE, SIDE), dtype=np.float32), np.zeros((SIDE, SIDE), dtype=np.int32)
    sheets = np.array([0, 1, 1, 1, 1] if one_part else [0, 1, 1, 2, 2], dtype=np.int32)
    kinds = np.full(4, kind, dtype=np.int32)
    model = (sheets, kinds, scene["triangles"], scene["weights"], scene["surface"])
    ink.draw_lines(scene["depth"], scene["seen"], *model, np.float32(1200), np.float32(6), field, owner)
    return field


def test_the_nearer_triangle_is_seen() -> None:
    """Of two cards in one place the nearer one wins, whichever is filled first; seen from behind they are not there."""
    at = np.array(
        [[0, SIDE, -0.2], [SIDE, SIDE, -0.2], [0, 0, -0.2], [0, SIDE, -0.1], [SIDE, SIDE, -0.1], [0, 0, -0.1]], np.float32
    )
    depth, seen = np.empty((SIDE, SIDE), dtype=np.float32), np.empty((SIDE, SIDE), dtype=np.int32)
    for triangles, nearest in (([[0, 1, 2], [3, 4, 5]], 0), ([[3, 4, 5], [0, 1, 2]], 1)):
        surface.fill(at, np.array(triangles, dtype=np.int32), np.ones(2, dtype=np.bool_), False, depth, seen)
        assert seen[-1, 0] == nearest
        assert seen[0, -1] == surface.EMPTY
    behind = np.array([[0, 2, 1]], dtype=np.int32)
    surface.fill(at, behind, np.ones(1, dtype=np.bool_), False, depth, seen)
    assert (seen == surface.EMPTY).all()
    surface.fill(at, behind, np.ones(1, dtype=np.bool_), True, depth, seen)
    assert (seen == 0).mean() == pytest.approx(0.5, abs=0.05)


def test_corners_weigh_what_they_should() -> None:
    """In a corner its own weight is 1."""
    scene = cards(left_m=5, right_m=5)
    for corner, expected in ((0, (1, 0)), (1, (0, 1)), (2, (0, 0))):
        x, y = scene["at"][corner, :2]
        w = scene["weights"][LEFT]
        assert (w[0] + w[1] * x + w[2] * y, w[3] + w[4] * x + w[5] * y) == pytest.approx(expected, abs=1e-4)


def test_a_deep_step_draws_a_thicker_line_than_a_shallow_one() -> None:
    """A line runs along the step, thickest where it is deep, and none where one surface runs on."""
    thickness = [(lines(cards(left_m=5, right_m=5 + step_m)) < 0).mean() for step_m in (0.03, 0.005)]
    assert thickness[0] > thickness[1] > 0
    flat = cards(left_m=5, right_m=5, right_uv=0.1)
    assert (lines(flat, one_part=True)[5:-5, 5:-5] >= 0.5).all()


def test_parts_that_touch_have_a_seam_but_skin_flows() -> None:
    """Two cards without a step: a seam where their textures lie apart, none on skin, none within one place of the texture."""
    apart, together = cards(left_m=5, right_m=5), cards(left_m=5, right_m=5, right_uv=0.1)
    assert (lines(apart)[10:30] < 0.5).any()
    assert (lines(apart, kind=ink.FLOWING)[10:30] >= 0.5).all()
    assert (lines(together)[10:30] >= 0.5).all()


def test_drawn_features_have_no_ink() -> None:
    """A brow before the face steps forth without a line."""
    brow = cards(left_m=5, right_m=5.05, outline_m=0.0)
    assert (lines(brow, kind=ink.DRAWN) >= 0.5).all()


def test_slopes_are_no_contact_and_creases_are() -> None:
    """Height that rises evenly is not surrounded; the ground beside a low wall is; far before it, a wall is no contact."""
    ramp = np.tile(np.linspace(0, 0.2, SIDE, dtype=np.float32), (SIDE, 1))
    out = np.empty_like(ramp)
    contact.occlusion(ramp, np.float32(300), out)
    assert out.max() == pytest.approx(0, abs=1e-3)
    found = []
    for high_m in (0.04, 0.4):
        wall = np.zeros((SIDE, SIDE), dtype=np.float32)
        wall[:, SIDE // 2 :] = high_m
        contact.occlusion(wall, np.float32(300), out)
        found.append(out[SIDE // 2, SIDE // 2 - 2])
    assert found[0] > 0.3
    assert found[1] == pytest.approx(0, abs=1e-3)
