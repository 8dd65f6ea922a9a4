"""Tests of `trackers.steady`: a made-up person moves, and one frame of it is spoilt."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from trackers.limbs import TOLERANCE
from trackers.sides import BODY_MIRROR, LONGEST_SWAP
from trackers.skeleton import BODY_INDEX, BODY_NAMES, HAND_NAMES
from trackers.steady import Steady
from trackers.types import BodyTracking, HandTracking, Stamp, Tracking

PX_PER_M = 500.0
WRIST, ELBOW, SHOULDER = (BODY_INDEX[f"right_{part}"] for part in ("wrist", "elbow", "shoulder"))
_PLACES = {
    "nose": (0.0, -0.65), "eye": (0.03, -0.68), "ear": (0.07, -0.67), "mouth": (0.03, -0.61), "shoulder": (0.18, -0.5),
    "elbow": (0.25, -0.22), "wrist": (0.28, 0.03), "pinky": (0.30, 0.10), "thumb": (0.25, 0.07), "hip": (0.1, 0.0),
    "knee": (0.11, 0.42), "ankle": (0.12, 0.82), "heel": (0.12, 0.86), "foot": (0.14, 0.9), "index": (0.27, 0.11),
}  # fmt: skip


def body_points() -> np.ndarray:
    """Return (33, 3) metres of somebody who stands; the own left is at the picture's right."""
    rows = []
    for name in BODY_NAMES:
        x, y = next(place for part, place in _PLACES.items() if part in name)
        rows.append((x if "left" in name else -x, y, 0.0))
    return np.array(rows)


def hand_points() -> np.ndarray:
    """Return (21, 3) metres of an open hand, the fingers up."""
    rows = []
    for name in HAND_NAMES:
        finger, _, joint = name.partition("_")
        row = ("thumb", "index", "middle", "ring", "pinky").index(finger) if joint else 2
        along = {"": 0.0, "cmc": 0.03, "mcp": 0.06, "pip": 0.09, "ip": 0.09, "dip": 0.115, "tip": 0.14}[joint]
        rows.append(((row - 2) * 0.02, -along, 0.0))
    return np.array(rows)


def hand(x_px: float, y_px: float, *, right: float) -> HandTracking:
    """A hand with its wrist at a place of the picture."""
    points = hand_points()
    px = np.concatenate([points[:, :2] * PX_PER_M + (x_px, y_px), np.zeros((21, 1))], axis=1)
    return HandTracking(px.astype(np.float32), points.astype(np.float32), score=0.95, right_probability=right)


def body(points: np.ndarray) -> BodyTracking:
    """A body whose world landmarks are `points`, seen straight on."""
    px = points * PX_PER_M + (320, 300, 0)
    ones = np.ones(33, dtype=np.float32)
    return BodyTracking(px.astype(np.float32), points.astype(np.float32), ones, ones, score=0.99)


Change = Callable[[int, np.ndarray], None]


