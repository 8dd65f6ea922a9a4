"""What a look at the hands spends: with looks enough everything at once, with few of them one thing after the other."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from trackers.beside import Threads
from trackers.detector import PALM, Detection, Detector
from trackers.engine import TrackerSettings, open_tracker
from trackers.geometry import Region
from trackers.hands import HandEstimate, HandModel, region_from_hand
from trackers.hands_follower import HandModels, HandsFollower, HandsWish
from trackers.interpreter import open_session
from trackers.schedule import Schedule
from trackers.skeleton import BODY_INDEX, SIDES
from trackers.types import BodyTracking, Frame, HandTracking, ImageArray, Stamp

PICTURE = np.zeros((480, 640, 3), dtype=np.uint8)
RIGHT = frozenset({"right"})


def hand_at(x: float, *, size: float = 1.0, score: float = 1.0) -> HandEstimate:
    """An upright right hand with its wrist at (x, 300), 100 px long if its size is 1."""
    points = np.zeros((21, 3), dtype=np.float32)
    for finger, across in enumerate((-40, -25, 0, 20, 40)):
        for joint in range(4):
            points[1 + 4 * finger + joint, :2] = across, -50 - 15 * joint
    points[:, :2] = points[:, :2] * size + np.float32([x, 300])
    tracking = HandTracking(points, np.zeros((21, 3), dtype=np.float32), score=score, right_probability=0.99)
    return HandEstimate(tracking, region_from_hand(points))


def body_with_right_wrist_at(x: float) -> BodyTracking:
    """Its shoulders are 300 px apart; its left hand is out of the picture."""
    points = np.zeros((33, 3), dtype=np.float32)
    for name, place in (("wrist", (x, 300)), ("index", (x - 10, 250)), ("pinky", (x + 20, 250))):
        points[BODY_INDEX[f"right_{name}"], :2] = place
        points[BODY_INDEX[f"left_{name}"], :2] = -900, 300
    points[BODY_INDEX["left_shoulder"], :2] = 300, 0
    ones = np.ones(33, dtype=np.float32)
    return BodyTracking(points, np.zeros((33, 3), dtype=np.float32), ones, ones, 1.0)


class World:
    """Where the one hand really is, and what was asked of the two models."""

    def __init__(self, x: float) -> None:
        self.x = x
        self.size = 1.0
        self.shows_palm = True
        self.asked: list[str] = []
        self.looked: list[tuple[int, int]] = []
        """The middle's x and the side of each place where the hand was looked for."""
        self.searched: list[tuple[int, int]] = []
        """The same of palms."""

    def run(self, image: ImageArray, region: Region) -> HandEstimate:
        """The hand model: it sees the hand in a region that is near it."""
        self.asked.append("hand")
        self.looked.append((round(region.x_px), round(region.size_px)))
        return hand_at(self.x, size=self.size, score=1.0 if abs(region.x_px - self.x) < 60 else 0.0)

    def find(self, image: ImageArray, region: Region, *, most: int = 1) -> Sequence[Detection]:
        """The palm detector: it sees the palm wherever it is, if it is shown."""
        self.asked.append("palm")
        self.searched.append((round(region.x_px), round(region.size_px)))
        if not self.shows_palm:
            return []
        points = np.array([[self.x, 300], [self.x, 250], [self.x, 250], *[[self.x, 280]] * 4], dtype=np.float32)
        return [Detection(box_px=np.float32([self.x - 30, 240, self.x + 30, 300]), keypoints_px=points, score=0.9)]

    @property
    def models(self) -> HandModels:
        return HandModels({"full": cast(HandModel, self)}, cast(Detector, self))

    def follower(self, *, with_second: bool = False) -> HandsFollower:
        return HandsFollower(self.models, second=self.models if with_second else None)


def wish(most_looks: int, *, seq: int = 0, body_before: BodyTracking | None = None) -> HandsWish:
    return HandsWish("full", sides=RIGHT, most_looks=most_looks, body_before=body_before, time_ns=seq * 400_000_000)


