"""OpenPose's JSON as a source of trackings, at the files' own times or at a rate.

Owns when a frame is due. The files are `trackers.openpose`'s, the lift into space is `trackers.keypoint_lift`'s.
"""

from itertools import accumulate, pairwise
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Final, Self

from stream.sources.base import EndOfStream, SourceInfo
from stream.sources.pace import LONGEST_WAIT_NS, Pacer
from stream.sources.settings import SourceSettings
from trackers.keypoint_lift import lift
from trackers.keypoint_sets import empty, points_from_coco
from trackers.openpose import PersonChoice, PoseClip, read_poses
from trackers.types import Stamp, Tracking

_LONGEST_STEP_NS: Final = 3600 * 10**9  # between two frames, when nobody waits for it: more is no clip's clock


class OpenPoseSource:
    """Plays poses at the times that the files name, else at `settings.fps`; a single one is repeated without end.

    All of them are read, and checked, on entering. Where the files' names count the frames, those that are missing take their
    time, and nothing comes in it: as when a camera falls silent, the avatar holds and then comes to rest.
    """

    def __init__(self, path: Path, settings: SourceSettings) -> None:
        self._path = path
        self._settings = settings
        self._pacer = Pacer(paced=settings.paced)
        self._clip: PoseClip | None = None
        self._times_ns: list[int] = []
        self._choice = PersonChoice()
        self._seq = 0
        self._info = SourceInfo(path.name, "recording", 0, 0, settings.fps, live=False)

    @property
    def info(self) -> SourceInfo:
        """What was opened; size and rate are known after `__enter__`."""
        return self._info

    def __enter__(self) -> Self:
        clip = read_poses(self._path)
        self._clip = clip
        self._times_ns = _times_ns(
            clip, self._settings.fps, longest_ns=LONGEST_WAIT_NS if self._settings.paced else _LONGEST_STEP_NS
        )
        self._pacer = Pacer(paced=self._settings.paced)
        self._seq = 0
        frames = len(clip.frames)
        fps = round(1e9 / _usual_step_ns(clip, self._times_ns), 3)
        missing = f", {clip.missing} missing" * bool(clip.missing)
        detail = f"{frames} frame{'s' * (frames > 1)} of OpenPose{missing}" + " (size guessed)" * clip.size_is_guessed
        size = (clip.width_px, clip.height_px)
        self._info = SourceInfo(self._path.name, "recording", *size, fps, live=False, detail=detail)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def read(self) -> Tracking:
        """Return the next frame's person when the frame is due.

        Raises:
            EndOfStream: the files ended and do not loop, or `interrupt` was called.
        """
        clip = self._clip
        if clip is None or (self._seq >= len(clip.frames) > 1 and not self._settings.loop):
            raise EndOfStream(f"{self._path.name} ended")
        rounds, number = divmod(self._seq, len(clip.frames))
        if number == 0:
            self._choice = PersonChoice(self._settings.person, width_px=clip.width_px)
        elif clip.numbers:
            self._choice.skip(clip.numbers[number] - clip.numbers[number - 1] - 1)
        due_ns = self._pacer.wait(rounds * self._times_ns[-1] + self._times_ns[number])
        person = self._choice.choose(clip.frames[number].people)
        stamp = Stamp(self._seq, due_ns)
        self._seq += 1
        nobody = points_from_coco(empty(17))
        return lift(person or nobody, stamp=stamp, width_px=clip.width_px, height_px=clip.height_px)

    def interrupt(self) -> None:
        """Make a waiting `read` raise now."""
        self._pacer.interrupt()

    def close(self) -> None:
        """Forget the poses. Idempotent."""
        self._clip = None


def _times_ns(clip: PoseClip, fps: float, *, longest_ns: int) -> list[int]:
    """Return when each frame is due, from the first one on, and last when the next round may begin.

    Args:
        longest_ns: a longer step in the file is taken for this one.
    """
    times = [round(frame.time_s * 1e9) for frame in clip.frames if frame.time_s is not None]
    if len(times) == len(clip.frames) and all(a < b for a, b in pairwise(times)):
        times = _without_long_steps(times, longest_ns)
        step = round(times[-1] / (len(times) - 1)) if len(times) > 1 else round(1e9 / fps)
        return [*times, times[-1] + step]
    numbers = clip.numbers or range(len(clip.frames))
    return _without_long_steps([round(number * 1e9 / fps) for number in (*numbers, numbers[-1] + 1)], longest_ns)


def _usual_step_ns(clip: PoseClip, times_ns: list[int]) -> float:
    """Return the time from frame to frame: the mean, but no gap where frames are missing says anything of the rate."""
    return median(b - a for a, b in pairwise(times_ns)) if clip.missing else times_ns[-1] / len(clip.frames)


def _without_long_steps(times_ns: list[int], longest_ns: int) -> list[int]:
    """Return the times from the first one on, with no step longer than this."""
    return list(accumulate((min(b - a, longest_ns) for a, b in pairwise(times_ns)), initial=0))
