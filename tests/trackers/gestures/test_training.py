"""Learning gestures from takes: of one person, tried on others."""

import numpy as np
import pytest
from made_takes import ONE_OUT, REST, SALUTE, SHORT, TALL, Take, hand_held, held, look, other_hand, swung_up, waving
from people import Build

from trackers.errors import UserError
from trackers.gestures.recogniser import GestureRecogniser
from trackers.gestures.trained import ENTER, TrainedDetector, TrainedSet
from trackers.gestures.training import Lesson, ordinary_of, train

OTHER_HANDS = ("5", "1", "2", "3", "Horns", "Power_Fist", "Super", "Dislike", "Phone")


def takes_of(pose: object, build: Build = SHORT) -> tuple[Take, ...]:
    return tuple(held(pose, build=build, seed=seed) for seed in range(3))  # type: ignore[arg-type]


def share(trained: TrainedSet, take: Take, name: str) -> float:
    """Return in which share of a take's frames a gesture is made."""
    detector = TrainedDetector(trained)
    readings = [detector.push(look(tracking)).get(name) for tracking in take]
    return float(np.mean([reading is not None and reading.confidence >= ENTER for reading in readings]))


def fires(trained: TrainedSet, take: Take) -> list[str]:
    """Return what the recogniser tells of a take."""
    recogniser = GestureRecogniser([TrainedDetector(trained)], trained.specs, settle_s=0.0)
    return [gesture.name for tracking in take for gesture in recogniser.push(tracking) if gesture.phase == "start"]


def test_a_pose_of_one_person_is_known_of_others() -> None:
    """Three takes of a short person; a tall one makes it too, and nobody who does something else does."""
    trained = train([Lesson("salute", takes_of(SALUTE))], background=[held(REST, seconds=6)])
    assert trained.gestures[0].kind == "pose"
    assert trained.gestures[0].parts == ("body",)
    assert share(trained, held(SALUTE, build=TALL, seed=9), "salute") > 0.95
    assert share(trained, held(SALUTE, build=SHORT, seed=8), "salute") > 0.95
    for other in (REST, ONE_OUT):
        assert share(trained, held(other, build=SHORT, seed=7), "salute") == 0.0


def test_a_real_hand_is_told_from_other_real_hands() -> None:
    """Learnt from one recording's right hand; the left hand of another recording is known by it, mirrored."""
    trained = train([Lesson("fine", tuple(hand_held("Ok", "right", seed=seed) for seed in range(3)))])
    assert trained.gestures[0].parts == ("right_hand",)
    assert share(trained, other_hand(hand_held("Ok", "left", seed=5)), "fine") > 0.9
    for name in OTHER_HANDS:
        assert share(trained, hand_held(name, "right", seed=6), "fine") == 0.0, name


def test_of_two_trained_gestures_the_nearer_is_meant() -> None:
    """Where both would do, the one that was shown more alike fires alone."""
    lessons = [
        Lesson(f"my_{name}".lower(), tuple(hand_held(name, "right", seed=s) for s in range(3))) for name in ("5", "4", "Ok")
    ]
    trained = train(lessons)
    for lesson, name in zip(lessons, ("5", "4", "Ok"), strict=True):
        take = hand_held(name, "right", seed=11)
        assert set(fires(trained, take)) == {lesson.name}


def test_what_is_ordinary_is_none() -> None:
    """A gesture that is as ordinary behaviour is, never fires there."""
    trained = train([Lesson("rest", takes_of(REST))], background=[held(REST, build=TALL, seconds=6)])
    assert fires(trained, held(REST, build=TALL, seed=3)) == []


def test_a_motion_is_found_to_be_one_and_known_at_another_pace() -> None:
    """Waving: learnt at one beat a second, known at 1.2 of another person; held still it is not."""
    lesson = Lesson("hello", tuple(waving(build=SHORT, seed=seed) for seed in range(3)))
    trained = train([lesson], background=[held(REST, seconds=8)])
    assert trained.gestures[0].kind == "motion"
    assert fires(trained, waving(pace=1.2, build=TALL, seed=7, seconds=4.0))[:1] == ["hello"]
    assert fires(trained, held(REST, seconds=4.0)) == []
    assert fires(trained, held(SALUTE, seconds=4.0)) == []


def test_a_motion_made_once_fires_at_its_end() -> None:
    """An arm that swings up: the still ends of the takes are cut off, and it is told when the arm arrives."""
    trained = train([Lesson("up", tuple(swung_up(build=SHORT, seed=s) for s in range(3)))], background=[held(REST, seconds=8)])
    assert trained.gestures[0].kind == "motion"
    assert trained.gestures[0].length_s == pytest.approx(1.2, abs=0.35)
    recogniser = GestureRecogniser([TrainedDetector(trained)], trained.specs, settle_s=0.0)
    take = swung_up(length_s=1.15, build=TALL, seed=5)
    begun = [g.stamp.captured_ns for t in take for g in recogniser.push(t) if g.phase == "start"]
    assert len(begun) == 1
    assert 1.0 < (begun[0] - take[0].stamp.captured_ns) / 1e9 < 2.0


def test_what_it_is_about_can_be_said() -> None:
    """`about` and `kind` win over what would be found out."""
    takes = tuple(hand_held("Horns", "right", seed=seed) for seed in range(2))
    assert train([Lesson("rock", takes, about="right_hand", kind="pose")]).gestures[0].parts == ("right_hand",)
    assert train([Lesson("hello", (waving(),), kind="pose")]).gestures[0].kind == "pose"


def test_background_can_be_prepared_once() -> None:
    """`ordinary_of` gives what `train` would make of the same takes."""
    background = [held(REST, seconds=4)]
    lesson = Lesson("salute", takes_of(SALUTE))
    plain, prepared = train([lesson], background=background), train([lesson], background=ordinary_of(background))
    assert plain.gestures[0].models[0].limit == prepared.gestures[0].models[0].limit


@pytest.mark.parametrize(
    ("lesson", "sentence"),
    [
        (Lesson("x", ((),)), "x cannot be learnt: none of its takes holds anything; record it again"),
        (
            Lesson("x", (held(SALUTE),), about="hands"),
            "x cannot be learnt: no left hand was seen in most of its takes; record it again",
        ),
        (
            Lesson("x", (tuple(t for t in hand_held("5", "left")),), about="body"),
            "x cannot be learnt: no body was seen in most of its takes; record it again",
        ),
        (
            Lesson("x", tuple(held(SALUTE, seconds=0.3) for _ in range(2)), kind="motion"),
            "x cannot be learnt as a motion: nothing moves in its takes; train it with --kind pose or record it again",
        ),
    ],
)
def test_what_cannot_be_learnt_is_one_sentence(lesson: Lesson, sentence: str) -> None:
    """The wording."""
    with pytest.raises(UserError) as error:
        train([lesson])
    assert str(error.value) == sentence
