"""Trained motions: how a part moves as a track of numbers, and how well the last moments fit the tracks that were shown.

Owns the vectors of motion, their resampling over time, and dynamic time warping in a band. Knows nothing of training.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
_JUDGED_EVERY_S: Final = 0.06  # a motion is no sooner over: comparing costs more than all else that gestures do
_HOPELESS: Final = 1.5  # limits: a track that cannot be nearer is not compared; its confidence is below 0.05
_UNSEEN: Final = 10.0  # limits: as far as nothing is
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
    return np.asarray(track - 0.7 * track.mean(axis=0))


def warped(first: Array, second: Array) -> Array:
    """Return the dynamic time warping distance (B,) between tracks (B, STEPS, D): the root mean square along the best way.

    No number may be NaN: what was not seen is near nothing.
    """
    gaps = first[:, :, None, :] - second[:, None, :, :]
    cost = (gaps * gaps).sum(axis=3)  # (B, STEPS, STEPS)
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


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """How a part moves in a motion, and between what it stays within the band about each step: quick to compare."""

    part: str
    tracks: Array
    """(N, STEPS, D)"""
    columns: Columns
    limit: float
    low: Array
    """(N, STEPS, D)"""
    high: Array

    def share(self, windows: Array) -> float:
        """Return how far the nearest of `windows` (W, STEPS, D) is from the nearest track, in limits; at least, if hopeless."""
        beside = np.maximum(np.maximum(windows[:, None] - self.high, self.low - windows[:, None]), 0.0)
        apart = np.sqrt((beside * beside).sum(axis=(2, 3)) / STEPS)  # (W, N), no more than warped would say
        window, track = np.nonzero(apart <= _HOPELESS * self.limit)
        if len(window):
            apart[window, track] = warped(windows[window], self.tracks[track])
        return float(apart.min()) / self.limit


def _shown(part: str, tracks: Array, columns: Columns, limit: float) -> _Shown:
    near = [tracks[:, max(0, step - _BAND) : step + _BAND + 1] for step in range(STEPS)]
    low, high = np.stack([one.min(axis=1) for one in near], axis=1), np.stack([one.max(axis=1) for one in near], axis=1)
    return _Shown(part, tracks, columns, limit, low, high)


class MotionMatcher:
    """Keeps the last seconds and compares them with the tracks of each motion.

    Args:
        motions: name -> how long it takes in seconds, and its tracks part by part.
    """

    def __init__(self, motions: Mapping[str, tuple[float, Sequence[PartTracks]]]) -> None:
        self._motions = {name: (length_s, [_shown(*model) for model in models]) for name, (length_s, models) in motions.items()}
        self._judged_s: float | None = None
        self._shares: dict[str, float] = {}
        parts = {part for _, models in motions.values() for part, *_ in models}
        self._tracks: dict[str, deque[Track]] = {part: deque() for part in parts}

    def push(self, look: Look) -> dict[str, float]:
        """Take a look; return of each motion that can be judged how far it is from what was shown, in limits.

        Looks that come thick and fast are answered as the one before.
        """
        for part, track in self._tracks.items():
            vector = motion_features(look.tracking, part) if part in look.fresh else None
            if vector is not None:
                track.append((look.time_s, vector))
            while track and track[0][0] < look.time_s - _MOST_S:
                track.popleft()
        if self._judged_s is None or not 0.0 <= look.time_s - self._judged_s < _JUDGED_EVERY_S:
            self._judged_s, self._shares = look.time_s, self._judged(look.time_s)
        return self._shares

    def _judged(self, now_s: float) -> dict[str, float]:
        found = {}
        for name, (length_s, models) in self._motions.items():
            shares = [self._share(model, now_s=now_s, length_s=length_s) for model in models]
            if None not in shares:
                found[name] = max(share for share in shares if share is not None)
        return found

    def reset(self) -> None:
        """Forget what came before."""
        self._judged_s, self._shares = None, {}
        for track in self._tracks.values():
            track.clear()

    def _share(self, shown: _Shown, *, now_s: float, length_s: float) -> float | None:
        """Return how far the part's last moments are from what was shown; None if the part was not followed for long enough."""
        track = self._tracks[shown.part]
        windows = [resampled(track, start_s=now_s - pace * length_s, end_s=now_s) for pace in _PACES]
        followed = [window[:, shown.columns] for window in windows if window is not None]
        if not followed:
            return None
        seen = [centred(window) for window in followed if np.isfinite(window).all()]
        return shown.share(np.stack(seen)) if seen else _UNSEEN  # wrists that are hidden make no motion


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
