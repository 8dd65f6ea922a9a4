"""An evaluation as a whole: a package and a training that are known to paint almost what the truth shows."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from motions_at_hand import MadeMotion, waving

from avatar.camera import Framing
from avatar.figure import Figure
from avatar.mascot import Level, build_mascot
from avatar.mesh import Character
from avatar.neural.conditioning import Conditioner
from avatar.neural.parts import AvatarParts
from avatar.training import evaluation
from avatar.training.checkpoint import Trained
from avatar.training.evaluation import evaluate, judged
from avatar.training.moments import Moment, moment_of
from avatar.training.our_painters import PackagePainter, TrainedPainter
from avatar.training.painter import Painter
from avatar.training.perception import Perception
from avatar.training.texture import face_window
from export.to_onnx import export_network
from trackers.errors import UserError
from trackers.types import ImageArray

SIDE_PX = 192


@dataclass(frozen=True)
class MadeSet:
    """A data set without files."""

    learnt: tuple[MadeMotion, ...]
    held_out: tuple[MadeMotion, ...]
    character: str = "mascot"
    folder: Path = Path("a-set")
    size_px: tuple[int, int] = (SIDE_PX, SIDE_PX)

    @property
    def index(self) -> dict[str, Any]:
        return {"drawing": "quick"}

    def motions(self, split: str) -> tuple[MadeMotion, ...]:
        return self.learnt if split == "train" else self.held_out


class _Drawn:
    """What the network starts from, as the truth."""

    def __init__(self, character: Character) -> None:
        self._figure = Figure(character)
        self._conditioner = Conditioner(character, width_px=SIDE_PX, height_px=SIDE_PX)

    def paint(self, moment: Moment) -> ImageArray:
        self._figure.place(moment.bones, rotations=moment.rotations, expression=moment.expression)
        return self._conditioner.condition(self._figure, moment.framing).coarse


@pytest.fixture(scope="module")
def proxy() -> Character:
    return build_mascot(Level.PROXY)


@pytest.fixture(scope="module")
def dataset(proxy: Character) -> MadeSet:
    truth = _Drawn(proxy)
    learnt = tuple(waving(proxy, truth, name=f"l-{f}", framing=f) for f in Framing)
    held_out = tuple(waving(proxy, truth, name=f"t-{f}", framing=f, start_deg=15.0, shown=range(8)) for f in Framing)
    return MadeSet(learnt, held_out)


@pytest.fixture(scope="module")
def trained(proxy: Character) -> Trained:
    """A network before its first step: it adds next to nothing to the proxy."""
    torch.manual_seed(3)
    painter = Painter("S", face_window(proxy)).eval().requires_grad_(False)
    texture = painter.texture
    arrays = [part.detach().numpy().copy() for part in (texture.features, texture.deltas, texture.mix)]
    return Trained("S", painter.network, arrays[0], arrays[1], texture.window, arrays[2], {}, painter)


@pytest.fixture(scope="module")
def parts(trained: Trained, proxy: Character) -> AvatarParts:
    networks = {("S", "fp32"): export_network(trained.network, "S")}
    return AvatarParts(proxy, trained.features, trained.deltas, trained.window, trained.mix, networks)


class Deaf(Perception):
    """Hears no difference: the weights of LPIPS need not be fetched for this."""

    def __init__(self) -> None:
        self.forget = lambda: None  # type: ignore[method-assign]

    def distance(self, painted: Any, truth: Any, *, key: str, backbone: str = "lpips") -> float | None:
        return 0.01 if backbone == "lpips" else None


def test_a_package_paints_live_what_its_training_painted(
    parts: AvatarParts, trained: Trained, proxy: Character, dataset: MadeSet
) -> None:
    """The live renderer's code with ONNX Runtime gives torch's picture to within a step of 255, whatever the framing."""
    size = {"width_px": SIDE_PX, "height_px": SIDE_PX}
    in_torch = TrainedPainter(trained, proxy, **size)
    with PackagePainter(parts, size="S", precision="fp32", **size) as live:
        for motion in dataset.held_out:
            moment = moment_of(motion, 5)
            ours, theirs = live.paint(moment).astype(int), in_torch.paint(moment).astype(int)
            both = np.minimum(ours[..., 3], theirs[..., 3]) > 8  # the colour of what is almost clear means nothing
            assert np.abs(ours - theirs)[..., 3].max() <= 1
            assert np.abs(ours - theirs)[both].max() <= 2


def test_a_package_is_evaluated_beside_what_needs_no_training(parts: AvatarParts, dataset: MadeSet) -> None:
    """A network that adds nothing to what is the truth: nearly perfect, as the report says; it is ready for JSON."""
    heard: list[tuple[int, int]] = []
    done = evaluate(parts, dataset, frames=6, with_sheet=True, perception=Deaf(), on_progress=lambda *at: heard.append(at))  # type: ignore[arg-type]
    figures = json.loads(json.dumps(done.figures, allow_nan=False))
    assert (figures["size"], figures["precision"], figures["frames"], figures["pairs"]) == ("S", "fp32", 6, 2)
    assert figures["psnr"] > 35
    assert figures["alpha_iou"] > 0.98
    assert set(figures["baselines"]) == {"proxy", "nearest"}
    assert figures["baselines"]["nearest"]["psnr"] < figures["psnr"] < figures["baselines"]["proxy"]["psnr"]  # the truth
    assert figures["targets"]["psnr"] == {"wanted": ">= 30", "got": figures["psnr"], "met": True}
    assert figures["targets"]["jitter_gain"]["met"] is None
    assert set(figures["by_framing"]) == {"bust", "full", "upper"}
    assert figures["precisions"] == {}
    assert heard[-1] == (6, 6)
    assert done.sheet is not None
    assert done.sheet.dtype == np.uint8
    assert done.sheet.shape[0] > 800


def test_a_training_is_evaluated_before_it_is_exported(trained: Trained, dataset: MadeSet) -> None:
    """The same, through torch, and without a sheet."""
    done = evaluate(trained, dataset, frames=3, perception=Deaf())  # type: ignore[arg-type]
    assert done.figures["path"] == "torch"
    assert done.figures["psnr"] > 35
    assert done.sheet is None


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"precision": "int8"}, "the avatar has no network int8 to evaluate; it has: S fp32"),
        ({"size": "L"}, "the avatar has no network L to evaluate; it has: S fp32"),
    ],
)
def test_networks_that_are_not_there(parts: AvatarParts, dataset: MadeSet, wish: dict[str, str], sentence: str) -> None:
    """The sentence says what there is."""
    with pytest.raises(UserError) as caught:
        evaluate(parts, dataset, perception=Deaf(), **wish)  # type: ignore[arg-type]
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda s: MadeSet(s.learnt, ()), "a-set holds no motion to test with; render it to its end with: avatar render"),
        (
            lambda s: MadeSet(s.learnt[:1], s.held_out),
            "a-set holds nothing to learn from that is framed full or upper, as its tests are; "
            "render more pictures with: avatar render --frames 48",
        ),
        (
            lambda s: MadeSet(s.learnt, s.held_out, character="Ada"),
            "a-set shows 'Ada', which this version cannot draw; it can draw: mascot",
        ),
    ],
)
def test_data_that_cannot_judge(
    parts: AvatarParts, dataset: MadeSet, change: Callable[[MadeSet], MadeSet], sentence: str
) -> None:
    """A set without held-out motions, one that never shows what it tests, or of a stranger."""
    with pytest.raises(UserError) as caught:
        evaluate(parts, change(dataset), perception=Deaf())  # type: ignore[arg-type]
    assert str(caught.value) == sentence


def test_targets_are_judged_by_their_signs() -> None:
    """Just met is met; what is unknown is neither; the lead over the drawn skeleton needs both of its halves."""
    figures = {key: wanted for key, (_, wanted) in evaluation.TARGETS.items()}
    assert all(target["met"] for target in judged(figures)["targets"].values())
    worse = {key: wanted + (-0.01 if sign == ">=" else 0.01) for key, (sign, wanted) in evaluation.TARGETS.items()}
    assert not any(target["met"] for target in judged(worse)["targets"].values())
    assert judged({})["targets"]["psnr"] == {"wanted": ">= 30", "got": None, "met": None}
    ahead = judged({"psnr": 30.0, "lpips": 0.04, "baselines": {"skeleton": {"psnr": 27.5, "lpips": 0.1}}})["ahead_of_skeleton"]
    assert ahead == {"psnr_db": 2.5, "lpips_ratio": 2.5, "met": True}
    behind = judged({"psnr": 30.0, "lpips": 0.04, "baselines": {"skeleton": {"psnr": 28.0, "lpips": 0.4}}})["ahead_of_skeleton"]
    assert behind["met"] is False
