"""Gestures in the live program: settings laid over the built-in ones, calibration, the thread, failures."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from avatar.calibration import Calibration
from avatar.rig import BONE_NAMES
from avatar.types import RigPose
from stream.config import GesturesConfig, GestureTune
from stream.events import Event, EventLog
from stream.gestures.live import Gesturing, told_specs
from trackers.errors import UserError
from trackers.gestures.types import Gesture, GestureState, Look, Reading, Spec
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import FaceTracking, FloatArray, Stamp, Tracking

FIST = Spec("left_fist", "", ("left_hand",))
SMILE = Spec("my_smile", "", ("face",), hold_s=0.0)


class Smiles:
    """A detector of the test's own: how far the face smiles."""

    names = ("my_smile",)

    def __init__(self) -> None:
        self.fails = False

    def push(self, look: Look) -> Mapping[str, Reading]:
        if self.fails:
            raise RuntimeError("boom")
        face = look.tracking.face
        return {} if face is None else {"my_smile": Reading(float(face.expression[EXPRESSION_INDEX["mouthSmileLeft"]]))}

    def reset(self) -> None:
        pass


def tracking(seq: int) -> Tracking:
    face = FaceTracking(
        keypoints_px=np.zeros((478, 3), np.float32),
        camera_from_head=np.diag([1.0, -1.0, -1.0]).astype(np.float32),
        head_position_m=np.zeros(3, np.float32),
        gaze_rad=np.zeros(2, np.float32),
        expression=np.zeros(52, np.float32),
        score=1.0,
    )
    return Tracking(Stamp(seq, seq * 33_000_000), 640, 480, None, None, None, face)


def pose(seq: int, *, smile: float, side: str = "Left") -> RigPose:
    expression = np.zeros(52, np.float32)
    expression[EXPRESSION_INDEX[f"mouthSmile{side}"]] = smile
    rotations: FloatArray = np.zeros((len(BONE_NAMES), 4), np.float32)
    rotations[:, 3] = 1
    return RigPose(
        stamp=Stamp(seq, seq * 33_000_000),
        root_m=np.zeros(3, np.float32),
        rotations=rotations,
        confidence=np.ones(len(BONE_NAMES), np.float32),
        expression=expression,
        face_confidence=1.0,
    )


class Stage:
    """A `Gesturing` with one gesture, and what it told."""

    def __init__(self, *, is_live: bool = False, mirrored: bool = False, wanted: bool = True) -> None:
        self.events = EventLog()
        self.news: list[Event] = []
        self.events.listen(self.news.append)
        self.detector = Smiles()
        self.told: list[Gesture] = []
        self.gesturing = Gesturing(
            GesturesConfig(),
            trained=[(self.detector, (SMILE,))],
            calibration=Calibration,
            is_mirrored=lambda: mirrored,
            is_wanted=lambda: wanted,
            events=self.events,
            is_live=is_live,
        )
        self.gesturing.listen("the test", self._hear)

    def _hear(self, _look: Look | None, gestures: tuple[Gesture, ...], _states: Mapping[str, GestureState]) -> None:
        self.told += [gesture for gesture in gestures if gesture.name == "my_smile"]

    def phases(self) -> list[str]:
        return [gesture.phase for gesture in self.told]


def test_gestures_are_judged_by_the_calibrated_face() -> None:
    """What the avatar's face does counts, not what the model says of the face."""
    stage = Stage()
    for seq in range(8):
        stage.gesturing(tracking(seq), pose(seq, smile=1.0))
    assert [gesture.phase for gesture in stage.told] == ["start"]


def test_mirroring_the_avatar_does_not_mirror_gestures() -> None:
    """Left stays the person's own left, however the avatar is shown."""
    stage = Stage(mirrored=True)
    for seq in range(8):
        stage.gesturing(tracking(seq), pose(seq, smile=1.0, side="Right"))
    assert [gesture.phase for gesture in stage.told] == ["start"]


