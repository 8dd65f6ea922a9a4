"""The made-up motions: natural bounds, every coefficient, and the same again."""

from itertools import pairwise

import numpy as np
import pytest

from avatar.dataset.curves import generator
from avatar.dataset.limits import LIMITS_RAD, parts
from avatar.dataset.plan import Plan, scenes_of, shown_frames
from avatar.dataset.sketch import Sketch, Take
from avatar.dataset.styles import STYLES
from avatar.dataset.takes import take_of
from avatar.mascot import Level, build_mascot
from avatar.rig import BONE_INDEX, BONE_NAMES, Rig, forward_kinematics
from trackers.skeleton import EXPRESSION_INDEX, EXPRESSION_MIRROR, EXPRESSION_NAMES

FASTEST_DEG_PER_S = 2600


def motion(style: str, number: int, seconds: float = 4.0) -> Take:
    sketch = Sketch(generator("test", style, number), seconds=seconds)
    STYLES[style](sketch, number)
    return sketch.done()


@pytest.fixture(scope="module")
def rig() -> Rig:
    return build_mascot(Level.PROXY).rig


def training(rig: Rig, *styles: str, most: int = 99) -> list[tuple[Take, list[int]]]:
    """Return the usual plan's training motions of these styles (the first `most` of each), with their photographed frames."""
    plan = Plan()
    scenes = [s for s in scenes_of(plan)[0] if s.split == "train" and s.style in styles and s.number < most]
    takes = [take_of(scene, plan, rig=rig) for scene in scenes]
    return [(t, shown_frames(s, frames=len(t.time_ns), seed=plan.seed)) for s, t in zip(scenes, takes, strict=True)]


@pytest.mark.parametrize("style", STYLES)
def test_joints_keep_their_limits_and_nothing_jumps(style: str) -> None:
    """No joint of any style goes further than a person's, and no bone turns faster than a quick person's."""
    for number in range(4):
        take = motion(style, number)
        swing, turn = parts(take.rotations.astype(np.float64))
        most = np.stack([np.linalg.norm(swing, axis=-1), np.abs(turn)], axis=-1)
        over = (most > LIMITS_RAD + 1e-3).any(axis=(0, 2))
        assert not over.any(), [BONE_NAMES[row] for row in np.flatnonzero(over)]
        dots = np.abs(np.einsum("fbi,fbi->fb", take.rotations[1:], take.rotations[:-1]))
        speed = np.degrees(2 * np.arccos(np.minimum(dots, 1.0))) * 30
        assert speed.max() < FASTEST_DEG_PER_S, (style, BONE_NAMES[int(speed.max(axis=0).argmax())])
        assert np.linalg.norm(take.rotations, axis=-1) == pytest.approx(1.0, abs=1e-5)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    """A motion is its name and seed, and nothing else."""
    for style in ("hands", "talk"):
        one, two, other = motion(style, 1), motion(style, 1), motion(style, 5)
        assert one.rotations.tobytes() == two.rotations.tobytes()
        assert one.expression.tobytes() == two.expression.tobytes()
        assert one.rotations.tobytes() != other.rotations.tobytes()


def test_all_coefficients_move_in_training_alone_and_with_their_twin(rig: Rig) -> None:
    """Each of the 52 is photographed strong and weak; each pair of sides is, strong on both and on one alone."""
    shown = np.concatenate([take.expression[frames] for take, frames in training(rig, "emote", "gaze")])
    for row, name in enumerate(EXPRESSION_NAMES):
        assert (shown[:, row] > 0.6).sum() >= 3, name
        assert (shown[:, row] < 0.1).any(), name
        twin = int(EXPRESSION_MIRROR[row])
        if twin != row:
            assert ((shown[:, row] > 0.5) & (shown[:, twin] > 0.5)).any(), name
            assert ((shown[:, row] > 0.5) & (shown[:, twin] < 0.3)).any(), name


def test_the_head_turns_as_far_as_wanted(rig: Rig) -> None:
    """Training shows the head turned 50 degrees and more to both sides, 20 up and down, 20 to both shoulders."""
    humanoid = Rig(rig.names[:55], rig.parents[:55], rig.rest_m[:55])
    angles = []
    for take, frames in training(rig, "head"):
        for frame in frames:
            turn = forward_kinematics(humanoid, take.rotations[frame], take.root_m[frame])[BONE_INDEX["head"], :, :3]
            angles.append([np.arctan2(turn[0, 2], turn[2, 2]), np.arcsin(-turn[1, 2]), np.arctan2(turn[1, 0], turn[1, 1])])
    low, high = np.degrees(np.min(angles, axis=0)), np.degrees(np.max(angles, axis=0))
    assert (low < (-50, -20, -20)).all(), low
    assert (high > (50, 20, 20)).all(), high


def test_hands_come_before_face_and_chest(rig: Rig) -> None:
    """In a good part of these styles' pictures a hand is before the body, in some before the face, in a few behind the back."""
    humanoid = Rig(rig.names[:55], rig.parents[:55], rig.rest_m[:55])
    wrists = []
    for take, frames in training(rig, "talk", "hands", "arms", most=12):
        for frame in frames:
            bones = forward_kinematics(humanoid, take.rotations[frame], take.root_m[frame])
            for side in ("leftHand", "rightHand"):
                row = BONE_INDEX[side]
                wrists.append(bones[row, :, :3] @ rig.rest_m[row] + bones[row, :, 3])
    x, y, z = np.array(wrists).T
    assert ((z > 0.15) & (y > 0.75)).mean() > 0.2
    assert ((z > 0.2) & (np.abs(x) < 0.2) & (y > 1.05)).mean() > 0.03
    assert (z < -0.08).mean() > 0.002


def test_blinks_are_as_short_as_real_ones() -> None:
    """Lids shut for two to five frames of a thirtieth of a second, and winks leave one eye open."""
    take = motion("talk", 0, seconds=60.0)
    left = take.expression[:, EXPRESSION_INDEX["eyeBlinkLeft"]] > 0.6
    edges = np.flatnonzero(np.diff(np.concatenate([[0], left.astype(int), [0]])))
    lengths = [end - start for start, end in zip(edges[::2], edges[1::2], strict=True)]
    assert len(lengths) > 8
    assert np.median(lengths) <= 5
    winks = motion("gaze", 0, seconds=30.0).expression
    difference = winks[:, EXPRESSION_INDEX["eyeBlinkLeft"]] - winks[:, EXPRESSION_INDEX["eyeBlinkRight"]]
    assert difference.max() > 0.6
    assert difference.min() < -0.6


def test_frames_are_a_thirtieth_of_a_second_apart() -> None:
    """The stamps of a motion are those of 30 Hz, without drift."""
    take = motion("rest", 0)
    gaps = {int(b - a) for a, b in pairwise(take.time_ns)}
    assert gaps <= {33_333_333, 33_333_334}
    assert take.time_ns[90] - take.time_ns[0] == 3_000_000_000
