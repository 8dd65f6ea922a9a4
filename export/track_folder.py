"""Every video of a folder tracked, each into a file of its own.

Owns which videos these are, where each result goes, and the sum of their figures. How one is tracked is `track`'s business.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from export.clips import VIDEOS, frame_count, is_video
from export.pose_files import check_format, check_free, make_folder
from export.track import Job, Progress, check_flags, check_job, track
from trackers.errors import SourceError, UserError
from trackers.openpose import is_pose_file
from trackers.pictures import PICTURES, entries_of, natural_key, natural_order
from trackers.types import PARTS


def jobs_of(job: Job) -> list[Job]:
    """Return the job itself, or one for each video where it is a folder that holds no pictures; checked, nothing loaded yet.

    Raises:
        UserError: the source is not there or holds nothing, a flag would do nothing, or the results cannot go where they are
            wanted.
    """
    if not job.source.is_dir() or natural_order(job.source):
        check_job(job)
        return [job]
    videos = [path for path in entries_of(job.source) if is_video(path)]
    if not videos:
        if is_pose_file(job.source):
            check_job(job)  # says what to do with poses
        raise SourceError(f"{job.source} holds no pictures and no videos; expected {', '.join(sorted(PICTURES | VIDEOS))}")
    videos.sort(key=lambda path: (natural_key(path.name.casefold()), path.name))
    check_flags(job)
    _check_out(job, count=len(videos))
    jobs = [replace(job, source=path, out=job.out / name) for path, name in zip(videos, _names(job, videos), strict=True)]
    if job.out.is_dir():
        for one in jobs:
            check_job(one)
    return jobs


def track_all(
    job: Job, jobs: Sequence[Job], *, on_progress: Progress, is_stopped: Callable[[], bool] = lambda: False
) -> dict[str, Any]:
    """Track each of the jobs that `jobs_of` made of a job; return its figures, of several summed, with each one's in `files`.

    A video that cannot be decoded is left out, and told in `unread`. When stopped, the results so far are whole and valid.

    Raises:
        UserError: nothing can be read, or a result cannot be written.
    """
    if list(jobs) == [job]:
        return track(job, on_progress=on_progress, is_stopped=is_stopped)
    make_folder(job.out)
    counts = [frame_count(one.source) for one in jobs]
    files: list[dict[str, Any]] = []
    unread: list[str] = []
    for place, one in enumerate(jobs):
        done, ahead = sum(figures["frames"] for figures in files), sum(counts[place + 1 :])
        try:
            files.append(track(one, on_progress=partial(_tell, on_progress, done, ahead), is_stopped=is_stopped))
        except SourceError as error:
            unread.append(str(error))
            if len(unread) == len(jobs):
                raise
            continue
        if files[-1]["interrupted"]:
            break
    return _summed(job, files, unread)


def _check_out(job: Job, *, count: int) -> None:
    check_format(job.format)
    if not job.out.is_dir() and job.out.suffix.lower() == ".json":
        raise UserError(
            f"{job.source} holds {count} video{'s' * (count > 1)} to be written to a folder, a file or folder for each, "
            f"got {job.out}; try --out {job.out.with_suffix('')}"
        )
    check_free(job.out)


def _names(job: Job, videos: Sequence[Path]) -> list[str]:
    """Return what each result is called: as its video, with that one's ending where two would be called the same."""
    same = Counter(path.stem.casefold() for path in videos)  # some disks do not tell A from a
    ending = "" if job.format == "openpose" else ".json"
    return [(path.stem if same[path.stem.casefold()] == 1 else path.name) + ending for path in videos]


def _tell(on_progress: Progress, before: int, ahead: int, done: int, total: int) -> None:
    """Count the frames of one video among those of all."""
    on_progress(before + done, before + total + ahead)


def _summed(job: Job, files: Sequence[dict[str, Any]], unread: list[str]) -> dict[str, Any]:
    frames, seconds = sum(figures["frames"] for figures in files), sum(figures["seconds"] for figures in files)
    found = {part: sum(figures["found"][part] * figures["frames"] for figures in files) for part in PARTS}
    return files[0] | {
        "source": str(job.source),
        "out": str(job.out),
        "frames": frames,
        "seconds": round(seconds, 3),
        "fps": round(frames / seconds, 2) if seconds > 0 else 0.0,
        "found": {part: round(count / frames, 4) if frames else 0.0 for part, count in found.items()},
        "unread": unread,
        "interrupted": files[-1]["interrupted"],
        "files": list(files),
    }
