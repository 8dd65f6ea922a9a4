"""What counts as a person: geometry, witnesses, and the detector's word."""

import numpy as np
import pytest

from trackers import presence
from trackers.presence import PresenceJudge
from trackers.skeleton import BODY_INDEX
from trackers.types import BodyTracking, HandTracking


def person(*, score: float = 0.99, visibility: float = 1.0, size_px: float = 200, x: float = 320) -> BodyTracking:
    """A body whose keypoints lie in a column and whose torso is a square of `size_px`."""
    points = np.full((33, 3), (x, 240, 0), dtype=np.float32)
    for name, dx, dy in (("shoulder", 0.5, -0.5), ("hip", 0.3, 0.5)):
        points[BODY_INDEX[f"left_{name}"], :2] += [dx * size_px, dy * size_px]
        points[BODY_INDEX[f"right_{name}"], :2] += [-dx * size_px, dy * size_px]
    chances = np.full(33, visibility, dtype=np.float32)
    return BodyTracking(
        keypoints_px=points, world_m=np.zeros((33, 3), dtype=np.float32), visibility=chances, presence=chances, score=score
    )


def test_a_plain_person_is_sane() -> None:
    """The stand-in of the tests below is accepted as it is."""
    assert presence.is_sane(person(), width_px=640, height_px=480)


@pytest.mark.parametrize(
    "body",
    [person(score=0.3), person(visibility=0.1), person(size_px=5), person(x=5000), person(x=float("nan"))],
    ids=["low score", "nothing visible", "tiny", "outside", "not a number"],
)
def test_what_cannot_be_a_person_is_refused(body: BodyTracking) -> None:
    """Each flaw alone is enough."""
    assert not presence.is_sane(body, width_px=640, height_px=480)


def test_a_body_made_of_a_hand_has_no_hand_as_witness() -> None:
    """A hand larger than the torso is what the pose model mistook for a body."""
    points = np.zeros((21, 3), dtype=np.float32)
    points[9, 1] = -60
    small = HandTracking(keypoints_px=points, world_m=points, score=1.0, right_probability=1.0)
    large = HandTracking(keypoints_px=points * 4, world_m=points, score=1.0, right_probability=1.0)
    assert presence.is_hand_of(person(), small)
    assert not presence.is_hand_of(person(), large)


def test_a_new_body_needs_a_face_or_a_sure_detector() -> None:
    """A proof holds until the person is forgotten."""
    judge = PresenceJudge()
    assert not judge.is_proven(face=False, detection=0.7)
    assert judge.is_proven(face=True, detection=0.7)
    assert judge.is_proven(face=False, detection=0.7)
    judge.reset()
    assert not judge.is_proven(face=False, detection=0.7)
    assert judge.is_proven(face=False, detection=0.97)


def test_a_person_without_witnesses_leaves_when_the_detector_agrees() -> None:
    """The detector is asked seldom, and has to say no more than once."""
    judge, asked = PresenceJudge(), []

    def nobody() -> bool:
        asked.append(True)
        return False

    stays = [judge.is_still_there(witnessed=False, detect=nobody) for _ in range(12)]
    assert stays == [True] * 11 + [False]
    assert len(asked) == 2


def test_a_person_who_turns_away_stays() -> None:
    """No face and no hand, but the detector still sees a person."""
    judge = PresenceJudge()
    assert all(judge.is_still_there(witnessed=False, detect=lambda: True) for _ in range(100))
