"""What lamps on an MQTT broker are told, what they tell, and what brings them back: the JSON schema of Home Assistant's MQTT
lights, which Zigbee2MQTT and ESPHome speak too.

Owns the payloads and what is known of each lamp. Pure: the caller says what time it is. Knows no broker. The schema:
https://www.home-assistant.io/integrations/light.mqtt/#json-schema
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal

from stream.actions import colours
from stream.actions.base import Action
from stream.actions.light import Light
from stream.actions.mqtt_settings import Lamp

QUESTION: Final = {"state": ""}
"""What Zigbee2MQTT wants to hear before it tells all that it knows of a lamp."""
SETTLE_S: Final = 1.0
"""A lamp may tell its state so long after an order, or after the fade that it asks for, and in between what is on the way."""
_COOLEST_MIRED: Final = 153
_WARMEST_MIRED: Final = 500
_RGB: Final = ("r", "g", "b", "c", "w")
_XY: Final = ("x", "y")
_HS: Final = ("h", "s", "hue", "saturation")
_PARTS: Final = {"xy": _XY, "hs": _HS}
"""What of a told colour counts in a mode; in all others red, green, blue and the whites."""

State = dict[str, Any]


class MqttRestore(Action):
    """Bring back lamps; made by `capture`, never written in a rule."""

    kinds: ClassVar = ("mqtt",)
    action: Literal["mqtt.restore"] = "mqtt.restore"
    lamps: dict[str, State]
    """By name: what each told."""
    fade_s: float | None = None

    @property
    def merge_key(self) -> str | None:
        """The lamps: all of each is brought back."""
        return ",".join(sorted(self.lamps))


@dataclass(slots=True)
class _Known:
    """What is known of one lamp."""

    told: State = field(default_factory=dict)
    is_newer: bool = False
    """It told something since our last order."""
    ordered: State | None = None
    """What it will be once it has followed our last order."""
    settles_s: float = float("-inf")


class LampStates:
    """What is known of some lamps, since they were connected."""

    def __init__(self, lamps: Sequence[Lamp]) -> None:
        self._lamps = tuple(lamps)
        self._known = {lamp.name: _Known() for lamp in lamps}

    @property
    def topics(self) -> tuple[str, ...]:
        """Where they tell their states."""
        return tuple(dict.fromkeys(lamp.told_on for lamp in self._lamps if lamp.told_on))

    def hear(self, topic: str, payload: str | bytes) -> None:
        """Take what was told on a topic; what is no state is left."""
        try:
            told = json.loads(payload)
        except (ValueError, RecursionError):  # the latter of nested lists without end
            return
        for lamp in self._lamps if isinstance(told, dict) else ():
            if lamp.told_on == topic:
                known = self._known[lamp.name]
                known.told, known.is_newer = merged(known.told, told), True

    def sent(self, lamp: Lamp, payload: Mapping[str, Any], *, now_s: float) -> None:
        """Note an order that was sent to a lamp."""
        before, known = self.of(lamp, now_s=now_s), self._known[lamp.name]
        known.settles_s = now_s + float(payload.get("transition", 0)) + SETTLE_S
        known.ordered = merged(before or {}, {name: value for name, value in payload.items() if name != "transition"})
        known.is_newer = False

    def of(self, lamp: Lamp, *, now_s: float) -> State | None:
        """Return a lamp's state; None if it is not known.

        Shortly after an order that is what was ordered: a rule that comes back at once must not take for the state before it
        what a slow lamp still tells of the rule's last time.
        """
        known = self._known[lamp.name]
        is_ours = known.ordered is not None and (now_s < known.settles_s or not known.is_newer)
        state = known.ordered if is_ours else known.told
        return dict(state) if state and state.get("state") in ("ON", "OFF") and known.told else None


def merged(before: Mapping[str, Any], told: Mapping[str, Any]) -> State:
    """Return a state after more was told of it: a lamp may tell only what changed."""
    new = {name: value for name, value in told.items() if value is not None}
    state = {**before, **new}
    if "color_mode" not in new and ("color" in new) != ("color_temp" in new):  # the other one shows no more
        state.pop("color_temp" if "color" in new else "color", None)
        state.pop("color_mode", None)
    return state


def light_payload(action: Light, lamp: Lamp, *, streamed: bool) -> dict[str, Any]:
    """Return what sets a lamp; empty if the action sets nothing. The colour is sent at full value: brightness stands apart."""
    colour = None if action.color is None else colours.parse(action.color)
    fade_s = 0 if streamed else action.fade_s
    fade = {} if fade_s is None else {"transition": fade_s}
    if action.power is False or action.brightness == 0 or (colour is not None and colour.is_black):
        return {"state": "OFF", **fade}
    if not action.power and action.brightness is None and colour is None:
        return {}
    level = {} if action.brightness is None else {"brightness": max(1, round(action.brightness / 100 * lamp.brightest))}
    return {"state": "ON", **level, **({} if colour is None else _colour(colour, lamp)), **fade}


def restore_payloads(state: Mapping[str, Any], *, fade_s: float | None) -> list[dict[str, Any]]:
    """Return what brings a lamp back to a state that it told, in order."""
    fade = {} if fade_s is None else {"transition": fade_s}
    shown = {name: state[name] for name in ("brightness", "effect") if _is_set(state.get(name))} | _colour_told(state)
    if state["state"] == "ON":
        return [{"state": "ON", **shown, **fade}]
    # it would else come back in our colour when it is switched on next
    return [*([{"state": "ON", **shown, "transition": 0}] if shown else []), {"state": "OFF", **fade}]


def _is_set(value: Any) -> bool:
    return value not in (None, 0, "", "none", "None", "off")


def _colour_told(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the colour or the white that a lamp told, as it takes it back."""
    mode, color = str(state.get("color_mode", "")), state.get("color")
    if state.get("color_temp") is not None and (mode == "color_temp" or not isinstance(color, dict)):
        return {"color_temp": state["color_temp"]}
    if not isinstance(color, dict):
        return {}
    for parts in (_PARTS.get(mode, _RGB), _RGB, _XY, _HS):  # Zigbee2MQTT tells two kinds at once, and takes one
        if told := {name: color[name] for name in parts if name in color}:
            return {"color": told}
    return {}


def _colour(colour: colours.Colour, lamp: Lamp) -> dict[str, Any]:
    """Return a colour as the lamp can show it."""
    if "white" in lamp.shows and (colour.white_kelvin is not None or "color" not in lamp.shows):
        return {"color_temp": min(max(round(1e6 / colour.to_kelvin()), _COOLEST_MIRED), _WARMEST_MIRED)}
    if "color" not in lamp.shows:
        return {}
    hue_deg, saturation, _ = colour.to_hsv()
    return {"color": dict(zip("rgb", colours.from_hsv(hue_deg, saturation).to_bytes(), strict=True))}
