"""What a set of data consists of: scenes with their style, split and framing, and which frames are photographed.

Owns the shares of styles and framings, and what is held out: whole motions of every style, and two whole styles that no
training motion has ("dance", and "dab" of the shared recordings). Pure: the same plan gives the same scenes. Knows nothing of
how a motion is made.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Final

from avatar.camera import Framing
from avatar.dataset.curves import FPS, generator

VERSION: Final = 1
"""Of the styles' recipes: motions of another version are other motions."""
SPLITS: Final = ("train", "test")
LEAST_TEST_FRAMES: Final = 24
"""Consecutive pictures of each motion for testing, so that what moves in time can be measured."""
HELD_OUT_STYLES: Final = ("dance", "dab")

_SECONDS: Final = 7.0
_PICTURES_PER_MOTION: Final = 16
_MOST_MOTIONS: Final = 400
_LEAST_MOTIONS: Final = 24
_SETTLED: Final = 6  # the springs hang still when a motion begins
_TEST_NUMBER: Final = 1010  # styles vary with the number: these are theirs with both hands, and turns every way
_FRAMINGS: Final = {"B": Framing.BUST, "U": Framing.UPPER, "F": Framing.FULL}

# style: (share of the training motions, framings in turn)
_MADE_UP: Final[dict[str, tuple[float, str]]] = {
    "talk": (0.13, "BBUB"),
    "gaze": (0.07, "BBBU"),
    "emote": (0.15, "BBBBUB"),
    "head": (0.11, "BUBBUF"),
    "hands": (0.22, "BUBUUBUFBU"),
    "arms": (0.10, "UBUFU"),
    "body": (0.07, "FFUF"),
    "fast": (0.06, "BUUFB"),
    "rest": (0.02, "BUBF"),
}
# style: (share, framings, recordings for training)
_REAL: Final[dict[str, tuple[float, str, tuple[str, ...]]]] = {
    "sign": (0.06, "BUB", tuple(f"asl/{name}.mkv" for name in ("again", "book", "brother", "hungry", "no", "yes"))),
    "act": (0.04, "FUU", tuple(f"motion/{name}.bvh" for name in ("ad_jumping_jacks", "ad_wave_hello", "cmu_12_01_walk"))),
}
_TURNS_DEG: Final = (0.0, 25.0, -25.0)
# style, framing, recording; in the order in which they are photographed
_TEST: Final[tuple[tuple[str, str, str], ...]] = (
    ("talk", "B", ""), ("hands", "U", ""), ("emote", "B", ""), ("sign", "B", "asl/thanks.mkv"), ("dance", "F", ""),
    ("head", "U", ""), ("gaze", "B", ""), ("dab", "U", "motion/ad_dab.bvh"), ("hands", "B", ""), ("arms", "U", ""),
    ("talk", "B", ""), ("sign", "U", "asl/want.mkv"), ("emote", "B", ""), ("body", "F", ""), ("fast", "U", ""),
    ("head", "B", ""),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """What is wanted. Equal plans give equal scenes."""

    train: int = 4000
    """Pictures to learn from."""
    test: int = 400
    """Pictures to test with."""
    seed: int = 1
    recordings: Path | None = None
    """The folder with the shared clips (`asl/`, `motion/`); None, or one that is not there: the set goes without them."""
    tracked_clips: bool = True
    """False to leave out the clips that need our tracker."""

    def __post_init__(self) -> None:
        if min(self.train, self.test) < 1:
            raise ValueError(f"Plan wants at least one picture of each split, got {self.train} and {self.test}")


@dataclass(frozen=True, slots=True)
class Scene:
    """One motion before it is made."""

    name: str
    style: str
    split: str
    framing: Framing
    number: int
    """Among those of its style and split."""
    pictures: int
    """How many of its frames are photographed."""
    recording: str = ""
    """Below `Plan.recordings`; empty for a motion that is made up."""
    turn_deg: float = 0.0
    mirrored: bool = False

    @property
    def seconds(self) -> float:
        """How long a made-up motion lasts; a recording has its own length."""
        return max(_SECONDS, (self.pictures + 2 * _SETTLED) / FPS)


def scenes_of(plan: Plan) -> tuple[tuple[Scene, ...], tuple[str, ...]]:
    """Return the scenes, those for training first, and sentences about what was left out and why."""
    folder = plan.recordings
    wanted = [name for _, _, names in _REAL.values() for name in names] + [name for _, _, name in _TEST if name]
    missing = [name for name in wanted if folder is None or not (folder / name).is_file()]
    left_out: tuple[str, ...] = ()
    if missing:
        where = f"{folder} lacks {', '.join(missing)}" if folder else "no folder with recordings was named"
        left_out = (f"{where[0].upper()}{where[1:]}, so what it would give is not in the set.",)
    if not plan.tracked_clips:
        missing = [name for name in wanted if name in missing or not name.endswith(".bvh")]
    return (*_train(plan, missing), *_test(plan, missing)), left_out


def _train(plan: Plan, missing: Sequence[str]) -> list[Scene]:
    wanted = min(max(min(plan.train, _LEAST_MOTIONS), round(plan.train / _PICTURES_PER_MOTION)), _MOST_MOTIONS)
    shares = {style: share for style, (share, _) in _MADE_UP.items()}
    versions = {style: [n for n in names if n not in missing] for style, (_, _, names) in _REAL.items()}
    shares |= {style: _REAL[style][0] for style, names in versions.items() if names}
    counts = _apportioned(shares, wanted)
    for style, names in versions.items():  # a recording has so many versions and no more: what is over, hands have
        most = len(names) * (2 if style == "sign" else 2 * len(_TURNS_DEG))
        over = max(counts.get(style, 0) - most, 0)
        counts = {**counts, style: counts.get(style, 0) - over, "hands": counts["hands"] + over}
    rows = sorted(((k + 0.5) / count, style, k) for style, count in counts.items() for k in range(count))
    pictures = _split_evenly(plan.train, len(rows))
    return [
        _train_scene(style, number, pictures=wanted, names=versions.get(style, []))
        for (_, style, number), wanted in zip(rows, pictures, strict=True)
    ]


def _train_scene(style: str, number: int, *, pictures: int, names: list[str]) -> Scene:
    framings = _MADE_UP[style][1] if style in _MADE_UP else _REAL[style][1]
    framing = _FRAMINGS[framings[number % len(framings)]]
    name = f"{style}-{number:03d}"
    if style in _MADE_UP:
        return Scene(name, style, "train", framing, number, pictures)
    again = number // len(names)
    turn_deg = _TURNS_DEG[again // 2 % len(_TURNS_DEG)] if style == "act" else 0.0
    recording = names[number % len(names)]
    return Scene(name, style, "train", framing, number, pictures, recording, turn_deg, mirrored=again % 2 == 1)


def _test(plan: Plan, missing: Sequence[str]) -> list[Scene]:
    rows = [row for row in _TEST if row[2] not in missing]
    wanted = min(len(rows), max(1, plan.test // LEAST_TEST_FRAMES))
    scenes: list[Scene] = []
    for (style, framing, recording), pictures in zip(rows[:wanted], _split_evenly(plan.test, wanted), strict=True):
        number = sum(scene.style == style for scene in scenes)
        name = f"test-{style}-{number:03d}"
        scenes.append(Scene(name, style, "test", _FRAMINGS[framing], _TEST_NUMBER + number, pictures, recording))
    return scenes


def _apportioned(shares: dict[str, float], total: int) -> dict[str, int]:
    """Return whole numbers with this total, as near to the shares as whole numbers are."""
    scale = total / sum(shares.values())
    counts = {name: math.floor(share * scale) for name, share in shares.items()}
    order = sorted(shares, key=lambda name: (counts[name] - shares[name] * scale, name))
    for name in order[: total - sum(counts.values())]:
        counts[name] += 1
    return counts


def _split_evenly(total: int, parts: int) -> list[int]:
    return [total // parts + (k < total % parts) for k in range(parts)]


def shown_frames(scene: Scene, *, frames: int, seed: int) -> list[int]:
    """Return the frames to photograph: spread over a motion for training, consecutive ones for testing; in order."""
    first = min(_SETTLED, frames - 1)
    free = frames - first
    if scene.split == "test":
        count = min(scene.pictures, free)
        start = first + (free - count) // 2
        return list(range(start, start + count))
    count = min(scene.pictures, free)
    offset = float(generator("frames", seed, scene.name).random())
    return [first + int((k + offset) * free / count) for k in range(count)]


def order_of_work(
    shown: Sequence[tuple[str, Sequence[int]]], test: Sequence[tuple[str, Sequence[int]]]
) -> list[tuple[str, int]]:
    """Return (motion, frame) for all pictures, so that any first part of them is a balanced set.

    A picture of each training motion in turn, spread over the motion; between them, evenly, test motions from first to last.
    """
    rounds = [[(name, frames[k]) for k in _spread(len(frames))] for name, frames in shown]
    train = [item for row in zip_longest(*rounds) for item in row if item is not None]
    tests = [(name, frame) for name, frames in test for frame in frames]
    rows = [((k + 0.5) / len(train), 0, item) for k, item in enumerate(train)]
    rows += [((k + 0.5) / len(tests), 1, item) for k, item in enumerate(tests)]
    return [item for _, _, item in sorted(rows)]


def _spread(count: int) -> list[int]:
    """Return 0..count-1 in an order whose every beginning is spread over the whole."""
    golden = (math.sqrt(5) - 1) / 2
    return sorted(range(count), key=lambda k: (k + 1) * golden % 1.0)
