"""OpenPose's JSON as a source of trackings."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from still_clock import StillClock

from avatar import rotations
from avatar.retarget import Retargeter
from avatar.rig import BONE_INDEX, BONE_PARENTS
from avatar.types import RigPose
from stream.sources import SourceSettings, open_source
from stream.sources.base import EndOfStream
from stream.sources.openpose import OpenPoseSource
from stream.sources.recording import DEMO_PATH
from trackers import keypoint_sets as sets
from trackers import quaternions as quat
from trackers.errors import SourceError
from trackers.person import Policy
from trackers.recording import read_pcast
from trackers.skeleton import BODY_INDEX
from trackers.types import Tracking

UNPACED = SourceSettings(paced=False, fps=25)
PLACES = {0: (320, 90), 1: (320, 180), 2: (250, 180), 3: (190, 250), 4: (130, 320), 5: (390, 180), 6: (450, 250), 7: (510, 320)}
PLACES |= {8: (320, 400), 9: (285, 400), 12: (355, 400), 15: (305, 75), 16: (335, 75), 17: (285, 85), 18: (355, 85)}


def frame(move_px: float = 0.0, **more: object) -> dict[str, object]:
    """A frame of someone whose arms hang outwards at 45 degrees, 640x480."""
    flat = np.zeros((25, 3))
    for row, (x, y) in PLACES.items():
        flat[row] = [x + move_px, y, 0.9]
    return {"version": 1.3, "people": [{"pose_keypoints_2d": flat.ravel().tolist()}], **more}


def all_of(source: OpenPoseSource) -> list[Tracking]:
    """Read to the end."""
    found = []
    try:
        while True:
            found.append(source.read())
    except EndOfStream:
        return found


def test_frames_come_at_the_rate_asked_for(tmp_path: Path) -> None:
    """A folder of frames opens through `--source` and plays in order; nobody in a frame is a tracking of nobody."""
    for number in range(3):
        value = frame(number) if number != 1 else {"version": 1.3, "people": []}
        (tmp_path / f"clip_{number:012d}_keypoints.json").write_text(json.dumps(value))
    source = open_source(str(tmp_path), UNPACED)
    assert isinstance(source, OpenPoseSource)
    with source:
        info = source.info
        found = all_of(source)
    assert (info.kind, info.width_px, info.height_px, info.fps) == ("recording", 640, 480, 25)
    assert info.detail == "3 frames of OpenPose (size guessed)"
    steps = np.diff([tracking.stamp.captured_ns for tracking in found])
    assert steps.tolist() == [40_000_000, 40_000_000]
    assert [tracking.body is None for tracking in found] == [False, True, False]
    assert [tracking.stamp.seq for tracking in found] == [0, 1, 2]


def folder_of(folder: Path, numbers: Iterable[int], *, name: str = "clip_{:012d}_keypoints.json", **more: object) -> Path:
    """Write a frame for each number, moved by about as many pixels."""
    for number in numbers:
        (folder / name.format(number)).write_text(json.dumps(frame(number % 100, **more)))
    return folder


def test_missing_frames_are_a_gap_in_time(tmp_path: Path) -> None:
    """Frames 5 to 7 and 35 to 37: nothing comes for 28 steps, and it is told how many are missing."""
    with OpenPoseSource(folder_of(tmp_path, (5, 6, 7, 35, 36, 37)), UNPACED) as source:
        detail, found = source.info.detail, all_of(source)
        assert source.info.fps == 25
    assert detail == "6 frames of OpenPose, 27 missing (size guessed)"
    steps = np.diff([tracking.stamp.captured_ns for tracking in found])
    assert (steps / 40_000_000).tolist() == [1, 1, 28, 1, 1]
    assert [tracking.stamp.seq for tracking in found] == [0, 1, 2, 3, 4, 5]


def test_a_loop_goes_on_one_step_after_the_last_number(tmp_path: Path) -> None:
    """A gap is in each round; live it is two seconds at most."""
    folder_of(tmp_path, (0, 3, 1000))
    with OpenPoseSource(tmp_path, SourceSettings(paced=False, fps=25, loop=True)) as source:
        stamps = [source.read().stamp.captured_ns for _ in range(6)]
    assert (np.diff(stamps) / 40_000_000).tolist() == [3, 997, 1, 3, 997]


def test_a_gap_is_waited_for_no_longer_than_two_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames that are missing for an hour are no reason to sit through it."""
    StillClock(monkeypatch)
    with OpenPoseSource(folder_of(tmp_path, (0, 3, 90_000)), SourceSettings(fps=25)) as source:
        stamps = [source.read().stamp.captured_ns for _ in range(3)]
    assert np.diff(stamps).tolist() == [120_000_000, 2_000_000_000]


