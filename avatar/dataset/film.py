"""Renders a set of data: `render` makes the motions of a plan and photographs them, in several processes, resumable.

Owns the order of the work, what may be continued, and the figures. Whatever is killed when: a file is there whole or not at
all, and the next run makes what is missing, to the same bytes. Knows nothing of how a motion or a picture comes about.
"""

import os
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from avatar.dataset import pool, render_worker
from avatar.dataset.plan import VERSION, Plan, Scene, order_of_work, scenes_of
from avatar.dataset.reader import Dataset
from avatar.dataset.render_worker import CHARACTERS, Drawing, Job, level_of, look_of
from avatar.dataset.sheet import write_sheet
from avatar.dataset.storage import FORMAT, INDEX, MOTION, hash_of, picture_name, read_index, write_json
from trackers.assets import is_present, required_assets
from trackers.errors import UserError


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rendering is."""

    stage: str
    """"motions", then "pictures"."""
    done: int
    """Those that lay there from an earlier run included."""
    wanted: int


OnProgress = Callable[[Progress], None]
IsStopped = Callable[[], bool]

_PNG_END: Final = b"\0\0\0\0IEND\xaeB`\x82"  # the last chunk, by the PNG specification: no data, its name, its sum
_NAMED: Final = ("character", "drawing", "side_px", "seed", "train", "test")  # of the index, what a user may set


def render(
    folder: Path,
    *,
    plan: Plan | None = None,
    character: str = "mascot",
    drawing: Drawing = "studio",
    side_px: int = 512,
    workers: int | None = None,
    on_progress: OnProgress = lambda progress: None,
    is_stopped: IsStopped = lambda: False,
) -> dict[str, Any]:
    """Render a set into `folder`, or what is missing of it; return figures ready for JSON.

    Args:
        character: one of `render_worker.CHARACTERS`.
        drawing: "studio" for training, "quick" for a look at the motions.
        side_px: width and height of the pictures.
        workers: processes; None for one a core.
        on_progress: called after every motion and picture.
        is_stopped: asked between them; what is done by then stays and is a balanced, smaller set.

    Raises:
        UserError: the folder holds another set or other files, the character is unknown, or a recording cannot be read.
    """
    if character not in CHARACTERS:
        raise UserError(f"there is no character {character!r} to render; name one of: {', '.join(CHARACTERS)}")
    plan, notes = _possible(plan or Plan())
    scenes, left_out = scenes_of(plan)
    job = Job(Path(folder), plan, character, drawing, side_px)
    index = _index(job, scenes)
    _refuse_others(job.folder, index)
    started_s = time.perf_counter()
    with pool.processes(workers or pool.cores(), opening=render_worker.open_worker, job=job) as run:
        notes = (*notes, *left_out, *_begin(job.folder, index | {"look": next(run(render_worker.look, [()]))}))
        work = _Work(job, scenes, run, on_progress, is_stopped)
        went_on = work.motions()
        times_s = work.pictures() if went_on else []
    figures = _figures(job, scenes, times_s, seconds=time.perf_counter() - started_s)
    if figures["pictures"]["there"]:
        write_sheet(job.folder)
    return figures | {"workers": workers or pool.cores(), "left_out": list(notes)}


def _possible(plan: Plan) -> tuple[Plan, tuple[str, ...]]:
    """Return the plan without clips that cannot be tracked here, and a sentence about it."""
    if plan.recordings is None or not (plan.recordings / "asl").is_dir():
        return plan, ()
    lacking = [asset.file for asset in required_assets() if not is_present(asset)]
    if not lacking:
        return plan, ()
    note = f"The clips are not in the set, for the tracker lacks {lacking[0]}; fetch its models with: python run.py models"
    return replace(plan, tracked_clips=False), (note,)


def _refuse_others(folder: Path, index: dict[str, Any]) -> None:
    """Raise UserError if the folder holds another set than `index` describes, or something else."""
    if (folder / INDEX).is_file():
        there = read_index(folder)
        if there.get("hash") != index["hash"]:
            raise UserError(_other(folder, there, index))
    elif folder.is_dir() and any(folder.iterdir()):
        raise UserError(f"{folder} holds other files and no rendered data; name an empty or a new folder")


def _begin(folder: Path, index: dict[str, Any]) -> tuple[str, ...]:
    """Write the index of a new set; return sentences about one that is gone on with."""
    if not (folder / INDEX).is_file():
        write_json(folder / INDEX, index)
        return ()
    mixed = read_index(folder).get("look") != index["look"]
    return ("Pictures are drawn a little otherwise now than when this set was begun, so it is a mixture.",) if mixed else ()


def _index(job: Job, scenes: tuple[Scene, ...]) -> dict[str, Any]:
    rows = [{**{key: getattr(scene, key) for key in Scene.__slots__}, "framing": str(scene.framing)} for scene in scenes]
    person = CHARACTERS[job.character](level_of(job.drawing))
    settings = {
        "character": job.character,
        "drawing": job.drawing,
        "side_px": job.side_px,
        "seed": job.plan.seed,
        "train": job.plan.train,
        "test": job.plan.test,
        "version": VERSION,
        "character_hash": hash_of(person),
    }
    marks = hash_of([*settings.items(), *(tuple(row.items()) for row in rows)])
    # Code that numba compiles and code that it finds compiled differ in the last bit: with a portrait taken here and thrown
    # away, the processes find all of it compiled, and every set is drawn by the same code.
    look_of(person, job.drawing)
    return {"format": FORMAT, "hash": marks, **settings, "scenes": rows}


def _other(folder: Path, there: dict[str, Any], index: dict[str, Any]) -> str:
    """Return the sentence about a set that is another than what is wanted."""
    differing = [f"{key} {there.get(key)}, not {index[key]}" for key in _NAMED if there.get(key) != index[key]]
    if not differing:
        same = there.get("character_hash") == index["character_hash"]
        differing = ["other motions or recordings" if same else f"an older {index['character']}"]
    return f"{folder} holds a set with other settings ({'; '.join(differing)}); name another folder, or delete this one first"


@dataclass(frozen=True, slots=True)
class _Work:
    """One run over what is missing."""

    job: Job
    scenes: tuple[Scene, ...]
    run: pool.Runner
    on_progress: OnProgress
    is_stopped: IsStopped

    def motions(self) -> bool:
        """Make the motions that are not there, or not whole; return False if it was stopped."""
        missing = [scene.name for scene in self.scenes if not _is_whole(self.job.folder / scene.name / MOTION)]
        return self._each(render_worker.make_motion, [(name,) for name in missing], "motions", len(self.scenes)) is not None

    def pictures(self) -> list[float]:
        """Draw the pictures that are not there, or not whole; return the seconds of each."""
        folder = self.job.folder
        shown = {
            split: [(s.name, _shown(folder, s.name)) for s in self.scenes if s.split == split] for split in ("train", "test")
        }
        order = order_of_work(shown["train"], shown["test"])
        missing = [(name, frame) for name, frame in order if not _is_whole_picture(folder / name / picture_name(frame))]
        taken: list[float] = []
        self._each(render_worker.make_picture, missing, "pictures", len(order), results=taken)
        return taken

    def _each(
        self, call: pool.Call, rows: list[tuple[Any, ...]], stage: str, wanted: int, *, results: list[Any] | None = None
    ) -> bool | None:
        """Run the calls; return None if it was stopped before the end."""
        done = wanted - len(rows)
        self.on_progress(Progress(stage, done, wanted))
        if self.is_stopped():
            return None
        for result in self.run(call, rows):
            done += 1
            if results is not None:
                results.append(result)
            self.on_progress(Progress(stage, done, wanted))
            if self.is_stopped():
                return None
        return True


def _is_whole(motion: Path) -> bool:
    """Tell whether a motion lies there that can be read: a power cut may leave half of one."""
    try:
        with zipfile.ZipFile(motion) as file:
            return file.testzip() is None
    except (OSError, zipfile.BadZipFile):
        return False


def _is_whole_picture(path: Path) -> bool:
    """Tell whether a PNG lies there to its end, as `_is_whole` does of a motion."""
    try:
        with path.open("rb") as file:
            file.seek(-len(_PNG_END), os.SEEK_END)
            return file.read() == _PNG_END
    except OSError:  # also of a file that is shorter than its end
        return False


def _shown(folder: Path, name: str) -> list[int]:
    with np.load(folder / name / MOTION, allow_pickle=False) as data:
        return [int(frame) for frame in data["shown"]]


def _figures(job: Job, scenes: tuple[Scene, ...], times_s: list[float], *, seconds: float) -> dict[str, Any]:
    """Return what the set is made of by now."""
    data = Dataset(job.folder)
    motions = [motion for split in ("train", "test") for motion in data.motions(split)]
    styles: dict[str, Counter[str]] = {"train": Counter(), "test": Counter()}
    framings: dict[str, Counter[str]] = {"train": Counter(), "test": Counter()}
    for motion in motions:
        styles[motion.split][motion.style] += len(motion.shown)
        framings[motion.split][str(motion.framing)] += len(motion.shown)
    there = sum(sum(counts.values()) for counts in styles.values())
    wanted = data.wanted
    return {
        "folder": str(job.folder),
        "character": job.character,
        "drawing": job.drawing,
        "side_px": job.side_px,
        "seed": job.plan.seed,
        "motions": dict(Counter(scene.split for scene in scenes)),
        "pictures": {"wanted": wanted, "there": there, "drawn": len(times_s)},
        "styles": {split: dict(sorted(counts.items())) for split, counts in styles.items()},
        "framings": {split: dict(sorted(counts.items())) for split, counts in framings.items()},
        "picture_ms": {f"p{q}": round(1e3 * float(np.percentile(times_s, q)), 1) for q in (50, 95)} if times_s else None,
        "seconds": round(seconds, 1),
    }
