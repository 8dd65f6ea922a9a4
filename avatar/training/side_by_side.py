"""A short film for people: the skeleton of a tracked person on the left, the avatar that it drives on the right.

Owns the tracking of one clip, the drawing of what was tracked, the layout and the animated WebP. The person's own picture is
never shown. Knows nothing of what paints the avatar. PyAV is optional and imported at use.

`python -m avatar.training.side_by_side CLIP AVATAR OUT.webp` films an avatar of the library, or the file of one.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import takewhile
from pathlib import Path
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
import typer

from avatar.camera import Framing
from avatar.dataset.curves import FPS
from avatar.dataset.recorded import smoothed
from avatar.figure import Figure
from avatar.mesh import Character
from avatar.neural.backends import CPU_PRECISIONS
from avatar.neural.spec import SIZES
from avatar.package.library import Library
from avatar.training.metrics import composite
from avatar.training.moments import Moment, Painter
from avatar.training.our_painters import PackagePainter
from trackers.engine import TrackerSettings, open_tracker
from trackers.errors import SourceError, UserError
from trackers.optional import imported
from trackers.skeleton import BODY_EDGES, HAND_EDGES
from trackers.types import BodyTracking, FloatArray, ImageArray, Tracking
from trackers.video_files import video_frames

INSTALL_COMMAND: Final = 'pip install ".[record]"'
GROUND: Final = (236, 233, 228)
_DARK: Final = (34, 36, 46)
_BODY, _FACE = (126, 162, 255), (150, 156, 180)
_HANDS: Final = {"left_hand": (255, 176, 92), "right_hand": (110, 222, 168)}
_SEEN: Final = 0.5
_STRAY: Final = 0.5  # per cent of the keypoints at either end that may lie outside
_ROOM: Final = 1.25
_FROM_BODY: Final = 11  # body keypoints before this one are of the face, which has its own
_SHIFT: Final = 4
_PAINTED_PX: Final = 512
_ANIMATED: Final = ("libwebp_anim", {"lossless": "0", "quality": "72", "compression_level": "4", "loop": "0"})


def track_clip(clip: Path, *, seconds: float | None = None) -> list[Tracking]:
    """Return what our tracker sees in each frame of a video, without a clock.

    Raises:
        SourceError: the clip holds no video that can be decoded.
        AssetError: a model of the tracker is missing.
    """
    end_ns = math.inf if seconds is None else seconds * 1e9
    with open_tracker(TrackerSettings(mode="accurate")) as tracker:
        frames = takewhile(lambda frame: frame.stamp.captured_ns < end_ns, video_frames(clip))
        trackings = [tracker.track(frame) for frame in frames]
    if len(trackings) < 2:
        raise SourceError(f"{clip} holds no video that can be decoded; try another file")
    return trackings


def scenes(
    trackings: list[Tracking], painter: Painter, character: Character, *, framing: Framing, side_px: int
) -> Iterator[ImageArray]:
    """Yield (side_px, 2 * side_px, 3) uint8 RGB pictures at `FPS`, as the live program would drive the avatar.

    Args:
        trackings: of at least two frames, rising in time from 0.
        character: the proxy level, whose springs swing.
    """
    last_ns = trackings[-1].stamp.captured_ns
    poses = smoothed(trackings, rig=character.rig, frames=max(1, round(last_ns * FPS / 1e9)))
    figure, view = Figure(character), view_of(trackings)
    times_ns = np.array([tracking.stamp.captured_ns for tracking in trackings])
    for number, pose in enumerate(poses):
        time_ns = round(number * 1e9 / FPS)
        figure.pose(pose, time_ns=time_ns)
        moment = Moment(figure.bones.copy(), pose.rotations, pose.expression, framing)
        shown = trackings[max(0, int(np.searchsorted(times_ns, time_ns, side="right")) - 1)]
        right = (composite(painter.paint(moment), GROUND) * 255 + 0.5).astype(np.uint8)
        if right.shape[0] != side_px:
            right = np.asarray(cv2.resize(right, (side_px, side_px), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        yield np.concatenate([draw_person(shown, view, side_px=side_px), right], axis=1)


class View(NamedTuple):
    """The square of the camera's picture that is shown, pixels."""

    left: float
    top: float
    side: float


def view_of(trackings: Sequence[Tracking]) -> View:
    """Return the square around all that is seen of a person in a clip, with some room; of nobody, the picture's middle."""
    seen = [keypoints[:, :2] for tracking in trackings for keypoints in _keypoints(tracking)]
    if not seen:
        width, height = trackings[0].width_px, trackings[0].height_px
        square = min(width, height)
        return View((width - square) / 2, (height - square) / 2, square)
    low, high = np.percentile(np.concatenate(seen), (_STRAY, 100 - _STRAY), axis=0)
    side, middle = _ROOM * float((high - low).max()), (low + high) / 2
    return View(float(middle[0]) - side / 2, float(middle[1]) - side / 2, side)


