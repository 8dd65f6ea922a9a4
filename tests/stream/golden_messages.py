"""One example of every message. Writes them to golden/ when run: `python -m tests.stream.golden_messages`.

The examples are the documentation's (docs/protocol.md) and the tests' truth; change them only together with the protocol.
"""

import json
from pathlib import Path

import numpy as np

from avatar.types import BONE_COUNT, RigPose
from stream.actions.overlay import effect_message
from stream.server import messages, trigger_messages
from stream.sinks.base import SinkStatus
from stream.sources.base import SourceInfo
from tests.stream import golden_triggers  # by its full name: this file also runs as `python -m`
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import BodyTracking, FaceTracking, FloatArray, HandTracking, Stamp, Tracking

FOLDER = Path(__file__).parent / "golden"
STAMP = Stamp(seq=1234, captured_ns=98_765_432_100)


def _spread(count: int, *, about: tuple[float, float, float], by: float) -> FloatArray:
    """Return (count, 3) points on a spiral about a point: no two alike, and the same on every run."""
    step = np.arange(count, dtype=np.float64)
    circle = np.stack([np.cos(step), np.sin(step), np.cos(step * 0.5)], axis=1)
    return (np.array(about) + by * circle * (1 + step[:, None] / count)).astype(np.float32)


def _expression() -> FloatArray:
    values = np.zeros(len(EXPRESSION_INDEX), dtype=np.float32)
    values[EXPRESSION_INDEX["mouthSmileLeft"]] = 0.61234
    values[EXPRESSION_INDEX["jawOpen"]] = 0.25
    return values


def tracking() -> Tracking:
    """Return a person whose left hand is out of sight."""
    return Tracking(
        stamp=STAMP,
        width_px=640,
        height_px=480,
        body=BodyTracking(
            keypoints_px=_spread(33, about=(320, 240, 0), by=80),
            world_m=_spread(33, about=(0, 0, 0), by=0.3),
            visibility=np.linspace(1, 0.4, 33, dtype=np.float32),
            presence=np.linspace(1, 0.9, 33, dtype=np.float32),
            score=0.98765,
        ),
        left_hand=None,
        right_hand=HandTracking(
            keypoints_px=_spread(21, about=(200, 300, 0), by=20),
            world_m=_spread(21, about=(0, 0, 0), by=0.04),
            score=0.9,
            right_probability=0.97,
        ),
        face=FaceTracking(
            keypoints_px=_spread(478, about=(330, 120, 0), by=30),
            camera_from_head=np.diag([1, -1, -1]).astype(np.float32),
            head_position_m=np.array([0.01, -0.02, 0.6], dtype=np.float32),
            gaze_rad=np.array([0.1, -0.05], dtype=np.float32),
            expression=_expression(),
            score=0.99,
        ),
        predicted=frozenset({"body"}),
    )


def pose() -> RigPose:
    """Return a pose that differs from rest in the neck."""
    rotations = np.zeros((BONE_COUNT, 4), dtype=np.float32)
    rotations[:, 3] = 1
    rotations[4] = (0, 0.17364818, 0, 0.98480775)
    return RigPose(
        stamp=STAMP,
        rotations=rotations,
        root_m=np.array([0.01, 0, -0.02], dtype=np.float32),
        expression=_expression(),
        confidence=np.linspace(1, 0, BONE_COUNT, dtype=np.float32),
        face_confidence=1.0,
    )


def report() -> dict[str, object]:
    """Return what the pipeline measures, in the shape of `live --report`."""
    stage = {"p50": 4.1, "p95": 5.3}
    return {
        "seconds": 20.0,
        "frames_in": 600,
        "frames_out": 1200,
        "fps_in": 29.97,
        "fps_out": 60.02,
        "interval_ms": {"p50": 16.7, "p95": 17.4, "p99": 19.0, "max": 24.2},
        "latency_ms": {"p50": 41.2, "p95": 58.7, "p99": 66.0},
        "stages_ms": dict.fromkeys(("capture", "track", "pose", "render", "send"), stage),
        "dropped": 3,
        "repeated": 1,
        "tracking": {"body": 1.0, "left_hand": 0.0, "right_hand": 0.93, "face": 1.0},
        "parts": {"body": "tracked", "left_hand": "idle", "right_hand": "holding", "face": "tracked"},
        "cpu_percent": 86.5,
        "rss_mb": 412.0,
    }


