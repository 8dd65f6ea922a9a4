"""What lamps on a broker are told and tell, in the JSON schema of Home Assistant's MQTT lights."""

from typing import Any

import pytest
from pydantic import ValidationError

from stream.actions.light import Light
from stream.actions.mqtt import Mqtt
from stream.actions.mqtt_light_json import LampStates, light_payload, merged, restore_payloads
from stream.actions.mqtt_settings import Lamp

DESK = Lamp(name="desk", topic="zigbee2mqtt/desk")
STRIP = Lamp(name="strip", set_topic="strip/light/command", state_topic="strip/light/state")
PURPLE = {"r": 255, "g": 0, "b": 255}


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        (Light(color="purple"), {"state": "ON", "color": PURPLE}),
        (
            Light(color="#ff8000", brightness=50, fade_s=0.5),
            {"state": "ON", "brightness": 127, "color": {"r": 255, "g": 128, "b": 0}, "transition": 0.5},
        ),
        (Light(color="2700K"), {"state": "ON", "color_temp": 370}),
        (Light(color="9000K"), {"state": "ON", "color_temp": 153}),
        (Light(color="1500K"), {"state": "ON", "color_temp": 500}),
        (Light(brightness=100), {"state": "ON", "brightness": 254}),
        (Light(brightness=0.1), {"state": "ON", "brightness": 1}),
        (Light(brightness=0, fade_s=2), {"state": "OFF", "transition": 2}),
        (Light(color="black"), {"state": "OFF"}),
        (Light(power=False, color="red"), {"state": "OFF"}),
        (Light(power=True), {"state": "ON"}),
        (Light(fade_s=1), {}),
        (Light(), {}),
    ],
)
def test_actions_become_orders(action: Light, payload: dict[str, Any]) -> None:
    """One order each; brightness apart from the colour, as HSV lamps have it."""
    assert light_payload(action, DESK, streamed=False) == payload


def test_mapped_values_do_not_fade() -> None:
    """The next is on its way; a fade that is set in the lamp would lag behind."""
    payload = light_payload(Light(brightness=50, fade_s=5), DESK, streamed=True)
    assert payload == {"state": "ON", "brightness": 127, "transition": 0}


@pytest.mark.parametrize(
    ("shows", "color", "told"),
    [
        (("color",), "2700K", {"color": {"r": 255, "g": 173, "b": 89}}),
        (("white",), "azure", {"color_temp": 153}),
        (("white",), "wheat", {"color_temp": 217}),
        ((), "blue", {}),
    ],
)
def test_a_lamp_gets_what_it_can_show(shows: tuple[Any, ...], color: str, told: dict[str, Any]) -> None:
    """A white is mixed where there are only colours; a colour becomes the nearest white where there are only these."""
    lamp = Lamp(name="desk", topic="a", shows=shows)
    payload = light_payload(Light(color=color), lamp, streamed=False)
    assert payload == {"state": "ON", **told}


def test_the_steps_of_brightness() -> None:
    """The schema has 255; Zigbee 254, and newer Zigbee2MQTT refuses more."""
    assert light_payload(Light(brightness=100), STRIP, streamed=False)["brightness"] == 255


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ({"brightness": 80, "color_mode": "xy", "color": {"x": 0.4, "y": 0.4, "hue": 30, "saturation": 50}, "color_temp": 300},
         {"brightness": 80, "color": {"x": 0.4, "y": 0.4}}),
        ({"color_mode": "color_temp", "color": {"x": 0.4, "y": 0.4}, "color_temp": 300}, {"color_temp": 300}),
        ({"color_mode": "hs", "color": {"h": 30.0, "s": 50.0}}, {"color": {"h": 30.0, "s": 50.0}}),
        ({"color_mode": "hs", "color": {"x": 0.4, "y": 0.4, "hue": 30, "saturation": 50}},
         {"color": {"hue": 30, "saturation": 50}}),
        ({"color_mode": "rgbw", "color": {"r": 1, "g": 2, "b": 3, "w": 4}}, {"color": {"r": 1, "g": 2, "b": 3, "w": 4}}),
        ({"color_mode": "rgb", "color": {"r": 1, "g": 2, "b": 3}, "effect": "Rainbow"},
         {"effect": "Rainbow", "color": {"r": 1, "g": 2, "b": 3}}),
        ({"color": {"x": 0.4, "y": 0.4}, "effect": "None"}, {"color": {"x": 0.4, "y": 0.4}}),
        ({"color_temp": 300}, {"color_temp": 300}),
        ({"color": "red"}, {}),
        ({"color": {}}, {}),
        ({"brightness": 0}, {}),
    ],
)  # fmt: skip
def test_what_brings_a_state_back(state: dict[str, Any], shown: dict[str, Any]) -> None:
    """What the lamp showed, in its own words; one that was off takes its colour first, for when it is switched on next."""
    assert restore_payloads({"state": "ON", **state}, fade_s=0.5) == [{"state": "ON", **shown, "transition": 0.5}]
    first = [{"state": "ON", **shown, "transition": 0}] if shown else []
    assert restore_payloads({"state": "OFF", **state}, fade_s=None) == [*first, {"state": "OFF"}]


