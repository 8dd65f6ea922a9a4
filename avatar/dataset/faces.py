"""What faces do: speech, blinks, looks, and expressions.

Owns the coefficients of visemes and moods, and the eyes. Knows nothing of arms or bodies.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from avatar.dataset.curves import bumps, schedule, waves
from avatar.dataset.sketch import Sketch
from trackers import quaternions as quat
from trackers.quaternions import Array
from trackers.skeleton import EXPRESSION_INDEX, EXPRESSION_MIRROR, EXPRESSION_NAMES
from trackers.types import EXPRESSION_COUNT

Face = Mapping[str, float]

VISEMES: Final[tuple[Face, ...]] = (
    {"jawOpen": 0.75, "mouthLowerDown": 0.3, "mouthUpperUp": 0.15},  # a
    {"jawOpen": 0.4, "mouthStretch": 0.4, "mouthSmile": 0.3, "mouthLowerDown": 0.3},  # e
    {"jawOpen": 0.15, "mouthStretch": 0.7, "mouthSmile": 0.35, "mouthDimple": 0.3},  # i
    {"jawOpen": 0.4, "mouthFunnel": 0.85},  # o
    {"jawOpen": 0.12, "mouthPucker": 0.9, "mouthFunnel": 0.2},  # u
    {"mouthClose": 0.5, "mouthPress": 0.6, "mouthRollLower": 0.4, "mouthRollUpper": 0.3, "jawOpen": 0.15},  # m, b, p
    {"mouthRollLower": 0.6, "mouthUpperUp": 0.45, "jawOpen": 0.1},  # f, v
    {"jawOpen": 0.3, "tongueOut": 0.25, "mouthLowerDown": 0.3},  # th, l
    {"jawOpen": 0.1, "mouthStretch": 0.35, "mouthUpperUp": 0.2, "mouthLowerDown": 0.35},  # s, t
    {"jawOpen": 0.15, "mouthFunnel": 0.55, "mouthPucker": 0.4, "mouthShrugUpper": 0.3},  # sh, r
    {"jawOpen": 0.25, "mouthShrugLower": 0.4, "jawForward": 0.25},  # k, g
)
MOODS: Final[dict[str, Face]] = {
    "smile": {"mouthSmile": 0.8, "cheekSquint": 0.3},
    "laugh": {"mouthSmile": 1.0, "jawOpen": 0.7, "eyeBlink": 0.95, "cheekSquint": 0.8},
    "grin": {"mouthSmile": 0.9, "mouthUpperUp": 0.4, "mouthLowerDown": 0.4, "eyeSquint": 0.4, "mouthDimple": 0.4},
    "smirk": {"mouthSmileLeft": 0.8, "mouthDimpleLeft": 0.5, "browOuterUpLeft": 0.6, "eyeSquintRight": 0.3},
    "wink": {"eyeBlinkLeft": 1.0, "cheekSquintLeft": 0.5, "mouthSmile": 0.6},
    "surprise": {"eyeWide": 1.0, "browInnerUp": 1.0, "browOuterUp": 0.8, "jawOpen": 0.5, "mouthFunnel": 0.5},
    "angry": {"browDown": 1.0, "mouthFrown": 0.7, "eyeSquint": 0.4, "noseSneer": 0.5, "mouthPress": 0.4},
    "shout": {"browDown": 0.8, "jawOpen": 0.9, "mouthUpperUp": 0.5, "mouthLowerDown": 0.6, "noseSneer": 0.6},
    "sad": {"browInnerUp": 1.0, "mouthFrown": 0.8, "eyeBlink": 0.25, "mouthShrugLower": 0.5},
    "pout": {"mouthPucker": 0.8, "cheekPuff": 0.8, "browDown": 0.3, "mouthFrown": 0.4},
    "puff": {"cheekPuff": 1.0, "mouthClose": 0.3},
    "tongue": {"tongueOut": 1.0, "jawOpen": 0.45, "mouthSmile": 0.6, "eyeBlinkRight": 1.0},
    "sleepy": {"eyeBlink": 0.6, "browInnerUp": 0.3, "jawOpen": 0.1},
    "yawn": {"eyeBlink": 0.9, "jawOpen": 1.0, "browInnerUp": 0.5, "mouthFunnel": 0.3},
    "doubt": {"browDownLeft": 0.7, "browOuterUpRight": 0.9, "mouthLeft": 0.5, "mouthPress": 0.3},
    "thinking": {"mouthRight": 0.6, "mouthPucker": 0.3, "eyeLookUp": 0.5, "browOuterUp": 0.3},
    "disgust": {"noseSneer": 1.0, "mouthUpperUp": 0.6, "browDown": 0.5, "eyeSquint": 0.6, "mouthFrown": 0.4},
    "chew": {"jawLeft": 0.7, "mouthClose": 0.3, "jawForward": 0.3},
    "bite": {"mouthRollLower": 0.9, "mouthUpperUp": 0.3, "mouthSmile": 0.3},
    "kiss": {"mouthPucker": 1.0, "eyeBlink": 0.9},
    "closed": {"eyeBlink": 1.0},
}
_TELLING: Final = tuple(
    EXPRESSION_INDEX[name]
    for name in ("jawOpen", "mouthFunnel", "mouthPucker", "tongueOut", "browInnerUp")
    + tuple(
        f"{part}{side}"
        for part in ("eyeBlink", "mouthSmile", "mouthFrown", "browDown", "eyeWide")
        for side in ("Left", "Right")
    )
    + ("jawOpen", "eyeBlinkLeft", "eyeBlinkRight")
)
"""Coefficients that change a face most; some twice, as they are seen most."""
_MOST_EYE_YAW_DEG, _MOST_EYE_PITCH_DEG = 28.0, 20.0
_FULL_LOOK_DEG = 28.6  # coefficients of a full look


def vector(face: Face) -> Array:
    """Return (52,) coefficients; a name without its side sets both sides."""
    out = np.zeros(EXPRESSION_COUNT)
    for name, value in face.items():
        for each in [name] if name in EXPRESSION_INDEX else [name + "Left", name + "Right"]:
            out[EXPRESSION_INDEX[each]] = value
    return out


def mixture(rng: np.random.Generator) -> Array:
    """Return (52,): one to four coefficients, telling ones more often, mostly with their twins, at any strength."""
    out = np.zeros(EXPRESSION_COUNT)
    for _ in range(int(rng.integers(1, 5))):
        row = int(rng.integers(EXPRESSION_COUNT))
        if rng.random() < 0.5:
            row = _TELLING[row % len(_TELLING)]
        value = 1.0 if rng.random() < 0.3 else float(rng.uniform(0.15, 1.0))
        out[row] = value
        if rng.random() < 0.6:
            out[EXPRESSION_MIRROR[row]] = value
    return out


def blinks(sketch: Sketch, *, every_s: float = 1.6, winks: float = 0.0) -> None:
    """Shut the lids now and then for 60 to 150 ms, sometimes twice; `winks` is the share that only one eye does, longer."""
    rng, times = sketch.rng, sketch.times_s
    starts = times[0] + np.cumsum(rng.exponential(every_s, max(2, round(2 * len(times) / 30 / every_s))) + 0.25)
    starts = np.concatenate([starts, starts[rng.random(len(starts)) < 0.15] + 0.3])
    wink = rng.random(len(starts)) < winks
    hold = np.where(wink, rng.uniform(0.2, 0.7, len(starts)), rng.uniform(0.0, 0.04, len(starts)))
    rise, fall = rng.uniform(0.03, 0.06, len(starts)), rng.uniform(0.03, 0.09, len(starts))
    only = np.where(wink, rng.integers(0, 2, len(starts)), 2)
    for side, name in enumerate(("eyeBlinkLeft", "eyeBlinkRight")):
        mine = only != 1 - side
        sketch.show(name, bumps(times, starts[mine], rise_s=rise[mine], hold_s=hold[mine], fall_s=fall[mine]))


def lids(sketch: Sketch) -> None:
    """Hold the lids half closed, wide or squinted now and then."""
    rng = sketch.rng
    plan = schedule(rng, sketch.times_s, hold_s=(0.3, 1.2), move_s=(0.1, 0.5))
    kinds, values = rng.integers(0, 4, plan.count), rng.uniform(0.25, 1.0, plan.count)
    for kind, name in enumerate(("eyeBlink", "eyeWide", "eyeSquint")):
        sketch.show(name, plan.numbers(np.where(kinds == kind, values, 0.0)))


def eyes(sketch: Sketch, *, yaw: Array, pitch: Array) -> None:
    """Turn both eyes by angles in degrees (F,): +yaw to the avatar's left, +pitch down; bones and coefficients agree."""
    yaw, pitch = np.clip(yaw, -_MOST_EYE_YAW_DEG, _MOST_EYE_YAW_DEG), np.clip(pitch, -_MOST_EYE_PITCH_DEG, _MOST_EYE_PITCH_DEG)
    zero = np.zeros_like(yaw)
    turn = quat.multiply(
        quat.exp(np.radians(np.stack([zero, yaw, zero], axis=1))), quat.exp(np.radians(np.stack([pitch, zero, zero], axis=1)))
    )
    sketch.set("leftEye", turn)
    sketch.set("rightEye", turn)
    left, right = np.maximum(yaw, 0) / _FULL_LOOK_DEG, np.maximum(-yaw, 0) / _FULL_LOOK_DEG
    for name, values in (
        ("eyeLookOutLeft", left),
        ("eyeLookInRight", left),
        ("eyeLookInLeft", right),
        ("eyeLookOutRight", right),
    ):
        sketch.show(name, values)
    sketch.show("eyeLookUp", np.maximum(-pitch, 0) / _FULL_LOOK_DEG)
    down = np.maximum(pitch, 0) / _FULL_LOOK_DEG
    sketch.show("eyeLookDown", down)
    sketch.show("eyeBlink", 0.35 * down)  # the upper lid follows a look down