def settings() -> messages.Settings:
    """Return settings none of which is the page's own default."""
    return messages.Settings(mirror=True, background="#0047bb", avatar="mascot", framing="upper", show_camera=False)


def status(chosen: messages.Settings | None = None) -> messages.Message:
    """Return a status in which one sink does not run; `chosen` are the settings, else those of `settings`."""
    return messages.status_message(
        version="0.1.0",
        state="running",
        detail="",
        source=SourceInfo("camera 0 (HD Webcam)", "camera", 1280, 720, 30.0, live=True, detail="MJPG"),
        tracker=messages.Chosen("posecast", "XNNPACK, 2 threads", "the models run on the CPU"),
        renderer=messages.Chosen("puppet", "CPU", "no neural model belongs to this avatar"),
        sinks=[
            SinkStatus("overlay", running=True, detail="http://127.0.0.1:8765/overlay"),
            SinkStatus("virtual-camera", running=False, detail="no backend on this system; install v4l2loopback"),
        ],
        settings=chosen or settings(),
        calibration=messages.CalibrationStatus(
            profile="default",
            detail="neutral face, 2026-11-21",
            running="range",
            state="collecting",
            progress=0.31,
            text="Raise your eyebrows.",
        ),
        avatars=["mascot"],
        overlay_url="http://127.0.0.1:8765/overlay",
    )


def examples() -> dict[str, object]:
    """Return every message by its file's name: what the server says, then what clients say."""
    said = {
        "hello": messages.hello_message(may_command=True),
        "tracking": messages.tracking_message(tracking()),
        "pose": messages.pose_message(pose()),
        "metrics": messages.metrics_message(report()),
        "status": status(),
        "gesture": messages.gesture_message(label="wave", phase="start", confidence=0.91, stamp=STAMP),
        "event": messages.event_message(name="source.lost", level="warning", text="camera 0 was unplugged; waiting for it"),
        "triggers": golden_triggers.triggers(),
        "gestures": golden_triggers.gestures(),
        "trigger": trigger_messages.trigger_message(golden_triggers.entries()[1]),
        "effect": effect_message("emote", emote="\U0001f49c", image="", count=12, motion="rise", size=12.0),
        "done": messages.done_message(command="set", request_id=7),
        "error": messages.error_message("settings.mirror must be true or false, got 1", request_id=8),
    }
    asked: dict[str, object] = {
        "client_hello": {"type": "hello", "protocol": 1, "token": "the token in the panel's URL"},
        "client_subscribe": {"type": "subscribe", "topics": ["pose", "status", "events"]},
        "client_seen": {"type": "seen", "topic": "overlay", "count": 1},
        "client_set": {"type": "set", "id": 7, "settings": {"mirror": True, "background": "#00ff00", "framing": "full"}},
        "client_calibrate": {"type": "calibrate", "pass": "neutral", "id": "now"},
        "client_trigger": {"type": "trigger", "what": "fire", "rule": "brb", "id": 9},
        "client_gesture": {"type": "gesture", "what": "record", "name": "salute", "id": 10},
    }
    return {name: json.loads(messages.encode(message)) for name, message in said.items()} | asked


def pretty(value: object, indent: str = "") -> str:
    """Return JSON with one field a line, but lists on one line each: 478 points are not 478 lines."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value)
    inner = indent + "  "
    fields = ",\n".join(f"{inner}{json.dumps(name)}: {pretty(field, inner)}" for name, field in value.items())
    return f"{{\n{fields}\n{indent}}}"


def write() -> None:
    """Write every example to its file."""
    FOLDER.mkdir(exist_ok=True)
    for name, message in examples().items():
        (FOLDER / f"{name}.json").write_text(pretty(message) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
