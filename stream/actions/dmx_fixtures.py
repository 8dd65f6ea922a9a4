"""DMX fixtures: what stands at which address, what a colour means for their channels, and fading between two states.

Owns the channels' words and the arithmetic. Pure: the caller says what time it is. Knows nothing of sockets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from stream.actions import colours
from stream.actions.base import Refused
from stream.actions.light import Light
from trackers.spelling import near

CHANNELS: Final = 512
_COLOUR_CHANNELS: Final = ("red", "green", "blue", "white", "amber", "cyan", "magenta", "yellow")
_AMBER: Final = 0.75
"""How much green stands beside the red in the light of an amber lamp, roughly."""


def _universe(value: object) -> object:
    """Read `net:subnet:universe`, as Art-Net nodes show it, as one number."""
    parts = value.split(":") if isinstance(value, str) else []
    if len(parts) == 3 and all(part.isdecimal() for part in parts):
        net, subnet, universe = (int(part) for part in parts)
        if net < 128 and subnet < 16 and universe < 16:
            return (net << 8) | (subnet << 4) | universe
        raise ValueError(f"universe '{value}' must be net:subnet:universe with 0..127, 0..15 and 0..15")
    return value


Universe = Annotated[int, BeforeValidator(_universe), Field(ge=0, le=63999)]


class Fixture(BaseModel):
    """One lamp on the DMX line, as its manual describes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    address: int = Field(ge=1, le=CHANNELS, description="of its first channel, as set on the lamp")
    universe: Universe | None = Field(None, description="left out: the connection's; Art-Net also as net:subnet:universe")
    channels: tuple[str, ...] = Field(
        min_length=1, description="in their order: dimmer, red, green, blue, white, amber, cyan, magenta, yellow, or any word"
    )
    fixed: dict[str, int] = Field(default_factory=dict, description="values of channels that nothing else sets, 0..255")

    @field_validator("channels")
    @classmethod
    def _once(cls, channels: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({channel for channel in channels if channel and channels.count(channel) > 1})
        if twice:
            raise ValueError(f"channel '{twice[0]}' stands twice; give the second a name of its own, such as '{twice[0]} 2'")
        return channels

    @model_validator(mode="after")
    def _fits(self) -> "Fixture":
        if self.last > CHANNELS:
            raise ValueError(
                f"fixture '{self.name}' with {len(self.channels)} channels at {self.address} would end at {self.last}; "
                f"a universe has {CHANNELS}, so its address can be {CHANNELS - len(self.channels) + 1} at most"
            )
        for channel, value in self.fixed.items():
            if channel not in self.channels:
                raise ValueError(f"fixture '{self.name}' has no channel '{channel}'; {near(channel, self.channels)}")
            if not 0 <= value <= 255:
                raise ValueError(f"channel '{channel}' of fixture '{self.name}' must be 0..255, got {value}")
        return self

    @property
    def last(self) -> int:
        """Address of its last channel."""
        return self.address + len(self.channels) - 1

    def place(self, channel: str) -> int:
        """Return the 0-based place of a channel in the universe.

        Raises:
            Refused: it has no such channel.
        """
        if channel not in self.channels:
            raise Refused(f"fixture '{self.name}' has no channel '{channel}'; {near(channel, self.channels)}")
        return self.address - 1 + self.channels.index(channel)


def check_overlaps(fixtures: Sequence[Fixture], *, universe: int) -> None:
    """Raise ValueError if two fixtures share a name or an address.

    Args:
        universe: of fixtures that name none.
    """
    names: set[str] = set()
    ordered = sorted(fixtures, key=lambda each: (universe if each.universe is None else each.universe, each.address))
    for fixture in ordered:
        if fixture.name.casefold() in names:
            raise ValueError(f"two fixtures are called '{fixture.name}'; give each a name of its own")
        names.add(fixture.name.casefold())
    for first, second in zip(ordered, ordered[1:], strict=False):
        where = [universe if each.universe is None else each.universe for each in (first, second)]
        if where[0] == where[1] and second.address <= first.last:
            raise ValueError(
                f"fixtures '{first.name}' ({first.address}..{first.last}) and '{second.name}' "
                f"({second.address}..{second.last}) overlap in universe {where[0]}; move '{second.name}' to {first.last + 1}"
            )


@dataclass(slots=True)
class Look:
    """What a fixture is asked to show."""

    color: colours.Colour = colours.Colour((1.0, 1.0, 1.0))
    brightness: float = 1.0
    """0..1, of when it is on."""
    on: bool = False

    def follow(self, action: Light) -> None:
        """Change what the action names; a colour or a brightness above 0 also switches on."""
        if action.color is not None:
            self.color, self.on = colours.parse(action.color), True
        if action.brightness is not None:
            self.on = action.brightness > 0
            self.brightness = action.brightness / 100 if self.on else self.brightness
        if action.power is not None:
            self.on = action.power and action.brightness != 0


def levels_of(fixture: Fixture, look: Look) -> dict[str, int]:
    """Return the values, 0..255, of the channels that make a look. A fixture without a dimmer is dimmed by its colours.

    White and amber channels take what the colour holds of them, so that red, green and blue need less; a fixture with white
    or dimmer alone shows the brightness of the colour. Other channels are not named.
    """
    has = fixture.channels
    level = look.brightness if look.on else 0.0
    parts = _mix(look.color.rgb, has)
    if "dimmer" not in has:
        parts = {name: share * level for name, share in parts.items()}
    else:
        colourless = not any(name in has for name in _COLOUR_CHANNELS)
        parts["dimmer"] = level * (max(look.color.rgb) if colourless else 1.0)
    return {name: round(share * 255) for name, share in parts.items() if name in has}


def _mix(rgb: tuple[float, float, float], has: Sequence[str]) -> dict[str, float]:
    red, green, blue = rgb
    if {"cyan", "magenta", "yellow"} <= set(has) and "red" not in has:
        return {"cyan": 1 - red, "magenta": 1 - green, "yellow": 1 - blue}
    white = amber = 0.0
    if "red" not in has:
        return {"white": max(rgb), "amber": max(rgb)}
    if "white" in has:
        white = min(rgb)
        red, green, blue = red - white, green - white, blue - white
    if "amber" in has:
        amber = min(red, green / _AMBER)
        red, green = red - amber, green - amber * _AMBER
    return {"red": red, "green": green, "blue": blue, "white": white, "amber": amber}


class Fader:
    """The levels of all universes in time. Every channel goes on its own line from what it shows to its goal.

    Args:
        start: 512 levels for each universe.
    """

    def __init__(self, start: Mapping[int, bytes]) -> None:
        self._now = {universe: bytearray(levels) for universe, levels in start.items()}
        self._fades: dict[tuple[int, int], tuple[float, float, int, int]] = {}  # (universe, place): begin_s, end_s, from, to

    @property
    def is_fading(self) -> bool:
        return bool(self._fades)

    def go(self, universe: int, goals: Mapping[int, int], *, now_s: float, fade_s: float) -> None:
        """Send channels (0-based place: level) to their goals within `fade_s`."""
        shown = self.levels(universe, now_s)
        for place, goal in goals.items():
            if fade_s > 0 and shown[place] != goal:
                self._fades[universe, place] = now_s, now_s + fade_s, shown[place], goal
            else:
                self._fades.pop((universe, place), None)
                self._now[universe][place] = goal

    def goal(self, universe: int, place: int) -> int:
        """Return what a channel shows when its fade is over."""
        fade = self._fades.get((universe, place))
        return self._now[universe][place] if fade is None else fade[3]

    def levels(self, universe: int, now_s: float) -> bytes:
        """Return the 512 levels of a universe at a time; fades that are over are forgotten."""
        levels = self._now[universe]
        for (where, place), (begin_s, end_s, start, goal) in list(self._fades.items()):
            if where != universe:
                continue
            share = min(max((now_s - begin_s) / (end_s - begin_s), 0.0), 1.0)
            levels[place] = round(start + (goal - start) * share)
            if share >= 1.0:
                del self._fades[where, place]
        return bytes(levels)

    def finish(self) -> None:
        """Let all fades be over."""
        for (universe, place), (_, _, _, goal) in self._fades.items():
            self._now[universe][place] = goal
        self._fades.clear()

    def halt(self) -> None:
        """Stop all fades where they are."""
        self._fades.clear()
