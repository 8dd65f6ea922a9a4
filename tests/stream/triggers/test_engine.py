"""The engine: what a person does goes in, orders come out, at the right time and no other."""

import random
from typing import Any

import pytest
from rule_tools import SECOND_NS, Person, Scene, read, trigger, words

from stream.actions.base import Order, Outcome, Report
from stream.actions.light import Light
from stream.triggers.decisions import Decision
from stream.triggers.rule_types import RuleError
from stream.triggers.words import action_words

BACK = 'undo = { action = "screen.scene", scene = "B" }'


def test_a_gesture_fires_once_however_long_it_is_held() -> None:
    """And again when it is made again."""
    person = Person(trigger("t_pose"))
    assert person.make("t_pose", seconds=1) == ["A"]
    assert person.make() == []
    assert person.make("t_pose") == ["A"]


def test_an_order_says_why_and_from_which_frame() -> None:
    """The stamp goes on to the lamp, so that latency can be told; templates get the figures."""
    person = Person(trigger("fist"))
    [order] = person._frame(("right_fist",))
    assert isinstance(order, Order)
    assert (order.rule, order.cause, order.captured_ns) == ("rule", "right_fist (0.93)", person.now_ns - 40_000_000)
    assert order.details == {"rule": "rule", "cause": "right_fist (0.93)", "gesture": "right_fist", "confidence": 0.93}
    assert not order.remember
    assert not order.streamed


def test_a_family_is_any_of_its_gestures() -> None:
    """The other hand's fist is the same fist going on."""
    person = Person(trigger("fist"))
    assert person.make("left_fist") == ["A"]
    assert person.make("left_fist", "right_fist") == []
    assert person.make("right_fist") == []
    assert person.make() == []
    assert person.make("right_fist") == ["A"]


def test_an_end_fires_at_the_end() -> None:
    """Not at the start."""
    person = Person(trigger("t_pose ends"))
    assert person.make("t_pose", seconds=1) == []
    assert person.make() == ["A"]


@pytest.mark.parametrize("text", [trigger("t_pose", "hold_s = 0.5"), trigger("t_pose holds 500 ms")])
def test_what_must_be_held_is_held(text: str) -> None:
    """Half a second of it, seen so at both ends; ticks alone do not make it so."""
    person = Person(text)
    assert person.make("t_pose", seconds=0.4) == []
    assert person.state().progress == pytest.approx(0.8, abs=0.01)
    assert person.make() == []
    assert person.make("t_pose", seconds=0.4) == []
    assert person.wait(1) == []
    assert person.make("t_pose") == ["A"]


def test_held_is_undone_at_the_end() -> None:
    """What was before comes back, once."""
    person = Person(trigger("t_pose", 'mode = "held"'))
    assert person.make("t_pose", seconds=0.5) == ["A"]
    assert person.state().active
    assert person.make() == ["Restore(rule)"]
    assert not person.state().active
    assert person.make() == []


def test_held_remembers_what_was_before_unless_it_says_what_to_do() -> None:
    """With an `undo` of its own nothing needs to be captured."""
    for line, remembers, back in (("", True, "Restore(rule)"), (BACK, False, "B")):
        person = Person(trigger("t_pose", 'mode = "held"', line))
        [order] = person._frame(("t_pose",))
        assert isinstance(order, Order)
        assert order.remember is remembers
        assert person.make() == [back]


def test_toggle_goes_on_and_off() -> None:
    """Each time the gesture is made anew."""
    person = Person(trigger("nod", 'mode = "toggle"', BACK))
    told = [person.make("nod") + person.make() for _ in range(4)]
    assert told == [["A"], ["B"], ["A"], ["B"]]


def test_what_ends_is_undone_before_what_begins_is_done() -> None:
    """Whatever their order in the file: else the old rule's end would undo the new rule's start."""
    person = Person(
        trigger("nod", name="new") + trigger("t_pose", 'mode = "held"', name="old", do='{ action = "light", color = "red" }')
    )
    assert person.make("t_pose") == ["light red"]
    assert person.make("nod") == ["Restore(old)", "A"]


