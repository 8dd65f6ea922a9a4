"""WLED's JSON state: what an action asks of it, what is known of the device, what brings its state back.

Owns the keys of the JSON. Pure; the client in `wled.py` owns the connection.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from stream.actions import colours
from stream.actions.base import Action, Refused
from stream.actions.light import Light, subject_of
from stream.actions.wled_realtime import Rgb
from trackers.spelling import near

_SOLID: Final = 0
_SEGMENT_KEYS: Final = ("id", "on", "bri", "col", "fx", "sx", "ix", "pal")
_UNUSED_EFFECTS: Final = ("RSVD", "-")


class WledPreset(Action):
    """Show a preset that is saved on the device."""

    kinds: ClassVar = ("wled",)
    action: Literal["wled.preset"] = "wled.preset"
    preset: int | str = Field(description="number or name, as saved on the device")

    @property
    def merge_key(self) -> str | None:
        return "state"

    @property
    def subject(self) -> tuple[str, ...]:
        """See `Action`."""
        return subject_of("")


class WledEffect(Action):
    """Run one of the device's effects."""

    kinds: ClassVar = ("wled",)
    action: Literal["wled.effect"] = "wled.effect"
    effect: int | str = Field(description="name or number, as in the WLED app")
    light: str = Field("", description="which segment, by name or number; empty: all")
    speed: int | None = Field(None, ge=0, le=255)
    intensity: int | None = Field(None, ge=0, le=255)
    palette: int | str | None = Field(None, description="name or number")
    fade_s: float | None = Field(None, ge=0, le=60)

    @property
    def merge_key(self) -> str | None:
        return f"effect:{self.light}"

    @property
    def subject(self) -> tuple[str, ...]:
        """See `Action`."""
        return subject_of(self.light)


class WledRestore(Action):
    """Bring back a state; made by `capture`, never written in a rule."""

    kinds: ClassVar = ("wled",)
    action: Literal["wled.restore"] = "wled.restore"
    body: dict[str, Any]

    @property
    def merge_key(self) -> str | None:
        """What the body sets, without the values."""
        segments = [(segment.get("id"), sorted(segment)) for segment in self.body.get("seg", ())]
        return f"{sorted(self.body.keys() - {'seg', 'tt'})} {segments}"


@dataclass(slots=True)
class Device:
    """What is known of one device."""

    name: str = "WLED"
    version: str = ""
    leds: int = 0
    effects: list[str] = field(default_factory=list)
    palettes: list[str] = field(default_factory=list)
    presets: dict[int, str] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    """As the device last told."""

    @property
    def segments(self) -> list[dict[str, Any]]:
        """The segments in use."""
        return [segment for segment in self.state.get("seg", []) if segment.get("stop", 1) > 0]

    def find_segments(self, light: str) -> list[dict[str, Any]]:
        """Return the segments that `light` names; all for an empty name.

        Raises:
            Refused: there is none of that name or number.
        """
        if not light:
            return self.segments
        wanted = light.casefold()
        found = [s for s in self.segments if str(s.get("n", "")).casefold() == wanted or str(s.get("id")) == light]
        if not found:
            names = [str(s.get("n") or s.get("id")) for s in self.segments]
            raise Refused(f"{self.name} has no segment '{light}'; {near(light, names)}")
        return found

    def find_effect(self, effect: int | str) -> int:
        """Return an effect's number. Raises Refused."""
        return self._find(effect, self.effects, what="effect")

    def find_palette(self, palette: int | str) -> int:
        """Return a palette's number. Raises Refused."""
        return self._find(palette, self.palettes, what="palette")

    def find_preset(self, preset: int | str) -> int:
        """Return a preset's number. Raises Refused. A device that does not tell its presets is believed to have all."""
        number = _number(preset)
        if number is not None:
            if self.presets and number not in self.presets:
                raise Refused(f"{self.name} has no preset {number}; {_known(self.presets)}")
            return number
        for number, name in self.presets.items():
            if name.casefold() == str(preset).casefold():
                return number
        raise Refused(f"{self.name} has no preset '{preset}'; {near(str(preset), list(self.presets.values()))}")

    def _find(self, wanted: int | str, names: Sequence[str], *, what: str) -> int:
        usable = [name for name in names if name not in _UNUSED_EFFECTS]
        number = _number(wanted)
        if number is not None:
            if not 0 <= number < len(names):
                raise Refused(f"{self.name} has no {what} {number}; it has 0..{len(names) - 1}")
            return number
        by_case = {name.casefold(): place for place, name in enumerate(names) if name in usable}
        if str(wanted).casefold() not in by_case:
            raise Refused(f"{self.name} has no {what} '{wanted}'; {near(str(wanted), usable)}")
        return by_case[str(wanted).casefold()]


