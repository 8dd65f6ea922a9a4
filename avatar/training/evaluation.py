"""`avatar eval`: an avatar held against the truth on held-out motions, beside the baselines.

Owns what belongs to one evaluation (which painters, what is told of them, the targets) and the report's layout. Knows nothing
of the figures' arithmetic: `scoring` says on which region each is taken, `temporal` how motion is judged.

Everything is on motions of the split "test", of which no frame was learnt from, at the data set's size (512 x 512). `psnr`,
`ssim`, `lpips`, `lpips_vgg` are of whole pictures over mid-grey; keys that begin with `figure_` are of the figure alone.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from avatar.dataset.reader import Dataset, Motion
from avatar.dataset.render_worker import CHARACTERS
from avatar.mascot import Level
from avatar.mesh import Character
from avatar.neural.backends import CPU_PRECISIONS
from avatar.neural.parts import AvatarParts
from avatar.neural.spec import SIZES
from avatar.studio.studio import Studio
from avatar.training.baselines import load_baselines
from avatar.training.checkpoint import Trained
from avatar.training.evaluation_plan import plan
from avatar.training.evaluation_sheet import draw_sheet, rows_of
from avatar.training.measuring import Measurer, Progress
from avatar.training.moments import Moment, Painter
from avatar.training.our_painters import PackagePainter, TrainedPainter
from avatar.training.perception import Perception
from avatar.training.recipe import hash_of_motions
from avatar.training.scoring import BACKGROUND
from avatar.training.temporal import DRAWS
from trackers.errors import UserError
from trackers.types import ImageArray

FRAMES: Final = 96
OURS: Final = "ours"
TARGETS: Final[Mapping[str, tuple[str, float]]] = {
    "psnr": (">=", 30.0),
    "ssim": (">=", 0.95),
    "lpips": ("<=", 0.04),
    "face_lpips": ("<=", 0.06),
    "alpha_iou": (">=", 0.98),
    "jitter_gain": ("<=", 0.9),
    "frame_difference": ("<=", 0.75),
    "sharpness": (">=", 0.85),
}
"""What an avatar must reach, by key."""
PSNR_AHEAD_DB: Final = 2.5
LPIPS_AHEAD: Final = 2.5
"""How much better than the same network on a drawn skeleton: decibels more, and so many times less LPIPS."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What came of an evaluation."""

    figures: dict[str, Any]
    """Ready for JSON."""
    sheet: ImageArray | None
    """(H, W, 3) uint8 RGB, if one was wanted."""


def evaluate(
    subject: AvatarParts | Trained,
    dataset: Dataset,
    *,
    frames: int = FRAMES,
    baselines: Path | None = None,
    size: str | None = None,
    precision: str | None = None,
    with_sheet: bool = False,
    perception: Perception | None = None,
    on_progress: Progress = lambda done, total: None,
) -> Evaluation:
    """Hold an avatar and the baselines against the truth.

    Args:
        subject: an avatar's parts, run as the live renderer runs them; or a training, run by torch.
        dataset: the test's motions, and those that `nearest` searches.
        frames: how many are looked at; pairs and frozen poses are chosen among them.
        baselines: folder of `baselines.train_baseline`; None leaves `proxy` and `nearest`, which need no training.
        size: of the networks in a package, "S", "M" or "L"; None takes the largest that is there.
        precision: None takes what a CPU takes live. The others that the package has are told under `precisions`.
        perception: None loads LPIPS on both backbones.

    Raises:
        UserError: the data set has no held-out motion, or a framing is in those alone; its character is unknown here; or the
            package has no such network.
    """
    held_out, learnt = dataset.motions("test"), dataset.motions("train")
    _check(dataset, held_out, learnt)
    make = _maker(dataset)
    proxy = subject.character if isinstance(subject, AvatarParts) else make(Level.PROXY)
    side_px = dataset.size_px[0]
    with contextlib.ExitStack() as opened:
        ours, about = _ours(subject, proxy, size=size, precision=precision, side_px=side_px, opened=opened)
        others, notes = load_baselines(baselines, learnt, proxy, side_px=side_px)
        studio = _shooting(make(Level.DETAILED), side_px) if dataset.index.get("drawing", "studio") == "studio" else None
        measurer = Measurer(ours | others, proxy, shoot=studio, perception=perception or Perception.load())
        measurer.measure(plan(held_out, frames), on_progress=on_progress)
        data = {"test": hash_of_motions(held_out), "train": hash_of_motions(learnt), "motions": len(held_out)}
        figures = _report(about | {"picture_px": list(dataset.size_px), "data": data}, measurer, list(ours), notes)
        drawn = None
        if with_sheet:
            drawn = draw_sheet(rows_of(held_out, proxy), {OURS: next(iter(ours.values()))} | others, _words(figures))
    return Evaluation(figures, drawn)


