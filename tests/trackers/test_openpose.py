"""OpenPose's JSON: what is read, what is guessed, and what is refused in which words."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trackers.errors import SourceError
from trackers.openpose import PersonChoice, is_pose_file, read_poses
from trackers.pictures import natural_order
from trackers.skeleton import BODY_INDEX


def person(x: float = 300, y: float = 200, *, size: float = 100, count: int = 25) -> dict[str, Any]:
    """A person all of whose points lie around a place."""
    spread = np.linspace(-0.5, 0.5, count) * size
    flat = np.stack([x + spread, y + spread, np.full(count, 0.8)], axis=1).ravel().tolist()
    return {"person_id": [-1], "pose_keypoints_2d": flat, "face_keypoints_2d": [], "hand_left_keypoints_2d": []}


def frame(*people: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"version": 1.3, "people": list(people), **more}


def write(path: Path, value: object) -> Path:
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_folder_is_read_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    """A file for each frame, 2 before 10; other files are left alone."""
    for number in (10, 2):
        write(tmp_path / f"clip_{number}_keypoints.json", frame(person(x=100 + number)))
    write(tmp_path / "notes.txt", "mine")
    clip = read_poses(tmp_path)
    assert [round(float(f.people[0].body[BODY_INDEX["nose"], 0])) for f in clip.frames] == [52, 60]
    assert is_pose_file(tmp_path)


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (["clip_000000000007_keypoints.json", "clip_000000000012_keypoints.json"], (0, 5)),
        (["frame9.json", "frame10.json"], (0, 1)),
        (["a_1_keypoints.json", "b_9_keypoints.json"], ()),  # two clips
        (["a_1_keypoints.json", "a_01_keypoints.json"], ()),  # twice the same
        (["a_1_keypoints.json", "a_end_keypoints.json"], ()),
    ],
)
def test_frames_are_counted_by_their_names(tmp_path: Path, names: list[str], numbers: tuple[int, ...]) -> None:
    """By the number at the end, where all are one clip's and have one that rises."""
    for name in names:
        write(tmp_path / name, frame(person()))
    clip = read_poses(tmp_path)
    assert clip.numbers == numbers
    assert clip.missing == (numbers[-1] - 1 if numbers else 0)


def test_list_in_one_file_with_size_and_times(tmp_path: Path) -> None:
    """One file may hold all frames, with the picture's size and each frame's time."""
    told = {"canvas_width": 320, "canvas_height": 240}
    path = write(tmp_path / "x.json", [frame(**told, time_s=0.0), frame(person(), **told, time_s=0.04)])
    clip = read_poses(path)
    assert (clip.width_px, clip.height_px, clip.size_is_guessed) == (320, 240, False)
    assert [f.time_s for f in clip.frames] == [0.0, 0.04]
    assert [len(f.people) for f in clip.frames] == [0, 1]


@pytest.mark.parametrize(("place", "size"), [((300, 200), (640, 480)), ((300, 900), (720, 1280)), ((1500, 500), (1920, 1080))])
def test_size_is_guessed_from_the_points(tmp_path: Path, place: tuple[int, int], size: tuple[int, int]) -> None:
    """OpenPose does not tell the picture's size: it is the smallest usual one that holds every point."""
    clip = read_poses(write(tmp_path / "x.json", frame(person(*place))))
    assert (clip.width_px, clip.height_px) == size
    assert clip.size_is_guessed


def test_shares_of_a_told_picture_become_pixels(tmp_path: Path) -> None:
    """Coordinates from 0 to 1 are shares; without the picture's size they cannot be read."""
    value = frame(person(0.5, 0.5, size=0.5), canvas_width=200, canvas_height=100)
    nose = read_poses(write(tmp_path / "x.json", value)).frames[0].people[0].body[BODY_INDEX["nose"]]
    assert nose[:2] == pytest.approx([50, 25])
    path = write(tmp_path / "y.json", frame(person(0.5, 0.5, size=0.5)))
    with pytest.raises(SourceError) as caught:
        read_poses(path)
    assert str(caught.value) == f"{path} holds shares of a picture, expected pixels; write it with --keypoint_scale 0"


def test_unknown_points_stay_unknown(tmp_path: Path) -> None:
    """Confidence 0 and numbers that are none mean a point that is not there."""
    someone = person()
    someone["pose_keypoints_2d"][2] = 0
    someone["pose_keypoints_2d"][6] = float("nan")
    body = read_poses(write(tmp_path / "x.json", frame(someone))).frames[0].people[0].body
    assert body[BODY_INDEX["nose"]].tolist() == [0, 0, 0]
    assert body[BODY_INDEX["right_shoulder"]].tolist() == [0, 0, 0]
    assert body[BODY_INDEX["right_elbow"], 2] == pytest.approx(0.8)


