"""WLED strips: JSON over a WebSocket, or over HTTP where that fails, and UDP realtime for mapped values.

Owns the connection. What is asked stands in `wled_state.py`, the UDP bytes in `wled_realtime.py`. While realtime packets come,
the device shows them; two seconds after the last it goes back by itself to what it showed before. A mapping sends nothing while
its value rests, so the last frame is repeated for a while.
"""

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal

import httpx
from pydantic import Field
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from stream.actions import colours, lan, wled_realtime, wled_state
from stream.actions.base import Action, Client, Connection, Order, Refused, Tools, Unreachable
from stream.actions.light import Light
from stream.actions.wled_state import Device, WledEffect, WledPreset, WledRestore
from stream.hosts import Host, bracketed

_REPEAT_S: Final = 0.8
log = logging.getLogger(__name__)
_PUSH_S: Final = 1.0
"""The device tells its new state in some milliseconds; longer, and the socket is taken for dead."""


class WledConnection(Connection):
    """A WLED device."""

    facts: ClassVar[Mapping[str, tuple[str, ...]]] = {"power": ("on", "off"), "brightness": (), "effect": (), "preset": ()}

    kind: Literal["wled"] = "wled"
    host: Host = Field(description="IP address, or name such as wled-desk.local")
    port: int = Field(80, ge=1, le=65535)
    udp_port: int = Field(wled_realtime.UDP_PORT, ge=1, le=65535, description="for realtime, as set on the device")
    leds: int | None = Field(None, ge=1, le=8192, description="how many; left out: as the device says")
    stream_hz: float = Field(40.0, gt=0, le=100, description="at most so many realtime frames a second")
    hold_s: float = Field(10.0, ge=0, le=3600, description="so long a mapped value that rests is held; then the strip returns")

    def client(self, name: str, *, tools: Tools) -> "Wled":
        return Wled(name, self, tools=tools)

    def stream_rate_hz(self) -> float:
        return self.stream_hz


