"""The mascot's two levels: how many triangles, that all are one character, and that the proxy keeps its silhouette."""

import itertools

import numpy as np
import pytest

from avatar.camera import Framing
from avatar.figure import Figure
from avatar.fill import ID_MASK
from avatar.mascot import Level, build_mascot, expression_window
from avatar.mascot.atlas import BORDER_PX, SIDE_PX, places, texture
from avatar.mascot.paint import TILES
from avatar.mascot.sheets import EXTREMES, HANDS, REST, pose
from avatar.mesh import Character
from avatar.neural.spec import FEATURE_SIDE_TEXELS
from avatar.puppet import PuppetRenderer
from avatar.types import RigPose
from trackers.types import FloatArray

_TRIANGLES = {Level.PROXY: (8_000, 12_000), Level.DETAILED: (40_000, 64_000)}
_POSES: dict[str, RigPose] = {
    "rest": pose(REST),
    "turned": pose(EXTREMES["yaw +60"]),
    "tilted": pose(EXTREMES["pitch -25"]),
    "arms up": pose(EXTREMES["arms up"]),
    "open hand": pose(HANDS["open"]),
    "victory": pose(HANDS["victory"]),
}


@pytest.fixture(scope="module")
def levels() -> dict[Level, Character]:
    """Each level, built once."""
    return {level: build_mascot(level) for level in Level}


@pytest.mark.parametrize("level", Level)
def test_each_level_keeps_to_its_triangles(levels: dict[Level, Character], level: Level) -> None:
    """The proxy can be drawn live, and even the detailed one can be numbered by the rasteriser."""
    fewest, most = _TRIANGLES[level]
    count = len(levels[level].mesh.triangles)
    assert fewest < count <= most
    assert count + len(levels[level].materials.rim) < ID_MASK


@pytest.mark.parametrize("level", Level)
def test_each_level_is_a_sound_mesh(levels: dict[Level, Character], level: Level) -> None:
    """No triangle is degenerate, weights sum to 1 strongest first, normals are unit vectors."""
    mesh = levels[level].mesh
    p, q, r = (mesh.vertices[mesh.triangles[:, k]].astype(np.float64) for k in range(3))
    assert (np.linalg.norm(np.cross(q - p, r - p), axis=1) > 1e-11).all()
    np.testing.assert_allclose(mesh.bone_weight.sum(axis=1), 1, atol=1e-5)
    assert (np.diff(mesh.bone_weight, axis=1) <= 1e-6).all()
    for normals in (mesh.normals, mesh.hull_normals):
        np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-4)


def test_levels_share_rig_springs_drives_and_texture(levels: dict[Level, Character]) -> None:
    """The bones of one level place the other."""
    one, other = levels[Level.PROXY], levels[Level.DETAILED]
    assert one.rig.names == other.rig.names
    assert one.rig.parents == other.rig.parents
    assert one.rig.rest_m.tobytes() == other.rig.rest_m.tobytes()
    for a, b in zip(one.springs, other.springs, strict=True):
        assert (a.bone, a.frequency_hz, a.damping, a.limit_rad) == (b.bone, b.frequency_hz, b.damping, b.limit_rad)
        assert (a.tip_m.tobytes(), a.react.tobytes(), a.sway_rad.tobytes()) == (
            b.tip_m.tobytes(),
            b.react.tobytes(),
            b.sway_rad.tobytes(),
        )
    for a, b in zip(one.mesh.morphs, other.mesh.morphs, strict=True):
        assert (a.name, a.gate, a.drive.tobytes()) == (b.name, b.gate, b.drive.tobytes())
    for a, b in zip(one.mesh.gazes, other.mesh.gazes, strict=True):
        assert (a.bone, a.look, a.uv_left.tobytes(), a.uv_up.tobytes()) == (
            b.bone,
            b.look,
            b.uv_left.tobytes(),
            b.uv_up.tobytes(),
        )
    assert one.texture.tobytes() == other.texture.tobytes()
    assert one.materials.shade.tobytes() == other.materials.shade.tobytes()


def test_tiles_are_disjoint_and_far_apart() -> None:
    """Between two tiles there are at least eight pixels, two texels of the learnt texture."""
    for (one, a), (other, b) in itertools.combinations(places().items(), 2):
        gap_x, gap_y = max(a[0], b[0]) - min(a[0] + a[2], b[0] + b[2]), max(a[1], b[1]) - min(a[1] + a[3], b[1] + b[3])
        assert max(gap_x, gap_y) >= 8, (one, other)
    assert set(places()) == set(TILES)
    assert texture().shape == (SIDE_PX, SIDE_PX, 4)