def play(change: Change, *, frames: int = 40, guard: Steady | None = None) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the world landmarks (33, 3) of each frame as they went in and as they came out."""
    guard = guard or Steady()
    before, after = [], []
    rng = np.random.default_rng(3)
    for frame in range(frames):
        points = body_points() + rng.normal(scale=0.003, size=(33, 3))
        change(frame, points)
        tracking = Tracking(Stamp(frame, frame * 33_333_333), 640, 480, body(points), None, None, None)
        out = guard(tracking).body
        assert out is not None
        before.append(points)
        after.append(out.world_m.astype(np.float64))
    return before, after


def gap(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(a - b, axis=-1).max())


def test_what_is_possible_is_not_touched() -> None:
    """A person who sways and waves comes out as they went in, the very same object."""
    guard = Steady()
    for frame in range(90):
        points = body_points()
        points[[BODY_INDEX[f"right_{part}"] for part in ("wrist", "pinky", "index", "thumb")], 0] += 0.08 * np.sin(frame / 3)
        points[:, 0] += 0.05 * np.sin(frame / 10)
        place = 320 + 60 * np.sin(frame / 3)
        tracking = Tracking(
            Stamp(frame, frame * 33_333_333),
            640,
            480,
            body(points),
            hand(480, 300, right=0.05),
            hand(place, 300, right=0.95),
            None,
        )
        assert guard(tracking) is tracking


def test_a_point_that_jumps_for_one_frame_is_held() -> None:
    """A wrist that is a metre away in one frame and back in the next never left."""

    def jump(frame: int, points: np.ndarray) -> None:
        if frame == 20:
            points[WRIST] += (1.0, 0.3, 0.0)

    before, after = play(jump)
    assert gap(before[20][WRIST], after[20][WRIST]) > 0.9
    assert gap(after[19][WRIST], after[20][WRIST]) < 0.02
    np.testing.assert_allclose(after[21], before[21], atol=1e-6)
    others = [row for row in range(33) if row != WRIST]
    np.testing.assert_allclose(after[20][others], before[20][others], atol=1e-6)


def test_a_real_fast_move_is_late_by_one_frame_at_most() -> None:
    """An arm that truly moves a metre in one frame (a cut in the film) is believed one frame later, bones as they are."""
    arm = [BODY_INDEX[f"right_{part}"] for part in ("shoulder", "elbow", "wrist", "pinky", "index", "thumb")]

    def move(frame: int, points: np.ndarray) -> None:
        if frame >= 20:
            points[arm] += (0.0, -1.0, 0.0)

    before, after = play(move)
    np.testing.assert_allclose(after[21][arm], before[21][arm], atol=1e-5)


@pytest.mark.parametrize("speed_m_s", [2.0, 4.0, 6.0])
def test_a_punch_is_not_delayed(speed_m_s: float) -> None:
    """A fist that starts from rest and flies at up to 6 m/s passes unchanged (its bones turn, they do not stretch)."""

    def punch(frame: int, points: np.ndarray) -> None:
        reach = np.clip((frame - 20) / 30 * speed_m_s, 0.0, 0.45)
        angle = 2 * np.arcsin(reach / 0.5)  # the forearm turns about the elbow
        forearm = points[WRIST] - points[ELBOW]
        turn = np.array([[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
        move = turn @ forearm - forearm
        for part in ("wrist", "pinky", "index", "thumb"):
            points[BODY_INDEX[f"right_{part}"]] += move

    before, after = play(punch)
    late = [frame for frame in range(40) if gap(before[frame], after[frame]) > 1e-5]
    assert len(late) <= (1 if speed_m_s > 5 else 0)


def test_a_stretched_limb_keeps_its_direction_and_gets_its_length() -> None:
    """A forearm that is suddenly 45 % longer in a frame keeps its direction, and its length within the tolerance."""

    def stretch(frame: int, points: np.ndarray) -> None:
        if frame == 25:
            points[WRIST] = points[ELBOW] + 1.45 * (points[WRIST] - points[ELBOW])

    before, after = play(stretch)
    usual = np.linalg.norm(before[24][WRIST] - before[24][ELBOW])
    wanted, got = before[25][WRIST] - before[25][ELBOW], after[25][WRIST] - after[25][ELBOW]
    assert np.linalg.norm(got) < usual * (1 + TOLERANCE) + 0.03 < np.linalg.norm(wanted)
    assert np.degrees(np.arccos(wanted @ got / np.linalg.norm(wanted) / np.linalg.norm(got))) < 0.1


def test_lengths_follow_a_body_whose_depth_is_guessed_otherwise() -> None:
    """A limb that stays longer (the model's guess of depth changed as it turned) is believed within a third of a second."""

    def stay(frame: int, points: np.ndarray) -> None:
        if frame >= 25:
            points[WRIST] = points[ELBOW] + 1.4 * (points[WRIST] - points[ELBOW])

    before, after = play(stay, frames=60)
    assert gap(before[25], after[25]) > 0.01
    np.testing.assert_allclose(after[36], before[36], atol=1e-5)


def test_swapped_sides_are_put_back() -> None:
    """Left and right exchanged for a frame, in the whole body or in the arms alone, come out as they were."""
    arms = [BODY_INDEX[f"{s}_{p}"] for s in ("left", "right") for p in ("elbow", "wrist", "pinky", "index", "thumb")]

    def swap(frame: int, points: np.ndarray) -> None:
        if frame == 15:
            points[:] = points[BODY_MIRROR]
        if frame == 25:
            points[arms] = points[BODY_MIRROR][arms]

    _, after = play(swap)
    for frame in (15, 25):
        assert gap(after[frame], body_points()) < 0.02


def test_all_that_is_said_of_swapped_sides_is_put_back() -> None:
    """One arm alone is in the picture: what is seen of it, how surely, and its depth stay with it when labels swap."""
    guard, pixels, seen = Steady(), [], []
    left = [BODY_INDEX[f"left_{part}"] for part in ("elbow", "wrist", "pinky", "index", "thumb")]
    for frame in range(20):
        points, sure = body_points(), np.ones(33, dtype=np.float32)
        points[ELBOW, 2], points[WRIST, 2], sure[left] = -0.1, -0.2, 0.05
        one = replace(body(points), visibility=sure, presence=sure)
        if frame in (15, 16):
            one = replace(
                one,
                keypoints_px=one.keypoints_px[BODY_MIRROR],
                world_m=one.world_m[BODY_MIRROR],
                visibility=sure[BODY_MIRROR],
                presence=sure[BODY_MIRROR],
            )
        out = guard(Tracking(Stamp(frame, frame * 33_333_333), 640, 480, one, None, None, None)).body
        assert out is not None
        pixels.append(out.keypoints_px)
        seen.append(np.stack([out.visibility, out.presence]))
    np.testing.assert_allclose(pixels[15:17], [pixels[14]] * 2, atol=0.5)
    np.testing.assert_array_equal(seen[15:17], [seen[14]] * 2)


def test_a_swap_that_lasts_is_believed() -> None:
    """After a few frames the new sides hold: it was before that they were wrong."""

    def swap(frame: int, points: np.ndarray) -> None:
        if frame >= 15:
            points[:] = points[BODY_MIRROR]

    before, after = play(swap)
    assert gap(after[15 + LONGEST_SWAP - 1], body_points()) < 0.03
    np.testing.assert_allclose(after[15 + LONGEST_SWAP + 2], before[15 + LONGEST_SWAP + 2], atol=1e-5)


def with_hands(frame: int, left: HandTracking | None, right: HandTracking | None) -> Tracking:
    return Tracking(Stamp(frame, frame * 33_333_333), 640, 480, None, left, right, None)


def test_hands_in_each_others_slot_change_back() -> None:
    """Two hands exchanged in a frame stay where they were."""
    guard = Steady()
    for frame in range(10):
        left, right = hand(480, 300, right=0.1), hand(160, 300, right=0.9)
        pair = (right, left) if frame == 7 else (left, right)
        out = guard(with_hands(frame, *pair))
        assert out.left_hand is not None
        assert out.right_hand is not None
        assert out.left_hand.keypoints_px[0, 0] == pytest.approx(480)
        assert out.right_hand.keypoints_px[0, 0] == pytest.approx(160)


@pytest.mark.parametrize("right_probability", [0.9, 0.1])
def test_two_slots_never_hold_one_hand(right_probability: float) -> None:
    """A left hand that jumps onto the right one is dropped, whatever the model says of its side."""
    guard = Steady()
    for frame in range(8):
        stray = hand(160, 300, right=right_probability) if frame == 6 else hand(480, 300, right=0.1)
        out = guard(with_hands(frame, stray, hand(162, 301, right=right_probability)))
        assert (out.left_hand is None) == (frame == 6)
        assert out.right_hand is not None


@pytest.mark.parametrize("rests", ["left_hand", "right_hand"])
@pytest.mark.parametrize("frames", [1, 2, 6])
def test_a_swap_goes_on_while_one_of_the_hands_rests(rests: str, frames: int) -> None:
    """Both were seen in each other's slot; then one rests for a while: no frame has both hands in one place, or one changed.

    If it lasts it is believed, for both hands at once.
    """
    guard, places = Steady(), []
    for frame in range(12):
        left, right = hand(480, 300, right=0.1), hand(160, 300, right=0.9)
        pair = (right, left) if frame >= 4 else (left, right)
        is_resting = 5 <= frame < 5 + frames
        out = guard(replace(with_hands(frame, *pair), predicted=frozenset({rests} if is_resting else ())))
        assert out.left_hand is not None
        assert out.right_hand is not None
        places.append((round(float(out.left_hand.keypoints_px[0, 0])), round(float(out.right_hand.keypoints_px[0, 0]))))
        assert len(out.predicted) == is_resting
    assert set(places) == {(480, 160), (160, 480)}
    assert places[: 4 + LONGEST_SWAP] == [(480, 160)] * (4 + LONGEST_SWAP)
    assert places[-1] == (160, 480)
    assert places == sorted(places, reverse=True)


def test_a_hand_on_one_that_rests_is_dropped() -> None:
    """The right slot strays onto the left hand, which is carried on where it was seen last."""
    guard = Steady()
    for frame in range(8):
        guard(with_hands(frame, hand(480, 300, right=0.1), hand(160, 300, right=0.9)))
    both = with_hands(8, hand(480, 300, right=0.1), hand(481, 301, right=0.2))
    out = guard(replace(both, predicted=frozenset({"left_hand"})))
    assert out.left_hand is not None
    assert out.right_hand is None


def test_a_hand_is_not_held_where_the_other_one_is() -> None:
    """The left hand leaps away and the right one takes its place: the left one is not held there for a frame."""
    guard = Steady()
    for frame in range(8):
        guard(with_hands(frame, hand(480, 300, right=0.1), hand(340, 300, right=0.9)))
    out = guard(with_hands(8, hand(900, 300, right=0.1), hand(482, 300, right=0.9)))
    assert out.left_hand is not None
    assert out.right_hand is not None
    assert abs(out.left_hand.keypoints_px[0, 0] - out.right_hand.keypoints_px[0, 0]) > 100


def test_hands_laid_together_stay_two() -> None:
    """Two palms side by side, a third of a hand apart, are two hands."""
    out = Steady()(with_hands(0, hand(330, 300, right=0.1), hand(305, 300, right=0.9)))
    assert out.left_hand is not None
    assert out.right_hand is not None


def test_a_finger_that_jumps_is_held_and_a_moving_hand_is_not() -> None:
    """One fingertip that leaves the hand for a frame stays on it; the whole hand may move as it likes."""
    guard, tip = Steady(), HAND_NAMES.index("index_tip")
    for frame in range(20):
        seen = hand(160 + 12.0 * frame, 300, right=0.9)
        if frame == 12:
            px, world = seen.keypoints_px.copy(), seen.world_m.copy()
            px[tip] += (80, 60, 0)
            world[tip] += (0.16, 0.12, 0)
            seen = replace(seen, keypoints_px=px, world_m=world)
        out = guard(with_hands(frame, None, seen)).right_hand
        assert out is not None
        expected = hand(160 + 12.0 * frame, 300, right=0.9).keypoints_px
        np.testing.assert_allclose(out.keypoints_px, expected, atol=12.0)


def test_what_was_taken_back_stays_so_while_the_part_rests() -> None:
    """A finger that jumped in the last look does not come back in the frames that only carry that look on."""
    guard, tip = Steady(), HAND_NAMES.index("index_tip")
    for frame in range(12):
        good = guard(with_hands(frame, None, hand(300, 300, right=0.9))).right_hand
    spoilt = hand(300, 300, right=0.9)
    px = spoilt.keypoints_px.copy()
    px[tip] += (80, 60, 0)
    spoilt = replace(spoilt, keypoints_px=px)
    looked = guard(with_hands(12, None, spoilt)).right_hand
    rested = guard(replace(with_hands(13, None, spoilt), predicted=frozenset({"right_hand"}))).right_hand
    assert good is not None
    assert looked is not None
    assert rested is looked
    np.testing.assert_allclose(rested.keypoints_px, good.keypoints_px, atol=12.0)


def test_predicted_parts_teach_nothing() -> None:
    """What was only carried on is as its last look came out, and is not judged; what was never looked at passes as it is."""
    strange = body(body_points() + 1.0)
    first = Tracking(Stamp(0, 0), 640, 480, strange, None, None, None, predicted=frozenset({"body"}))
    assert Steady()(first) is first
    guard, usual = Steady(), body(body_points())
    for frame in range(10):
        guard(Tracking(Stamp(frame, frame * 33_333_333), 640, 480, usual, None, None, None))
    far = Tracking(Stamp(10, 333_333_330), 640, 480, strange, None, None, None, predicted=frozenset({"body"}))
    assert guard(far).body is usual
    same = Tracking(Stamp(11, 366_666_663), 640, 480, body(body_points()), None, None, None)
    assert guard(same) is same


def test_after_a_pause_nothing_is_doubted_and_reset_is_a_new_start() -> None:
    """Somebody who comes back elsewhere is taken as they are, after a pause as after a reset."""
    guard = Steady()
    for frame in range(10):
        guard(Tracking(Stamp(frame, frame * 33_333_333), 640, 480, body(body_points()), None, None, None))
    moved = body(body_points() + (0.0, -0.8, 0.0))
    late = Tracking(Stamp(10, 2_000_000_000), 640, 480, moved, None, None, None)
    assert guard(late) is late
    guard.reset()
    at_once = Tracking(Stamp(11, 2_010_000_000), 640, 480, body(body_points()), None, None, None)
    assert guard(at_once) is at_once


def test_a_hand_that_was_dropped_is_not_said_to_be_carried_on() -> None:
    """One hand in both slots is one; while it rests, the emptied slot is empty, and nothing of it predicted."""
    guard, one = Steady(), hand(480, 300, right=0.9)
    guard(with_hands(0, None, one))
    guard(with_hands(1, one, one))
    rested = replace(with_hands(2, one, one), predicted=frozenset({"left_hand", "right_hand"}))
    out = guard(rested)
    assert out.left_hand is None
    assert out.right_hand is not None
    assert out.predicted == {"right_hand"}
