"""The baselines that ours is held against: trained on the same data, for the same time, and read back as painters.

Owns their names, files and the loop. Knows nothing of figures; `baseline_training` says what is learnt from a batch.

* `skeleton`: our own network, of the same size and trained by the same losses, told of the pose by a drawn skeleton.
* `pix2pix`: a U-Net against a patch discriminator, on the same drawing.
* `proxy`: the bare textured proxy that our network starts from, without any training.
* `nearest`: the photograph of the nearest pose among those that were trained on.
"""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from avatar.mesh import Character
from avatar.training.baseline_batches import DrawnBatchMaker
from avatar.training.baseline_painters import Pix2pixPainter, SkeletonPainter
from avatar.training.baseline_training import Learner, Pix2pixLearner, SkeletonLearner, generator_with, network_with
from avatar.training.batches import Filmed
from avatar.training.checkpoint import read_checkpoint, write_checkpoint
from avatar.training.course import Course
from avatar.training.feed import Feed
from avatar.training.moments import MotionLike, Painter
from avatar.training.recipe import hash_of_motions
from avatar.training.schedule import Budget
from avatar.training.settings import Settings
from avatar.training.simple_painters import NearestPainter, ProxyPainter
from avatar.training.stopping import stop_asked
from trackers.errors import UserError

TRAINED: Final = ("skeleton", "pix2pix")
UNTRAINED: Final = ("proxy", "nearest")
SAVE_EVERY_S: Final = 120.0
_AHEAD: Final = 3
_USUAL_S: Final = 3600.0

Progress = Callable[[Course, dict[str, float]], None]
"""Hears how far it is and the parts of the last loss."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The training of a baseline as it lies in its file."""

    settings: Settings
    data: str
    """Hash of what it learns from."""
    course: Course
    weights: Any
    state: Any


def train_baseline(
    name: str,
    motions: Sequence[Filmed],
    character: Character,
    folder: Path,
    *,
    budget: Budget | None,
    settings: Settings | None = None,
    side_px: int = 512,
    resume: bool = False,
    device: str = "cpu",
    on_progress: Progress = lambda course, parts: None,
) -> Path:
    """Train one baseline and return its file. Ctrl-C or SIGTERM ends it early, with everything written.

    Args:
        name: one of `TRAINED`.
        motions: those of the split "train".
        character: the proxy level: the rig, the springs and the face's layout are drawn.
        folder: where the file of each baseline lies.
        budget: how long, counted as our own training counts; None goes on with a stopped one's.
        settings: of our own training; None takes the defaults; a resumed one keeps its own.
        resume: go on with what lies in the folder. With another budget, or at the end, that is one more cycle.
        device: "cpu" or "cuda": where ours was trained.

    Raises:
        UserError: no such baseline, or its file is there already, damaged or of other data.
    """
    _check_name(name)
    path, data = folder / f"{name}.pt", hash_of_motions(motions)
    if path.exists() and not resume:
        raise UserError(f"{path} already holds a training; go on with it by --resume, or choose another folder")
    folder.mkdir(parents=True, exist_ok=True)
    held = _stopped_at(path, data=data) if path.exists() else None
    chosen = settings or Settings() if held is None else held.settings
    learner = _learner(name, DrawnBatchMaker(motions, character, chosen, side_px=side_px), chosen, device)
    course = Course(budget or Budget(seconds=_USUAL_S))
    about = {"name": name, "settings": chosen.to_json(), "data": data}
    if held is not None:
        learner.resume(held.state)
        course = held.course
        course.go_on(budget)
    with stop_asked() as asked, Feed[Any]() as feed:
        _go(learner, course, feed, save=partial(_save, learner, course, path, about), asked=asked, on_progress=on_progress)
    return path


def _go(
    learner: Learner[Any],
    course: Course,
    feed: Feed[Any],
    *,
    save: Callable[[], None],
    asked: threading.Event,
    on_progress: Progress,
) -> None:
    """Train until the cycle's end."""
    base_s, began = course.seconds, time.monotonic()
    saved = began
    while True:
        now = time.monotonic()
        course.seconds = base_s + now - began
        ends = asked.is_set() or course.progress() >= 1
        if ends or now - saved >= SAVE_EVERY_S:
            save()
            saved = now
        if ends:
            return
        while len(feed) < _AHEAD:
            ahead = len(feed)
            feed.ask(partial(learner.make, course.step + ahead, course.shaping(ahead=ahead)))
        parts = learner.learn(feed.take(), course)
        course.step += 1
        on_progress(course, parts)


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
        held = baseline_at(path)
        if name == "skeleton":
            network = network_with(held.weights, held.settings.size)
            painters[name] = SkeletonPainter(network, proxy, **size)
        else:
            painters[name] = Pix2pixPainter(generator_with(held.weights), proxy, **size)
        notes[name] = {"trained_minutes": round(held.course.seconds / 60, 2), "steps": held.course.step}
    if folder is not None and not painters:
        wanted = " and ".join(f"{name}.pt" for name in TRAINED)
        raise UserError(f"{folder} should hold {wanted}, but holds neither; train them with: avatar train mascot --as skeleton")
    painters |= {"proxy": ProxyPainter(proxy, **size), "nearest": NearestPainter(proxy, motions)}
    return painters, notes | {name: {"trained_minutes": 0} for name in UNTRAINED}


def _check_name(name: str) -> None:
    if name not in TRAINED:
        raise UserError(f"{name} is no baseline that learns; expected {' or '.join(TRAINED)}")


def _learner(name: str, batches: DrawnBatchMaker, settings: Settings, device: str) -> Learner[Any]:
    if name == "pix2pix":
        return Pix2pixLearner(batches, settings, device=device)
    return SkeletonLearner(batches, settings, device=device)


def _stopped_at(path: Path, *, data: str) -> Baseline:
    held = baseline_at(path)
    if held.data != data:
        raise UserError(f"{path} was trained on other data; resume it on those, or train this one in another folder")
    return held


def baseline_at(path: Path) -> Baseline:
    """Return the training in a file, finished or not.

    Raises:
        UserError: the file is damaged.
    """
    held = read_checkpoint(path)
    about, course = json.loads(held["about"]), Course.from_json(json.loads(held["course"]))
    return Baseline(Settings.from_json(about["settings"]), about["data"], course, held["weights"], held["state"])


def _save(learner: Learner[Any], course: Course, path: Path, about: dict[str, Any]) -> None:
    held = {"about": json.dumps(about), "course": json.dumps(course.to_json())}
    write_checkpoint(path, held | {"weights": learner.weights(), "state": learner.state()})