def test_cool_down() -> None:
    """It fires no sooner; the state says why not."""
    person = Person(trigger("nod", "cooldown_s = 5"))
    assert person.make("nod") == ["A"]
    person.make()
    person.wait(2)
    assert person.make("nod") == []
    assert person.state().why_not == "cool-down, 3.0 s left"
    person.make()
    person.wait(3)
    assert person.make("nod") == ["A"]
    assert person.state().why_not == ""


def test_a_toggle_that_cools_down_says_that_it_was_skipped() -> None:
    """As any other rule does."""
    person = Person(trigger("nod", 'mode = "toggle"', "cooldown_s = 5", BACK))
    person.make("nod")
    person.make()
    assert person.make("nod") == []
    assert [note.verdict for note in person.engine.take_notes()] == ["fired", "skipped"]


def test_at_the_end_what_fired_last_is_undone_first() -> None:
    """What rules restore by themselves comes after, the oldest first: each is left to the newer one of the same lamp."""
    text = "".join(
        trigger(when, 'mode = "toggle"', *lines, name=name, do='{ action = "light", color = "red" }')
        for when, name, lines in (
            ("nod", "a", [BACK]),
            ("t_pose", "b", [BACK.replace("B", "C")]),
            ("left_fist", "c", []),
            ("dab_left", "d", []),
        )
    )
    person = Person(text)
    for gesture in ("dab_left", "t_pose", "left_fist", "nod"):
        person.wait(0.1)
        person.make(gesture)
    person.wait(0.1)
    assert words(person.engine.end(now_ns=person.now_ns)) == ["B", "C", "Restore(d)", "Restore(c)"]


def test_an_order_that_may_be_done_leaves_its_rule_on() -> None:
    """The lamp answered too late, and is purple perhaps: the end of the gesture must undo it."""
    person = Person(trigger("t_pose", 'mode = "held"', do='{ action = "light", color = "purple" }'))
    [order] = person._frame(("t_pose",))
    assert isinstance(order, Order)
    person.engine.report(Report(order, "failed", "no answer", person.now_ns, None, may_be_done=True))
    assert person.state().active
    assert person.make() == ["Restore(rule)"]


def test_a_dry_run_of_all_stops_and_switches_nothing() -> None:
    """Rules that act on the rules are dry themselves; others are left to whoever carries out."""
    rules = read(trigger("nod", do='{ action = "panic" }', name="stop") + trigger("nod", name="show")).tried()
    assert {rule.name: rule.dry_run for rule in rules.triggers} == {"stop": True, "show": False}


def test_while_must_hold_when_it_fires() -> None:
    """All of the conditions, each or its contrary."""
    person = Person(trigger("nod", 'while = ["scene is Game", "not fist"]'))
    assert person.make("nod") == []
    assert person.state().why_not == "while: scene is Game does not hold"
    person.facts(scene="game")
    person.make("right_fist")
    assert person.make("right_fist", "nod") == []
    assert person.state().why_not == "while: not fist does not hold"
    person.make()
    assert person.make("nod") == ["A"]


def test_a_gesture_does_not_wait_for_its_while() -> None:
    """A condition that comes true later fires nothing."""
    person = Person(trigger("t_pose", 'while = "scene is Game"'))
    assert person.make("t_pose") == []
    assert person.facts(scene="Game") == []
    assert person.make("t_pose", seconds=1) == []


def test_held_begins_when_its_conditions_come_to_hold() -> None:
    """As long as the gesture lasts; once, and told once. Then only the end of the gesture ends it."""
    person = Person(trigger("t_pose", 'mode = "held"', 'while = "scene is Game"', "cooldown_s = 2"))
    assert person.make("t_pose", seconds=0.5) == []
    assert person.state().why_not == "while: scene is Game does not hold"
    [order] = person.engine.facts({"scene": "Game"}, now_ns=person.now_ns)
    assert isinstance(order, Order)
    assert (order.captured_ns, order.remember, order.cause) == (None, True, "t_pose (0.93)")
    assert person.facts(scene="BRB") == person.make("t_pose", seconds=0.5) == []
    assert person.make() == ["Restore(rule)"]
    person.facts(scene="Game")
    assert person.make("t_pose", seconds=0.5) == []
    assert person.state().why_not == "cool-down, 1.0 s left"
    assert person.make("t_pose", seconds=1.1) == ["A"]
    assert [note.split(",")[0] for note in person.notes()] == [
        *("rule: skipped", "rule: fired", "rule: undone", "rule: skipped", "rule: fired")
    ]


