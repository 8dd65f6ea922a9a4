"""Values that drive actions: where on the way, smoothly, and no more often than it is worth."""

import math

import pytest
from rule_tools import SECOND_NS, Person, read

from stream.actions import colours
from stream.actions.base import Order
from stream.actions.light import Light
from stream.triggers.blend import blend
from stream.triggers.decisions import Decision
from stream.triggers.rule_types import MappingRule
from stream.triggers.signals import Signal


def mapping(*lines: str, to: str = "[0, 100]", do: str = '{ action = "light" }', field: str = "brightness") -> str:
    """Return the TOML of one mapping of `right_hand_height`."""
    head = ["[[mapping]]", 'name = "rule"', 'value = "right_hand_height"', "from = [0.0, 1.0]", f"to = {to}", f"do = {do}"]
    return "\n".join([*head, *([f'field = "{field}"'] if field else []), *lines, ""])


def rule(text: str) -> MappingRule:
    """Return the only mapping of a text."""
    return read(text).mappings[0]


def sent(person: Person, height: float | None, seconds: float = 0.05) -> list[float | None]:
    """Show a height for one frame; return the brightnesses that go out."""
    orders = person.value(seconds, right_hand_height=height)
    actions = [order.action for order in orders if isinstance(order, Order)]
    return [action.brightness for action in actions if isinstance(action, Light)]


def test_a_way_has_two_ends() -> None:
    """Beyond them it stays; it may run backwards."""
    curve = rule(mapping(to="[100, 0]")).curve
    assert [curve.share(value) for value in (-1.0, 0.25, 2.0)] == [0.0, 0.25, 1.0]
    assert [curve.number(share) for share in (0.0, 0.25, 1.0)] == [100.0, 75.0, 0.0]


def test_hues_go_round() -> None:
    """With `wrap` a value beyond the end begins again."""
    curve = rule(mapping("wrap = true", to="[0, 360]", field="hue")).curve
    assert curve.share(1.25) == pytest.approx(0.25)
    assert curve.at(0.25) == Light(target="desk", color="hue(90.0)")
    assert colours.parse("hue(90.0)").to_hsv()[0] == pytest.approx(90)


def test_whole_numbers_stay_whole_and_texts_become_texts() -> None:
    """The field's own kind decides."""
    scene = '{ action = "screen.scene", scene = "A" }'
    assert rule(mapping(do=scene, field="number", to="[0, 3]")).curve.at(0.5).model_dump()["number"] == 2
    assert rule(mapping(do=scene, field="level", to="[0, 3]")).curve.at(0.5).model_dump()["level"] == 1.5
    assert (
        rule(mapping(do='{ action = "screen.scene" }', field="scene", to="[0, 3]")).curve.at(0.5).model_dump()["scene"] == "1.5"
    )


def test_an_entry_of_a_table_may_be_driven() -> None:
    """The others stay as they are written."""
    curve = rule(
        mapping(do='{ action = "screen.scene", scene = "A", dials = { x = 3 } }', field="dials.pan", to="[0, 255]")
    ).curve
    assert curve.at(0.5).model_dump()["dials"] == {"x": 3, "pan": 128}


def test_texts_may_use_the_value_themselves() -> None:
    """Then no field is filled in; the order's details hold what the template wants."""
    person = Person(mapping(do='{ action = "page.emote", text = "{value}" }', field="", to="[0, 10]"))
    [order] = person.value(right_hand_height=0.5)
    assert isinstance(order, Order)
    assert (order.details["value"], order.details["share"]) == (5.0, 0.5)


