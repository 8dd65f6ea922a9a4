"""The built-in character: a sound mesh, a rig that starts with VRM's bones, a face whose morphs never fold over."""

import itertools

import numpy as np
import pytest

from avatar.mascot import build_mascot
from avatar.mascot.atlas import BORDER_PX, SIDE_PX, places
from avatar.mesh import Character
from avatar.neural.spec import FEATURE_SIDE_TEXELS
from avatar.rig import BONE_NAMES
from trackers.skeleton import EXPRESSION_INDEX


@pytest.fixture(scope="module")
def mascot() -> Character:
    """The character, built once."""
    return build_mascot()


def test_weights_sum_to_one_and_stand_strongest_first(mascot: Character) -> None:
    """Skinning stops at the first zero weight, so zeros may only come last."""
    weight = mascot.mesh.bone_weight
    np.testing.assert_allclose(weight.sum(axis=1), 1, atol=1e-5)
    assert (np.diff(weight, axis=1) <= 1e-6).all()
    assert (weight >= 0).all()


@pytest.mark.parametrize("names", [(), ("wide",), ("blink",), ("blink", "happy"), ("squint", "cross"), ("wide", "cross")])
def test_texture_coordinates_lie_in_the_texture(mascot: Character, names: tuple[str, ...]) -> None:
    """However the eyes look and the lids stand, an eye shows its own tile, and no coordinate leaves 0..1."""
    mesh = mascot.mesh
    uv = mesh.uv.copy()
    for morph in mesh.morphs:
        if morph.name.removesuffix("Left").removesuffix("Right") in names:
            uv[morph.vertex] += morph.offset_uv
    assert ((uv >= 0) & (uv <= 1)).all()
    assert mesh.uv.min() * FEATURE_SIDE_TEXELS >= 1.49, "the first corner of the learnt texture is the ink's own, see spec"
    for gaze, tile in zip(mesh.gazes, ("eyeLeft", "eyeRight"), strict=True):
        x, y, width, height = places()[tile]
        for left, up in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (0.7, 0.7), (-0.7, -0.7)):
            shown = (uv[gaze.vertex] + left * gaze.uv_left + up * gaze.uv_up) * SIDE_PX
            assert (shown >= (x - BORDER_PX, y - BORDER_PX)).all()
            assert (shown <= (x + width + BORDER_PX, y + height + BORDER_PX)).all()


def test_triangles_are_sound_and_within_budget(mascot: Character) -> None:
    """No triangle is degenerate, none names a vertex that is not there, and all can be drawn live."""
    mesh = mascot.mesh
    assert mesh.triangles.min() >= 0
    assert mesh.triangles.max() < len(mesh.vertices)
    p, q, r = (mesh.vertices[mesh.triangles[:, k]].astype(np.float64) for k in range(3))
    assert (np.linalg.norm(np.cross(q - p, r - p), axis=1) > 1e-11).all()
    assert 4_000 < len(mesh.triangles) < 12_000


def test_normals_are_unit_vectors(mascot: Character) -> None:
    """Light and outline both rely on it."""
    for normals in (mascot.mesh.normals, mascot.mesh.hull_normals):
        np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-4)


def test_rig_starts_with_the_humanoid_bones_and_adds_ears_and_tail(mascot: Character) -> None:
    """Any VRM pose drives it; what swings comes after."""
    names = mascot.rig.names
    assert names[:55] == BONE_NAMES
    assert {"leftEar1", "rightEar2", "tail5", "leftCord"} <= set(names[55:])
    assert [spring.bone for spring in mascot.springs] == list(range(55, len(names)))


def test_it_stands_on_the_floor_and_is_a_metre_sixty_to_the_crown(mascot: Character) -> None:
    """Root motion is given in metres of an avatar 1.6 m tall."""
    vertices = mascot.mesh.vertices
    assert vertices[:, 1].min() == pytest.approx(0, abs=0.01)
    assert 1.55 < mascot.rig.rest_m[mascot.rig.names.index("leftEar1"), 1] + 0.1 < 1.7


def test_rest_is_symmetrical_but_for_the_tail_and_the_accent(mascot: Character) -> None:
    """Every humanoid joint has its mirror image."""
    names = list(mascot.rig.names)
    for name in BONE_NAMES:
        if name.startswith("left"):
            left = mascot.rig.rest_m[names.index(name)]
            right = mascot.rig.rest_m[names.index("right" + name[4:])]
            np.testing.assert_allclose(left * [-1, 1, 1], right, atol=1e-6)


@pytest.mark.parametrize(
    "names", list(itertools.combinations(["open", "narrow", "funnel", "stretch", "smileLeft", "press"], 3))
)
def test_mouth_never_folds_over(mascot: Character, names: tuple[str, ...]) -> None:
    """With any three mouth morphs at full weight the lips keep their order, up from down and left from right."""
    mesh = mascot.mesh
    points = mesh.vertices.copy()
    for morph in mesh.morphs:
        if morph.name in names:
            points[morph.vertex] += morph.offset_m
    upper, lower = mesh.lids[-17:].T
    assert (np.diff(points[upper, 0]) > 0).all()
    assert (np.diff(points[lower, 0]) > 0).all()
    assert (points[upper, 1] - points[lower, 1] > -1e-4).all()


def test_every_main_coefficient_moves_the_face(mascot: Character) -> None:
    """The coefficients that people see first each drive some morph; sides move their own side."""
    driven = np.abs(np.array([morph.drive for morph in mascot.mesh.morphs])).max(axis=0) > 0
    for name in (
        "jawOpen",
        "eyeBlinkLeft",
        "mouthSmileRight",
        "mouthPucker",
        "mouthFunnel",
        "browInnerUp",
        "tongueOut",
        "cheekPuff",
    ):
        assert driven[EXPRESSION_INDEX[name]], name
    blink = next(morph for morph in mascot.mesh.morphs if morph.name == "blinkLeft")
    assert (mascot.mesh.vertices[blink.vertex, 0] > 0).all()


def test_building_twice_gives_the_same_bytes(mascot: Character) -> None:
    """The character is made by arithmetic alone."""
    again = build_mascot()
    assert again.texture.tobytes() == mascot.texture.tobytes()
    assert again.mesh.vertices.tobytes() == mascot.mesh.vertices.tobytes()
