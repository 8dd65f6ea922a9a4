"""Yeelight bulbs: JSON lines over TCP ("LAN control", to be switched on in the Yeelight app).

Owns the conversation. A bulb takes 60 commands a minute, so changes are merged to one a second; what takes two or three
commands is sent as one scene where no fade is asked.
"""

import asyncio
import itertools
import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from stream.actions import colours, lan
from stream.actions.base import Action, Client, Connection, Order, Refused, Tools, Unreachable
from stream.actions.light import Light

TCP_PORT: Final = 55443
_CONNECT_S: Final = 3.0
_ANSWER_S: Final = 2.0
_PROPERTIES: Final = ("power", "bright", "color_mode", "rgb", "ct", "hue", "sat")
_LEAST_FADE_MS: Final = 30
_MIN_KELVIN: Final = 1700
_MAX_KELVIN: Final = 6500
_MODE_WHITE: Final = "2"
_MODE_HSV: Final = "3"

Command = tuple[str, list[Any]]


class YeelightRestore(Action):
    """Bring back a bulb; made by `capture`, never written in a rule."""

    kinds: ClassVar = ("yeelight",)
    action: Literal["yeelight.restore"] = "yeelight.restore"
    state: dict[str, str]
    fade_s: float | None = None

    @property
    def merge_key(self) -> str | None:
        """The bulb: all of it is brought back."""
        return "bulb"


class YeelightConnection(Connection):
    """One bulb or strip."""

    facts: ClassVar[Mapping[str, tuple[str, ...]]] = {"power": ("on", "off"), "brightness": ()}

    kind: Literal["yeelight"] = "yeelight"
    host: str = Field(description="IP address or name")
    port: int = Field(TCP_PORT, ge=1, le=65535)
    rate_hz: float = Field(1.0, gt=0, le=1.0, description="at most so many changes a second; a bulb takes 60 commands a minute")

    def client(self, name: str, *, tools: Tools) -> "Yeelight":
        return Yeelight(name, self, tools=tools)


class Yeelight(Client[YeelightConnection]):
    """One bulb. Facts: power, brightness."""

    def __init__(self, name: str, connection: YeelightConnection, *, tools: Tools) -> None:
        super().__init__(name, connection, tools=tools)
        self._writer: asyncio.StreamWriter | None = None
        self._reader: asyncio.Task[None] | None = None
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._lost = asyncio.Event()

    async def connect(self) -> str:
        conn = self.connection
        self._lost.clear()
        try:
            async with asyncio.timeout(_CONNECT_S):
                reader, self._writer = await asyncio.open_connection(conn.host, conn.port)
        except (OSError, TimeoutError) as error:
            raise Unreachable(
                f"the Yeelight at {conn.host} cannot be reached ({lan.words(error) or 'no answer'}); "
                "check its power, and that LAN control is on in the Yeelight app"
            ) from None
        self._reader = asyncio.create_task(self._read(reader))
        state = await self._state()
        return f"Yeelight at {conn.host}, {state['power']}, {state['bright']} %"

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                self._hear(line)
        except (OSError, ValueError):
            pass
        finally:
            self._lost.set()
            for waiting in self._waiting.values():
                waiting.cancel()

    def _hear(self, line: bytes) -> None:
        try:
            told = json.loads(line)
        except ValueError:
            return
        if not isinstance(told, dict):
            return
        if told.get("method") == "props":
            self._learn({name: str(value) for name, value in told.get("params", {}).items()})
        waiting = self._waiting.get(told.get("id", 0))
        if waiting is not None and not waiting.done():
            waiting.set_result(told)

    async def wait_lost(self) -> None:
        await self._lost.wait()

    async def perform(self, order: Order) -> None:
        match order.action:
            case Light() as action:
                if action.light:
                    raise Refused(f"{self.name} is one bulb and has no '{action.light}'; leave `light` out")
                fade_ms = 0 if order.streamed else round((action.fade_s or 0) * 1000)
                commands = light_commands(action, fade_ms=fade_ms, is_on=self.facts.get("power") == "on")
            case YeelightRestore() as action:
                commands = restore_commands(action.state, fade_ms=round((action.fade_s or 0) * 1000))
            case _:
                raise Refused(f"{self.name} is a Yeelight and cannot do {order.action.action}")
        for method, params in commands:
            await self._ask(method, params)
            if method in ("set_power", "set_scene"):  # it tells so itself, but perhaps after the next order
                self._learn({"power": params[0] if method == "set_power" else "on"})

    async def capture(self, action: Action) -> Action | None:
        if not isinstance(action, Light):
            return None
        return YeelightRestore(target=action.target, state=await self._state(), fade_s=action.fade_s)

    def check(self, action: Action) -> str | None:
        if isinstance(action, Light) and action.light:
            return f"{self.name} is one bulb and has no '{action.light}'; leave `light` out"
        return None

    async def _state(self) -> dict[str, str]:
        values = await self._ask("get_prop", list(_PROPERTIES))
        state = {name: str(value) for name, value in zip(_PROPERTIES, values, strict=False)}
        self._learn(state)
        return state

    def _learn(self, state: dict[str, str]) -> None:
        for fact, name in (("power", "power"), ("brightness", "bright")):
            if state.get(name):
                self.facts[fact] = state[name]

    async def _ask(self, method: str, params: list[Any]) -> list[Any]:
        """Send a command and wait for its result. Raises Unreachable, Refused."""
        if self._writer is None or self._lost.is_set():
            raise Unreachable(f"the Yeelight at {self.connection.host} went away; check its power and its network")
        number = next(self._numbers)
        answered = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self._writer.write(json.dumps({"id": number, "method": method, "params": params}).encode() + b"\r\n")
            await asyncio.wait((answered,), timeout=_ANSWER_S)
        finally:
            del self._waiting[number]
        if not answered.done() or answered.cancelled():
            raise Unreachable(f"the Yeelight at {self.connection.host} does not answer; check its power and its network")
        told = answered.result()
        if "error" in told:
            reason = str(told["error"].get("message", "no reason given"))
            raise Refused(f"the Yeelight at {self.connection.host} refused {method} ({reason})")
        return list(told.get("result", []))

    async def close(self) -> None:
        writer, self._writer = self._writer, None
        await lan.ended(self._reader)
        self._reader = None
        if writer is not None:
            writer.close()
            await lan.quietly(writer.wait_closed(), self.name)


