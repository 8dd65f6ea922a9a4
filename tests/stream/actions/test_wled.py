"""WLED: JSON over WebSocket and HTTP, realtime bytes, effects and presets by name, the state before, a device that goes."""

import asyncio
import copy
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from far_ends_http import serving, until
from far_ends_udp import Port, udp_port
from far_ends_wled import WledDevice

from stream.actions import wled_realtime
from stream.actions.base import Action, Order, Refused, Report, Tools, Unreachable
from stream.actions.dispatcher import Dispatcher
from stream.actions.light import Light
from stream.actions.wled import Wled, WledConnection, WledEffect, WledPreset

TOOLS = Tools(secret=lambda name: None, store_secret=lambda name, value: None)


def order(action: Action, *, streamed: bool = False) -> Order:
    return Order(action, "test", "test", streamed=streamed)


@asynccontextmanager
async def connected(device: WledDevice, **settings: Any) -> AsyncIterator[tuple[Wled, Port]]:
    async with serving(device), udp_port() as udp:
        connection = WledConnection(host="127.0.0.1", port=device.port, udp_port=udp.address[1], **settings)
        client = Wled("desk", connection, tools=TOOLS)
        try:
            await client.connect()
            yield client, udp
        finally:
            await client.close()
            await client.close()  # twice is no harm


def test_realtime_bytes() -> None:
    """The published vectors: two lamps by DRGB, one lamp from number 10 by DNRGB."""
    assert wled_realtime.drgb([(255, 0, 0), (0, 0, 255)]) == bytes.fromhex("0202ff00000000ff")
    assert wled_realtime.dnrgb(10, [(0, 255, 0)]) == bytes.fromhex("0402000a00ff00")


@pytest.mark.parametrize(("lamps", "sizes"), [(490, [1472]), (491, [1471, 10]), (1000, [1471, 1471, 70])])
def test_long_strips_take_several_packets(lamps: int, sizes: list[int]) -> None:
    """490 lamps fit one DRGB packet; beyond, DNRGB packets of 489 with their start."""
    packets = list(wled_realtime.packets([(1, 2, 3)] * lamps))
    assert [len(packet) for packet in packets] == sizes
    if len(packets) > 1:
        assert [int.from_bytes(packet[2:4], "big") for packet in packets] == [489 * i for i in range(len(packets))]


def test_connecting_tells_what_is_there() -> None:
    """One line for people, and facts for rules."""

    async def run() -> None:
        device = WledDevice()
        async with serving(device):
            client = Wled("desk", WledConnection(host="127.0.0.1", port=device.port), tools=TOOLS)
            assert await client.connect() == "WLED 0.15.0 'Strip', 6 lamps, over WebSocket"
            assert client.facts == {"power": "off", "brightness": "50", "effect": "Rainbow", "preset": ""}
            await client.close()

    asyncio.run(run())


def test_a_colour_goes_over_the_socket() -> None:
    """As written, solid, to every segment, switched on, with the fade of this change alone; the brightness stays."""

    async def run() -> None:
        device = WledDevice()
        async with connected(device) as (client, _):
            await client.perform(order(Light(color="purple", fade_s=0.5)))
            sent = {"id": 0, "fx": 0, "col": [[128, 0, 128]]}
            assert device.over_socket == [{"tt": 5, "on": True, "seg": [sent, sent | {"id": 1}], "v": True}]
            assert not [request for request in device.requests if request.method == "POST"]
            assert device.state["bri"] == 127
            assert client.facts["power"] == "on"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("action", "body"),
    [
        (Light(brightness=100), {"on": True, "bri": 255}),
        (Light(brightness=0.1), {"on": True, "bri": 1}),
        (Light(brightness=0, fade_s=2), {"on": False, "tt": 20}),
        (Light(power=False), {"on": False}),
        (Light(light="shelf", brightness=20), {"on": True, "seg": [{"id": 1, "on": True, "bri": 51}]}),
        (Light(light="1", power=False), {"seg": [{"id": 1, "on": False}]}),
        (WledEffect(effect="rainbow", light="Desk", speed=9), {"on": True, "seg": [{"id": 0, "fx": 4, "on": True, "sx": 9}]}),
        (WledEffect(effect=1, light="0", palette="lava"), {"on": True, "seg": [{"id": 0, "fx": 1, "on": True, "pal": 2}]}),
        (WledPreset(preset="disco night"), {"on": True, "ps": 2}),
    ],
)
def test_actions_become_state(action: Action, body: dict[str, Any]) -> None:
    """What each action asks of the device."""

    async def run() -> None:
        device = WledDevice()
        async with connected(device) as (client, _):
            await client.perform(order(action))
            (sent,) = device.over_socket
            if "seg" not in body:
                sent.pop("seg", None)
            assert sent == body | {"v": True}

    asyncio.run(run())


