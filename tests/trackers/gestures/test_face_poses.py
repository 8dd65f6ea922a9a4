"""Poses of the face: winks that are held, no blinks; mouth, smile and brows against the person's own rest."""

from collections.abc import Callable, Iterator, Mapping

import pytest
from people import Pose, look_at

from trackers.engine import TrackerSettings, open_tracker
from trackers.gestures.face_poses import SPECS, FacePoses
from trackers.gestures.recogniser import GestureRecogniser
from trackers.gestures.types import Look
from trackers.types import Frame

HZ = 30
Face = Mapping[str, float]


def starts(faces: list[Face], *, yaw_deg: float = 0.0, hz: int = HZ) -> list[str]:
    """Return what is told to start while one face after another is shown, `hz` a second, after a second of rest."""
    recogniser = GestureRecogniser([FacePoses()], SPECS)
    told = []
    for index, face in enumerate([{}] * hz + faces):
        look = look_at(Pose(head_yaw_deg=yaw_deg), time_s=index / hz, expression=face)
        told += [gesture.name for gesture in recogniser.push(look.tracking) if gesture.phase == "start"]
    return told


def lids(left: float, right: float) -> Face:
    return {"eyeBlinkLeft": left, "eyeBlinkRight": right}


def test_names_and_specs_agree() -> None:
    """Each is judged by the face, and the one that our tracker cannot give says so."""
    assert FacePoses().names == tuple(spec.name for spec in SPECS)
    assert all(spec.parts == ("face",) for spec in SPECS)
    assert "tongueOut" in next(spec.about for spec in SPECS if spec.name == "tongue_out")


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_held_wink_is_told_once(side: str) -> None:
    """One eye shut for half a second, the other squinting a little, as eyes do."""
    wink = lids(0.85, 0.3) if side == "left" else lids(0.3, 0.85)
    assert starts([wink] * 15 + [{}] * 10) == [f"wink_{side}"]


@pytest.mark.parametrize(
    "blink",
    [
        [lids(0.9, 0.9)] * 6,
        [lids(0.9, 0.9)] * 60,
        [lids(0.8, 0.3)] * 2 + [lids(0.9, 0.9)] * 4 + [lids(0.8, 0.2)] * 5,
        [lids(0.7, 0.25)] * 5,
        [lids(0.6, 0.3)] * 30,
    ],
    ids=["short", "eyes shut", "one lid late", "one-sided but short", "a droopy lid"],
)
def test_blinks_are_no_winks(blink: list[Face]) -> None:
    """Neither both eyes nor one that opens late, nor a difference that people have at rest."""
    assert starts(blink + [{}] * 15) == []


def test_a_person_whose_eyes_differ_can_wink_with_both() -> None:
    """The rest is learnt: one lid that always hangs by 0.2 neither winks nor hinders a wink."""
    rest = [lids(0.35, 0.15)] * 100
    assert starts(rest, hz=10) == []
    assert starts([*rest, *[lids(0.9, 0.3)] * 5], hz=10) == ["wink_left"]
    assert starts([*rest, *[lids(0.45, 0.85)] * 5], hz=10) == ["wink_right"]


def test_a_turned_head_does_not_wink() -> None:
    """From the side the far eye cannot be judged."""
    assert starts([lids(0.9, 0.2)] * 15, yaw_deg=40) == []


@pytest.mark.parametrize(
    ("face", "name"),
    [
        ({"jawOpen": 0.7}, "mouth_open"),
        ({"mouthSmileLeft": 0.8, "mouthSmileRight": 0.7}, "smile"),
        ({"browInnerUp": 0.8, "browOuterUpLeft": 0.6, "browOuterUpRight": 0.6}, "brows_up"),
        ({"tongueOut": 0.9}, "tongue_out"),
    ],
)
def test_each_is_told_alone(face: Face, name: str) -> None:
    """Made for two thirds of a second."""
    assert starts([face] * 20) == [name]