def light_commands(action: Light, *, fade_ms: int, is_on: bool = False) -> list[Command]:
    """Return the commands that set a bulb: one scene where colour and brightness are set at once, else each by itself.

    Args:
        is_on: the bulb told that it is on. It takes 60 commands a minute: none is wasted.
    """
    how = _how(fade_ms)
    wanted = colours.parse(action.color) if action.color is not None else None
    if action.brightness == 0 or action.power is False or (wanted is not None and wanted.is_black):
        return [("set_power", ["off", *how])]
    bright = None if action.brightness is None else max(1, round(action.brightness))
    if wanted is not None and bright is not None and not fade_ms:
        white = wanted.white_kelvin is not None
        return [("set_scene", ["ct", _kelvin(wanted), bright] if white else ["color", _number(wanted), bright])]
    commands: list[Command] = []
    changes = wanted is not None or bright is not None
    if (action.power and not changes) or (changes and not is_on):
        commands.append(("set_power", ["on", *how]))  # a bulb that is off refuses everything else
    if wanted is not None and wanted.white_kelvin is not None:
        commands.append(("set_ct_abx", [_kelvin(wanted), *how]))
    elif wanted is not None:
        commands.append(("set_rgb", [_number(wanted), *how]))
    if bright is not None:
        commands.append(("set_bright", [bright, *how]))
    return commands


def restore_commands(state: dict[str, str], *, fade_ms: int) -> list[Command]:
    """Return the commands that bring a bulb back to what `get_prop` told."""
    bright = max(1, int(state.get("bright") or 100))
    how = _how(fade_ms)
    mode = state.get("color_mode")
    if mode == _MODE_WHITE:
        color: Command = ("set_scene", ["ct", int(state["ct"]), bright])
    elif mode == _MODE_HSV:
        color = ("set_scene", ["hsv", int(state["hue"]), int(state["sat"]), bright])
    else:
        color = ("set_scene", ["color", int(state.get("rgb") or 0xFFFFFF), bright])
    if state.get("power") != "on":
        return [color, ("set_power", ["off", *how])]
    return [color]


def _how(fade_ms: int) -> list[Any]:
    return ["smooth", fade_ms] if fade_ms >= _LEAST_FADE_MS else ["sudden", 0]


def _number(colour: colours.Colour) -> int:
    """Return the colour as 0xRRGGBB, at full value: brightness is set apart."""
    hue_deg, saturation, _ = colour.to_hsv()
    return int(colours.from_hsv(hue_deg, saturation).to_hex()[1:], 16)


def _kelvin(colour: colours.Colour) -> int:
    return min(max(round(colour.to_kelvin()), _MIN_KELVIN), _MAX_KELVIN)


ACTIONS: tuple[type[Action], ...] = ()
CONNECTIONS = (YeelightConnection,)