def looks(world: World, follower: HandsFollower, body: BodyTracking, most_looks: int, count: int) -> list[str]:
    """Look so many times; return what each asked, and whether the hand was found."""
    told = []
    for seq in range(count):
        world.asked.clear()
        _, right = follower.look(PICTURE, body, wish(most_looks, seq=seq))
        told.append("+".join(world.asked) + ("" if right is None else "!"))
    return told


def test_with_looks_enough_a_hand_away_from_its_wrist_is_found_at_once() -> None:
    world = World(x=360)
    assert looks(world, world.follower(), body_with_right_wrist_at(270), 99, 2) == ["hand+palm+hand!", "hand!"]


def test_with_two_looks_a_search_has_a_frame_to_itself_and_what_it_finds_the_next() -> None:
    world = World(x=360)
    follower, body = world.follower(), body_with_right_wrist_at(270)
    assert looks(world, follower, body, 2, 4) == ["hand", "palm", "hand!", "hand!"]
    world.x = 180
    assert looks(world, follower, body, 2, 4) == ["hand+hand", "palm", "hand!", "hand!"]


def test_a_search_for_which_the_first_look_at_two_hands_leaves_no_time_is_the_next_look() -> None:
    """Three runs for two hands: both places that the body tells, then the palms and what they show; not the body again."""
    world = World(x=360)
    follower, body = world.follower(), body_with_right_wrist_at(270)
    for name, x in (("wrist", 60), ("index", 50), ("pinky", 80)):
        body.keypoints_px[BODY_INDEX[f"left_{name}"], :2] = x, 300 if name == "wrist" else 250
    told = []
    for seq in range(3):
        world.asked.clear()
        _, right = follower.look(PICTURE, body, replace(wish(3, seq=seq), sides=frozenset(SIDES)))
        told.append(("+".join(world.asked), right is not None, sorted(follower.unfinished)))
    assert told == [("hand+hand", False, ["left", "right"]), ("palm+hand", True, []), ("hand+hand", True, [])]


def test_who_is_back_is_asked_for_as_at_a_scenes_start() -> None:
    """Whosever turn it would have been: the body's place and the palms in one look."""
    world = World(x=900)
    follower, body = world.follower(), body_with_right_wrist_at(270)
    follower_asks = looks(world, follower, body, 99, 4)
    assert follower_asks[2:] == ["hand", "palm"]
    follower.search_anew()
    assert looks(world, follower, body, 99, 1) == ["hand+palm"]


def test_a_side_says_when_its_search_goes_on() -> None:
    world = World(x=360)
    follower, body = world.follower(), body_with_right_wrist_at(270)
    going_on = []
    for seq in range(3):
        follower.look(PICTURE, body, wish(2, seq=seq))
        going_on.append(set(follower.unfinished))
    assert going_on == [{"right"}, {"right"}, set()]
    assert follower.latest[1] is not None


def test_a_look_that_asks_for_a_palm_is_known_to_take_longer() -> None:
    """At a scene's start, and in the turns of a hand that is lost, but for that in which the body is asked."""
    world = World(x=360)
    follower, body = world.follower(), body_with_right_wrist_at(270)
    known = [follower.looks_due("right", PICTURE, body)]
    for seq, x in enumerate((360, 360, 360, 180, 180, 180)):
        world.x = x
        follower.look(PICTURE, body, wish(2, seq=seq))
        known.append(follower.looks_due("right", PICTURE, body))
    # begins; the body's word, a search, a look at the palm; lost there, a search, a look at the palm
    assert known == [2, 2, 1, 1, 2, 1, 1]


def test_a_body_changes_whose_turn_it_is() -> None:
    """In the look after that of the loss palms are searched for where there is a body, and not where there is none."""
    world = World(x=360)
    follower, body = world.follower(), body_with_right_wrist_at(270)
    for seq, x in enumerate((360, 360, 360, 180)):
        world.x = x
        follower.look(PICTURE, body, wish(2, seq=seq))
    assert [follower.looks_due("right", PICTURE, known) for known in (body, None)] == [2, 1]


