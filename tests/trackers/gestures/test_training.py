"""Learning gestures from takes: of one person, tried on others."""

from dataclasses import replace

import numpy as np
import pytest
from hand_examples import heart_hands
from made_takes import (
    ONE_OUT,
    REST,
    SALUTE,
    SHORT,
    SQUAT,
    TALL,
    Take,
    hand_held,
    held,
    look,
    other_hand,
    swung_up,
    waving,
    with_hand,
)
from people import FAR, Build, Pose, face_of

from trackers.errors import UserError
from trackers.gestures.recogniser import GestureRecogniser
from trackers.gestures.trained import ENTER, TrainedDetector, TrainedSet
from trackers.gestures.training import Lesson, ordinary_of, train
from trackers.skeleton import BODY_INDEX

OTHER_HANDS = ("5", "1", "2", "3", "Horns", "Power_Fist", "Super", "Dislike", "Phone")

ALL_BUT_SHOULDERS = tuple(name for name in BODY_INDEX if "shoulder" not in name)


def resting(take: Take, *, every: int) -> Take:
    """The take of a busy computer: the body is looked at in every so many frames only."""
    body = frozenset({"body"})
    return tuple(one if number % every == 0 else replace(one, predicted=body) for number, one in enumerate(take))


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


def with_face(take: Take, **expression: float) -> Take:
    """Return a take with a face in it."""
    body = held(REST, seconds=0.1)[0].body
    assert body is not None
    face = face_of(Pose(), body, expression=expression)
    return tuple(replace(tracking, face=face) for tracking in take)


def test_a_hand_comes_before_a_face_that_is_always_unlike_the_ordinary_one() -> None:
    """As one that is not calibrated is: the gesture is made by the hand. The face counts if it is clearer by far."""
    own = {"browDownLeft": 0.4, "browDownRight": 0.4, "mouthFrownLeft": 0.4, "mouthFrownRight": 0.4, "jawOpen": 0.3}
    grimace = {name: 2 * value for name, value in own.items()}
    ordinary = ordinary_of([with_face((*held(REST, seconds=6), *hand_held("5", "right", seconds=4)))])
    for hand, face, part in (("Horns", own, "right_hand"), ("5", own, "face"), ("Horns", grimace, "face")):
        takes = tuple(with_face(hand_held(hand, "right", seed=seed), **face) for seed in range(3))
        assert train([Lesson("mine", takes)], background=ordinary).gestures[0].parts == (part,)
    takes = tuple(with_face(hand_held("Horns", "right", seed=seed), **own) for seed in range(3))
    assert train([Lesson("mine", takes, about="face")], background=ordinary).gestures[0].parts == ("face",)


def standing_takes(pose: Pose) -> tuple[Take, ...]:
    return tuple(held(pose, build=SHORT, seed=seed, camera=FAR) for seed in range(3))


def test_legs_count_where_they_are_seen() -> None:
    """A squat with hanging arms: told of another person, not of who stands, and never where the legs are not seen."""
    trained = train([Lesson("squat", standing_takes(SQUAT))], background=[held(REST, seconds=6)])
    assert trained.gestures[0].models[0].columns[12:24].all()
    assert share(trained, held(SQUAT, build=TALL, seed=9, camera=FAR), "squat") > 0.95
    assert share(trained, held(REST, build=TALL, seed=9, camera=FAR), "squat") == 0.0
    assert share(trained, held(SQUAT, seed=9), "squat") == 0.0
    for hidden in ("left_knee", "right_ankle", "left_hip"):
        assert share(trained, held(SQUAT, seed=9, camera=FAR, hidden=(hidden,)), "squat") == 0.0


def test_a_gesture_ends_when_the_legs_that_it_needs_are_gone() -> None:
    """Who squats and comes so near that the legs leave the picture does not squat for ever."""
    trained = train([Lesson("squat", standing_takes(SQUAT))], background=[held(REST, seconds=6)])
    recogniser = GestureRecogniser([TrainedDetector(trained)], trained.specs, settle_s=0.0)
    take = (*held(SQUAT, seconds=1.0, camera=FAR), *held(SQUAT, seconds=1.0, start_s=1.0))
    phases = [gesture.phase for tracking in take for gesture in recogniser.push(tracking) if gesture.phase != "hold"]
    assert phases == ["start", "end"]


