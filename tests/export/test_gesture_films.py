"""What counts as found, late and wrong over time."""

from lifting_person import lifting

from export.gesture_films import Film, _count, backwards, both_starts, false_fires, mirrored, score_films, score_motions
from export.gesture_scores import Score
from export.gesture_truth import Made, truth_of
from trackers.gestures.types import Gesture
from trackers.recorded_motions import Motion, View, tracked
from trackers.skeleton import BODY_INDEX
from trackers.types import Stamp

STILL = View(away_m=3.0, height_m=0.2, noise=0.003)


def told(name: str, at_s: float) -> Gesture:
    """Return a start."""
    return Gesture(name, "start", 0.9, Stamp(0, round(at_s * 1e9)), 0.0)


def test_both_arms_lifted_are_found_once_and_in_time() -> None:
    """One truth, one event, nothing wrong, and a delay of a few frames at hold 0."""
    motion = lifting(3.0)
    truth = [made.name for made in truth_of(motion)]
    assert truth == ["arms_up"]
    score = score_motions([motion], views=[STILL], on_step=lambda _: None)["arms_up"]
    assert (score.made, score.found, score.wrong) == (1, 1, 0)
    assert len(score.latencies_ms) == 1
    assert -200 < score.latencies_ms[0] < 150


def test_each_start_is_of_one_made_gesture_at_most() -> None:
    """Told five times of one: four are wrong. Told once between two: one of them is missed."""
    scores = {"arms_up": Score()}
    _count(scores, [Made("arms_up", 1.0, 1.5, 1.0)], [told("arms_up", at_s) for at_s in (0.75, 1.0, 1.4, 1.8, 2.05)])
    assert (scores["arms_up"].made, scores["arms_up"].found, scores["arms_up"].wrong) == (1, 1, 4)
    scores = {"clap": Score()}
    two = [Made("clap", 1.0, 1.2, 1.0), Made("clap", 2.0, 2.2, 2.0)]
    _count(scores, two, [told("clap", 1.75)])
    assert (scores["clap"].made, scores["clap"].found, scores["clap"].wrong) == (2, 1, 0)


def test_a_hold_is_waited_for_only_with_the_own_holds() -> None:
    """Judged once, told twice: later with the hold."""
    own, at_once = both_starts(tracked(lifting(3.0), STILL))
    first, soonest = (next(each for each in kind if each.name == "arms_up") for kind in (own, at_once))
    assert first.stamp.captured_ns - soonest.stamp.captured_ns >= 0.1e9


def test_a_motion_backwards_ends_where_it_began() -> None:
    """Frame by frame."""
    motion = lifting(1.0)
    assert (backwards(motion).points_m[0] == motion.points_m[-1]).all()
    assert backwards(motion).seconds == motion.seconds


def test_a_motion_in_the_mirror_changes_sides() -> None:
    """What the right hand did the left one does, at the other side; twice mirrored it is as it was."""
    motion = lifting(1.0)
    right, left = (BODY_INDEX[f"{side}_wrist"] for side in ("right", "left"))
    other = mirrored(motion)
    assert (other.points_m[:, left] == motion.points_m[:, right] * (-1, 1, 1)).all()
    assert (mirrored(other).points_m == motion.points_m).all()


def test_false_fires_are_counted_by_the_hour() -> None:
    """Two in 36 seconds are 200 an hour."""
    films = [Film("a.mkv", 20.0, (told("clap", 1.0),)), Film("b.mkv", 16.0, (told("nod", 2.0),))]
    figures = false_fires(films)
    assert figures["per_hour"] == 200.0
    assert figures["by_name"] == {"clap": 100.0, "nod": 100.0}
    assert figures["footage_s"] == 36.0
    assert figures["clips"][0]["told"] == [{"gesture": "clap", "at_s": 1.0}]


def test_clips_are_right_by_the_first_word_of_their_names() -> None:
    """What else is told there is wrong; a clip of nothing can only be wrong."""
    films = [
        Film("call_1.jpg", 0.5, (told("left_call", 0.2), told("left_fist", 0.3))),
        Film("call_2.jpg", 0.5, ()),
        Film("none_1.jpg", 0.5, (told("clap", 0.1),)),
    ]
    assert score_films(films, {"call": ("left_call", "right_call")}) == {
        "call": {"clips": 2, "right": 1, "wrong": 1},
        "none": {"clips": 1, "right": 0, "wrong": 1},
    }


def test_standing_still_fires_nothing() -> None:
    """A person at rest for three seconds."""
    motion = lifting(3.0)
    still = Motion("still", motion.frame_s, motion.points_m[:1].repeat(90, axis=0))
    assert both_starts(tracked(still, STILL)) == ([], [])
