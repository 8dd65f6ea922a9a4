"""DMX over the network: the actions and the client that Art-Net and sACN share.

Owns when packets go: at once on a change, 40 a second during a fade, and every 0.8 s otherwise, so that a node does not think
us gone. The bytes are `artnet.py`'s and `sacn.py`'s, the arithmetic `dmx_fixtures.py`'s.
"""

import asyncio
import time
from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Final, Literal, TypeVar

from pydantic import Field, field_validator, model_validator

from stream.actions import lan
from stream.actions.base import Action, Client, Connection, Order, Refused, Tools, Unreachable
from stream.actions.colours import Colour
from stream.actions.dmx_fixtures import CHANNELS, Fader, Fixture, Look, Universe, check_overlaps, levels_of
from stream.actions.light import Light, subject_of
from stream.hosts import HostOrNone
from trackers.spelling import near

FRAME_S: Final = 1 / 40
KEEP_ALIVE_S: Final = 0.8


class DmxSet(Action):
    """Set channels of a fixture to raw values."""

    kinds: ClassVar = ("artnet", "sacn")
    action: Literal["dmx.set"] = "dmx.set"
    fixture: str
    channels: dict[str, int] = Field(min_length=1, description="channel to value, 0..255: { strobe = 128 }")
    fade_s: float | None = Field(None, ge=0, le=60)

    @field_validator("channels")
    @classmethod
    def _in_range(cls, channels: dict[str, int]) -> dict[str, int]:
        for name, value in channels.items():
            if not 0 <= value <= 255:
                raise ValueError(f"channel '{name}' must be 0..255, got {value}")
        return channels

    @property
    def merge_key(self) -> str | None:
        return f"{self.fixture}:{','.join(sorted(self.channels))}"

    @property
    def subject(self) -> tuple[str, ...]:
        """See `Action`."""
        return subject_of(self.fixture)


class DmxRestore(Action):
    """Bring back channels; made by `capture`, never written in a rule."""

    kinds: ClassVar = ("artnet", "sacn")
    action: Literal["dmx.restore"] = "dmx.restore"
    levels: dict[str, dict[str, int]]
    """By fixture and channel."""
    looks: dict[str, tuple[tuple[float, float, float], float, bool]]
    fade_s: float | None = None

    @property
    def merge_key(self) -> str | None:
        """The channels."""
        return ",".join(f"{fixture}.{channel}" for fixture, levels in sorted(self.levels.items()) for channel in sorted(levels))


class DmxConnection(Connection):
    """What Art-Net and sACN connections have in common."""

    host: HostOrNone = Field("", description="the node's IP address or name; empty: broadcast or multicast")
    port: int = Field(ge=1, le=65535)
    universe: Universe
    fixtures: tuple[Fixture, ...] = ()
    rate_hz: float = Field(40.0, gt=0, le=44, description="at most so many changes a second")
    interface: str = Field(lan.ANY, description="IP address of the network card to send from; left out: as the system chooses")

    @model_validator(mode="after")
    def _apart(self) -> "DmxConnection":
        check_overlaps(self.fixtures, universe=self.universe)
        return self

    @property
    def universes(self) -> tuple[int, ...]:
        """All that fixtures stand in."""
        return tuple(sorted({self.universe_of(fixture) for fixture in self.fixtures} or {self.universe}))

    def universe_of(self, fixture: Fixture) -> int:
        """Return the universe of a fixture."""
        return self.universe if fixture.universe is None else fixture.universe


D = TypeVar("D", bound=DmxConnection)


