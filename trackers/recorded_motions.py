"""Recorded motions (BVH) as what a webcam's tracker would tell of them: a `Tracking` of the body, frame by frame.

Owns the reading of BVH files, forward kinematics, the mapping of joints to our 33 keypoints, and the made-up webcam with its
noise. Sizes are scaled to a grown person, so that a file's own unit does not matter. Knows nothing of who plays them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trackers.errors import SourceError, first_line
from trackers.keypoint_lift import TORSO_M
from trackers.skeleton import BODY_INDEX
from trackers.types import BODY_COUNT, BodyTracking, Stamp, Tracking

Array = NDArray[np.float64]

_JOINTS: Final[dict[str, tuple[str, ...]]] = {
    "shoulder": ("{}Arm", "{}Shoulder"),
    "elbow": ("{}ForeArm", "{}Elbow"),
    "wrist": ("{}Hand", "{}Wrist"),
    "index": ("{}HandEnd", "{0[0]}Fingers", "{}HandIndex1"),
    "hip": ("{}UpLeg", "{}Hip"),
    "knee": ("{}Leg", "{}Knee"),
    "ankle": ("{}Foot", "{}Ankle"),
    "foot_index": ("{}ToeBase", "{}Toe"),
}
"""Our keypoint of a side -> what files call its joint, the first that a file has."""
_HEAD: Final[dict[str, tuple[float, float, float]]] = {
    "nose": (0.0, 0.0, 0.12), "mouth_left": (0.025, -0.05, 0.1), "mouth_right": (-0.025, -0.05, 0.1),
    "left_ear": (0.075, 0.02, 0.0), "left_eye": (0.032, 0.04, 0.09),
    "left_eye_inner": (0.018, 0.04, 0.09), "left_eye_outer": (0.045, 0.04, 0.08),
    "right_ear": (-0.075, 0.02, 0.0), "right_eye": (-0.032, 0.04, 0.09),
    "right_eye_inner": (-0.018, 0.04, 0.09), "right_eye_outer": (-0.045, 0.04, 0.08),
}  # fmt: skip
"""Metres from the middle of the head: to the own left, up, out of the nose."""


@dataclass(frozen=True, slots=True)
class _Joint:
    name: str
    parent: int
    offset: tuple[float, float, float]
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """A person moving in a room."""

    name: str
    frame_s: float
    points_m: Array
    """(T, 33, 3) our body keypoints; x to the left of the person as they stand at first, y up, z to their front; origin at the
    hips of the first frame."""

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.points_m) * self.frame_s

    def at(self, time_s: float) -> Array:
        """Return (33, 3) the points at a time, between frames on the straight line, held at both ends."""
        place = min(max(time_s / self.frame_s, 0.0), len(self.points_m) - 1.0)
        low = int(place)
        high = min(low + 1, len(self.points_m) - 1)
        return np.asarray(self.points_m[low] + (place - low) * (self.points_m[high] - self.points_m[low]))


def read_motion(path: Path) -> Motion:
    """Return the motion of a BVH file.

    Raises:
        SourceError: it cannot be read, or has no arms, legs and head that we know.
    """
    try:
        joints, frame_s, values = _parse(path.read_text(encoding="utf-8", errors="replace"))
        with np.errstate(all="ignore"):  # bones without a length, say: told below, and not as a warning
            points_m = _keypoints(joints, *_kinematics(joints, values))
        if not np.isfinite(points_m).all():
            raise ValueError("its joints have no finite places")
        return Motion(path.stem, frame_s, points_m)
    except (OSError, ValueError, IndexError) as error:
        raise SourceError(f"{path} cannot be read as a BVH motion of a person ({_reason(error)}); try another file") from error


def _reason(error: Exception) -> str:
    if isinstance(error, IndexError):  # Python's words for it tell a user nothing
        return "its joints are not one within the other"
    return first_line(error) if not isinstance(error, OSError) else error.strerror or first_line(error)


def _parse(text: str) -> tuple[list[_Joint], float, Array]:
    """Return joints (end sites too, named after their parent), seconds of a frame, and channel values (T, C)."""
    head, _, motion = text.partition("MOTION")
    joints = _skeleton(iter(head.split()))
    words = iter(motion.replace("Frames:", " ").replace("Frame Time:", " ").split())
    frames, frame_s = int(_word(words)), float(_word(words))
    if frames < 1:
        raise ValueError("it has no frames")
    if not 0.0 < frame_s < math.inf:
        raise ValueError(f"a frame must take a finite time above 0 s, got {frame_s:g}")
    count = sum(len(joint.channels) for joint in joints)
    values = np.array(list(words), dtype=np.float64)
    if len(values) != frames * count:
        raise ValueError(f"{frames} frames must hold {frames * count} values, got {len(values)}")
    return joints, frame_s, values.reshape(frames, count)


def _skeleton(words: Iterator[str]) -> list[_Joint]:
    """Return the joints, each after its parent."""
    joints: list[_Joint] = []
    stack: list[int] = []
    for word in words:
        if word in ("ROOT", "JOINT", "End"):
            name = _word(words) if word != "End" else f"{joints[stack[-1]].name}{_word(words)}"
            joints.append(_Joint(name, stack[-1] if stack else -1, (0.0, 0.0, 0.0), ()))
        elif word == "{":
            stack.append(len(joints) - 1)
        elif word == "}":
            stack.pop()
        elif word == "OFFSET":
            x, y, z = (float(_word(words)) for _ in range(3))
            joints[-1] = _Joint(joints[-1].name, joints[-1].parent, (x, y, z), ())
        elif word == "CHANNELS":
            channels = tuple(_word(words) for _ in range(int(_word(words))))
            joints[-1] = _Joint(joints[-1].name, joints[-1].parent, joints[-1].offset, channels)
    return joints


def _word(words: Iterator[str]) -> str:
    """Return the next word of the file, which must have one more."""
    word = next(words, None)
    if word is None:
        raise ValueError("it ends too early")
    return word


def _kinematics(joints: list[_Joint], values: Array) -> tuple[Array, Array]:
    """Return places (T, J, 3) and turns (T, J, 3, 3) of all joints in the file's own axes."""
    frames = len(values)
    places, turns = np.zeros((frames, len(joints), 3)), np.tile(np.eye(3), (frames, len(joints), 1, 1))
    column = 0
    for row, joint in enumerate(joints):
        move, turn = np.tile(np.array(joint.offset), (frames, 1)), np.tile(np.eye(3), (frames, 1, 1))
        for channel in joint.channels:
            axis = _axis(channel)
            if channel.endswith("position"):
                move[:, axis] += values[:, column]
            else:
                turn = turn @ _about(axis, np.radians(values[:, column]))
            column += 1
        if joint.parent < 0:
            places[:, row], turns[:, row] = move, turn
        else:
            places[:, row] = places[:, joint.parent] + (turns[:, joint.parent] @ move[:, :, None])[:, :, 0]
            turns[:, row] = turns[:, joint.parent] @ turn
    return places, turns