@pytest.mark.parametrize("has_socket", [True, False])
def test_without_a_socket_that_answers_http_is_used(has_socket: bool) -> None:
    """No place for a WebSocket, or one that says nothing: the same JSON goes by HTTP."""

    async def run() -> None:
        device = WledDevice(has_socket=has_socket, answers_socket=False)
        async with connected(device) as (client, _):
            await client.perform(order(Light(brightness=50)))
            (post,) = [request for request in device.requests if request.method == "POST"]
            assert post.json == {"on": True, "bri": 128, "v": True}
            assert device.state["bri"] == 128
            assert client.facts["brightness"] == "50"

    asyncio.run(run())


def test_changes_made_elsewhere_are_known() -> None:
    """The device pushes its state; the facts follow."""

    async def run() -> None:
        device = WledDevice()
        async with connected(device) as (client, _):
            await until(lambda: device.sockets)
            device.state |= {"on": True, "bri": 255, "ps": 1}
            device.sockets[0].send({"state": device.state})
            await until(lambda: client.facts["preset"] == "Chill")
            assert client.facts["brightness"] == "100"

    asyncio.run(run())


@pytest.mark.parametrize("has_socket", [True, False])
@pytest.mark.parametrize(
    "action",
    [Light(color="red", brightness=90), WledEffect(effect="Blink"), WledPreset(preset=1), Light(light="Desk", color="red")],
)
def test_the_state_before_comes_back(action: Action, has_socket: bool) -> None:
    """Colours, effects, brightness and power are as before."""

    async def run() -> None:
        device = WledDevice(has_socket=has_socket)
        async with connected(device) as (client, _):
            before = copy.deepcopy(device.state)
            back = await client.capture(action)
            assert back is not None
            await client.perform(order(action))
            assert device.state != before
            await client.perform(order(back))
            assert {**device.state, "ps": -1} == before

    asyncio.run(run())


def test_a_playlist_that_ran_is_started_again() -> None:
    """Its segments alone would stand still."""

    async def run() -> None:
        device = WledDevice()
        device.state |= {"pl": 2, "ps": 1, "on": True}
        async with connected(device) as (client, _):
            back = await client.capture(Light(color="red"))
            assert back is not None
            await client.perform(order(back))
            assert device.over_socket == [{"on": True, "bri": 127, "ps": 2, "v": True}]

    asyncio.run(run())


def test_streamed_values_go_by_udp() -> None:
    """Whole frames, returning after 2 s, other segments in their own colour; nothing over HTTP or the socket."""

    async def run() -> None:
        device = WledDevice()
        async with connected(device) as (client, udp):
            posts = len(device.requests)
            await client.perform(order(Light(light="Desk", brightness=50), streamed=True))
            await client.perform(order(Light(light="Desk", color="#00ff00"), streamed=True))
            await client.perform(order(Light(light="Shelf", power=False), streamed=True))
            await until(lambda: len(udp.packets) == 3)
            first, second, third = udp.packets
            assert first == bytes((2, 2)) + bytes((128, 80, 0)) * 4 + bytes((0, 0, 255)) * 2
            assert second == bytes((2, 2)) + bytes((0, 128, 0)) * 4 + bytes((0, 0, 255)) * 2
            assert third == bytes((2, 2)) + bytes((0, 128, 0)) * 4 + bytes(6)
            assert (len(device.requests), device.over_socket) == (posts, [])

    asyncio.run(run())


def test_a_streamed_value_that_rests_is_held() -> None:
    """A hand that is held still changes nothing, and nothing is sent for it; the strip must not jump back."""

    async def run() -> None:
        async with connected(WledDevice(), hold_s=1.5) as (client, udp):
            await client.perform(order(Light(color="red"), streamed=True))
            await asyncio.sleep(3)
            assert 2 <= len(udp.packets) <= 3  # the frame, and again after 0.8 s until 1.5 s are over
            assert len(set(udp.packets)) == 1
            count = len(udp.packets)
            await client.perform(order(Light(color="red"), streamed=True))
            await client.halt()
            await asyncio.sleep(1.2)
            assert len(udp.packets) == count + 1

    asyncio.run(run())


