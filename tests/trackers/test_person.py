"""Tests of `trackers.person`: who is chosen, who is known again, and who is not let in."""

import numpy as np
import pytest

from trackers.detector import Detection
from trackers.person import (
    GONE_LOOKS,
    KNOWN_LOOKS,
    WAITING_LOOKS,
    Guard,
    chosen,
    followed,
    joined,
    leaps,
    torso_of_body,
    unlike,
)
from trackers.skeleton import BODY_INDEX
from trackers.types import BodyTracking, ImageArray

RED, BLUE = (200, 30, 30), (30, 30, 200)
Colour = tuple[int, int, int]


def picture(*coats: tuple[float, Colour], width: int = 1000) -> ImageArray:
    """A grey room with coats, 120 wide, each at an x."""
    image = np.full((500, width, 3), 128, dtype=np.uint8)
    for x, colour in coats:
        image[150:400, max(0, int(x - 60)) : max(0, int(x + 60))] = colour
    return image


def detected(x: float, *, length: float = 200.0, score: float = 0.9) -> Detection:
    """A person whose shoulders are at (x, 150)."""
    hips, shoulders = (x, 150 + length), (x, 150.0)
    points = np.array([hips, (x, 0), shoulders, (x, 0)], dtype=np.float32)
    return Detection(box_px=np.zeros(4, dtype=np.float32), keypoints_px=points, score=score)


def body(x: float, *, length: float = 200.0) -> BodyTracking:
    """The same as keypoints."""
    points = np.zeros((33, 3), dtype=np.float32)
    for name, y in (("shoulder", 150), ("hip", 150 + length)):
        points[BODY_INDEX[f"left_{name}"], :2], points[BODY_INDEX[f"right_{name}"], :2] = (x + 50, y), (x - 50, y)
    ones = np.ones(33, dtype=np.float32)
    return BodyTracking(keypoints_px=points, world_m=np.zeros_like(points), visibility=ones, presence=ones, score=1.0)


def known(x: float, colour: Colour, guard: Guard | None = None) -> Guard:
    """A guard that has followed someone for a while."""
    guard = guard or Guard("largest")
    for _ in range(KNOWN_LOOKS):
        assert not guard.is_doubtful(body(x), picture((x, colour)))
    return guard


def test_the_largest_and_most_central_is_chosen() -> None:
    """Size counts, and so does the middle: someone a little larger at the edge does not win."""
    near, far, edge = detected(450, length=200), detected(550, length=120), detected(980, length=230)
    assert chosen([far, near, edge], policy="largest", width_px=1000) is near
    assert chosen([far, detected(900, length=300)], policy="largest", width_px=1000) is not far
    assert chosen([], policy="largest", width_px=1000) is None


@pytest.mark.parametrize(("policy", "x"), [("left", 100), ("centre", 480), ("right", 900)])
def test_a_place_may_be_chosen(policy, x: int) -> None:
    """Left and right as the camera sees them."""
    people = [detected(100, length=100), detected(480, length=90), detected(900, length=300)]
    assert chosen(people, policy=policy, width_px=1000) is people[[100, 480, 900].index(x)]


def test_looks_tell_people_apart() -> None:
    """Red and blue differ; a coat outside the picture says nothing."""
    image = picture((300, RED), (700, BLUE))
    red, blue, outside = (torso_of_body(body(x), image) for x in (300, 700, 5000))
    assert unlike(red, red) == 0
    assert unlike(red, blue) > 0.9
    assert unlike(red, outside) == 0


def test_a_leap_is_more_than_a_person_moves_between_two_frames() -> None:
    """A third of the torso's length is quick; three quarters of it, or half the size, is someone else."""
    here = torso_of_body(body(300), picture((300, RED)))
    for x, length, expected in ((360, 200, False), (450, 200, True), (300, 90, True), (300, 450, True)):
        assert leaps(torso_of_body(body(x, length=length), picture()), here) is expected


def test_the_same_person_is_found_again_among_others() -> None:
    """By coat and place; far away they are not expected, and another coat is another person."""
    image = picture((300, RED), (520, BLUE))
    before = torso_of_body(body(420), picture((420, RED)))
    people = [detected(520), detected(300)]
    assert followed(people, before, image) is people[1]
    assert followed([detected(520)], before, image) is None
    assert followed([detected(900)], before, picture((900, RED))) is None


def test_someone_alone_in_the_same_place_is_the_same_whatever_the_coat() -> None:
    """Who turns round shows another side."""
    before = torso_of_body(body(300), picture((300, RED)))
    there = detected(310)
    assert followed([there], before, picture((310, BLUE))) is there
    assert followed([there], before, picture((310, BLUE)), trusting=False) is None