def test_colours_mix_as_the_eye_sees_them() -> None:
    """The ends are the colours themselves; the middle of blue and red is a purple as bright as they are, of grey a grey."""
    curve = rule(mapping(to='["blue", "red"]', field="")).curve
    assert [curve.at(share).model_dump()["color"] for share in (0.0, 0.5, 1.0)] == ["#0000ff", "#8c53a2", "#ff0000"]
    red, green, blue = blend((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 0.5)
    assert red == pytest.approx(green, abs=1e-3) == pytest.approx(blue, abs=1e-3)
    assert red == pytest.approx(99 / 255, abs=0.01)  # half of the lightness of OKLab


def test_values_are_smoothed() -> None:
    """After one time constant 63 % of a step is there, whatever the frame rate."""
    for period_s in (0.01, 0.05):
        person = Person(mapping("smooth_s = 0.5", "rate_hz = 100", "dead_band = 0"))
        sent(person, 0.0)
        told = [sent(person, 1.0, period_s) for _ in range(round(0.5 / period_s))]
        assert told[-1] == [pytest.approx(100 * (1 - math.exp(-1)), abs=0.5)]


def test_no_more_often_than_the_rate() -> None:
    """At 100 frames a second, 10 orders a second go out, streamed, with the frame's stamp."""
    person = Person(mapping("rate_hz = 10", "smooth_s = 0"))
    orders = [order for step in range(300) for order in person.value(0.01, right_hand_height=step % 100 / 100)]
    assert 28 <= len(orders) <= 31
    assert all(isinstance(order, Order) and order.streamed and order.captured_ns for order in orders)
    assert person.state().count == len(orders)


def test_small_changes_are_not_sent_but_the_ends_are() -> None:
    """A hand that trembles sends nothing; one that arrives at the top sends the top."""
    person = Person(mapping("dead_band = 0.05", "smooth_s = 0"))
    assert sent(person, 0.5) == [50.0]
    assert [sent(person, height) for height in (0.52, 0.48, 0.54, 0.55)] == [[], [], [], [55.0]]
    assert sent(person, 0.98) == [98.0]
    assert sent(person, 1.0) == [100.0]
    assert sent(person, 1.0) == []


def test_it_follows_only_while_its_part_is_seen_and_its_conditions_hold() -> None:
    """When it comes back, the first value is taken as it is."""
    person = Person(mapping('while = "fist"', "smooth_s = 1"))
    assert sent(person, 0.5) == []
    assert person.state().why_not == "while: fist does not hold"
    person.make("left_fist")
    assert sent(person, 0.5) == [50.0]
    assert person.state().lit
    assert [sent(person, None) for _ in range(10)] == [[]] * 10
    assert person.state().why_not == "its part is not seen"
    assert sent(person, 0.9) == [90.0]


def test_a_controller_drives_too() -> None:
    """A MIDI fader is a value like any other."""
    person = Person(mapping("smooth_s = 0").replace("right_hand_height", "midi cc7"))
    assert person.key("cc7", 0.25, kind="midi") == ["light"]
    assert person.state().cause == "midi cc7 0.25"


BOTH = mapping("smooth_s = 0.5", "rate_hz = 10", "dead_band = 0") + mapping(
    "smooth_s = 0.5", "rate_hz = 10", "dead_band = 0", do='{ action = "page.emote", text = "{value}" }', field="", to="[0, 1]"
).replace("right_hand_height", "midi cc7").replace('"rule"', '"fader"')


def test_a_controller_leaves_the_body_alone() -> None:
    """A fader that moves all the time neither hurries nor roughens what the hand drives; its orders have no stamp."""
    alone, beside = Person(BOTH), Person(BOTH)
    told: dict[str, list[Order]] = {"alone": [], "beside": [], "fader": []}
    for step in range(100):
        height = 0.0 if step < 50 else 1.0
        told["alone"] += [order for order in alone.value(0.02, right_hand_height=height) if isinstance(order, Order)]
        for order in beside.value(0.02, right_hand_height=height):
            assert isinstance(order, Order)
            told["beside"].append(order)
        for order in beside.engine.signal(Signal("midi", "cc7", step / 100, beside.now_ns)):
            assert isinstance(order, Order)
            told["fader"].append(order)
    assert told["beside"] == told["alone"]
    assert {order.rule for order in told["beside"]} == {"rule"}
    assert {order.rule for order in told["fader"]} == {"fader"}
    assert 18 <= len(told["fader"]) <= 21
    assert all(order.captured_ns is None for order in told["fader"])
    assert told["fader"][-1].details["value"] < 0.9  # it is smoothed, half a second behind


def test_a_fader_that_stops_arrives() -> None:
    """Time goes on without it: what is smoothed, or came too soon for the rate, is sent all the same."""
    person = Person(mapping("smooth_s = 0.1", "rate_hz = 5", "dead_band = 0.01").replace("right_hand_height", "midi cc7"))
    person.key("cc7", 0.2, kind="midi")
    person.now_ns += SECOND_NS // 100
    assert person.key("cc7", 0.8, kind="midi") == []
    brightness: list[float | None] = []
    for _ in range(40):
        person.now_ns += SECOND_NS // 20
        orders = person.engine.tick(person.now_ns)
        brightness += [o.action.brightness for o in orders if isinstance(o, Order) and isinstance(o.action, Light)]
    assert brightness[-1] == pytest.approx(80, abs=1.5)
    assert len(brightness) <= 8


def test_a_mapping_in_words() -> None:
    """For the panel's table."""
    state = Person(mapping('while = "fist"')).state()
    assert (state.when, state.do) == ("right_hand_height, while fist", "light on desk: brightness 0 to 100 for 0 to 1")
    assert Person(mapping(to='["blue", "red"]', field="")).state().do == "light on desk: color #0000ff to #ff0000 for 0 to 1"


def test_after_a_panic_nothing_is_driven() -> None:
    """Nor is a mapping that is switched off, or runs dry."""
    person = Person(mapping("smooth_s = 0"))
    person.engine.panic(now_ns=person.now_ns)
    assert sent(person, 0.5) == []
    person.engine.resume(now_ns=person.now_ns)
    assert sent(person, 0.6) == [60.0]
    person.engine.switch("rule", on=False, now_ns=person.now_ns)
    assert sent(person, 0.7) == []
    dry = Person(mapping("dry_run = true"))
    assert sent(dry, 0.5) == []
    assert dry.state().count == 1


def test_streams_do_not_begin_anew_when_the_clock_goes_back() -> None:
    """A film that starts again: stamps fall, and values go on being sent."""
    person = Person(mapping("smooth_s = 0"))
    assert sent(person, 0.2) == [20.0]
    person.now_ns -= 500 * SECOND_NS
    assert sent(person, 0.8) == [80.0]


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_what_rests_at_an_end_arrives_there(end: float) -> None:
    """Smoothing comes nearer for ever; a lamp that is left at 0.3 per cent is on."""
    person = Person(mapping())
    told: list[Decision] = []
    for _ in range(30):
        told += person.value(right_hand_height=1 - end)
    for _ in range(60):
        told += person.value(right_hand_height=end)
    assert isinstance(told[-1], Order)
    assert told[-1].action.model_dump()["brightness"] == 100 * end
