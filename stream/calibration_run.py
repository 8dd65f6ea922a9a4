"""`run.py calibrate`: one pass on a camera, a clip, a folder or a recording, without drawing anything.

Owns the order of the work: countdown for a live source, trackings to the desk until the pass ends, what changed. Prints
nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from avatar import rotations as rot
from avatar.calibration import NEUTRAL_S, Calibration
from stream import parts
from stream.calibrating import CalibrationDesk
from stream.config import Config
from stream.events import EventLog
from stream.server.messages import CalibrationStatus, Pass
from stream.sources.base import AnySource, EndOfStream
from trackers.engine import open_tracker
from trackers.errors import UserError
from trackers.skeleton import EXPRESSION_NAMES
from trackers.types import FloatArray, Tracking

COUNTDOWN_S: Final = 3.0
_FREE_S: Final = 60.0  # a clip is not guided: whatever moves in so much of it counts
_LEAST_SHOWN: Final = 0.03


@dataclass(frozen=True, slots=True)
class Watch:
    """Who wants to know meanwhile."""

    countdown: Callable[[float], None]
    """Called with the seconds left before a pass on a live source."""
    progress: Callable[[CalibrationStatus], None]


def run_pass(config: Config, desk: CalibrationDesk, *, wanted: Pass, events: EventLog, watch: Watch) -> dict[str, Any]:
    """Calibrate, write the profile and return what changed.

    Raises:
        UserError: the source or tracker cannot be opened, the pass failed, or the profile cannot be written; the old one stays.
    """
    before = desk.calibration
    source = parts.make_source(config, events)
    live, frames, faces = source.info.live, 0, 0
    for tracking in trackings(source, config):
        frames, faces = frames + 1, faces + (tracking.face is not None)
        if frames == 1:
            first_ns = tracking.stamp.captured_ns
        left_s = COUNTDOWN_S - (tracking.stamp.captured_ns - first_ns) * 1e-9
        if live and left_s > 0.0:
            watch.countdown(left_s)
            continue
        if desk.status.running is None:
            desk.start(wanted, free_s=None if live else _FREE_S)
        desk.take(tracking)
        watch.progress(desk.status)
        if desk.status.running is None:
            break
    desk.end()
    if desk.status.state != "done":
        raise UserError(_why(desk.status, source.info.name, faces=faces))
    if desk.unsaved is not None:
        raise desk.unsaved
    figures = describe(desk, before=before)
    return {"pass": wanted, "source": source.info.name, "frames": frames, "faces": faces, **figures}


def describe(desk: CalibrationDesk, *, before: Calibration | None = None) -> dict[str, Any]:
    """Return the calibration in words' reach: degrees and named coefficients; with `before`, also what changed."""
    known = desk.calibration
    yaw, pitch, roll = np.degrees(rot.yaw_pitch_roll(rot.from_matrix(known.head_offset.astype(np.float64))))
    figures: dict[str, Any] = {
        "profile": desk.status.profile,
        "path": str(desk.path),
        "detail": desk.status.detail,
        "head_deg": {"yaw": round(yaw, 1), "pitch": round(pitch, 1), "roll": round(roll, 1)},
        "gaze_deg": dict(zip(("yaw", "pitch"), np.degrees(known.gaze_rad).astype(float).round(1).tolist(), strict=True)),
        "neutral": _named(known.expression),
        "most": _named(known.most),
    }
    if before is not None:
        figures["changed"] = _changes(before.expression, known.expression) | _changes(before.most, known.most, mark=" (most)")
    return figures


def trackings(source: AnySource, config: Config) -> Iterator[Tracking]:
    """Yield the source's trackings until it ends."""
    with ExitStack() as opened:
        if parts.is_recording(source):
            read: Callable[[], Tracking] = source.read
        else:
            tracker = opened.enter_context(open_tracker(parts.tracker_settings(config)))
            pictures = source

            def read() -> Tracking:
                return tracker.track(pictures.read())

        opened.enter_context(source)
        while True:
            try:
                tracking = read()
            except EndOfStream:
                return
            yield tracking


def _why(status: CalibrationStatus, source: str, *, faces: int) -> str:
    if status.state == "failed":
        return status.text
    if not faces:
        return f"no face was found in {source}; the old calibration stays; try another --source"
    return (
        f"{source} ended before {NEUTRAL_S:g} seconds of a quiet, neutral face were seen; the old calibration stays; "
        "try a longer one or --source camera"
    )


def _named(values: FloatArray) -> dict[str, float]:
    pairs = zip(EXPRESSION_NAMES, values.astype(float).round(2).tolist(), strict=True)
    return {name: value for name, value in pairs if value >= _LEAST_SHOWN}


def _changes(before: FloatArray, after: FloatArray, *, mark: str = "") -> dict[str, list[float]]:
    pairs = zip(EXPRESSION_NAMES, before.astype(float).round(2).tolist(), after.astype(float).round(2).tolist(), strict=True)
    return {name + mark: [old, new] for name, old, new in pairs if abs(old - new) >= _LEAST_SHOWN}
