"""What a user sees when a person leaves, hides, is joined by another, or the camera fails: on clips made from real ones.

Each test says how the parts' states go on (`trackers.part_state`), that nothing teleports, and how soon what is back is found.
"""

import logging
from collections.abc import Callable, Iterator, Sequence

import cv2
import made_clips as made
import numpy as np
import pytest

from trackers import presence
from trackers.engine import Tracker, TrackerSettings, open_tracker
from trackers.part_state import NEVER_SEEN, PartTimes, passed
from trackers.person import Policy
from trackers.skeleton import BODY_INDEX
from trackers.types import PARTS, BodyTracking, Frame, ImageArray, Tracking

log = logging.getLogger(__name__)
pytestmark = pytest.mark.needs_data

SOON = 6
"""Frames within which what is back must be found: 0.2 s."""
AWAY = 30
"""Frames after which a part that is lost is idle."""
Clip = Callable[[str], list[ImageArray]]


@pytest.fixture(scope="module")
def opened(models: None) -> Iterator[Tracker]:
    with open_tracker(TrackerSettings()) as tracker:
        yield tracker


@pytest.fixture
def track(opened: Tracker) -> Callable[[Sequence[Frame]], list[Tracking]]:
    """Tracks a made clip from a fresh start; everything that comes out is finite."""
    opened.reset()

    def run(clip: Sequence[Frame]) -> list[Tracking]:
        found = [opened.track(frame) for frame in clip]
        for tracking in found:
            for part in (tracking.body, tracking.left_hand, tracking.right_hand):
                assert part is None or (np.isfinite(part.keypoints_px).all() and np.isfinite(part.world_m).all())
            assert tracking.face is None or np.isfinite(tracking.face.keypoints_px).all()
        return found

    return run


@pytest.fixture(scope="module")
def clip(read_clip: Callable[..., Iterator[Frame]]) -> Clip:
    """Reads a signer's pictures, once."""
    kept: dict[str, list[ImageArray]] = {}

    def read(name: str) -> list[ImageArray]:
        if name not in kept:
            kept[name] = [frame.image for frame in read_clip(f"asl/{name}.mkv", most=50)]
        return kept[name]

    return read


@pytest.fixture(scope="module")
def room(clip: Clip) -> ImageArray:
    """The room of the clip `want` without the person."""
    return made.painted_out(clip("want")[0], left=95, right=400)


def story(trackings: Sequence[Tracking], part: str) -> list[str]:
    """Return the states that a part goes through."""
    state, told = NEVER_SEEN, [NEVER_SEEN.phase]
    for tracking in trackings:
        found, time_ns = getattr(tracking, part) is not None, tracking.stamp.captured_ns
        steps = passed(state, found=found, time_ns=time_ns, times=PartTimes())
        told += [step.phase for step in steps if step.phase != told[-1]]
        state = steps[-1]
    return told


LOST_AND_FOUND = ["idle", "tracked", "holding", "decaying", "idle", "tracked"]


def shoulders(body: BodyTracking) -> np.ndarray:
    """Return the middle of the shoulders in pixels."""
    return body.keypoints_px[[BODY_INDEX["left_shoulder"], BODY_INDEX["right_shoulder"]], :2].mean(axis=0)


def check_steady(trackings: Sequence[Tracking], *, most_px: float = 60) -> None:
    """No body is far from where it was when it was last seen."""
    seen = [shoulders(tracking.body) for tracking in trackings if tracking.body is not None]
    steps = np.hypot(*np.diff(seen, axis=0).T)
    assert steps.max() < most_px, steps.round()


def check_belongs(tracking: Tracking) -> None:
    """The face is where the body has its head, and the hands are no larger than its hands."""
    assert tracking.body is not None
    if tracking.face is not None:
        assert presence.has_face_there(tracking.body, tracking.face)
    for hand in (tracking.left_hand, tracking.right_hand):
        assert hand is None or presence.is_hand_of(tracking.body, hand)


def frames_to_find(back: Sequence[Tracking], what: str) -> dict[str, int]:
    """Return after how many frames each part is found, 1 for the first one; also for docs/tracking.md, through the log."""
    first = {part: [getattr(tracking, part) is not None for tracking in back] for part in PARTS}
    frames = {part: seen.index(True) + 1 for part, seen in first.items() if any(seen)}
    log.info("%s: found in frame %s", what, frames)
    return frames


