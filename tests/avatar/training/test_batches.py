"""Batches: the contract's tensors, the same again from seed and step, and where crops are taken."""

import dataclasses

import numpy as np
import pytest
import torch
from small_motions import SmallMotion, proxy_character, small_motions

from avatar.camera import Framing, camera_for
from avatar.rig import BONE_INDEX
from avatar.training.batches import Batch, BatchMaker
from avatar.training.crops import Aim, corner_about
from avatar.training.noise import Noise
from avatar.training.settings import Regions, Settings, Stage, Weights
from avatar.training.truths import Truths, halved, premultiply

STAGE = Stage(1.0, 128, 6, 3)
TENSORS = ("coarse", "uv", "shown", "rest", "code", "truth", "background")


def maker(**changes: object) -> BatchMaker:
    """Return a maker over the small motions."""
    settings = dataclasses.replace(Settings(seed=7, perceptual_share=0.5), **changes)
    return BatchMaker(small_motions(), proxy_character(), settings, truths=Truths())


def same(first: Batch, second: Batch) -> bool:
    return all(torch.equal(getattr(first, name), getattr(second, name)) for name in TENSORS) and first.looked == second.looked


def test_a_batch_holds_the_contracts_tensors() -> None:
    """Shapes, ranges, unit normals where a surface is shown, none on ink, and nothing where nothing is."""
    batch = maker().make(0, STAGE)
    assert batch.coarse.shape == batch.truth.shape == (6, 4, 128, 128)
    assert batch.coarse.is_contiguous(memory_format=torch.channels_last)
    assert (batch.uv.shape, batch.rest.shape, batch.code.shape) == ((6, 64, 64, 2), (6, 64, 64, 4), (6, 52))
    for picture in (batch.coarse, batch.truth):
        assert 0 <= picture.min() <= picture.max() <= 1
        assert (picture[:, :3] <= picture[:, 3:] + 1e-6).all()
    lengths = batch.rest[..., :3].square().sum(dim=3)
    ink = (batch.uv == 0).all(dim=3)
    assert torch.allclose(lengths, batch.shown * ~ink, atol=1e-3)
    assert 0 < (ink & (batch.shown == 1)).sum() < 0.2 * batch.shown.sum()
    assert (batch.shown <= batch.rest[..., 3]).all()
    assert batch.shown.sum() > 0
    assert 0 <= batch.uv.min() <= batch.uv.max() <= 1
    assert (batch.whole, batch.whole_looked, len(batch.looked)) == (6, 3, 3)


def test_a_step_can_be_made_again() -> None:
    """The same seed and step give the same batch, whatever was made before; another step gives another."""
    first = maker()
    first.make(0, STAGE)
    again = maker()
    assert same(first.make(5, STAGE), again.make(5, STAGE))
    assert not same(again.make(5, STAGE), again.make(6, STAGE))


def test_processes_share_a_batch_among_them() -> None:
    """Draws go round; together the processes make what one alone would make."""
    alone = maker().make(3, STAGE)
    parts = [maker().make(3, STAGE, rank=rank, world=2) for rank in range(2)]
    order = [0, 1, 4, 5], [2, 3]
    for part, crops in zip(parts, order, strict=True):
        assert torch.equal(part.truth, alone.truth[crops])
        assert torch.equal(part.uv, alone.uv[crops])
        assert (part.whole, part.whole_looked) == (alone.whole, alone.whole_looked)
    assert sum(len(part.looked) for part in parts) == len(alone.looked)


def test_an_undisturbed_crop_lies_on_its_truth() -> None:
    """Alpha of the drawn proxy and of the photograph agree at both sizes: crops, framings and frames are not mixed up."""
    for share in (0.0, 1.0):
        batch = maker(noise=Noise(share=0.0), small_share=share).make(1, STAGE)
        assert (batch.coarse[:, 3] - batch.truth[:, 3]).abs().mean() < 0.01
        assert (batch.coarse[:, :3] - batch.truth[:, :3]).abs().mean() > 0.005  # the colours were turned about


