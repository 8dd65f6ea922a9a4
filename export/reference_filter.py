"""The smoothing that MediaPipe's landmarkers do in video mode, so that it can be told apart from what was perceived.

Its Tasks pass the keypoints of body and face (not of hands) through a One-Euro filter before anyone sees them; our tracker
gives what the model saw, and the motion stage smooths. Owns that filter with its published figures. Knows nothing of what is
compared.
Figures: MediaPipe's pose and face landmarker graphs (Apache-2.0). Unlike in `trackers.filters`, speed is that between
measurements, in sizes of the part's region a second.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final, TypeVar

import numpy as np

from trackers.skeleton import BODY_INDEX
from trackers.types import BodyTracking, FaceTracking, FloatArray, Tracking

MIN_CUTOFF_HZ: Final = 0.05
BETA: Final = 80.0
SPEED_CUTOFF_HZ: Final = 1.0
BODY_REGION_SCALE: Final = 1.25
FACE_REGION_SCALE: Final = 1.5
_Part = TypeVar("_Part", BodyTracking, FaceTracking)
_HIPS: Final = [BODY_INDEX["left_hip"], BODY_INDEX["right_hip"]]


class ReferenceFilter:
    """Smooths one part's keypoints."""

    def __init__(self) -> None:
        self._value: FloatArray | None = None
        self._measured: FloatArray | None = None
        self._speed: FloatArray | None = None

    def __call__(self, points: FloatArray, *, size_px: float, elapsed_s: float) -> FloatArray:
        """Take (N, D) keypoints and return them smoothed; the first pass unchanged.

        Args:
            size_px: side of the region that the part was seen in: speeds count in it.
            elapsed_s: time since the last call.
        """
        if self._value is None or self._measured is None or self._speed is None:
            self._value, self._measured, self._speed = points.copy(), points.copy(), np.zeros_like(points)
            return points
        share = _share(np.float32(SPEED_CUTOFF_HZ), elapsed_s)
        self._speed = self._speed + share * ((points - self._measured) / np.float32(size_px * elapsed_s) - self._speed)
        self._measured = points.copy()
        share = _share(np.float32(MIN_CUTOFF_HZ) + np.float32(BETA) * np.abs(self._speed), elapsed_s)
        self._value = (self._value + share * (points - self._value)).astype(np.float32)
        return self._value


def _share(cutoff_hz: FloatArray | np.float32, elapsed_s: float) -> FloatArray:
    """Return how much of a step a low-pass of this cutoff takes in that time."""
    return np.asarray(1.0 / (1.0 + 1.0 / (2 * np.pi * cutoff_hz * elapsed_s)), dtype=np.float32)


def as_the_reference_shows(trackings: Iterable[Tracking], *, period_s: float | None = None) -> list[Tracking]:
    """Return the trackings with body and face smoothed as MediaPipe smooths its own.

    Args:
        period_s: time between two trackings; None takes it from their stamps, which must rise.
    """
    body, face = _Smoothed(body_region_px), _Smoothed(face_region_px)
    shown, last_ns = [], None
    for tracking in trackings:
        elapsed_s = period_s or (1.0 if last_ns is None else (tracking.stamp.captured_ns - last_ns) * 1e-9)
        last_ns = tracking.stamp.captured_ns
        shown.append(replace(tracking, body=body(tracking.body, elapsed_s), face=face(tracking.face, elapsed_s)))
    return shown


class _Smoothed:
    """The filter of one part; a part that is lost begins anew."""

    def __init__(self, region_px: Callable[[FloatArray], float]) -> None:
        self._region_px = region_px
        self._filter = ReferenceFilter()

    def __call__(self, part: _Part | None, elapsed_s: float) -> _Part | None:
        if part is None:
            self._filter = ReferenceFilter()
            return None
        points = part.keypoints_px
        return replace(part, keypoints_px=self._filter(points, size_px=self._region_px(points), elapsed_s=elapsed_s))


def body_region_px(points: FloatArray) -> float:
    """Return about the side of the body's region: round the circle about the hips that holds all keypoints."""
    away = points[:, :2] - points[_HIPS, :2].mean(axis=0)
    return float(2 * BODY_REGION_SCALE * np.hypot(away[:, 0], away[:, 1]).max())


def face_region_px(points: FloatArray) -> float:
    """Return the side of the face's region."""
    return float(FACE_REGION_SCALE * np.ptp(points[:, :2], axis=0).max())
