"""Real motion: recordings (BVH) and clips of people, through our own tracker, retargeting and smoothing, at 30 Hz.

Owns how a recording becomes a `Take`, so that the data has what a live avatar does, its tracker's faults included. What a
recording lacks (a face, fingers) is made up. Knows nothing of splits or pictures.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from avatar.dataset import faces, gestures
from avatar.dataset.curves import FPS
from avatar.dataset.sketch import Sketch, Take
from avatar.motion import Motion
from avatar.retarget import Retargeter
from avatar.rig import Rig, mirror_pose
from avatar.types import RigPose
from trackers.engine import TrackerSettings, open_tracker
from trackers.errors import SourceError
from trackers.recorded_motions import View, read_motion, tracked
from trackers.steady import Steady
from trackers.types import Tracking
from trackers.video_files import spelt, video_frames

_AWAY_M: Final = 3.4  # the whole body is in view, so that legs are measured too


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording, and how it is played."""

    path: Path
    turn_deg: float = 0.0
    """By which the person is turned to their own left (BVH alone)."""
    mirrored: bool = False


def play(recording: Recording, sketch: Sketch, *, rig: Rig) -> Take:
    """Return the recording as the avatar does it; `sketch` gives its length and what the recording lacks.

    Raises:
        UserError: the recording cannot be read, or a model of the tracker is missing.
    """
    is_body = recording.path.suffix == ".bvh"
    trackings = _body(recording, sketch) if is_body else _clip(recording.path)
    poses = smoothed(trackings, rig=rig, frames=sketch.frames)
    if recording.mirrored:
        poses = [mirror_pose(pose) for pose in poses]
    _lay(sketch, poses, has_face=not is_body)
    return sketch.done()


def seconds_of(path: Path) -> float:
    """Return how long a recording lasts.

    Raises:
        SourceError: it cannot be read.
    """
    if path.suffix == ".bvh":
        return read_motion(path).seconds
    capture = cv2.VideoCapture(spelt(path), cv2.CAP_FFMPEG)
    try:
        frames, fps = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
    finally:
        capture.release()
    if frames < 2 or fps <= 0:
        raise SourceError(f"{path} holds no video that can be decoded; try another file")
    return float(frames / fps)


def smoothed(trackings: Iterable[Tracking], *, rig: Rig, frames: int) -> list[RigPose]:
    """Return `frames` poses, a thirtieth of a second apart, as the live program makes them of these trackings."""
    retargeter, guard, motion = Retargeter(rig), Steady(), Motion()
    waiting = iter(trackings)
    coming = next(waiting, None)
    poses = []
    for number in range(frames):
        time_ns = round(number * 1e9 / FPS)
        while coming is not None and coming.stamp.captured_ns <= time_ns:
            motion.push(retargeter.retarget(guard(coming)))
            coming = next(waiting, None)
        poses.append(motion.sample(time_ns))
    return poses


def _body(recording: Recording, sketch: Sketch) -> Iterator[Tracking]:
    motion = read_motion(recording.path)
    nearest_m = float(motion.points_m[..., 2].max())  # who walks towards the lens stays before it
    view = View(away_m=_AWAY_M + max(nearest_m - 0.6, 0.0), height_m=0.1, turn_deg=recording.turn_deg, noise=0.003)
    return tracked(motion, view, hz=FPS, seed=int(sketch.rng.integers(1 << 30)))


def _clip(path: Path) -> Iterator[Tracking]:
    """Yield what our tracker sees in a video: every frame with all it has, as without a clock."""
    with open_tracker(TrackerSettings(mode="accurate", precision="fp32")) as tracker:
        for frame in video_frames(path):
            yield tracker.track(frame)


def _lay(sketch: Sketch, poses: list[RigPose], *, has_face: bool) -> None:
    """Put the poses into the sketch: all bones of a clip; of a body without face and fingers, these are made up."""
    if not has_face:
        faces.glances(sketch)
        faces.blinks(sketch)
        faces.expressions(sketch, moods=0.8)
    own = np.stack([pose.rotations for pose in poses]).astype(np.float64)
    if not has_face:
        eyes = slice(6, 8)
        own[:, eyes] = sketch.rotations[:, eyes]
    sketch.rotations[:] = own
    sketch.root_m[:] = np.stack([pose.root_m for pose in poses])
    if has_face:
        sketch.expression[:] = np.stack([pose.expression for pose in poses])
        return
    for side in gestures.SIDES:
        gestures.shapes(sketch, side, names=("relaxed", "open", "flat", "fist"), random=0.0)
