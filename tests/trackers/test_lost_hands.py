"""Whom a lost hand is asked of, look by look."""

import pytest

from trackers.lost_hands import LostHands


def turns(lost: LostHands, *, every: int, count: int) -> list[str]:
    """Look in vain for the right hand so many times; return who is asked in each: b for the body, p for the palm detector."""
    told = []
    for _ in range(count):
        body, palm = lost.is_start or lost.is_body_due("right", every=every), lost.is_palm_due("right", every=every)
        told.append("b" * body + "p" * palm)
        lost.note("right", is_found=False)
        lost.end_look()
    return told


@pytest.mark.parametrize(
    ("every", "wanted"),
    [(2, ["bp", "bp", "b", "p", "b", "p", "b"]), (6, ["bp", "bp", "", "", "", "", "b", "p", "", "", "", "", "b"])],
)
def test_both_are_asked_in_the_first_two_looks_and_then_in_turn(every: int, wanted: list[str]) -> None:
    assert turns(LostHands(), every=every, count=len(wanted)) == wanted


def test_a_hand_just_lost_is_asked_of_the_body_and_then_searched_for() -> None:
    lost = LostHands()
    turns(lost, every=2, count=5)
    lost.note("right", is_found=True)
    assert turns(lost, every=2, count=4) == ["b", "p", "b", "p"]


def test_the_other_hand_has_turns_of_its_own() -> None:
    lost = LostHands()
    turns(lost, every=2, count=4)
    lost.note("left", is_found=False)
    assert [lost.is_palm_due(side, every=2) for side in ("left", "right")] == [True, False]


def test_another_scene_begins_anew() -> None:
    lost = LostHands()
    turns(lost, every=2, count=4)
    lost.reset()
    assert turns(lost, every=2, count=3) == ["bp", "bp", "b"]
