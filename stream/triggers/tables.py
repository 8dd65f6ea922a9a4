"""The tables of a rule file as they are written: `[[trigger]]` and `[[mapping]]`.

Owns their fields, defaults and help texts; `trigger kinds` is made from these. Knows nothing of what the texts mean.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Mode = Literal["once", "toggle", "held"]


def _listed(value: object) -> object:
    """Let one thing stand where a list is expected."""
    return [value] if isinstance(value, str | dict) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
ActionTables = Annotated[tuple[dict[str, Any], ...], BeforeValidator(_listed)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field("", max_length=60, description="empty: its number, such as `trigger 2`")
    conditions: Texts = Field((), alias="while", description="all must hold: scene is Game, fist, not during brb")
    enabled: bool = Field(True, description="false: it waits until it is switched on")
    dry_run: bool = Field(False, description="only write down what it would do")


class TriggerTable(_Table):
    """When something happens, and while something holds, do something."""

    when: str = Field(description="t_pose, dab then t_pose within 2 s, jawOpen > 0.6, key f9, face lost, every 30 s …")
    do: ActionTables = Field(description="one action or several, done in order")
    undo: ActionTables = Field(
        (), description="done at the end of toggle or held; left out or empty: what was before is restored"
    )
    mode: Mode = Field("once", description="toggle: the second time undoes it; held: undone when the gesture ends")
    hold_s: float = Field(0.0, ge=0, le=3600, description="it must have lasted for so long")
    cooldown_s: float = Field(0.0, ge=0, le=86400, description="after it fired it does not fire again for so long")
    probability: float = Field(1.0, gt=0, le=1, description="it fires only this share of the times")
    hysteresis: float | None = Field(
        None, ge=0, description="how far a value must come back past its limit; left out: a tenth of the limit"
    )


class MappingTable(_Table):
    """A value of the body drives a value of a light or of another action."""

    value: str = Field(description="right_hand_height, head_roll, jawOpen, midi cc7 …")
    from_: tuple[float, float] = Field(alias="from", description="the value at both ends; beyond them it is held")
    to: tuple[Any, Any] = Field(description="what it becomes at both ends: numbers, or two colours")
    do: dict[str, Any] = Field(description="the action")
    field: str = Field(
        "",
        description="which of its fields; hue: a light's colour in degrees; channels.pan: in a table; empty: texts say {value}",
    )
    wrap: bool = Field(False, description="go round instead of stopping at the ends, for hues")
    smooth_s: float = Field(0.1, ge=0, le=10, description="time constant of the smoothing")
    dead_band: float = Field(0.01, ge=0, le=1, description="changes smaller than this share of the way are not sent")
    rate_hz: float = Field(30.0, gt=0, le=120, description="at most so many a second")


FILE_KEYS: Final = ("trigger", "mapping", "connections", "dry_run")
"""What may stand at the top of a rule file."""
