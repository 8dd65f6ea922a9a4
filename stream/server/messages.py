"""What the server says: every message as a plain dict, ready for JSON. `docs/protocol.md` documents them one by one.

Owns the wire names, the rounding and the protocol's version. Pure; knows nothing of sockets, threads or who listens.
A number that is not finite (a percentile of nothing) goes out as null.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic_core import PydanticSerializationError, to_json

from avatar.rig import BONE_NAMES
from avatar.types import RigPose
from stream.sinks.base import SinkStatus
from stream.sources.base import SourceInfo
from trackers.skeleton import EXPRESSION_NAMES
from trackers.types import PARTS, BodyTracking, FaceTracking, HandTracking, Stamp, Tracking

PROTOCOL: Final = 1
"""Raised only when an old client would misread a message; new fields and new messages do not raise it."""

Message = dict[str, object]
Framing = Literal["bust", "upper", "full"]
State = Literal["starting", "running", "lost", "stopping"]
Phase = Literal["start", "hold", "end"]
Level = Literal["info", "warning", "error"]
Pass = Literal["neutral", "range"]

FRAMINGS: Final[tuple[Framing, ...]] = ("bust", "upper", "full")
STATE_TOPICS: Final = ("tracking", "pose", "metrics", "status", "triggers", "gestures")
"""Topics of which only the newest message matters; a message's `type` is its topic."""
EVENT_TOPIC: Final = "events"
EFFECT_TOPIC: Final = "effects"
ORDERED_TOPICS: Final = (EVENT_TOPIC, EFFECT_TOPIC)
"""Topics of which every message matters, in order."""
LASTING_EVENTS: Final = ("input.failed",)
"""Events that are told again to whoever comes later: what they tell of does not pass by itself."""
EFFECTS_PATH: Final = "/events"
"""From the overlay to the page of the effects."""
PICTURE_TOPICS: Final = ("overlay", "camera")
TOPICS: Final = ("overlay", *STATE_TOPICS, EVENT_TOPIC, EFFECT_TOPIC, "camera")
OPEN_TOPICS: Final = ("overlay", EFFECT_TOPIC)
"""What viewers of the stream see anyway: told to whoever can reach the server."""

METRIC_NAMES: Final = (
    *("seconds", "frames_in", "frames_out", "fps_in", "fps_out", "interval_ms", "latency_ms", "stages_ms"),
    *("dropped", "repeated", "tracking", "parts", "cpu_percent", "rss_mb"),
)
"""The fields of a metrics message: those of the report that `live --report` writes."""


def encode(message: Mapping[str, object]) -> str:
    """Return the message as JSON text. What is no character (a file's name may hold such bytes) becomes a "?"."""
    try:
        return to_json(message, inf_nan_mode="null").decode()
    except PydanticSerializationError:
        return to_json(_printable(message), inf_nan_mode="null").decode()


def _printable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_printable(key): _printable(item) for key, item in value.items()}
    return [_printable(item) for item in value] if isinstance(value, list | tuple) else value


@dataclass(frozen=True, slots=True)
class Chosen:
    """What does a job (tracking, rendering), and why that and nothing else."""

    name: str
    """As the user sets it: `posecast`, `mediapipe`, `recording`, `puppet`."""
    provider: str
    """What it runs on: `XNNPACK, 1 thread`, `CUDAExecutionProvider`."""
    reason: str
    """Why this provider, one short sentence."""


@dataclass(frozen=True, slots=True)
class CalibrationStatus:
    """What is calibrated and what runs, for the panel."""

    profile: str
    detail: str
    """What the profile holds, in words."""
    running: Pass | None
    state: Literal["idle", "waiting", "collecting", "done", "failed"]
    """Of the pass that runs, or of the last one."""
    progress: float
    """0..1"""
    text: str
    """What the person should do, or what came of it; one sentence."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the panel can change while the program runs."""

    mirror: bool
    background: str
    """`#rrggbb` or the path of a picture or video, for sinks without transparency."""
    avatar: str
    framing: Framing
    show_camera: bool
    """The camera's picture may go to panels that ask for it with the token; never to a sink."""


def hello_message(*, may_command: bool, barred: Collection[str] = ()) -> Message:
    """Answer to a client's hello; of the topics, those that it may have."""
    topics = [topic for topic in TOPICS if topic not in barred]
    return {"type": "hello", "protocol": PROTOCOL, "topics": topics, "may_command": may_command}


def tracking_message(tracking: Tracking) -> Message:
    """Everything found in one frame: pixels to 0.1, metres to 0.1 mm; a part that was not found is null."""
    return {
        "type": "tracking",
        **_stamp(tracking.stamp),
        "width_px": tracking.width_px,
        "height_px": tracking.height_px,
        "body": None if tracking.body is None else _body(tracking.body),
        "left_hand": None if tracking.left_hand is None else _hand(tracking.left_hand),
        "right_hand": None if tracking.right_hand is None else _hand(tracking.right_hand),
        "face": None if tracking.face is None else _face(tracking.face),
        "predicted": [part for part in PARTS if part in tracking.predicted],
    }


