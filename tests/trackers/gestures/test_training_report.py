"""What a training says of itself."""

from made_takes import ONE_OUT, REST, SALUTE, hand_held, held

from trackers.gestures.training import Lesson, ordinary_of, train
from trackers.gestures.training_report import TrainingReport, report


def judged(lessons: list[Lesson]) -> TrainingReport:
    ordinary = ordinary_of([held(REST, seconds=6)])
    return report(lessons, train(lessons, background=ordinary), ordinary=ordinary)


def test_two_gestures_that_do_not_meet() -> None:
    """Each is recognised in each take that it had not learnt from, and nothing else fires."""
    found = judged(
        [Lesson(name, tuple(held(pose, seed=s) for s in range(3))) for name, pose in (("a", SALUTE), ("b", ONE_OUT))]
    )
    assert [(row.recognised, row.tried, row.false_fires) for row in found.rows] == [(3, 3, 0), (3, 3, 0)]
    assert found.confusion["a"]["a"] == found.confusion["b"]["b"] == 3
    assert "b" not in found.confusion["a"]
    assert not [sentence for sentence in found.sentences if "taken for" in sentence]


def test_false_fires_are_counted_where_nothing_was_learnt_from() -> None:
    """Half of the ordinary behaviour by what the other half teaches: who salutes only in one half tells it in that one."""
    ordinary = ordinary_of([(*held(REST, seconds=4), *held(SALUTE, seed=9, seconds=4, start_s=4.1))])
    lessons = [Lesson("salute", tuple(held(SALUTE, seed=s) for s in range(3)))]
    [row] = report(lessons, train(lessons, background=ordinary), ordinary=ordinary).rows
    assert row.false_fires >= 1


def test_a_conflict_with_a_built_in_gesture_is_told() -> None:
    """A thumb up is already known by another name."""
    found = judged([Lesson("great", tuple(hand_held("Super", "right", seed=s) for s in range(2)))])
    assert found.confusion["great"]["right_thumb_up"] == 2
    assert (
        "great also makes the built-in right_thumb_up fire in 2 of 2 takes; do not use both in rules, "
        'or say while = ["not great"] in the rule of right_thumb_up'
    ) in found.sentences


def test_two_names_for_one_gesture_are_told() -> None:
    """The takes of one make the other fire: one sentence for each direction that happens."""
    takes = tuple(hand_held("Horns", "right", seed=s) for s in range(4))
    found = judged([Lesson("rock", takes[:2]), Lesson("metal", takes[2:])])
    assert [s for s in found.sentences if "is taken for" in s and s.endswith("make them less alike, or remove one of them")]


def test_takes_that_do_not_agree_are_told() -> None:
    """Of takes that show different things each is a stranger to the others."""
    found = judged([Lesson("x", (held(SALUTE), held(ONE_OUT), hand_held("5", "left")), about=None, kind="pose")])
    assert found.rows[0].recognised < 3
    assert found.sentences[0] == (
        f"x was recognised in only {found.rows[0].recognised} of 3 takes that it had not learnt from; "
        "make it more alike in each take, or record more takes of it"
    )


def test_a_single_take_cannot_be_judged() -> None:
    """It is said, not passed over."""
    found = judged([Lesson("salute", (held(SALUTE),))])
    assert found.rows[0].tried == 0
    assert "salute has one take, so nothing can be said of how well it is recognised; record two more" in found.sentences