def test_legs_that_just_stand_count_only_if_nothing_else_tells() -> None:
    """An arm that is taught standing is known at the desk; just to stand is known by the legs, and of nobody at a desk."""
    lessons = [Lesson("arm", standing_takes(ONE_OUT)), Lesson("stand", standing_takes(REST))]
    trained = train(lessons, background=[held(REST, seconds=6)])
    assert share(trained, held(ONE_OUT, build=TALL, seed=5), "arm") > 0.95
    assert share(trained, held(ONE_OUT, build=TALL, seed=5, camera=FAR), "arm") > 0.95
    assert share(trained, held(REST, build=TALL, seed=5, camera=FAR), "stand") > 0.95
    assert share(trained, held(SQUAT, build=TALL, seed=5, camera=FAR), "stand") == 0.0
    assert share(trained, held(REST, build=TALL, seed=5), "stand") == 0.0


def test_a_pose_in_profile_is_known_from_the_other_side() -> None:
    """Unless that is another gesture: then each is only what was shown."""
    left, right = replace(SQUAT, turn_deg=80), replace(SQUAT, turn_deg=-80)
    background = [held(REST, seconds=6)]
    alone = train([Lesson("squat", standing_takes(left))], background=background)
    assert share(alone, held(right, build=TALL, seed=4, camera=FAR), "squat") > 0.9
    assert share(alone, held(replace(REST, turn_deg=-80), build=TALL, seed=4, camera=FAR), "squat") == 0.0
    both = train([Lesson("one", standing_takes(left)), Lesson("other", standing_takes(right))], background=background)
    assert fires(both, held(left, build=TALL, seed=4, camera=FAR)) == ["one"]
    assert fires(both, held(right, build=TALL, seed=4, camera=FAR)) == ["other"]


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


def test_two_hands_that_are_looked_at_in_turn_are_told() -> None:
    """As a busy computer looks at them: a gesture of both was learnt from such takes or others, and is known in them."""
    left, right = heart_hands()
    both = tuple(replace(one, right_hand=right) for one in (with_hand(left, "left", number) for number in range(60)))
    in_turn = tuple(
        replace(one, predicted=frozenset({"left_hand" if number % 2 else "right_hand"})) for number, one in enumerate(both)
    )
    trained = train([Lesson("love", (both,), about="hands")], background=[held(REST)])
    assert fires(trained, in_turn) == ["love"]


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


def test_a_motion_that_is_not_seen_is_not_told() -> None:
    """Who sits there with hidden wrists does not wave, nor does whoever waves out of sight go on."""
    trained = train([Lesson("hello", (waving(), waving(seed=1)), kind="motion")], background=[held(REST, seconds=5)])
    hidden = held(REST, seconds=4, start_s=2.4, hidden=("left_wrist", "right_wrist"))
    recogniser = GestureRecogniser((TrainedDetector(trained),), trained.specs)
    told = [one.phase for tracking in (*waving(seed=5), *hidden) for one in recogniser.push(tracking) if one.phase != "hold"]
    assert told == ["start", "end"]


def test_many_takes_of_a_motion_cost_no_more_than_three() -> None:
    """Each track that is kept costs time in every look."""
    lesson = Lesson("hello", tuple(waving(seed=seed) for seed in range(8)), kind="motion")
    assert len(train([lesson], background=[held(REST)]).gestures[0].models[0].examples) == 15


def test_a_part_that_teaches_nothing_is_left_out() -> None:
    """A body of which only the shoulders are seen, or that is hardly looked at, beside a hand that is: the hand is learnt."""
    hands = hand_held("Horns", "right")
    for bodies in (held(REST, hidden=ALL_BUT_SHOULDERS), resting(held(REST), every=20)):
        take = tuple(replace(hand, body=body.body, predicted=body.predicted) for hand, body in zip(hands, bodies, strict=True))
        assert train([Lesson("rock", (take, take), kind="pose")]).gestures[0].parts == ("right_hand",)


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
        (
            Lesson("x", (held(SALUTE), held(SALUTE, seed=1)), kind="motion"),
            "x cannot be learnt as a motion: nothing moves in its takes; train it with --kind pose or record it again",
        ),
        (
            Lesson("x", (held(REST, hidden=ALL_BUT_SHOULDERS),)),
            "x cannot be learnt: too little is seen for long enough in its takes; record longer ones",
        ),
        (
            Lesson("x", (resting(held(SALUTE, seconds=0.5), every=4),)),
            "x cannot be learnt: too little is seen for long enough in its takes; record longer ones",
        ),
    ],
)
def test_what_cannot_be_learnt_is_one_sentence(lesson: Lesson, sentence: str) -> None:
    """The wording."""
    with pytest.raises(UserError) as error:
        train([lesson])
    assert str(error.value) == sentence
