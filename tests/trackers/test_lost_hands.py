"""Whom a lost hand is asked of, look by look."""

from trackers.lost_hands import LostHands


def turns(lost: LostHands, *, count: int) -> list[str]:
    """Look in vain for the right hand so many times; return who is asked in each: b for the body, p for the palm detector."""
    told = []
    for _ in range(count):
        body, palm = lost.is_body_due("right", at_start=True), lost.is_palm_due("right")
        told.append("b" * body + "p" * palm)
        lost.note("right", is_found=False)
        lost.end_look()
    return told


def test_both_are_asked_in_the_first_two_looks_and_then_in_turn() -> None:
    assert turns(LostHands(), count=7) == ["bp", "bp", "b", "p", "b", "p", "b"]


def test_a_hand_just_lost_is_asked_of_the_body_and_then_searched_for() -> None:
    lost = LostHands()
    turns(lost, count=5)
    lost.note("right", is_found=True)
    assert turns(lost, count=4) == ["b", "p", "b", "p"]


def test_the_other_hand_has_turns_of_its_own() -> None:
    lost = LostHands()
    turns(lost, count=4)
    lost.note("left", is_found=False)
    assert [lost.is_palm_due(side) for side in ("left", "right")] == [True, False]


def test_another_scene_begins_anew() -> None:
    lost = LostHands()
    turns(lost, count=4)
    lost.reset()
    assert turns(lost, count=3) == ["bp", "bp", "b"]


def test_a_search_that_found_no_time_is_all_that_the_next_look_is_for() -> None:
    """Neither a scene's start nor the body's turn comes before it, and once palms were searched for, turns go on."""
    lost = LostHands()
    lost.put_off(["right"])
    lost.note("right", is_found=False)
    lost.end_look()
    assert not lost.is_body_due("right", at_start=True)
    assert lost.is_palm_due("right")
    lost.note_search(["right"])
    assert turns(lost, count=6) == ["bp", "b", "p", "b", "p", "b"]


def test_a_hand_that_was_found_meanwhile_is_searched_for_no_more() -> None:
    lost = LostHands()
    turns(lost, count=3)
    lost.put_off(["right", "left"])
    lost.note("right", is_found=True)
    assert [lost.is_palm_due(side) for side in ("right", "left")] == [False, True]
