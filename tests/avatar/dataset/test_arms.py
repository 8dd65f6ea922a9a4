"""Arms that reach: the wrist comes where its station is, elbows bend the right way."""

import numpy as np
import pytest

from avatar.dataset import arms
from avatar.dataset.curves import generator
from avatar.dataset.limits import LIMITS_RAD, held, parts
from avatar.mascot import Level, build_mascot
from avatar.rig import BONE_INDEX, Rig, forward_kinematics, joint_positions
from trackers import quaternions as quat

ROWS = [BONE_INDEX["left" + part] for part in arms.ARM]


@pytest.fixture(scope="module")
def rig() -> Rig:
    whole = build_mascot(Level.PROXY).rig
    return Rig(whole.names[:55], whole.parents[:55], whole.rest_m[:55])


def posed(arm: np.ndarray, *, side: str = "left") -> np.ndarray:
    rotations = np.tile(quat.IDENTITY, (1, 55, 1))
    arms.put(rotations, arm[None], side=side)
    return rotations[0]


def joints(rig: Rig, rotations: np.ndarray) -> np.ndarray:
    return joint_positions(rig, forward_kinematics(rig, rotations.astype(np.float32), np.zeros(3, np.float32)))


@pytest.mark.parametrize("name", arms.STATIONS)
def test_a_wrist_comes_to_its_station(rig: Rig, name: str) -> None:
    """Of both sides, to within 4 cm (some stations are as far as an arm reaches), and joints keep their limits."""
    station = arms.STATIONS[name]
    for side, sign in (("left", 1.0), ("right", -1.0)):
        rotations = posed(arms.reach(station), side=side)
        wrist = joints(rig, held(rotations))[BONE_INDEX[f"{side}Hand"]]
        assert np.linalg.norm(wrist - np.array(station.wrist_m) * (sign, 1, 1)) < 0.04


def test_elbows_bend_forward_only(rig: Rig) -> None:
    """Wherever the wrist is, the forearm turns about the elbow's hinge towards the crease, never against it."""
    rng = generator("elbows")
    for _ in range(200):
        _, _, lower, _ = arms.reach(arms.anywhere(rng))
        forearm = quat.multiply(quat.multiply(lower, np.array([1.0, 0, 0, 0])), quat.inverse(lower))[:3]
        assert forearm[2] >= -1e-6
        assert abs(forearm[1]) < 1e-3


def test_wrists_bend_no_further_than_they_can() -> None:
    """Hands turned anyhow stay within the wrist's limits, once held."""
    rng = generator("wrists")
    for _ in range(100):
        swing, turn = parts(held(posed(arms.reach(arms.anywhere(rng)))))
        assert (np.linalg.norm(swing[ROWS], axis=1) <= LIMITS_RAD[ROWS, 0] + 1e-6).all()
        assert (np.abs(turn[ROWS]) <= LIMITS_RAD[ROWS, 1] + 1e-6).all()
