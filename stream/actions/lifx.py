"""LIFX lamps on the local network: UDP, each command acknowledged and repeated up to three times; streamed ones are not.

Owns finding the lamps and the conversation. The bytes are `lifx_packets.py`'s. A lamp is named by its label, as in the app.
"""

import asyncio
import random
import re
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Literal

from pydantic import Field, field_validator

from stream.actions import colours, lan
from stream.actions import lifx_packets as wire
from stream.actions.base import Action, Client, Connection, Order, Refused, Tools, Unreachable
from stream.actions.lifx_packets import Hsbk, LightState, Packet
from stream.actions.light import Light
from stream.hosts import HostOrNone
from trackers.spelling import near

ATTEMPTS: Final = 4
"""Once, and three times again."""
_ANSWER_S: Final = 0.25
_SEARCH_S: Final = 0.3
_SEARCHES: Final = 3
_MAC: Final = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")


class LifxRestore(Action):
    """Bring back lamps; made by `capture`, never written in a rule."""

    kinds: ClassVar = ("lifx",)
    action: Literal["lifx.restore"] = "lifx.restore"
    states: dict[str, tuple[int, int, int, int, bool]]
    """By MAC address: hue, saturation, brightness, kelvin, on."""
    fade_s: float | None = None

    @property
    def merge_key(self) -> str | None:
        """The lamps: all of each is brought back."""
        return ",".join(sorted(self.states))


class LifxConnection(Connection):
    """LIFX lamps: one by its address, one by its label or MAC address, or all that answer."""

    kind: Literal["lifx"] = "lifx"
    host: HostOrNone = Field("", description="IP address or name of one lamp; empty: they are looked for")
    label: str = Field("", description="only the lamp of this name in the LIFX app")
    mac: str = Field("", description="only this lamp: d0:73:d5:01:02:03, as on its base")
    port: int = Field(wire.UDP_PORT, ge=1, le=65535)
    broadcast: str = Field("255.255.255.255", description="where lamps are looked for")
    rate_hz: float = Field(10.0, gt=0, le=20, description="at most so many a second; a lamp stands 20")

    @field_validator("mac")
    @classmethod
    def _mac(cls, value: str) -> str:
        value = value.casefold()
        if value and not _MAC.fullmatch(value):
            raise ValueError(f"mac '{value}' must be six pairs of 0..9 and a..f, such as d0:73:d5:01:02:03")
        return value

    def client(self, name: str, *, tools: Tools) -> "Lifx":
        return Lifx(name, self, tools=tools)

    def stream_rate_hz(self) -> float:
        return max(self.rate_hz, 20.0)


@dataclass(slots=True)
class Lamp:
    """One lamp that was found."""

    target: bytes
    address: lan.Address
    state: LightState

    @property
    def mac(self) -> str:
        return self.target[:6].hex(":")