def _report(about: dict[str, Any], measurer: Measurer, ours: list[str], others: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of the first of `ours`, then the others', by name."""
    told = {
        "frames": measurer.frames,
        "pairs": measurer.pairs,
        "poses": measurer.poses,
        "draws": DRAWS,
        "background": list(BACKGROUND),
        **measurer.figures(ours[0]),
        "precisions": {name: measurer.figures(name) for name in ours[1:]},
        "baselines": {name: note | measurer.figures(name) for name, note in others.items()},
    }
    return about | told | judged(told)


def judged(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return `targets` {key: wanted, got, met}, and `ahead_of_skeleton` if that baseline was there."""
    targets = {}
    for key, (sign, wanted) in TARGETS.items():
        got = figures.get(key)
        met = None if got is None else bool(got >= wanted if sign == ">=" else got <= wanted)
        targets[key] = {"wanted": f"{sign} {wanted:g}", "got": got, "met": met}
    skeleton = figures.get("baselines", {}).get("skeleton")
    if skeleton is None:
        return {"targets": targets}
    ahead = {"psnr_db": figures["psnr"] - skeleton["psnr"], "met": None}
    if figures.get("lpips"):
        ratio = skeleton["lpips"] / figures["lpips"]
        ahead |= {"lpips_ratio": ratio, "met": bool(ahead["psnr_db"] >= PSNR_AHEAD_DB and ratio >= LPIPS_AHEAD)}
    return {"targets": targets, "ahead_of_skeleton": ahead}


def _check(dataset: Dataset, held_out: Sequence[Motion], learnt: Sequence[Motion]) -> None:
    """There is something to judge by, and the nearest photograph, which is of the same framing, may be anywhere near."""
    if not held_out:
        raise UserError(f"{dataset.folder} holds no motion to test with; render it to its end with: avatar render")
    missing = {str(motion.framing) for motion in held_out} - {str(motion.framing) for motion in learnt}
    if missing:
        raise UserError(
            f"{dataset.folder} holds nothing to learn from that is framed {' or '.join(sorted(missing))}, as its tests are; "
            "render more pictures with: avatar render --frames 48"
        )


def _maker(dataset: Dataset) -> Callable[[Level], Character]:
    if dataset.character not in CHARACTERS:
        known = ", ".join(CHARACTERS)
        raise UserError(f"{dataset.folder} shows {dataset.character!r}, which this version cannot draw; it can draw: {known}")
    return CHARACTERS[dataset.character]


def _shooting(detailed: Character, side_px: int) -> Callable[[Moment], ImageArray]:
    studio = Studio(detailed, width_px=side_px, height_px=side_px)

    def shoot(moment: Moment) -> ImageArray:
        shown = {"rotations": moment.rotations, "expression": moment.expression}
        return studio.shoot(moment.bones, **shown, framing=moment.framing)

    return shoot


def _ours(
    subject: AvatarParts | Trained,
    proxy: Character,
    *,
    size: str | None,
    precision: str | None,
    side_px: int,
    opened: contextlib.ExitStack,
) -> tuple[dict[str, Painter], dict[str, Any]]:
    """Return painters by precision, the one to be judged first, and what is told of it."""
    picture = {"width_px": side_px, "height_px": side_px}
    if isinstance(subject, Trained):
        return {"fp32": TrainedPainter(subject, proxy, **picture)}, {"size": subject.size, "precision": "fp32", "path": "torch"}
    found = list(_found(subject, size, precision))
    painters: dict[str, Painter] = {
        name: opened.enter_context(PackagePainter(subject, size=chosen, precision=name, **picture)) for chosen, name in found
    }
    return painters, {"size": found[0][0], "precision": found[0][1], "path": "onnxruntime, as live"}


def _found(parts: AvatarParts, size: str | None, precision: str | None) -> Iterator[tuple[str, str]]:
    """Yield size and precision of each network of one size, the one to be judged first."""
    sizes = [name for name in reversed(SIZES) if size in (None, name) and any(key[0] == name for key in parts.networks)]
    there = [name for name in CPU_PRECISIONS if sizes and (sizes[0], name) in parts.networks]
    if not there or (precision is not None and precision not in there):
        known = ", ".join(f"{key[0]} {key[1]}" for key in parts.networks) or "none"
        wanted = " ".join(word for word in (size, precision) if word) or "any"
        raise UserError(f"the avatar has no network {wanted} to evaluate; it has: {known}")
    for name in sorted(there, key=lambda name: (name != precision, there.index(name))):
        yield sizes[0], name


def _words(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return what the sheet tells under each painter's name."""
    rows = {OURS: figures} | dict(figures["baselines"])
    return {
        name: f"{row['psnr']:.1f} dB" + (f"   LPIPS {row['lpips']:.3f}" if row.get("lpips") is not None else "")
        for name, row in rows.items()
    }
