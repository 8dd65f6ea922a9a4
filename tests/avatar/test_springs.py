"""Springs: they settle, lag, never explode, and are deterministic."""

import numpy as np
import pytest

from avatar.mesh import Spring
from avatar.rig import BONE_INDEX, BONE_NAMES, BONE_PARENTS, Rig, forward_kinematics
from avatar.springs import Springs
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import FloatArray

_STEP_NS = 16_666_667


def _rig() -> Rig:
    rest = np.zeros((56, 3), dtype=np.float32)
    rest[55] = (0, 0.5, 0)
    return Rig(names=(*BONE_NAMES, "ear"), parents=(*BONE_PARENTS, BONE_INDEX["head"]), rest_m=rest)


def _springs(damping: float = 0.4) -> Springs:
    react = np.zeros((52, 3), dtype=np.float32)
    react[EXPRESSION_INDEX["browInnerUp"]] = (0, 0, 0.3)
    tip, still = np.array([0, 0.8, 0], dtype=np.float32), np.zeros(3, dtype=np.float32)
    spring = Spring(55, tip, frequency_hz=3.0, damping=damping, limit_rad=0.6, react=react, sway_rad=still)
    return Springs(_rig(), (spring,))


def _bones(root_m: tuple[float, float, float] = (0, 0, 0)) -> FloatArray:
    rotations = np.zeros((56, 4), dtype=np.float32)
    rotations[:, 3] = 1
    return np.ascontiguousarray(forward_kinematics(_rig(), rotations, np.array(root_m, dtype=np.float32)), dtype=np.float32)


def _tip(bones: FloatArray) -> FloatArray:
    return bones[55, :, :3] @ np.array([0, 0.8, 0], dtype=np.float32) + bones[55, :, 3]


def _play(springs: Springs, roots: list[tuple[float, float, float]], start_ns: int = 0) -> list[FloatArray]:
    tips, face = [], np.zeros(52, dtype=np.float32)
    for k, root_m in enumerate(roots):
        bones = _bones(root_m)
        springs.advance(bones, expression=face, time_ns=start_ns + k * _STEP_NS)
        tips.append(_tip(bones))
    return tips


def test_at_rest_it_stays_where_its_parent_puts_it() -> None:
    """A still avatar with still ears."""
    tips = _play(_springs(), [(0, 0, 0)] * 30)
    np.testing.assert_allclose(tips[-1], [0, 0.8, 0], atol=1e-5)


def test_it_lags_then_overshoots_then_settles() -> None:
    """A step of 10 cm sideways: behind at first, past it later, at rest in the end."""
    tips = _play(_springs(), [(0, 0, 0)] * 5 + [(0.1, 0, 0)] * 180)
    offset = np.array([tip[0] - 0.1 for tip in tips[5:]])
    assert offset[0] < -0.02
    assert offset.max() > 0.002
    assert abs(offset[-1]) < 1e-3


def test_length_and_limit_hold_under_wild_motion() -> None:
    """However it is shaken, the bone keeps its length and bends no further than its limit."""
    rng = np.random.default_rng(1)
    springs = _springs(damping=0.1)
    face = np.zeros(52, dtype=np.float32)
    for k in range(300):
        bones = _bones(tuple(rng.uniform(-0.15, 0.15, 3)))
        springs.advance(bones, expression=face, time_ns=k * _STEP_NS)
        joint = bones[55, :, :3] @ np.array([0, 0.5, 0], dtype=np.float32) + bones[55, :, 3]
        arm = _tip(bones) - joint
        assert np.linalg.norm(arm) == pytest.approx(0.3, abs=1e-3)
        assert arm[1] / 0.3 > np.cos(0.6) - 1e-3


@pytest.mark.parametrize("gap_ns", [3_600_000_000_000, -5_000_000_000, 400_000_000])
def test_a_gap_in_time_settles_it_at_once(gap_ns: int) -> None:
    """After a pause, or when time runs backward, there is nothing to swing from."""
    springs = _springs()
    _play(springs, [(0, 0, 0), (0.1, 0, 0), (0, 0, 0), (0.1, 0, 0)])
    tips = _play(springs, [(0.3, 0, 0)], start_ns=3 * _STEP_NS + gap_ns)
    np.testing.assert_allclose(tips[0], [0.3, 0.8, 0], atol=1e-5)


def test_a_jump_in_place_settles_it_at_once() -> None:
    """The avatar reappears elsewhere; its ears do not fly after it."""
    tips = _play(_springs(), [(0, 0, 0)] * 3 + [(2.0, 0, 0)])
    np.testing.assert_allclose(tips[-1], [2.0, 0.8, 0], atol=1e-5)


def test_same_sequence_gives_the_same_bytes() -> None:
    """No clock and no chance within."""
    roots = [(0.05 * np.sin(k * 0.4), 0.0, 0.0) for k in range(60)]
    assert np.array(_play(_springs(), roots)).tobytes() == np.array(_play(_springs(), roots)).tobytes()


def test_frame_rate_hardly_matters() -> None:
    """30 Hz and 120 Hz end up in the same place after the same second."""
    ends = []
    for rate_hz in (30, 120):
        springs, face = _springs(), np.zeros(52, dtype=np.float32)
        for k in range(rate_hz + 1):
            bones = _bones((0.1 * min(1.0, k / rate_hz * 4), 0, 0))
            springs.advance(bones, expression=face, time_ns=k * 1_000_000_000 // rate_hz)
        ends.append(_tip(bones))
    np.testing.assert_allclose(ends[0], ends[1], atol=2e-3)


def test_expression_moves_its_rest() -> None:
    """Ears answer the brows."""
    springs, face = _springs(), np.zeros(52, dtype=np.float32)
    face[EXPRESSION_INDEX["browInnerUp"]] = 1
    bones = _bones()
    springs.advance(bones, expression=face, time_ns=0)
    np.testing.assert_allclose(_tip(bones), [-0.3 * np.sin(0.3), 0.5 + 0.3 * np.cos(0.3), 0], atol=1e-4)
