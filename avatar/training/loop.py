"""A training from its start, or from where it was stopped, to its end.

Owns the order of things and the folder they are written to: `checkpoint.pt`, `recipe.json`, `log.jsonl`, `sheet.png`. Knows
nothing of what a step does or how data is made.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from avatar.dataset.storage import write_json
from avatar.mesh import Character
from avatar.neural.spec import SIZES
from avatar.training import diary
from avatar.training.batches import Batch, BatchMaker, Filmed
from avatar.training.checkpoint import CHECKPOINT, Trained, read_checkpoint, write_checkpoint
from avatar.training.course import Course
from avatar.training.distributed import Group, joined
from avatar.training.feed import Feed
from avatar.training.growing import is_wider
from avatar.training.painter import Painter, painter_beside
from avatar.training.preview import Preview
from avatar.training.recipe import recipe_of
from avatar.training.schedule import Budget
from avatar.training.settings import Settings
from avatar.training.stopping import stop_asked
from avatar.training.texture import Window, face_window
from avatar.training.trainer import Tally, Trainer
from avatar.training.truths import Truths
from trackers.errors import UserError

log = logging.getLogger(__name__)

RECIPE: Final = "recipe.json"
SHEET: Final = "sheet.png"
_AHEAD: Final = 3
_USUAL_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How often, in seconds, a training tells of itself."""

    log_s: float = 10.0
    save_s: float = 120.0
    look_s: float = 180.0
    pictures: int = 12
    """That are looked at; the first six are on the sheet."""


@dataclass(frozen=True, slots=True)
class News:
    """What a training tells whoever started it, every few seconds."""

    step: int
    progress: float
    seconds: float
    left_s: float
    loss: float
    step_ms: float
    psnr_db: float | None
    """Of held-out pictures, at the last look."""
    coarse_psnr_db: float


def train(
    motions: Sequence[Filmed],
    held_out: Sequence[Filmed],
    character: Character,
    folder: Path,
    *,
    budget: Budget | None,
    settings: Settings | None = None,
    reweighed: Mapping[str, float] | None = None,
    beside: Trained | None = None,
    window: Window | None = None,
    resume: bool = False,
    device: str = "cpu",
    pace: Pace = Pace(),
    on_news: Callable[[News], None] | None = None,
) -> Path:
    """Train a neural avatar and return its checkpoint. Ctrl-C or SIGTERM ends it early, with everything written.

    Under torchrun all processes call this alike; together they train one avatar and the first one writes.

    Args:
        motions: to learn from.
        held_out: to look at meanwhile; nothing is learnt from them. Where there are none, `motions` are looked at.
        character: the proxy level.
        folder: where the training lies.
        budget: how long; None goes on with a stopped one's.
        settings: of a new training; a resumed one keeps its own.
        reweighed: how much parts of the loss count from now on, resumed too, by the names of `settings.Weights`.
        beside: a finished training: a new one learns another size on its texture; a wider one begins as its network.
        window: of the deltas in the learnt texture, texels; None is whatever the expression moves.
        resume: go on with what lies in the folder, on other data too. With another budget, or at the end, one more cycle.

    Raises:
        UserError: the folder holds a training that is not to be resumed, or one of another character.
    """
    path = _begun(folder, resume=resume)
    with joined(device) as group, stop_asked() as asked, Feed[Batch]() as feed:
        window = window or face_window(character)
        recipe = recipe_of(settings or Settings(), window=window, character=character, motions=motions)
        run = _Run(folder, group, pace, on_news)
        run.begin(read_checkpoint(path) if path.exists() else None, budget, recipe, reweighed or {}, beside)
        maker = BatchMaker(motions, character, run.trainer.settings, truths=Truths())
        preview = Preview(held_out or motions, character, count=pace.pictures) if group.rank == 0 else None
        run.go(maker, feed, preview, asked.is_set)
    return path


def _begun(folder: Path, *, resume: bool) -> Path:
    """Return where the checkpoint of the training in `folder` is or will be."""
    path = folder / CHECKPOINT
    if path.exists() and not resume:
        raise UserError(f"{folder} already holds a training; go on with it by --resume, or choose another folder")
    folder.mkdir(parents=True, exist_ok=True)
    return path


