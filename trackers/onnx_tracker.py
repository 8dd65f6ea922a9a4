"""The whole-body engine: one ONNX model of 17 or 133 points on the person that our detector finds, or that it found before.

Owns what becomes of one frame. As with our own engine `body_follower` says who is followed and where they are looked for, and
`presence` whether they are still there: the network's own score says little. A picture model knows no depth: `keypoint_lift`
turns its points into a `Tracking`. Knows nothing of execution providers.
"""

from types import TracebackType
from typing import Self

from trackers import presence
from trackers.body_follower import BodyFollower
from trackers.contract import EngineInfo, TrackerSettings
from trackers.detector import PERSON, Detector
from trackers.errors import UserError
from trackers.interpreter import open_session
from trackers.keypoint_lift import lift
from trackers.keypoint_sets import Points, empty, points_from_coco
from trackers.onnx_body import OnnxBody
from trackers.onnx_model import POINTS, OnnxModel
from trackers.scene import is_another_scene
from trackers.types import Frame, Tracking

_ONLY = "the network"


class OnnxTracker:
    """RTMPose, RTMW, DWPose and their like. Keeps the contract of `Tracker`."""

    def __init__(self, settings: TrackerSettings) -> None:
        if settings.model is None:
            raise UserError("tracker onnx needs a model; name one with --model FILE.onnx (RTMPose, RTMW or DWPose)")
        self._settings = settings
        self._path = settings.model
        self._body: OnnxBody | None = None
        self._follower: BodyFollower | None = None
        self._judge = presence.PresenceJudge()
        self._latest: Tracking | None = None
        self._info = EngineInfo("onnx", "ONNX Runtime", "not started")

    @property
    def info(self) -> EngineInfo:
        """What runs, and why."""
        return self._info

    def __enter__(self) -> Self:
        model = OnnxModel(self._path, threads=self._settings.threads)
        detector = Detector(PERSON, open_session(PERSON.asset, member=PERSON.member, threads=self._settings.threads))
        self._body = OnnxBody(model)
        self._follower = BodyFollower(
            {_ONLY: self._body}, detector, policy=self._settings.person, region_of=self._body.region_of
        )
        width, height = model.size_px
        what = f"{self._path.name}, {model.count} points ({POINTS[model.count]}) at {width}x{height}"
        self._info = EngineInfo(
            engine="onnx",
            provider=f"ONNX Runtime {model.provider.name}",
            reason=f"{what}; {model.provider.reason}",
        )
        self.reset()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._body = self._follower = None

    def reset(self) -> None:
        """Forget who was followed: the next frame is from another scene."""
        self._judge.reset()
        self._latest = None
        if self._follower is not None:
            self._follower.reset()

    def track(self, frame: Frame) -> Tracking:
        """Return what is in the frame.

        Raises:
            RuntimeError: the tracker is not open.
        """
        if self._body is None or self._follower is None:
            raise RuntimeError("the tracker must be entered (`with`) before it tracks")
        if is_another_scene(frame, self._latest):
            self.reset()
        points = points_from_coco(empty(17))
        if self._is_there(self._follower, frame):
            points = self._wanted(self._body.points)
        height, width = frame.image.shape[:2]
        self._latest = lift(points, stamp=frame.stamp, width_px=width, height_px=height)
        return self._latest

    def _is_there(self, follower: BodyFollower, frame: Frame) -> bool:
        """Look at the person who is followed, and tell whether they are there by more than the network's word.

        Its hands and face are no witnesses: they are the same network's. So the detector is asked, as for a body without them.
        """
        image = frame.image
        height, width = image.shape[:2]
        body = follower.look(image, model=_ONLY, time_ns=frame.stamp.captured_ns)
        if (
            body is not None
            and presence.is_sane(body, width_px=width, height_px=height)
            and self._judge.is_still_there(witnessed=False, detect=lambda: follower.detect(image) is not None)
        ):
            return True
        follower.lose()
        self._judge.reset()
        return False

    def _wanted(self, points: Points) -> Points:
        """Return the points without the parts that nobody asked for."""
        hands, face = self._settings.hands, self._settings.face
        return Points(
            body=points.body,
            left_hand=points.left_hand if hands else empty(21),
            right_hand=points.right_hand if hands else empty(21),
            face=points.face if face else empty(70),
        )