def _axis(channel: str) -> int:
    if channel[0] not in "XYZ":
        raise ValueError(f"{channel} is no channel")
    return "XYZ".index(channel[0])


def _about(axis: int, angles_rad: Array) -> Array:
    """Return (T, 3, 3) turns about one axis."""
    a, b = (axis + 1) % 3, (axis + 2) % 3
    out = np.zeros((len(angles_rad), 3, 3))
    out[:, axis, axis] = 1.0
    out[:, a, a] = out[:, b, b] = np.cos(angles_rad)
    out[:, b, a] = np.sin(angles_rad)
    out[:, a, b] = -out[:, b, a]
    return out


def _keypoints(joints: list[_Joint], places: Array, turns: Array) -> Array:
    """Return (T, 33, 3) our keypoints in the person's axes, in metres."""
    rows = {joint.name: row for row, joint in enumerate(joints)}
    points = np.zeros((len(places), BODY_COUNT, 3))
    for side in ("left", "right"):
        for part, names in _JOINTS.items():
            found = next((rows[n] for name in names if (n := name.format(side.capitalize())) in rows), None)
            if found is None:
                raise ValueError(f"no joint for the {side} {part}")
            points[:, BODY_INDEX[f"{side}_{part}"]] = places[:, found]
    for name in ("Head", "HeadSite"):
        if name not in rows:
            raise ValueError(f"no joint called {name}")
    axes = _axes(points, places[:, rows["Head"]])
    start = _middle(points[0], "hip")
    torso = float(np.median(np.linalg.norm(_middle(points, "shoulder") - _middle(points, "hip"), axis=1)))
    scale = TORSO_M / torso if torso > 0 else math.inf  # told when all is worked out
    points = (points - start) @ axes.T * scale
    head = (places[:, rows["Head"]] - start) @ axes.T * scale
    end = (places[:, rows["HeadSite"]] - start) @ axes.T * scale
    rest_axes = _axes_of_rest(joints, rows)
    head_turns = axes @ turns[:, rows["Head"]] @ rest_axes.T  # person from head
    _fill_in(points, (head + end) / 2, head_turns)
    return points


def _axes_of_rest(joints: list[_Joint], rows: dict[str, int]) -> Array:
    """Return (3, 3) whose rows are left, up and front of the skeleton at rest, in the file's own axes."""
    places = np.zeros((len(joints), 3))
    for row, joint in enumerate(joints):
        places[row] = places[max(joint.parent, 0)] + np.array(joint.offset)
    arms = [next(rows[n] for n in (f"{s}Arm", f"{s}Shoulder") if n in rows) for s in ("Left", "Right")]
    return _frame(places[arms[0]] - places[arms[1]], places[rows["Head"]])