def draw_person(tracking: Tracking, view: View, *, side_px: int) -> ImageArray:
    """Return (side_px, side_px, 3) uint8 RGB: what was tracked, on a dark ground."""
    canvas = np.full((side_px, side_px, 3), _DARK, dtype=np.uint8)

    def spots(keypoints_px: FloatArray) -> np.ndarray:
        return np.round((keypoints_px[:, :2] - view[:2]) * (side_px / view.side) * 2**_SHIFT).astype(np.int32)

    if tracking.body is not None:
        sure = _sure(tracking.body)
        edges = [edge for edge in BODY_EDGES if min(edge) >= _FROM_BODY and sure[list(edge)].all()]
        _draw_edges(canvas, spots(tracking.body.keypoints_px), edges, _BODY, thick=max(2, side_px // 90))
    if tracking.face is not None:
        for spot in spots(tracking.face.keypoints_px):
            cv2.circle(canvas, (int(spot[0]), int(spot[1])), int(0.9 * 2**_SHIFT), _FACE, cv2.FILLED, cv2.LINE_AA, _SHIFT)
    for name, colour in _HANDS.items():
        hand = getattr(tracking, name)
        if hand is not None:
            _draw_edges(canvas, spots(hand.keypoints_px), HAND_EDGES, colour, thick=max(1, side_px // 160))
    return canvas


def write_webp(pictures: Iterable[ImageArray], path: Path, *, fps: float = FPS, quality: int = 72) -> dict[str, int]:
    """Write (H, W, 3) uint8 RGB pictures as an animated WebP that loops; return `frames` and `bytes`.

    Raises:
        UserError: PyAV is not installed, or there is no picture.
    """
    av = _import_av()
    codec, options = _ANIMATED
    frames = 0
    stream: Any = None
    with av.open(str(path), "w", format="webp", options={"loop": "0"}) as container:
        for picture in pictures:
            if stream is None:
                rate = Fraction(fps).limit_denominator(1001)
                stream = container.add_stream(codec, rate=rate, options={**options, "quality": str(quality)})
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts = frames
            container.mux(stream.encode(frame))
            frames += 1
        if stream is not None:
            container.mux(stream.encode(None))
    if frames == 0:
        path.unlink(missing_ok=True)
        raise UserError(f"{path} would hold no picture; choose a longer clip")
    return {"frames": frames, "bytes": path.stat().st_size}


def side_by_side(
    clip: Path,
    painter: Painter,
    character: Character,
    out: Path,
    *,
    framing: Framing = Framing.UPPER,
    side_px: int = 384,
    seconds: float | None = None,
    quality: int = 72,
) -> dict[str, int]:
    """Track a clip, drive the avatar with it, and write both side by side to `out`, an animated WebP.

    Returns `frames` and `bytes`. Raises what `track_clip` and `write_webp` raise.
    """
    trackings = track_clip(clip, seconds=seconds)
    pictures = scenes(trackings, painter, character, framing=framing, side_px=side_px)
    return write_webp(pictures, out, quality=quality)


def _keypoints(tracking: Tracking) -> Iterator[FloatArray]:
    """Yield what is drawn of a person: the body from the shoulders down as far as it is seen, hands, face."""
    if tracking.body is not None:
        sure = _sure(tracking.body)
        sure[:_FROM_BODY] = False
        yield tracking.body.keypoints_px[sure]
    for part in (tracking.left_hand, tracking.right_hand, tracking.face):
        if part is not None:
            yield part.keypoints_px


def _sure(body: BodyTracking) -> np.ndarray:
    return np.minimum(body.visibility, body.presence) >= _SEEN


def _draw_edges(
    canvas: ImageArray, spots: np.ndarray, edges: Iterable[tuple[int, int]], colour: tuple[int, int, int], *, thick: int
) -> None:
    for a, b in edges:
        ends = (tuple(int(v) for v in spots[a]), tuple(int(v) for v in spots[b]))
        cv2.line(canvas, ends[0], ends[1], colour, thick, cv2.LINE_AA, _SHIFT)
        for end in ends:
            cv2.circle(canvas, end, int(0.9 * thick * 2**_SHIFT), colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)


def _import_av() -> Any:
    return imported("av", otherwise=f"writing a film needs PyAV, which is not installed; {INSTALL_COMMAND}")


def main(clip: Path, avatar: str, out: Path) -> None:
    """Film an avatar, painted as it is live."""
    parts = Library().load(avatar).parts
    size = next(name for name in reversed(SIZES) if any(key[0] == name for key in parts.networks))
    precision = next(name for name in CPU_PRECISIONS if (size, name) in parts.networks)
    with PackagePainter(parts, size=size, precision=precision, width_px=_PAINTED_PX, height_px=_PAINTED_PX) as painter:
        side_by_side(clip, painter, parts.character, out)


if __name__ == "__main__":
    typer.run(main)
