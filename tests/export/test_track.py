"""The tracker over a whole file."""

import io
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console

from export.track import Job, check_job, track
from stream.console import show_track
from trackers import assets, recording
from trackers.engine import TrackerSettings
from trackers.errors import AssetError, SourceError, UserError
from trackers.recording import PcastWriter, read_pcast
from trackers.skeleton import BODY_INDEX
from trackers.types import PARTS, Stamp

DEMO = Path(__file__).parents[2] / "trackers" / "data" / "demo.pcast"
SETTINGS = TrackerSettings(mode="accurate")


def test_recording_is_written_anew_without_a_tracker(tmp_path: Path) -> None:
    """Every tracking of a recording comes out, counted by part, with progress up to the end."""
    steps: list[tuple[int, int]] = []
    job = Job(DEMO, tmp_path / "x.json", "coco-wholebody", SETTINGS)
    figures = track(job, on_progress=lambda done, total: steps.append((done, total)))
    recording = read_pcast(DEMO)
    bodies = sum(t.body is not None for t in recording)
    assert figures["frames"] == len(recording)
    assert figures["found"]["body"] == pytest.approx(bodies / len(recording), abs=1e-4)
    assert figures["engine"] == "recording"
    assert not figures["interrupted"]
    assert steps[0] == (0, len(recording))
    assert steps[-1] == (len(recording), len(recording))
    results = json.loads((tmp_path / "x.json").read_text())
    assert bodies <= len(results) <= len(recording)
    assert [r["image_id"] for r in results] == sorted(r["image_id"] for r in results)


def test_times_count_from_the_beginning(tmp_path: Path) -> None:
    """A recording's stamps are some clock's; what is written begins at 0."""
    recording = tmp_path / "late.pcast"
    demo = read_pcast(DEMO)
    with PcastWriter(recording, metadata=demo.metadata) as writer:
        for tracking, _ in zip(demo, range(3), strict=False):
            stamp = Stamp(tracking.stamp.seq + 7, tracking.stamp.captured_ns + 5_000_000_000)
            writer.write(replace(tracking, stamp=stamp))
    out = tmp_path / "x.json"
    track(Job(recording, out, "posecast", SETTINGS), on_progress=lambda done, total: None)
    frames = json.loads(out.read_text())["frames"]
    assert [frame["seq"] for frame in frames] == [0, 1, 2]
    assert [frame["time_s"] for frame in frames] == pytest.approx([0, 1 / 30, 2 / 30], abs=1e-4)


def noisy_recording(path: Path) -> Path:
    """The demo's first tracking for a second, each keypoint with a pixel of noise; in one frame a wrist is 300 px off."""
    demo, rng = read_pcast(DEMO), np.random.default_rng(1)
    first = next(tracking for tracking in demo if tracking.body is not None)
    with PcastWriter(path, metadata=demo.metadata) as writer:
        for frame in range(30):
            assert first.body is not None
            points = first.body.keypoints_px + rng.normal(0, 1, first.body.keypoints_px.shape).astype(np.float32)
            if frame == 20:
                points[BODY_INDEX["left_wrist"], 0] += 300
            body = replace(first.body, keypoints_px=points)
            writer.write(replace(first, stamp=Stamp(frame, frame * 33_333_333), body=body))
    return path


def wrists_x(recording: Path, out: Path, *, smooth: bool) -> np.ndarray:
    """Return the left wrist's x in every frame, as written."""
    figures = track(Job(recording, out, "openpose", SETTINGS, smooth=smooth), on_progress=lambda done, total: None)
    assert figures["smoothed"] is smooth
    frames = [json.loads(path.read_text())["people"][0]["pose_keypoints_2d"] for path in sorted(out.iterdir())]
    return np.array([frame[3 * 7] for frame in frames])  # BODY_25: 7 is the left wrist


def test_a_jump_is_taken_back_and_smoothing_is_for_those_who_ask(tmp_path: Path) -> None:
    """A point that jumps for one frame is not written; noise is written as measured, and calmed with `smooth`."""
    recording = noisy_recording(tmp_path / "noisy.pcast")
    plain, smooth = (wrists_x(recording, tmp_path / str(wanted), smooth=wanted) for wanted in (False, True))
    assert np.abs(plain - np.median(plain)).max() < 20
    assert 0.7 < np.diff(np.delete(plain, 20)).std() / np.sqrt(2) < 1.4
    assert smooth[5:].std() < 0.5 * plain[5:].std()


