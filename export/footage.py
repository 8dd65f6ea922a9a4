"""A video, a picture or a folder of pictures as frames, one after the other, decoded while the last one is worked on.

Owns order, names and stamps of the frames of a file. Holds two frames at a time, so that a film of any length fits. Knows
nothing of what is done with them.
"""

from collections import Counter
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2

from trackers.errors import SourceError
from trackers.pictures import PICTURES, natural_order, read_picture
from trackers.types import Frame, Stamp
from trackers.video_files import USUAL_FPS, FrameTimes, about_count, frames_with, spelt


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One frame with what is known of it."""

    frame: Frame
    name: str
    """The picture's file name without its ending, with it where two would be called the same; of a video, its own and the
    frame's number."""
    number: int
    """The picture's number where its name is one (as COCO's are), else the frame's."""
    is_new_scene: bool
    """True if nothing of the frame before can be followed."""


class Footage:
    """What lies at `path`. `with` opens it; iterate it once.

    Args:
        follow: pictures of a folder are the frames of one film, not pictures of their own.
        fps: the rate of pictures, and of a video that tells none.
    """

    def __init__(self, path: Path, *, follow: bool = False, fps: float = USUAL_FPS) -> None:
        self._path = path
        self._follow = follow
        self._capture: cv2.VideoCapture | None = None
        self._times: FrameTimes | None = None
        self._pictures: list[Path] = []
        self.fps = fps
        """Frames per second, as the header or the frames' own times tell; for pictures as was asked for."""
        self.count = 0
        """How many frames there are; of a video, how many it says it has; 0 if it does not say."""
        self.unread: list[str] = []
        """What is wrong with each picture of a folder that was left out so far: one damaged file must not end a long run."""

    def __enter__(self) -> Self:
        if self._path.is_dir():
            self._pictures = natural_order(self._path)
            if not self._pictures:
                raise SourceError(f"{self._path} holds no pictures; expected {', '.join(sorted(PICTURES))}")
        elif self._path.suffix.lower() in PICTURES:
            self._pictures = [self._path]
        else:
            self._open_video()
        self.count = len(self._pictures) or self.count
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def __iter__(self) -> Generator[Shot]:
        shots = self._of_pictures() if self._pictures else self._of_video()
        with ThreadPoolExecutor(1, thread_name_prefix="decode") as pool:  # decoding leaves Python's lock to the tracker
            ahead = pool.submit(next, shots, None)
            while (shot := ahead.result()) is not None:
                ahead = pool.submit(next, shots, None)
                yield shot

    def _open_video(self) -> None:
        capture = cv2.VideoCapture(spelt(self._path), cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise SourceError(self._undecoded)
        self._capture = capture
        self._times = FrameTimes(capture, self._path, default_fps=self.fps)
        self.fps = self._times.fps
        self.count = about_count(capture, fps=self.fps)

    def _of_video(self) -> Iterator[Shot]:
        assert self._capture is not None
        assert self._times is not None
        for seq, frame in enumerate(frames_with(self._times, self._capture, none=self._undecoded)):
            yield Shot(frame, f"{self._path.stem}_{seq:012d}", seq, is_new_scene=False)

    @property
    def _undecoded(self) -> str:
        return f"{self._path} holds no video that can be decoded; try another file, such as an .mp4"

    def _of_pictures(self) -> Iterator[Shot]:
        numbers = [int(path.stem) for path in self._pictures if path.stem.isascii() and path.stem.isdigit()]
        numbered = len(set(numbers)) == len(self._pictures)
        same = Counter(path.stem.casefold() for path in self._pictures)  # some disks do not tell A from a
        for seq, path in enumerate(self._pictures):
            try:
                frame = Frame(read_picture(path), Stamp(seq, round(seq * 1e9 / self.fps)))
            except SourceError as error:
                self.unread.append(str(error))
                if len(self.unread) == len(self._pictures):  # the only one, or all of them
                    raise
                continue
            number = numbers[seq] if numbered else seq
            name = path.stem if same[path.stem.casefold()] == 1 else path.name
            yield Shot(frame, name, number, is_new_scene=seq > 0 and not self._follow)