def test_follows_the_person_it_began_with(tmp_path: Path) -> None:
    """The largest at first; then the nearest, whatever the order in the file and whoever comes in larger."""
    small, large, huge = person(100, 100, size=50), person(400, 200, size=200), person(900, 400, size=600)
    frames = [frame(small, large), frame(person(410, 200, size=200), huge), frame(), frame(huge, person(430, 210, size=190))]
    choice = PersonChoice()
    chosen = [choice.choose(f.people) for f in read_poses(write(tmp_path / "x.json", frames)).frames]
    middles = [None if c is None else round(float(c.body[c.body[:, 2] > 0, 0].mean()), -1) for c in chosen]
    assert middles == [400, 410, None, 430]


def test_a_missed_frame_does_not_hand_the_avatar_over(tmp_path: Path) -> None:
    """Nobody is followed while only others are seen; after a second whoever is there is chosen."""
    mine, other = person(300, 200, size=150), person(900, 200, size=200)
    frames = [frame(mine), frame(mine, other), frame(other), frame(mine, other), *[frame(other)] * 32]
    choice = PersonChoice()
    chosen = [choice.choose(f.people) for f in read_poses(write(tmp_path / "x.json", frames)).frames]
    middles = [None if c is None else round(float(c.body[c.body[:, 2] > 0, 0].mean()), -1) for c in chosen]
    assert middles == [300, 300, None, 300, *[None] * 30, 900, 900]


def test_frames_of_several_sizes_come_to_that_of_the_first(tmp_path: Path) -> None:
    """The same person in a picture of twice the size lies where they lay; a frame that tells no size has the first one's."""
    big = person(600, 400, size=200)
    frames = [
        frame(person(), canvas_width=640, canvas_height=480),
        frame(big, canvas_width=1280, canvas_height=960),
        frame(person()),
    ]
    clip = read_poses(write(tmp_path / "x.json", frames))
    assert (clip.width_px, clip.height_px) == (640, 480)
    first, second, third = (one.people[0].body for one in clip.frames)
    assert np.allclose(second, first, atol=0.01)
    assert np.array_equal(third, first)


def test_a_folder_that_nobody_may_read_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked whether it holds poses, or pictures, it says so."""

    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", refuse)
    for ask in (is_pose_file, natural_order):
        with pytest.raises(SourceError) as caught:
            ask(tmp_path)
        assert str(caught.value) == f"{tmp_path} could not be read (Permission denied); check the path and its permissions"


def test_follows_whom_one_asks_for(tmp_path: Path) -> None:
    """By place in the picture, where a place was named; then that one."""
    frames = [frame(person(100, 100, size=50), person(400, 200, size=200), person(900, 400, size=100))]
    people = read_poses(write(tmp_path / "x.json", frames)).frames[0].people
    middles = {}
    for policy in ("largest", "left", "centre", "right"):
        chosen = PersonChoice(policy, width_px=1000).choose(people)
        assert chosen is not None
        middles[policy] = round(float(chosen.body[chosen.body[:, 2] > 0, 0].mean()), -1)
    assert middles == {"largest": 400, "left": 100, "centre": 400, "right": 900}


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("[1, x]", "{path} is not valid JSON (Expecting value: line 1 column 5 (char 4)); write it again"),
        (
            {"bodies": []},
            '{path} is not OpenPose\'s: expected a list "people", got {{"bodies": []}}; '
            "write it with python run.py track --format openpose, or see docs/keypoints.md",
        ),
        ([], "{path} holds no frames; write it again"),
        (frame("Ada"), '{path}: a person must be an object, got "Ada"; write it again'),
        (
            frame(person(count=15)),
            "{path}: pose_keypoints_2d must be a list of 75 or 54 numbers, got 45; write it with --model_pose BODY_25",
        ),
        *(
            (
                frame({key: [1.0] * 54, "pose_keypoints_2d": []}),
                f"{{path}}: a person has {key}, expected pose_keypoints_2d; write it {step}",
            )
            for key, step in (
                ("pose_keypoints", "with OpenPose 1.3 or later"),
                ("pose_keypoints_3d", "with the points of the picture, too"),
            )
        ),
        (
            frame({"hand_left_keypoints_2d": "none"}),
            '{path}: hand_left_keypoints_2d must be a list of 63 numbers, got "none"; write it with --model_pose BODY_25',
        ),
        (
            frame(person(), canvas_width=0, canvas_height=5),
            "{path}: canvas_width and canvas_height must be 1..65536, got 0 and 5; write it again",
        ),
        (
            frame(person(1e6, 5)),
            "{path} holds points at 1000050, 55, expected pixels of a picture; write it with --keypoint_scale 0",
        ),
    ],
)  # fmt: skip
def test_bad_files_are_one_sentence(tmp_path: Path, value: object, sentence: str) -> None:
    """What is wrong, with what was expected and what to do."""
    path = write(tmp_path / "x.json", value)
    with pytest.raises(SourceError) as caught:
        read_poses(path)
    assert str(caught.value) == sentence.format(path=path)


def test_folder_of_other_things_is_none_of_ours(tmp_path: Path) -> None:
    """Pictures beside a `.json` are a folder of pictures; an empty folder holds no poses."""
    assert not is_pose_file(tmp_path)
    write(tmp_path / "labels.json", frame())
    assert is_pose_file(tmp_path)
    write(tmp_path / "a.png", "")
    assert not is_pose_file(tmp_path)
