"""A WLED device for the tests, after wire-formats.md 11.1: JSON over HTTP and WebSocket, and the realtime port."""

import copy
import json
from dataclasses import dataclass, field
from typing import Any

from far_ends_http import Answer, Device, Request, Socket

EFFECTS = ["Solid", "Blink", "Breathe", "RSVD", "Rainbow"]
PALETTES = ["Default", "Party", "Lava"]
PRESETS = {"0": {}, "1": {"n": "Chill"}, "2": {"n": "Disco Night"}}


def _segment(number: int, start: int, stop: int, name: str, color: list[int]) -> dict[str, Any]:
    one = {"id": number, "start": start, "stop": stop, "n": name, "on": True, "bri": 255, "col": [color, [0, 0, 0], [0, 0, 0]]}
    return one | {"fx": 4, "sx": 128, "ix": 100, "pal": 1}


def _state() -> dict[str, Any]:
    segments = [_segment(0, 0, 4, "Desk", [255, 160, 0]), _segment(1, 4, 6, "Shelf", [0, 0, 255])]
    return {"on": False, "bri": 127, "transition": 7, "ps": -1, "pl": -1, "seg": segments}


@dataclass
class WledDevice(Device):
    """Applies state as the firmware does, and refuses values that the firmware would not take."""

    state: dict[str, Any] = field(default_factory=_state)
    leds: int = 6
    has_socket: bool = True
    answers_socket: bool = True
    over_socket: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, request: Request) -> Answer:
        match request.method, request.path:
            case "GET", "/json/info":
                return 200, {"ver": "0.15.0", "name": "Strip", "leds": {"count": self.leds}, "udpport": 21324}
            case "GET", "/json/state":
                return 200, self.state
            case "GET", "/json/eff":
                return 200, EFFECTS
            case "GET", "/json/pal":
                return 200, PALETTES
            case "GET", "/presets.json":
                return 200, PRESETS
            case "POST", "/json/state":
                self.apply(request.json)
                return 200, self.state if request.json.get("v") else {"success": True}
        return 404, {}

    def takes_socket(self, path: str) -> bool:
        return self.has_socket and path == "/ws"

    async def on_socket(self, socket: Socket) -> None:
        socket.send({"state": self.state, "info": {}})

    async def on_text(self, socket: Socket, text: str) -> None:
        body = json.loads(text)
        self.over_socket.append(copy.deepcopy(body))
        if self.answers_socket:
            self.apply(body)
            for each in self.sockets:
                each.send({"state": self.state, "info": {}})

    def apply(self, body: dict[str, Any]) -> None:
        assert set(body) <= {"on", "bri", "tt", "ps", "seg", "v", "live"}, body
        assert body.get("on", True) in (True, False)
        assert isinstance(body.get("bri", 1), int)
        assert 1 <= body.get("bri", 1) <= 255
        assert isinstance(body.get("tt", 0), int)
        self.state |= {key: body[key] for key in ("on", "bri", "ps") if key in body}
        for change in body.get("seg", []):
            segment = next(each for each in self.state["seg"] if each["id"] == change["id"])
            colors = [[*column] for column in change.get("col", [])] + segment["col"][len(change.get("col", [])) :]
            assert all(0 <= channel <= 255 and isinstance(channel, int) for column in colors for channel in column)
            segment |= change | {"col": colors}