def frames_to_lose(away: Sequence[Tracking], what: str) -> int:
    """Return after how many frames nothing at all is found any more."""
    lost = max((step for step, tracking in enumerate(away) if not nobody([tracking])), default=-1) + 1
    log.info("%s: gone after %d frames", what, lost)
    return lost


def nobody(trackings: Sequence[Tracking]) -> bool:
    """Tell whether nothing at all is found."""
    return all(getattr(tracking, part) is None for tracking in trackings for part in PARTS)


@pytest.mark.parametrize("away", ["room", "black", "snow", "cartoon"])
def test_who_leaves_comes_to_rest_and_is_found_at_once_on_return(track, clip: Clip, room: ImageArray, away: str) -> None:
    """An empty room, a covered lens, snow, a cartoon held up: nobody is there after 0.1 s, everything idles within a second."""
    person = clip("want")
    if away == "room":
        pause = [room] * AWAY
    elif away == "black":
        pause = made.black(room, AWAY)
    else:
        pause = made.noise(room, AWAY) if away == "snow" else [made.cartoon()] * AWAY
    found = track(made.frames(person[:4], pause, person[10:18]))
    assert frames_to_lose(found[4 : 4 + AWAY], away) <= 3
    again = frames_to_find(found[4 + AWAY :], away)
    assert again["body"] == again["face"] == 1
    assert all(again[part] <= SOON for part in PARTS)
    assert all(story(found, part)[:6] == LOST_AND_FOUND for part in PARTS)
    check_steady(found)


def test_who_comes_back_to_a_slow_computer_is_found_whole(models: None, clip: Clip, room: ImageArray) -> None:
    """With time for one look in a few frames: the face comes with the body, both hands in the three frames after."""
    person = clip("yes")[10:16]
    settings = TrackerSettings(budget_share=0.1, threads=1)  # 3 ms; the least look takes more
    with open_tracker(settings) as tracker:
        found = [tracker.track(frame) for frame in made.frames(person, [room] * AWAY, person * 3)]
    back = found[len(person) + AWAY :]
    again = frames_to_find(back, "back to a slow computer")
    assert again["body"] <= SOON
    assert again["face"] == again["body"]
    assert max(again["left_hand"], again["right_hand"]) <= again["body"] + 3


def test_who_walks_out_and_comes_back_elsewhere_is_found_at_once(track, clip: Clip, room: ImageArray) -> None:
    """Out to the left, back 200 pixels to the right of where they were."""
    person = clip("want")
    out = [made.shifted(person[0], -40 * step) for step in range(1, 12)]
    found = track(made.frames(person[:3], out, [room] * 8, [made.shifted(image, 200) for image in person[20:26]]))
    assert nobody(found[-9:-6])
    again = frames_to_find(found[-6:], "walked out, back elsewhere")
    assert again["body"] <= 2
    assert again["face"] <= SOON


def test_a_drawn_person_is_nobody(track) -> None:
    """Neither the cartoon nor our own character is taken for a person, from the first frame on."""
    from avatar import idle
    from avatar.camera import Framing
    from avatar.mascot import build_mascot
    from avatar.puppet import PuppetRenderer
    from trackers.types import Stamp

    renderer = PuppetRenderer(build_mascot(), width_px=480, height_px=480, framing=Framing.UPPER)
    drawn = renderer.render(idle.idle_pose(1.0, stamp=Stamp(0, 0)), time_ns=10**9)
    alpha = drawn.image[:, :, 3:] / 255
    on_wall = (drawn.image[:, :, :3] * alpha + 200 * (1 - alpha)).astype(np.uint8)
    assert nobody(track(made.frames([made.cartoon()] * 8, [on_wall] * 8, [made.dark(made.cartoon(), 0.5)] * 4)))