def test_stopped_early_what_was_done_is_whole(tmp_path: Path) -> None:
    """After three frames it is told to stop: three frames lie there, in a valid file."""
    calls: list[int] = []

    def is_stopped() -> bool:
        calls.append(1)
        return len(calls) == 3

    job = Job(DEMO, tmp_path / "x.json", "posecast", SETTINGS)
    figures = track(job, on_progress=lambda done, total: None, is_stopped=is_stopped)
    assert (figures["frames"], figures["interrupted"]) == (3, True)
    assert len(json.loads((tmp_path / "x.json").read_text())["frames"]) == 3


def test_missing_source_is_said_before_any_model_is_loaded(tmp_path: Path) -> None:
    """One sentence, and nothing is written."""
    path = tmp_path / "no.mp4"
    with pytest.raises(SourceError) as caught:
        track(Job(path, tmp_path / "x.json", "posecast", SETTINGS), on_progress=lambda done, total: None)
    assert str(caught.value) == f"{path} was not found; name a video, a picture, a folder of pictures or a .pcast"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_may_not_be_read_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback, whatever is asked of it first."""

    def refused(path: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"nobody may read this")
    monkeypatch.setattr(recording, "open", refused, raising=False)
    with pytest.raises(SourceError) as caught:
        track(Job(clip, tmp_path / "x.json", "posecast", SETTINGS), on_progress=lambda done, total: None)
    assert str(caught.value) == f"{clip} holds no video that can be decoded; try another file, such as an .mp4"


def test_people_of_another_program_are_played_not_tracked(tmp_path: Path) -> None:
    """OpenPose's files are no pictures: one sentence says what plays them. Beside pictures they are left alone."""
    poses = tmp_path / "poses.json"
    poses.write_text('{"people": []}')
    folder = tmp_path / "frames"
    folder.mkdir()
    (folder / "a_keypoints.json").write_text('{"people": []}')
    for source in (poses, folder):
        with pytest.raises(SourceError) as caught:
            check_job(Job(source, tmp_path / "x.json", "posecast", SETTINGS))
        assert str(caught.value) == (
            f"{source} holds people whom another program tracked, expected pictures, a video or a .pcast; "
            f"play them with python run.py --source {source}"
        )
    cv2.imwrite(str(folder / "a.png"), np.zeros((4, 6, 3), np.uint8))
    check_job(Job(folder, tmp_path / "x.json", "posecast", SETTINGS))


def test_following_and_smoothing_need_frames_that_follow_each_other(tmp_path: Path) -> None:
    """What would be passed over in silence is refused, with what to do instead."""
    folder = tmp_path / "frames"
    folder.mkdir()
    picture = folder / "a.png"
    cv2.imwrite(str(picture), np.zeros((4, 6, 3), np.uint8))
    cases = {
        (DEMO, True, False): f"--follow is for a folder of pictures, got {DEMO}; leave --follow away",
        (picture, True, False): f"--follow is for a folder of pictures, got {picture}; leave --follow away",
        (picture, False, True): f"--smooth is for frames of one film, got the picture {picture}; leave --smooth away",
        (folder, False, True): f"--smooth is for frames of one film, got the single pictures of {folder}; "
        "add --follow if they are one, or leave --smooth away",
    }
    for (source, follow, smooth), sentence in cases.items():
        with pytest.raises(UserError) as caught:
            check_job(Job(source, tmp_path / "x.json", "posecast", SETTINGS, follow=follow, smooth=smooth))
        assert str(caught.value) == sentence
    check_job(Job(folder, tmp_path / "x.json", "posecast", SETTINGS, follow=True, smooth=True))
    check_job(Job(DEMO, tmp_path / "x.json", "posecast", SETTINGS, smooth=True))


