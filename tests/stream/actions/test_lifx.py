"""LIFX: bytes, finding lamps, acknowledgements and repeats, colour and power, the state before, a lamp that goes away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from far_ends_http import until
from far_ends_lifx import LifxLamp, lifx_lamps
from far_ends_udp import Port
from pydantic import ValidationError

from stream.actions import lifx_packets as wire
from stream.actions.base import Action, Order, Refused, Tools, Unreachable
from stream.actions.lifx import Lifx, LifxConnection
from stream.actions.lifx_packets import Hsbk, Packet
from stream.actions.light import Light

TOOLS = Tools(secret=lambda name: None, store_secret=lambda name, value: None)


@pytest.fixture(autouse=True)
def _short_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lamps on this computer answer at once; a network is given 0.9 s."""
    monkeypatch.setattr("stream.actions.lifx._SEARCH_S", 0.06)


def order(action: Action, *, streamed: bool = False) -> Order:
    return Order(action, "test", "test", streamed=streamed)


@asynccontextmanager
async def connected(*lamps: LifxLamp, **settings: Any) -> AsyncIterator[tuple[Lifx, Port]]:
    async with lifx_lamps(*lamps) as port:
        where = {"broadcast": "127.0.0.1"} if len(lamps) > 1 else {"host": "127.0.0.1"}
        client = LifxConnection(**{**where, "port": port.address[1], **settings}).client("lamps", tools=TOOLS)
        try:
            await client.connect()
            yield client, port
        finally:
            await client.close()
            await client.close()


def test_the_published_bytes() -> None:
    """SetColor to everybody: hue 120 degrees, full, 3500 K, 1024 ms."""
    payload = wire.color_payload(Hsbk(21845, 65535, 65535, 3500), fade_ms=1024)
    packet = Packet(wire.SET_COLOR, 0, 0, wire.EVERYBODY, payload, tagged=True)
    vector = bytes.fromhex("31000034" + "00" * 28 + "66000000" + "00" + "5555" + "ffff" + "ffff" + "ac0d" + "00040000")
    assert packet.encode() == vector
    assert wire.decode(vector) == packet


@pytest.mark.parametrize("data", [b"", b"\x31", bytes(36), bytes.fromhex("25000034") + bytes(32), b"x" * 60])
def test_what_is_no_packet_is_left(data: bytes) -> None:
    """Short, of another protocol, of another length than it says."""
    assert wire.decode(data) is None
    assert wire.read_state(data[:20]) is None


def test_lamps_are_found_by_address_by_label_and_by_mac() -> None:
    """And one line tells which."""

    async def run() -> None:
        lamps = LifxLamp(), LifxLamp(mac=bytes.fromhex("d073d50a0b0c"), label="Shelf")
        for settings, line in (
            ({}, "LIFX: Desk, Shelf"),
            ({"label": "shelf"}, "LIFX: Shelf"),
            ({"mac": "D0:73:D5:01:02:03"}, "LIFX: Desk"),
        ):
            async with lifx_lamps(*lamps) as port:
                connection = LifxConnection(broadcast="127.0.0.1", port=port.address[1], **settings)  # type: ignore[arg-type]
                client = connection.client("lamps", tools=TOOLS)
                assert await client.connect() == line
                await client.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("power", "action", "changes"),
    [
        (0, Light(color="lime", brightness=50, fade_s=1), [("color", 21845, 65535, 32768, 3500, 0), ("power", 65535, 1000)]),
        (9, Light(color="lime", brightness=50, fade_s=1), [("color", 21845, 65535, 32768, 3500, 1000)]),
        (9, Light(color="lime"), [("color", 21845, 65535, 30000, 3500, 0)]),
        (9, Light(color="2700K"), [("color", 1000, 0, 30000, 2700, 0)]),
        (9, Light(brightness=100), [("color", 1000, 2000, 65535, 3500, 0)]),
        (9, Light(brightness=0, fade_s=2), [("power", 0, 2000)]),
        (9, Light(color="black"), [("power", 0, 0)]),
        (0, Light(power=True), [("power", 65535, 0)]),
        (0, Light(power=False), []),
    ],
)
def test_actions_become_packets(power: int, action: Light, changes: list[tuple[object, ...]]) -> None:
    """What is not named stays; a lamp that was off is coloured before it is switched on, so that it does not flash."""

    async def run() -> None:
        lamp = LifxLamp(power=power)
        async with connected(lamp) as (client, _):
            await client.perform(order(action))
            assert lamp.changes == changes
            assert all(lamp.asked_for_ack)

    asyncio.run(run())


def test_a_lamp_that_somebody_switched_off_is_set_again() -> None:
    """What we set last says nothing of what the lamp shows now."""

    async def run() -> None:
        lamp = LifxLamp(power=9)
        async with connected(lamp) as (client, _):
            for _ in range(2):
                await client.perform(order(Light(color="lime", brightness=50)))
                assert lamp.power > 0
                lamp.power = 0

    asyncio.run(run())


def test_what_somebody_else_set_stays() -> None:
    """The lamp is asked before a part of its state is set."""

    async def run() -> None:
        lamp = LifxLamp(power=9)
        async with connected(lamp) as (client, _):
            lamp.color = (5, 6, 7000, 4000)
            await client.perform(order(Light(color="lime")))
            assert lamp.color == (21845, 65535, 7000, 4000)

    asyncio.run(run())