def test_a_hand_behind_the_back_is_lost_alone(track, clip: Clip) -> None:
    """The right hand goes to idle and comes back; body and face do not care."""
    image = clip("yes")[30]
    (seen,) = track(made.frames([image]))
    assert seen.right_hand is not None
    low, high = seen.right_hand.keypoints_px[:, :2].min(axis=0) - 25, seen.right_hand.keypoints_px[:, :2].max(axis=0) + 25
    (left, top), (right, bottom) = low.astype(int), high.astype(int)
    hidden = made.painted_out(image, left=left, right=right, top=top, bottom=bottom)
    found = track(made.frames([image] * 4, [hidden] * AWAY, [image] * SOON))
    assert story(found, "right_hand") == LOST_AND_FOUND
    assert frames_to_find(found[-SOON:], "hand behind the back")["right_hand"] <= SOON
    assert story(found, "body") == story(found, "face") == ["idle", "tracked"]
    check_steady(found, most_px=15)


def points_over_the_face(tracking: Tracking) -> int:
    """Return how many of the right hand's keypoints lie before the face."""
    if tracking.face is None or tracking.right_hand is None:
        return 0
    outline = cv2.convexHull(np.ascontiguousarray(tracking.face.keypoints_px[:, :2], dtype=np.float32))
    points = tracking.right_hand.keypoints_px[:, :2]
    return sum(cv2.pointPolygonTest(outline, (float(x), float(y)), False) >= 0 for x, y in points)


def test_a_hand_before_the_face_leaves_both_where_they_are(track, read_clip: Callable[..., Iterator[Frame]]) -> None:
    """A hand that gestures comes before the face: the face stays where it is, the body too, and the hand is found."""
    found = track(list(read_clip("hands/gesture_test_video.mp4", step=8)))
    assert story(found, "body") == story(found, "face") == ["idle", "tracked"]
    assert story(found, "right_hand")[-1] == "tracked"
    assert max(points_over_the_face(tracking) for tracking in found) >= 10
    noses = np.array([tracking.face.keypoints_px[1, :2] for tracking in found if tracking.face is not None])
    assert np.hypot(*np.diff(noses, axis=0).T).max() < 60
    check_steady(found)


def test_a_face_turned_away_is_lost_alone(track, clip: Clip) -> None:
    """Only hair to be seen: the body stays, the face idles, and is found at once when it turns back."""
    person = clip("want")
    found = track(made.frames([person[0]]))
    assert found[0].face is not None
    x, y = found[0].face.keypoints_px[:, :2].mean(axis=0)
    size = float(np.ptp(found[0].face.keypoints_px[:, 1]))
    turned = made.hair(person[0], x=int(x), y=int(y), radius=int(0.75 * size))
    found = track(made.frames(person[:4], [turned] * AWAY, person[4:10]))
    assert story(found, "body") == ["idle", "tracked"]
    assert story(found, "face") == LOST_AND_FOUND
    assert frames_to_find(found[-SOON:], "face turned away")["face"] <= SOON
    check_steady(found)


@pytest.mark.parametrize("shift_px", [0, 170])
def test_a_cut_to_another_person_does_not_mix_the_two(track, clip: Clip, shift_px: int) -> None:
    """The first frame of the new scene has the new person, with the new person's face and hands."""
    new = [made.shifted(image, shift_px) for image in clip("book")[20:32]]
    found = track(made.frames(clip("want")[:8], new))
    for tracking in found[8 + 1 :]:
        check_belongs(tracking)
        assert tracking.body is not None
        assert abs(shoulders(tracking.body)[0] - (308 + shift_px)) < 15
    again = frames_to_find(found[8:], f"cut, {shift_px} px apart")
    assert max(again["body"], again["face"]) <= 3


@pytest.mark.parametrize("gains", [(1.0, 0.25, 0.25), (0.3, 0.4, 1.0), (1.7, 1.7, 1.7)], ids=["red", "blue", "flash"])
def test_a_lamp_that_changes_moves_nobody(track, clip: Clip, gains: tuple[float, float, float]) -> None:
    """Posecast switches lamps itself: of two people the one who was followed stays followed, without a frame lost."""
    two = [made.beside(left, right) for left, right in zip(clip("want")[:30], clip("brother")[:30], strict=True)]
    found = track(made.frames(two[:15], [made.lit(image, gains) for image in two[15:25]], two[25:]))
    places = [None if tracking.body is None else float(shoulders(tracking.body)[0]) for tracking in found[3:]]
    assert None not in places
    assert np.ptp([place for place in places if place is not None]) < 60