def test_held_that_could_not_begin_does_not_begin_when_it_is_over() -> None:
    """Nor after it was switched off, nor by chance."""
    person = Person(trigger("t_pose", 'mode = "held"', 'while = "scene is Game"'))
    person.make("t_pose")
    assert person.make() == person.facts(scene="Game") == person.wait(1) == []
    person.facts(scene="BRB")
    person.make("t_pose")
    person.engine.switch("rule", on=False, now_ns=person.now_ns)
    person.engine.switch("rule", on=True, now_ns=person.now_ns)
    assert person.facts(scene="Game") == person.make("t_pose", seconds=0.5) == []
    rare = Person(trigger("t_pose", 'mode = "held"', "probability = 0.001"))
    assert rare.make("t_pose", seconds=20) == []


def test_not_during_another_rule() -> None:
    """A rule is on while it is toggled, held, or waiting between its actions."""
    waiting = '{ action = "light", color = "red" }, { action = "wait", seconds = 1 }, { action = "light", color = "blue" }'
    person = Person(trigger("t_pose", name="brb", do=waiting) + trigger("nod", 'while = "not during brb"'))
    assert person.make("t_pose") == ["light red"]
    assert person.make("nod") == []
    assert person.wait(1.1) == ["light blue"]
    person.make()
    assert person.make("nod") == ["A"]


def test_a_rule_that_waits_begins_again_when_it_fires_again() -> None:
    """And its end, or a panic, stops what is left of it."""
    steps = '{ action = "light", color = "red" }, { action = "wait", seconds = 1 }, { action = "screen.scene", scene = "A" }'
    person = Person(trigger("nod", 'mode = "held"', do=steps))
    assert person.make("nod") == ["light red"]
    assert person.wait(0.5) == []
    assert person.make() == ["Restore(rule)"]
    assert person.wait(2) == []
    assert person.make("nod") == ["light red"]
    assert person.wait(1.05) == ["A"]


def test_probability_is_drawn() -> None:
    """Of a thousand nods about three hundred count, the same ones with the same seed."""
    counts = []
    for _ in range(2):
        person = Person(trigger("nod", "probability = 0.3"), rng=random.Random(7))
        counts.append([bool(person.make("nod") + person.make()) for _ in range(1000)])
    assert counts[0] == counts[1]
    assert 250 < sum(counts[0]) < 350
    assert person.state().why_not in ("", "left to chance (30%)")


def test_a_sequence_fires_at_its_last_step() -> None:
    """Its progress shows how far one has come."""
    person = Person(trigger("dab then t_pose within 2 s"))
    assert person.make("dab_left") == []
    assert person.state().progress == 0.5
    person.make()
    assert person.make("t_pose") == ["A"]
    person.make()
    person.make("dab_right", seconds=0.2)
    person.make(seconds=2.5)
    assert person.make("t_pose") == []


def test_a_value_fires_with_hysteresis() -> None:
    """A mouth that trembles at the limit opens once."""
    person = Person(trigger("jawOpen > 0.6"))
    told = [words(person.value(jawOpen=value)) for value in (0.5, 0.61, 0.58, 0.62, 0.55, 0.61, 0.5, 0.61)]
    assert told == [[], ["A"], [], [], [], [], [], ["A"]]
    assert person.state().cause == "jawOpen 0.61"


def test_a_value_that_is_missing_for_a_moment_is_not_lost() -> None:
    """One that is missing longer is: held is undone."""
    person = Person(trigger("jawOpen > 0.6", 'mode = "held"'))
    assert words(person.value(jawOpen=0.9)) == ["A"]
    assert words(person.value(jawOpen=None)) == []
    assert words(person.value(jawOpen=0.9)) == []
    told = [word for _ in range(10) for word in words(person.value(jawOpen=None))]
    assert told == ["Restore(rule)"]


