"""Times the drawing of an avatar on this computer, by the puppet or by the neural renderer: from a pose to RGBA.

Owns what is timed and how, alone or in turns with a network that is known elsewhere: computers differ by far more than ways to
draw do. Knows nothing of the live pipeline; `live --report` measures that.
"""

import gc
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, cast

import cv2
import numpy as np

from avatar import rotations as rot
from avatar.camera import Framing
from avatar.mascot import build_mascot
from avatar.motion import Motion
from avatar.neural.parts import AvatarParts
from avatar.neural.renderer import NeuralRenderer, Quality
from avatar.package.library import Library
from avatar.puppet import EFFORTS, PuppetRenderer
from avatar.rig import BONE_INDEX
from avatar.types import RigPose
from export import rival_network
from export.percentiles import percentiles
from trackers import quaternions as quat
from trackers.errors import UserError
from trackers.skeleton import EXPRESSION_INDEX

LATE_MS: Final = 1000 / 60
_SIDES_PX: Final = (64, 4096)
_CHOICES: Final = {
    "renderer": ("neural", "puppet"),
    "framing": tuple(framing.value for framing in Framing),
    "quality": ("auto", "S", "M", "L"),
    "precision": ("auto", "fp32", "int8"),
    "against": ("", rival_network.NAME),
}
_HZ: Final = 60
_WARM_UP_FRAMES: Final = 30
_RIVAL_EVERY: Final = 20  # pictures
_WITHIN_MS: Final = 8.0  # what a picture may take for "auto" to stay with a network, leaving half of the beat for the rest

# What swings, about which axis, how far to either side and how often: no two in step, so that no pose comes twice.
_SWINGS: Final = (
    ("neck", (0, 1, 0), 25, 0.31),
    ("head", (1, 0, 0), 14, 0.47),
    ("head", (0, 0, 1), 10, 0.23),
    ("spine", (0, 1, 0), 8, 0.17),
    ("leftUpperArm", (0, 0, 1), 45, 0.29),
    ("leftLowerArm", (0, 1, 0), 50, 0.53),
    ("rightUpperArm", (0, 0, 1), 45, 0.37),
    ("rightLowerArm", (0, 1, 0), 50, 0.61),
)
_SPOKEN: Final = {"jawOpen": 2.3, "mouthSmileLeft": 0.4, "mouthSmileRight": 0.4, "mouthFunnel": 1.7, "browInnerUp": 0.3}


@dataclass(frozen=True, slots=True)
class Settings:
    """What is timed."""

    renderer: Literal["puppet", "neural"] = "neural"
    width_px: int = 512
    height_px: int = 512
    framing: Framing = Framing.BUST
    threads: int = 1
    frames: int = 600
    paced_hz: float | None = None
    """Frames begin on this beat, None as fast as they come."""
    precision: str = "auto"
    quality: Quality = "M"
    """The largest network that may paint; "auto" steps down to what keeps the beat on this computer."""
    against: str = ""
    """`rival_network.NAME` to time that network too, in turns."""


def settings_for(asked: Mapping[str, str], *, threads: int, frames: int, paced_hz: float | None) -> Settings:
    """Return the settings that somebody asked for in words: renderer, size, framing, quality, precision, against.

    Raises:
        UserError: one of them is none, or two exclude each other; the sentence names the flag.
    """
    for name, known in _CHOICES.items():
        if asked[name] not in known:
            words = [word for word in known if word]
            raise UserError(f"--{name} must be {'one of ' * (len(words) > 1)}{', '.join(words)}, got {asked[name]!r}")
    if asked["against"] and paced_hz:
        raise UserError("--against takes turns as fast as they come, so there is no beat to keep; leave --paced away")
    size = re.fullmatch(r"(\d{2,4})(?:x(\d{2,4}))?", asked["size"])
    sides = [int(side) for side in (size.groups() if size else ()) if side]
    if not sides or not all(_SIDES_PX[0] <= side <= _SIDES_PX[1] for side in sides):
        span = f"{_SIDES_PX[0]} to {_SIDES_PX[1]} pixels"
        raise UserError(f"--size must be one side or WIDTHxHEIGHT of {span}, got {asked['size']!r}; try 512")
    return Settings(
        renderer=cast('Literal["puppet", "neural"]', asked["renderer"]),
        width_px=sides[0],
        height_px=sides[-1],
        framing=Framing(asked["framing"]),
        threads=threads,
        frames=frames,
        paced_hz=paced_hz,
        precision=asked["precision"],
        quality=cast("Quality", asked["quality"]),
        against=asked["against"],
    )


def avatar_parts(name: str) -> AvatarParts:
    """Return the avatar of this name or path.

    Raises:
        UserError: there is none, or it is not whole.
    """
    return Library().load(name).parts


def bench_renderer(
    settings: Settings, parts: AvatarParts | None, *, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, Any]:
    """Draw moving pictures; return milliseconds per picture, and per stage of it as far as the renderer tells.

    Args:
        parts: the neural avatar; the puppet does without.

    Raises:
        UserError: the avatar has no such network, or a package is missing that the rival needs.
    """
    cv2.setNumThreads(1)
    rival = rival_network.RivalNetwork(threads=settings.threads) if settings.against else None
    with closing(_open(settings, parts)) as renderer:
        if isinstance(renderer, NeuralRenderer) and settings.quality == "auto":
            renderer.settle_within(_WITHIN_MS)
        else:
            renderer.warm_up()
        total_ms, stages_ms, rival_ms = _timed(renderer, settings, rival, on_progress)
        return _figures(settings, total_ms, stages_ms) | _chosen(renderer) | _comparison(total_ms, rival_ms)