def test_a_larger_person_who_joins_does_not_take_over(track, clip: Clip) -> None:
    """Followed is who was followed; when they go, who is left, within 0.2 s."""
    one, other = clip("want"), clip("yes")
    both = [made.wide(one[step], other[step] if step >= 6 else None) for step in range(18)]
    gone = [made.pasted(both[-1], np.full((480, 480, 3), 190, dtype=np.uint8), x=0, y=0)] * 8
    found = track(made.frames(both, gone))
    assert all(tracking.body is not None and shoulders(tracking.body)[0] < 240 for tracking in found[:18])
    assert all(tracking.body is not None and shoulders(tracking.body)[0] > 720 for tracking in found[18 + SOON :])
    frames_to_find(found[18:], "the followed one leaves, another is there")


@pytest.mark.parametrize("name", ["book", "yes"])
def test_who_crosses_in_front_is_not_taken_for_the_one_behind(track, clip: Clip, name: str) -> None:
    """While they hide the followed person nobody is shown; after that it is the same person again, at once."""
    one, passer = clip("want"), clip(name)[0][:, 185:445]
    crossing = [made.pasted(one[step], passer, x=400 - 30 * step, y=0) for step in range(21)]
    found = track(made.frames(one[:6], crossing, one[27:33]))
    places = [shoulders(tracking.body)[0] for tracking in found if tracking.body is not None]
    assert max(abs(place - 268) for place in places) < 40, places
    assert nobody(found[6 + 7 : 6 + 12])
    frames_to_find(found[6 + 12 :], f"{name} crossed in front, and leaves them free")
    assert all(tracking.body is not None and tracking.face is not None for tracking in found[-6 + 1 :])


@pytest.mark.parametrize(("person", "expected"), [("left", 268), ("right", 949), ("largest", 949)])
def test_the_first_choice_is_the_users(models: None, clip: Clip, person: Policy, expected: int) -> None:
    """Two people from the start: by place in the picture, or the larger and more central one."""
    settings = TrackerSettings(hands=False, face=False, body_model="lite", person=person)
    left = made.pasted(np.full_like(clip("want")[0], 190), made.resized(clip("want")[0], 576, 432), x=0, y=48)
    with open_tracker(settings) as tracker:
        found = [tracker.track(frame) for frame in made.frames([made.beside(left, clip("yes")[0])] * 2)][-1]
    assert found.body is not None
    assert abs(shoulders(found.body)[0] - expected) < 40


def test_a_camera_upside_down_shows_the_person_upside_down(track, clip: Clip) -> None:
    """They are tracked as they are, head down, their own left and right kept."""
    upright = clip("want")[10:16]
    found = track(made.frames([image[::-1, ::-1] for image in upright]))
    for tracking in found[1:]:
        assert tracking.body is not None
        points = tracking.body.keypoints_px
        assert points[BODY_INDEX["nose"], 1] > points[BODY_INDEX["left_shoulder"], 1]
        assert points[BODY_INDEX["left_shoulder"], 0] < points[BODY_INDEX["right_shoulder"], 0]
        check_belongs(tracking)
    check_steady(found)


LOOKS: dict[str, tuple[Callable[[ImageArray], ImageArray], float]] = {
    "160x120": (lambda image: made.resized(image, 160, 120), 0.25),
    "4K": (lambda image: made.resized(image[:360], 3840, 2160), 6.0),
    "grey": (made.grey, 1.0),
    "dark": (lambda image: made.dark(image, 0.15), 1.0),
}


@pytest.mark.parametrize("look", LOOKS)
def test_other_cameras_give_the_same(track, clip: Clip, look: str) -> None:
    """Small, huge, without colour and in little light: all parts within 0.2 s, in the same places, to 5 % of the torso."""
    change, scale = LOOKS[look]
    person = clip("want")[10:18]
    found, usual = track(made.frames([change(image) for image in person])), track(made.frames(person))
    again = frames_to_find(found, look)
    assert all(again[part] <= SOON for part in PARTS)
    for one, other in zip(found, usual, strict=True):
        assert one.body is not None
        assert other.body is not None
        gap = np.hypot(*(shoulders(one.body) / scale - shoulders(other.body)))
        assert gap < 0.05 * presence.torso_px(other.body)