class Lifx(Client[LifxConnection]):
    """One or more lamps."""

    def __init__(self, name: str, connection: LifxConnection, *, tools: Tools) -> None:
        super().__init__(name, connection, tools=tools)
        self._source = random.randrange(2, 1 << 32)
        self._sequence = random.randrange(256)
        self._udp: lan.Udp | None = None
        self._found: dict[bytes, lan.Address] = {}
        self._waiting: dict[tuple[bytes, int], asyncio.Future[Packet]] = {}
        self._lamps: list[Lamp] = []

    async def connect(self) -> str:
        self._found.clear()
        self._udp = await lan.Udp.open(self._hear, broadcast=True)
        await self._search()
        met = await asyncio.gather(*(self._meet(*each) for each in sorted(self._found.items())), return_exceptions=True)
        lamps = [lamp for lamp in met if isinstance(lamp, Lamp)]  # one that does not answer must not spoil the others
        self._lamps = [lamp for lamp in lamps if self._is_wanted(lamp)]
        if not self._lamps:
            labels = [lamp.state.label for lamp in lamps]
            wanted = self.connection.label or self.connection.mac
            raise Unreachable(f"no LIFX lamp '{wanted}' answers; {near(wanted, labels)}")
        return f"LIFX: {', '.join(lamp.state.label or lamp.mac for lamp in self._lamps)}"

    async def _search(self) -> None:
        """Ask who is there, a few times, as packets get lost; one lamp is enough if one was named by its address."""
        conn = self.connection
        to = await lan.address_of(conn.host or conn.broadcast, conn.port, what="the LIFX lamp")
        for _ in range(_SEARCHES):
            self._send(wire.GET_SERVICE, wire.EVERYBODY, to, wants_answer=True)
            for _ in range(round(_SEARCH_S / 0.02)):
                await asyncio.sleep(0.02)
                if conn.host and self._found:
                    return
        if not self._found:
            who = f"LIFX lamp at {conn.host}" if conn.host else "LIFX lamp on this network"
            raise Unreachable(f"no {who} answers; check its power, and that computer and lamp are in one network")

    async def _meet(self, target: bytes, address: lan.Address) -> Lamp:
        lamp = Lamp(target, address, LightState(Hsbk(0, 0, 0, 3500), False, ""))
        await self._ask(lamp)
        return lamp

    def _is_wanted(self, lamp: Lamp) -> bool:
        label, mac = self.connection.label, self.connection.mac
        return (not label or lamp.state.label.casefold() == label.casefold()) and (not mac or lamp.mac == mac)

    async def perform(self, order: Order) -> None:
        match order.action:
            case Light() as action:
                await _all(self._set(lamp, action, order.streamed) for lamp in self._named(action.light))
            case LifxRestore() as action:
                await _all(self._restore(lamp, action) for lamp in self._lamps if lamp.mac in action.states)
            case _:
                raise Refused(f"{self.name} is a LIFX lamp and cannot do {order.action.action}")

    async def _set(self, lamp: Lamp, action: Light, streamed: bool) -> None:
        if not streamed:  # SetColor sets all, and others may have changed the lamp since
            await self._ask(lamp)
        fade_ms = 0 if streamed else round((action.fade_s or 0) * 1000)
        on = is_on(action)
        color = color_of(action, lamp.state.color)
        if on is not False and color != lamp.state.color:
            was_off = not lamp.state.is_on and on
            await self._set_color(lamp, color, 0 if was_off else fade_ms, streamed)
        if on is not None and on != lamp.state.is_on:
            await self._set_power(lamp, on, fade_ms, streamed)

    async def _restore(self, lamp: Lamp, action: LifxRestore) -> None:
        hue, saturation, brightness, kelvin, on = action.states[lamp.mac]
        fade_ms = round((action.fade_s or 0) * 1000)
        if not on:
            await self._set_power(lamp, False, fade_ms, False)
        await self._set_color(lamp, Hsbk(hue, saturation, brightness, kelvin), fade_ms if on else 0, False)
        if on:
            await self._set_power(lamp, True, fade_ms, False)

    async def _set_color(self, lamp: Lamp, color: Hsbk, fade_ms: int, streamed: bool) -> None:
        await self._command(lamp, wire.SET_COLOR, wire.color_payload(color, fade_ms=fade_ms), streamed)
        lamp.state = replace(lamp.state, color=color)

    async def _set_power(self, lamp: Lamp, on: bool, fade_ms: int, streamed: bool) -> None:
        if fade_ms:
            await self._command(lamp, wire.SET_LIGHT_POWER, wire.light_power_payload(on, fade_ms=fade_ms), streamed)
        else:
            await self._command(lamp, wire.SET_POWER, wire.power_payload(on), streamed)
        lamp.state = replace(lamp.state, is_on=on)

    async def capture(self, action: Action) -> Action | None:
        if not isinstance(action, Light):
            return None
        lamps = self._named(action.light)
        await _all(self._ask(lamp) for lamp in lamps)
        states = {}
        for lamp in lamps:
            color = lamp.state.color
            states[lamp.mac] = (color.hue, color.saturation, color.brightness, color.kelvin, lamp.state.is_on)
        return LifxRestore(target=action.target, states=states, fade_s=action.fade_s)

    def check(self, action: Action) -> str | None:
        try:
            if isinstance(action, Light):
                self._named(action.light)
        except Refused as error:
            return str(error)
        return None

    def _named(self, name: str) -> list[Lamp]:
        """Return the lamps of a label or MAC address; all for an empty name. Raises Refused."""
        found = [lamp for lamp in self._lamps if not name or name.casefold() in (lamp.state.label.casefold(), lamp.mac)]
        if not found:
            raise Refused(f"{self.name} has no lamp '{name}'; {near(name, [lamp.state.label for lamp in self._lamps])}")
        return found

    async def _ask(self, lamp: Lamp) -> None:
        """Learn a lamp's state. Raises Unreachable."""
        answer = await self._converse(lamp, wire.GET_LIGHT, b"", wants_answer=True)
        state = wire.read_state(answer.payload) if answer.kind == wire.LIGHT_STATE else None
        if state is not None:
            lamp.state = state

    async def _command(self, lamp: Lamp, kind: int, payload: bytes, streamed: bool) -> None:
        if streamed:
            self._send(kind, lamp.target, lamp.address, payload)
        else:
            await self._converse(lamp, kind, payload, wants_ack=True)

    async def _converse(
        self, lamp: Lamp, kind: int, payload: bytes, *, wants_ack: bool = False, wants_answer: bool = False
    ) -> Packet:
        """Send until the lamp answers; every attempt bears one number, so that a late answer counts too. Raises Unreachable."""
        sequence = self._next()
        answered: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()
        self._waiting[lamp.target, sequence] = answered
        try:
            for _ in range(ATTEMPTS):
                self._send(kind, lamp.target, lamp.address, payload, wants_ack, wants_answer, sequence)
                done, _ = await asyncio.wait((answered,), timeout=_ANSWER_S)
                if done:
                    return answered.result()
        finally:
            del self._waiting[lamp.target, sequence]
        who = f"'{lamp.state.label}' at {lamp.address[0]}" if lamp.state.label else f"at {lamp.address[0]}"
        raise Unreachable(f"the LIFX lamp {who} does not answer ({ATTEMPTS} attempts); check its power and its network")

    def _hear(self, data: bytes, address: lan.Address) -> None:
        packet = wire.decode(data)
        if packet is None or packet.source != self._source:
            return
        if packet.kind == wire.STATE_SERVICE:
            port = wire.read_service(packet.payload)
            if port is not None:
                self._found[packet.target] = address[0], port
            return
        waiting = self._waiting.get((packet.target, packet.sequence))
        if waiting is not None and not waiting.done() and packet.kind in (wire.ACKNOWLEDGEMENT, wire.LIGHT_STATE):
            waiting.set_result(packet)

    def _send(
        self,
        kind: int,
        target: bytes,
        to: lan.Address,
        payload: bytes = b"",
        wants_ack: bool = False,
        wants_answer: bool = False,
        sequence: int | None = None,
    ) -> None:
        if self._udp is None:
            raise Unreachable(f"{self.name} is not connected")
        number = self._next() if sequence is None else sequence
        tagged = target == wire.EVERYBODY
        self._udp.send(Packet(kind, self._source, number, target, payload, wants_answer, wants_ack, tagged).encode(), to)

    def _next(self) -> int:
        self._sequence = (self._sequence + 1) % 256
        return self._sequence

    async def close(self) -> None:
        udp, self._udp = self._udp, None
        if udp is not None:
            udp.close()


async def _all(what: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do all at once and to the end; then raise what went wrong first."""
    for result in await asyncio.gather(*what, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result


def is_on(action: Light) -> bool | None:
    """Return whether an action switches on or off; None: neither."""
    if action.brightness == 0 or action.power is False:
        return False
    if action.color is not None and colours.parse(action.color).is_black:
        return False
    return True if action.power or action.brightness or action.color is not None else None


def color_of(action: Light, now: Hsbk) -> Hsbk:
    """Return the colour that an action makes of the present one: hue and saturation, at the brightness that there is."""
    color = now
    if action.color is not None:
        wanted = colours.parse(action.color)
        hue_deg, saturation, _ = wanted.to_hsv()
        if wanted.white_kelvin is not None:
            color = replace(color, saturation=0, kelvin=round(wanted.white_kelvin))
        else:
            color = replace(color, hue=round(hue_deg / 360 * 65536) % 65536, saturation=round(saturation * 65535))
    if action.brightness:
        color = replace(color, brightness=round(action.brightness / 100 * 65535))
    return color


ACTIONS: tuple[type[Action], ...] = ()
CONNECTIONS = (LifxConnection,)
