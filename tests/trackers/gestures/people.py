"""Made-up people before a made-up webcam: what the tracker would say of a person whose joint angles are known.

    look = look_at(Pose(left=Arm(90), right=Arm(90)))                      # a T pose
    look = look_at(touching(left=(0.0, -0.25, 0.2), right=...), time_s=1.0)  # wrists at places of the trunk
    look = look_at(Pose(head_yaw_deg=20), expression={"jawOpen": 0.8})     # with a face
    look = look_at(Pose(), camera=FAR, build=Build(upper_arm_m=0.31), noise=0.02, rng=np.random.default_rng(1))

A person stands (or sits: `sit_deg`) on the floor; in the person's own axes x is to the own left, y up and z out of the chest.
`DESK` is a webcam over a screen that sees head, chest and hands, `FAR` one that sees the whole body. Points outside the picture
are told too, as the tracker does, but with a low visibility. No hands are made. Left and right are the person's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from trackers.gestures.types import Look
from trackers.skeleton import BODY_INDEX, EXPRESSION_INDEX
from trackers.types import BodyTracking, FaceTracking, Stamp, Tracking

Array = NDArray[np.float64]
Point = tuple[float, float, float]
SIGN = {"left": 1.0, "right": -1.0}
START_NS = 10_000_000_000


@dataclass(frozen=True)
class Arm:
    """Where upper arm and forearm point, each as (elevation, azimuth) in degrees.

    Elevation: 0 hangs, 90 is level, 180 is up. Azimuth: 0 to the own side, 90 to the front, 180 across the body.
    The forearm goes on straight where nothing is said of it.
    """

    up_deg: float = 8.0
    round_deg: float = 0.0
    fore_up_deg: float | None = None
    fore_round_deg: float | None = None


@dataclass(frozen=True)
class Pose:
    """How a person stands. All in degrees, except `at_m`."""

    left: Arm = field(default_factory=Arm)
    right: Arm = field(default_factory=Arm)
    turn_deg: float = 0.0
    """The whole body, + to the own left."""
    lean_deg: float = 0.0
    """The trunk, + to the own left."""
    bow_deg: float = 0.0
    """The trunk, + to the front."""
    sit_deg: float = 0.0
    """The thighs to the front; the shins stay upright: 0 stands, 90 sits, 120 squats."""
    tip_deg: float = 0.0
    """The whole body about the feet, + to the own left: 90 lies."""
    tip_front_deg: float = 0.0
    head_yaw_deg: float = 0.0
    """+ to the own left, as in `trackers.types`."""
    head_pitch_deg: float = 0.0
    """+ chin down."""
    head_roll_deg: float = 0.0
    """+ left ear up."""
    at_m: Point = (0.0, 0.0, 0.0)
    """Moved in the room: to the own left (as it faces the lens), up, to the lens."""
    wrists: tuple[Point | None, Point | None] = (None, None)
    """Left and right wrist, where they are to be at a place of the trunk; see `touching`."""


@dataclass(frozen=True)
class Build:
    """Lengths in metres."""

    shoulders_m: float = 0.36
    upper_arm_m: float = 0.28
    forearm_m: float = 0.25
    torso_m: float = 0.50
    hips_m: float = 0.22
    thigh_m: float = 0.42
    shin_m: float = 0.44
    head_m: float = 0.22
    """From the middle of the shoulders to the middle of the ears."""


@dataclass(frozen=True)
class Camera:
    """A webcam, looking at the person, level where `tilt_deg` is 0."""

    away_m: float = 0.9
    height_m: float = 1.35
    tilt_deg: float = 0.0
    """+ looks down."""
    width_px: int = 640
    height_px: int = 480
    focal_share: float = 0.9
    """Of the longer side: about 58 degrees from left to right."""


DESK = Camera()
FAR = Camera(away_m=3.4, height_m=1.1, width_px=720, height_px=720)


def touching(*, left: Point | None = None, right: Point | None = None, **more: object) -> Pose:
    """Return a pose whose wrists are at these places: metres from the middle of the shoulders, in the trunk's axes.

    Elbows hang outwards, as far as the lengths of the arms allow.
    """
    return replace(Pose(wrists=(left, right)), **more)  # type: ignore[arg-type]


def look_at(
    pose: Pose,
    *,
    time_s: float = 0.0,
    build: Build | None = None,
    camera: Camera = DESK,
    noise: float = 0.0,
    rng: np.random.Generator | None = None,
    expression: Mapping[str, float] | None = None,
    hidden: tuple[str, ...] = (),
) -> Look:
    """Return the person as a look of which everything is fresh.

    Args:
        noise: standard deviation of each point, in shoulder widths.
        expression: coefficients of the face by name; a face is told where this is not None.
        hidden: names of body points that are not visible.
    """
    stamp = Stamp(seq=round(time_s * 30), captured_ns=START_NS + round(time_s * 1e9))
    body = body_of(pose, build=build or Build(), camera=camera, noise=noise, rng=rng, hidden=hidden)
    face = None if expression is None else face_of(pose, body, expression=expression)
    parts = frozenset(("body",) if face is None else ("body", "face"))
    tracking = Tracking(stamp, camera.width_px, camera.height_px, body, None, None, face)
    return Look(tracking, fresh=parts, seen=parts)


def nobody(*, time_s: float, camera: Camera = DESK) -> Look:
    """Return a look at an empty room."""
    stamp = Stamp(seq=round(time_s * 30), captured_ns=START_NS + round(time_s * 1e9))
    tracking = Tracking(stamp, camera.width_px, camera.height_px, None, None, None, None)
    return Look(tracking, fresh=frozenset(), seen=frozenset())


def body_of(
    pose: Pose,
    *,
    build: Build,
    camera: Camera,
    noise: float = 0.0,
    rng: np.random.Generator | None = None,
    hidden: tuple[str, ...] = (),
) -> BodyTracking:
    """Return the person's body as the tracker would tell it."""
    points = _in_room(pose, build)
    if noise:
        points = points + (rng or np.random.default_rng(0)).normal(0, noise * build.shoulders_m, points.shape)
    seen = _seen(points, camera)  # (33, 3) camera axes: x right, y down, z away
    px = camera.focal_share * max(camera.width_px, camera.height_px)
    depth = np.maximum(seen[:, 2:], 0.1)
    places = seen[:, :2] / depth * px + np.array([camera.width_px, camera.height_px]) / 2
    hips = seen[[BODY_INDEX["left_hip"], BODY_INDEX["right_hip"]]].mean(axis=0)
    z_px = (seen[:, 2:] - hips[2]) / max(hips[2], 0.1) * px
    inside = ((places >= 0) & (places < (camera.width_px, camera.height_px))).all(axis=1) & (seen[:, 2] > 0.1)
    visibility = np.where(inside, 0.99, 0.1)
    visibility[[BODY_INDEX[name] for name in hidden]] = 0.1
    return BodyTracking(
        keypoints_px=np.hstack([places, z_px]).astype(np.float32),
        world_m=(seen - hips).astype(np.float32),
        visibility=visibility.astype(np.float32),
        presence=np.where(inside, 0.99, 0.1).astype(np.float32),
        score=0.99,
    )


