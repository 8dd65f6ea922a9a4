"""From a training to a package: the network to its files, the texture, the proxy, a preview and the metadata.

Owns which precisions a package gets. Knows nothing of flags or folders.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from avatar.camera import Framing
from avatar.dataset.storage import hash_of
from avatar.mesh import Character
from avatar.motion import Motion
from avatar.neural.parts import AvatarParts
from avatar.neural.renderer import NeuralRenderer
from avatar.neural.spec import PICTURE_PX
from avatar.package.manifest import About
from avatar.package.writer import PackageMetadata
from export.examples import examples_of
from export.half import to_half
from export.painting import Example, random_examples
from export.parity import Row, as_json, check, compare
from export.quantise import quantise
from export.to_onnx import export_network
from trackers.errors import UserError
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import ImageArray

if TYPE_CHECKING:
    from avatar.training.checkpoint import Trained

SIZES_PX: Final = ((PICTURE_PX, PICTURE_PX), (256, 256))
"""Width and height on which every training is made (`training.settings`)."""
PREVIEW_PX: Final = 320
_AT_NS: Final = 2_600_000_000  # of the idle motion: the eyes are open
_SMILE: Final = {"mouthSmileLeft": 0.55, "mouthSmileRight": 0.55, "browInnerUp": 0.25}
COMPARED: Final = 6
"""Examples on which the files are held against the network."""
_KINDS: Final = {"int8": quantise, "fp16": to_half}

OnStep = Callable[[int, int, str], None]
"""Hears how many of how many steps are done, and what comes now."""


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """What belongs into a package."""

    parts: AvatarParts
    metadata: PackageMetadata
    parity: tuple[Row, ...]
    """How near each file paints to the network; also in the evaluation, where no other is given."""


def pack(
    trained: "Trained",
    motions: Sequence[Any],
    proxy: Character,
    *,
    about: About,
    beside: Sequence["Trained"] = (),
    precisions: Sequence[str] = ("fp32", "int8", "fp16"),
    evaluation: Any = None,
    on_step: OnStep = lambda done, total, what: None,
) -> Packed:
    """Return the parts and metadata of a training's package.

    Args:
        motions: those that it learnt from, for examples.
        proxy: the character that it was trained on.
        beside: trainings of other sizes on its texture.
        precisions: fp32 is always among them.

    Raises:
        UserError: it was trained on another character than today's, or its network cannot be exported; or one beside it is of
            the same size, or was not trained on its texture.
    """
    _check_character(trained, proxy)
    _check_beside(trained, beside)
    kinds = [precision for precision in _KINDS if precision in precisions]
    bare = AvatarParts(
        character=proxy, features=trained.features, deltas=trained.deltas, window=trained.window, mix=trained.mix, networks={}
    )
    steps = (1 + len(kinds)) * (1 + len(beside)) + 1

    def step(done: int, what: str) -> None:
        on_step(done, steps, what)

    networks, rows = _networks((trained, *beside), bare, motions, kinds, step)
    parts = replace(bare, networks=networks)
    step(steps - 1, "preview")
    metadata = _metadata(trained, beside, parts, motions, about, evaluation or {"parity": as_json(rows)})
    step(steps, "done")
    return Packed(parts, metadata, rows)


def _check_character(trained: "Trained", proxy: Character) -> None:
    if trained.recipe["character"]["hash"] != hash_of(proxy):
        name = trained.recipe["character"]["name"]
        raise UserError(
            f"this training is of another {name} than today's proxy; train it again with python run.py avatar train"
        )


def _check_beside(trained: "Trained", beside: Sequence["Trained"]) -> None:
    sizes = [trained.size]
    for other in beside:
        if other.size in sizes:
            raise UserError(f"two of these trainings are of size {other.size}; name one of each size")
        sizes.append(other.size)
        same = all(np.array_equal(getattr(trained, name), getattr(other, name)) for name in ("features", "deltas", "mix"))
        if not same or trained.window != other.window:
            raise UserError(
                f"the {other.size} network was not trained on the texture of the {trained.size} one; "
                "train it again with python run.py avatar train --beside RUN"
            )


def _metadata(
    trained: "Trained", beside: Sequence["Trained"], parts: AvatarParts, motions: Sequence[Any], about: About, evaluation: Any
) -> PackageMetadata:
    versions = trained.recipe.get("versions", {})
    return PackageMetadata(
        about=about,
        preview=preview_of(parts),
        picture_sizes_px=SIZES_PX,
        framings=[framing for framing in Framing if any(motion.framing == framing for motion in motions)],
        made_with={name: str(versions[name]) for name in ("torch", "numba") if name in versions},
        evaluation=evaluation,
        recipe=_recipe(trained, beside),
    )


def _recipe(trained: "Trained", beside: Sequence["Trained"]) -> dict[str, Any]:
    """Return the recipe of a training, and those of the other sizes, which would otherwise each repeat it."""
    others = [{key: value for key, value in other.recipe.items() if key != "beside"} for other in beside]
    return trained.recipe | ({"other_sizes": others} if others else {})


def _networks(
    trainings: Sequence["Trained"],
    bare: AvatarParts,
    motions: Sequence[Any],
    kinds: Sequence[str],
    on_step: Callable[[int, str], None],
) -> tuple[dict[tuple[str, str], bytes], tuple[Row, ...]]:
    """Return the networks' files, and how near they paint to them."""
    on_step(0, "examples")
    examples = examples_of(bare, motions) if kinds else ()
    networks, rows, done = dict[tuple[str, str], bytes](), list[Row](), count()
    for trained in trainings:
        on_step(next(done), f"{trained.size} fp32 network")
        files = {"fp32": export_network(trained.network, trained.size)}
        for kind in kinds:
            on_step(next(done), f"{trained.size} {kind} network")
            files[kind] = _KINDS[kind](files["fp32"], examples)
        rows += _compared(trained, files, examples)
        networks |= {(trained.size, precision): data for precision, data in files.items()}
    return networks, tuple(rows)


def _compared(trained: "Trained", files: dict[str, bytes], examples: Sequence[Example]) -> tuple[Row, ...]:
    """Return how near the files paint to the network.

    Raises:
        UserError: one paints something else.
    """
    looked_at = examples[:COMPARED] or random_examples(1, width_px=SIZES_PX[1][0], height_px=SIZES_PX[1][1])
    rows = compare(trained.network, files, looked_at)
    check(rows)
    return rows


def preview_of(parts: AvatarParts) -> ImageArray:
    """Return (H, W, 4) uint8 RGBA: the avatar, smiling, as its own renderer paints it."""
    pose = Motion().idle(_AT_NS)
    expression = pose.expression.copy()
    for name, value in _SMILE.items():
        expression[EXPRESSION_INDEX[name]] = value
    renderer = NeuralRenderer(parts, width_px=PICTURE_PX, height_px=PICTURE_PX, precision="fp32")
    try:
        image = renderer.render(replace(pose, expression=expression), time_ns=_AT_NS).image
        if renderer.fault is not None:
            raise UserError(f"the exported network does not paint ({renderer.fault}); train it again")
    finally:
        renderer.close()
    alpha = image[..., 3:].astype(np.float32) / 255
    small = cv2.resize(
        np.concatenate([image[..., :3] * alpha, 255 * alpha], axis=2), (PREVIEW_PX,) * 2, interpolation=cv2.INTER_AREA
    )
    colour = np.divide(small[..., :3] * 255, small[..., 3:], out=np.zeros_like(small[..., :3]), where=small[..., 3:] > 0)
    return np.clip(np.concatenate([colour, small[..., 3:]], axis=2) + 0.5, 0, 255).astype(np.uint8)