@pytest.mark.parametrize("level", Level)
def test_a_texture_coordinate_says_which_part_it_is(levels: dict[Level, Character], level: Level) -> None:
    """Every triangle lies within one tile, and every tile is on the mesh: those of left parts on the left."""
    mesh = levels[level].mesh
    seen = set()
    at = mesh.uv[mesh.triangles] * SIDE_PX  # (T, 3, 2)
    middle_x = mesh.vertices[mesh.triangles, 0].mean(axis=1)
    left_over = np.ones(len(mesh.triangles), dtype=bool)
    for name, (x, y, width, height) in places().items():
        inside = ((at >= (x - 0.01, y - 0.01)) & (at <= (x + width + 0.01, y + height + 0.01))).all(axis=(1, 2))
        left_over &= ~inside
        seen |= {name} if inside.any() else set()
        if name.endswith(("Left", "Right")):
            assert (middle_x[inside].mean() > 0) == name.endswith("Left"), name
    assert not left_over.any()
    assert seen == set(places())


def test_the_expression_window_holds_face_eyes_and_mouth_and_nothing_else() -> None:
    """A learnt texture follows the expression only there; the window ends between texels."""
    u0, v0, u1, v1 = expression_window()
    assert all(float(edge * FEATURE_SIDE_TEXELS).is_integer() for edge in (u0, v0, u1, v1))
    within = {
        name
        for name, (x, y, width, height) in places().items()
        if x + width + BORDER_PX > u0 * SIDE_PX
        and x < u1 * SIDE_PX
        and y + height + BORDER_PX > v0 * SIDE_PX
        and y < v1 * SIDE_PX
    }
    paired = {f"{name}{side}" for name in ("eye", "lash", "lowerLash", "crease", "brow") for side in ("Left", "Right")}
    assert within == {"face", "mouth", "tongue", "lipUpper", "lipLower"} | paired
    for name in within:
        x, y, width, height = places()[name]
        assert x + width <= u1 * SIDE_PX
        assert y + height <= v1 * SIDE_PX


@pytest.mark.parametrize("framing", Framing)
def test_proxy_and_detailed_have_one_silhouette(levels: dict[Level, Character], framing: Framing) -> None:
    """The network need not invent shapes: coverage agrees to 98 %."""
    size_px = 256
    renderers = {level: PuppetRenderer(levels[level], width_px=size_px, height_px=size_px) for level in Level}
    for number, (name, shown) in enumerate(_POSES.items()):
        cover: dict[Level, FloatArray] = {}
        for level, renderer in renderers.items():
            renderer.framing = framing
            cover[level] = renderer.render(shown, time_ns=number * 10**10).image[..., 3].astype(np.float32)
        a, b = cover[Level.PROXY], cover[Level.DETAILED]
        assert np.minimum(a, b).sum() / np.maximum(a, b).sum() >= 0.98, name


@pytest.mark.parametrize("level", Level)
def test_a_blink_closes_and_the_mouth_opens(levels: dict[Level, Character], level: Level) -> None:
    """At every level lids and lips are vertices: the eye's opening shrinks to nothing, the mouth's grows from nothing."""
    character = levels[level]
    upper, lower = character.mesh.lids.T
    eyes = np.isin(upper, np.concatenate([gaze.vertex for gaze in character.mesh.gazes]))

    def openings(expression: dict[str, float]) -> tuple[float, float]:
        figure = Figure(character)
        figure.pose(pose(REST, expression), time_ns=0)
        gap = figure.points[upper, 1] - figure.points[lower, 1]
        return float(gap[eyes].max()), float(gap[~eyes].max())

    eye, mouth = openings({})
    assert eye > 0.1
    assert mouth < 0.002
    assert openings({"eyeBlink": 1.0})[0] < 0.001
    assert openings({"jawOpen": 0.9})[1] > 0.03


def test_the_proxy_blinks_in_the_picture_too(levels: dict[Level, Character]) -> None:
    """No iris is left when both eyes are closed."""
    renderer = PuppetRenderer(levels[Level.PROXY], width_px=256, height_px=256)

    def teal(expression: dict[str, float]) -> int:
        image = renderer.render(pose(REST, expression), time_ns=0).image
        return int(((image[..., 2].astype(int) - image[..., 0] > 50) & (image[..., 1] > image[..., 2] - 40)).sum())

    assert teal({}) > 100
    assert teal({"eyeBlink": 1.0}) == 0


def test_a_level_that_does_not_exist_is_refused() -> None:
    """Names are those of `Level`."""
    with pytest.raises(ValueError, match="'cheap' is not a valid Level"):
        Level("cheap")