@pytest.mark.parametrize("format_", ["posecast", "coco-wholebody"])
def test_what_track_wrote_is_not_offered_to_be_played(tmp_path: Path, format_: str) -> None:
    """Neither our own JSON nor COCO's results can be a source; a folder of them cannot either."""
    folder = tmp_path / "results"
    folder.mkdir()
    written = folder / "x.json"
    track(Job(DEMO, written, format_, SETTINGS), on_progress=lambda done, total: None)
    for source in (written, folder):
        with pytest.raises(SourceError) as caught:
            check_job(Job(source, tmp_path / "y.json", "posecast", SETTINGS))
        assert str(caught.value) == (
            f"{source} holds JSON, as track itself writes it, expected pictures, a video or a .pcast; "
            "name what it was written from"
        )


def test_a_recording_that_was_cut_short_is_told(tmp_path: Path) -> None:
    """What can be read is written, and what is missing is not passed over in silence."""
    cut = tmp_path / "cut.pcast"
    cut.write_bytes(DEMO.read_bytes()[:-5])
    figures = track(Job(cut, tmp_path / "x.json", "posecast", SETTINGS), on_progress=lambda done, total: None)
    assert figures["frames"] > 0
    assert figures["warning"] == (
        f"cut.pcast ends early (its recording was not finished); {figures['frames']} trackings could be read"
    )
    assert not track(Job(DEMO, tmp_path / "y.json", "posecast", SETTINGS), on_progress=lambda done, total: None)["warning"]


def test_of_a_recording_only_the_parts_asked_for_are_written(tmp_path: Path) -> None:
    """`--tracker.hands false` counts for what was recorded, too."""
    settings, out = replace(SETTINGS, hands=False), tmp_path / "x.json"
    figures = track(Job(DEMO, out, "posecast", settings), on_progress=lambda done, total: None)
    assert figures["found"]["left_hand"] == figures["found"]["right_hand"] == 0
    assert figures["found"]["face"] > 0.5
    without_face = replace(SETTINGS, face=False)
    figures = track(Job(DEMO, tmp_path / "y.json", "posecast", without_face), on_progress=lambda done, total: None)
    assert figures["found"]["face"] == 0
    assert figures["found"]["left_hand"] > 0


@pytest.mark.needs_data
def test_pictures_are_tracked_each_for_itself(data_folder: Path, tmp_path: Path) -> None:
    """A folder with a person and an empty picture: points where the person is, nobody in the other."""
    try:
        assets.ensure(asset.name for asset in assets.required_assets())
    except AssetError as error:
        pytest.skip(str(error))
    portrait = cv2.imread(str(data_folder / "face" / "portrait.jpg"))
    assert portrait is not None
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    cv2.imwrite(str(pictures / "000000000007.png"), portrait)
    cv2.imwrite(str(pictures / "000000000009.png"), portrait * 0)
    (pictures / "000000000008.png").write_bytes(b"damaged")
    out = tmp_path / "poses"
    figures = track(Job(pictures, out, "openpose", SETTINGS), on_progress=lambda done, total: None)
    assert (figures["frames"], figures["found"]["face"]) == (2, 0.5)
    assert figures["unread"] == [f"{pictures / '000000000008.png'} cannot be read as a picture; save it again as PNG or JPEG"]
    there = json.loads((out / "000000000007_keypoints.json").read_text())
    assert json.loads((out / "000000000009_keypoints.json").read_text())["people"] == []
    nose = there["people"][0]["pose_keypoints_2d"][:3]
    tip = there["people"][0]["face_keypoints_2d"][90:92]  # iBUG 30
    assert nose[2] > 0.9
    assert abs(nose[0] - tip[0]) < 20  # of a face that is 300 px wide
    assert abs(nose[1] - tip[1]) < 30


def test_what_was_left_out_is_told_and_a_long_list_cut() -> None:
    """Five sentences are read; a thousand are not."""
    figures = {
        "frames": 1,
        "seconds": 1.0,
        "fps": 1.0,
        "engine": "posecast",
        "found": dict.fromkeys(PARTS, 1.0),
        "out": "x.json",
    }
    console = Console(file=io.StringIO(), width=80)
    unread = [f"{k}.png cannot be read" for k in range(7)]
    show_track(console, {**figures, "interrupted": False, "warning": "x ends early", "unread": unread})
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "\nx ends early\n" in shown
    assert shown.count("left out: ") == 6
    assert "4.png cannot be read" in shown
    assert "left out: 2 more; --json names all" in shown