def test_without_a_body_the_picture_is_searched_in_every_sixth_look() -> None:
    """Until a palm is seen; then the hand is followed."""
    world = World(x=360)
    follower, told = world.follower(), []
    for seq in range(14):
        world.asked.clear()
        world.shows_palm = seq >= 12
        _, right = follower.look(PICTURE, None, wish(99, seq=seq))
        told.append("+".join(world.asked))
    assert told == ["palm", *[""] * 5, "palm", *[""] * 5, "palm+hand", "hand"]
    assert right is not None


def test_no_palm_is_asked_for_where_the_body_has_its_hand_outside_the_picture() -> None:
    """A hand below the desk takes no time; without a body all of the picture may be searched."""
    follower, body = World(x=360).follower(), body_with_right_wrist_at(2000)
    assert follower.looks_due("right", PICTURE, body) == 1
    assert follower.looks_due("right", PICTURE, None) == 2


@pytest.fixture
def threads() -> Iterator[Threads]:
    shared = Threads(2)
    yield shared
    shared.settle()
    shared.close()


def test_a_palm_that_was_seen_is_the_early_look(threads: Threads) -> None:
    """The second thread looks where the palm was, not where the hand was before."""
    world = World(x=360)
    follower, body = world.follower(with_second=True), body_with_right_wrist_at(270)
    for seq in range(2):
        assert follower.early(PICTURE, wish(2, seq=seq)) == {}
        follower.look(PICTURE, body, wish(2, seq=seq))
    early = follower.early(PICTURE, wish(2, seq=2))
    begun = {side: threads.begin(side, look) for side, look in early.items()}
    assert follower.look(PICTURE, body, wish(2, seq=2), begun)[1] is not None


def lost(world: World, *, with_second: bool) -> HandsFollower:
    """A search is due: the hand was neither at the body's wrist, at x = 270, nor anywhere in the picture."""
    follower = world.follower(with_second=with_second)
    world.x = 5000
    assert looks(world, follower, body_with_right_wrist_at(270), 99, 3) == ["hand+palm", "hand+palm", "hand"]
    world.x = 360
    world.asked.clear()
    return follower


@pytest.mark.parametrize("with_second", [True, False])
def test_a_search_for_a_lost_hand_may_begin_before_the_body_is_known(threads: Threads, with_second: bool) -> None:
    """It looks round where the body was before, with one thread as with two."""
    world = World(x=360)
    follower = lost(world, with_second=with_second)
    again = wish(99, body_before=body_with_right_wrist_at(270))
    begun = {name: threads.begin(name, look) for name, look in follower.early(PICTURE, again).items()}
    assert set(begun) == ({"search"} if with_second else set())
    hand = follower.look(PICTURE, body_with_right_wrist_at(280), again, begun)[1]
    assert hand is not None
    assert world.asked == ["palm", "hand"]
    assert world.searched[-1] == (270, 448)  # that of a body whose wrist is at 270


def test_a_search_is_done_anew_where_the_hand_has_left_its_place(threads: Threads) -> None:
    world = World(x=360)
    follower = lost(world, with_second=True)
    again = wish(99, body_before=body_with_right_wrist_at(20))
    begun = {name: threads.begin(name, look) for name, look in follower.early(PICTURE, again).items()}
    begun["search"].future.result()
    assert follower.look(PICTURE, body_with_right_wrist_at(270), again, begun)[1] is not None
    assert world.asked == ["palm", "palm", "hand"]
    assert [x for x, _ in world.searched[-2:]] == [20, 270]


def test_with_too_few_looks_for_it_no_search_begins() -> None:
    follower = lost(World(x=360), with_second=True)
    body = body_with_right_wrist_at(270)
    assert [set(follower.early(PICTURE, wish(most, body_before=body))) for most in (1, 2)] == [set(), {"search"}]


