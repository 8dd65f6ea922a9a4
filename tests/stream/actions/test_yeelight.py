"""Yeelight: commands line by line over TCP, answers and pushes, the state before, the quota, a bulb that goes away."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from far_ends_http import until

from stream.actions import yeelight
from stream.actions.base import Action, Order, Refused, Tools, Unreachable
from stream.actions.light import Light
from stream.actions.yeelight import Quota, Yeelight, YeelightConnection

TOOLS = Tools(secret=lambda name: None, store_secret=lambda name, value: None)


@dataclass
class Bulb:
    """Does as the published LAN protocol says: what is off refuses colours, fades are `smooth` and 30 ms at least."""

    state: dict[str, Any] = field(
        default_factory=lambda: {"power": "on", "bright": 40, "color_mode": 2, "rgb": 0, "ct": 4000, "hue": 0, "sat": 0}
    )
    commands: list[tuple[str, list[Any]]] = field(default_factory=list)
    """Those that change something."""
    times_s: list[float] = field(default_factory=list)
    """When each command came, questions included."""
    quota: int = 60
    quota_s: float = 60.0
    silent: bool = False
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                assert line.endswith(b"\r\n")
                asked = json.loads(line)
                assert set(asked) == {"id", "method", "params"}
                if not self.silent:
                    writer.write(
                        json.dumps({"id": asked["id"], **self.answer(asked["method"], asked["params"])}).encode() + b"\r\n"
                    )
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    def answer(self, method: str, params: list[Any]) -> dict[str, Any]:
        now_s = time.monotonic()
        self.times_s.append(now_s)
        if sum(now_s - came_s < self.quota_s for came_s in self.times_s) > self.quota:
            return {"error": {"code": -1, "message": "client quota exceeded"}}
        if method == "get_prop":
            return {"result": [str(self.state[name]) for name in params]}
        self.commands.append((method, params))
        if method == "set_scene":
            self.scene(*params)
            return {"result": ["ok"]}
        value, effect, fade_ms = params
        assert (effect == "smooth" and fade_ms >= 30) or (effect, fade_ms) == ("sudden", 0)
        if method != "set_power" and self.state["power"] == "off":
            return {"error": {"code": -1, "message": "bulb is off"}}
        name = {"set_power": "power", "set_rgb": "rgb", "set_ct_abx": "ct", "set_bright": "bright"}[method]
        self.state[name] = value
        if name in ("rgb", "ct"):
            self.state["color_mode"] = {"rgb": 1, "ct": 2}[name]
        return {"result": ["ok"]}

    def scene(self, kind: str, *values: Any) -> None:
        if kind == "cf":
            kind, values = self.flow(*values)
        *color, bright = values
        assert 1 <= bright <= 100
        names, mode = {"color": (["rgb"], 1), "ct": (["ct"], 2), "hsv": (["hue", "sat"], 3)}[kind]
        self.state |= dict(zip(names, color, strict=True)) | {"bright": bright, "power": "on", "color_mode": mode}

    def flow(self, count: int, action: int, steps: str) -> tuple[str, tuple[int, int]]:
        duration_ms, mode, value, bright = map(int, steps.split(","))
        assert (count, action) == (1, 1), "it would go on, or go back"
        assert duration_ms >= 50
        return {1: "color", 2: "ct"}[mode], (value, bright)


@asynccontextmanager
async def connected(bulb: Bulb) -> AsyncIterator[Yeelight]:
    server = await asyncio.start_server(bulb.serve, "127.0.0.1", 0)
    client = YeelightConnection(host="127.0.0.1", port=server.sockets[0].getsockname()[1]).client("bulb", tools=TOOLS)
    try:
        assert await client.connect() == f"Yeelight at 127.0.0.1, {bulb.state['power']}, {bulb.state['bright']} %"
        yield client
    finally:
        await client.close()
        await client.close()
        server.close()
        await server.wait_closed()
        await until(lambda: all(writer.transport.is_closing() for writer in bulb.writers))
        await asyncio.sleep(0.02)


def order(action: Action, *, streamed: bool = False) -> Order:
    return Order(action, "test", "test", streamed=streamed)


@pytest.mark.parametrize(
    ("action", "streamed", "commands"),
    [
        (Light(color="#8000ff", brightness=50), False, [("set_scene", ["color", 0x8000FF, 50])]),
        (Light(color="purple", brightness=50, fade_s=9), True, [("set_scene", ["color", 0xFF00FF, 50])]),
        (Light(color="9000K", brightness=0.2), False, [("set_scene", ["ct", 6500, 1])]),
        (Light(color="red", fade_s=0.5), False, [("set_power", ["on", "smooth", 500]), ("set_rgb", [0xFF0000, "smooth", 500])]),
        (Light(color="red", brightness=50, fade_s=0.5), False, [("set_scene", ["cf", 1, 1, "500,1,16711680,50"])]),
        (Light(color="2700K", brightness=1, fade_s=0.04), False, [("set_scene", ["cf", 1, 1, "50,2,2700,1"])]),
        (Light(color="2700K"), False, [("set_power", ["on", "sudden", 0]), ("set_ct_abx", [2700, "sudden", 0])]),
        (Light(brightness=30), False, [("set_power", ["on", "sudden", 0]), ("set_bright", [30, "sudden", 0])]),
        (Light(brightness=0, fade_s=2), False, [("set_power", ["off", "smooth", 2000])]),
        (Light(power=True), False, [("set_power", ["on", "sudden", 0])]),
        (Light(color="black"), False, [("set_power", ["off", "sudden", 0])]),
    ],
)
def test_actions_become_commands(action: Action, streamed: bool, commands: list[tuple[str, list[Any]]]) -> None:
    """As few as there can be; a bulb that is off is switched on first."""

    async def run() -> None:
        bulb = Bulb()
        bulb.state["power"] = "off"
        async with connected(bulb) as client:
            await client.perform(order(action, streamed=streamed))
            assert bulb.commands == commands

    asyncio.run(run())


def test_a_bulb_that_is_on_is_not_switched_on_again() -> None:
    """It takes 60 commands a minute."""

    async def run() -> None:
        bulb = Bulb()
        bulb.state["power"] = "off"
        async with connected(bulb) as client:
            for percent in (30, 40, 50):
                await client.perform(order(Light(brightness=percent)))
            await client.perform(order(Light(power=True)))
        assert [method for method, _ in bulb.commands] == ["set_power", "set_bright", "set_bright", "set_bright", "set_power"]

    asyncio.run(run())


def test_the_quota_of_a_bulb_holds_in_any_minute() -> None:
    """Whoever wants as many as there can be gets six at once and never more than sixty in sixty seconds."""
    quota, now_s, sent_s = Quota(), 1000.0, []
    for second in range(300):
        if 100 <= second < 130:
            continue  # a pause: then there may be six at once again
        now_s = max(now_s, 1000.0 + second)
        while quota.free_s() <= now_s < 1001.0 + second:
            quota.take(now_s)
            sent_s.append(now_s)
            now_s = max(now_s, quota.free_s())
    assert [sum(start_s <= each < start_s + 1 for each in sent_s) for start_s in (1000.0, 1130.0)] == [6, 6]
    most = max(sum(start_s <= each < start_s + 60 for each in sent_s) for start_s in sent_s)
    assert 58 <= most <= 60


def test_a_rule_that_comes_and_goes_stays_within_the_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty times: look, change with a fade, bring back. The bulb takes it all; its minute is half a second here."""
    sent_s: list[float] = []

    class Noted(Quota):
        def __init__(self) -> None:
            super().__init__(per_s=0.5)

        def take(self, now_s: float) -> None:
            sent_s.append(now_s)
            super().take(now_s)

    async def run() -> None:
        bulb = Bulb(quota=1000)  # what the network delays comes together: the sender's times count
        action = Light(color="purple", brightness=80, fade_s=0.2)
        async with connected(bulb) as client:
            for _ in range(30):
                back = await client.capture(action)
                assert back is not None
                await client.perform(order(action))
                await client.perform(order(back))
            assert client.steps == len(bulb.times_s) == 91
        assert bulb.state["bright"] == 40

    monkeypatch.setattr(yeelight, "Quota", Noted)
    asyncio.run(run())
    assert len(sent_s) == 91
    assert max(sum(start_s <= each < start_s + 0.5 for each in sent_s) for start_s in sent_s) <= 60