def test_nobody_has_no_values() -> None:
    """When all parts are lost, whatever was open is shut."""
    person = Person(trigger("jawOpen > 0.6", 'mode = "held"'))
    person.value(jawOpen=0.9)
    person.parts(face=True)
    person.parts(face=False, body=False)
    assert person.wait(0.6) == ["Restore(rule)"]


def test_parts_are_lost_only_after_they_were_found() -> None:
    """At the start nothing is lost; with another part still there, tracking is not."""
    person = Person(trigger("face lost") + trigger("tracking lost", name="nobody", do='{ action = "light", color = "red" }'))
    assert person.parts(face=False, body=False) + person.wait(1) == []
    assert person.parts(face=True, body=True) == []
    assert person.parts(face=False, body=True) + person.wait(1) == ["A"]
    assert person.parts(face=False, body=False) + person.wait(1) == ["light red"]


def test_a_part_that_is_away_for_a_moment_was_not_lost() -> None:
    """A late tracker must not make it come back again and again."""
    person = Person(trigger("face found") + trigger("face lost", name="lost", do='{ action = "light", color = "red" }'))
    assert person.parts(face=True) == ["A"]
    for _ in range(10):
        assert person.parts(face=False) + person.wait(0.4) + person.parts(face=True) == []
    assert person.parts(face=False) + person.wait(0.6) == ["light red"]
    assert person.parts(face=True) == ["A"]


def test_lost_may_have_to_last() -> None:
    """That is judged by time alone, for no frames come."""
    person = Person(trigger("tracking lost holds 3 s"))
    person.parts(face=True)
    person.parts(face=False)
    assert person.wait(3.4) == []
    assert person.wait(0.2) == ["A"]


def test_a_timer_that_is_due_at_a_frame_has_no_stamp_of_it() -> None:
    """Else it would count as latency."""
    person = Person(trigger("every 1 s"))
    person._frame(())
    person.now_ns += 2 * SECOND_NS
    [order] = person._frame(())
    assert isinstance(order, Order)
    assert order.captured_ns is None


def test_keys_and_notes() -> None:
    """Down fires; held lasts until it is up, also if the modifier is let go first."""
    person = Person(trigger("key ctrl+f9", 'mode = "held"') + trigger("midi 60", name="note", do='{ action = "panic" }'))
    assert person.key("f9") == []
    assert person.key("ctrl+f9") == ["A"]
    assert person.key("ctrl+f9") == []
    assert person.key("f9", 0.0) == ["Restore(rule)"]
    assert person.key("61", 0.5, kind="midi") == []
    assert person.key("60", 0.5, kind="midi") == ["Panic(note)"]


def test_timers() -> None:
    """Every 10 s, once after 3 s, and at the start; beats that were missed are not made up for."""
    timers = {"every 10 s": "red", "after 3 s": "lime", "start": "blue"}
    person = Person(
        "".join(trigger(when, name=when, do=f'{{ action = "light", color = "{color}" }}') for when, color in timers.items())
    )
    assert person.wait(0.05) == ["light blue"]
    assert person.wait(3.05) == ["light lime"]
    assert person.wait(7) == ["light red"]
    person.now_ns += 35 * SECOND_NS
    assert person.wait(0.1) == ["light red"]
    assert person.wait(4) == []
    assert person.wait(1.1) == ["light red"]


def test_a_fact_that_changes_fires() -> None:
    """OBS shows another scene."""
    person = Person(trigger("screen.scene is BRB"))
    assert person.facts(**{"screen.scene": "Game"}) == []
    assert person.facts(**{"screen.scene": "BRB"}) == ["A"]


def test_a_connection_that_breaks_and_comes_back_changes_no_fact() -> None:
    """The scene was not left and shown again: nothing fires, no toggle turns; what is held is let go later, and returns."""
    for mode in ("once", "toggle", "held"):
        person = Person(trigger("scene is BRB", f'mode = "{mode}"'))
        assert person.facts(scene="BRB") == ["A"]
        assert person.facts() == person.wait(5) == person.facts(scene="BRB") == []
        assert person.facts() == person.wait(9.8) == []
        assert person.wait(0.4) == (["Restore(rule)"] if mode == "held" else [])
        assert person.facts(scene="BRB") == (["A"] if mode == "held" else [])
    for away_s in (5, 3600):
        person = Person(trigger("scene is BRB ends"))
        assert person.facts(scene="BRB") == person.facts() == person.wait(away_s) == []
        assert person.facts(scene="Game") == ["A"]


