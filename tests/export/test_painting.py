"""Running a file on examples."""

import numpy as np
import pytest

from avatar.neural import spec
from avatar.neural.byte_layout import coarse_bytes
from export.painting import Example, composed, random_examples


def test_random_examples_lie_within_the_contract() -> None:
    """Ranges, unit normals, and nothing where there is no surface."""
    example = random_examples(1, width_px=128, height_px=64)[0]
    assert example.size_px == (128, 64)
    mask = example.surface[11]
    assert set(np.unique(mask)) == {0, 1}
    assert np.abs(example.surface[:, mask == 0]).max() == 0
    lengths = np.linalg.norm(example.surface[8:11][:, mask == 1], axis=0)
    assert lengths == pytest.approx(np.ones_like(lengths), abs=1e-5)
    assert 0 <= example.code.min() <= example.code.max() <= 1


def test_examples_differ_by_seed_alone() -> None:
    """The same seed gives the same."""
    a, b, c = (random_examples(2, width_px=64, height_px=64, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(a[1].surface, b[1].surface)
    assert not np.array_equal(a[1].surface, c[1].surface)
    assert not np.array_equal(a[0].surface, a[1].surface)


def test_wrong_shape_is_an_error() -> None:
    """The surface has half the picture's size."""
    with pytest.raises(ValueError, match=r"Example\.surface"):
        Example(
            coarse=np.zeros((64, 64, 4), np.uint8),
            surface=np.zeros((spec.SURFACE_CHANNELS, 64, 64), np.float32),
            code=np.zeros(52, np.float32),
        )


def test_paint_is_added_where_the_contract_says() -> None:
    """Channel 16 c + 4 y + x, at row y and column x of a block, clipped to a byte; covers as clipped, over their own pixel."""
    example = random_examples(1, width_px=64, height_px=64)[0]
    paint = np.zeros((80, 16, 16), np.float32)
    paint[16 * 2 + 4 * 1 + 3, 5, 6] = 2.0  # blue
    base = coarse_bytes(example.coarse)[0]
    found = composed(example, paint)
    changed = np.argwhere(found != base)
    assert changed.tolist() == [[5 * 4 + 1, 6 * 4 + 3, 2]]
    assert found[21, 27, 2] == 255
    paint[64 + 4 * 2 + 1, 5, 6] = 1.5  # of all that is drawn there, not more than all
    covered = np.argwhere(composed(example, paint) != found)
    assert {tuple(at) for at in covered[:, :2].tolist()} == {(5 * 4 + 2, 6 * 4 + 1)}
    assert not composed(example, paint)[22, 25].any()