class _Run:
    """One call of `train`."""

    trainer: Trainer[Painter]
    course: Course

    def __init__(self, folder: Path, group: Group, pace: Pace, on_news: Callable[[News], None] | None) -> None:
        self.folder, self.group, self._pace, self._on_news = folder, group, pace, on_news
        self._psnr_db: float | None = None

    def begin(
        self,
        held: dict[str, Any] | None,
        budget: Budget | None,
        recipe: dict[str, Any],
        reweighed: Mapping[str, float],
        beside: Trained | None,
    ) -> None:
        """Set up the new training that `recipe` describes, or take up the one in `held`; `reweighed` counts from now on."""
        self.recipe = recipe if held is None else json.loads(held["recipe"])
        if self.recipe["character"] != recipe["character"]:
            raise self._of_another(recipe, self.folder)
        settings = Settings.from_json(self.recipe["settings"])
        settings = replace(settings, weights=replace(settings.weights, **reweighed))
        if held is not None:
            self.trainer = Trainer(settings, partial(Painter, settings.size, tuple(self.recipe["window"])), self.group)
            self.trainer.take(held)
            self.course = Course.from_json(held["course"])
            self.course.go_on(budget)
            if self.group.rank == 0:
                diary.forget_after(self.folder / diary.LOG, self.course.step)
        elif beside is None:
            self._start(settings, partial(Painter, settings.size, tuple(self.recipe["window"])), budget)
        else:
            self._start_beside(beside, settings, budget)
        self.recipe["settings"] = self.trainer.settings.to_json()
        self._note_cycle(recipe["data"]["hash"])

    def _start(self, settings: Settings, begin: Callable[[], Painter], budget: Budget | None, *, cycle: int = 0) -> None:
        self.trainer = Trainer(settings, begin, self.group)
        self.course = Course(budget or Budget(seconds=_USUAL_S), cycle=cycle)

    def _start_beside(self, beside: Trained, settings: Settings, budget: Budget | None) -> None:
        """Begin on the texture of a finished training, and as its network where that is narrower."""
        if beside.recipe["character"] != self.recipe["character"]:
            raise self._of_another(self.recipe, "the training beside which this one is to be")
        if settings.layers != "all" and settings.size != beside.size:
            raise UserError(
                f"the last layers of size {settings.size} cannot learn beside a network of size {beside.size}; "
                "name a training or an avatar of the same size"
            )
        self.recipe["window"], self.recipe["beside"] = list(beside.window), beside.recipe
        # What begins as another's network is one more cycle of it: a first one's rates would shake off what was learnt.
        is_more = is_wider(SIZES[settings.size], than=beside.network.size)
        begin = partial(painter_beside, beside.painter, settings.size)
        self._start(replace(settings, texture_rate=0.0), begin, budget, cycle=int(is_more))

    @staticmethod
    def _of_another(recipe: dict[str, Any], where: object) -> UserError:
        name = recipe["character"]["name"]
        return UserError(f"{where} was trained on another {name} than today's; train this one in another folder")

    def go(self, maker: BatchMaker, feed: Feed[Batch], preview: Preview | None, is_stopped: Callable[[], bool]) -> None:
        """Train until the cycle's end."""
        if self.group.rank == 0:
            write_json(self.folder / RECIPE, self.recipe)
        base_s, began = self.course.seconds, time.monotonic()
        due = {"log": began + self._pace.log_s, "save": began + self._pace.save_s, "look": began}
        while True:
            now = time.monotonic()
            self.course.seconds, stop = self.group.agreed(base_s + now - began, float(is_stopped()))
            ends = bool(stop) or self.course.progress() >= 1
            if self.group.rank == 0:
                self._tell(preview, due, now, ends=ends)
            if ends:
                return
            while len(feed) < _AHEAD:
                ahead = len(feed)
                stage = self.trainer.settings.stage(self.course.shaping(ahead=ahead))
                feed.ask(partial(maker.make, self.course.step + ahead, stage, rank=self.group.rank, world=self.group.world))
            waited = time.perf_counter()
            batch = feed.take()
            tally = self.trainer.tally
            tally.add(tally.ms, {"data": 1e3 * (time.perf_counter() - waited)})
            self.trainer.step(batch, number=self.course.step, shaping=self.course.shaping(), rate=self.course.rate())
            self.course.step += 1

    def _tell(self, preview: Preview | None, due: dict[str, float], now: float, *, ends: bool) -> None:
        """Write whatever is due: a look at pictures, a line, a checkpoint."""
        assert preview is not None
        if now >= due["look"] or ends:
            due["look"] = now + self._pace.look_s
            painter = self.trainer.average.painter
            self._psnr_db = preview.look(painter, sheet=self.folder / SHEET, device=self.group.device)
            numbers = {"psnr_db": self._psnr_db, "coarse_psnr_db": preview.coarse_psnr_db}
            diary.write_line(self.folder / diary.LOG, step=self.course.step, seconds=self.course.seconds, **numbers)
        if now >= due["log"] or ends:
            due["log"] = now + self._pace.log_s
            self._say(preview.coarse_psnr_db)
        if now >= due["save"] or ends:
            due["save"] = now + self._pace.save_s
            held = self.trainer.state() | {"course": self.course.to_json(), "recipe": json.dumps(self.recipe)}
            write_checkpoint(self.folder / CHECKPOINT, held)

    def _say(self, coarse_psnr_db: float) -> None:
        tally, self.trainer.tally = self.trainer.tally, Tally()
        if not tally.steps:
            return
        loss, ms = tally.means(tally.loss), tally.means(tally.ms)
        course = self.course
        numbers = {"progress": course.progress(), "rate": course.rate(), "cycle": course.cycle, "steps": tally.steps}
        diary.write_line(self.folder / diary.LOG, step=course.step, seconds=course.seconds, loss=loss, ms=ms, **numbers)
        step_ms = sum(ms.values())
        left_s = course.left_s(step_s=step_ms / 1e3)
        news = News(course.step, course.progress(), course.seconds, left_s, loss["all"], step_ms, self._psnr_db, coarse_psnr_db)
        log.debug("%s", news)
        if self._on_news is not None:
            self._on_news(news)

    def _note_cycle(self, data_hash: str) -> None:
        """Add to the recipe what is trained now; more data than before is allowed, and told."""
        cycle = {
            "cycle": self.course.cycle,
            "from_step": self.course.step,
            "budget_steps": self.course.budget.steps,
            "budget_seconds": self.course.budget.seconds,
            "perceptual": self.trainer.settings.weights.perceptual,
            "sharpness": self.trainer.settings.weights.sharpness,
            "data_hash": data_hash,
            "processes": self.group.world,
            "device": self.group.device.type,
        }
        self.recipe["cycles"].append(cycle)
