"""The reference engine: MediaPipe's own Tasks on the same model files, giving the same `Tracking`.

Owns the translation of MediaPipe's results. Knows nothing of our schedule. MediaPipe is optional and imported at use.
"""

import io
import zipfile
from contextlib import ExitStack
from types import ModuleType, TracebackType
from typing import Any, Final, Self

import numpy as np

from trackers.assets import path_of
from trackers.body import MODELS
from trackers.contract import EngineInfo, TrackerSettings
from trackers.errors import UserError
from trackers.face import expression_from_coefficients, face_tracking, open_canonical_face
from trackers.face_model import CanonicalFace
from trackers.model_objects import packed, unpacked
from trackers.optional import check_installed
from trackers.skeleton import BODY_INDEX
from trackers.types import BodyTracking, FaceTracking, FloatArray, Frame, HandTracking, Tracking

INSTALL_COMMAND: Final = 'pip install ".[mediapipe]"'
_DETECTOR, _LANDMARKS = "pose_detector.tflite", "pose_landmarks_detector.tflite"
_METADATA: Final = b"TFLITE_METADATA"


class MediaPipeTracker:
    """MediaPipe's pose, hand and face landmarkers in video mode, one after another on the whole frame."""

    def __init__(self, settings: TrackerSettings) -> None:
        if settings.person != "largest":
            raise UserError(
                f"tracker mediapipe chooses itself whom it follows, got --person {settings.person}; leave it away, "
                "or use --tracker posecast"
            )
        check_installed(
            "mediapipe",
            otherwise=f"tracker mediapipe needs the package mediapipe, which is not installed; run `{INSTALL_COMMAND}`, "
            "or use --tracker posecast",
        )
        self._settings = settings
        self._stack = ExitStack()
        self._canonical: CanonicalFace | None = None
        self._pose: Any = None
        self._hands: Any = None
        self._face: Any = None
        self._last_ms = -1
        self._info = EngineInfo(
            engine="mediapipe",
            provider="MediaPipe Tasks CPU",
            reason=f"the reference, asked for; body {settings.models[0]}, MediaPipe chooses its own threads",
        )

    @property
    def info(self) -> EngineInfo:
        """What runs, and why."""
        return self._info

    def __enter__(self) -> Self:
        import mediapipe
        from mediapipe.tasks.python import vision

        with ExitStack() as stack:
            self._pose = stack.enter_context(_pose_landmarker(mediapipe, vision, self._settings.models[0]))
            if self._settings.hands:
                self._hands = stack.enter_context(_hand_landmarker(mediapipe, vision))
            if self._settings.face:
                self._canonical = open_canonical_face()
                self._face = stack.enter_context(_face_landmarker(mediapipe, vision))
            self._stack = stack.pop_all()
        self._last_ms = -1
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pose = self._hands = self._face = None
        self._stack.close()

    def reset(self) -> None:
        """Forget what was followed. MediaPipe has no such call, so its landmarkers are opened anew."""
        if self._pose is not None:
            self.__exit__(None, None, None)
            self.__enter__()

    def track(self, frame: Frame) -> Tracking:
        """Return what is in the frame.

        Raises:
            RuntimeError: the tracker is not open.
        """
        if self._pose is None:
            raise RuntimeError("the tracker must be entered (`with`) before it tracks")
        import mediapipe

        height, width = frame.image.shape[:2]
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(frame.image))
        self._last_ms = max(self._last_ms + 1, frame.stamp.captured_ns // 1_000_000)  # must rise with every call
        size = (width, height)
        body = _body(self._pose.detect_for_video(image, self._last_ms), size)
        hands = [] if self._hands is None else _hands(self._hands.detect_for_video(image, self._last_ms), size)
        face = None if self._face is None else self._face_of(self._face.detect_for_video(image, self._last_ms), size)
        left, right = _slots(hands, body)
        return Tracking(
            stamp=frame.stamp, width_px=width, height_px=height, body=body, left_hand=left, right_hand=right, face=face
        )

    def _face_of(self, result: Any, size: tuple[int, int]) -> FaceTracking | None:
        if not result.face_landmarks:
            return None
        assert self._canonical is not None
        coefficients = np.array([shape.score for shape in result.face_blendshapes[0]], dtype=np.float32)
        return face_tracking(
            _pixels(result.face_landmarks[0], size),
            expression_from_coefficients(coefficients),
            score=1.0,  # MediaPipe tells no score of a face that it found
            canonical=self._canonical,
            width_px=size[0],
            height_px=size[1],
        )


def _pixels(landmarks: Any, size: tuple[int, int]) -> FloatArray:
    """Return (N, 3) pixels of normalised landmarks, whose z is in the scale of x."""
    points = np.array([(point.x, point.y, point.z) for point in landmarks], dtype=np.float32)
    return points * np.array([size[0], size[1], size[0]], dtype=np.float32)


def _metres(landmarks: Any) -> FloatArray:
    return np.array([(point.x, point.y, point.z) for point in landmarks], dtype=np.float32)


def _body(result: Any, size: tuple[int, int]) -> BodyTracking | None:
    if not result.pose_landmarks:
        return None
    landmarks = result.pose_landmarks[0]
    visibility = np.array([point.visibility for point in landmarks], dtype=np.float32)
    presence = np.array([point.presence for point in landmarks], dtype=np.float32)
    return BodyTracking(
        keypoints_px=_pixels(landmarks, size),
        world_m=_metres(result.pose_world_landmarks[0]),
        visibility=visibility,
        presence=presence,
        score=float(presence.mean()),
    )


def _hands(result: Any, size: tuple[int, int]) -> list[HandTracking]:
    hands = []
    for landmarks, world, handedness in zip(result.hand_landmarks, result.hand_world_landmarks, result.handedness, strict=True):
        best = handedness[0]
        right = best.score if best.category_name == "Right" else 1.0 - best.score  # since 1.0 the person's own side
        hands.append(
            HandTracking(
                keypoints_px=_pixels(landmarks, size), world_m=_metres(world), score=best.score, right_probability=right
            )
        )
    return hands


def _slots(hands: list[HandTracking], body: BodyTracking | None) -> tuple[HandTracking | None, HandTracking | None]:
    """Return the left and the right hand: by the body's nearer wrist where there is a body, else by handedness."""
    order = sorted(hands, key=lambda hand: _rightness(hand, body))
    if len(order) >= 2:
        return order[0], order[-1]
    if not order:
        return None, None
    return (None, order[0]) if _rightness(order[0], body) > 0 else (order[0], None)


def _rightness(hand: HandTracking, body: BodyTracking | None) -> float:
    """Return a number above 0 for a right hand."""
    if body is None:
        return hand.right_probability - 0.5
    wrists = {side: body.keypoints_px[BODY_INDEX[f"{side}_wrist"], :2] for side in ("left", "right")}
    gaps = {side: float(np.hypot(*(hand.keypoints_px[0, :2] - wrist))) for side, wrist in wrists.items()}
    return gaps["left"] - gaps["right"]


def _options(mediapipe: ModuleType, content: bytes) -> Any:
    return mediapipe.tasks.BaseOptions(model_asset_buffer=content)


def _pose_landmarker(mediapipe: ModuleType, vision: Any, body_model: str) -> Any:
    lite = path_of("pose_landmarker_lite").read_bytes()
    asset, member = MODELS[body_model]
    content = lite if member is not None else pose_bundle(lite, path_of(asset).read_bytes())
    return vision.PoseLandmarker.create_from_options(
        vision.PoseLandmarkerOptions(base_options=_options(mediapipe, content), running_mode=vision.RunningMode.VIDEO)
    )


def _hand_landmarker(mediapipe: ModuleType, vision: Any) -> Any:
    content = path_of("hand_landmarker").read_bytes()
    return vision.HandLandmarker.create_from_options(
        vision.HandLandmarkerOptions(
            base_options=_options(mediapipe, content), running_mode=vision.RunningMode.VIDEO, num_hands=2
        )
    )


def _face_landmarker(mediapipe: ModuleType, vision: Any) -> Any:
    content = path_of("face_landmarker").read_bytes()
    return vision.FaceLandmarker.create_from_options(
        vision.FaceLandmarkerOptions(
            base_options=_options(mediapipe, content), running_mode=vision.RunningMode.VIDEO, output_face_blendshapes=True
        )
    )


def pose_bundle(lite_bundle: bytes, landmarks: bytes) -> bytes:
    """Return a pose bundle of the lite bundle's detector and other landmarks.

    A bare `.tflite` lacks the metadata that Tasks ask for; in- and outputs are the lite model's, so its metadata fit.
    """
    with zipfile.ZipFile(io.BytesIO(lite_bundle)) as bundle:
        detector, lite = bundle.read(_DETECTOR), bundle.read(_LANDMARKS)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as bundle:
        bundle.writestr(_DETECTOR, detector)
        bundle.writestr(_LANDMARKS, with_metadata_of(lite, landmarks))
    return out.getvalue()


def with_metadata_of(donor: bytes, model: bytes) -> bytes:
    """Return the `.tflite` model with the donor's metadata buffer in it."""
    giving, taking = unpacked(donor), unpacked(model)
    entry = next(entry for entry in giving.metadata if entry.name == _METADATA)
    taking.buffers.append(giving.buffers[entry.buffer])
    entry.buffer = len(taking.buffers) - 1
    taking.metadata = [kept for kept in taking.metadata or [] if kept.name != _METADATA] + [entry]
    return packed(taking, about_bytes=len(model) + 4096)