@pytest.mark.parametrize("kind", [101, 102], ids=["question", "colour"])
@pytest.mark.parametrize("loss", [{"lose": 1}, {"lose_answers": 1}, {"lose": 3}])
def test_a_lost_packet_is_repeated(loss: dict[str, int], kind: int) -> None:
    """The packet or its answer is lost, once or three times: it is sent again with the same number."""

    async def run() -> None:
        lamp = LifxLamp()
        async with connected(lamp) as (client, port):
            vars(lamp).update(loss, losing=kind)
            before = len(port.packets)
            await client.perform(order(Light(color="lime", brightness=50)))
            packets = port.packets[before:]
            attempts = [packet for packet in packets if packet[32] == kind]
            assert len(attempts) == 1 + sum(loss.values())
            assert len({packet[23] for packet in attempts}) == 1
            assert (lamp.color[0], lamp.power) == (21845, 65535)

    asyncio.run(run())


def test_every_command_has_a_number_of_its_own() -> None:
    """0..255 and again from 0."""

    async def run() -> None:
        lamp = LifxLamp(power=9)
        async with connected(lamp) as (client, _):
            for step in range(300):
                await client.perform(order(Light(color="lime", brightness=1 + step % 2)))
            steps = {(b - a) % 256 for a, b in zip(lamp.sequences, lamp.sequences[1:], strict=False)}
            assert steps == {1}
            assert set(lamp.sequences) == set(range(256))

    asyncio.run(run())


def test_streamed_values_ask_for_nothing() -> None:
    """One packet each, no acknowledgement, no fade."""

    async def run() -> None:
        lamp = LifxLamp(power=9)
        async with connected(lamp) as (client, port):
            before = len(port.packets)
            for brightness in (10, 20, 30):
                await client.perform(order(Light(brightness=brightness, fade_s=3), streamed=True))
            await until(lambda: len(lamp.changes) == 3)
            assert len(port.packets) - before == 3
            assert lamp.asked_for_ack == [False] * 3
            assert [change[3] for change in lamp.changes] == [6554, 13107, 19660]
            assert {change[-1] for change in lamp.changes} == {0}

    asyncio.run(run())


@pytest.mark.parametrize("power", [0, 65535])
def test_the_state_before_comes_back(power: int) -> None:
    """Colour and power, of each lamp its own."""

    async def run() -> None:
        lamps = LifxLamp(power=power), LifxLamp(mac=bytes(range(6)), label="Shelf", color=(1, 2, 3, 4000), power=65535)
        async with connected(*lamps) as (client, _):
            before = [(lamp.color, lamp.power) for lamp in lamps]
            action = Light(color="lime", brightness=7)
            back = await client.capture(action)
            assert back is not None
            await client.perform(order(action))
            assert {lamp.color for lamp in lamps} == {(21845, 65535, 4587, 3500), (21845, 65535, 4587, 4000)}
            await client.perform(order(back))
            assert [(lamp.color, lamp.power) for lamp in lamps] == before

    asyncio.run(run())


def test_one_lamp_of_several() -> None:
    """By its label; a name that is not there is one sentence."""

    async def run() -> None:
        lamps = LifxLamp(), LifxLamp(mac=bytes(range(6)), label="Shelf")
        async with connected(*lamps) as (client, _):
            await client.perform(order(Light(light="shelf", power=True)))
            assert [lamp.power for lamp in lamps] == [0, 65535]
            sentence = "lamps has no lamp 'Shlf'; did you mean Shelf?"
            assert client.check(Light(light="Shlf")) == sentence
            with pytest.raises(Refused) as caught:
                await client.perform(order(Light(light="Shlf", power=True)))
            assert str(caught.value) == sentence

    asyncio.run(run())


def test_a_lamp_that_goes_away() -> None:
    """Four attempts, then one sentence."""

    async def run() -> None:
        lamp = LifxLamp()
        async with connected(lamp) as (client, port):
            lamp.deaf = True
            before = len(port.packets)
            with pytest.raises(Unreachable) as caught:
                await client.perform(order(Light(color="red", brightness=5)))
            assert str(caught.value) == (
                "the LIFX lamp 'Desk' at 127.0.0.1 does not answer (4 attempts); check its power and its network"
            )
            assert len(port.packets) - before == 4

    asyncio.run(run())


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"host": "127.0.0.1"},
            "no LIFX lamp at 127.0.0.1 answers; check its power, and that computer and lamp are in one network",
        ),
        ({}, "no LIFX lamp on this network answers; check its power, and that computer and lamp are in one network"),
    ],
)
def test_no_lamp_at_all(settings: dict[str, str], sentence: str) -> None:
    """Whether it was looked for at an address or everywhere."""

    async def run() -> None:
        with pytest.raises(Unreachable) as caught:
            async with connected(LifxLamp(deaf=True), **{"host": "", "broadcast": "127.0.0.1", **settings}):
                pass
        assert str(caught.value) == sentence

    asyncio.run(run())


def test_a_label_that_is_not_there() -> None:
    """The lamps that did answer are named."""

    async def run() -> None:
        with pytest.raises(Unreachable, match="^no LIFX lamp 'Dsk' answers; did you mean Desk\\?$"):
            async with connected(LifxLamp(), label="Dsk"):
                pass

    asyncio.run(run())


def test_a_mac_address_is_checked_when_read() -> None:
    """Six pairs."""
    with pytest.raises(ValidationError, match="mac 'd073' must be six pairs of 0..9 and a..f"):
        LifxConnection(mac="D073")
