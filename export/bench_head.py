"""Measures the head on clips: its turn by the face against that by the body's head points, and where the eyes look in the room.

Owns what is compared and the report of it. Angles are degrees of avatar space; yaw, pitch and roll are those of `turns`. Knows
nothing of flags nor of drawing.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from avatar import turns
from avatar.expressions import eyes_open
from avatar.observation import body_view
from avatar.retarget_head import head_from_face, head_from_pixels
from avatar.turns import Turn
from export.clips import find_clips, frames_of
from export.percentiles import percentiles
from export.steadiness import Mask
from trackers.engine import TrackerSettings, open_tracker
from trackers.errors import SourceError
from trackers.quaternions import Array
from trackers.types import FaceTracking, Tracking

Progress = Callable[[int, int], None]

FRONTAL_DEG: Final = 45.0
"""Up to this yaw by the face both witnesses see the head well."""
BOTH_EYES_DEG: Final = 35.0
"""Up to this yaw both eyes are seen whole."""
AXES: Final = ("yaw", "pitch", "roll")
_OPEN: Final = 0.55
"""Eyes that are less open than this are in a blink, and their iris is hidden."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadTake:
    """One clip; what was not seen is NaN."""

    name: str
    time_s: Array
    """(T,) of each frame."""
    face_deg: Array
    """(T, 3) the head's turn by the face."""
    body_deg: Array
    """(T, 3) the same by the body's head points."""
    gaze_deg: Array
    """(T, 2) yaw and pitch of the eyes in the head; unknown in a blink, and where the head hides one of them."""
    room_deg: Array
    """(T, 2) the same in the room."""

    @property
    def frontal(self) -> Mask:
        """(T,) bool: the face is seen, and turned by no more than `FRONTAL_DEG`."""
        return np.asarray(np.abs(self.face_deg[:, 0]) <= FRONTAL_DEG)  # NaN is not

    @property
    def body_aside_deg(self) -> Array:
        """(3,) the body's constant offset from the face: a person's own, which the live program learns."""
        apart = (self.body_deg - self.face_deg)[self.frontal]
        return np.asarray(np.nanmedian(apart, axis=0)) if np.isfinite(apart).any() else np.zeros(3)


def bench_head(sources: Sequence[Path], *, on_progress: Progress) -> tuple[dict[str, Any], list[HeadTake]]:
    """Return the figures of all clips together, ready for JSON, and what they were made of.

    Raises:
        SourceError: a source is not there or cannot be read, or nobody's face is seen.
    """
    clips, takes = find_clips(sources), []
    for number, clip in enumerate(clips):
        on_progress(number, len(clips))
        takes.append(take(clip.name, tracked(clip)))
    on_progress(len(clips), len(clips))
    if not any(one.frontal.any() for one in takes):
        raise SourceError(f"no face is seen in {', '.join(map(str, sources))}; name a clip of somebody who turns their head")
    return report(takes), takes


def tracked(clip: Path) -> list[Tracking]:
    """Return the trackings of a whole clip, every part in every frame."""
    with open_tracker(TrackerSettings(mode="accurate", hands=False)) as tracker:
        return [tracker.track(frame) for frame in frames_of(clip)]


def take(name: str, trackings: Sequence[Tracking]) -> HeadTake:
    """Return the angles of a clip."""
    rows = [_row(tracking) for tracking in trackings]
    angles = np.array(rows, dtype=np.float64).reshape(-1, 10)
    times_s = np.array([tracking.stamp.captured_ns for tracking in trackings]) * 1e-9
    return HeadTake(name, times_s, angles[:, :3], angles[:, 3:6], angles[:, 6:8], angles[:, 8:])


def report(takes: Sequence[HeadTake]) -> dict[str, Any]:
    """Return the figures; `per_clip` has the same of each that shows a face."""
    return {
        "clips": [one.name for one in takes],
        "frontal_deg": FRONTAL_DEG,
        **_figures(takes),
        "per_clip": {one.name: _figures([one]) for one in takes if one.frontal.any()},
    }


def _row(tracking: Tracking) -> list[float]:
    """Return one frame's ten angles: the head by the face and by the body, the eyes in the head and in the room."""
    view, face = body_view(tracking), tracking.face
    by_body = None if view is None else head_from_pixels(view)
    body = [np.nan] * 3 if by_body is None or by_body[1] <= 0.0 else _degrees(by_body[0])
    if face is None:
        return [np.nan] * 3 + body + [np.nan] * 4
    head = head_from_face(face.camera_from_head)
    return _degrees(head) + body + _looks(head, face)


def _looks(head: Turn, face: FaceTracking) -> list[float]:
    """Return yaw and pitch of the eyes in the head, then in the room."""
    if abs(_degrees(head)[0]) > BOTH_EYES_DEG or eyes_open(face.expression) < _OPEN:
        return [np.nan] * 4
    yaw, pitch = (float(angle) for angle in face.gaze_rad)
    eyes = turns.from_yaw_pitch_roll(yaw, pitch, 0.0)
    return [*_degrees(eyes)[:2], *_degrees(turns.multiply(head, eyes))[:2]]


def _degrees(turn: Turn) -> list[float]:
    return [math.degrees(angle) for angle in turns.yaw_pitch_roll(turn)]


def _figures(takes: Sequence[HeadTake]) -> dict[str, Any]:
    """Return how far apart the two witnesses are, less each clip's constant, and how far the looks of a clip are spread."""
    apart = np.concatenate([(one.body_deg - one.face_deg - one.body_aside_deg)[one.frontal] for one in takes])
    looks = [one.room_deg[np.isfinite(one.room_deg[:, 0])] for one in takes]
    spread = np.concatenate([look - look.mean(axis=0) for look in looks if len(look)] or [np.zeros((0, 2))])
    yaws = np.concatenate([one.face_deg[np.isfinite(one.face_deg[:, 0]), 0] for one in takes])
    return {
        "frames": sum(len(one.time_s) for one in takes),
        "frontal_frames": len(apart),
        "yaw_deg": [round(float(yaws.min()), 1), round(float(yaws.max()), 1)],
        "body_apart_deg": {axis: _distances(apart[:, column]) for column, axis in enumerate(AXES)},
        "looks": len(spread),
        "gaze_spread_deg": {
            axis: round(float(np.sqrt(np.mean(spread[:, column] ** 2))), 2) if len(spread) else None
            for column, axis in enumerate(AXES[:2])
        },
    }


def _distances(apart_deg: Array) -> dict[str, float | None]:
    known = np.abs(apart_deg[np.isfinite(apart_deg)])
    return {"mean": round(float(known.mean()), 2) if len(known) else None, **percentiles(known, wanted=(95,), digits=2)}
