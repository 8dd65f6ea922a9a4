"""The work of one process: makes motions and pictures of a set, one at a time, when it is told to.

Owns what a process keeps between tasks (character, studio, the motion last read). Used through the functions below, which a
pool of processes can call; each process belongs to one set. Knows nothing of order, progress or other processes.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np

from avatar.camera import Framing
from avatar.dataset.drawing import QuickDrawing, Shooting
from avatar.dataset.plan import Plan, Scene, scenes_of
from avatar.dataset.storage import MOTION, hash_of, picture_name, write_picture
from avatar.dataset.takes import write_motion
from avatar.figure import Figure
from avatar.idle import idle_pose
from avatar.mascot import Level, build_mascot
from avatar.mesh import Character
from avatar.studio.studio import Studio
from trackers.types import Stamp

Drawing = Literal["studio", "quick"]

CHARACTERS: Final[dict[str, Callable[[Level], Character]]] = {"mascot": build_mascot}
"""Who can be photographed: name -> its maker."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a process must know of the set that it works for."""

    folder: Path
    plan: Plan
    character: str
    drawing: Drawing
    side_px: int


class RenderWorker:
    """Makes what it is asked for. Characters and studio are built when first needed."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._scenes: dict[str, Scene] = {scene.name: scene for scene in scenes_of(job.plan)[0]}
        self._motion = lru_cache(maxsize=8)(self._read_motion)

    @cached_property
    def rigged(self) -> Character:
        """The character whose springs swing: at its lighter level, for both have one rig."""
        return CHARACTERS[self.job.character](Level.PROXY)

    @cached_property
    def drawn(self) -> Character:
        """The character as it is photographed."""
        return CHARACTERS[self.job.character](level_of(self.job.drawing))

    @cached_property
    def drawing(self) -> Shooting:
        """What takes the pictures."""
        return _drawing(self.drawn, self.job.drawing, side_px=self.job.side_px)

    def make_motion(self, name: str) -> None:
        """Make a motion of the set and write it."""
        write_motion(self.job.folder, self._scenes[name], self.job.plan, character=self.rigged)

    def make_picture(self, name: str, frame: int) -> float:
        """Draw and write one picture; return the seconds that it took."""
        started_s = time.perf_counter()
        bones, rotations, expression = self._motion(name)
        image = self.drawing.shoot(
            bones[frame], rotations=rotations[frame], expression=expression[frame], framing=Framing(self._scenes[name].framing)
        )
        write_picture(self.job.folder / name / picture_name(frame), image)
        return time.perf_counter() - started_s

    def _read_motion(self, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        with np.load(self.job.folder / name / MOTION, allow_pickle=False) as data:
            return data["bones"], data["rotations"], data["expression"]


def level_of(drawing: Drawing) -> Level:
    """Return how densely the character is made for a drawing."""
    return Level.DETAILED if drawing == "studio" else Level.PROXY


def look_of(character: Character, drawing: Drawing) -> str:
    """Return a hash of a small portrait, by which a set tells that pictures are drawn otherwise than before."""
    figure = Figure(character)
    pose = idle_pose(1.0, stamp=Stamp(seq=0, captured_ns=0))
    figure.pose(pose, time_ns=0)
    small = _drawing(character, drawing, side_px=128)
    return hash_of(small.shoot(figure.bones, rotations=pose.rotations, expression=pose.expression, framing=Framing.UPPER))


def _drawing(character: Character, drawing: Drawing, *, side_px: int) -> Shooting:
    return (QuickDrawing if drawing == "quick" else Studio)(character, width_px=side_px, height_px=side_px)


_worker: RenderWorker | None = None


def open_worker(job: Job) -> None:
    """Make this process one that works for `job`; it ends when the process that started it ends."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the starter's to hear
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)
    _worker = RenderWorker(job)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def look() -> str:
    """Return `look_of` the set's character, in a process of a pool."""
    assert _worker is not None
    return look_of(_worker.drawn, _worker.job.drawing)


def make_motion(name: str) -> None:
    """As `RenderWorker.make_motion`, in a process of a pool."""
    assert _worker is not None
    _worker.make_motion(name)


def make_picture(name: str, frame: int) -> float:
    """As `RenderWorker.make_picture`, in a process of a pool."""
    assert _worker is not None
    return _worker.make_picture(name, frame)