def test_in_the_dark_there_is_nobody(track, clip: Clip) -> None:
    """Too dark to see: cleanly lost, not guessed; found when the light comes back."""
    person = clip("want")
    found = track(made.frames(person[:3], [made.dark(image, 0.03) for image in person[3:13]], person[13:19]))
    assert frames_to_lose(found[3:13], "very dark") <= 3
    again = frames_to_find(found[13:], "light again")
    assert again["body"] == again["face"] == 1


def test_coming_back_is_no_jump(track, clip: Clip, room: ImageArray) -> None:
    """On the rig, at 60 pictures a second: the arms swing up from idle in 0.2 s, and no step differs much from the last."""
    from avatar.mascot import build_mascot
    from avatar.motion import Motion
    from avatar.retarget import Retargeter
    from avatar.rig import BONE_INDEX

    image = clip("want")[22]
    found = track(made.frames([image] * 6, [room] * AWAY, [image] * 10))
    retargeter, motion = Retargeter(build_mascot().rig), Motion()
    shown = []
    for tracking in found:
        motion.push(retargeter.retarget(tracking))
        at_ns = tracking.stamp.captured_ns
        shown += [motion.sample(at_ns + late_ns).rotations for late_ns in (5_000_000, 5_000_000 + made.FRAME_NS // 2)]
    turned = np.array(shown, dtype=np.float64)  # (samples, 55, 4)
    assert np.isfinite(turned).all()
    dots = np.abs(np.einsum("nbi,nbi->nb", turned[1:], turned[:-1])).clip(0, 1)
    arms = [BONE_INDEX[f"{side}{bone}"] for side in ("left", "right") for bone in ("UpperArm", "LowerArm")]
    steps_deg = 2 * np.degrees(np.arccos(dots))[2 * (6 + AWAY) - 2 :][:14, arms].max(axis=1)
    assert steps_deg.sum() > 60  # there was something to come back to
    assert np.abs(np.diff(steps_deg)).max() < 5, steps_deg.round(1)
    assert steps_deg.max() < 18, steps_deg.round(1)


@pytest.mark.parametrize("away_frames", [3, 6, 12])
def test_coming_back_elsewhere_after_a_moment_is_no_jump(track, clip: Clip, away_frames: int) -> None:
    """Before the parts have gone to idle: hips, head and face are eased in as the limbs are, 150 pixels aside."""
    from avatar.mascot import build_mascot
    from avatar.motion import Motion
    from avatar.retarget import Retargeter
    from avatar.rig import BONE_INDEX, Rig, forward_kinematics, joint_positions
    from avatar.types import BONE_COUNT
    from trackers.steady import Steady

    images = clip("want")
    aside = [made.shifted(image, 150) for image in images[30:45]]
    found = track(made.frames(images[15:30], made.black(images[0], away_frames), aside))
    rig = build_mascot().rig
    humanoid = Rig(rig.names[:BONE_COUNT], rig.parents[:BONE_COUNT], rig.rest_m[:BONE_COUNT])
    retargeter, guard, motion, heads, faces = Retargeter(rig), Steady(), Motion(), [], []
    for tracking in found:
        motion.push(retargeter.retarget(guard(tracking)))
        for late_ns in (45_000_000, 45_000_000 + made.FRAME_NS // 2):
            pose = motion.sample(tracking.stamp.captured_ns + late_ns)
            joints = joint_positions(humanoid, forward_kinematics(humanoid, pose.rotations, pose.root_m))
            heads.append(joints[BONE_INDEX["head"]])
            faces.append(pose.expression)
    back = slice(2 * (15 + away_frames) - 2, None)
    steps_mm = 1e3 * np.linalg.norm(np.diff(np.array(heads)[back], axis=0), axis=1)
    assert steps_mm.sum() > 40  # there was a way to go
    assert steps_mm.max() < 16, steps_mm.round(1)
    assert np.abs(np.diff(np.array(faces)[back], axis=0))[:12].max() < 0.12  # later the face itself moves
