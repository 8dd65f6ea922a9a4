"""A blink of a tenth of a second gets through: synthetic ones at tracking level, and real ones from pictures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from avatar.motion import Motion
from avatar.retarget import Retargeter
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import FaceTracking, FloatArray, Stamp, Tracking

BLINKS = [EXPRESSION_INDEX["eyeBlinkLeft"], EXPRESSION_INDEX["eyeBlinkRight"]]
LATENCY_NS = 45_000_000


def face(expression: FloatArray) -> FaceTracking:
    front = np.diag([1.0, -1.0, -1.0]).astype(np.float32)
    keypoints = np.random.default_rng(1).uniform(200, 400, (478, 3)).astype(np.float32)
    return FaceTracking(keypoints, front, np.array([0, 0, 0.6], np.float32), np.zeros(2, np.float32), expression, 1.0)


def through(trackings: list[Tracking]) -> tuple[np.ndarray, np.ndarray]:
    """Return the measured lids (at the trackings' rate, after retargeting) and the shown ones at 60 Hz."""
    retargeter, motion = Retargeter(), Motion()
    poses = [retargeter.retarget(tracking) for tracking in trackings]
    shown, pushed = [], 0
    for beat in range(int((trackings[-1].stamp.captured_ns + LATENCY_NS) * 60 / 1e9)):
        now_ns = round(beat * 1e9 / 60)
        while pushed < len(poses) and poses[pushed].stamp.captured_ns + LATENCY_NS <= now_ns:
            motion.push(poses[pushed])
            pushed += 1
        shown.append(motion.sample(now_ns).expression[BLINKS].mean() if pushed else 0.0)
    return np.array([pose.expression[BLINKS].mean() for pose in poses]), np.array(shown)


@pytest.mark.parametrize("phase", [0.0, 0.25, 0.5, 0.75])
def test_a_blink_of_100_ms_reaches_four_fifths_of_its_depth(phase: float) -> None:
    """From open to closed to open in 100 ms, wherever the frames of a 30 Hz camera fall: 80 % of what was measured is shown."""
    trackings = []
    for frame in range(60):
        time_s = frame / 30
        closed = max(0.0, 1.0 - abs(time_s - (1.2 + phase / 30)) / 0.05)
        expression = np.full(52, 0.02, dtype=np.float32)
        expression[BLINKS] = 0.1 + 0.85 * closed
        stamp = Stamp(frame, round(time_s * 1e9))
        trackings.append(Tracking(stamp, 640, 480, None, None, None, face(expression)))
    measured, shown = through(trackings)
    assert measured.max() > 0.3
    assert shown.max() >= 0.8 * measured.max()


@pytest.mark.parametrize("depths", [(0.36, 0.28, 0.2, 0.08), (0.18, 0.36, 0.36, 0.36), (0.3, 0.3, 0.3, 0.3), (0.36, 0.02)])
def test_a_lid_that_goes_half_down_is_not_shown_shut(depths: tuple[float, ...]) -> None:
    """At once or in two frames, to stay or to go up again: it is shown a quarter deeper than it was measured, at most."""
    trackings = []
    for frame in range(60):
        expression = np.full(52, 0.02, dtype=np.float32)
        expression[BLINKS] = depths[min(frame - 36, len(depths) - 1)] if frame >= 36 else 0.02
        stamp = Stamp(frame, round(frame / 30 * 1e9))
        trackings.append(Tracking(stamp, 640, 480, None, None, None, face(expression)))
    measured, shown = through(trackings)
    shown = shown[60:]  # before that the avatar blinks by itself
    assert 0.2 < measured.max() < 0.5
    assert 0.8 * measured.max() <= shown.max() <= 1.25 * measured.max()


@pytest.mark.needs_data
@pytest.mark.parametrize(("name", "shut_frame"), [("brother", 46), ("no", 19)])
def test_a_real_blink_of_100_ms_is_shown(data_folder: Path, name: str, shut_frame: int) -> None:
    """Tracked as by default, where parts may rest: 80 % of the depth that a look at every frame gives is shown."""
    from export.clips import read_clip  # the reader of clips stands a floor above, and is only the source here
    from trackers.engine import TrackerSettings, open_tracker

    frames, lids = read_clip(data_folder / "asl" / f"{name}.mkv")[: shut_frame + 20], {}
    for mode in ("accurate", "balanced"):
        with open_tracker(TrackerSettings(mode=mode)) as tracker:
            lids[mode] = through([tracker.track(frame) for frame in frames])
    (measured, _), (_, shown) = lids["accurate"], lids["balanced"]
    rest = float(np.median(measured))
    depth = float(measured[shut_frame - 2 : shut_frame + 3].max()) - rest
    latency = round(60 * LATENCY_NS / 1e9)
    assert depth > 0.2
    assert shown[2 * shut_frame - 3 : 2 * shut_frame + 15 + latency].max() - rest >= 0.8 * depth


@pytest.mark.needs_data
def test_a_real_face_that_blinks_for_100_ms_is_seen_to_blink(data_folder: Path) -> None:
    """A real face's own noise with a blink of 100 ms put into its coefficients: 80 % of the depth is shown."""
    from export.clips import read_clip  # the reader of clips stands a floor above, and is only the source here
    from trackers.engine import TrackerSettings, open_tracker

    with open_tracker(TrackerSettings(mode="accurate", hands=False, body_model="lite")) as tracker:
        trackings = [tracker.track(frame) for frame in read_clip(data_folder / "asl" / "brother.mkv")[:50]]
    for number, depth in ((29, 0.35), (30, 0.8), (31, 0.3)):
        seen = trackings[number].face
        assert seen is not None
        expression = seen.expression.copy()
        expression[BLINKS] = np.maximum(expression[BLINKS], depth)
        trackings[number] = replace(trackings[number], face=replace(seen, expression=expression))
    measured, shown = through(trackings)
    rest = float(np.median(measured))
    assert shown.max() - rest >= 0.8 * (measured.max() - rest) > 0.2
