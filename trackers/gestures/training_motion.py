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
_MOVED: Final = {"body": 0.28, "left_hand": 0.45, "right_hand": 0.45, "face": 0.25}
"""How far a part strays from its middle in a take of a motion, root mean square."""
_LONG_S: Final = 2.2  # what moves for longer is one motion made again and again
_WINDOW_S: Final = 1.3
_STRIDE_S: Final = 0.33
_MOST_WINDOWS: Final = 5
_LEAST_S: Final = 0.4
_SLACK: Final = 1.35
_APART: Final = 0.75
_LEAST_LIMIT: Final = 0.25


def moves(takes: Sequence[Sequence[Tracking]], present: Sequence[str]) -> bool:
    """Tell whether the takes show a motion rather than a pose that is held."""
    return any(_stray(takes, part) > _MOVED[part] for part in present)


def learn_motion(
    name: str,
    takes: Sequence[Sequence[Tracking]],
    present: Sequence[str],
    *,
    background: Sequence[Sequence[Tracking]],
    created: str,
) -> TrainedGesture:
    """Learn a motion from its takes, by the parts that move in it.

    Raises:
        UserError: nothing moves for long enough.
    """
    candidates = [part for part in present if part in _PARTS]
    strays = {part: _stray(takes, part) / _MOVED[part] for part in candidates}
    parts = _moving(strays)
    spans = [_active(track) for take in takes if (track := _track(take, parts[0]))]
    lengths = [end_s - start_s for start_s, end_s in spans]
    length_s = float(np.median(lengths)) if lengths else 0.0
    if length_s < _LEAST_S:
        raise UserError(
            f"{name} cannot be learnt as a motion: nothing moves in its takes; train it with --kind pose or record it again"
        )
    repeated = length_s > _LONG_S
    if repeated:
        length_s = _WINDOW_S
    models = tuple(_model(takes, part, parts[0], length_s=length_s, repeated=repeated, background=background) for part in parts)
    return TrainedGesture(name, "motion", models, created, len(takes), length_s)


def _moving(strays: dict[str, float]) -> list[str]:
    """Return what a motion is judged by, the part that moves most first: arms by the body, fingers by their hand."""
    best = max(strays, key=lambda part: strays[part])
    both = [part for part in strays if part.endswith("_hand") and strays[part] > max(0.7 * strays[best], 1.0)]
    return sorted(both, key=lambda part: -strays[part]) if best.endswith("_hand") and both else [best]


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


def _active(track: Sequence[Track]) -> tuple[float, float]:
    """Return from when to when it moves: speed above a third of its usual highest."""
    times = np.array([at for at, _ in track])
    rows = np.nan_to_num(np.stack([vector for _, vector in track]))
    if len(times) < 6:
        return float(times[0]), float(times[0])
    speed = np.linalg.norm(np.diff(rows, axis=0), axis=1) / np.maximum(np.diff(times), 1e-3)
    speed = np.convolve(speed, np.ones(5) / 5, mode="same")
    active = np.flatnonzero(speed > 0.3 * np.quantile(speed, 0.95))
    return max(float(times[active[0]]) - 0.05, float(times[0])), float(times[active[-1] + 1])


def _model(
    takes: Sequence[Sequence[Tracking]],
    part: str,
    leading: str,
    *,
    length_s: float,
    repeated: bool,
    background: Sequence[Sequence[Tracking]],
) -> PartModel:
    tracks = [(_track(take, part), _active(_track(take, leading))) for take in takes if _track(take, leading)]
    examples = [found for track, span in tracks if (found := _windows(track, span, length_s if repeated else 0.0))]
    whole = np.concatenate([np.stack(rows) for rows in examples])
    columns = np.isfinite(whole).all(axis=(0, 1))
    kept = [np.stack([centred(row[:, columns]) for row in rows]) for rows in examples]
    limit = _SLACK * _between(kept)
    ordinary = [
        row for take in background for row in _ordinary(_track(take, part), length_s) if np.isfinite(row[:, columns]).all()
    ]
    everything = np.concatenate(kept)
    if ordinary:
        away = np.array([_nearest(centred(row)[None], everything) for row in ordinary])
        limit = min(max(limit, 0.5 * _APART * float(np.quantile(away, 0.02))), _APART * float(np.quantile(away, 0.02)))
    return PartModel(part, everything, columns, max(limit, _LEAST_LIMIT))


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