def test_a_value_below_its_limit_has_to_leave_it_too() -> None:
    """As above one: what trembles around the limit begins once."""
    person = Person(trigger("jawOpen < 0.4"))
    told = [words(person.value(jawOpen=value)) for value in (0.5, 0.39, 0.41, 0.39, 0.44, 0.39, 0.5, 0.39)]
    assert told == [[], ["A"], [], [], [], [], [], ["A"]]


def test_one_gesture_twice_is_a_sequence() -> None:
    """One event is not heard as two, at whatever input comes after it."""
    person = Person(trigger("nod then nod"))
    assert person.make("nod") == person.value(jawOpen=0.1) == person.wait(0.3) == person.make() == []
    assert person.make("nod") == ["A"]
    assert person.wait(0.3) == []
    assert person.state().count == 1


def test_a_mapping_says_nothing_in_the_moment_of_a_panic() -> None:
    """Its lamp is just being brought back."""
    mapping = (
        '[[mapping]]\nvalue = "jawOpen"\nfrom = [0.0, 1.0]\nto = [0, 100]\ndo = { action = "light" }\nfield = "brightness"\n'
    )
    person = Person(trigger("jawOpen > 0.5", do='{ action = "panic" }', name="stop") + mapping)
    assert len(person.value(jawOpen=0.2)) == 1
    assert words(person.value(1.0, jawOpen=0.9)) == ["Panic(stop)"]


def test_of_two_connections_each_may_say_what_is_asked() -> None:
    """Whichever stands first in the file; one that is away says nothing."""
    person = Person(trigger("scene is BRB") + trigger("nod", 'while = "not scene is Private"', name="asks"))
    assert person.facts(**{"pc.scene": "BRB", "laptop.scene": "Private"}) == ["A"]
    assert person.make("nod") == person.make() == []
    assert person.facts(**{"laptop.scene": "BRB"}) == []
    assert person.make("nod") == person.make() == []  # the one that is away may show just that
    assert person.facts(**{"pc.scene": "BRB", "laptop.scene": "BRB"}) == []
    assert person.make("nod") == ["A"]


def test_of_two_connections_one_that_goes_away_ends_nothing() -> None:
    """Whatever the other one says meanwhile; held is let go in time."""
    both, one = {"pc.scene": "Game", "laptop.scene": "BRB"}, {"laptop.scene": "BRB"}
    for when, mode in (("scene is Game", "toggle"), ("scene is Game", "held"), ("scene is Game ends", "once")):
        person = Person(trigger(when, f'mode = "{mode}"'))
        assert person.facts(**both) == ([] if mode == "once" else ["A"])
        assert person.facts(**one) == person.wait(9) == person.facts(**both) == []
        assert person.facts(**one) == []
        assert person.wait(11) == (["Restore(rule)"] if mode == "held" else [])
        assert person.facts(**both) == (["A"] if mode == "held" else [])
        assert bool(person.facts(**one | {"pc.scene": "BRB"})) is (mode != "toggle")


def test_a_hold_does_not_run_out_while_nobody_knows() -> None:
    """It does once it is known again to be as it was."""
    person = Person(trigger("scene is Game holds 30 s"))
    assert person.facts(scene="Game") == person.wait(1) == person.facts() == person.wait(60) == []
    assert person.facts(scene="Game") == ["A"]


def test_what_is_not_known_permits_nothing() -> None:
    """With OBS away nobody knows whether the private scene is shown: neither it nor its contrary holds."""
    person = Person(trigger("nod", 'while = "not scene is Private"'))
    assert person.make("nod") == person.make() == []
    assert person.facts(scene="Game") == []
    assert person.make("nod") == ["A"]
    person.make()
    assert person.facts() == person.make("nod") == []


