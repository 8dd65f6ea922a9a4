"""Examples are what the live renderer would show the network, frame for frame."""

from dataclasses import dataclass

import numpy as np
import pytest

from avatar.camera import Framing
from avatar.figure import Figure
from avatar.mascot import Level, build_mascot
from avatar.neural import spec
from avatar.neural.parts import AvatarParts
from avatar.types import BONE_COUNT
from export.examples import examples_of
from trackers.errors import UserError
from trackers.types import FloatArray

SIDE_PX = 64


@dataclass
class Still:
    """Three frames of the rest pose, each with another expression."""

    framing: Framing
    rotations: FloatArray
    expression: FloatArray
    bones: FloatArray
    shown: np.ndarray
    size_px: tuple[int, int] = (SIDE_PX, SIDE_PX)


@pytest.fixture(scope="module")
def parts() -> AvatarParts:
    rng = np.random.default_rng(0)
    side = spec.FEATURE_SIDE_TEXELS
    return AvatarParts(
        character=build_mascot(Level.PROXY),
        features=rng.normal(0, 1, (side, side, spec.FEATURES)).astype(np.float32),
        deltas=np.ones((spec.MIXES, 40, 40, spec.FEATURES), np.float32),
        window=(0, 0, 40, 40),
        mix=np.eye(spec.MIXES, 52, dtype=np.float32),
        networks={},
    )


@pytest.fixture(scope="module")
def still(parts: AvatarParts) -> Still:
    rotations = np.zeros((3, BONE_COUNT, 4), np.float32)
    rotations[..., 3] = 1
    bones = np.repeat(Figure(parts.character).bones[None], 3, axis=0)
    bones[..., :3] = np.eye(3)
    expression = np.zeros((3, 52), np.float32)
    expression[1, 0], expression[2, 1] = 0.5, 1.0
    return Still(Framing.BUST, rotations, expression, bones, np.array([0, 2]))


def test_examples_are_of_shown_frames(parts: AvatarParts, still: Still) -> None:
    """Only photographed frames, each once, in their order."""
    found = examples_of(parts, [still], count=9)
    assert [example.code.argmax() for example in found] == [0, 1]
    assert all(example.size_px == (SIDE_PX, SIDE_PX) for example in found)


def test_examples_show_the_figure(parts: AvatarParts, still: Still) -> None:
    """There is a surface with unit normals and features, and nothing beside it."""
    example = examples_of(parts, [still], count=1)[0]
    mask = example.surface[11]
    assert 0.1 < mask.mean() < 0.9
    assert np.abs(example.surface[:, mask == 0]).max() == 0
    lengths = np.linalg.norm(example.surface[8:11], axis=0)
    assert np.median(lengths[mask == 1]) == pytest.approx(1, abs=1e-3)
    assert example.surface[:8].std() > 0.1
    assert 0.1 < (example.coarse[..., 3] > 127).mean() < 0.9


def test_expression_changes_the_surface(parts: AvatarParts, still: Still) -> None:
    """The learnt texture is mixed for each frame."""
    first, second = examples_of(parts, [still], count=9)
    assert np.abs(first.surface[:8] - second.surface[:8]).max() > 0.5


def test_a_few_frames_are_spread_over_all(parts: AvatarParts, still: Still) -> None:
    """The same seed chooses the same."""
    a, b = (examples_of(parts, [still, still], count=2, seed=4) for _ in range(2))
    assert len(a) == 2
    assert all(np.array_equal(x.coarse, y.coarse) for x, y in zip(a, b, strict=True))


def test_nothing_photographed_is_an_error(parts: AvatarParts) -> None:
    """Ranges come from pictures."""
    with pytest.raises(UserError, match="there are no drawn pictures to show the network; draw some with"):
        examples_of(parts, [])
