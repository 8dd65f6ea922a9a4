"""Cast shadows: what stands before a surface, seen from the light, darkens it; its own folds and what is far away do not."""

import numpy as np
import pytest

from avatar import shadow
from avatar.camera import Framing, camera_for, light_view
from avatar.fill import PAD
from avatar.skinning import COLUMNS, LIGHT_COLUMN
from trackers.types import FloatArray

_SIDE = shadow.MAP_SIDE


def _square(left: float, right: float, away_m: float) -> FloatArray:
    """Return (6, 3): two triangles over the whole height of the light's picture, seen by it from the front."""
    a, b, c, d = (left, 0.0), (right, 0.0), (right, float(_SIDE)), (left, float(_SIDE))
    return np.array([(*corner, away_m) for corner in (a, d, c, a, c, b)], dtype=np.float32)


def _reached(
    gap_m: float,
    *,
    parts: tuple[int, int] = (1, 2),
    stuffs: tuple[int, int] = (0, 1),
    solid: bool = True,
    wall_m: float = 0.3,
    is_turned: bool = False,
) -> FloatArray:
    """Return the light along the middle row of a wall before whose left half something stands; the viewer is the light.

    A wall that is turned away from the light is not in its picture.
    """
    points = np.concatenate([_square(0, _SIDE, wall_m), _square(0, _SIDE / 2, wall_m - gap_m)])
    projected = np.zeros((len(points), COLUMNS), dtype=np.float32)
    projected[:, LIGHT_COLUMN:] = points
    triangles = np.arange(len(points), dtype=np.int32).reshape(-1, 3)
    if is_turned:
        triangles[:2] = triangles[:2, ::-1]
    two = np.array([0, 0, 1, 1])
    rays = shadow.new_rays(np.array(parts, dtype=np.int32)[two], np.array(stuffs, dtype=np.int32)[two], np.full(4, solid))
    light_map = shadow.new_map()
    shadow.look(projected, triangles, LIGHT_COLUMN, rays, light_map)
    # The wall's first triangle, as a viewer sees it who stands where the light is.
    rays[0, :11] = 0, 0, 0, 1, 0, 0, 0, 1, wall_m, 0, 0
    line = np.ones(_SIDE + PAD, dtype=np.int32)
    seen, out = np.zeros(_SIDE // 4, dtype=np.int32), np.zeros(_SIDE // 4, dtype=np.float32)
    shadow.reach(line, _SIDE / 2, rays, light_map, seen, out)
    assert (seen == 1).all()
    return out


def test_what_stands_before_a_surface_takes_its_light() -> None:
    """Behind it all is dark, beside it all is lit, and between them is one soft edge."""
    out = _reached(0.1)
    half = len(out) // 2
    assert (out[2 : half - 1] == 0).all()
    assert (out[half + 1 : -1] == 1).all()


@pytest.mark.parametrize(("gap_m", "parts", "stuffs", "dark"), [
    (0.02, (1, 2), (0, 1), True),
    (0.02, (1, 1), (0, 0), False),
    (0.06, (1, 1), (0, 0), True),
    (0.01, (1, 2), (0, 0), False),
    (0.02, (1, 2), (0, 0), True),
    (0.002, (1, 2), (0, 1), False),
    (0.6, (1, 2), (0, 1), False),
])  # fmt: skip
def test_how_near_it_may_be(gap_m: float, parts: tuple[int, int], stuffs: tuple[int, int], dark: bool) -> None:
    """A part casts no shadow on its own near folds, nor a strand on its neighbour; and what is far away tells nothing."""
    assert (_reached(gap_m, parts=parts, stuffs=stuffs)[10] == 0) == dark


def test_what_is_drawn_and_not_lit_neither_throws_nor_takes_shadow() -> None:
    """Eyes and lines are always as they were painted."""
    assert (_reached(0.1, solid=False) == 1).all()


@pytest.mark.parametrize("wall_m", [1.9, 2.5, 7.0])
def test_a_wall_beyond_the_lights_depths_is_lit(wall_m: float) -> None:
    """Where its picture is empty nothing stands before the wall; nor is a wall behind itself, whose depth ends sooner."""
    assert (_reached(0.1, wall_m=wall_m, is_turned=True)[_SIDE // 8 + 1 :] == 1).all()
    assert (_reached(0.1, wall_m=wall_m)[_SIDE // 8 + 1 :] == 1).all()


def test_the_light_looks_at_what_the_camera_shows() -> None:
    """What the camera has in its middle, the light has there too; nearer to the light is a smaller number."""
    camera = camera_for(Framing.BUST, width_px=512, height_px=512)
    view = light_view(camera, side=_SIDE)
    at = view[:, :3] @ np.array([0.0, camera.centre_m, 0.0], dtype=np.float32) + view[:, 3]
    np.testing.assert_allclose(at[:2], _SIDE / 2, atol=1e-3)
    nearer = view[:, :3] @ np.array([-0.42, camera.centre_m + 0.6, 0.68], dtype=np.float32) + view[:, 3]
    assert nearer[2] < at[2]