def _chosen(renderer: PuppetRenderer | NeuralRenderer) -> dict[str, Any]:
    """Return what drew, as it was chosen."""
    if isinstance(renderer, PuppetRenderer):
        words = EFFORTS[renderer.rung].words
        return {"engine": "puppet", "provider": "CPU", "reason": words, "precision": None, "quality": None, "fault": None}
    drawing, setting = renderer.drawing, renderer.setting
    return {
        "engine": drawing.name,
        "provider": drawing.provider,
        "reason": drawing.reason,
        "precision": setting.backend.precision if setting.backend else None,
        "quality": setting.size or None,
        "fault": renderer.fault,
    }


def moving_poses(count: int, *, hz: float = _HZ) -> Iterator[tuple[int, RigPose]]:
    """Yield times and poses of somebody who sways, looks about, waves both arms and talks."""
    motion = Motion()
    for number in range(count):
        time_ns = round(number * 1e9 / hz)
        pose, at_s = motion.idle(time_ns), time_ns / 1e9
        rotations, expression = pose.rotations.astype(np.float64), pose.expression.copy()
        for bone, axis, degrees, often_hz in _SWINGS:
            angle_rad = np.radians(degrees) * np.sin(2 * np.pi * often_hz * at_s)
            turn = rot.about(np.array(axis, dtype=np.float64), angle_rad)
            rotations[BONE_INDEX[bone]] = quat.multiply(rotations[BONE_INDEX[bone]], turn)
        for name, often_hz in _SPOKEN.items():
            expression[EXPRESSION_INDEX[name]] = 0.5 + 0.5 * np.sin(2 * np.pi * often_hz * at_s)
        yield time_ns, replace(pose, rotations=rotations.astype(np.float32), expression=expression)


def _open(settings: Settings, parts: AvatarParts | None) -> PuppetRenderer | NeuralRenderer:
    size = {"width_px": settings.width_px, "height_px": settings.height_px, "threads": settings.threads}
    if settings.renderer == "puppet":
        return PuppetRenderer(build_mascot(), framing=settings.framing, **size)
    if parts is None:
        raise UserError("the neural renderer needs an avatar; name one with --avatar, or time --renderer puppet")
    try:
        return NeuralRenderer(
            parts,
            width_px=settings.width_px,
            height_px=settings.height_px,
            framing=settings.framing,
            threads=settings.threads,
            precision=settings.precision,
            quality=settings.quality,
        )
    except ValueError as error:
        raise UserError(f"this avatar cannot be timed so: {error}; choose another --quality or --precision") from error


def _timed(
    renderer: PuppetRenderer | NeuralRenderer,
    settings: Settings,
    rival: rival_network.RivalNetwork | None,
    on_progress: Callable[[int, int], None],
) -> tuple[list[float], dict[str, list[float]], list[float]]:
    """Return milliseconds per picture, per stage of it, and of the rival's runs between them."""
    total_ms: list[float] = []
    rival_ms: list[float] = []
    stages_ms: dict[str, list[float]] = {}
    count = settings.frames + _WARM_UP_FRAMES
    poses = list(moving_poses(count))
    gc.collect()
    beat_ns = round(1e9 / settings.paced_hz) if settings.paced_hz else 0
    due_ns = time.perf_counter_ns()
    for number, (time_ns, pose) in enumerate(poses):
        due_ns += beat_ns
        if beat_ns and (left_ns := due_ns - time.perf_counter_ns()) > 0:
            time.sleep(left_ns / 1e9)
        started_ns = time.perf_counter_ns()
        renderer.render(pose, time_ns=time_ns)
        took_ms = (time.perf_counter_ns() - started_ns) / 1e6
        if number >= _WARM_UP_FRAMES:
            total_ms.append(took_ms)
            if isinstance(renderer, NeuralRenderer):
                for name, spent_ms in renderer.stages_ms.items():
                    stages_ms.setdefault(name, []).append(spent_ms)
        if rival is not None and number % _RIVAL_EVERY == _RIVAL_EVERY - 1:
            rival_ms.append(_rival_ms(rival))
        if number % 60 == 59:
            on_progress(number + 1, count)
    on_progress(count, count)
    return total_ms, stages_ms, rival_ms


def _rival_ms(rival: rival_network.RivalNetwork) -> float:
    """Return what one run takes after another, which brings its weights back into the caches."""
    rival.run()
    started_ns = time.perf_counter_ns()
    rival.run()
    return (time.perf_counter_ns() - started_ns) / 1e6


def _comparison(total_ms: list[float], rival_ms: list[float]) -> dict[str, Any]:
    """Return how many of our pictures fit into one run of the rival, nothing without one."""
    if not rival_ms:
        return {}
    told = {"network": rival_network.WORDS, "ms": percentiles(rival_ms), "runs": len(rival_ms)}
    ratios = {
        key: round(float(np.median(rival_ms) / np.percentile(total_ms, p)), 2) for key, p in (("ratio", 50), ("ratio_p99", 99))
    }
    return {"against": told | {"reference_ms": rival_network.REFERENCE_MS}, **ratios}


def _figures(settings: Settings, total_ms: list[float], stages_ms: dict[str, list[float]]) -> dict[str, Any]:
    return {
        "renderer": settings.renderer,
        "size": f"{settings.width_px}x{settings.height_px}",
        "threads": settings.threads,
        "framing": settings.framing.value,
        "frames": len(total_ms),
        "paced_hz": settings.paced_hz,
        "total_ms": {**percentiles(total_ms), "max": round(max(total_ms), 3)},
        "stages_ms": {name: percentiles(spent) for name, spent in stages_ms.items()},
        "late": sum(took > LATE_MS for took in total_ms) / len(total_ms),
    }