def test_a_leap_onto_another_is_refused_until_ours_is_back() -> None:
    """Blue steps before red: it is doubted, waited for, and red is known again."""
    guard = known(300, RED)
    assert guard.is_doubtful(body(450), picture((450, BLUE)))
    for _ in range(10):
        assert guard.pick([detected(400)], picture((400, BLUE))) is None
        assert guard.is_waiting
    ours = detected(310)
    assert guard.pick([detected(500), ours], picture((310, RED), (500, BLUE))) is ours
    assert not guard.is_doubtful(body(310), picture((310, RED)))
    assert not guard.is_waiting


def test_who_looks_half_strange_may_move_half_as_far() -> None:
    """A step that the person in their own coat may take is doubted when the coat is another shade."""
    darker = (173, 57, 57)
    image = picture((380, darker))
    apart = unlike(torso_of_body(body(380), image), torso_of_body(body(300), picture((300, RED))))
    assert 0.4 < apart < 0.5
    assert not known(300, RED).is_doubtful(body(380), picture((380, RED)))
    assert known(300, RED).is_doubtful(body(380), image)
    assert not known(300, RED).is_doubtful(body(330), picture((330, darker)))


def test_who_stood_in_front_is_not_taken_for_who_was_behind() -> None:
    """The detector may be wrong about someone it has just called another; not about the person, nor about who was not there."""
    guard, in_front = known(300, RED), picture((440, BLUE))
    assert guard.pick([detected(440)], in_front) is None
    for x in (390, 340, 290):  # goes on
        assert guard.is_stranger(body(x), picture((x, BLUE)))
    assert not guard.is_stranger(body(300), picture((300, RED), (500, BLUE)))
    assert not guard.is_stranger(body(700), picture((700, BLUE)))
    assert not known(300, RED).is_stranger(body(440), in_front)  # nobody was seen in front
    assert not guard.is_doubtful(body(300), picture((300, RED)))  # there again
    assert not guard.is_stranger(body(300), picture((300, BLUE)))


def test_a_stranger_is_refused_no_longer_than_the_person_is_waited_for() -> None:
    """Then whoever is there is followed."""
    guard, image = known(300, RED), picture((440, BLUE))
    assert guard.pick([detected(440)], image) is None
    for _ in range(WAITING_LOOKS - 1):
        assert guard.knows_somebody
        assert guard.is_stranger(body(440), image)
    assert not guard.knows_somebody
    assert guard.pick([detected(440)], image) is not None


def test_nobody_is_waited_for_for_ever() -> None:
    """A second while someone may hide them, three looks when nobody does."""
    for x, looks in ((400, WAITING_LOOKS), (800, GONE_LOOKS)):
        guard = known(300, RED)
        other = detected(x)
        assert [guard.pick([other], picture((x, BLUE))) for _ in range(looks)] == [None] * (looks - 1) + [other]


def test_an_empty_picture_is_forgotten_soon() -> None:
    """Then whoever comes first is followed, wherever."""
    guard = known(300, RED)
    assert [guard.pick([], picture()) for _ in range(GONE_LOOKS)] == [None] * GONE_LOOKS
    assert guard.pick([detected(900)], picture((900, BLUE))) is not None
    assert not guard.is_waiting


def test_someone_seen_only_for_a_moment_is_not_waited_for() -> None:
    """The detector also sees people in hands and chairs."""
    guard = Guard("largest")
    assert not guard.is_doubtful(body(300), picture((300, RED)))
    guard.lose()
    assert guard.pick([detected(800)], picture((800, BLUE))) is not None


def test_after_a_cut_nobody_is_waited_for() -> None:
    """Another scene, another person, at once; but a picture that changes round the same person is no cut."""
    guard = known(300, RED)
    assert not guard.is_cut(picture((300, RED)))
    assert guard.is_cut(np.random.default_rng(0).integers(0, 256, (5, 10, 3), np.uint8).repeat(100, 0).repeat(100, 1))
    assert not guard.is_doubtful(body(300), picture((300, RED)), is_cut=True)
    assert guard.is_doubtful(body(300), picture((300, BLUE)), is_cut=True)
    assert guard.pick([detected(800)], picture((800, BLUE)), is_cut=True) is not None


def test_a_new_coat_is_learnt_in_time() -> None:
    """Doubted now and then, and after a second it is theirs."""
    guard, image = known(300, RED), picture((300, BLUE))
    doubts = 0
    for _ in range(WAITING_LOOKS):
        if guard.is_doubtful(body(300), image):
            doubts += 1
            assert guard.pick([detected(300)], image) is not None
            guard.accept(body(300), image)
    assert doubts == 3
    assert not any(guard.is_doubtful(body(300), image) for _ in range(20))


def test_who_was_detected_twice_counts_once() -> None:
    """In the whole picture and in its half."""
    first, again, other = detected(300), detected(330), detected(700)
    assert joined([first], [again, other]) == [first, other]