def pose_message(pose: RigPose) -> Message:
    """What the avatar does: one unit quaternion (x, y, z, w) and one confidence per VRM bone, and the expressions."""
    return {
        "type": "pose",
        **_stamp(pose.stamp),
        "root_m": _rounded(pose.root_m, 4),
        "bones": dict(zip(BONE_NAMES, _rounded(pose.rotations, 5), strict=True)),
        "confidence": dict(zip(BONE_NAMES, _rounded(pose.confidence, 2), strict=True)),
        "expressions": _expressions(pose.expression),
        "face_confidence": round(pose.face_confidence, 2),
    }


def metrics_message(report: Mapping[str, object]) -> Message:
    """The figures of the last seconds, from a report in the shape that `live --report` writes; a missing one is null."""
    return {"type": "metrics", **{name: report.get(name) for name in METRIC_NAMES}}


def status_message(
    *,
    version: str,
    state: State,
    detail: str,
    source: SourceInfo | None,
    tracker: Chosen,
    renderer: Chosen,
    sinks: Sequence[SinkStatus],
    settings: Settings,
    calibration: CalibrationStatus,
    avatars: Sequence[str],
    overlay_url: str,
) -> Message:
    """What runs, on what and why, and what the panel may change.

    Args:
        detail: one sentence for people when `state` is `lost` or `starting`; else empty.
        avatars: names that `settings.avatar` may take.
    """
    return {
        "type": "status",
        "version": version,
        "state": state,
        "detail": detail,
        "source": None if source is None else _fields(source),
        "tracker": _fields(tracker),
        "renderer": _fields(renderer),
        "sinks": [_fields(sink) for sink in sinks],
        "settings": _fields(settings) | {"background": _shown_background(settings.background)},
        "calibration": _fields(calibration) | {"progress": round(calibration.progress, 2)},
        "choices": {"avatars": list(avatars), "framings": list(FRAMINGS)},
        "urls": {"overlay": overlay_url, "effects": overlay_url + EFFECTS_PATH},
    }


def _shown_background(spec: str) -> str:
    """Return a colour, or of a file only its name: where it lies on this computer is nobody's business."""
    return spec if spec.startswith("#") else PurePath(spec).name


def gesture_message(*, label: str, phase: Phase, confidence: float, stamp: Stamp) -> Message:
    """A gesture began, goes on or ended."""
    return {"type": "gesture", "label": label, "phase": phase, "confidence": round(confidence, 3), **_stamp(stamp)}


def event_message(*, name: str, level: Level, text: str) -> Message:
    """Something happened that people should read, such as `source.lost`; `text` is one sentence."""
    return {"type": "event", "name": name, "level": level, "text": text}


def done_message(*, command: str, request_id: str | int | None) -> Message:
    """A subscription or command was carried out; `request_id` is the client's own `id`."""
    return {"type": "done", "command": command, "id": request_id}


def error_message(text: str, *, request_id: str | int | None = None) -> Message:
    """A client's message was refused; `text` is one sentence that says what was expected."""
    return {"type": "error", "text": text, "id": request_id}


def _stamp(stamp: Stamp) -> Message:
    return {"seq": stamp.seq, "captured_ns": stamp.captured_ns}


def _rounded(array: NDArray[np.float32], digits: int) -> list[object]:
    # through float64: 0.1 as a float32 would be written as 0.10000000149011612
    rounded: list[object] = np.round(array.astype(np.float64), digits).tolist()
    return rounded


def _expressions(expression: NDArray[np.float32]) -> Message:
    return dict(zip(EXPRESSION_NAMES, _rounded(expression, 3), strict=True))


def _body(body: BodyTracking) -> Message:
    return {
        "keypoints_px": _rounded(body.keypoints_px, 1),
        "world_m": _rounded(body.world_m, 4),
        "visibility": _rounded(body.visibility, 2),
        "presence": _rounded(body.presence, 2),
        "score": round(body.score, 3),
    }


def _hand(hand: HandTracking) -> Message:
    return {
        "keypoints_px": _rounded(hand.keypoints_px, 1),
        "world_m": _rounded(hand.world_m, 4),
        "score": round(hand.score, 3),
        "right_probability": round(hand.right_probability, 3),
    }


def _face(face: FaceTracking) -> Message:
    return {
        "keypoints_px": _rounded(face.keypoints_px, 1),
        "camera_from_head": _rounded(face.camera_from_head, 5),
        "head_position_m": _rounded(face.head_position_m, 4),
        "gaze_rad": _rounded(face.gaze_rad, 4),
        "expressions": _expressions(face.expression),
        "score": round(face.score, 3),
    }


def _fields(value: CalibrationStatus | Chosen | Settings | SinkStatus | SourceInfo) -> Message:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}
