"""Which camera a user means, of those that there are. Owns the choice and its words; `camera_list` asks the system."""

from dataclasses import dataclass
from typing import Final

from trackers.errors import SourceError

_NONE: Final = "no camera was found; plug one in, or try --source demo"


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """One camera that can be opened by its index."""

    index: int
    name: str
    """As its driver calls it; empty where the system does not say."""
    virtual: bool = False
    """True for a loopback device: another program's output (or our own), never the default."""

    def __str__(self) -> str:
        return f"{self.index} ({self.name})" if self.name else str(self.index)


def find_camera(wanted: int | str | None, cameras: list[CameraInfo]) -> CameraInfo:
    """Return the camera that `wanted` means: its index, a part of its name, or None for the first real one.

    An index that is not listed is taken at its word: opening it will tell.

    A `virtual` one is another program's picture, or our own avatar, so None never means it.

    Raises:
        SourceError: there is none, or a name fits several.
    """
    if isinstance(wanted, int):
        return next((camera for camera in cameras if camera.index == wanted), CameraInfo(wanted, ""))
    if wanted is None:
        real = [camera for camera in cameras if not camera.virtual]
        if not real:
            raise SourceError(_only_virtual(cameras) if cameras else _NONE)
        return min(real, key=lambda camera: camera.index)
    fitting = [camera for camera in cameras if wanted.casefold() in camera.name.casefold()]
    if not fitting:
        raise SourceError(f'no camera is called "{wanted}" and no file has that path; {next_step(cameras)}')
    if len(fitting) > 1:
        listed = ", ".join(map(str, fitting))
        raise SourceError(f'"{wanted}" fits {len(fitting)} cameras: {listed}; try --source {fitting[0].index}')
    return fitting[0]


def next_step(cameras: list[CameraInfo], *, failed: int | None = None) -> str:
    """The end of an error sentence: what was found and what to try; not again the index that has just `failed`."""
    if not cameras:
        return _NONE
    found = f"cameras found: {', '.join(map(str, cameras))}"
    real = [camera for camera in cameras if not camera.virtual and camera.index != failed]
    other = f"try --source {min(real, key=lambda camera: camera.index).index}" if real else "try --source demo"
    is_there = any(camera.index == failed for camera in cameras)
    return f"{found}; close other programs that use it, or {other}" if is_there else f"{found}; {other}"


def find_again(camera: CameraInfo, cameras: list[CameraInfo]) -> CameraInfo:
    """Return the camera that was open before: by its name, since it may come back under another index, else by its index.

    Raises:
        SourceError: it is not there; what stands in its place now may be our own output.
    """
    if not camera.name:
        cameras = cameras if any(other.index == camera.index for other in cameras) else [*cameras, camera]
    fitting = [other for other in cameras if other.index == camera.index or (camera.name and other.name == camera.name)]
    fitting = [other for other in fitting if camera.virtual or not other.virtual]
    if not fitting:
        raise SourceError(f"camera {camera} is not there; plug it in again")
    return min(fitting, key=lambda other: (other.name != camera.name, other.index != camera.index))


def _only_virtual(cameras: list[CameraInfo]) -> str:
    found = ", ".join(map(str, cameras))
    return f"no camera was found but virtual ones: {found}; plug one in, or try --source {cameras[0].index} if that is meant"
