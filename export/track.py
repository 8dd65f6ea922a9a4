"""The tracker over a whole file, as fast as the machine allows, into a file that other programs read.

Owns the loop and what is counted. What a body cannot have done is taken back always; smoothing is for those who ask for it.
Knows nothing of formats, terminals and signals: it is told when to stop.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from export.footage import Footage
from export.mended import Mended
from export.pose_files import Header, pose_writer
from trackers.engine import EngineInfo, TrackerSettings, open_tracker
from trackers.errors import SourceError, UserError
from trackers.openpose import begins_as_openpose, is_pose_file
from trackers.pictures import PICTURES, natural_order
from trackers.recording import is_recording, read_pcast
from trackers.types import PARTS, Stamp, Tracking
from trackers.video_files import USUAL_FPS

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be tracked, and where to."""

    source: Path
    """A video, a picture, a folder of pictures, or a `.pcast`, whose trackings are only written anew.

    Of a `.pcast`, too, the parts that `settings` leave away are not written.
    """
    out: Path
    format: str
    settings: TrackerSettings
    follow: bool = False
    """Pictures of a folder are the frames of one film."""
    smooth: bool = False
    """Keypoints, head and expression are smoothed over time."""
    fps: float = USUAL_FPS
    """Of pictures, and of a video that tells no rate of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class _Result:
    tracking: Tracking
    name: str
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class _Stream:
    """The trackings of a job, made as they are asked for."""

    results: Iterator[_Result]
    count: int
    fps: float
    engine: EngineInfo
    unread: list[str] = field(default_factory=list)
    """What is wrong with pictures that were left out; grows while results are asked for."""
    warning: str = ""
    """What is wrong with the whole, such as a recording that was not finished."""


def track(job: Job, *, on_progress: Progress, is_stopped: Callable[[], bool] = lambda: False) -> dict[str, Any]:
    """Track everything and write it; return the figures. When stopped, what was done so far is written, whole and valid.

    Damaged pictures of a folder are left out, and told in `unread`.

    Raises:
        UserError: the source cannot be read or the result cannot be written; then no half a file is left.
    """
    check_job(job)
    found = dict.fromkeys(PARTS, 0)
    frames = 0
    stopped = False
    with ExitStack() as opened:
        stream = _from_recording(job) if is_recording(job.source) else _from_pictures(job, opened)
        header = Header(source=job.source.name, fps=stream.fps, engine=stream.engine.engine)
        writer = opened.enter_context(pose_writer(job.out, format_=job.format, header=header))
        started_s = time.perf_counter()
        on_progress(0, stream.count)
        for result in stream.results:
            writer.write(result.tracking, name=result.name, number=result.number)
            frames += 1
            for part in PARTS:
                found[part] += getattr(result.tracking, part) is not None
            on_progress(frames, max(frames, stream.count))
            if is_stopped():
                stopped = True
                break
        seconds = time.perf_counter() - started_s
    return {
        "source": str(job.source),
        "out": str(job.out),
        "format": job.format,
        "engine": stream.engine.engine,
        "provider": stream.engine.provider,
        "reason": stream.engine.reason,
        "frames": frames,
        "seconds": round(seconds, 3),
        "fps": round(frames / seconds, 2) if seconds > 0 else 0.0,
        "found": {part: round(count / frames, 4) if frames else 0.0 for part, count in found.items()},
        "smoothed": job.smooth,
        "unread": stream.unread,
        "warning": stream.warning,
        "interrupted": stopped,
    }


def check_job(job: Job) -> None:
    """Say what is wrong with the job before any model is fetched or loaded.

    Raises:
        UserError: the source is not there, a flag would do nothing, or the result cannot go where it is wanted.
    """
    if not job.source.exists():
        raise SourceError(f"{job.source} was not found; name a video, a picture, a folder of pictures or a .pcast")
    if is_pose_file(job.source) and not (job.source.is_dir() and natural_order(job.source)):
        raise SourceError(_tracked_already(job.source))
    check_flags(job)
    pose_writer(job.out, format_=job.format, header=Header(source=job.source.name, fps=0.0, engine=""))


def check_flags(job: Job) -> None:
    """Raise UserError for what would be passed over in silence: following or smoothing where no frame follows another."""
    is_folder = job.source.is_dir() and bool(natural_order(job.source))
    if job.follow and not is_folder:
        raise UserError(f"--follow is for a folder of pictures, got {job.source}; leave --follow away")
    if job.smooth and is_folder and not job.follow:
        raise UserError(
            f"--smooth is for frames of one film, got the single pictures of {job.source}; "
            "add --follow if they are one, or leave --smooth away"
        )
    if job.smooth and not is_folder and job.source.suffix.lower() in PICTURES:
        raise UserError(f"--smooth is for frames of one film, got the picture {job.source}; leave --smooth away")


def _tracked_already(source: Path) -> str:
    """Return the sentence about JSON in place of pictures. Only OpenPose's can be played; ours and COCO's are ends."""
    if not begins_as_openpose(source):
        return (
            f"{source} holds JSON, as track itself writes it, expected pictures, a video or a .pcast; "
            "name what it was written from"
        )
    return (
        f"{source} holds people whom another program tracked, expected pictures, a video or a .pcast; "
        f"play them with python run.py --source {source}"
    )


def _from_recording(job: Job) -> _Stream:
    recording = read_pcast(job.source)
    metadata, mended = recording.metadata, Mended(smooth=job.smooth)

    def results() -> Iterator[_Result]:
        first_ns: int | None = None
        for number, tracking in enumerate(recording):
            first_ns = tracking.stamp.captured_ns if first_ns is None else first_ns
            stamp = Stamp(number, tracking.stamp.captured_ns - first_ns)  # times count from the beginning
            wanted = replace(_wanted(tracking, job.settings), stamp=stamp)
            yield _Result(mended(wanted), f"{job.source.stem}_{number:012d}", number)

    engine = EngineInfo("recording", "none", f"recorded by {metadata.engine or 'an unnamed engine'}")
    return _Stream(results(), len(recording), metadata.fps, engine, warning=recording.warning)


def _wanted(tracking: Tracking, settings: TrackerSettings) -> Tracking:
    """Return what was recorded without the parts that nobody asked for."""
    if not settings.hands:
        tracking = replace(
            tracking, left_hand=None, right_hand=None, predicted=tracking.predicted - {"left_hand", "right_hand"}
        )
    return tracking if settings.face else replace(tracking, face=None, predicted=tracking.predicted - {"face"})


def _from_pictures(job: Job, opened: ExitStack) -> _Stream:
    footage = opened.enter_context(Footage(job.source, follow=job.follow, fps=job.fps))
    tracker, mended = opened.enter_context(open_tracker(job.settings)), Mended(smooth=job.smooth)

    shots = opened.enter_context(closing(iter(footage)))  # the decoding thread ends before the file is closed

    def results() -> Iterator[_Result]:
        for shot in shots:
            if shot.is_new_scene:
                tracker.reset()
                mended.reset()
            yield _Result(mended(tracker.track(shot.frame)), shot.name, shot.number)

    return _Stream(results(), footage.count, footage.fps, tracker.info, footage.unread)
