"""Tests of the tracker's benchmark: the figures mean what they say; no time is asserted."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from test_agreement import body, moved, tracking

from export.bench_tracker import ClipRun, EngineRun, Look, engine_settings, measure, note, ratios, report
from export.clips import frame_count, read_clip
from trackers.engine import TrackerSettings
from trackers.types import Stamp


def a_run() -> ClipRun:
    """Two frames: the reference takes three times the wall time and has no body in the second."""
    there, later = body(), Stamp(seq=1, captured_ns=33_333_333)
    seen = [tracking(body=moved(there, 3, 4)), replace(tracking(body=there), stamp=later)]
    ours = EngineRun(ms=[10, 30], cpu_ms=[10, 30], trackings=seen)
    theirs = EngineRun(ms=[60, 60], cpu_ms=[20, 40], trackings=[tracking(body=there), replace(tracking(), stamp=later)])
    return ClipRun(Path("clip.mp4"), "clip.mp4", {"posecast": ours, "mediapipe": theirs})


def test_ratios_of_known_times() -> None:
    """Totals, medians and CPU times, each theirs over ours."""
    run = a_run().engines
    assert ratios([(run["posecast"], run["mediapipe"])]) == {"ratio": 3.0, "ratio_p50": 6.0, "ratio_cpu": 1.5}
    assert ratios([(EngineRun(), EngineRun())]) == {"ratio": None, "ratio_p50": None, "ratio_cpu": None}


def test_the_report_of_a_known_run() -> None:
    """Frames, times, shares found, and the agreement of the one frame in which both have a body."""
    figures = report([a_run()])
    assert (figures["frames"], figures["timed_frames"]) == (2, 2)
    assert figures["engines"]["posecast"]["ms"] == {"p50": 10.0, "p95": 30.0, "p99": 30.0, "mean": 20.0}
    assert figures["engines"]["posecast"]["found"] == {"body": 1.0, "left_hand": 0.0, "right_hand": 0.0, "face": 0.0}
    assert figures["engines"]["mediapipe"]["found"]["body"] == 0.5
    assert figures["agreement"]["body"]["frames"] == 1
    assert figures["agreement"]["body"]["px"]["p50"] == 5.0
    assert figures["agreement"]["body"]["of_size"]["p50"] == 0.05
    assert figures["per_clip"]["clip.mp4"]["ratio"] == 3.0
    assert figures["truth"] == {}


def test_a_frame_in_which_the_program_was_stopped_is_timed_for_no_engine() -> None:
    """Two seconds of waiting count neither for nor against anyone; the answers stay, and the frame is counted."""
    run = ClipRun(Path("clip.mp4"), "clip.mp4", {"posecast": EngineRun(), "mediapipe": EngineRun()})
    for number, ours_ms in enumerate([10.0] * 6 + [2010.0]):
        seen = replace(tracking(), stamp=Stamp(number, number * 33_333_333))
        looks = {"posecast": Look(seen, ours_ms, 10.0), "mediapipe": Look(seen, 20.0, 20.0)}
        note(run, looks, timed=number >= 5)
    figures = report([run])
    assert (figures["frames"], figures["timed_frames"], figures["interrupted_frames"]) == (7, 1, 1)
    assert figures["ratio"] == 2.0


def test_of_a_folder_pictures_with_a_truth_count_too(tmp_path: Path) -> None:
    """A portrait beside which its expression is published is compared with it; without one it would tell nothing."""
    for name in ("portrait.jpg", "other.jpg"):
        cv2.imwrite(str(tmp_path / name), np.zeros((4, 6, 3), np.uint8))
    truth = tmp_path / "portrait_expected_blendshapes.pbtxt"
    truth.write_text('classification { score: 0.25 label: "jawOpen" }')
    runs = measure([tmp_path], engines={}, on_progress=lambda done, total, name: None)
    assert [run.name for run in runs] == ["portrait.jpg"]
    assert runs[0].truth is not None
    assert runs[0].truth.kind == "expression"


def test_the_reference_always_looks_at_everything() -> None:
    """Whatever our mode, it has its full models."""
    ours, theirs = engine_settings(tracking="fast", against="mediapipe").values()
    assert (ours.engine, ours.mode) == ("posecast", "fast")
    assert (theirs.engine, theirs.mode, theirs.models[0]) == ("mediapipe", "accurate", "full")
    assert list(engine_settings(tracking="balanced", against=None)) == ["posecast"]


def test_ours_can_be_its_own_rival() -> None:
    """The same weights, at every part in every frame; what MediaPipe filters does not concern the two."""
    engines = engine_settings(tracking="fast", against="accurate", precision="fp32")
    assert [(name, one.engine, one.mode, one.precision) for name, one in engines.items()] == [
        ("posecast", "posecast", "fast", "fp32"),
        ("accurate", "posecast", "accurate", "fp32"),
    ]
    run = a_run()
    figures = report([replace(run, engines={"posecast": run.engines["posecast"], "accurate": run.engines["mediapipe"]})])
    assert figures["agreement"]["body"]["px"]["p50"] == 5.0
    assert figures["ratio"] == 3.0
    assert "agreement_same_filter" not in figures


def test_ours_can_leave_parts_out() -> None:
    """What they take shows against ours with all of them; the rival always has all."""
    ours, theirs = engine_settings(tracking="accurate", against="accurate", without=["hands", "face"]).values()
    assert (ours.hands, ours.face) == (False, False)
    assert (theirs.hands, theirs.face) == (True, True)
    assert (ours.mode, ours.precision) == (theirs.mode, theirs.precision)


@pytest.mark.needs_data
def test_a_part_left_out_takes_no_time(data_folder: Path) -> None:
    """Without hands a frame takes the processor less time than with them, and nothing of them is found."""
    settings = engine_settings(tracking="accurate", against="accurate", without=["hands"])
    figures = report(measure([data_folder / "asl" / "yes.mkv"], engines=settings, on_progress=lambda *_: None))
    assert figures["engines"]["posecast"]["found"] == {"body": 1.0, "left_hand": 0.0, "right_hand": 0.0, "face": 1.0}
    assert figures["engines"]["accurate"]["found"]["left_hand"] > 0.5
    assert figures["ratio_cpu"] > 1
    assert figures["agreement"]["left_hand"]["of_size"]["p50"] is None
    assert figures["agreement"]["face"]["of_size"]["p50"] < 0.001  # what is left is as with all parts


@pytest.mark.needs_data
def test_one_engine_is_timed_on_every_frame(data_folder: Path) -> None:
    """A clip of a person: all frames counted, the first five not timed, body and face found in all; progress is told."""
    clip, told = data_folder / "asl" / "yes.mkv", []
    settings = TrackerSettings(mode="accurate", body_model="lite", hands=False)
    runs = measure([clip], engines={"posecast": settings}, on_progress=lambda *step: told.append(step))
    figures, frames = report(runs), len(read_clip(clip))
    assert (figures["frames"], figures["timed_frames"]) == (frames, frames - 5)
    assert figures["engines"]["posecast"]["found"]["face"] >= 0.98
    assert figures["engines"]["posecast"]["predicted"]["face"] == 0
    assert "ratio" not in figures
    assert told[0] == (0, frame_count(clip), "yes.mkv")
    assert told[-1] == (frames, frames, "yes.mkv")


@pytest.mark.slow
@pytest.mark.needs_data
@pytest.mark.needs_mediapipe
@pytest.mark.timeout(300)
def test_a_real_comparison(data_folder: Path) -> None:
    """Both engines on a signer, and on a face and a body that are published: near each other and near the truth."""
    if importlib.util.find_spec("mediapipe") is None:
        pytest.skip('mediapipe is not installed; pip install ".[mediapipe]"')
    clips = [data_folder / "asl" / "want.mkv", data_folder / "face" / "portrait.jpg", data_folder / "body" / "pose_squats.mp4"]
    settings = engine_settings(tracking="accurate", against="mediapipe")
    figures = report(measure(clips, engines=settings, on_progress=lambda *_: None))
    ours, theirs = figures["engines"]["posecast"], figures["engines"]["mediapipe"]
    assert all(ours["found"][part] >= theirs["found"][part] for part in ("body", "face"))
    want = figures["per_clip"]["want.mkv"]
    assert want["agreement"]["body"]["of_size"]["p50"] < 0.03
    assert want["agreement"]["face"]["of_size"]["p50"] < 0.03
    assert want["agreement_same_filter"]["body"]["of_size"]["p50"] < 0.015
    assert figures["truth"]["portrait.jpg"]["engines"]["posecast"]["max"] < 0.15
    squats = figures["truth"]["pose_squats.mp4"]["engines"]["posecast"]
    assert squats["mean_px_same_filter"] < squats["mean_px_smooth"] < 6 < squats["mean_px"] < 8
    assert figures["per_clip"]["want.mkv"]["ratio_cpu"] > 1  # ours takes the processor less time than theirs


@pytest.mark.slow
@pytest.mark.needs_data
@pytest.mark.parametrize("tracking", ["accurate", "balanced"])
def test_a_hand_is_where_it_is_published(data_folder: Path, tracking: str) -> None:
    """In all frames, as the schedule looks at it: within 1.5 pixels in the mean, and few frames missed."""
    clip = data_folder / "hands" / "asl_hand.25fps.mp4"
    settings = engine_settings(tracking=tracking, against=None)
    figures = report(measure([clip], engines=settings, on_progress=lambda *_: None))
    assert figures["truth"][clip.name]["engines"]["posecast"]["mean_px"] < 1.5
    assert figures["engines"]["posecast"]["found"]["right_hand"] > 0.95