@pytest.mark.parametrize(
    "before", [{"color_mode": 2, "ct": 2700}, {"color_mode": 1, "rgb": 255}, {"color_mode": 3, "hue": 9, "sat": 8}]
)
@pytest.mark.parametrize("power", ["on", "off"])
def test_the_state_before_comes_back(before: dict[str, Any], power: str) -> None:
    """White, colour or hue, brightness and power."""

    async def run() -> None:
        bulb = Bulb()
        bulb.state |= before | {"power": power}
        shown = {name: bulb.state[name] for name in ("power", "bright", *before)}
        async with connected(bulb) as client:
            action = Light(color="lime", brightness=99)
            back = await client.capture(action)
            assert back is not None
            await client.perform(order(action))
            assert bulb.state["bright"] == 99
            await client.perform(order(back))
            assert {name: bulb.state[name] for name in shown} == shown

    asyncio.run(run())


def test_changes_made_elsewhere_are_known() -> None:
    """The bulb pushes what changed; the facts follow. What is no JSON is left."""

    async def run() -> None:
        bulb = Bulb()
        async with connected(bulb) as client:
            assert client.facts == {"power": "on", "brightness": "40"}
            bulb.writers[0].write(b'nonsense\r\n[1]\r\n{"method":"props","params":{"power":"off","bright":7}}\r\n')
            await until(lambda: client.facts == {"power": "off", "brightness": "7"})

    asyncio.run(run())


def test_what_a_bulb_refuses_is_told() -> None:
    """Its quota, and a lamp of a name, which it has not."""

    async def run() -> None:
        bulb = Bulb()
        async with connected(bulb) as client:
            bulb.quota = 0
            with pytest.raises(Refused, match="^the Yeelight at 127.0.0.1 refused set_power \\(client quota exceeded\\)$"):
                await client.perform(order(Light(power=True)))
            sentence = "bulb is one bulb and has no 'left'; leave `light` out"
            assert client.check(Light(light="left")) == sentence
            with pytest.raises(Refused) as caught:
                await client.perform(order(Light(light="left", power=True)))
            assert str(caught.value) == sentence

    asyncio.run(run())


def test_a_bulb_that_goes_away() -> None:
    """While it is waited for, and before; and one that says nothing."""

    async def run() -> None:
        bulb = Bulb()
        async with connected(bulb) as client:
            bulb.silent = True
            asking = asyncio.create_task(client.perform(order(Light(power=True))))
            await asyncio.sleep(0.05)
            bulb.writers[0].transport.abort()
            with pytest.raises(
                Unreachable, match="^the Yeelight at 127.0.0.1 does not answer; check its power and its network$"
            ):
                await asking
            await asyncio.wait_for(client.wait_lost(), 60)
            with pytest.raises(Unreachable, match="^the Yeelight at 127.0.0.1 went away"):
                await client.perform(order(Light(power=True)))
        with pytest.raises(Unreachable, match="^the Yeelight at 127.0.0.1 cannot be reached \\(.*LAN control is on in the"):
            await client.connect()

    asyncio.run(run())
