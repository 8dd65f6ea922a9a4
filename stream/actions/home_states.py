"""What Home Assistant's services are asked for, and what brings a state back.

Owns the bodies of calls. Pure; knows nothing of HTTP. Names of services and fields:
https://www.home-assistant.io/integrations/light/ and https://developers.home-assistant.io/docs/api/rest/.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stream.actions import colours
from stream.actions.light import Light

SWITCHED: Final = ("light", "switch", "input_boolean", "fan", "siren", "humidifier")
"""Domains of entities that are on or off, and can be brought back so."""

_BY_MODE: Final = {
    **{"color_temp": "color_temp_kelvin", "rgbw": "rgbw_color", "rgbww": "rgbww_color"},
    **dict.fromkeys(("hs", "xy", "rgb"), "rgb_color"),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a service."""

    service: str
    """`light.turn_on`"""
    data: dict[str, Any]

    @property
    def path(self) -> str:
        """Where it is posted."""
        domain, _, name = self.service.partition(".")
        return f"/api/services/{domain}/{name}"


def light_calls(
    action: Light, entities: Sequence[str], *, states: Mapping[str, Mapping[str, Any]], streamed: bool
) -> list[Call]:
    """Return what sets lights: one call for those that can show the colour in the same way."""
    fade_s = 0.0 if streamed else action.fade_s
    fade = {} if fade_s is None else {"transition": fade_s}
    if action.power is False or action.brightness == 0:
        return [Call("light.turn_off", {"entity_id": list(entities), **fade})]
    level = {} if action.brightness is None else {"brightness_pct": round(action.brightness, 1)}
    groups: dict[str, tuple[dict[str, Any], list[str]]] = {}
    for entity in entities:
        color = _colour(action.color, states.get(entity, {}))
        groups.setdefault(str(color), (color, []))[1].append(entity)
    return [Call("light.turn_on", {"entity_id": lamps, **color, **level, **fade}) for color, lamps in groups.values()]


def restore_call(state: Mapping[str, Any]) -> Call | None:
    """Return what brings an entity back to a state as `/api/states/ENTITY` told it; None if it cannot be brought back."""
    entity = str(state.get("entity_id", ""))
    domain = entity.partition(".")[0]
    if domain not in SWITCHED or state.get("state") not in ("on", "off"):
        return None
    data: dict[str, Any] = {"entity_id": [entity]}
    if state["state"] == "off":
        return Call(f"{domain}.turn_off", data)
    attributes = state.get("attributes", {})
    if domain == "light":
        for name in ("brightness", _BY_MODE.get(attributes.get("color_mode", ""))):
            if name and attributes.get(name) is not None:
                data[name] = attributes[name]
        if attributes.get("effect") not in (None, "off", "None"):
            data["effect"] = attributes["effect"]
    return Call(f"{domain}.turn_on", data)


def _colour(color: str | None, state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a colour as a lamp takes it: a white by its temperature where the lamp has one."""
    if color is None:
        return {}
    colour = colours.parse(color)
    modes = state.get("attributes", {}).get("supported_color_modes", ())
    if colour.white_kelvin is not None and "color_temp" in modes:
        return {"color_temp_kelvin": round(colour.white_kelvin)}
    return {"rgb_color": list(colour.to_bytes())}
