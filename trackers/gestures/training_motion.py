"""Learns a motion from a few takes: when in each take it is made, how long it takes, and how near is near enough.

Owns these choices. Knows nothing of poses.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from trackers.errors import UserError
from trackers.gestures.features import Array
from trackers.gestures.trained import PartModel, TrainedGesture
from trackers.gestures.trained_motion import STEPS, Track, centred, motion_features, resampled, warped
from trackers.types import Tracking

_PARTS: Final = ("body", "left_hand", "right_hand", "face")
_MOVED: Final = {"body": 0.2, "left_hand": 0.45, "right_hand": 0.45, "face": 0.25}
"""How far a part strays from its middle in a take of a motion, root mean square."""
_LEAST_MOVED: Final = 0.4  # of that: of less no motion can be learnt, who holds still sways by so much
_FAST_PER_S: Final = 3.5  # who holds a pose and turns a little, as told, is slower
_LONG_S: Final = 2.2  # what moves for longer is one motion made again and again
_WINDOW_S: Final = 1.3
_STRIDE_S: Final = 0.33
_MOST_WINDOWS: Final = 5  # of a take,
_MOST_EXAMPLES: Final = 15  # and of all takes together: each costs time in every look
_LEAST_S: Final = 0.4
_SLACK: Final = 1.35
_APART: Final = 0.75
_LEAST_LIMIT: Final = 0.25


def moves(takes: Sequence[Sequence[Tracking]], present: Sequence[str]) -> bool:
    """Tell whether the takes show a motion rather than a pose that is held."""
    return any(
        _stray(takes, part) > _MOVED[part] and _speed_per_s(takes, part) > _FAST_PER_S * _MOVED[part] for part in present
    )


def learn_motion(
    name: str,
    takes: Sequence[Sequence[Tracking]],
    present: Sequence[str],
    *,
    background: Sequence[Sequence[Tracking]],
    created: str,
) -> TrainedGesture:
    """Learn a motion from its takes, by the parts that move most in it and were never lost on the way.

    Raises:
        UserError: nothing moves for long enough, or what moves was lost on the way.
    """
    strays = {part: _stray(takes, part) / _MOVED[part] for part in present if part in _PARTS}
    strays = {part: stray for part, stray in strays.items() if stray >= _LEAST_MOVED}
    longest_s = 0.0
    for parts in _moving(strays):
        spans = [_active(track) for take in takes if (track := _track(take, parts[0]))]
        length_s = float(np.median([end_s - start_s for start_s, end_s in spans])) if spans else 0.0
        longest_s = max(longest_s, length_s)
        if length_s < _LEAST_S:
            continue
        window_s = _WINDOW_S if length_s > _LONG_S else 0.0
        models = [_model(takes, part, parts[0], length_s=length_s, window_s=window_s, background=background) for part in parts]
        whole = tuple(model for model in models if model is not None)
        if len(whole) == len(parts):
            return TrainedGesture(name, "motion", whole, created, len(takes), window_s or length_s)
    why = "nothing moves in its takes" if longest_s < _LEAST_S else "what moves was lost on the way in its takes"
    raise UserError(f"{name} cannot be learnt as a motion: {why}; train it with --kind pose or record it again")


def _moving(strays: dict[str, float]) -> list[list[str]]:
    """Return by what a motion may be judged, best first: two hands if both move, else the part that moves most."""
    order = sorted(strays, key=lambda part: -strays[part])
    hands = [part for part in order if part.endswith("_hand") and strays[part] > max(0.7 * strays[order[0]], 1.0)]
    both = [hands] if len(hands) == 2 and order[0] in hands else []
    return [*both, *([part] for part in order)]


def _track(take: Sequence[Tracking], part: str) -> list[Track]:
    found = []
    for tracking in take:
        vector = motion_features(tracking, part) if part not in tracking.predicted else None
        if vector is not None:
            found.append((tracking.stamp.captured_ns / 1e9, vector))
    return found


def _stray(takes: Sequence[Sequence[Tracking]], part: str) -> float:
    strays = []
    for take in takes:
        rows = [vector for _, vector in _track(take, part)]
        if len(rows) >= 6:
            track = np.stack(rows)
            track = track[:, np.isfinite(track).mean(axis=0) > 0.6]
            inner = track[int(0.15 * len(track)) : max(int(0.85 * len(track)), 1)]  # getting there and away is no motion
            strays.append(float(np.sqrt(np.nansum(np.nanvar(inner, axis=0)))) if inner.size else 0.0)
    return float(np.median(strays)) if strays else 0.0


def _speed_per_s(takes: Sequence[Sequence[Tracking]], part: str) -> float:
    """Return how fast a part goes over fifths of a second, in the middle of half of the takes."""
    speeds = []
    for take in takes:
        track = _track(take, part)
        inner = track[int(0.15 * len(track)) : max(int(0.85 * len(track)), 1)]
        if len(inner) < 6:
            continue
        times = np.array([at for at, _ in inner])
        rows = np.nan_to_num(np.stack([vector for _, vector in inner]))
        later = np.minimum(np.searchsorted(times, times + 0.2), len(times) - 1)
        moved = np.linalg.norm(rows[later] - rows, axis=1) / np.maximum(times[later] - times, 0.05)
        speeds.append(float(np.quantile(moved, 0.6)))
    return float(np.median(speeds)) if speeds else 0.0


def _active(track: Sequence[Track]) -> tuple[float, float]:
    """Return from when to when it moves: speed above a third of its usual highest."""
    times = np.array([at for at, _ in track])
    rows = np.nan_to_num(np.stack([vector for _, vector in track]))
    if len(times) < 6:
        return float(times[0]), float(times[0])
    speed = np.linalg.norm(np.diff(rows, axis=0), axis=1) / np.maximum(np.diff(times), 1e-3)
    speed = np.convolve(speed, np.ones(5) / 5, mode="same")
    active = np.flatnonzero(speed >= 0.3 * np.quantile(speed, 0.95))
    return max(float(times[active[0]]) - 0.05, float(times[0])), float(times[active[-1] + 1])


def _model(
    takes: Sequence[Sequence[Tracking]],
    part: str,
    leading: str,
    *,
    length_s: float,
    window_s: float,
    background: Sequence[Sequence[Tracking]],
) -> PartModel | None:
    """Return how a part moves; None if it was lost on the way in most takes."""
    tracks = [(_track(take, part), _active(_track(take, leading))) for take in takes if _track(take, leading)]
    examples = [found for track, span in tracks if (found := _windows(track, span, window_s))]
    if 2 * len(examples) <= len(takes):
        return None
    columns = np.isfinite(np.concatenate([np.stack(rows) for rows in examples])).all(axis=(0, 1))
    if not columns.any():
        return None
    kept = [np.stack([centred(row[:, columns]) for row in rows]) for rows in examples]
    everything = np.concatenate(kept)
    some = everything[np.linspace(0, len(everything) - 1, min(len(everything), _MOST_EXAMPLES)).round().astype(np.intp)]
    limit = _SLACK * _between(kept)
    usual = [row[:, columns] for take in background for row in _ordinary(_track(take, part), window_s or length_s)]
    away = [_nearest(centred(row)[None], some) for row in usual if np.isfinite(row).all()]
    if away:
        most = _APART * float(np.quantile(away, 0.02))
        limit = float(np.clip(limit, 0.5 * most, most))
    return PartModel(part, some, columns, max(limit, _LEAST_LIMIT))


def _windows(track: Sequence[Track], span: tuple[float, float], window_s: float) -> list[Array]:
    """Return the motion as one track, or as several windows of `window_s` at different beats."""
    start_s, end_s = span
    starts = np.arange(start_s, end_s - window_s + 1e-6, _STRIDE_S)[:_MOST_WINDOWS] if window_s else [start_s]
    ends = [float(start) + window_s if window_s else end_s for start in starts]
    found = [resampled(track, start_s=float(start), end_s=end) for start, end in zip(starts, ends, strict=True)]
    return [row for row in found if row is not None]


def _ordinary(track: Sequence[Track], length_s: float) -> list[Array]:
    if not track:
        return []
    ends = np.arange(track[0][0] + length_s, track[-1][0], 0.4)
    found = [resampled(track, start_s=float(end) - length_s, end_s=float(end)) for end in ends]
    return [row for row in found if row is not None]


def _between(examples: Sequence[Array]) -> float:
    """Return how far one take's tracks are from the other takes', at most."""
    if len(examples) == 1:
        return _LEAST_LIMIT
    apart = []
    for number, rows in enumerate(examples):
        others = np.concatenate([*examples[:number], *examples[number + 1 :]])
        apart += [_nearest(row[None], others) for row in rows]
    return float(np.max(apart))


def _nearest(row: Array, examples: Array) -> float:
    assert row.shape[1] == STEPS
    return float(warped(np.repeat(row, len(examples), axis=0), examples).min())
