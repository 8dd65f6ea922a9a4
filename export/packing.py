"""From a training to a package: the network to its files, the texture, the proxy, a preview and the papers.

Owns which precisions a package gets. Knows nothing of flags or folders.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from avatar.camera import Framing
from avatar.dataset.storage import hash_of
from avatar.mesh import Character
from avatar.motion import Motion
from avatar.neural.parts import AvatarParts
from avatar.neural.renderer import NeuralRenderer
from avatar.package.manifest import About
from avatar.package.writer import Papers
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

PICTURE_PX: Final = 512
SIZES_PX: Final = ((512, 512), (256, 256))
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
    papers: Papers
    parity: tuple[Row, ...]
    """How near each file paints to the network; also in the evaluation, where no other is given."""


def pack(
    trained: "Trained",
    motions: Sequence[Any],
    proxy: Character,
    *,
    about: About,
    precisions: Sequence[str] = ("fp32", "int8", "fp16"),
    evaluation: Any = None,
    on_step: OnStep = lambda done, total, what: None,
) -> Packed:
    """Return the parts and papers of a training's package.

    Args:
        motions: those that it learnt from, for examples.
        proxy: the character that it was trained on.
        precisions: fp32 is always among them.

    Raises:
        UserError: it was trained on another character than today's, or its network cannot be exported.
    """
    if trained.recipe["character"]["hash"] != hash_of(proxy):
        name = trained.recipe["character"]["name"]
        raise UserError(
            f"this training is of another {name} than today's proxy; train it again with python run.py avatar train"
        )
    kinds = [precision for precision in _KINDS if precision in precisions]
    bare = AvatarParts(
        character=proxy, features=trained.features, deltas=trained.deltas, window=trained.window, mix=trained.mix, networks={}
    )
    networks, rows = _networks(trained, bare, motions, kinds, on_step)
    parts = replace(bare, networks=networks)
    on_step(len(kinds) + 1, len(kinds) + 2, "preview")
    versions = trained.recipe.get("versions", {})
    papers = Papers(
        about=about,
        preview=preview_of(parts),
        picture_sizes_px=SIZES_PX,
        framings=[framing for framing in Framing if any(motion.framing == framing for motion in motions)],
        made_with={name: str(versions[name]) for name in ("torch", "numba") if name in versions},
        evaluation=evaluation or {"parity": as_json(rows)},
        recipe=trained.recipe,
    )
    on_step(len(kinds) + 2, len(kinds) + 2, "done")
    return Packed(parts, papers, rows)


def _networks(
    trained: "Trained", bare: AvatarParts, motions: Sequence[Any], kinds: Sequence[str], on_step: OnStep
) -> tuple[dict[tuple[str, str], bytes], tuple[Row, ...]]:
    """Return the network's files, and how near they paint to it."""
    on_step(0, len(kinds) + 2, "fp32 network")
    whole = export_network(trained.network, trained.size)
    networks = {(trained.size, "fp32"): whole}
    examples = examples_of(bare, motions) if kinds else ()
    for done, kind in enumerate(kinds, start=1):
        on_step(done, len(kinds) + 2, f"{kind} network")
        networks[trained.size, kind] = _KINDS[kind](whole, examples)
    return networks, _compared(trained, networks, examples)


def _compared(trained: "Trained", networks: dict[tuple[str, str], bytes], examples: Sequence[Example]) -> tuple[Row, ...]:
    """Return how near the files paint to the network.

    Raises:
        UserError: one paints something else.
    """
    looked_at = examples[:COMPARED] or random_examples(1, width_px=SIZES_PX[1][0], height_px=SIZES_PX[1][1])
    rows = compare(trained.network, {precision: data for (_, precision), data in networks.items()}, looked_at)
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
