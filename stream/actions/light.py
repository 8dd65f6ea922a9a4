"""The one action that every kind of light understands.

Owns its fields and what merging means for it. Knows nothing of any lamp; colours are `colours.py`'s.
"""

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from stream.actions import colours
from stream.actions.base import Action

LIGHT_KINDS = ("wled", "hue", "lifx", "yeelight", "artnet", "sacn", "home-assistant", "mqtt")
"""Kinds of connection that are lights, or hold some."""


class Light(Action):
    """Set a light. What is left out stays as it is; a colour or a brightness above 0 also switches it on."""

    kinds: ClassVar = LIGHT_KINDS

    action: Literal["light"] = "light"
    light: str = Field("", description="which lamp, group or fixture of the connection; empty: all of it")
    color: str | None = Field(None, description="purple, #8000ff, rgb(128, 0, 255), hsl(270, 100%, 50%), or 2700K")
    brightness: float | None = Field(None, ge=0, le=100, description="per cent; 0 is off")
    power: bool | None = Field(None, description="on or off")
    fade_s: float | None = Field(None, ge=0, le=60, description="how long the change takes; left out: as the light does it")

    @field_validator("color")
    @classmethod
    def _readable(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                colours.parse(value)
            except colours.BadColour as error:
                raise ValueError(str(error)) from None
        return value

    @property
    def merge_key(self) -> str | None:
        return f"light:{self.light}:{','.join(sorted(self.model_fields_set & {'color', 'brightness', 'power'}))}"

    @property
    def subject(self) -> tuple[str, ...]:
        """The lamp, whichever of its properties; all lamps, if none is named."""
        return subject_of(self.light)


def subject_of(light: str) -> tuple[str, ...]:
    """Return the subject (`Action.subject`) of what changes a lamp; empty: all of them, or nobody knows which."""
    return ("light", light) if light else ("light",)