@pytest.mark.parametrize("face", [{"jawOpen": 0.35}, {"mouthSmileLeft": 0.45, "mouthSmileRight": 0.5}, {"browInnerUp": 0.4}])
def test_talking_and_friendly_faces_are_no_poses(face: Face) -> None:
    """What faces do by themselves."""
    assert starts([face] * 40) == []


def test_brows_that_sit_high_are_no_gesture() -> None:
    """A face whose coefficients are high at rest is told once at most, and then has to lift them further."""
    high = {"browInnerUp": 0.5, "browOuterUpLeft": 0.4, "browOuterUpRight": 0.4}
    higher = {"browInnerUp": 0.95, "browOuterUpLeft": 0.8, "browOuterUpRight": 0.8}
    slowly = [{name: value * min(1.0, index / 100) for name, value in high.items()} for index in range(300)]
    assert starts(slowly, hz=10) == []
    assert starts([*slowly, *[higher] * 5], hz=10) == ["brows_up"]


def test_reset_forgets_the_rest() -> None:
    """After it, the old person's lids say nothing of the new one's."""
    poses = FacePoses()
    for index in range(100):
        poses.push(look_at(Pose(), time_s=index / 5, expression=lids(0.3, 0.1)))
    poses.reset()
    look = look_at(Pose(), time_s=60.0, expression=lids(0.55, 0.2))
    assert poses.push(look)["wink_left"] == FacePoses().push(look)["wink_left"]


def test_no_face_no_reading() -> None:
    """Without a face nothing is judged."""
    assert FacePoses().push(look_at(Pose())) == {}


@pytest.mark.needs_data
def test_the_portrait_smiles_and_signing_is_no_wink(
    models: None, read_picture: Callable[[str], Frame], read_clip: Callable[..., Iterator[Frame]]
) -> None:
    """A broad smile is told; a signer whose eyes differ, look down and blink winks nowhere in the clip."""
    with open_tracker(TrackerSettings()) as tracker:
        portrait = tracker.track(read_picture("face/portrait.jpg"))
        tracker.reset()
        recogniser = GestureRecogniser([FacePoses()], SPECS)
        told = [
            gesture.name for frame in read_clip("asl/thanks.mkv", step=3) for gesture in recogniser.push(tracker.track(frame))
        ]
    parts = frozenset({"body", "face"})
    readings = FacePoses().push(Look(portrait, parts, parts))
    assert {name for name, reading in readings.items() if reading.confidence >= 0.7} == {"smile"}
    assert told == []


def told_at(faces: list[tuple[float, Face]]) -> list[tuple[str, str, float]]:
    """Return what starts and ends when, of faces at times in seconds."""
    recogniser = GestureRecogniser([FacePoses()], SPECS)
    told = []
    for time_s, face in faces:
        for gesture in recogniser.push(look_at(Pose(), time_s=time_s, expression=face).tracking):
            told += [(gesture.name, gesture.phase, round(time_s, 1))] if gesture.phase != "hold" else []
    return told


UP = {"browInnerUp": 0.7, "browOuterUpLeft": 0.7, "browOuterUpRight": 0.7}


def test_brows_that_stay_up_stay_told() -> None:
    """Twelve seconds, and again soon after: that they are up is not taken for the rest."""
    faces = [(index / HZ, UP if 4 <= index / HZ < 16 or index / HZ >= 19 else {"browInnerUp": 0.1}) for index in range(22 * HZ)]
    assert told_at(faces) == [("brows_up", "start", 4.2), ("brows_up", "end", 16.1), ("brows_up", "start", 19.2)]


def test_after_a_gap_one_look_is_no_rest() -> None:
    """Lifted brows at the first look after it do not hide the next time, nor does one lid make a look down a wink."""
    before = [(index / HZ, {}) for index in range(60)]
    brows = [(20 + index / HZ, UP if index < 6 or 60 < index < 120 else {}) for index in range(200)]
    assert ("brows_up", "start", 22.2) in told_at([*before, *brows])
    down = lids(0.57, 0.25)
    looks_down = [
        (20 + index / HZ, lids(0.05, 0.35) if index < 7 else down if 60 < index < 100 else {}) for index in range(200)
    ]
    assert told_at([*before, *looks_down]) == []