def test_their_own_times_count_more_than_numbers(tmp_path: Path) -> None:
    """Where every frame says when it was, names say nothing."""
    for number, time_s in ((0, 0.0), (30, 0.1), (31, 0.2)):
        folder_of(tmp_path, [number], time_s=time_s)
    with OpenPoseSource(tmp_path, UNPACED) as source:
        stamps = [tracking.stamp.captured_ns for tracking in all_of(source)]
        assert source.info.detail == "3 frames of OpenPose (size guessed)"
    assert np.diff(stamps).tolist() == [100_000_000, 100_000_000]


def test_who_is_elsewhere_after_a_long_gap_is_followed_at_once(tmp_path: Path) -> None:
    """As after as many frames with nobody in them: whoever is there then is chosen as at first."""
    folder_of(tmp_path, (0, 1))
    (tmp_path / "clip_000000000040_keypoints.json").write_text(json.dumps(frame(900)))
    with OpenPoseSource(tmp_path, UNPACED) as source:
        assert all(tracking.body is not None for tracking in all_of(source))


def test_frames_keep_their_own_times_and_loop(tmp_path: Path) -> None:
    """Times in the file win over the rate; a loop goes on one step after the last frame."""
    size = {"canvas_width": 640, "canvas_height": 480}
    path = tmp_path / "x.json"
    path.write_text(json.dumps([frame(**size, time_s=1.0), frame(5, **size, time_s=1.1)]))
    with OpenPoseSource(path, SourceSettings(paced=False, loop=True)) as source:
        stamps = [source.read().stamp.captured_ns for _ in range(4)]
        assert np.diff(stamps).tolist() == [100_000_000] * 3
        assert source.info.fps == 10
        source.interrupt()
        with pytest.raises(EndOfStream):
            source.read()


@pytest.mark.parametrize("times_s", [(0.0, 1e-12), (0.2, 0.1), (0.0, 10**400), (0.0, float("nan")), (0.0, "soon")])
def test_times_that_are_none_give_way_to_the_rate(tmp_path: Path, times_s: tuple[object, object]) -> None:
    """Times that do not rise, or are no numbers of seconds, are left aside."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps([frame(time_s=time_s) for time_s in times_s]))
    with OpenPoseSource(path, UNPACED) as source:
        assert source.info.fps == 25
        assert len(all_of(source)) == 2


def test_nobody_waits_for_years_for_a_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Live a gap is two seconds at most; without a clock an hour, which every number of nanoseconds can hold."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps([frame(time_s=time_s) for time_s in (0, 0.5, 30.5, 1e11)]))
    for settings, steps_s in ((SourceSettings(), [0.5, 2.0, 2.0]), (UNPACED, [0.5, 30.0, 3600.0])):
        StillClock(monkeypatch)
        with OpenPoseSource(path, settings) as source:
            stamps = [source.read().stamp.captured_ns for _ in range(4)]
        assert np.diff(stamps) / 1e9 == pytest.approx(steps_s)


@pytest.mark.parametrize(("person", "moved_px"), [("largest", 0), ("left", -200), ("right", 200)])
def test_whom_to_follow_is_asked_of_it_too(tmp_path: Path, person: Policy, moved_px: int) -> None:
    """`--person` chooses among the people of a frame."""
    several = frame() | {"people": [one for move in (0, 200, -200) for one in frame(move)["people"]]}  # type: ignore[attr-defined]
    path = tmp_path / "x.json"
    path.write_text(json.dumps(several))
    with OpenPoseSource(path, SourceSettings(paced=False, person=person)) as source:
        body = source.read().body
    assert body is not None
    nose = body.keypoints_px[BODY_INDEX["nose"], 0]
    assert nose == pytest.approx(PLACES[0][0] + moved_px)


def test_single_frame_stands_still(tmp_path: Path) -> None:
    """One pose is repeated without end, as a picture is."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps(frame()))
    with OpenPoseSource(path, UNPACED) as source:
        found = [source.read() for _ in range(5)]
    assert [tracking.stamp.seq for tracking in found] == [0, 1, 2, 3, 4]