def glances(sketch: Sketch, *, reach: float = 0.5) -> None:
    """Let the eyes jump from target to target, mostly near the viewer."""
    plan = schedule(sketch.rng, sketch.times_s, hold_s=(0.3, 2.2), move_s=(0.04, 0.08))
    spread = sketch.rng.uniform(-1, 1, (plan.count, 2)) * np.abs(sketch.rng.uniform(0, 1, (plan.count, 1))) ** 0.5
    target = plan.numbers(reach * spread * [_MOST_EYE_YAW_DEG, _MOST_EYE_PITCH_DEG])
    eyes(sketch, yaw=target[:, 0], pitch=target[:, 1])


def speech(sketch: Sketch, *, loud: float = 1.0) -> Array:
    """Move the mouth as in speech; return (F,) 0..1 how much it speaks, for what goes with it."""
    rng, times = sketch.rng, sketch.times_s
    plan = schedule(rng, times, hold_s=(0.0, 0.05), move_s=(0.06, 0.13))
    shapes = np.array([vector(face) for face in VISEMES])[rng.integers(0, len(VISEMES), plan.count)]
    second = np.array([vector(face) for face in VISEMES])[rng.integers(0, len(VISEMES), plan.count)]
    mix = np.where(rng.random(plan.count) < 0.3, rng.uniform(0.2, 0.6, plan.count), 0.0)[:, None]
    shapes = (shapes * (1 - mix) + second * mix) * rng.uniform(0.5, 1.25, (plan.count, 1)) * loud
    pauses = schedule(rng, times, hold_s=(0.3, 1.8), move_s=(0.12, 0.25))
    on = (np.arange(pauses.count) % 2 == int(rng.integers(0, 2))) | (rng.random(pauses.count) < 0.35)
    level = pauses.numbers(on.astype(np.float64))
    np.maximum(sketch.expression, plan.numbers(shapes) * level[:, None], out=sketch.expression)
    return level