def light_body(action: Light, device: Device) -> dict[str, Any]:
    """Return the JSON that sets a light. A colour shows as it is written, on the solid effect; the strip's brightness stays.

    Raises:
        Refused: no such segment.
    """
    segments = device.find_segments(action.light)
    body: dict[str, Any] = _fade(action.fade_s)
    level: dict[str, Any] = {}
    if (on := _is_on(action)) is not None:
        level["on"] = on
    if action.brightness:
        level["bri"] = max(1, round(action.brightness * 255 / 100))
    each: dict[str, Any] = {}
    if action.color is not None:
        each = {"fx": _SOLID, "col": [list(colours.parse(action.color).to_bytes())]}
    if action.light:
        each |= level
        if level.get("on"):
            body["on"] = True
    else:
        body |= level
    if each:
        body["seg"] = [{"id": segment["id"], **each} for segment in segments]
    return body


def effect_body(action: WledEffect, device: Device) -> dict[str, Any]:
    """Return the JSON that starts an effect. Raises Refused."""
    each: dict[str, Any] = {"fx": device.find_effect(action.effect), "on": True}
    if action.speed is not None:
        each["sx"] = action.speed
    if action.intensity is not None:
        each["ix"] = action.intensity
    if action.palette is not None:
        each["pal"] = device.find_palette(action.palette)
    segments = [{"id": segment["id"], **each} for segment in device.find_segments(action.light)]
    return {"on": True, **_fade(action.fade_s), "seg": segments}


def restore_body(action: Light | WledEffect | WledPreset, device: Device) -> dict[str, Any]:
    """Return the JSON that brings the present state back, as far as `action` is about to change it. Raises Refused."""
    state = device.state
    light, fade_s = ("", None) if isinstance(action, WledPreset) else (action.light, action.fade_s)
    body: dict[str, Any] = _fade(fade_s)
    body["on"] = bool(state.get("on", True))
    if not light:
        body["bri"] = state.get("bri", 128)
    if not light and state.get("pl", -1) > 0:
        return body | {"ps": state["pl"]}  # a running playlist goes on by its preset, its segments would stand still
    body["seg"] = [{key: segment[key] for key in _SEGMENT_KEYS if key in segment} for segment in device.find_segments(light)]
    return body


def segment_color(segment: dict[str, Any]) -> Rgb:
    """Return the first colour of a segment."""
    columns = segment.get("col") or [[255, 255, 255]]
    red, green, blue = (int(channel) for channel in (list(columns[0]) + [0, 0, 0])[:3])
    return red, green, blue


def _is_on(action: Light) -> bool | None:
    if action.power is not None:
        return action.power and action.brightness != 0
    if action.brightness is not None:
        return action.brightness > 0
    return True if action.color is not None else None


def _fade(fade_s: float | None) -> dict[str, Any]:
    """`tt` holds for this change alone; `transition` would alter what the user has set on the device."""
    return {} if fade_s is None else {"tt": round(fade_s * 10)}


def _number(word: int | str) -> int | None:
    return int(word) if isinstance(word, int) or word.isdecimal() else None


def _known(presets: dict[int, str]) -> str:
    return "known: " + ", ".join(f"{number} {name}" for number, name in sorted(presets.items())[:12])
