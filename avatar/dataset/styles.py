"""The styles of made-up motion: each takes a `Sketch` and lets the avatar do what people do before a webcam.

Owns what belongs together in a style. Knows nothing of splits, pictures or recordings.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from avatar.dataset import faces, gestures
from avatar.dataset.curves import schedule, waves
from avatar.dataset.sketch import Sketch
from trackers.quaternions import Array

Style = Callable[[Sketch, int], None]
"""What makes a motion; the number tells motions of a style apart."""

_LEG_M: Final = 0.23  # half of a leg


def sway(sketch: Sketch, *, amount: float = 1.0) -> None:
    """Sway, lean and move a little, as people do on a chair."""
    rng, times = sketch.rng, sketch.times_s
    for bone, most in (("spine", 4.0), ("chest", 3.0), ("upperChest", 2.0)):
        turn = [amount * most * waves(rng, times, hz=(0.06, 0.35)) for _ in range(3)]
        sketch.turn(bone, x=turn[0], y=turn[1], z=turn[2])
    across, up = (waves(rng, times, hz=(0.05, 0.3)) for _ in range(2))
    sketch.move(across=amount * 0.035 * across, up=amount * 0.012 * up)
    offset = rng.normal(0, amount, 4) * (2.5, 3.5, 2.0, 0.02)
    sketch.turn("spine", x=offset[:1] + 1.0, y=offset[1:2], z=offset[2:3])
    sketch.move(across=offset[3:])


def nods(sketch: Sketch, *, yaw: float = 14, pitch: float = 8, roll: float = 8, quick: float = 1.0) -> None:
    """Turn the head gently about where it looks, degrees."""
    rng, times = sketch.rng, sketch.times_s
    slow, fast = (0.08, 0.5), (0.7 * quick, 2.2 * quick)
    ways = [waves(rng, times, hz=slow) + 0.25 * waves(rng, times, hz=fast) for _ in range(3)]
    middle = rng.normal(0, 0.35, 3)
    sketch.look(yaw=yaw * (ways[0] + middle[0]), pitch=pitch * (ways[1] + middle[1]), roll=roll * (ways[2] + middle[2]))


def any_face(sketch: Sketch) -> None:
    """Give the face something to do while the body is what matters."""
    chance = sketch.rng.random()
    faces.glances(sketch)
    faces.blinks(sketch)
    if chance < 0.4:
        faces.speech(sketch)
        faces.brows(sketch)
    elif chance < 0.85:
        faces.expressions(sketch, moods=0.6)
    if chance > 0.7 or chance < 0.15:
        faces.mood(sketch, strength=0.8)
    if sketch.rng.random() < 0.25:
        faces.lids(sketch)


def _easy_arms(sketch: Sketch, *, raised: float) -> None:
    """Let the arms hang, or (this chance each) gesture before the body; keep the fingers alive."""
    for side in gestures.SIDES:
        if sketch.rng.random() < raised:
            draw = gestures.drawn(("present", "offer", "chest", "chest_up", "typing", "stop"), hanging=0.3)
            gestures.gesture(sketch, side, draw, hold_s=(0.2, 1.2), move_s=(0.35, 0.8), first=False)
            gestures.shapes(sketch, side, names=("relaxed", "open", "flat", "cup", "point"), random=0.1)
        else:
            gestures.alive(sketch, side, amount_deg=2.0)
            gestures.at_ease(sketch, side)


def talk(sketch: Sketch, number: int) -> None:
    """Speak to the viewer: mouth, brows, nods, now and then a hand."""
    sway(sketch)
    nods(sketch, yaw=16, pitch=9, roll=8)
    faces.glances(sketch, reach=0.4)
    faces.blinks(sketch)
    level = faces.speech(sketch, loud=float(sketch.rng.uniform(0.7, 1.2)))
    faces.brows(sketch)
    if sketch.rng.random() < 0.7:
        faces.mood(sketch, strength=float(sketch.rng.uniform(0.3, 0.9)))
    sketch.look(pitch=4 * level * waves(sketch.rng, sketch.times_s, hz=(1.5, 3.0)))
    _easy_arms(sketch, raised=0.35)


def gaze(sketch: Sketch, number: int) -> None:
    """Look about with eyes and lids: glances to the corners, blinks, winks, half-closed and wide eyes."""
    sway(sketch, amount=0.8)
    nods(sketch, yaw=10, pitch=6, roll=5)
    if number % 2:
        faces.glances(sketch, reach=1.0)
    else:
        ways = [waves(sketch.rng, sketch.times_s, hz=(0.15, 0.9), count=2) for _ in range(2)]
        faces.eyes(sketch, yaw=32 * ways[0], pitch=24 * ways[1])
    faces.blinks(sketch, every_s=1.1, winks=0.35)
    faces.lids(sketch)
    faces.brows(sketch, strength=0.5)
    faces.mood(sketch, strength=0.8)
    _easy_arms(sketch, raised=0.15)


def emote(sketch: Sketch, number: int) -> None:
    """Every expression and mixtures of any of them."""
    sway(sketch)
    nods(sketch, yaw=14, pitch=8, roll=9)
    if number % 3 == 2:
        faces.deck(sketch, number // 3)
    else:
        faces.expressions(sketch, moods=0.5 if number % 3 else 0.3)
    if sketch.rng.random() < 0.5:
        faces.glances(sketch, reach=0.6)
    faces.blinks(sketch)
    _easy_arms(sketch, raised=0.2)


def head(sketch: Sketch, number: int) -> None:
    """Turn the head as far as it goes: 60 degrees aside, 25 up, down and to a shoulder; the shoulders follow."""
    rng, times = sketch.rng, sketch.times_s
    sway(sketch)
    plan = schedule(rng, times, hold_s=(0.0, 0.5), move_s=(0.35, 1.3))
    wide = rng.uniform(-1, 1, (plan.count, 3))
    wide = np.sign(wide) * np.abs(wide) ** 0.7
    if number % 3 == 0:  # one way at a time
        wide *= np.eye(3)[rng.integers(0, 3, plan.count)] + 0.12
    wide /= np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1.0)  # nobody does the most of all three at once
    turns = plan.numbers(wide * (60, 25, 25))
    sketch.look(yaw=turns[:, 0], pitch=turns[:, 1], roll=turns[:, 2])
    sketch.turn("chest", y=0.08 * turns[:, 0], z=0.15 * turns[:, 2])
    any_face(sketch)
    _easy_arms(sketch, raised=0.25)


def hands(sketch: Sketch, number: int) -> None:
    """Hands before body and face in every shape, one or both, with turning wrists."""
    sway(sketch)
    nods(sketch)
    any_face(sketch)
    kind = number % 4
    draw = gestures.drawn(gestures.BEFORE, anywhere=0.35)
    if kind == 3:
        gestures.both(sketch, draw, hold_s=(0.2, 1.0), move_s=(0.3, 0.8))
    used = gestures.SIDES if kind >= 2 else (gestures.SIDES[kind],)
    for side in gestures.SIDES:
        if side not in used:
            gestures.alive(sketch, side)
            gestures.at_ease(sketch, side)
            continue
        if kind != 3:
            gestures.gesture(sketch, side, draw, hold_s=(0.2, 1.0), move_s=(0.3, 0.8))
        gestures.wave_wrist(sketch, side, amount_deg=16)
        gestures.shapes(sketch, side)


def arms(sketch: Sketch, number: int) -> None:
    """Arms anywhere that joints allow: up, aside, forward, crossed, on the hips, behind the back."""
    sway(sketch)
    nods(sketch, yaw=20, pitch=9, roll=8)
    any_face(sketch)
    draw = gestures.drawn(gestures.AROUND, anywhere=0.2, hanging=0.08)
    if number % 3 == 0:
        gestures.both(sketch, draw, hold_s=(0.2, 0.8), move_s=(0.5, 1.1))
    for side in gestures.SIDES:
        if number % 3:
            gestures.gesture(sketch, side, draw, hold_s=(0.2, 0.8), move_s=(0.5, 1.1))
        gestures.shapes(sketch, side, names=("relaxed", "open", "flat", "fist", "cup"), random=0.15)


def body(sketch: Sketch, number: int) -> None:
    """The whole body: turn to 70 degrees, lean, twist, squat, step."""
    rng, times = sketch.rng, sketch.times_s
    sway(sketch)
    nods(sketch, yaw=20, pitch=8, roll=6)
    any_face(sketch)
    plan = schedule(rng, times, hold_s=(0.2, 0.9), move_s=(0.6, 1.3))
    kinds = rng.integers(0, 4, plan.count)
    turned = np.where((kinds == 0)[:, None], rng.uniform(-1, 1, (plan.count, 1)) * 70, rng.normal(0, 8, (plan.count, 1)))
    sketch.turn("hips", y=plan.numbers(turned)[:, 0])
    bent = np.where((kinds == 1)[:, None], rng.uniform(-1, 1, (plan.count, 3)) * (26, 34, 20), 0.0)
    bent[:, 0] = np.abs(bent[:, 0])
    lean = plan.numbers(bent)
    for bone, share in (("spine", 0.45), ("chest", 0.35), ("upperChest", 0.2)):
        sketch.turn(bone, x=share * lean[:, 0], y=share * lean[:, 1], z=share * lean[:, 2])
    squat(sketch, plan.numbers(np.where(kinds == 2, rng.uniform(0.2, 1.0, plan.count), 0.03)))
    steps(sketch, plan.numbers(np.where(kinds == 3, 1.0, 0.0)))
    sketch.move(across=plan.numbers(rng.uniform(-0.12, 0.12, plan.count)))
    draw = gestures.drawn((*gestures.AROUND, *gestures.BEFORE), hanging=0.4)
    for side in gestures.SIDES:
        gestures.gesture(sketch, side, draw, hold_s=(0.3, 1.0), move_s=(0.5, 1.0), first=False)
        gestures.shapes(sketch, side, names=("relaxed", "open", "flat", "fist"), random=0.1)


def squat(sketch: Sketch, depth: Array) -> None:
    """Bend both knees (F,) 0..1, feet on the ground."""
    angle = 62 * np.clip(depth, 0, 1)
    for side in gestures.SIDES:
        sketch.turn(f"{side}UpperLeg", x=-angle)
        sketch.turn(f"{side}LowerLeg", x=2 * angle)
        sketch.turn(f"{side}Foot", x=-angle)
    sketch.move(up=-2 * _LEG_M * (1 - np.cos(np.radians(angle))))
    sketch.turn("spine", x=0.3 * angle)
    sketch.look(pitch=-0.2 * angle)


def steps(sketch: Sketch, level: Array, *, hz: float = 1.1) -> None:
    """Step on the spot (F,) 0..1."""
    phase = 2 * np.pi * hz * (sketch.times_s - sketch.times_s[0])
    for side, sign in (("left", 1.0), ("right", -1.0)):
        lift = level * np.maximum(sign * np.sin(phase), 0.0)
        sketch.turn(f"{side}UpperLeg", x=-42 * lift)
        sketch.turn(f"{side}LowerLeg", x=62 * lift)
        sketch.turn(f"{side}Foot", x=-10 * lift)
        sketch.turn(f"{side}UpperArm", y=18 * sign * level * np.sin(phase))
    sketch.turn("hips", z=3 * level * np.sin(phase))
    sketch.move(across=-0.025 * level * np.sin(phase), up=0.012 * level * np.abs(np.sin(phase)))


def fast(sketch: Sketch, number: int) -> None:
    """Quick gestures and quick turns of the head."""
    rng, times = sketch.rng, sketch.times_s
    sway(sketch, amount=1.5)
    plan = schedule(rng, times, hold_s=(0.05, 0.6), move_s=(0.16, 0.35))
    wide = plan.numbers(rng.uniform(-1, 1, (plan.count, 3)) * (45, 18, 18))
    sketch.look(yaw=wide[:, 0], pitch=wide[:, 1], roll=wide[:, 2])
    any_face(sketch)
    draw = gestures.drawn((*gestures.BEFORE, *gestures.AROUND), anywhere=0.3, hanging=0.1)
    for side in gestures.SIDES:
        gestures.gesture(sketch, side, draw, hold_s=(0.03, 0.4), move_s=(0.2, 0.42))
        gestures.wave_wrist(sketch, side, hz=(1.5, 4.0), amount_deg=14)
        gestures.shapes(sketch, side, hold_s=(0.05, 0.4), move_s=(0.07, 0.2))


def rest(sketch: Sketch, number: int) -> None:
    """Nothing but the idle life."""
    gestures.at_ease(sketch, "left")
    gestures.at_ease(sketch, "right")
    faces.blinks(sketch, every_s=3.0)
    faces.glances(sketch, reach=0.25)
    sketch.show("mouthSmile", 0.1)


def dance(sketch: Sketch, number: int) -> None:
    """Dance to a beat: bounce, twist, arms in turn. Kept for testing alone: nothing in training moves so."""
    rng, times = sketch.rng, sketch.times_s
    phase = 2 * np.pi * float(rng.uniform(0.8, 1.05)) * (times - times[0])
    squat(sketch, 0.16 + 0.14 * np.sin(2 * phase))
    sketch.turn("hips", y=16 * np.sin(phase), z=6 * np.sin(phase))
    for bone in ("spine", "chest"):
        sketch.turn(bone, y=-11 * np.sin(phase), z=-6 * np.sin(phase + 0.4))
    sketch.look(yaw=12 * np.sin(phase), roll=10 * np.sin(phase + 0.5), pitch=5 * np.sin(2 * phase))
    sketch.move(across=0.05 * np.sin(phase))
    plan = schedule(rng, times, hold_s=(0.0, 0.05), move_s=(0.4, 0.5))
    draw = gestures.drawn(("up", "strong", "chest", "side_up", "hip", "present"))
    for side in gestures.SIDES:
        gestures.gesture(sketch, side, draw, hold_s=(0.0, 0.05), move_s=(0.4, 0.5))
        gestures.shapes(sketch, side, names=("open", "fist", "rock", "victory", "relaxed"), random=0.0)
    sketch.turn("head", x=plan.numbers(rng.uniform(-6, 6, plan.count)))
    faces.expressions(sketch, moods=1.0)
    faces.blinks(sketch)


STYLES: Final[dict[str, Style]] = {
    **{"talk": talk, "gaze": gaze, "emote": emote, "head": head, "hands": hands, "arms": arms},
    **{"body": body, "fast": fast, "rest": rest, "dance": dance},
}