def test_a_lamp_may_tell_only_what_changed() -> None:
    """What it said before holds; of colour and white the one that is told newly."""
    before = {"state": "ON", "brightness": 9, "color": PURPLE, "color_mode": "rgb"}
    assert merged(before, {"brightness": 5}) == before | {"brightness": 5}
    assert merged(before, {"color_temp": 300}) == {"state": "ON", "brightness": 9, "color_temp": 300}
    assert merged({"state": "ON", "color_temp": 300}, {"color": PURPLE}) == {"state": "ON", "color": PURPLE}
    assert merged(before, {"effect": None}) == before


def told(states: LampStates, payload: bytes = b'{"state": "ON", "brightness": 7}') -> None:
    states.hear("zigbee2mqtt/desk", payload)


def test_what_is_no_state_is_left() -> None:
    """Nonsense, other topics, and what does not say whether the lamp is on."""
    states = LampStates([DESK, STRIP])
    assert states.topics == ("zigbee2mqtt/desk", "strip/light/state")
    for payload in (b"", b"nonsense", b"[1]", b"[" * 100_000, b'{"brightness": 7}', b'{"state": "TOGGLE"}'):
        told(states, payload)
        assert states.of(DESK, now_s=0.0) is None
    told(states)
    assert states.of(DESK, now_s=0.0) == {"state": "ON", "brightness": 7}
    assert states.of(STRIP, now_s=0.0) is None


def test_what_was_ordered_counts_until_the_lamp_has_followed() -> None:
    """What a slow lamp tells meanwhile may be on its way, or of the order before; afterwards what it told last counts."""
    states = LampStates([DESK])
    told(states)
    states.sent(DESK, {"state": "ON", "color": PURPLE, "transition": 2}, now_s=10.0)
    told(states, b'{"state": "ON", "brightness": 5}')
    ordered = {"state": "ON", "brightness": 7, "color": PURPLE}
    assert states.of(DESK, now_s=12.9) == ordered
    assert states.of(DESK, now_s=13.0) == {"state": "ON", "brightness": 5}
    states.sent(DESK, {"state": "OFF"}, now_s=20.0)
    assert states.of(DESK, now_s=99.0) == {"state": "OFF", "brightness": 5}  # it never said anything to that


def test_where_a_lamp_is_reached() -> None:
    """One topic is enough for Zigbee2MQTT; each can be set apart."""
    assert (DESK.orders_to, DESK.told_on, DESK.asked_on) == ("zigbee2mqtt/desk/set", "zigbee2mqtt/desk", "zigbee2mqtt/desk/get")
    assert (STRIP.orders_to, STRIP.told_on, STRIP.asked_on) == ("strip/light/command", "strip/light/state", "")
    other = Lamp(name="desk", topic="/zigbee2mqtt/desk/", set_topic="a", state_topic="b", get_topic="c")
    assert (other.orders_to, other.told_on, other.asked_on) == ("a", "b", "c")
    assert Lamp(name="mute", set_topic="a").told_on == ""


@pytest.mark.parametrize(
    ("lamps", "said"),
    [
        ([{"name": "desk"}], "lamp 'desk' needs a topic, such as zigbee2mqtt/desk, or set_topic and state_topic"),
        ([{"name": "a", "topic": "x/#"}], "a topic must be some words with / between them, without + and #, got 'x/#'"),
        ([{"name": "a", "topic": "x", "shows": ["colour"]}], "Input should be 'color' or 'white'"),
        (
            [{"name": "desk", "topic": "x"}, {"name": "Desk", "topic": "y"}],
            "two lamps are called 'Desk'; give each a name of its",
        ),
        ([{"name": "", "topic": "x"}], "String should have at least 1 character"),
    ],
)
def test_what_the_settings_may_not_say(lamps: list[dict[str, Any]], said: str) -> None:
    """Each in words."""
    with pytest.raises(ValidationError) as error:
        Mqtt.model_validate({"host": "h", "lamps": lamps})
    assert said in str(error.value)