def test_panic_stops_all_until_it_is_resumed() -> None:
    """What was decided in the same moment is dropped; what is held while it resumes does not fire."""
    steps = (
        '{ action = "screen.scene", scene = "A" }, { action = "wait", seconds = 1 }, { action = "screen.scene", scene = "B" }'
    )
    person = Person(
        trigger("nod", do=steps) + trigger("t_pose", name="stop", do='{ action = "panic" }') + trigger("fist", name="late")
    )
    assert person.make("nod") == ["A"]
    assert person.make("t_pose", "left_fist") == ["Panic(stop)"]
    assert person.wait(2) == []
    person.make()
    assert person.make("nod", "left_fist") == []
    with pytest.raises(RuleError, match="after a panic; resume first"):
        person.engine.fire("rule", now_ns=person.now_ns)
    person.engine.resume(now_ns=person.now_ns)
    assert person.make("nod", "left_fist", seconds=1) == []
    person.make()
    assert person.make("nod") == ["A"]


def test_a_panic_drops_what_came_before_it_in_the_same_moment() -> None:
    """Its rule may stand last."""
    person = Person(trigger("nod") + trigger("nod", name="stop", do='{ action = "panic" }'))
    assert person.make("nod") == ["Panic(stop)"]


def test_what_follows_a_panic_is_done_last() -> None:
    """After all that is undone, without pauses, and not to be brought back; a second panic in the list is none."""
    steps = '{ action = "screen.scene", scene = "B" }, { action = "panic" }, { action = "wait", seconds = 1 }, '
    steps += '{ action = "light", color = "red" }, { action = "panic" }, { action = "screen.scene", scene = "dark" }'
    person = Person(
        trigger("t_pose", 'mode = "held"', BACK.replace('"B"', '"back"'), name="on")
        + trigger("nod", 'mode = "toggle"', name="stop", do=steps)
    )
    assert person.make("t_pose") == ["A"]
    decisions = person._frame(("t_pose", "nod"))
    assert words(decisions) == ["Panic(stop)", "back", "light red", "dark"]
    assert not any(isinstance(one, Order) and one.remember for one in decisions)
    assert person.wait(2) == []


SLOW_BACK = """undo = [
    { action = "screen.scene", scene = "B" }, { action = "wait", seconds = 1 }, { action = "light", color = "red" }
]"""


def test_a_panic_does_what_rules_say_of_undoing() -> None:
    """At once, after it, in the order of the file; what is remembered the dispatcher brings back by itself."""
    purple = '{ action = "light", color = "purple" }'
    person = Person(
        trigger("t_pose", 'mode = "held"', SLOW_BACK, name="one")
        + trigger("nod", 'mode = "toggle"', 'undo = { action = "light", color = "lime" }', name="two", do=purple)
        + trigger("nod", 'mode = "toggle"', name="three", do=purple)
        + trigger("dab", 'mode = "held"', BACK, name="four")
    )
    assert person.make("t_pose", "nod") == ["A", "light purple", "light purple"]
    assert words(person.engine.panic(now_ns=person.now_ns)) == ["Panic()", "B", "light red", "light lime"]
    assert not any(state.active for state in person.engine.states())
    assert person.wait(2) == person.make() == []
    assert [note for note in person.notes() if "undone" in note] == [
        "one: undone, screen.scene B on screen, wait 1 s, light red on desk [panel]",
        "two: undone, light lime on desk [panel]",
    ]


def test_a_panic_leaves_in_what_is_being_undone() -> None:
    """Whether it was given out in the same moment, or waits in a pause of its own."""
    stop = trigger("nod", name="stop", do='{ action = "panic" }')
    person = Person(trigger("t_pose", 'mode = "held"', SLOW_BACK) + stop)
    person.make("t_pose")
    assert person.make("nod") == ["Panic(stop)", "B", "light red"]
    later = Person(trigger("t_pose", 'mode = "held"', SLOW_BACK) + stop)
    later.make("t_pose")
    assert later.make() == ["B"]
    assert later.make("nod") == ["Panic(stop)", "light red"]
    assert later.wait(2) == []


