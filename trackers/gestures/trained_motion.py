"""Trained motions: how a part moves as a track of numbers, and how well the last moments fit the tracks that were shown.

Owns the vectors of motion, their resampling over time, and dynamic time warping in a band. Knows nothing of training.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trackers.gestures.features import Array, part_features
from trackers.gestures.types import Look
from trackers.skeleton import BODY_INDEX
from trackers.types import BodyTracking, HandTracking, Tracking

Track = tuple[float, Array]
"""Seconds and the vector of motion at that time."""
Columns = NDArray[np.bool_]
PartTracks = tuple[str, Array, Columns, float]
"""Part, examples (N, STEPS, D), columns that count, limit."""

STEPS: Final = 24
MOTION_SIZES: Final[dict[str, int]] = {"body": 6, "left_hand": 10, "right_hand": 10, "face": 5}
"""Numbers in the vector of motion of each part."""

_BAND: Final = 5  # steps that one track may run ahead of the other: 0.2 of them
_PACES: Final = (0.75, 1.0, 1.33)  # of the shown length: people are not clocks
_MOST_S: Final = 4.0
_LONGEST_GAP_S: Final = 0.25  # a part that was lost for longer made no motion that anybody saw
_TURN: Final = 1.5
_SHAPE: Final = 0.5
_WRISTS: Final = [BODY_INDEX["left_wrist"], BODY_INDEX["right_wrist"]]
_SHOULDERS: Final = [BODY_INDEX["left_shoulder"], BODY_INDEX["right_shoulder"]]
_TIPS: Final = [4, 8, 12, 16, 20]


def motion_features(tracking: Tracking, part: str) -> Array | None:
    """Return where and how a part is held (D,), comparable between people; None if it is not there. Unseen numbers are NaN."""
    if part == "body":
        return None if tracking.body is None else _body(tracking.body)
    if part == "face":
        face = part_features(tracking, "face")
        return None if face is None else face[-6:-1] * _TURN
    hand = tracking.left_hand if part == "left_hand" else tracking.right_hand
    return None if hand is None else _hand(hand, tracking)


def resampled(track: Sequence[Track], *, start_s: float, end_s: float) -> Array | None:
    """Return the track between two times as (STEPS, D) at even steps; None if it has a hole or too little in it."""
    inside = [(at, vector) for at, vector in track if start_s - 0.05 <= at <= end_s + 1e-6]
    if len(inside) < 6 or inside[0][0] > start_s + _LONGEST_GAP_S:
        return None
    times = np.array([at for at, _ in inside])
    if np.diff(times).max() > _LONGEST_GAP_S or end_s - times[-1] > _LONGEST_GAP_S:
        return None
    rows = np.stack([vector for _, vector in inside])
    wanted = np.linspace(start_s, end_s, STEPS)
    columns = []
    for column in rows.T:
        known = ~np.isnan(column)
        columns.append(np.interp(wanted, times[known], column[known]) if known.sum() >= 4 else np.full(STEPS, np.nan))
    return np.stack(columns, axis=1)


def centred(track: Array) -> Array:
    """Return the track (STEPS, D) with most of its place taken out: what matters is the way, not where it was made."""
    return np.asarray(track - 0.7 * np.nanmean(np.where(np.isnan(track), 0.0, track), axis=0))


def warped(first: Array, second: Array) -> Array:
    """Return the dynamic time warping distance (B,) between tracks (B, STEPS, D): the root mean square along the best way."""
    gaps = first[:, :, None, :] - second[:, None, :, :]
    cost = np.where(np.isnan(gaps), 0.0, gaps * gaps).sum(axis=3)  # (B, STEPS, STEPS)
    steps = cost.shape[1]
    best = np.full((len(cost), steps + 1, steps + 1), np.inf)
    best[:, 0, 0] = 0.0
    for diagonal in range(2 * steps - 1):  # all cells of one diagonal of all pairs at once
        rows = np.arange(max(0, diagonal - steps + 1), min(diagonal, steps - 1) + 1)
        rows = rows[np.abs(2 * rows - diagonal) <= _BAND]
        columns = diagonal - rows
        before = np.minimum(np.minimum(best[:, rows, columns + 1], best[:, rows + 1, columns]), best[:, rows, columns])
        best[:, rows + 1, columns + 1] = cost[:, rows, columns] + before
    return np.asarray(np.sqrt(best[:, steps, steps] / steps))


class MotionMatcher:
    """Keeps the last seconds and compares them with the tracks of each motion.

    Args:
        motions: name -> how long it takes in seconds, and its tracks part by part.
    """

    def __init__(self, motions: Mapping[str, tuple[float, Sequence[PartTracks]]]) -> None:
        self._motions = motions
        parts = {part for _, models in motions.values() for part, *_ in models}
        self._tracks: dict[str, deque[Track]] = {part: deque() for part in parts}

    def push(self, look: Look) -> dict[str, float]:
        """Take a look; return of each motion that can be judged how far it is from what was shown, in limits."""
        for part, track in self._tracks.items():
            vector = motion_features(look.tracking, part) if part in look.fresh else None
            if vector is not None:
                track.append((look.time_s, vector))
            while track and track[0][0] < look.time_s - _MOST_S:
                track.popleft()
        found = {}
        for name, (length_s, models) in self._motions.items():
            shares = [self._share(model, now_s=look.time_s, length_s=length_s) for model in models]
            if None not in shares:
                found[name] = max(share for share in shares if share is not None)
        return found

    def reset(self) -> None:
        """Forget what came before."""
        for track in self._tracks.values():
            track.clear()

    def _share(self, model: PartTracks, *, now_s: float, length_s: float) -> float | None:
        part, examples, columns, limit = model
        windows = [resampled(self._tracks[part], start_s=now_s - pace * length_s, end_s=now_s) for pace in _PACES]
        kept = [centred(window[:, columns]) for window in windows if window is not None]
        if not kept:
            return None
        first = np.repeat(np.stack(kept), len(examples), axis=0)
        return float(warped(first, np.tile(examples, (len(kept), 1, 1))).min()) / limit


def _body(body: BodyTracking) -> Array:
    """Return where both wrists are, from the middle of the shoulders, in widths of the shoulders."""
    points = body.world_m.astype(np.float64)
    width_m = max(float(np.linalg.norm(points[_SHOULDERS[0]] - points[_SHOULDERS[1]])), 0.15)
    places = (points[_WRISTS] - points[_SHOULDERS].mean(axis=0)) / width_m * np.array((1.0, 1.0, 0.3))
    places[np.minimum(body.visibility, body.presence)[_WRISTS] < 0.3] = np.nan
    return np.asarray(places.ravel())


def _hand(hand: HandTracking, tracking: Tracking) -> Array:
    """Return where a hand is in palms, how it lies, and how far each finger is stretched."""
    pixels, points = hand.keypoints_px[:, :2].astype(np.float64), hand.world_m.astype(np.float64)
    palm_px = max(float(np.hypot(*(pixels[9] - pixels[0]))), float(np.hypot(*(pixels[5] - pixels[17]))), 1.0)
    place = (pixels[9] - np.array((tracking.width_px, tracking.height_px)) / 2) / palm_px / 2.0
    palm_m = max(float(np.linalg.norm(points[9] - points[0])), 1e-6)
    up = (points[9] - points[0]) / palm_m
    stretched = np.linalg.norm(points[_TIPS] - points[0], axis=1) / palm_m * _SHAPE
    return np.concatenate([place, up, stretched])