def test_nothing_is_done_when_nobody_wants_gestures() -> None:
    """Without rules and without a panel that shows them, gestures cost nothing."""
    stage = Stage(wanted=False)
    for seq in range(8):
        stage.gesturing(tracking(seq), pose(seq, smile=1.0))
    assert stage.told == []


def wait(until: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 60
    while not until() and time.monotonic() < deadline_s:
        time.sleep(0.02)


def feed(stage: Stage, *, until: Callable[[], bool], since: int = 0) -> None:
    """Smile at it as a camera would, for as long as need be: a thread that is late leaves looks out."""
    for seq in range(since, since + 500):
        if until():
            return
        stamp = Stamp(seq, time.perf_counter_ns())
        stage.gesturing(replace(tracking(seq), stamp=stamp), replace(pose(seq, smile=1.0), stamp=stamp))
        time.sleep(0.02)


def test_live_they_are_recognised_in_a_thread_of_their_own() -> None:
    """Perception only leaves a tracking; when no more come, what was being made ends by itself."""
    stage = Stage(is_live=True)
    with stage.gesturing:
        feed(stage, until=lambda: "start" in stage.phases())
        wait(lambda: "end" in stage.phases())
    phases = [phase for phase in stage.phases() if phase != "hold"]
    assert phases == ["start", "end"] * (len(phases) // 2)  # a computer that stands still makes two of one
    assert phases != []


def test_a_failure_is_told_once_and_gestures_go_on() -> None:
    """A detector that raises is no reason to stop a stream."""
    stage = Stage()
    stage.detector.fails = True
    for seq in range(3):
        stage.gesturing(tracking(seq), pose(seq, smile=1.0))
    stage.detector.fails = False
    for seq in range(3, 12):
        stage.gesturing(tracking(seq), pose(seq, smile=1.0))
    stage.events.deliver()
    assert [event.text for event in stage.news] == ["recognising gestures failed (boom); trying again"]
    assert [gesture.phase for gesture in stage.told] == ["start"]


def test_what_was_being_made_ends_when_recognising_fails() -> None:
    """Each start has its end, and it begins again once recognising works."""
    stage = Stage()
    for seq in range(30):
        stage.detector.fails = 10 <= seq < 12
        stage.gesturing(tracking(seq), pose(seq, smile=1.0))
    assert [one.phase for one in stage.told if one.phase != "hold"] == ["start", "end", "start"]


def test_nothing_ends_the_thread() -> None:
    """A listener that raises also at the end that nobody sees: later looks are still taken."""
    stage = Stage(is_live=True)

    def deaf(look: Look | None, _gestures: tuple[Gesture, ...], _states: Mapping[str, GestureState]) -> None:
        raise RuntimeError("deaf at the end" if look is None else "deaf")

    stage.gesturing.listen("the deaf", deaf)
    with stage.gesturing:
        feed(stage, until=lambda: "start" in stage.phases())
        wait(lambda: "end" in stage.phases())
        feed(stage, until=lambda: stage.phases().count("start") >= 2, since=1000)
    assert stage.phases().count("start") >= 2


def test_a_listener_that_fails_is_told_once_and_harms_nobody() -> None:
    """Neither the recogniser forgets what is being made, nor do later listeners hear less."""
    stage = Stage()
    heard: list[str] = []

    def deaf(_look: Look | None, _gestures: tuple[Gesture, ...], _states: Mapping[str, GestureState]) -> None:
        raise RuntimeError("boom")

    stage.gesturing.listen("the deaf", deaf)
    stage.gesturing.listen("the last", lambda look, gestures, states: heard.extend(one.phase for one in gestures))
    for seq in range(30):
        stage.gesturing(tracking(seq), pose(seq, smile=1.0 if seq < 15 else 0.0))
    stage.events.deliver()
    assert [event.text for event in stage.news] == [
        "the deaf could not take what gestures were made (boom); trying again with each"
    ]
    assert [phase for phase in heard if phase != "hold"] == ["start", "end"]
    assert [phase for phase in stage.phases() if phase != "hold"] == ["start", "end"]


def test_settings_tune_and_silence_gestures() -> None:
    """A family means both sides; what is off is not told."""
    other = replace(FIST, name="right_fist")
    config = GesturesConfig(off=("right_fist",), tune={"fist": GestureTune(hold_s=1.0)})
    assert told_specs((FIST, other), config) == (replace(FIST, hold_s=1.0),)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            GesturesConfig(off=("left_fst",)),
            "gestures.off names the gesture 'left_fst', which is not known; did you mean left_fist or fist?",
        ),
        (
            GesturesConfig(tune={"left_fist": GestureTune(leave=0.9)}),
            "gestures.tune.left_fist has leave 0.9 above enter 0.7; a gesture must end at a lower confidence than it begins",
        ),
    ],
)
def test_words_for_wrong_settings(config: GesturesConfig, words: str) -> None:
    """One sentence with the near matches."""
    with pytest.raises(Exception) as raised:
        told_specs((FIST,), config)
    assert str(raised.value).startswith(words[:60])
    assert str(raised.value) == words


