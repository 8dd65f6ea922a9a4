"""The baselines that ours is held against: trained on the same data, for the same time, and read back as painters.

Owns their names, files and the loop. Knows nothing of figures; `baseline_training` says what is learnt from a batch.

* `skeleton`: our own network, of the same size and trained by the same losses, told of the pose by a drawn skeleton.
* `pix2pix`: a U-Net against a patch discriminator, on the same drawing.
* `proxy`: the bare textured proxy that our network starts from, without any training.
* `nearest`: the photograph of the nearest pose among those that were trained on.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from avatar.mesh import Character
from avatar.training.baseline_batches import DrawnBatchMaker
from avatar.training.baseline_painters import Pix2pixPainter, SkeletonPainter
from avatar.training.baseline_training import Learner, Pix2pixLearner, SkeletonLearner, generator_with, network_with
from avatar.training.batches import Filmed
from avatar.training.checkpoint import read_checkpoint, write_checkpoint
from avatar.training.lpips import load_lpips
from avatar.training.moments import MotionLike, Painter
from avatar.training.recipe import hash_of_motions
from avatar.training.settings import Settings
from avatar.training.simple_painters import NearestPainter, ProxyPainter
from trackers.errors import UserError

log = logging.getLogger(__name__)

TRAINED: Final = ("skeleton", "pix2pix")
UNTRAINED: Final = ("proxy", "nearest")
SAVE_EVERY_S: Final = 120.0

Progress = Callable[[int, float, dict[str, float]], None]
"""Hears the number of steps done, the share of the time done (0..1) and the parts of the last loss."""


def train_baseline(
    name: str,
    motions: Sequence[Filmed],
    character: Character,
    folder: Path,
    *,
    minutes: float,
    settings: Settings | None = None,
    side_px: int = 512,
    device: str = "cpu",
    stop: threading.Event | None = None,
    on_progress: Progress = lambda steps, share, parts: None,
) -> Path:
    """Train one baseline for some minutes and return its file; goes on where a stopped training of it ended.

    Args:
        name: one of `TRAINED`.
        motions: those of the split "train".
        character: the proxy level: the rig, the springs and the face's layout are drawn.
        folder: where the file of each baseline lies.
        minutes: of training alone; reading weights and saving do not count.
        settings: of our own training; None takes the defaults.
        device: "cpu" or "cuda": where ours was trained.
        stop: ends the training after its step when it is set.

    Raises:
        UserError: no such baseline, or its file is damaged or of other data.
    """
    _check_name(name)
    chosen = settings or Settings()
    learner = _learner(name, DrawnBatchMaker(motions, character, chosen, side_px=side_px), chosen, device)
    about = {"name": name, "settings": chosen.to_json(), "data": hash_of_motions(motions)}
    path = folder / f"{name}.pt"
    folder.mkdir(parents=True, exist_ok=True)
    steps, spent_s = _resumed(learner, path, about)
    saved_s = spent_s
    while spent_s < 60 * minutes and not (stop is not None and stop.is_set()):
        began = time.perf_counter()
        parts = learner.step(steps, spent_s / (60 * minutes))
        steps, spent_s = steps + 1, spent_s + time.perf_counter() - began
        on_progress(steps, min(1.0, spent_s / (60 * minutes)), parts)
        if spent_s - saved_s >= SAVE_EVERY_S:
            saved_s = _save(learner, path, about, steps, spent_s)
    _save(learner, path, about, steps, spent_s)
    return path


def load_baselines(
    folder: Path | None, motions: Sequence[MotionLike], proxy: Character, *, side_px: int = 512
) -> tuple[dict[str, Painter], dict[str, dict[str, Any]]]:
    """Return the baselines by name, and what is to be told of how each came to be.

    Args:
        folder: of `train_baseline`; None, or what is not in it, leaves only those that need no training.
        motions: those of the split "train", which `nearest` searches.
        proxy: the proxy level.

    Raises:
        UserError: the folder does not exist or holds none, or a file is damaged.
    """
    size = {"width_px": side_px, "height_px": side_px}
    painters: dict[str, Painter] = {}
    notes: dict[str, dict[str, Any]] = {}
    for name in TRAINED if folder is not None else ():
        assert folder is not None
        path = folder / f"{name}.pt"
        if not path.is_file():
            continue
        held = read_checkpoint(path)
        about = json.loads(held["about"])
        if name == "skeleton":
            network = network_with(held["weights"], about["settings"]["size"])
            painters[name] = SkeletonPainter(network, proxy, **size)
        else:
            painters[name] = Pix2pixPainter(generator_with(held["weights"]), proxy, **size)
        notes[name] = {"trained_minutes": round(float(held["seconds"]) / 60, 2), "steps": int(held["steps"])}
    if folder is not None and not painters:
        wanted = " and ".join(f"{name}.pt" for name in TRAINED)
        raise UserError(f"{folder} should hold {wanted}, but holds neither; train them with: avatar train mascot --as skeleton")
    painters |= {"proxy": ProxyPainter(proxy, **size), "nearest": NearestPainter(proxy, motions)}
    return painters, notes | {name: {"trained_minutes": 0} for name in UNTRAINED}


def _check_name(name: str) -> None:
    if name not in TRAINED:
        raise UserError(f"{name} is no baseline that learns; expected {' or '.join(TRAINED)}")


def _learner(name: str, batches: DrawnBatchMaker, settings: Settings, device: str) -> Learner:
    if name == "pix2pix":
        return Pix2pixLearner(batches, settings, device=device)
    lpips = load_lpips("alex", device=device) if settings.weights.perceptual else None
    return SkeletonLearner(batches, settings, lpips=lpips, device=device)


def _resumed(learner: Learner, path: Path, about: dict[str, Any]) -> tuple[int, float]:
    """Return steps and seconds that are done already."""
    if not path.is_file():
        return 0, 0.0
    held = read_checkpoint(path)
    if json.loads(held["about"]) != json.loads(json.dumps(about)):
        raise UserError(f"{path} was trained on other data or with other settings; delete it, or choose another folder")
    learner.resume(held["state"])
    log.info("going on with %s after %d steps", path, held["steps"])
    return int(held["steps"]), float(held["seconds"])


def _save(learner: Learner, path: Path, about: dict[str, Any], steps: int, seconds: float) -> float:
    """Write all of it; return `seconds`."""
    held = {"about": json.dumps(about), "steps": steps, "seconds": seconds}
    write_checkpoint(path, held | {"weights": learner.weights(), "state": learner.state()})
    return seconds
