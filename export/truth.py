"""What is published of a clip, where it lies beside it, and how far a tracker's answers are from that.

`NAME.full.json` holds keypoints in pixels for each frame of `NAME.mp4` (or `NAME.25fps.mp4`): 21 are one hand's, 33 a body's.
`NAME_expected_blendshapes.pbtxt` holds the expression of the picture `NAME.jpg`. Owns these files' formats and the errors.
Knows nothing of engines.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from export.agreement import distances_px
from export.mended import Mended
from export.percentiles import percentiles
from export.reference_filter import as_the_reference_shows
from trackers.skeleton import EXPRESSION_NAMES
from trackers.types import BODY_COUNT, HAND_COUNT, FloatArray, Tracking

FILTER_PERIOD_S: Final = 1 / 30
"""The published bodies were smoothed as MediaPipe smooths in video mode, by a clock of 30 Hz whatever the clip's rate."""
_CLASSIFICATION: Final = re.compile(r'score:\s*([-+.\deE]+)\s+label:\s*"(\w+)"')


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What is published of one clip."""

    kind: str
    """hand, body or expression."""
    values: FloatArray
    """hand, body: (frames, 21 or 33, 3) x, y, z in px; expression: (52,) coefficients in our order."""


def truth_beside(clip: Path) -> Truth | None:
    """Return what is published of the clip in its folder, or None: also where another program's file has that name."""
    stem = clip.name.partition(".")[0]
    keypoints, expression = clip.with_name(f"{stem}.full.json"), clip.with_name(f"{stem}_expected_blendshapes.pbtxt")
    if keypoints.is_file():
        return _read_keypoints(keypoints)
    try:
        values = read_expression(expression.read_text(encoding="utf-8")) if expression.is_file() else None
    except (OSError, ValueError):
        return None
    return None if values is None or not values.any() else Truth("expression", values)


def _read_keypoints(path: Path) -> Truth | None:
    try:
        values = np.array(json.loads(path.read_text(encoding="utf-8")), dtype=np.float32)
    except (OSError, ValueError, TypeError, OverflowError, RecursionError):
        return None
    kinds = {HAND_COUNT: "hand", BODY_COUNT: "body"}
    if values.ndim != 3 or values.shape[1] not in kinds or values.shape[2] not in (2, 3) or not np.isfinite(values).all():
        return None
    return Truth(kinds[values.shape[1]], values)


def read_expression(text: str) -> FloatArray:
    """Return the (52,) coefficients of a ClassificationList in protobuf's text format; what it does not name is 0."""
    scores = {label: float(score) for score, label in _CLASSIFICATION.findall(text)}
    return np.array([scores.get(name, 0.0) for name in EXPRESSION_NAMES], dtype=np.float32)


def errors(truth: Truth, trackings: Sequence[Tracking], *, smoothed_already: bool) -> dict[str, Any]:
    """Return how far the trackings are from the truth, frame by frame (of an expression: the last of them).

    Args:
        smoothed_already: the engine smooths bodies itself, as MediaPipe does; else the error is also told behind our own
            smoothing (`track --smooth`) and behind MediaPipe's.
    """
    if truth.kind == "expression":
        return _expression_errors(truth.values, trackings[-1])
    found = _hand_gaps_px(truth.values, trackings) if truth.kind == "hand" else _body_gaps_px(truth.values, trackings)
    figures = _keypoint_errors(found)
    if truth.kind == "body" and not smoothed_already:
        mended = Mended(smooth=True)
        ways = {
            "mean_px_smooth": [mended(tracking) for tracking in trackings],
            "mean_px_same_filter": as_the_reference_shows(trackings, period_s=FILTER_PERIOD_S),
        }
        for name, shown in ways.items():
            figures[name] = _keypoint_errors(_body_gaps_px(truth.values, shown))["mean_px"]
    return figures


def _keypoint_errors(gaps_px: list[float | None]) -> dict[str, Any]:
    found = [gap for gap in gaps_px if gap is not None]
    return {
        "frames": len(gaps_px),
        "missed": len(gaps_px) - len(found),
        "mean_px": round(float(np.mean(found)), 3) if found else None,
        "p95_px": percentiles(found, wanted=(95,))["p95"],
    }


def _hand_gaps_px(wanted: FloatArray, trackings: Sequence[Tracking]) -> list[float | None]:
    """Return each frame's mean distance of the nearer hand: whose side it is, the truth does not say."""
    gaps: list[float | None] = []
    for tracking, points in zip(trackings, wanted, strict=False):
        hands = [hand for hand in (tracking.left_hand, tracking.right_hand) if hand is not None]
        gaps.append(min((float(distances_px(hand.keypoints_px, points).mean()) for hand in hands), default=None))
    return gaps


def _body_gaps_px(wanted: FloatArray, trackings: Sequence[Tracking]) -> list[float | None]:
    return [
        None if tracking.body is None else float(distances_px(tracking.body.keypoints_px, points).mean())
        for tracking, points in zip(trackings, wanted, strict=False)
    ]


def _expression_errors(wanted: FloatArray, tracking: Tracking) -> dict[str, Any]:
    if tracking.face is None:
        return {"missed": 1, "max": None, "mean": None, "worst": None}
    away = np.abs(tracking.face.expression - wanted)
    worst = int(away.argmax())
    return {
        "missed": 0,
        "max": round(float(away[worst]), 4),
        "mean": round(float(away.mean()), 4),
        "worst": EXPRESSION_NAMES[worst],
    }