class Wled(Client[WledConnection]):
    """One WLED device. Facts: power, brightness (per cent), effect, preset."""

    def __init__(self, name: str, connection: WledConnection, *, tools: Tools) -> None:
        super().__init__(name, connection, tools=tools)
        self.device = Device()
        self._http: httpx.AsyncClient | None = None
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._pushed = asyncio.Event()
        self._lost = asyncio.Event()
        self._udp: lan.Udp | None = None
        self._udp_address: lan.Address = ("", 0)
        self._mixed: dict[int, tuple[colours.Colour, float]] = {}  # by segment: what is streamed, and its brightness 0..1
        self._streamed_s = float("-inf")
        self._framed_s = float("-inf")
        self._holder: asyncio.Task[None] | None = None

    async def connect(self) -> str:
        conn = self.connection
        self._lost.clear()
        timeout_s = min(conn.timeout_s, 3.0)
        self._http = httpx.AsyncClient(
            base_url=f"http://{bracketed(conn.host)}:{conn.port}", timeout=timeout_s, trust_env=False
        )
        try:
            await self._read_device()
        except Refused as error:
            raise Unreachable(str(error)) from None
        self._udp_address = await lan.address_of(conn.host, conn.udp_port, what="WLED")
        self._udp = await lan.Udp.open()
        over = "WebSocket" if await self._open_socket() else "HTTP"
        return f"WLED {self.device.version} '{self.device.name}', {self.device.leds} lamps, over {over}"

    async def _read_device(self) -> None:
        info = await self._get("/json/info")
        self.device = Device(
            name=str(info.get("name") or "WLED"),
            version=str(info.get("ver", "")),
            leds=self.connection.leds or int(info.get("leds", {}).get("count", 0)),
            effects=await self._get("/json/eff"),
            palettes=await self._get("/json/pal"),
            presets=await self._presets(),
        )
        self._learn(await self._get("/json/state"))

    async def _presets(self) -> dict[int, str]:
        try:
            saved = await self._get("/presets.json")
        except (Refused, Unreachable):  # not every build tells them; numbers still work
            return {}
        return {int(key): str(preset.get("n", key)) for key, preset in saved.items() if key != "0" and preset}

    async def _open_socket(self) -> bool:
        """Open the WebSocket; a device whose few places are taken is spoken to over HTTP."""
        url = f"ws://{bracketed(self.connection.host)}:{self.connection.port}/ws"
        try:
            self._socket = await connect(url, open_timeout=2, close_timeout=0.3, ping_interval=5, proxy=None, compression=None)
        except (WebSocketException, OSError, TimeoutError) as error:
            log.info("no WebSocket at %s (%s); HTTP is used", url, error)
            return False
        self._pushed.clear()
        self._reader = asyncio.create_task(self._read(self._socket))
        try:
            async with asyncio.timeout(_PUSH_S):
                await self._pushed.wait()  # it greets with its state, which answers nothing of ours
        except TimeoutError:
            await self._leave_socket()
        return self._socket is not None

    async def _leave_socket(self) -> None:
        """Use HTTP from now on; the device is there, so nothing is lost."""
        socket, self._socket = self._socket, None
        if socket is not None:
            await lan.quietly(socket.close(), self.name)

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for message in socket:
                try:
                    told = json.loads(message)
                except (ValueError, RecursionError):
                    continue
                if isinstance(told, dict) and isinstance(told.get("state"), dict):
                    self._learn(told["state"])
                    self._pushed.set()
        except WebSocketException:
            pass
        finally:
            if self._socket is socket:
                self._socket = None
                self._lost.set()

    async def wait_lost(self) -> None:
        await self._lost.wait()

    async def perform(self, order: Order) -> None:
        action = order.action
        if isinstance(action, Light) and order.streamed and self.device.leds:
            self._stream(action)
        else:
            await self._send(self._body(action))

    def _body(self, action: Action) -> dict[str, Any]:
        match action:
            case Light():
                return wled_state.light_body(action, self.device)
            case WledEffect():
                return wled_state.effect_body(action, self.device)
            case WledPreset():
                return {"on": True, "ps": self.device.find_preset(action.preset)}
            case WledRestore():
                return action.body
        raise Refused(f"{self.name} is a WLED device and cannot do {action.action}")

    async def capture(self, action: Action) -> Action | None:
        if not isinstance(action, Light | WledEffect | WledPreset):
            return None
        if self._socket is None:
            self._learn(await self._get("/json/state"))
        return WledRestore(target=action.target, body=wled_state.restore_body(action, self.device))

    def check(self, action: Action) -> str | None:
        try:
            self._body(action)
        except Refused as error:
            return str(error)
        return None

    def _stream(self, action: Light) -> None:
        """Send a whole frame by UDP: segments that nobody streams keep their own colour."""
        if not self._is_realtime():
            self._mixed.clear()  # the device has gone back
        for segment in self.device.find_segments(action.light):
            number = int(segment.get("id", 0))
            colour, level = self._mixed.get(number) or (_shown(segment), 1.0)
            if action.color is not None:
                colour = colours.parse(action.color)
            if action.brightness is not None:
                level = action.brightness / 100
            self._mixed[number] = colour, 0.0 if action.power is False else level
        self._streamed_s = time.monotonic()
        self._send_frame()
        if self._holder is None or self._holder.done():
            self._holder = asyncio.create_task(self._hold())

    def _send_frame(self) -> None:
        self._framed_s = time.monotonic()
        if self._udp is not None:
            for packet in wled_realtime.packets(self._frame()):
                self._udp.send(packet, self._udp_address)

    async def _hold(self) -> None:
        """Repeat the last frame before the device would go back, until the mapping has rested for `hold_s`."""
        while True:
            await asyncio.sleep(max(0.0, self._framed_s + _REPEAT_S - time.monotonic()))
            if time.monotonic() - self._streamed_s > self.connection.hold_s:
                return
            if time.monotonic() - self._framed_s >= _REPEAT_S:
                self._send_frame()

    def _is_realtime(self) -> bool:
        """Tell whether the device shows our frames."""
        return time.monotonic() - self._framed_s <= wled_realtime.RETURN_S

    async def halt(self) -> None:
        self._streamed_s = float("-inf")

    def _frame(self) -> list[wled_realtime.Rgb]:
        lamps: list[wled_realtime.Rgb] = [(0, 0, 0)] * self.device.leds
        for segment in self.device.segments:
            number = int(segment.get("id", 0))
            colour, level = self._mixed.get(number) or (_shown(segment), 1.0)
            red, green, blue = (round(channel * 255 * level) for channel in colour.rgb)
            start, stop = int(segment.get("start", 0)), min(int(segment.get("stop", self.device.leds)), self.device.leds)
            lamps[start:stop] = [(red, green, blue)] * max(0, stop - start)
        return lamps

    async def _send(self, body: dict[str, Any]) -> None:
        """Change the state, and wait until the device tells the new one."""
        if self._is_realtime():
            body = body | {"live": False}  # else the last realtime frame would hide the change
            self._streamed_s = self._framed_s = float("-inf")
        if self._socket is not None:
            self._pushed.clear()
            try:
                await self._socket.send(json.dumps(body | {"v": True}))
                async with asyncio.timeout(_PUSH_S):
                    await self._pushed.wait()
                return
            except (WebSocketException, TimeoutError) as error:
                log.info("the WebSocket of %s failed (%s); HTTP is used", self.name, error)
        told = await self._request("POST", "/json/state", body | {"v": True})
        if isinstance(told, dict):
            self._learn(told.get("state", told))
        await self._leave_socket()

    def _learn(self, state: dict[str, Any]) -> None:
        self.device.state = self.device.state | state
        segments = self.device.segments
        effect = int(segments[0].get("fx", 0)) if segments else 0
        self.facts["power"] = "on" if self.device.state.get("on") else "off"
        self.facts["brightness"] = str(round(int(self.device.state.get("bri", 0)) / 2.55))
        self.facts["effect"] = self.device.effects[effect] if effect < len(self.device.effects) else str(effect)
        preset = int(self.device.state.get("ps", -1))
        self.facts["preset"] = self.device.presets.get(preset, str(preset) if preset > 0 else "")

    async def _get(self, path: str) -> Any:
        return await self._request("GET", path, None)

    async def _request(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        if self._http is None:
            raise Unreachable(f"{self.name} is not connected")
        try:
            answer = await self._http.request(method, path, json=body)
        except (httpx.HTTPError, OSError) as error:
            raise lan.http_failure(error, what="WLED", host=self.connection.host) from error
        try:
            answer.raise_for_status()
            return answer.json()
        except (httpx.HTTPStatusError, ValueError, RecursionError):
            raise Refused(
                f"WLED at {self.connection.host} answered {answer.status_code} to {method} {path}; is `host` a WLED device?"
            ) from None

    async def close(self) -> None:
        await lan.ended(self._holder)
        await self._leave_socket()
        reader, http, udp = self._reader, self._http, self._udp
        self._reader = self._http = self._udp = None
        if udp is not None:
            udp.close()
        await lan.ended(reader)
        if http is not None:
            await lan.quietly(http.aclose(), self.name)


def _shown(segment: dict[str, Any]) -> colours.Colour:
    """Return the colour that a segment has of its own."""
    red, green, blue = wled_state.segment_color(segment)
    return colours.Colour((red / 255, green / 255, blue / 255))


ACTIONS = (WledPreset, WledEffect)
CONNECTIONS = (WledConnection,)