def test_a_rule_that_undoes_by_a_panic_stops_once() -> None:
    """And rules that were switched off are switched on again."""
    lines = 'undo = [{ action = "rules.enable", rule = "late" }, { action = "panic" }]'
    person = Person(
        trigger("t_pose", 'mode = "toggle"', lines, do='{ action = "rules.disable", rule = "late" }')
        + trigger("nod", name="late")
    )
    person.make("t_pose")
    assert words(person.engine.panic(now_ns=person.now_ns)) == ["Panic()"]
    assert person.state("late").enabled


def test_at_the_end_all_that_is_on_is_undone() -> None:
    """As each rule says, or as it was; at once, and nothing fires after it."""
    person = Person(
        trigger("t_pose", 'mode = "held"', SLOW_BACK, name="one")
        + trigger("nod", 'mode = "toggle"', name="two")
        + trigger("nod", 'mode = "toggle"', BACK, "dry_run = true", name="three")
        + trigger("dab", name="four")
    )
    person.make("t_pose", "nod")
    assert words(person.engine.end(now_ns=person.now_ns)) == ["B", "light red", "Restore(two)"]
    assert person.make("dab_left", seconds=2) == person.wait(2) == []
    assert words(person.engine.end(now_ns=person.now_ns)) == []


def test_an_undo_that_waits_is_not_cut_by_a_switch() -> None:
    """Whether the switch began it or came in the middle of it; what is not an undo is cut."""
    person = Person(trigger("t_pose", 'mode = "held"', SLOW_BACK))
    person.make("t_pose")
    assert words(person.engine.switch("rule", on=False, now_ns=person.now_ns)) == ["B"]
    assert person.wait(1.1) == ["light red"]
    person = Person(trigger("t_pose", 'mode = "held"', SLOW_BACK))
    person.make("t_pose")
    assert person.make() == ["B"]
    assert words(person.engine.switch("rule", on=False, now_ns=person.now_ns)) == []
    assert person.wait(1.1) == ["light red"]
    steps = (
        '{ action = "screen.scene", scene = "A" }, { action = "wait", seconds = 1 }, { action = "screen.scene", scene = "B" }'
    )
    person = Person(trigger("nod", do=steps))
    assert person.make("nod") == ["A"]
    person.engine.switch("rule", on=False, now_ns=person.now_ns)
    assert person.wait(1.1) == []


def test_rules_are_switched_on_and_off() -> None:
    """By the panel or by a rule; what one did is undone."""
    text = trigger("nod", 'mode = "toggle"', name="one") + trigger(
        "fist", name="off", do='{ action = "rules.disable", rule = "one" }'
    )
    person = Person(text + trigger("t_pose", name="on", do='{ action = "rules.enable", rule = "one" }'))
    assert person.make("nod") == ["A"]
    assert person.make("left_fist") == ["Restore(one)"]
    assert not person.state("one").enabled
    assert person.make("nod") == []
    assert person.state("one").why_not == "it is switched off"
    person.make("t_pose")
    assert person.make("nod") == ["A"]
    assert words(person.engine.switch("one", on=False, now_ns=person.now_ns)) == ["Restore(one)"]
    with pytest.raises(RuleError, match="the rule 'two' is not known; see the list of triggers"):
        person.engine.switch("two", on=True, now_ns=person.now_ns)


def test_the_panel_fires_whatever_holds() -> None:
    """A test button asks neither for `while` nor for the cool-down; on a rule that is on it undoes."""
    person = Person(trigger("nod", 'while = "scene is X"', 'mode = "toggle"', "cooldown_s = 60"))
    assert words(person.engine.fire("rule", now_ns=person.now_ns)) == ["A"]
    assert person.state().cause == "panel"
    assert words(person.engine.fire("rule", now_ns=person.now_ns)) == ["Restore(rule)"]
    with pytest.raises(RuleError, match="the trigger 'rul' cannot be fired: it is not known"):
        person.engine.fire("rul", now_ns=person.now_ns)


def test_a_dry_run_only_writes_down() -> None:
    """Nothing goes out, also not at the end."""
    person = Person(trigger("t_pose", 'mode = "held"', "dry_run = true"))
    assert person.make("t_pose") == []
    assert person.make() == []
    assert person.notes() == [
        "rule: dry, screen.scene A on screen [t_pose (0.93)]",
        "rule: dry, back as it was [t_pose (0.93)]",
    ]


