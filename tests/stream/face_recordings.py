"""Recordings of a face that does what it is told, for the tests of calibrating."""

from pathlib import Path

import numpy as np

from trackers.recording import PcastWriter, RecordingMetadata
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import FaceTracking, Stamp, Tracking

JAW = EXPRESSION_INDEX["jawOpen"]


def recording(path: Path, jaws: list[float | None]) -> Path:
    """Write a recording of a face at rest whose jaw opens as told; None is a frame without a face."""
    with PcastWriter(path, metadata=RecordingMetadata("test", 30.0, 640, 480, "2026-01-01T00:00:00+00:00")) as writer:
        for i, jaw in enumerate(jaws):
            expression = np.zeros(52, dtype=np.float32)
            expression[JAW] = jaw or 0.0
            face = FaceTracking(
                keypoints_px=np.full((478, 3), 100, np.float32),
                camera_from_head=np.diag([1, -1, -1]).astype(np.float32),
                head_position_m=np.array([0, 0, 0.6], np.float32),
                gaze_rad=np.zeros(2, np.float32),
                expression=expression,
                score=0.99,
            )
            stamp = Stamp(i, i * 33_333_333)
            writer.write(Tracking(stamp, 640, 480, None, None, None, None if jaw is None else face))
    return path