def test_a_fast_hand_is_followed_by_its_own_motion() -> None:
    """It moves by more than it may be beside the place where it is looked for."""
    world = World(x=100)
    follower, before = world.follower(), 0
    for seq, x in enumerate((100, 140, 190, 260, 330, 400)):
        world.x = x
        asked = wish(99, seq=seq)
        follower.look(PICTURE, body_with_right_wrist_at(x), replace(asked, time_ns=seq * 33_000_000))
        assert len(world.looked) == before + 1, f"at {x} it was lost and found again"
        before = len(world.looked)
    assert follower.latest[1] is not None


def test_a_hand_that_is_not_due_keeps_its_velocity() -> None:
    world = World(x=100)
    follower, body = world.follower(), body_with_right_wrist_at(130)
    for seq, (x, sides) in enumerate(((100, RIGHT), (130, RIGHT), (130, frozenset({"left"})), (175, RIGHT))):
        world.x = x
        follower.look(PICTURE, body, replace(wish(99), sides=sides, time_ns=seq * 33_000_000))
    middle = hand_at(130).next_region.x_px
    assert world.looked[-1][0] == round(middle + 0.75 * 30 * 2)  # two frames after it was seen there


def test_a_hand_that_was_lost_is_looked_for_in_its_own_size() -> None:
    """The body's hand points are rough: by them it would be of another size."""
    world = World(x=270)
    world.size = 1.5
    follower, body = world.follower(), body_with_right_wrist_at(270)
    follower.look(PICTURE, body, wish(99))
    (_, by_the_body), size = world.looked[-1], round(hand_at(270, size=1.5).next_region.size_px)
    world.x = 5000
    follower.look(PICTURE, body, wish(99, seq=1))
    assert [side for _, side in world.looked[-2:]] == [size, size]
    assert by_the_body != size
    follower.reset()
    follower.look(PICTURE, body, wish(99, seq=2))
    assert world.looked[-1][1] == by_the_body


def test_a_hand_that_is_found_while_it_was_not_due_is_asked_of_the_body_as_soon_as_it_is_lost() -> None:
    """It is found in the other's search, and its turn then begins anew."""
    world = World(x=5000)
    follower, body = world.follower(), body_with_right_wrist_at(270)
    body.keypoints_px[[BODY_INDEX[f"left_{name}"] for name in ("wrist", "index", "pinky")], 0] += 1400  # to x = 500
    both = replace(wish(99), sides=frozenset({"left", "right"}))
    for seq in range(3):  # no hand far and wide: after three looks the palm detector's turn comes
        follower.look(PICTURE, body, replace(both, time_ns=seq))
    world.x = 270
    assert follower.look(PICTURE, body, replace(both, sides=frozenset({"left"}), time_ns=3))[1] is not None
    world.x, world.asked = 5000, []
    follower.look(PICTURE, body, replace(both, sides=RIGHT, time_ns=4))
    assert world.asked == ["hand", "hand"]  # where it was, and where the body has it


@pytest.mark.parametrize(
    ("most_looks", "wanted"), [(99, ["hand+palm+hand+hand+hand!"] * 3), (2, ["hand!", "palm!", "hand!", "palm!"])]
)
def test_with_few_looks_a_doubted_hand_is_asked_for_its_palm_in_place_of_a_look(most_looks: int, wanted: list[str]) -> None:
    """A hand as large as the shoulders are wide, seen again and again, whose palm is small."""
    world = World(x=300)
    world.size = 2.0
    follower, body = world.follower(), body_with_right_wrist_at(300)
    assert looks(world, follower, body, most_looks, 1) == ["hand!"]
    assert looks(world, follower, body, most_looks, len(wanted)) == wanted