def test_arms_in_the_picture_are_the_avatars_arms(tmp_path: Path) -> None:
    """The pose drives the avatar: arms down and out at 45 degrees, the person upright, both sides alike."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps(frame()))
    with OpenPoseSource(path, UNPACED) as source:
        tracking = source.read()
    assert tracking.body is not None
    assert tracking.body.visibility[BODY_INDEX["left_wrist"]] == 1
    pose = Retargeter().retarget(tracking)
    for bone in ("leftUpperArm", "rightUpperArm", "head", "spine"):
        assert pose.confidence[BONE_INDEX[bone]] > 0.9, bone
    left, right = (pose.rotations[BONE_INDEX[f"{side}UpperArm"]] for side in ("left", "right"))
    assert np.abs(left * [1, -1, -1, 1] - right).max() < 0.02  # mirrored
    shoulder = pose.rotations[BONE_INDEX["leftShoulder"]]
    down_rad = 2 * np.arctan2(left[2], left[3]) + 2 * np.arctan2(shoulder[2], shoulder[3])
    assert np.degrees(down_rad) == pytest.approx(-45, abs=8)


def test_recorded_arms_follow_though_depth_is_gone(tmp_path: Path) -> None:
    """The built-in performance written as OpenPose and read back: upper arms, forearms and head point where they did."""
    recording = list(read_pcast(DEMO_PATH))[::4]
    path = tmp_path / "x.json"
    path.write_text(json.dumps([_written(tracking) for tracking in recording]))
    full, flat = Retargeter(), Retargeter()
    away: dict[str, list[float]] = {
        name: [] for name in ("leftUpperArm", "rightUpperArm", "leftLowerArm", "rightLowerArm", "head")
    }
    with OpenPoseSource(path, UNPACED) as source:
        for tracking in recording:
            ours, theirs = full.retarget(tracking), flat.retarget(source.read())
            for name, angles in away.items():
                bone = BONE_INDEX[name]
                if min(ours.confidence[bone], theirs.confidence[bone]) > 0.5:
                    angles.append(_angle_deg(_in_avatar(ours, name), _in_avatar(theirs, name)))
    medians = {name: round(float(np.median(angles)), 1) for name, angles in away.items()}
    assert medians["head"] < 5, medians
    assert max(medians["leftUpperArm"], medians["rightUpperArm"]) < 12, medians
    assert max(medians["leftLowerArm"], medians["rightLowerArm"]) < 15, medians


def _written(tracking: Tracking) -> dict[str, object]:
    points = sets.points_of(tracking)
    parts = {"pose": sets.body_25(points), "face": points.face, "hand_left": points.left_hand, "hand_right": points.right_hand}
    person = {f"{name}_keypoints_2d": part.ravel().tolist() for name, part in parts.items()}
    somebody = tracking.body is not None or tracking.face is not None
    return {"people": [person] if somebody else [], "canvas_width": tracking.width_px, "canvas_height": tracking.height_px}


def _in_avatar(pose: RigPose, name: str) -> np.ndarray:
    """Return the bone's rotation in avatar space."""
    turn, bone = np.array([0.0, 0.0, 0.0, 1.0]), BONE_INDEX[name]
    while bone >= 0:
        turn = quat.multiply(pose.rotations[bone].astype(np.float64), turn)
        bone = BONE_PARENTS[bone]
    return turn


def _angle_deg(a: np.ndarray, b: np.ndarray) -> float:
    """Return the angle between the ways that both turn the X axis, the arms' own: twist does not count."""
    return float(np.degrees(np.arccos(np.clip(rotations.rotate(a, rotations.X) @ rotations.rotate(b, rotations.X), -1, 1))))


def test_bad_file_is_refused_on_entering(tmp_path: Path) -> None:
    """The sentence comes before anything plays."""
    path = tmp_path / "x.json"
    path.write_text('{"shapes": []}')
    with pytest.raises(SourceError, match='expected a list "people"'), open_source(str(path)):
        pass