def brows(sketch: Sketch, *, strength: float = 0.6) -> None:
    """Raise and lower the brows now and then, as speakers do."""
    rng = sketch.rng
    plan = schedule(rng, sketch.times_s, hold_s=(0.2, 1.4), move_s=(0.12, 0.3))
    for name, chance in (("browInnerUp", 0.35), ("browOuterUp", 0.35), ("browDown", 0.25), ("eyeSquint", 0.2)):
        values = np.where(rng.random(plan.count) < chance, rng.uniform(0.2, 1.0, plan.count), 0.0)
        sketch.show(name, strength * plan.numbers(values))


def mood(sketch: Sketch, *, strength: float = 0.5) -> None:
    """Lay one mood, coming and going slowly, under everything."""
    names = tuple(MOODS)
    face = vector(MOODS[names[int(sketch.rng.integers(len(names)))]])
    level = strength * (0.5 + 0.5 * waves(sketch.rng, sketch.times_s, hz=(0.1, 0.3)))
    np.maximum(sketch.expression, face * level[:, None], out=sketch.expression)


def expressions(sketch: Sketch, *, moods: float) -> None:
    """Go from expression to expression: moods (this share of them) and mixtures of any coefficients, held or moving on."""
    rng = sketch.rng
    plan = schedule(rng, sketch.times_s, hold_s=(0.0, 0.7), move_s=(0.1, 0.45))
    stations = np.array([_station(rng, moods) for _ in range(plan.count)])
    np.maximum(sketch.expression, plan.numbers(stations), out=sketch.expression)


def _station(rng: np.random.Generator, moods: float) -> Array:
    if rng.random() >= moods:
        return mixture(rng)
    face = vector(tuple(MOODS.values())[int(rng.integers(len(MOODS)))])
    return np.asarray((face[EXPRESSION_MIRROR] if rng.random() < 0.5 else face) * rng.uniform(0.5, 1.0))


def deck(sketch: Sketch, number: int) -> None:
    """Show some coefficients one after the other, each alone and with its twin: motion after motion goes through all."""
    plan = schedule(sketch.rng, sketch.times_s, hold_s=(0.1, 0.3), move_s=(0.15, 0.3))
    stations = np.zeros((plan.count, EXPRESSION_COUNT))
    for step in range(1, plan.count):
        row = (number * 8 + step // 2) % len(EXPRESSION_NAMES)
        stations[step, row] = 1.0
        if step % 2:
            stations[step, EXPRESSION_MIRROR[row]] = 1.0
    np.maximum(sketch.expression, plan.numbers(stations), out=sketch.expression)