def test_a_doubted_hands_next_look_is_known_to_take_longer() -> None:
    """It asks for the palm; the one after it does not."""
    world = World(x=300)
    world.size = 2.0
    follower, body = world.follower(), body_with_right_wrist_at(300)
    due = []
    for seq in (0, 0, 1, 2):
        follower.look(PICTURE, body, wish(2, seq=seq))
        due.append(follower.looks_due("right", PICTURE, body))
    assert due == [1, 2, 1, 2]


def test_no_look_is_begun_at_a_hand_that_will_be_asked_for_its_palm() -> None:
    """Nobody would take what it finds."""
    world = World(x=300)
    world.size = 2.0
    follower, body = world.follower(with_second=True), body_with_right_wrist_at(300)
    told = []
    for seq in range(5):
        asked = wish(2, seq=seq, body_before=body)
        begun = list(follower.early(PICTURE, asked))
        world.asked.clear()
        follower.look(PICTURE, body, asked)
        told.append((begun, world.asked[0]))
    assert told == [(["search"], "hand"), (["right"], "hand"), ([], "palm"), (["right"], "hand"), ([], "palm")]


def test_the_doubt_about_a_hand_is_lost_with_it() -> None:
    """Another one that comes later has a look like all others."""
    world = World(x=300)
    world.size = 2.0
    follower, body = world.follower(), body_with_right_wrist_at(300)
    for seq in range(2):
        follower.look(PICTURE, body, wish(2, seq=seq))
    assert follower.looks_due("right", PICTURE, body) == 2
    world.x = 5000
    for seq in range(2, 8):
        follower.look(PICTURE, None, wish(2, seq=seq))
    world.x, world.size = 300, 1.0
    follower.look(PICTURE, body, wish(2, seq=8))
    assert follower.looks_due("right", PICTURE, body) == 1


@pytest.mark.needs_data
def test_a_seat_on_the_forearm_is_left_with_few_looks_too(models: None, read_clip: Callable[..., Iterator[Frame]]) -> None:
    """A thumb held to the lens, one or two runs of the hand model a frame: the hand's size comes down to a hand's."""
    clip = [frame for frame in read_clip("hands/gesture_test_video.mp4", most=160) if frame.stamp.seq >= 85]
    follower = HandsFollower(
        HandModels({"full": HandModel.open(threads=2)}, Detector(PALM, open_session(PALM.asset, member=PALM.member)))
    )
    sizes = []
    with open_tracker(TrackerSettings(hands=False, face=False)) as tracker:
        for frame in clip[::3]:
            body = tracker.track(frame).body
            few = HandsWish("full", most_looks=2, time_ns=frame.stamp.seq * 40_000_000)
            follower.look(frame.image, body, few)
            hand = follower._hands["right"]
            sizes.append(None if hand is None else hand.next_region.size_px)
    seen = [size for size in sizes[8:] if size is not None]
    assert len(seen) > 0.8 * len(sizes[8:])
    assert max(seen) < 560  # a seat on the forearm is 600 and more


@pytest.mark.needs_data
def test_a_search_that_goes_on_keeps_its_turn(
    models: None, read_clip: Callable[..., Iterator[Frame]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The schedule is not told of a look whose search is not over, so the hand is due again before those that wait less."""
    told: list[str] = []
    looked = Schedule.looked
    monkeypatch.setattr(
        Schedule, "looked", lambda schedule, part, **rest: (told.append(part), looked(schedule, part, **rest))[1]
    )
    (frame,) = read_clip("asl/want.mkv", most=1)
    with open_tracker(TrackerSettings(mode="accurate", face=False)) as tracker:
        tracker.track(frame)
        assert set(told) == {"body", "left_hand", "right_hand"}
        told.clear()
        look = HandsFollower.look

        def goes_on(follower: HandsFollower, *args: object) -> tuple[HandTracking | None, HandTracking | None]:
            hands = look(follower, *args)  # type: ignore[arg-type]
            follower.unfinished.add("left")
            return hands

        monkeypatch.setattr(HandsFollower, "look", goes_on)
        tracker.track(Frame(frame.image, Stamp(1, 33_333_333)))
    assert set(told) == {"body", "right_hand"}