class Counts(Smiles):
    """As `Smiles`, of a gesture of another name, and says yes always."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.names = (name,)  # type: ignore[assignment]

    def push(self, look: Look) -> Mapping[str, Reading]:
        return {self.names[0]: Reading(1.0)}


def test_what_is_learnt_meanwhile_tells_nothing_twice() -> None:
    """A training ends or a gesture is removed while others are made: only what is gone, or learnt otherwise, ends."""
    stage = Stage()
    told: list[tuple[int, str, str]] = []
    stage.gesturing.listen(
        "the test", lambda look, gestures, states: told.extend((one.stamp.seq, one.name, one.phase) for one in gestures)
    )
    spec = replace(SMILE, name="mine")
    surprise = dict.fromkeys(("browInnerUp", "browOuterUpLeft", "browOuterUpRight"), 0.9)

    def show(first: int, last: int) -> None:
        for seq in range(first, last):
            shown = pose(seq, smile=1.0)
            for name, value in surprise.items():
                shown.expression[EXPRESSION_INDEX[name]] = value
            stage.gesturing(tracking(seq), shown)

    stage.gesturing.know([(stage.detector, (SMILE,)), (Counts("mine"), (spec,))])
    show(0, 20)
    stage.gesturing.know([(Counts("my_smile"), (SMILE,)), (Counts("mine"), (spec,))])
    assert "mine" in stage.gesturing.names
    show(20, 40)
    stage.gesturing.know([(Counts("my_smile"), (SMILE,))])
    show(40, 60)
    stage.gesturing.know([(Counts("my_smile"), (replace(SMILE, about="learnt from 4 takes"),))])
    show(60, 80)
    stage.gesturing.know([(Counts("my_smile"), (replace(SMILE, parts=("body",)),))])
    show(80, 100)
    stage.events.deliver()
    assert stage.news == []
    changes = [one for one in told if one[2] != "hold"]
    assert [one[1:] for one in changes if one[1] == "brows_up"] == [("brows_up", "start")]
    assert [one for one in changes if one[1] == "mine"] == [(5, "mine", "start"), (39, "mine", "end")]
    assert [one for one in changes if one[1] == "my_smile"] == [
        (5, "my_smile", "start"),
        (79, "my_smile", "end"),
    ]
    assert stage.gesturing.parts_of(["my_smile", "left_fist"]) == {"body", "left_hand"}


def test_what_does_not_go_together_with_the_settings_is_said_at_once() -> None:
    """On the caller's thread, and what was known stays known."""
    events = EventLog()
    gesturing = Gesturing(
        GesturesConfig(off=("my_smile",)),
        trained=[(Smiles(), (SMILE,))],
        calibration=Calibration,
        is_mirrored=lambda: False,
        is_wanted=lambda: True,
        events=events,
        is_live=False,
    )
    with pytest.raises(UserError, match="gestures.off names the gesture 'my_smile', which is not known"):
        gesturing.know(())
    assert "left_fist" in gesturing.names
