"""The studio's pictures: steady, clean at the edge, lit from one side, and shadows where something stands before the light."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from avatar.camera import Framing
from avatar.figure import Figure
from avatar.mascot import build_mascot
from avatar.mascot.sheets import REST, Turns, pose
from avatar.mesh import Character
from avatar.studio import Studio
from trackers.types import ImageArray

SIDE_PX = 160


@pytest.fixture(scope="module")
def figure() -> Figure:
    """The mascot as the puppet draws it: quick to build, and lit by the same rules as the detailed one."""
    return Figure(build_mascot())


@pytest.fixture(scope="module")
def studio(figure: Figure) -> Studio:
    return Studio(figure.character, width_px=SIDE_PX, height_px=SIDE_PX)


def shoot(
    studio: Studio, figure: Figure, turns: Turns, face: Mapping[str, float] | None = None, framing: Framing = Framing.UPPER
) -> ImageArray:
    shown = pose(turns, face)
    figure.settle()
    figure.pose(shown, time_ns=0)
    return studio.shoot(figure.bones.copy(), rotations=shown.rotations, expression=shown.expression, framing=framing)


def plaster(character: Character, *, shade: float, ink: int) -> Character:
    """Return the character in white, with one shade and one ink everywhere and no rim light."""
    materials, size = character.materials, character.materials.shade.shape
    plain = replace(
        materials,
        shade=np.full(size, shade, dtype=np.float32),
        ink=np.full(size, ink, dtype=np.float32),
        rim=np.zeros_like(materials.rim),
    )
    return replace(character, materials=plain, texture=np.full_like(character.texture, 255))


def test_same_input_gives_the_same_bytes(studio: Studio, figure: Figure) -> None:
    """A picture does not depend on the ones before it."""
    first = shoot(studio, figure, REST)
    other = shoot(studio, figure, {}, {"jawOpen": 1.0}, Framing.FULL)
    assert not np.array_equal(first, other)
    assert np.array_equal(first, shoot(studio, figure, REST))


def test_picture_is_straight_rgba_with_nothing_around_the_figure(studio: Studio, figure: Figure) -> None:
    """Clear pixels are all zero, the figure is solid inside, and only its edge is between."""
    image = shoot(studio, figure, REST)
    assert image.shape == (SIDE_PX, SIDE_PX, 4)
    assert image.dtype == np.uint8
    alpha = image[..., 3]
    assert not image[alpha == 0].any()
    assert alpha[:6].max() == 0
    assert 0.2 < (alpha == 255).mean() < 0.6
    assert ((alpha > 0) & (alpha < 255)).mean() < 0.06


def test_edge_pixels_have_the_surface_s_colours(figure: Figure) -> None:
    """No ground is mixed into the border: a figure of white paint and white ink is white to its last faint pixel."""
    white = plaster(figure.character, shade=1.0, ink=255)
    image = shoot(Studio(white, width_px=SIDE_PX, height_px=SIDE_PX), Figure(white), REST)
    assert ((image[..., 3] > 0) & (image[..., 3] < 128)).sum() > 50
    assert image[image[..., 3] > 0][:, :3].min() > 230  # a little below white where the form turns from the light
    assert image[(image[..., 3] > 0) & (image[..., 3] < 128)][:, :3].min() >= image[image[..., 3] == 255][:, :3].min()


def test_the_side_towards_the_light_is_lit(figure: Figure) -> None:
    """The light comes from the upper left of the picture, so a plaster figure is brighter on that half."""
    grey = plaster(figure.character, shade=0.5, ink=128)
    image = shoot(Studio(grey, width_px=SIDE_PX, height_px=SIDE_PX), Figure(grey), REST, framing=Framing.BUST)
    left, right = image[:, : SIDE_PX // 2], image[:, SIDE_PX // 2 :]
    bright = [half[half[..., 3] == 255][:, 0].mean() for half in (left, right)]
    assert bright[0] > bright[1] + 8


def test_an_arm_before_the_torso_casts_a_shadow(studio: Studio, figure: Figure) -> None:
    """Pixels of the jacket that no arm hides become darker when one is held before it."""
    free = {"leftUpperArm": (0, 0, 62), "rightUpperArm": (0, 0, -62)}
    before = {"leftUpperArm": (0, 0, 62), "rightUpperArm": (0, 60, 40), "rightLowerArm": (0, 80, 0)}
    without, with_arm = shoot(studio, figure, free).astype(int), shoot(studio, figure, before).astype(int)
    ratio = with_arm[..., :3] / np.maximum(without[..., :3], 1)
    solid = (without[..., 3] == 255) & (with_arm[..., 3] == 255)
    darker = solid & (ratio.max(axis=2) < 0.97) & (np.ptp(ratio, axis=2) < 0.25)
    torso = np.zeros_like(solid)
    torso[int(SIDE_PX * 0.6) : int(SIDE_PX * 0.9), int(SIDE_PX * 0.4) : int(SIDE_PX * 0.6)] = True
    assert (darker & torso).sum() > 60


def test_the_face_takes_ink_only_at_its_features(studio: Studio, figure: Figure) -> None:
    """Between eyes and mouth the skin is one clean tone."""
    image = shoot(studio, figure, REST, framing=Framing.BUST).astype(float)
    cheek = image[int(SIDE_PX * 0.555) : int(SIDE_PX * 0.575), int(SIDE_PX * 0.47) : int(SIDE_PX * 0.53), :3]
    assert cheek.std(axis=(0, 1)).max() < 12


def test_brows_show_above_the_fringe(studio: Studio, figure: Figure) -> None:
    """A brow that is raised under the fringe stays in sight: the forehead's picture changes."""
    calm = shoot(studio, figure, REST, framing=Framing.BUST).astype(int)
    raised = shoot(studio, figure, REST, {"browInnerUp": 1.0, "browOuterUp": 1.0}, framing=Framing.BUST).astype(int)
    fringe = np.abs(calm - raised)[int(SIDE_PX * 0.3) : int(SIDE_PX * 0.41)]
    assert (fringe.max(axis=2) > 40).sum() > 10