def test_notes_tell_what_fired_and_why_not() -> None:
    """Each once, in order."""
    person = Person(trigger("nod", "cooldown_s = 5"))
    person.make("nod")
    person.make()
    person.make("nod")
    person.engine.panic(now_ns=person.now_ns)
    person.engine.resume(now_ns=person.now_ns)
    assert person.notes() == [
        "rule: fired, screen.scene A on screen [nod (0.93)]",
        "rule: skipped, cool-down, 5.0 s left [nod (0.93)]",
        ": panic, everything stopped; resume in the panel, or start again [panel]",
        ": resumed, rules fire again [panel]",
    ]
    assert person.notes() == []


def test_states_tell_what_rules_do_in_words() -> None:
    """For the panel's table."""
    person = Person(trigger("t_pose", 'mode = "toggle"', 'while = ["scene is Game", "not fist"]', "hold_s = 1"))
    state = person.state()
    assert state.when == "t_pose held for 1 s, while scene is Game and not fist"
    assert state.do == "screen.scene A on screen; the second time back as it was"
    assert (state.count, state.fired_ns, state.lit) == (0, None, False)


def test_words_leave_out_what_says_nothing_and_what_is_secret() -> None:
    """Empty fields, and all of an address but its host."""
    assert action_words(Scene(scene="A", target="screen", level=None)) == "screen.scene A on screen"
    assert action_words(Scene(scene="https://chat.example/hooks/secret")) == "screen.scene chat.example"
    assert action_words(Scene(scene="http://[2001:db8::1/half")) == "screen.scene an address"
    assert action_words(Light(light="left", fade_s=0.5, power=True)) == "light left power on fade 0.5 s"


def test_whatever_comes_the_engine_answers() -> None:
    """Random inputs in random order never raise, and everything that was switched on can be switched off again."""
    rng = random.Random(3)
    text = "".join(
        trigger(when, f'mode = "{mode}"', "cooldown_s = 0.1", "probability = 0.9", name=f"{when} {mode}")
        for when in ("fist", "nod", "jawOpen > 0.5", "key f9", "face lost", "every 1 s", "dab then nod", "scene is A")
        for mode in ("once", "toggle", "held")
        if mode != "held" or when not in ("every 1 s", "dab then nod")
    )
    person = Person(text)
    decisions: list[Decision] = []
    for _ in range(2000):
        person.now_ns += rng.randrange(SECOND_NS // 5)
        match rng.randrange(5):
            case 0:
                decisions += person._frame(rng.sample(("left_fist", "right_fist", "nod", "dab_left"), rng.randrange(4)))
            case 1:
                decisions += person.value(jawOpen=rng.choice([None, 0.1, 0.9]), head_roll=rng.uniform(-30, 30))
            case 2:
                person.key("f9", rng.choice([0.0, 1.0]))
            case 3:
                person.parts(face=rng.random() < 0.5)
            case 4:
                person.facts(scene=rng.choice("AB"))
    assert len(decisions) > 100
    for state in person.engine.states():
        person.engine.switch(state.name, on=False, now_ns=person.now_ns)
    assert not any(state.active for state in person.engine.states())


@pytest.mark.parametrize("outcome", ["failed", "refused"])
def test_a_toggle_of_which_nothing_was_done_is_not_on(outcome: Outcome) -> None:
    """OBS is off: the row says why, and the next time does it instead of undoing what never was."""
    person = Person(trigger("nod", 'mode = "toggle"', BACK))
    orders: list[Order] = []
    step = person.engine.gestures

    def kept(*args: Any, **more: Any) -> list[Decision]:
        decisions = step(*args, **more)
        orders.extend(one for one in decisions if isinstance(one, Order))
        return decisions

    person.engine.gestures = kept  # type: ignore[method-assign]
    assert person.make("nod") == ["A"]
    person.engine.report(Report(orders[0], outcome, "OBS is not running", person.now_ns, None))
    assert (person.state().active, person.state().why_not) == (False, f"{outcome}: OBS is not running")
    person.make()
    assert person.make("nod") == ["A"]
    person.engine.report(Report(orders[1], "done", "", person.now_ns, None))
    person.make()
    assert person.make("nod") == ["B"]
