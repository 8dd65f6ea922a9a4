"""Files on disk as frames: videos, and pictures that are shown for a while. Decoding is never part of what is timed.

Owns reading, and which files a source means; each frame has the stamp that the clip gives it. Knows nothing of
what the frames are measured with.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import Final

import cv2

from trackers.errors import SourceError
from trackers.pictures import PICTURES, entries_of, read_picture
from trackers.types import Frame, Stamp
from trackers.video_files import USUAL_FPS, about_count, spelt, video_frames

VIDEOS: Final = frozenset({".avi", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".webm"})
PICTURE_FRAMES: Final = 15
"""How often a picture is shown, so that what follows from frame to frame can settle on it."""


def is_video(path: Path) -> bool:
    """Tell by its name whether a file in a folder is a video."""
    return path.is_file() and path.suffix.lower() in VIDEOS


def find_clips(sources: Iterable[Path], *, wanted: Callable[[Path], bool] = is_video) -> list[Path]:
    """Return the files that `sources` mean, in order and each once: a file itself, a folder all that are wanted of it.

    Args:
        wanted: videos, unless pictures are to count as well.

    Raises:
        SourceError: a source is not there, or a folder cannot be read or holds no video.
    """
    found: list[Path] = []
    for source in sources:
        if not source.exists():
            raise SourceError(f"{source} was not found; name a video, a picture or a folder of videos with --source")
        inside = [source] if source.is_file() else sorted(path for path in entries_of(source) if wanted(path))
        if not inside:
            raise SourceError(f"{source} holds no video; name a video, a picture or a folder of videos with --source")
        found.extend(inside)
    return list(dict.fromkeys(found))


def frame_count(path: Path) -> int:
    """Return about how many frames the file has, as its header tells; 0 if it does not."""
    if is_picture(path):
        return PICTURE_FRAMES
    capture = cv2.VideoCapture(spelt(path), cv2.CAP_FFMPEG)
    try:
        return about_count(capture, fps=USUAL_FPS)
    finally:
        capture.release()


def read_clip(path: Path) -> list[Frame]:
    """Return all frames of a file; see `frames_of`."""
    return list(frames_of(path))


def frames_of(path: Path) -> Generator[Frame]:
    """Yield the frames of a video, stamped as `trackers.video_files` says, or a picture `PICTURE_FRAMES` times at 30 a second.

    Raises:
        SourceError: it is not there or holds no picture.
    """
    if not path.is_file():
        raise SourceError(f"{path} was not found; name a video with --source")
    yield from _shown(path) if is_picture(path) else video_frames(path, even_steps=True)


def is_picture(path: Path) -> bool:
    """Tell by its name whether a file is a single picture."""
    return path.suffix.lower() in PICTURES


def _shown(path: Path) -> Iterator[Frame]:
    image = read_picture(path)
    for seq in range(PICTURE_FRAMES):
        yield Frame(image, Stamp(seq, seq * round(1e9 / USUAL_FPS)))
