"""The avatar does what the person does, seen in pixels: sides, mirroring, and the three turns of the head."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar.camera import Framing
from avatar.mascot import build_mascot
from avatar.motion import Motion
from avatar.puppet import PuppetRenderer
from avatar.retarget import Retargeter
from avatar.rig import mirror_pose
from avatar.types import RigPose
from trackers.engine import TrackerSettings, open_tracker
from trackers.geometry import head_angles
from trackers.types import Frame, ImageArray, Stamp, Tracking

pytestmark = pytest.mark.needs_data

FRAME_NS = 33_333_333


def track(images: list[ImageArray]) -> list[Tracking]:
    """Return what our tracker finds in each picture of a sequence."""
    with open_tracker(TrackerSettings()) as tracker:
        return [tracker.track(Frame(image, Stamp(n, n * FRAME_NS))) for n, image in enumerate(images)]


def pictures(trackings: list[Tracking], *, mirror: bool, framing: Framing) -> Iterator[ImageArray]:
    """Yield the avatar (RGBA) after each tracking."""
    renderer = PuppetRenderer(build_mascot(), framing=framing)
    retargeter, motion = Retargeter(renderer.character.rig), Motion()
    for tracking in trackings:
        pose: RigPose = retargeter.retarget(tracking)
        motion.push(mirror_pose(pose) if mirror else pose)
        time_ns = tracking.stamp.captured_ns
        yield renderer.render(motion.sample(time_ns), time_ns=time_ns).image


def read_rgb(path: Path) -> ImageArray:
    image = cv2.imread(str(path))
    assert image is not None
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8)


@pytest.mark.parametrize("mirror", [False, True])
def test_the_right_arm_up_is_the_right_arm_up(data_folder: Path, *, mirror: bool) -> None:
    """A person raises the right hand beside the face: so does the avatar, and its left one in a mirror.

    The avatar faces us, so its own right is the left of the picture.
    """
    still = read_rgb(data_folder / "gestures" / "rock_026fd791-8f64-4fae-8cb0-0e01dc4362ce.jpg")
    *_, image = pictures(track([still] * 12), mirror=mirror, framing=Framing.UPPER)
    skin, seen = is_skin(image), eyes(image)
    assert seen is not None
    middle, rows = int(seen[0]), slice(int(seen[1]) + 45, int(seen[1]) + 115)  # about the chin: the face is there on both sides
    left, right = int(skin[rows, :middle].sum()), int(skin[rows, middle:].sum())
    raised, other = (right, left) if mirror else (left, right)
    assert raised - other > 600


def is_skin(image: ImageArray) -> np.ndarray:
    """Return where the avatar shows its hands' or its face's skin."""
    red, green, blue, alpha = (image[..., channel].astype(int) for channel in range(4))
    return (alpha == 255) & (red > 225) & (green > 160) & (green < 235) & (blue > 130) & (red - blue > 20) & (red - blue < 95)


def eyes(image: ImageArray) -> tuple[float, float] | None:
    """Return the middle of the avatar's teal irises, x and y in pixels."""
    red, green, blue, alpha = (image[..., channel].astype(int) for channel in range(4))
    rows, columns = np.nonzero((alpha == 255) & (green - red > 40) & (blue - red > 40) & (abs(blue - green) < 60))
    return (float(columns.mean()), float(rows.mean())) if len(rows) > 40 else None


def head_middle(image: ImageArray) -> float:
    """Return the middle of everything above the avatar's eyes, x in pixels."""
    seen = eyes(image)
    assert seen is not None
    _, columns = np.nonzero(image[: int(seen[1]), :, 3] == 255)
    return float(columns.min() + columns.max()) / 2


def test_the_head_turns_the_way_the_person_turns(data_folder: Path) -> None:
    """On the clip of a turning head the avatar's eyes move over its head to the side that the person's nose does."""
    images = clip(data_folder / "face" / "head-pose-face-detection-female.gif")
    trackings = track(images)
    yaws = [np.degrees(head_angles(t.face.camera_from_head)[0]) if t.face else 0.0 for t in trackings]
    assert max(yaws) > 20
    assert min(yaws) < -20
    shifts = []
    for image in pictures(trackings, mirror=False, framing=Framing.BUST):
        seen = eyes(image)
        shifts.append(0.0 if seen is None else seen[0] - head_middle(image))
    turned_left, turned_right = np.array(yaws) > 15, np.array(yaws) < -15
    assert np.median(np.array(shifts)[turned_left]) > 8  # nose to the right of the picture: the person's own left
    assert np.median(np.array(shifts)[turned_right]) < -8


def clip(path: Path) -> list[ImageArray]:
    capture, images = cv2.VideoCapture(str(path)), []
    while True:
        found, image = capture.read()
        if not found:
            break
        images.append(cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8))
    capture.release()
    return images