def face_of(pose: Pose, body: BodyTracking, *, expression: Mapping[str, float]) -> FaceTracking:
    """Return the face: head pose and expression are true, all mesh points lie on the nose."""
    turn = _yaw(pose.turn_deg + pose.head_yaw_deg) @ _pitch(pose.head_pitch_deg) @ _roll(pose.head_roll_deg)
    coefficients = np.zeros(52, np.float32)
    for name, value in expression.items():
        coefficients[EXPRESSION_INDEX[name]] = value
    return FaceTracking(
        keypoints_px=np.tile(body.keypoints_px[BODY_INDEX["nose"]], (478, 1)).astype(np.float32),
        camera_from_head=(np.diag([1.0, -1.0, -1.0]) @ turn).astype(np.float32),
        head_position_m=np.array([0.0, 0.0, 0.6], np.float32),
        gaze_rad=np.zeros(2, np.float32),
        expression=coefficients,
        score=0.99,
    )


def _in_room(pose: Pose, build: Build) -> Array:
    """Return (33, 3) metres in the room: x image right, y up from the floor, z to the lens."""
    trunk = _roll(-pose.lean_deg) @ _pitch(pose.bow_deg)
    sit = np.radians(pose.sit_deg)
    hips = np.array([0.0, build.shin_m + build.thigh_m * np.cos(sit), -build.thigh_m * np.sin(sit)])
    points = _legs(hips, build)
    upper = _upper(pose, build)
    for name, place in upper.items():
        points[BODY_INDEX[name]] = hips + trunk @ place
    whole = _roll(-pose.tip_deg) @ _pitch(pose.tip_front_deg) @ _yaw(pose.turn_deg)
    middle = np.array([0.0, 0.0, hips[2]])
    out = (points - middle) @ whole.T + middle + np.array(pose.at_m)
    return np.asarray(out)


