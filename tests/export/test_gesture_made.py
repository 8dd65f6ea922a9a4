"""Made motions: what is said to be made is in them, and detectors that keep to their definitions tell it."""

import numpy as np
import pytest
from lifting_person import lifting

from export.gesture_films import score_made
from export.gesture_made import VARIANTS, MadeMotion, made_motions
from trackers.gestures.motions import SPECS
from trackers.skeleton import BODY_INDEX


@pytest.fixture(scope="module")
def made() -> list[MadeMotion]:
    """All variants, of a person who stands with hanging arms."""
    return list(made_motions(lifting(0.1).points_m[0]))


def test_every_motion_gesture_is_made_as_often(made: list[MadeMotion]) -> None:
    """No gesture is forgotten; the same seed gives the same."""
    names = [each.made.name for each in made]
    assert {name: names.count(name) for name in names} == {spec.name: VARIANTS for spec in SPECS}
    again = next(made_motions(lifting(0.1).points_m[0]))
    np.testing.assert_array_equal(again.motion.points_m, made[0].motion.points_m)


def test_arms_keep_their_length_and_nothing_jumps(made: list[MadeMotion]) -> None:
    """An upper arm stays 28 cm; no point moves faster than a hand can."""
    for each in made:
        points = each.motion.points_m
        assert np.abs(np.diff(points, axis=0)).max() / each.motion.frame_s < 6.0
        side = each.made.name.partition("_")[0]
        if side in ("left", "right"):
            upper = points[:, BODY_INDEX[f"{side}_elbow"]] - points[:, BODY_INDEX[f"{side}_shoulder"]]
            np.testing.assert_allclose(np.linalg.norm(upper, axis=1), 0.28, atol=0.01)


def test_a_swipe_goes_the_way_of_its_name(made: list[MadeMotion]) -> None:
    """+x is the person's own left; it is far when it is said to be complete."""
    for each in (each for each in made if "swipe" in each.made.name):
        side, _, way = each.made.name.split("_")
        wrist = BODY_INDEX[f"{side}_wrist"]
        moved = each.motion.at(each.made.full_s)[wrist, 0] - each.motion.at(each.made.begin_s)[wrist, 0]
        assert moved * (1 if way == "left" else -1) > 0.4


def test_one_of_each_is_told_and_nothing_else(made: list[MadeMotion]) -> None:
    """The first variant of every motion gesture."""
    scores = score_made(made[: len(SPECS)], on_step=lambda _: None)
    assert {name: (score.made, score.found, score.wrong) for name, score in scores.items()} == {
        spec.name: (1, 1, 0) for spec in SPECS
    }
