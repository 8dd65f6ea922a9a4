"""Tests of the way from a training to a package: every file in it comes from the training, and paints."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from exported_network import loud_network
from made_avatar import ABOUT, pose
from small_motions import proxy_character, small_motions

from avatar.camera import Framing
from avatar.dataset.storage import hash_of
from avatar.neural.renderer import NeuralRenderer
from avatar.package.reader import package_of, read_package
from avatar.package.writer import save_members, with_evaluation, write_package
from avatar.training.checkpoint import Trained
from avatar.training.painter import Painter, painter_beside
from avatar.training.texture import face_window
from export.packing import PREVIEW_PX, Packed, pack
from trackers.errors import UserError


class Filmed:
    """A motion with the size of its pictures, as those of a rendered set have: small, to be quick."""

    size_px = (128, 128)

    def __init__(self, motion: Any) -> None:
        self._motion = motion

    def __getattr__(self, name: str) -> Any:
        return getattr(self._motion, name)


def filmed() -> list[Filmed]:
    return [Filmed(motion) for motion in small_motions()]


def trained(**recipe: Any) -> Trained:
    """Return what a training of the proxy would have left: a network that paints loudly, and a texture."""
    proxy, random = proxy_character(), np.random.default_rng(3)
    window = face_window(proxy)
    painter = Painter("S", window)
    painter.network.load_state_dict(loud_network("S").state_dict())
    features = random.normal(0, 0.3, (256, 256, 8)).astype(np.float32)
    deltas = random.normal(0, 0.1, (16, window[3], window[2], 8)).astype(np.float32)
    mix = painter.texture.mix.detach().numpy().copy()
    told = {"character": {"name": proxy.name, "hash": hash_of(proxy)}, "versions": {"torch": torch.__version__}, "seed": 3}
    return Trained("S", painter.network.eval(), features, deltas, window, mix, {**told, **recipe}, painter)


@pytest.fixture(scope="module")
def packed() -> Packed:
    """Return the whole package's content; exporting takes seconds, so once."""
    steps: list[tuple[int, int, str]] = []
    found = pack(trained(), filmed(), proxy_character(), about=ABOUT, on_step=lambda *step: steps.append(step))
    assert [what for _, _, what in steps] == [
        "examples",
        "S fp32 network",
        "S int8 network",
        "S fp16 network",
        "preview",
        "done",
    ]
    assert steps[-1][:2] == (4, 4)
    return found


def painted(packed: Packed, precision: str) -> np.ndarray:
    renderer = NeuralRenderer(packed.parts, framing=Framing.BUST, precision=precision)
    try:
        image = renderer.render(pose(), time_ns=0).image.astype(np.float32)
        assert renderer.fault is None
    finally:
        renderer.close()
    return image[..., :3] * image[..., 3:] / 255


def test_a_training_becomes_a_package_that_paints(packed: Packed, tmp_path: Path) -> None:
    """From torch to a checked file: three networks, and int8 paints what fp32 paints."""
    package = write_package(packed.parts, packed.metadata, out=tmp_path / "s.avatar")
    assert set(package.parts.networks) == {("S", "fp32"), ("S", "int8"), ("S", "fp16")}
    assert package.bytes < 6_000_000
    assert list(package.manifest.framings) == ["bust", "full"]
    assert package.manifest.made_with["torch"] == torch.__version__
    assert package.recipe["seed"] == 3
    read = replace(packed, parts=read_package(tmp_path / "s.avatar").parts)
    off = painted(packed, "fp32") - painted(read, "int8")
    assert 10 * np.log10(255**2 / np.mean(off**2)) > 35
    assert np.abs(painted(packed, "fp32") - painted(packed, "int8")).max() > 0


def test_the_preview_is_painted_by_the_network(packed: Packed) -> None:
    """Of the right size, not empty, and not the bare proxy."""
    preview = packed.metadata.preview
    assert preview.shape == (PREVIEW_PX, PREVIEW_PX, 4)
    assert 0.1 < (preview[..., 3] > 128).mean() < 0.9
    colours = preview[preview[..., 3] > 250][:, :3].astype(float)
    assert colours.std() > 10


def test_figures_are_written_into_a_package(packed: Packed, tmp_path: Path) -> None:
    """The parts stay as they are, byte by byte; what is not finite is told as null."""
    out = tmp_path / "s"
    package = write_package(packed.parts, packed.metadata, out=out)
    assert package.manifest.evaluation == {}
    assert set(package.evaluation["parity"]["S"]) == {"fp32", "int8", "fp16"}
    figures = {"psnr": 30.5, "lpips": float("nan"), "frames": 8, "baselines": {"proxy": {"psnr": 20.0}}, "size": "S"}
    save_members(with_evaluation(package, figures), out=out, is_replacing=True)
    again = read_package(out)
    assert again.manifest.evaluation == {"psnr": 30.5, "frames": 8.0}
    assert again.evaluation == {**figures, "lpips": None}
    metadata = ("manifest.json", "evaluation.json")
    before, after = ({k: v for k, v in one.members.items() if k not in metadata} for one in (package, again))
    assert before == after
    assert package_of(with_evaluation(again, figures), path=out).manifest == again.manifest


def test_a_training_of_another_character_is_refused() -> None:
    """Its network would paint over a proxy that it has never seen."""
    other = trained(character={"name": "Fennel", "hash": "0" * 16})
    with pytest.raises(UserError) as told:
        pack(other, (), proxy_character(), about=ABOUT)
    assert str(told.value) == (
        "this training is of another Fennel than today's proxy; train it again with python run.py avatar train"
    )


def test_sizes_trained_on_one_texture_come_into_one_package(tmp_path: Path) -> None:
    """Each with its files, its parity and its recipe; the largest is what paints first."""
    first = trained()
    larger = other_size(first, "M", recipe=first.recipe | {"seed": 4, "beside": first.recipe})
    packed = pack(first, filmed(), proxy_character(), about=ABOUT, beside=[larger], precisions=("fp32",))
    package = write_package(packed.parts, packed.metadata, out=tmp_path / "two.avatar")
    assert set(package.parts.networks) == {("S", "fp32"), ("M", "fp32")}
    assert set(package.evaluation["parity"]) == {"S", "M"}
    assert package.recipe["seed"] == 3
    assert [recipe["seed"] for recipe in package.recipe["other_sizes"]] == [4]
    assert "beside" not in package.recipe["other_sizes"][0]
    renderer = NeuralRenderer(package.parts)
    try:
        assert renderer.efforts[:2] == ("network M, fp32", "network S, fp32")
    finally:
        renderer.close()


def test_what_does_not_share_a_texture_is_refused() -> None:
    """Nor two of one size; both in one sentence."""
    first = trained()
    with pytest.raises(UserError, match="two of these trainings are of size S; name one of each size"):
        pack(first, (), proxy_character(), about=ABOUT, beside=[first])
    stranger = replace(other_size(first, "M"), features=first.features + np.float32(0.01))
    with pytest.raises(UserError) as told:
        pack(first, (), proxy_character(), about=ABOUT, beside=[stranger])
    assert str(told.value) == (
        "the M network was not trained on the texture of the S one; train it again with python run.py avatar train --beside RUN"
    )


def other_size(first: Trained, size: str, **more: Any) -> Trained:
    """Return what a training of another size beside the first one would have left."""
    painter = painter_beside(first.painter, size)
    return replace(first, size=size, network=painter.network.eval(), painter=painter, **more)