def _axes(points: Array, head: Array) -> Array:
    """Return (3, 3) whose rows are left, up and front of the person as they stand at first, in the file's own axes."""
    up = np.zeros(3)
    rise = np.median(head - _middle(points, "hip"), axis=0)
    up[np.abs(rise).argmax()] = np.sign(rise[np.abs(rise).argmax()])
    across = points[:, BODY_INDEX["left_hip"]] - points[:, BODY_INDEX["right_hip"]]
    return _frame(across[: max(1, len(across) // 10)].mean(axis=0), up)


def _frame(left: Array, up: Array) -> Array:
    up = up / np.linalg.norm(up)
    left = left - (left @ up) * up
    left = left / np.linalg.norm(left)
    return np.stack([left, up, np.cross(left, up)])


def _middle(points: Array, part: str) -> Array:
    return np.asarray((points[..., BODY_INDEX[f"left_{part}"], :] + points[..., BODY_INDEX[f"right_{part}"], :]) / 2)


def _fill_in(points: Array, head: Array, head_turns: Array) -> None:
    """Put in what the files lack: the face, fingers beside the middle one, heels."""
    for name, place in _HEAD.items():
        points[:, BODY_INDEX[name]] = head + head_turns @ np.array(place)
    for side in ("left", "right"):
        wrist = points[:, BODY_INDEX[f"{side}_wrist"]]
        fore = wrist - points[:, BODY_INDEX[f"{side}_elbow"]]
        hand = points[:, BODY_INDEX[f"{side}_index"]] - wrist
        length = np.linalg.norm(hand, axis=1, keepdims=True)
        along = np.where(length > 1e-3, hand / np.maximum(length, 1e-6), fore / np.linalg.norm(fore, axis=1, keepdims=True))
        for part, far_m in (("index", 0.09), ("pinky", 0.08), ("thumb", 0.05)):
            points[:, BODY_INDEX[f"{side}_{part}"]] = wrist + far_m * along
        points[:, BODY_INDEX[f"{side}_heel"]] = points[:, BODY_INDEX[f"{side}_ankle"]] + np.array([0.0, -0.06, -0.04])


@dataclass(frozen=True, slots=True)
class View:
    """A webcam before the person, level, and how its tracker errs."""

    away_m: float = 2.2
    height_m: float = 0.4
    """Above the hips of the person as they stand."""
    turn_deg: float = 0.0
    """By which the person is turned to their own left."""
    noise: float = 0.01
    """Standard deviation of each keypoint in shoulder widths, correlated over about three frames."""
    tempo: float = 1.0
    """Above 1 the motion is played faster."""
    width_px: int = 1280
    height_px: int = 720
    focal_share: float = 0.8
    """Of the width: about 64 degrees from left to right."""


def tracked(motion: Motion, view: View, *, hz: float = 30.0, seed: int = 0, start_seq: int = 0) -> Iterator[Tracking]:
    """Yield what a tracker would tell of the motion at `hz` looks a second, with true stamps; the same for the same seed."""
    rng = np.random.default_rng(seed)
    drift = np.zeros((BODY_COUNT, 3))
    turn = _about(1, np.radians(np.array([view.turn_deg])))[0]
    for seq in range(int(motion.seconds / view.tempo * hz)):
        drift = 0.7 * drift + np.sqrt(1 - 0.7**2) * rng.normal(0.0, view.noise * 0.34, drift.shape)
        points = motion.at(seq / hz * view.tempo) @ turn.T + drift
        body = _seen(points, view, rng)
        stamp = Stamp(start_seq + seq, round((start_seq + seq) / hz * 1e9))
        yield Tracking(stamp, view.width_px, view.height_px, body, None, None, None)


def _seen(points: Array, view: View, rng: np.random.Generator) -> BodyTracking:
    """Return the body as the camera sees it: the person's left at the right of the picture."""
    camera = np.stack([points[:, 0], view.height_m - points[:, 1], view.away_m - points[:, 2]], axis=1)
    focal_px = view.focal_share * view.width_px
    px = camera[:, :2] / np.maximum(camera[:, 2:], 0.1) * focal_px + np.array([view.width_px, view.height_px]) / 2
    hips = _middle(camera, "hip")
    inside = ((px >= 0) & (px < (view.width_px, view.height_px))).all(axis=1) & (camera[:, 2] > 0.1)
    visible = np.where(inside, 0.98, 0.05) - rng.uniform(0, 0.02, BODY_COUNT)
    z_px = (camera[:, 2:] - hips[2]) * focal_px / max(float(hips[2]), 0.1)
    return BodyTracking(
        keypoints_px=np.hstack([px, z_px]).astype(np.float32),
        world_m=(camera - hips).astype(np.float32),
        visibility=visible.astype(np.float32),
        presence=np.where(inside, 0.98, 0.05).astype(np.float32),
        score=0.98,
    )