def _legs(hips: Array, build: Build) -> Array:
    points = np.zeros((33, 3))
    for side, sign in SIGN.items():
        across = np.array([sign * build.hips_m / 2, 0.0, 0.0])
        points[BODY_INDEX[f"{side}_hip"]] = hips + across
        points[BODY_INDEX[f"{side}_knee"]] = across + [0.0, build.shin_m, 0.0]
        for name, forward in (("ankle", 0.0), ("heel", -0.04), ("foot_index", 0.16)):
            points[BODY_INDEX[f"{side}_{name}"]] = across + [0.0, 0.0, forward]
    return points


def _upper(pose: Pose, build: Build) -> dict[str, Array]:
    """Return trunk, arms and head from mid-hip in the trunk's axes."""
    neck = np.array([0.0, build.torso_m, 0.0])
    out: dict[str, Array] = {}
    for (side, sign), arm, wrist in zip(SIGN.items(), (pose.left, pose.right), pose.wrists, strict=True):
        shoulder = neck + [sign * build.shoulders_m / 2, 0.0, 0.0]
        out[f"{side}_shoulder"] = shoulder
        out[f"{side}_hip"] = np.array([sign * build.hips_m / 2, 0.0, 0.0])
        if wrist is None:
            elbow = shoulder + build.upper_arm_m * _way(arm.up_deg, arm.round_deg, sign)
            fore = _way(
                arm.up_deg if arm.fore_up_deg is None else arm.fore_up_deg,
                arm.round_deg if arm.fore_round_deg is None else arm.fore_round_deg,
                sign,
            )
            end = elbow + build.forearm_m * fore
        else:
            elbow, end = _bent(shoulder, neck + np.array(wrist), build, sign)
        out[f"{side}_elbow"], out[f"{side}_wrist"] = elbow, end
        hand = 0.09 * (end - elbow) / np.linalg.norm(end - elbow)
        out |= {f"{side}_index": end + hand, f"{side}_pinky": end + 0.9 * hand, f"{side}_thumb": end + 0.6 * hand}
    turn = _yaw(pose.head_yaw_deg) @ _pitch(pose.head_pitch_deg) @ _roll(pose.head_roll_deg)
    return out | {name: neck + turn @ (place + [0.0, build.head_m, 0.02]) for name, place in _HEAD.items()}


def _bent(shoulder: Array, wrist: Array, build: Build, sign: float) -> tuple[Array, Array]:
    """Return elbow and wrist of an arm that reaches for `wrist`, its elbow down and outwards."""
    a, b = build.upper_arm_m, build.forearm_m
    line = wrist - shoulder
    far = float(np.clip(np.linalg.norm(line), abs(a - b) + 0.02, a + b - 0.001))
    along = line / np.linalg.norm(line)
    share = (a * a - b * b + far * far) / (2 * far)
    pole = np.array([0.7 * sign, -1.0, -0.3])
    pole -= (pole @ along) * along
    elbow = shoulder + share * along + np.sqrt(max(0.0, a * a - share * share)) * pole / np.linalg.norm(pole)
    return elbow, shoulder + far * along


def _seen(points: Array, camera: Camera) -> Array:
    """Return the points of the room in the camera's axes."""
    level = np.stack([points[:, 0], camera.height_m - points[:, 1], camera.away_m - points[:, 2]], axis=1)
    return np.asarray(level @ _pitch(-camera.tilt_deg))  # looking down lifts what is far


def _way(up_deg: float, round_deg: float, sign: float) -> Array:
    up, about = np.radians([up_deg, round_deg])
    return np.array([sign * np.sin(up) * np.cos(about), -np.cos(up), np.sin(up) * np.sin(about)])


def _yaw(deg: float) -> Array:
    c, s = np.cos(np.radians(deg)), np.sin(np.radians(deg))
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def _pitch(deg: float) -> Array:
    c, s = np.cos(np.radians(deg)), np.sin(np.radians(deg))
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def _roll(deg: float) -> Array:
    c, s = np.cos(np.radians(deg)), np.sin(np.radians(deg))
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


_HEAD: dict[str, Array] = {"nose": np.array([0.0, -0.02, 0.12])}
for _side, _sign in SIGN.items():
    _HEAD |= {
        f"{_side}_ear": np.array([0.075 * _sign, 0.0, 0.0]),
        f"{_side}_eye": np.array([0.032 * _sign, 0.02, 0.09]),
        f"{_side}_eye_inner": np.array([0.018 * _sign, 0.02, 0.09]),
        f"{_side}_eye_outer": np.array([0.045 * _sign, 0.02, 0.08]),
        f"mouth_{_side}": np.array([0.025 * _sign, -0.06, 0.1]),
    }