def test_the_temporal_loss_gets_neighbours_in_one_crop() -> None:
    """Two crops of one draw show the same place, a photograph apart."""
    batch = maker(weights=Weights(temporal=1.0), noise=Noise(share=0.0), small_share=0.0, regions=Regions(1, 0, 0)).make(
        2, STAGE
    )
    for pair in range(3):
        first, second = batch.truth[2 * pair], batch.truth[2 * pair + 1]
        change = (first - second).abs().mean()
        assert change > 0
        assert change < (first - second.flip(2)).abs().mean()


def test_crops_are_aimed_at_face_and_hands() -> None:
    """Each share is hit as often as was asked, as far as what is aimed at is in the picture."""
    motion = small_motions()[1]
    camera = camera_for(Framing.FULL, width_px=512, height_px=512)
    random = np.random.default_rng(0)
    heads = [Aim(proxy_character(), Regions(1, 0, 0)).point(motion.bones[0], camera, random) for _ in range(3)]
    assert heads[0] == heads[1] == heads[2]
    hands = {Aim(proxy_character(), Regions(0, 1, 0)).point(motion.bones[0], camera, random) for _ in range(20)}
    assert len(hands) == 2
    hand = proxy_character().rig.rest_m[BONE_INDEX["leftMiddleProximal"]][None]
    posed = motion.bones[0, BONE_INDEX["leftMiddleProximal"]] @ np.append(hand[0], 1).astype(np.float32)
    assert tuple(camera.project(posed[None])[0]) in {(np.float32(x), np.float32(y)) for x, y in hands}
    anywhere = {Aim(proxy_character(), Regions(0, 0, 0)).point(motion.bones[0], camera, random) for _ in range(5)}
    assert len(anywhere) == 5


def test_a_crop_holds_its_point_and_stays_inside() -> None:
    """Corners are multiples of 4, the point lies within, the crop within the picture."""
    random = np.random.default_rng(1)
    for _ in range(200):
        x, y = random.uniform(0, 512, 2)
        left, top = corner_about((x, y), crop_px=192, size_px=(512, 512), random=random)
        assert left % 4 == top % 4 == 0
        assert 0 <= left <= min(x, 320)
        assert 0 <= top <= min(y, 320)
        assert x < left + 192 + 4
        assert y < top + 192 + 4


def test_pictures_are_kept_within_a_bound() -> None:
    """A picture comes back as it was read, once; when memory is short the oldest goes."""
    picture = np.zeros((512, 512, 4), dtype=np.uint8)
    picture[100:200, 50:150] = (10, 20, 30, 255)
    truths, reads = Truths(limit_bytes=2 * 100 * 100 * 4), []

    def read() -> np.ndarray:
        reads.append(1)
        return picture

    for number in (1, 2, 1, 2):
        assert np.array_equal(truths.picture(("m", number), read), picture)
    assert len(reads) == 2
    truths.picture(("m", 3), read)
    truths.picture(("m", 1), read)
    assert len(reads) == 4
    assert truths.bytes == 2 * 100 * 100 * 4
    clear = np.zeros((512, 512, 4), dtype=np.uint8)
    assert not truths.picture(("clear", 0), lambda: clear).any()


def test_colours_are_premultiplied_before_they_are_averaged() -> None:
    """A half clear pixel counts half; a clear one's colour not at all."""
    image = np.array([[[200, 0, 0, 255], [255, 255, 255, 0]]] * 2, dtype=np.uint8)
    out = np.empty((2, 2, 4), dtype=np.float32)
    premultiply(image, out)
    assert halved(out)[0, 0] == pytest.approx([100 / 255, 0, 0, 0.5], abs=1e-6)


def test_nothing_photographed_is_refused() -> None:
    """A motion without pictures cannot be trained on."""
    empty: SmallMotion = dataclasses.replace(small_motions()[0], shown=np.zeros(0, dtype=np.int64))
    with pytest.raises(ValueError, match="motions must show at least one picture, got none"):
        BatchMaker([empty], proxy_character(), Settings(), truths=Truths())


def test_settings_survive_a_recipe() -> None:
    """Out and back; a name from a later version is refused by name."""
    settings = Settings(size="L", stages=(Stage(1.0, 64, 4, 2),), weights=Weights(temporal=0.3), noise=Noise(share=0.0))
    assert Settings.from_json(settings.to_json()) == settings
    with pytest.raises(TypeError, match="settings hold magic, which this version does not know"):
        Settings.from_json(settings.to_json() | {"magic": 1})
