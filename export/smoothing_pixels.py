"""Keypoints in pixels as smoothed by ours and by MediaPipe itself, against what was measured.

Owns which keypoints are compared and at what speeds they rest or move. Knows nothing of avatars, nor of how figures are made.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from export.mended import Mended
from export.steadiness import RATE_HZ, figures
from trackers.quaternions import Array
from trackers.types import BODY_COUNT, FACE_COUNT, HAND_COUNT, Tracking

# part: (rows, slow, quick) in pixels per second of a picture 640 wide
PARTS: Final = {
    "body": (slice(0, 17), 20.0, 50.0),
    "hands": (slice(0, 2 * HAND_COUNT), 40.0, 120.0),
    "face": (slice(0, FACE_COUNT, 12), 12.0, 30.0),
}
WAYS: Final = ("ours", "none", "mediapipe")


@dataclass(frozen=True, slots=True, eq=False)
class PixelTake:
    """One clip's keypoints on the output's times: [way][part] (T, K, 2) pixels, NaN where not found."""

    ways: dict[str, dict[str, Array]]
    moves: bool = True
    """Somebody moves in it; False for a still picture, which says nothing of lag."""


def pixel_take(ours: list[Tracking], theirs: list[Tracking], *, moves: bool = True) -> PixelTake:
    """Return one clip's keypoints: ours as measured and smoothed, and MediaPipe's, which it has smoothed itself."""
    mended = Mended(smooth=True)
    return PixelTake(
        {
            "ours": _keypoints([mended(tracking) for tracking in ours]),
            "none": _keypoints(ours),
            "mediapipe": _keypoints(theirs),
        },
        moves=moves,
    )


def compare_pixels(takes: list[PixelTake]) -> dict[str, dict[str, dict[str, float | None]]]:
    """Return figures[part][way]: jitter in pixels and lag in milliseconds, at the frames' own times."""
    out: dict[str, dict[str, dict[str, float | None]]] = {}
    for part, (_, slow, quick) in PARTS.items():
        out[part] = {}
        for way in WAYS:
            pairs = []
            for one in takes:
                known = np.all([np.isfinite(one.ways[name][part]).all(axis=2) for name in WAYS], axis=0)
                pairs.append((one.ways[way][part], np.where(known[:, :, None], one.ways["none"][part], np.nan)))
            shown = figures(pairs, slow=slow, quick=quick)
            moving = [pair for pair, one in zip(pairs, takes, strict=True) if one.moves]
            lag_ms = figures(moving, slow=slow, quick=quick).lag_ms if moving else None
            out[part][way] = {
                key: None if value is None else round(value, 3)
                for key, value in (("jitter", shown.jitter), ("lag_ms", lag_ms), ("error", shown.error))
            }
    return out


def _keypoints(trackings: list[Tracking]) -> dict[str, Array]:
    """Return (T, K, 2) on the output's times, straight between frames."""
    stamps_s = np.array([one.stamp.captured_ns * 1e-9 for one in trackings])
    times_s = stamps_s[0] + np.arange(int((stamps_s[-1] - stamps_s[0]) * RATE_HZ) + 1) / RATE_HZ
    at = np.interp(times_s, stamps_s, np.arange(len(stamps_s), dtype=np.float64))
    low = np.minimum(at.astype(int), max(len(stamps_s) - 2, 0))
    share = (at - low)[:, None, None]
    frames = {
        "body": np.array([_pixels(one.body, BODY_COUNT, one) for one in trackings]),
        "hands": np.array(
            [np.concatenate([_pixels(hand, HAND_COUNT, one) for hand in (one.left_hand, one.right_hand)]) for one in trackings]
        ),
        "face": np.array([_pixels(one.face, FACE_COUNT, one) for one in trackings]),
    }
    return {part: (values[low] * (1 - share) + values[low + 1] * share)[:, PARTS[part][0]] for part, values in frames.items()}


def _pixels(part: object, count: int, tracking: Tracking) -> Array:
    """Return (count, 2) pixels in the scale of a picture 640 wide."""
    if part is None:
        return np.full((count, 2), np.nan)
    return np.asarray(part.keypoints_px[:, :2] * (640.0 / tracking.width_px), dtype=np.float64)  # type: ignore[attr-defined]
