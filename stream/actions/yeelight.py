"""Yeelight bulbs: JSON lines over TCP ("LAN control", to be switched on in the Yeelight app).

Owns the conversation. A bulb takes 60 commands a minute, questions included, so changes are merged to one a second, each is as
few commands as there can be, and commands beyond the quota wait for it.
"""

import asyncio
import itertools
import json
import time
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from stream.actions import colours, lan
from stream.actions.base import Action, Client, Connection, Order, Refused, Tools, Unreachable
from stream.actions.light import Light
from stream.hosts import Host

TCP_PORT: Final = 55443
_CONNECT_S: Final = 3.0
_ANSWER_S: Final = 2.0
_PROPERTIES: Final = ("power", "bright", "color_mode", "rgb", "ct", "hue", "sat")
_LEAST_FADE_MS: Final = 30
_LEAST_FLOW_MS: Final = 50
QUOTA: Final = 60
QUOTA_S: Final = 60.0
BURST: Final = 6
"""So many commands may go at once: a gesture is answered without waiting, also if the one before was just undone."""
_MIN_KELVIN: Final = 1700
_MAX_KELVIN: Final = 6500
_MODE_WHITE: Final = "2"
_MODE_HSV: Final = "3"
_FLOW_COLOR: Final = 1
_FLOW_WHITE: Final = 2
_FLOW_STAYS: Final = 1  # after it; 0: what was before comes back, 2: off

Command = tuple[str, list[Any]]


class Quota:
    """At most `count` commands in any `per_s` seconds: `burst` of them at once, the others evenly. The caller says the time."""

    def __init__(self, count: int = QUOTA, per_s: float = QUOTA_S, *, burst: int = BURST) -> None:
        self._gap_s = per_s / (count - burst)
        self._slack_s = (burst - 1) * self._gap_s
        self._even_s = float("-inf")  # when the next would go if all went evenly

    def free_s(self) -> float:
        """Return the time from which on one more may go."""
        return self._even_s - self._slack_s

    def take(self, now_s: float) -> None:
        """One goes now."""
        self._even_s = max(self._even_s, now_s) + self._gap_s


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
    host: Host = Field(description="IP address or name")
    port: int = Field(TCP_PORT, ge=1, le=65535)
    timeout_s: float = Field(8.0, gt=0, le=60, description="waiting until the bulb takes one more command counts, too")
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
        self._quota = Quota()

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
        except (ValueError, RecursionError):
            return
        if not isinstance(told, dict):
            return
        params, number = told.get("params"), told.get("id")
        if told.get("method") == "props" and isinstance(params, dict):
            self._learn({name: str(value) for name, value in params.items()})
        waiting = self._waiting.get(number) if isinstance(number, int) else None
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
        await self._pace()
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
        self.steps += 1
        return list(told.get("result", []))

    async def _pace(self) -> None:
        """Wait until the bulb takes one more command."""
        while (wait_s := self._quota.free_s() - time.monotonic()) > 0:
            await asyncio.sleep(wait_s)
        self._quota.take(time.monotonic())

    async def close(self) -> None:
        writer, self._writer = self._writer, None
        await lan.ended(self._reader)
        self._reader = None
        if writer is not None:
            writer.close()
            await lan.quietly(writer.wait_closed(), self.name)


def light_commands(action: Light, *, fade_ms: int, is_on: bool = False) -> list[Command]:
    """Return the commands that set a bulb: one where colour and brightness are set at once, else one for each.

    Args:
        is_on: the bulb told that it is on. It takes 60 commands a minute: none is wasted.
    """
    how = _how(fade_ms)
    wanted = colours.parse(action.color) if action.color is not None else None
    if action.brightness == 0 or action.power is False or (wanted is not None and wanted.is_black):
        return [("set_power", ["off", *how])]
    bright = None if action.brightness is None else max(1, round(action.brightness))
    if wanted is not None and bright is not None:
        return [_scene(wanted, bright, fade_ms)]
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


def _scene(wanted: colours.Colour, bright: int, fade_ms: int) -> Command:
    """Return the one command that switches on, with colour and brightness; a fade is a colour flow of one step that stays."""
    white = wanted.white_kelvin is not None
    value = _kelvin(wanted) if white else _number(wanted)
    if fade_ms < _LEAST_FADE_MS:
        return "set_scene", ["ct" if white else "color", value, bright]
    step = f"{max(fade_ms, _LEAST_FLOW_MS)},{_FLOW_WHITE if white else _FLOW_COLOR},{value},{bright}"
    return "set_scene", ["cf", 1, _FLOW_STAYS, step]


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