def test_an_action_after_streamed_values_ends_the_realtime_mode() -> None:
    """Or the last frame would hide it for two seconds."""

    async def run() -> None:
        device = WledDevice()
        async with connected(device) as (client, _):
            await client.perform(order(Light(brightness=50), streamed=True))
            await client.perform(order(Light(power=True)))
            await client.perform(order(Light(power=True)))
            assert [body.get("live") for body in device.over_socket] == [False, None]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (WledEffect(effect="Rainbo"), "Strip has no effect 'Rainbo'; did you mean Rainbow?"),
        (WledEffect(effect=5), "Strip has no effect 5; it has 0..4"),
        (WledEffect(effect="RSVD"), "Strip has no effect 'RSVD'; known: Blink, Breathe, Rainbow, Solid"),
        (WledEffect(effect=0, palette="Partty"), "Strip has no palette 'Partty'; did you mean Party?"),
        (WledPreset(preset="Disco"), "Strip has no preset 'Disco'; did you mean Disco Night?"),
        (WledPreset(preset=7), "Strip has no preset 7; known: 1 Chill, 2 Disco Night"),
        (Light(light="Dsek", power=True), "Strip has no segment 'Dsek'; did you mean Desk?"),
    ],
)
def test_a_name_that_is_not_there_is_one_sentence(action: Action, sentence: str) -> None:
    """At the check after connecting, and when it is done all the same."""

    async def run() -> None:
        async with connected(WledDevice()) as (client, _):
            assert client.check(action) == sentence
            with pytest.raises(Refused) as caught:
                await client.perform(order(action))
            assert str(caught.value) == sentence
            assert client.check(Light(color="red")) is None

    asyncio.run(run())


def test_a_device_that_goes_away_is_noticed() -> None:
    """`wait_lost` returns; an action meanwhile says in one sentence what to check."""

    async def run() -> None:
        device = WledDevice()
        async with serving(device) as served:
            client = Wled("desk", WledConnection(host="127.0.0.1", port=served.port), tools=TOOLS)
            await client.connect()
        await asyncio.wait_for(client.wait_lost(), 60)
        with pytest.raises(Unreachable) as caught:
            await client.perform(order(Light(power=True)))
        assert str(caught.value).startswith("WLED at 127.0.0.1 cannot be reached (")
        assert str(caught.value).endswith("); check its power, its network and `host`")
        await client.close()

    asyncio.run(run())


def test_a_device_that_comes_back_is_used_again() -> None:
    """Through the dispatcher: power cut, an order fails or waits, power back, the next order arrives."""

    def drive(port: int, cut: threading.Event, back: threading.Event, states: list[str]) -> None:
        reports: list[Report] = []
        connections = {"desk": WledConnection(host="127.0.0.1", port=port)}
        with Dispatcher(connections, tools=TOOLS, on_report=reports.append) as dispatcher:
            for wanted, event in (("ready", cut), ("retrying", back), ("ready", None)):
                end_s = time.monotonic() + 60
                while dispatcher.status[0].state != wanted:
                    assert time.monotonic() < end_s
                    time.sleep(0.01)
                states.append(wanted)
                if event is not None:
                    event.set()
            dispatcher.submit(Order(Light(brightness=100), "test", "test"))
            while not reports:
                time.sleep(0.01)
        assert [report.outcome for report in reports] == ["done"]

    async def run() -> None:
        cut, back = threading.Event(), threading.Event()
        states: list[str] = []
        first, second = WledDevice(), WledDevice()
        async with serving(first):
            driving = asyncio.create_task(asyncio.to_thread(drive, first.port, cut, back, states))
            await until(cut.is_set)
        await until(back.is_set)
        async with serving(second, port=first.port):
            await asyncio.wait_for(driving, 60)
        assert states == ["ready", "retrying", "ready"]
        assert second.state["bri"] == 255

    asyncio.run(run())


def test_what_is_no_wled_is_told() -> None:
    """Another device at that address."""

    async def run() -> None:
        async with connected(WledDevice(), leds=3) as (client, _):
            assert client.device.leds == 3
        device = WledDevice()
        device.answer = lambda request: (404, {})  # type: ignore[method-assign]
        with pytest.raises(Unreachable, match="^WLED at 127.0.0.1 answered 404 to GET /json/info; is `host` a WLED device"):
            async with connected(device):
                pass

    asyncio.run(run())
