"""Art-Net and sACN over real sockets: bytes, sequence, rate, keep-alive, the end of a stream, the state before."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from far_ends_http import until
from far_ends_udp import Port, udp_port
from pydantic import ValidationError

from stream.actions import artnet, sacn
from stream.actions.artnet import ArtNetConnection
from stream.actions.base import Action, Order, Refused, Report, Tools, Unreachable
from stream.actions.dispatcher import Dispatcher
from stream.actions.dmx import KEEP_ALIVE_S, DmxClient, DmxSet
from stream.actions.light import Light
from stream.actions.sacn import SacnConnection

TOOLS = Tools(secret=lambda name: None, store_secret=lambda name, value: None)
FIXTURES = [
    {"name": "front", "address": 1, "channels": ["dimmer", "red", "green", "blue", "strobe"], "fixed": {"strobe": 9}},
    {"name": "back", "address": 6, "channels": ["red", "green", "blue"]},
]


def order(action: Action, *, streamed: bool = False) -> Order:
    return Order(action, "test", "test", streamed=streamed)


@asynccontextmanager
async def connected(
    kind: type[ArtNetConnection | SacnConnection], **settings: Any
) -> AsyncIterator[tuple[DmxClient[Any], Port]]:
    async with udp_port() as port:
        wanted = {"host": "127.0.0.1", "port": port.address[1], "fixtures": FIXTURES, **settings}
        client = kind.model_validate(wanted).client("stage", tools=TOOLS)
        assert isinstance(client, DmxClient)
        try:
            await client.connect()
            await until(lambda: port.packets)
            yield client, port
        finally:
            await client.close()
            await client.close()


def art_levels(packet: bytes) -> bytes:
    assert packet[:12] == b"Art-Net\0\x00\x50\x00\x0e"
    assert packet[16:18] == (512).to_bytes(2, "big")
    assert len(packet) == 530
    return packet[18:]


def test_artnet_bytes() -> None:
    """The published vector, an odd count, and a universe with net and subnet."""
    vector = bytes.fromhex("4172742d4e6574000050000e000000000004ff008000")
    assert artnet.dmx_packet(0, bytes((255, 0, 128, 0)), sequence=0) == vector
    assert artnet.dmx_packet(0, bytes((255, 0, 128)), sequence=0) == vector
    assert artnet.dmx_packet(0x1234, b"\1\2", sequence=200)[12:18] == bytes((200, 0, 0x34, 0x12, 0, 2))


def test_sacn_bytes() -> None:
    """The offsets of wire-formats.md, and the lengths of all three layers."""
    packet = sacn.data_packet(300, bytes(range(256)) * 2, sequence=200, cid=bytes(range(16)), source="Posecast", priority=120)
    assert len(packet) == 638
    assert packet[:22] == bytes.fromhex("00100000 4153432d45312e3137000000 726e 00000004".replace(" ", ""))
    assert packet[22:44] == bytes(range(16)) + bytes.fromhex("7258 00000002".replace(" ", ""))
    assert packet[44:108] == b"Posecast".ljust(64, b"\0")
    assert packet[108:126] == bytes.fromhex("78 0000 c8 00 012c 720b 02 a1 0000 0001 0201 00".replace(" ", ""))
    assert packet[126:] == bytes(range(256)) * 2
    end = sacn.data_packet(300, bytes(2), sequence=1, cid=bytes(16), source="ü" * 60, terminated=True)
    assert (len(end), end[112]) == (128, 0x40)
    assert end[44:108].rstrip(b"\0").decode() == "ü" * 31
    assert sacn.multicast_address(300) == "239.255.1.44"


@pytest.mark.parametrize("kind", [ArtNetConnection, SacnConnection])
def test_a_light_sets_channels(kind: type[ArtNetConnection | SacnConnection]) -> None:
    """At once, in one frame; other fixtures and fixed channels stay."""

    async def run() -> None:
        async with connected(kind) as (client, port):
            start = 18 if kind is ArtNetConnection else 126
            assert port.packets[0][start:] == bytes((0, 0, 0, 0, 9)) + bytes(507)
            await client.perform(order(Light(light="Front", color="#ff8000", brightness=50)))
            await until(lambda: port.packets[-1][start] == 128)
            assert port.packets[-1][start:] == bytes((128, 255, 128, 0, 9)) + bytes(507)
            await client.perform(order(Light(brightness=100)))
            await until(lambda: port.packets[-1][start : start + 8] == bytes((255, 255, 128, 0, 9, 255, 255, 255)))
            await client.perform(order(DmxSet(fixture="front", channels={"strobe": 77})))
            await until(lambda: port.packets[-1][start + 4] == 77)

    asyncio.run(run())


def test_artnet_counts_from_1_to_255_and_again() -> None:
    """0 would mean that packets are not counted."""

    async def run() -> None:
        async with connected(ArtNetConnection) as (client, _):
            packets = [client.packet(5, bytes(512)) for _ in range(600)]
            assert [packet[12] for packet in packets] == list(itertools.islice(itertools.cycle(range(1, 256)), 600))
            assert client.packet(6, bytes(512))[12] == 1  # each universe for itself

    asyncio.run(run())


def test_sacn_counts_from_0_to_255_and_keeps_its_number() -> None:
    """The CID is that of the source for as long as it lives; two sources differ."""

    async def run() -> None:
        async with connected(SacnConnection) as (client, _), connected(SacnConnection) as (other, _):
            packets = [client.packet(5, bytes(512)) for _ in range(600)]
            assert [packet[111] for packet in packets] == [i % 256 for i in range(600)]
            (cid,) = {packet[22:38] for packet in packets}
            assert cid != other.packet(5, bytes(512))[22:38]
            assert any(cid)

    asyncio.run(run())


@pytest.mark.parametrize("kind", [ArtNetConnection, SacnConnection])
def test_what_does_not_change_is_repeated(kind: type[ArtNetConnection | SacnConnection]) -> None:
    """No more often than every 0.8 s, each with the next number, so that a node keeps its light."""

    async def run() -> None:
        at = 12 if kind is ArtNetConnection else 111
        start_s = asyncio.get_running_loop().time()
        async with connected(kind) as (_, port):
            await until(lambda: len(port.packets) >= 3)
            elapsed_s = asyncio.get_running_loop().time() - start_s
            assert len(port.packets) - 1 <= elapsed_s / KEEP_ALIVE_S
            assert [packet[at] - port.packets[0][at] for packet in port.packets[:3]] == [0, 1, 2]
            assert len({packet[at + 1 :] for packet in port.packets}) == 1

    asyncio.run(run())


def test_a_fade_goes_in_small_even_steps() -> None:
    """Never more than about 40 packets a second, never backwards, and it ends on its goal."""

    async def run() -> None:
        async with connected(ArtNetConnection) as (client, port):
            clock = asyncio.get_running_loop().time
            before, start_s = len(port.packets), clock()
            await client.perform(order(DmxSet(fixture="back", channels={"red": 200}, fade_s=0.6)))
            await until(lambda: art_levels(port.packets[-1])[5] == 200)
            await asyncio.sleep(0.1)
            reds = [art_levels(packet)[5] for packet in port.packets]
            assert reds == sorted(reds)
            assert len(set(reds)) > 5
            assert len(port.packets) - before <= (clock() - start_s) * 40 + 1

    asyncio.run(run())


def test_a_storm_of_changes_is_40_packets_a_second() -> None:
    """However many streamed values come, the newest goes out at the next beat."""

    async def run() -> None:
        async with connected(ArtNetConnection) as (client, port):
            clock = asyncio.get_running_loop().time
            before, start_s = len(port.packets), clock()
            for step in range(100):
                await client.perform(order(Light(light="back", color="red", brightness=step), streamed=True))
                await asyncio.sleep(0.005)
            await until(lambda: art_levels(port.packets[-1])[5] == round(0.99 * 255))
            assert len(port.packets) - before <= (clock() - start_s) * 40 + 1

    asyncio.run(run())


def test_sacn_says_that_its_stream_is_over() -> None:
    """Three packets with the terminated bit, counted on, for each universe."""

    async def run() -> None:
        async with udp_port() as port:
            fixtures = [*FIXTURES, {"name": "side", "address": 1, "universe": 7, "channels": ["dimmer"]}]
            connection = SacnConnection.model_validate({"host": "127.0.0.1", "port": port.address[1], "fixtures": fixtures})
            client = connection.client("stage", tools=TOOLS)
            assert await client.connect() == "sACN to 127.0.0.1, universes 1, 7, 3 fixtures"
            await client.close()
            await until(lambda: len(port.packets) == 8)
            seen = [(packet[114], packet[111], packet[112]) for packet in port.packets]
            assert sorted(seen) == [(u, s, 0x40 if s else 0) for u in (1, 7) for s in range(4)]

    asyncio.run(run())


@pytest.mark.parametrize("kind", [ArtNetConnection, SacnConnection])
@pytest.mark.parametrize(
    "action",
    [Light(color="blue", brightness=20), Light(light="back", power=False), DmxSet(fixture="front", channels={"strobe": 200})],
)
def test_the_state_before_comes_back(kind: type[ArtNetConnection | SacnConnection], action: Action) -> None:
    """Levels, and what a later `power` or `brightness` builds on."""

    async def run() -> None:
        async with connected(kind) as (client, _):
            universe = client.connection.universe
            await client.perform(order(Light(color="#ff8000", brightness=40)))
            before = client.levels(universe)
            back = await client.capture(action)
            assert back is not None
            await client.perform(order(action))
            assert client.levels(universe) != before
            await client.perform(order(back))
            assert client.levels(universe) == before
            await client.perform(order(Light(power=True)))
            assert client.levels(universe) == before

    asyncio.run(run())


@pytest.mark.parametrize("kind", [ArtNetConnection, SacnConnection])
def test_the_end_does_not_leave_a_fade_half_way(kind: type[ArtNetConnection | SacnConnection]) -> None:
    """What a rule changed is back in the last levels that are told, also where it would have faded back; then the farewell."""

    async def run() -> None:
        async with udp_port() as port:
            connection = kind.model_validate({"host": "127.0.0.1", "port": port.address[1], "fixtures": FIXTURES})
            await asyncio.to_thread(_purple_until_the_end, connection)
            start = 18 if kind is ArtNetConnection else 126
            rest, farewells = bytes((0, 0, 0, 0, 9)) + bytes(507), 0 if kind is ArtNetConnection else 3
            await until(lambda: [packet[start:] for packet in port.packets[-1 - farewells :]] == [rest] * (1 + farewells))
            assert any(packet[start + 1] for packet in port.packets)
            assert [p[112] for p in port.packets[-1 - farewells :]][1:] == [0x40] * farewells
            assert kind is ArtNetConnection or port.packets[-1 - farewells][112] == 0

    asyncio.run(run())


def _purple_until_the_end(connection: ArtNetConnection | SacnConnection) -> None:
    reports: list[Report] = []
    with Dispatcher({"stage": connection}, tools=TOOLS, on_report=reports.append) as dispatcher:
        dispatcher.submit(Order(Light(color="purple", fade_s=0.3), "held", "test", remember=True))
        while not reports:
            time.sleep(0.01)
        time.sleep(0.4)


@pytest.mark.parametrize("kind", [ArtNetConnection, SacnConnection])
def test_the_end_does_not_lose_the_last_change(kind: type[ArtNetConnection | SacnConnection]) -> None:
    """One that waited for the next beat still goes out."""

    async def run() -> None:
        async with connected(kind) as (client, port):
            start = 18 if kind is ArtNetConnection else 126
            for red in (100, 200):
                await client.perform(order(DmxSet(fixture="back", channels={"red": red})))
            await client.close()
            await until(lambda: port.packets[-1][start + 5] == 200)
            assert kind is ArtNetConnection or any((p[112], p[start + 5]) == (0, 200) for p in port.packets)

    asyncio.run(run())


def test_multicast_reaches_who_joined() -> None:
    """Without a host, packets go to the group of the universe."""
    import socket

    async def run() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(("", 0))
            group = socket.inet_aton(sacn.multicast_address(4321)) + socket.inet_aton("127.0.0.1")
            receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
            receiver.setblocking(False)
            connection = SacnConnection(universe=4321, port=receiver.getsockname()[1], interface="127.0.0.1")
            client = connection.client("stage", tools=TOOLS)
            await client.connect()
            packet = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(receiver, 1000), 60)
            assert int.from_bytes(packet[113:115], "big") == 4321
            await client.close()

    asyncio.run(run())


def test_names_that_are_not_there_are_one_sentence() -> None:
    """At the check after connecting, and when it is done all the same."""

    async def run() -> None:
        async with connected(ArtNetConnection) as (client, _):
            assert client.check(Light(light="frnt")) == "stage has no fixture 'frnt'; did you mean front?"
            problem = client.check(DmxSet(fixture="back", channels={"strobe": 1}))
            assert problem == "fixture 'back' has no channel 'strobe'; known: blue, green, red"
            assert client.check(Light(color="red")) is None
            with pytest.raises(Refused, match="^stage has no fixture 'frnt'"):
                await client.perform(order(Light(light="frnt", power=True)))
        async with connected(ArtNetConnection, fixtures=[]) as (client, _):
            assert client.check(Light()) == "stage has no fixtures; add [[connections.stage.fixtures]] to the rules"

    asyncio.run(run())


def test_a_network_that_is_not_there() -> None:
    """A name that nobody knows, a card that this computer does not have."""

    async def run() -> None:
        for settings, start in (
            ({"host": "node.invalid"}, "the Art-Net node at node.invalid was not found ("),
            ({"interface": "203.0.113.9"}, "no UDP socket could be opened on 203.0.113.9 ("),
        ):
            client = ArtNetConnection.model_validate(settings).client("stage", tools=TOOLS)
            with pytest.raises(Unreachable) as caught:
                await client.connect()
            assert str(caught.value).startswith(start)
            await client.close()

    asyncio.run(run())


def test_values_of_channels_are_checked_when_read() -> None:
    """One byte each."""
    with pytest.raises(ValidationError, match="channel 'red' must be 0..255, got 256"):
        DmxSet(fixture="a", channels={"red": 256})