class DmxClient(Client[D]):
    """Fixtures on a DMX network. What they show stays when the client closes, and fades then jump to their goals; rules bring
    back what they changed before.
    """

    def __init__(self, name: str, connection: D, *, tools: Tools) -> None:
        super().__init__(name, connection, tools=tools)
        self._looks = {fixture.name: Look() for fixture in connection.fixtures}
        self._fader = Fader(self._rest_levels())
        self._udp: lan.Udp | None = None
        self._beat: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._sent_s = float("-inf")

    @abstractmethod
    def packet(self, universe: int, levels: bytes) -> bytes:
        """Return the next packet of a universe: 512 levels."""

    @abstractmethod
    async def open(self) -> tuple[lan.Udp, str]:
        """Return the socket, and a line for people that says where packets go. Raises Unreachable."""

    @abstractmethod
    def address(self, universe: int) -> lan.Address:
        """Return where the packets of a universe go."""

    def farewell(self) -> None:
        """Send what the protocol wants sent at the end; Art-Net wants nothing."""

    async def connect(self) -> str:
        self._udp, where = await self.open()
        self._send()
        self._beat = asyncio.create_task(self._keep_sending())
        count = len(self.connection.fixtures)
        return f"{where}, {count} fixture{'' if count == 1 else 's'}"

    async def perform(self, order: Order) -> None:
        action = order.action
        fade_s = 0.0 if order.streamed else getattr(action, "fade_s", None) or 0.0
        match action:
            case Light():
                for fixture in self._named(action.light):
                    look = self._looks[fixture.name]
                    look.follow(action)
                    self._go(fixture, levels_of(fixture, look), fade_s)
            case DmxSet():
                (fixture,) = self._named(action.fixture)
                self._go(fixture, action.channels, fade_s)
            case DmxRestore():
                self._restore(action, fade_s)
            case _:
                raise Refused(f"{self.name} is a DMX line and cannot do {action.action}")
        self._changed.set()
        if time.monotonic() - self._sent_s >= FRAME_S:
            self._send()
        if self._udp is None or self._udp.fault is not None:
            reason = lan.words(self._udp.fault) if self._udp is not None and self._udp.fault is not None else "closed"
            raise Unreachable(f"{self.name} cannot send DMX packets ({reason}); check the network, and `host` or `interface`")

    async def capture(self, action: Action) -> Action | None:
        if not isinstance(action, Light | DmxSet):
            return None
        levels: dict[str, dict[str, int]] = {}
        looks = {}
        for fixture in self._named(action.light if isinstance(action, Light) else action.fixture):
            universe = self.connection.universe_of(fixture)
            changed = levels_of(fixture, Look()) if isinstance(action, Light) else action.channels
            levels[fixture.name] = {channel: self._fader.goal(universe, fixture.place(channel)) for channel in changed}
            look = self._looks[fixture.name]
            looks[fixture.name] = (look.color.rgb, look.brightness, look.on)
        return DmxRestore(target=action.target, levels=levels, looks=looks, fade_s=action.fade_s)

    def check(self, action: Action) -> str | None:
        try:
            if isinstance(action, Light):
                self._named(action.light)
            elif isinstance(action, DmxSet):
                (fixture,) = self._named(action.fixture)
                for channel in action.channels:
                    fixture.place(channel)
        except Refused as error:
            return str(error)
        return None

    async def halt(self) -> None:
        self._fader.halt()

    async def close(self) -> None:
        await lan.ended(self._beat)
        self._beat = None
        if self._udp is not None:
            if self._changed.is_set():  # a fade that nobody would carry on, or a change that waited for the next beat
                self._fader.finish()
                self._send()
            self.farewell()
            udp, self._udp = self._udp, None
            await asyncio.sleep(0)
            udp.close()

    def send_all(self, data: Mapping[int, bytes]) -> None:
        """Send one packet for each universe."""
        if self._udp is not None:
            for universe, packet in data.items():
                self._udp.send(packet, self.address(universe))

    def levels(self, universe: int) -> bytes:
        """Return what a universe shows now."""
        return self._fader.levels(universe, time.monotonic())

    def _restore(self, action: DmxRestore, fade_s: float) -> None:
        for name, levels in action.levels.items():
            (fixture,) = self._named(name)
            rgb, brightness, on = action.looks[name]
            self._looks[fixture.name] = Look(Colour(rgb), brightness, on)
            self._go(fixture, levels, fade_s)

    def _named(self, name: str) -> tuple[Fixture, ...]:
        """Return the fixture of that name; all for an empty name. Raises Refused."""
        if not name:
            if not self.connection.fixtures:
                raise Refused(f"{self.name} has no fixtures; add [[connections.{self.name}.fixtures]] to the rules")
            return self.connection.fixtures
        found = tuple(fixture for fixture in self.connection.fixtures if fixture.name.casefold() == name.casefold())
        if not found:
            raise Refused(f"{self.name} has no fixture '{name}'; {near(name, [f.name for f in self.connection.fixtures])}")
        return found

    def _go(self, fixture: Fixture, levels: Mapping[str, int], fade_s: float) -> None:
        goals = {fixture.place(channel): level for channel, level in levels.items()}
        self._fader.go(self.connection.universe_of(fixture), goals, now_s=time.monotonic(), fade_s=fade_s)

    def _rest_levels(self) -> dict[int, bytes]:
        """Return the first levels: nothing, but for the channels with a fixed value."""
        universes = {universe: bytearray(CHANNELS) for universe in self.connection.universes}
        for fixture in self.connection.fixtures:
            for channel, level in fixture.fixed.items():
                universes[self.connection.universe_of(fixture)][fixture.place(channel)] = level
        return {universe: bytes(levels) for universe, levels in universes.items()}

    def _send(self) -> None:
        self._sent_s = time.monotonic()
        if not self._fader.is_fading:
            self._changed.clear()
        self.send_all({universe: self.packet(universe, self.levels(universe)) for universe in self.connection.universes})

    async def _keep_sending(self) -> None:
        while True:
            try:
                async with asyncio.timeout(max(0.0, self._sent_s + KEEP_ALIVE_S - time.monotonic())):
                    await self._changed.wait()
            except TimeoutError:
                self._send()
                continue
            while (left_s := self._sent_s + FRAME_S - time.monotonic()) > 0:
                await asyncio.sleep(left_s)  # and again, if a change was sent at once meanwhile
            if self._changed.is_set():
                self._send()


ACTIONS = (DmxSet,)
CONNECTIONS = ()
