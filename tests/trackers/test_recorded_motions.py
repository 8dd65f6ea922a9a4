"""BVH motions: kinematics, our keypoints, the made-up webcam, and what a motion truly shows."""

from pathlib import Path

import numpy as np
import pytest

from export.gesture_truth import truth_of
from trackers.errors import SourceError
from trackers.recorded_motions import Motion, View, read_motion, tracked
from trackers.skeleton import BODY_INDEX

SIDE = """JOINT {s}UpLeg {{ OFFSET {x}1 -1 0 CHANNELS 3 Zrotation Yrotation Xrotation
JOINT {s}Leg {{ OFFSET 0 -4 0 CHANNELS 3 Zrotation Yrotation Xrotation
JOINT {s}Foot {{ OFFSET 0 -4 0 CHANNELS 3 Zrotation Yrotation Xrotation
JOINT {s}ToeBase {{ OFFSET 0 0 1 CHANNELS 3 Zrotation Yrotation Xrotation End Site {{ OFFSET 0 0 1 }} }} }} }} }}
"""
ARM = """JOINT {s}Arm {{ OFFSET {x}2 5 0 CHANNELS 3 Zrotation Yrotation Xrotation
JOINT {s}ForeArm {{ OFFSET {x}3 0 0 CHANNELS 3 Zrotation Yrotation Xrotation
JOINT {s}Hand {{ OFFSET {x}3 0 0 CHANNELS 3 Zrotation Yrotation Xrotation
JOINT {s}HandEnd {{ OFFSET {x}1 0 0 CHANNELS 3 Zrotation Yrotation Xrotation End Site {{ OFFSET {x}1 0 0 }} }} }} }} }}
"""
CHANNELS = 6 + 3 + 2 * 12 + 2 * 12
LEFT_ARM_Z = 6 + 3 + 2 * 12  # first channel of the left arm


def bvh(frames: list[dict[int, float]]) -> str:
    """Return a small file: a person in a T pose whose channels have these values, in frames of a tenth of a second."""
    legs = "".join(SIDE.format(s=s, x=x) for s, x in (("Left", ""), ("Right", "-")))
    arms = "".join(ARM.format(s=s, x=x) for s, x in (("Left", ""), ("Right", "-")))
    head = "JOINT Head { OFFSET 0 6 0 CHANNELS 3 Zrotation Yrotation Xrotation End Site { OFFSET 0 2 0 } }\n"
    root = "CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation"
    rows = "\n".join(" ".join(str(frame.get(column, 0.0)) for column in range(CHANNELS)) for frame in frames)
    skeleton = f"ROOT Hips {{ OFFSET 0 0 0 {root}\n{head}{legs}{arms}}}"
    return f"HIERARCHY\n{skeleton}\nMOTION\nFrames: {len(frames)}\nFrame Time: 0.1\n{rows}\n"


@pytest.fixture
def swinging(tmp_path: Path) -> Motion:
    """The left arm goes from level to straight up and stays."""
    path = tmp_path / "lift.bvh"
    path.write_text(bvh([{LEFT_ARM_Z: 0.0}] * 5 + [{LEFT_ARM_Z: 90.0}] * 5))
    return read_motion(path)


def point(points: np.ndarray, name: str) -> list[float]:
    """Return a keypoint, rounded to centimetres."""
    return [round(float(value), 2) for value in points[BODY_INDEX[name]]]


def test_joints_become_keypoints_in_metres(swinging: Motion) -> None:
    """The torso is 0.48 m, x is to the person's left, y up; the lifted arm goes straight up."""
    unit_m = 0.48 / 6
    start, end = swinging.points_m[0], swinging.points_m[-1]
    assert point(start, "left_shoulder") == [round(2 * unit_m, 2), 0.48, 0.0]
    assert point(start, "left_wrist") == [round(8 * unit_m, 2), 0.48, 0.0]
    assert point(end, "left_wrist") == [round(2 * unit_m, 2), round(0.48 + 6 * unit_m, 2), 0.0]
    assert point(end, "right_wrist") == [round(-8 * unit_m, 2), 0.48, 0.0]
    assert start[BODY_INDEX["nose"], 2] == pytest.approx(0.12)
    assert swinging.seconds == pytest.approx(1.0)


def test_a_time_between_frames_lies_between(swinging: Motion) -> None:
    """On the straight line; outside the motion its ends hold."""
    middle = swinging.at(0.45)
    np.testing.assert_allclose(middle, (swinging.points_m[4] + swinging.points_m[5]) / 2)
    np.testing.assert_array_equal(swinging.at(99.0), swinging.points_m[-1])


