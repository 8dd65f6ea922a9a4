"""The whole engine on real clips: what it finds, on which side, and what it does when there is nobody."""

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np
import pytest

from trackers import effort
from trackers.beside import Threads
from trackers.engine import Tracker, TrackerSettings, open_tracker
from trackers.geometry import head_angles
from trackers.hands import hand_size_px
from trackers.schedule import Plan, Schedule
from trackers.skeleton import BODY_INDEX
from trackers.types import PARTS, Frame, Stamp, Tracking

CLIPS = ("again", "book", "brother", "hungry", "no", "thanks", "want", "yes")


@pytest.fixture(scope="module")
def opened(models: None) -> Iterator[Tracker]:
    with open_tracker(TrackerSettings()) as tracker:
        yield tracker


@pytest.fixture
def tracker(opened: Tracker) -> Tracker:
    opened.reset()
    return opened


@pytest.fixture
def pass_ms(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets so many milliseconds pass at once, by the performance counter."""
    clock_ns, passed_ms = time.perf_counter_ns, [0]
    monkeypatch.setattr(time, "perf_counter_ns", lambda: clock_ns() + sum(passed_ms) * 1_000_000)
    return passed_ms.append


def frame_of(image: np.ndarray, seq: int = 0) -> Frame:
    return Frame(image=image, stamp=Stamp(seq=seq, captured_ns=seq))


def check_sides(tracking: Tracking) -> None:
    """Each hand starts at its own side's wrist."""
    assert tracking.body is not None
    for side, hand in (("left", tracking.left_hand), ("right", tracking.right_hand)):
        if hand is not None:
            wrist = tracking.body.keypoints_px[BODY_INDEX[f"{side}_wrist"], :2]
            size = np.hypot(*(hand.keypoints_px[12, :2] - hand.keypoints_px[0, :2]))
            assert np.hypot(*(hand.keypoints_px[0, :2] - wrist)) < max(60.0, 1.5 * size)


@pytest.mark.needs_data
@pytest.mark.parametrize("clip", ["want", "yes"])
def test_a_signer_is_found_with_the_right_hand_in_the_right_slot(
    tracker: Tracker, read_clip: Callable[..., Iterator[Frame]], clip: str
) -> None:
    """Body and face in every frame; hands by the person's own sides, agreeing with the model's handedness."""
    results = [tracker.track(frame) for frame in read_clip(f"asl/{clip}.mkv")]
    assert all(result.body is not None and result.face is not None for result in results)
    lefts = [result.left_hand.right_probability for result in results if result.left_hand is not None]
    rights = [result.right_hand.right_probability for result in results if result.right_hand is not None]
    assert min(len(lefts), len(rights)) > 0.6 * len(results)
    assert np.mean(lefts) < 0.35
    assert np.mean(rights) > 0.65
    for result in results:
        check_sides(result)
        assert result.body is not None
        shoulders = result.body.keypoints_px[[BODY_INDEX["left_shoulder"], BODY_INDEX["right_shoulder"]], 0]
        assert shoulders[0] > shoulders[1]  # facing the camera, the person's left is image-right


@pytest.mark.needs_data
@pytest.mark.parametrize("mode", ["accurate", "balanced"])
@pytest.mark.parametrize(("clip", "looks"), [("yes", {"face", "left", "right"}), ("book", {"face", "left", "right", "search"})])
def test_what_is_looked_at_early_is_what_is_found_one_by_one(
    models: None,
    read_clip: Callable[..., Iterator[Frame]],
    monkeypatch: pytest.MonkeyPatch,
    clip: str,
    looks: set[str],
    mode: Literal["accurate", "balanced"],
) -> None:
    """On two threads face and hands are looked at beside the body as soon as the person is proven; on one thread never."""
    early: list[tuple[int, str]] = []
    begin = Threads.begin
    monkeypatch.setattr(
        Threads, "begin", lambda threads, name, look: (early.append((threads.most, name)), begin(threads, name, look))[1]
    )
    frames = list(itertools.islice(read_clip(f"asl/{clip}.mkv"), 20))
    one_by_one, beside = ([], [])
    for threads, results in ((1, one_by_one), (2, beside)):
        with open_tracker(TrackerSettings(mode=mode, threads=threads)) as tracker:
            results += [tracker.track(frame) for frame in frames]
    assert {most for most, _ in early} == {2}
    assert {name for _, name in early} >= looks
    assert len(early) > len(frames)  # the first frame proves the person
    for one, other in zip(one_by_one, beside, strict=True):
        assert one.predicted == other.predicted
        for part in PARTS:
            wanted, got = getattr(one, part), getattr(other, part)
            assert (wanted is None) == (got is None)
            if wanted is not None:
                np.testing.assert_allclose(got.keypoints_px[:, :2], wanted.keypoints_px[:, :2], atol=1.0)


@pytest.mark.needs_data
def test_a_part_that_is_looked_at_alone_has_all_threads(
    models: None, read_clip: Callable[..., Iterator[Frame]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Threads, "begin", lambda *_: pytest.fail("nothing goes on beside the body"))
    with open_tracker(TrackerSettings(mode="accurate", threads=2, hands=False, face=False)) as tracker:
        assert all(tracker.track(frame).body is not None for frame in itertools.islice(read_clip("asl/yes.mkv"), 4))


@pytest.mark.needs_data
def test_the_turning_head_turns_the_right_way(tracker: Tracker, read_clip: Callable[..., Iterator[Frame]]) -> None:
    """About -43 to 31 degrees of yaw, and the nose lies image-right of the eyes' middle exactly when the yaw is positive."""
    yaws, noses = [], []
    for frame in read_clip("face/head-pose-face-detection-female.gif"):
        face = tracker.track(frame).face
        assert face is not None
        yaws.append(float(np.degrees(head_angles(face.camera_from_head)[0])))
        points = face.keypoints_px[:, 0]
        noses.append(float(points[1] - (points[33] + points[263]) / 2))
    assert len(yaws) > 20
    assert -55 < min(yaws) < -36
    assert 25 < max(yaws) < 40
    assert np.corrcoef(yaws, noses)[0, 1] > 0.95


@pytest.mark.parametrize("kind", ["black", "wall", "noise"])
def test_nobody_is_found_where_nobody_is(tracker: Tracker, kind: str) -> None:
    """Black, a bare wall and noise, from the first frame on."""
    noise = np.random.default_rng(0)
    for seq in range(6):
        image = {
            "black": np.zeros((480, 640, 3), dtype=np.uint8),
            "wall": np.full((480, 640, 3), 180, dtype=np.uint8),
            "noise": noise.integers(0, 256, (480, 640, 3), dtype=np.uint8),
        }[kind]
        found = tracker.track(frame_of(image, seq))
        assert (found.body, found.face, found.left_hand, found.right_hand) == (None, None, None, None)
        assert (found.width_px, found.height_px) == (640, 480)


@pytest.mark.needs_data
def test_a_person_who_leaves_is_gone_and_comes_back(tracker: Tracker, read_clip: Callable[..., Iterator[Frame]]) -> None:
    """The room without the person gives nothing within half a second, and the first frame with them finds them."""
    clip = list(read_clip("asl/want.mkv", most=4))
    room = clip[0].image.copy()
    room[:, 95:400] = room[:, 400:405].mean(axis=1, keepdims=True).astype(np.uint8)
    assert all(tracker.track(frame).body is not None for frame in clip)
    gone = [tracker.track(frame_of(room, seq)) for seq in range(15)][-1]
    assert (gone.body, gone.face, gone.left_hand, gone.right_hand) == (None, None, None, None)
    back = tracker.track(clip[0])
    assert back.body is not None
    assert back.face is not None


@pytest.mark.needs_data
def test_a_lone_hand_is_no_body(tracker: Tracker, read_clip: Callable[..., Iterator[Frame]]) -> None:
    """The pose model sees a person in the spelling hand; we report the hand only."""
    for frame in read_clip("hands/asl_hand.25fps.mp4", step=4, most=12):
        found = tracker.track(frame)
        assert found.body is None
        assert found.right_hand is not None


@pytest.mark.needs_data
def test_reset_gives_the_same_answers_again(tracker: Tracker, read_clip: Callable[..., Iterator[Frame]]) -> None:
    """Tracking is a function of the frames since the last reset."""
    clip = list(read_clip("asl/no.mkv", most=5))
    first = [tracker.track(frame) for frame in clip]
    tracker.reset()
    for one, other in zip(first, [tracker.track(frame) for frame in clip], strict=True):
        assert one.body is not None
        assert other.body is not None
        np.testing.assert_array_equal(one.body.keypoints_px, other.body.keypoints_px)


@pytest.mark.needs_data
def test_a_picture_of_another_size_is_another_scene(tracker: Tracker, read_clip: Callable[..., Iterator[Frame]]) -> None:
    """Of a camera that was exchanged nothing is carried on: not who is there, and not where a hand was."""
    for frame in read_clip("asl/want.mkv", most=6):
        assert tracker.track(frame).body is not None
    for frame in read_clip("hands/asl_hand.25fps.mp4", step=4, most=12):
        found = tracker.track(Frame(frame.image, Stamp(frame.stamp.seq, frame.stamp.captured_ns + 10_000_000_000)))
        assert found.body is None
        assert found.right_hand is not None


@pytest.mark.needs_data
def test_a_clip_begun_anew_is_another_scene(tracker: Tracker, read_clip: Callable[..., Iterator[Frame]]) -> None:
    """Stamps that run backwards are those of another film, or of one that is shown again."""
    clip = list(read_clip("asl/no.mkv", most=5))
    first, again = [[tracker.track(frame) for frame in clip] for _ in range(2)]
    for one, other in zip(first, again, strict=True):
        assert one.body is not None
        assert other.body is not None
        np.testing.assert_array_equal(one.body.keypoints_px, other.body.keypoints_px)


@pytest.mark.needs_data
def test_after_a_reset_no_frame_counts_as_late_by_the_stamps_before(
    models: None, read_clip: Callable[..., Iterator[Frame]], pass_ms: Callable[[int], None]
) -> None:
    """Another source's stamps may be older than those were by any time: how late its frames come, they tell themselves."""
    with open_tracker(TrackerSettings(mode="accurate", budget_share=0.75, fps=1.25)) as tracker:
        for older_ns in (0, 10_000_000_000):
            tracker.reset()
            for frame in read_clip("asl/want.mkv", most=4):
                pass_ms(800)
                found = tracker.track(Frame(frame.image, Stamp(frame.stamp.seq, time.perf_counter_ns() - older_ns)))
                assert {"body", "face"} <= {part for part in PARTS if getattr(found, part) is not None} - found.predicted


@pytest.mark.needs_data
def test_parts_that_are_off_are_not_looked_for(models: None, read_clip: Callable[..., Iterator[Frame]]) -> None:
    """Without hands and face there is a body, and their models are not even opened."""
    with open_tracker(TrackerSettings(hands=False, face=False, body_model="lite", threads=1)) as tracker:
        found = [tracker.track(frame) for frame in read_clip("asl/want.mkv", most=2)][-1]
        assert found.body is not None
        assert (found.face, found.left_hand, found.right_hand) == (None, None, None)
        assert tracker._parts.hands is None  # type: ignore[attr-defined]
        assert tracker._parts.face is None  # type: ignore[attr-defined]
        assert tracker.info.reason == "balanced: body lite on the CPU, 1 thread"


def test_a_tracker_must_be_entered_first() -> None:
    """A programming error says so."""
    with pytest.raises(RuntimeError, match="must be entered"):
        open_tracker(TrackerSettings()).track(frame_of(np.zeros((8, 8, 3), dtype=np.uint8)))


@pytest.mark.needs_data
@pytest.mark.needs_mediapipe
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_all_clips_against_the_reference(tracker: Tracker, read_clip: Callable[..., Iterator[Frame]]) -> None:
    """Body and face in 98 % of each clip, each hand at least as often as the reference has it; of the hands that it has, 80 %,
    in the same slots and places.
    """
    pytest.importorskip("mediapipe")
    wanted, found, ours_in_all = ({"left": 0, "right": 0} for _ in range(3))
    of_size: list[float] = []
    for clip in CLIPS:
        with open_tracker(TrackerSettings(engine="mediapipe")) as reference:
            tracker.reset()
            frames = list(read_clip(f"asl/{clip}.mkv"))
            with ThreadPoolExecutor(1) as beside:  # half the minutes on two cores
                pairs = list(zip(map(tracker.track, frames), beside.map(reference.track, frames), strict=True))
        for part in ("body", "face"):
            share = np.mean([getattr(ours, part) is not None for ours, _ in pairs])
            assert share >= 0.98, f"{clip}: {part} in {share:.0%} of the frames"
        gaps = []
        any_theirs = any_ours = 0
        for ours, theirs in pairs:
            either = theirs.left_hand is not None or theirs.right_hand is not None
            any_theirs += either
            any_ours += either and (ours.left_hand is not None or ours.right_hand is not None)
            for side in ("left", "right"):
                mine, other = getattr(ours, f"{side}_hand"), getattr(theirs, f"{side}_hand")
                ours_in_all[side] += mine is not None
                wanted[side] += other is not None
                found[side] += other is not None and mine is not None
                if mine is not None and other is not None:
                    gaps.append(np.hypot(*(mine.keypoints_px - other.keypoints_px)[:, :2].T).mean())
                    of_size.append(gaps[-1] / hand_size_px(other.keypoints_px))
        assert any_ours >= 0.8 * any_theirs, f"{clip}: hands in {any_ours} of {any_theirs} frames"
        assert np.median(gaps) < 4, f"{clip}: hands {np.median(gaps):.1f} px from the reference"
    assert np.median(of_size) < 0.04, f"hands {np.median(of_size):.1%} of their size from the reference"
    assert all(found[side] >= 0.8 * wanted[side] for side in wanted), (found, wanted)
    assert all(ours_in_all[side] >= wanted[side] for side in wanted), (ours_in_all, wanted)


@pytest.mark.needs_data
def test_what_does_not_change_is_carried_on_and_said_to_be(
    models: None, tracker: Tracker, read_clip: Callable[..., Iterator[Frame]]
) -> None:
    """The same picture again: balanced rests and says which parts it did not look at; accurate looks at all of them."""
    (frame,) = read_clip("asl/want.mkv", most=1)
    first, second = (tracker.track(Frame(frame.image, Stamp(seq, seq * 33_333_333))) for seq in (0, 1))
    assert first.predicted == frozenset()
    assert {"body", "face"} <= second.predicted
    assert second.body is first.body
    with open_tracker(TrackerSettings(mode="accurate", hands=False)) as accurate:
        looked = [accurate.track(Frame(frame.image, Stamp(seq, seq * 33_333_333))) for seq in (0, 1)]
    assert [tracking.predicted for tracking in looked] == [frozenset(), frozenset()]


@pytest.mark.needs_data
def test_a_small_budget_takes_turns_with_lighter_models(models: None, read_clip: Callable[..., Iterator[Frame]]) -> None:
    """With a millisecond for a frame the lightest models run, one part at a time, and all are followed all the same."""
    with open_tracker(TrackerSettings(budget_share=0.03, threads=1, precision="fp32")) as tracker:
        found = [tracker.track(frame) for frame in read_clip("asl/want.mkv", most=24)]
        assert tracker.info.reason == "balanced: body lite, hands lite, face on the CPU, 1 thread; eased to keep 1 ms a frame"
    assert all(tracking.body is not None and tracking.face is not None for tracking in found[1:])
    looked = [4 - len(tracking.predicted) - sum(getattr(tracking, p) is None for p in PARTS) for tracking in found[1:]]
    assert max(looked) <= 1
    assert all(any(part not in tracking.predicted for tracking in found[4:]) for part in PARTS)


@pytest.mark.needs_data
def test_a_frame_that_waited_long_is_one_of_rest(
    models: None, read_clip: Callable[..., Iterator[Frame]], pass_ms: Callable[[int], None]
) -> None:
    """A look at anything would make others be missed: what was seen is carried on, and looked at in the next frame."""
    looked = []
    with open_tracker(TrackerSettings(mode="accurate", budget_share=0.75, fps=1.25)) as tracker:
        for frame, waited_ms in zip(read_clip("asl/want.mkv", most=5), (0, 0, 0, 1500, 0), strict=True):
            pass_ms(800)
            stamp = Stamp(frame.stamp.seq, time.perf_counter_ns())
            pass_ms(waited_ms)
            found = tracker.track(Frame(frame.image, stamp))
            assert found.body is not None
            looked.append({part for part in PARTS if getattr(found, part) is not None} - found.predicted)
    assert {"body", "face"} <= looked[2]
    assert looked[3] == set()
    assert {"body", "face"} <= looked[4]


@pytest.mark.needs_data
def test_the_schedule_knows_of_searches(
    models: None, read_clip: Callable[..., Iterator[Frame]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both hands are searched for at first; those that are found then take a look each."""
    told, plan = [], Schedule.plan
    monkeypatch.setattr(Schedule, "plan", lambda *args, **more: told.append(more["looks"]) or plan(*args, **more))
    with open_tracker(TrackerSettings()) as tracker:
        for frame in read_clip("asl/want.mkv", most=3):
            found = tracker.track(frame)
    assert found.left_hand is not None
    assert told[0] == {"left_hand": 2, "right_hand": 2}
    assert told[-1]["left_hand"] == 1


@pytest.mark.needs_data
def test_it_eases_when_the_camera_is_too_quick_and_recovers_when_there_is_time(
    models: None, read_clip: Callable[..., Iterator[Frame]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By stamps alone: at 250 frames a second no computer keeps up, at one a second every one does. It says so."""
    monkeypatch.setattr(effort, "FIRST_RETRY_FRAMES", effort.WINDOW_FRAMES + 1)
    clip = itertools.cycle([frame.image for frame in read_clip("asl/want.mkv")])
    stamps, told = iter(range(1000)), list[str]()
    now_ns = 0
    with open_tracker(TrackerSettings(budget_share=0.75, fps=1.1, precision="fp32")) as tracker:
        for period_ns, frames, last in ((900_000_000, 2, "full"), (4_000_000, 100, "lite"), (900_000_000, 90, "full")):
            for _ in range(frames):
                now_ns += period_ns
                found = tracker.track(Frame(next(clip), Stamp(next(stamps), now_ns)))
                if told[-1:] != [tracker.info.reason]:
                    told.append(tracker.info.reason)
            assert f"body {last}" in told[-1]
    whole, eased = told[0], [reason for reason in told if "eased to keep" in reason]
    assert whole.startswith("balanced: body full, hands full, face on the CPU")
    assert told[-1] == whole
    assert ["hands full" in reason for reason in told] == [True, False, False, False, True]
    assert len(eased) == 3
    assert found.body is not None
    assert found.face is not None


@pytest.mark.needs_data
def test_a_hand_found_while_the_other_was_searched_is_no_prediction(
    models: None, read_picture: Callable[[str], Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the right hand is due, and the search for it comes upon the left one: that was looked at in this frame."""
    plan = Plan(frozenset({"body", "face", "right_hand"}), 0.0, float("inf"))
    monkeypatch.setattr(Schedule, "plan", lambda *_, **__: plan)
    with open_tracker(TrackerSettings()) as tracker:
        tracking = tracker.track(read_picture("hands/hand_thumb_up.jpg"))
    assert tracking.left_hand is not None
    assert tracking.predicted == frozenset()


@pytest.mark.needs_data
def test_opened_again_it_carries_nothing_on(models: None, read_clip: Callable[..., Iterator[Frame]]) -> None:
    """A tracker that was closed and opened looks at every part of its first frame, though the picture is the old one."""
    (frame,) = read_clip("asl/want.mkv", most=1)
    tracker = open_tracker(TrackerSettings(threads=1))
    for seq in (0, 1):
        with tracker:
            tracking = tracker.track(Frame(frame.image, Stamp(seq, seq * 33_333_333)))
        assert tracking.body is not None
        assert tracking.predicted == frozenset()