def test_the_webcam_sees_the_left_at_the_right_of_the_picture(swinging: Motion) -> None:
    """Without noise the pixels are those of a pinhole; stamps are true; the same seed gives the same."""
    view = View(away_m=2.0, height_m=0.48, noise=0.0)
    film = list(tracked(swinging, view, hz=10.0))
    body = film[0].body
    assert body is not None
    focal_px = 0.8 * 1280
    wrist = body.keypoints_px[BODY_INDEX["left_wrist"]]
    assert wrist[0] == pytest.approx(640 + 0.64 / 2.0 * focal_px, abs=0.01)
    assert wrist[1] == pytest.approx(360, abs=0.01)
    assert [tracking.stamp.captured_ns for tracking in film[:3]] == [0, 100_000_000, 200_000_000]
    noisy = [next(tracked(swinging, View(), seed=3)).body for _ in range(2)]
    assert noisy[0] is not None
    assert noisy[1] is not None
    np.testing.assert_array_equal(noisy[0].keypoints_px, noisy[1].keypoints_px)


def test_what_is_out_of_the_picture_is_not_visible(swinging: Motion) -> None:
    """Feet under its edge have a low visibility."""
    body = next(tracked(swinging, View(away_m=0.9, height_m=0.4))).body
    assert body is not None
    assert body.visibility[BODY_INDEX["left_ankle"]] < 0.1
    assert body.visibility[BODY_INDEX["nose"]] > 0.9


def test_the_truth_is_told_by_angles(swinging: Motion) -> None:
    """A T pose until the arm goes up in the sixth frame."""
    made = truth_of(swinging)
    assert [(each.name, round(each.full_s, 2), round(each.end_s, 2)) for each in made] == [("t_pose", 0.0, 0.4)]


WHOLE = bvh([{}])
ROOT_ONLY = "HIERARCHY\nROOT Hips { OFFSET 0 0 0 }\nMOTION\nFrames: 1\nFrame Time: 0.1\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it ends too early"),
        ("HIERARCHY ROOT", "it ends too early"),
        ("HIERARCHY ROOT Hips { OFFSET 1 2", "it ends too early"),
        ("HIERARCHY ROOT Hips { CHANNELS 6 Xposition", "it ends too early"),
        (WHOLE[: WHOLE.index("Frame Time")], "it ends too early"),
        (WHOLE[:-5], f"1 frames must hold {CHANNELS} values, got {CHANNELS - 1}"),
        ("OFFSET 1 2 3", "its joints are not one within the other"),
        ("End Site", "its joints are not one within the other"),
        ("}", "its joints are not one within the other"),
        (WHOLE.replace("Xposition", "Sideways"), "Sideways is no channel"),
        (WHOLE.replace("Frames: 1", "Frames: 0"), "it has no frames"),
        (WHOLE.replace("Time: 0.1", "Time: 0"), "a frame must take a finite time above 0 s, got 0"),
        (WHOLE.replace("Time: 0.1", "Time: -0.1"), "a frame must take a finite time above 0 s, got -0.1"),
        (WHOLE.replace("Time: 0.1", "Time: inf"), "a frame must take a finite time above 0 s, got inf"),
        (WHOLE.replace("Time: 0.1", "Time: nan"), "a frame must take a finite time above 0 s, got nan"),
        (ROOT_ONLY, "no joint for the left shoulder"),
        (WHOLE.replace("JOINT Head", "JOINT Skull"), "no joint called Head"),
        (WHOLE.replace("End Site { OFFSET 0 2 0 }", ""), "no joint called HeadSite"),
        (WHOLE.replace("2 5 0", "0 0 0").replace("1 -1 0", "0 0 0"), "its joints have no finite places"),
    ],
)
def test_a_file_that_is_no_person_is_told_by_name(tmp_path: Path, text: str, reason: str) -> None:
    """One sentence, with what is wrong and the next step."""
    path = tmp_path / "odd.bvh"
    path.write_text(text)
    with pytest.raises(SourceError) as caught:
        read_motion(path)
    assert str(caught.value) == f"{path} cannot be read as a BVH motion of a person ({reason}); try another file"


def test_a_file_that_is_absent_is_told_by_name(tmp_path: Path) -> None:
    """The system's own word for it is the reason."""
    path = tmp_path / "absent.bvh"
    with pytest.raises(SourceError) as caught:
        read_motion(path)
    assert str(caught.value) == (
        f"{path} cannot be read as a BVH motion of a person (No such file or directory); try another file"
    )


@pytest.mark.needs_data
def test_recorded_motions_show_what_they_are_called(data_folder: Path) -> None:
    """The dab is a dab to the left, the jacks raise both arms three times, the wave is the right hand's, the walk nothing."""
    shown = {
        name: {made.name for made in truth_of(read_motion(data_folder / "motion" / f"{name}.bvh"))}
        for name in ("ad_dab", "ad_jumping_jacks", "ad_wave_hello", "cmu_12_01_walk")
    }
    assert "dab_left" in shown["ad_dab"]
    assert shown["ad_jumping_jacks"] == {"arms_up"}
    assert shown["ad_wave_hello"] == {"t_pose", "right_wave"}
    assert shown["cmu_12_01_walk"] == set()
