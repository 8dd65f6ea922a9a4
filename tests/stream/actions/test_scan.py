"""Looking for lights: every kind answers on a real socket of this computer, and what is found can be pasted and read."""

import asyncio
import base64
import struct
import tomllib
from collections.abc import Callable

import pytest
from far_ends_lifx import LifxLamp, lifx_lamps
from far_ends_udp import Address, udp_port
from zeroconf import ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from stream.actions.registry import CONNECTIONS
from stream.actions.scan import Found, Targets, connection_lines, poll_packet, read_poll_reply, scan


def poll_reply(short: str, *, net: int = 0, subnet: int = 0, universes: tuple[int, ...] = (0,)) -> bytes:
    """An ArtPollReply of 239 bytes with output ports, after its public specification."""
    reply = bytearray(239)
    reply[:10] = b"Art-Net\0" + struct.pack("<H", 0x2100)
    reply[14:16] = struct.pack("<H", 6454)
    reply[18:20] = bytes((net, subnet))
    reply[26 : 26 + len(short)] = short.encode()
    reply[173] = len(universes)
    for place, universe in enumerate(universes):
        reply[174 + place] = 0x80
        reply[190 + place] = universe
    return bytes(reply)


def only_to(question: bytes, answer: bytes) -> Callable[[bytes, Address], list[bytes]]:
    return lambda data, address: [answer] if data == question else []


def test_the_question_to_artnet_nodes() -> None:
    """14 bytes: id, opcode 0x2000, version 14, no flags."""
    assert poll_packet() == b"Art-Net\0" + bytes((0x00, 0x20, 0, 14, 0, 0))


@pytest.mark.parametrize("data", [b"", b"Art-Net\0", poll_packet(), poll_reply("x")[:200], b"?" * 239])
def test_what_is_no_node_is_left(data: bytes) -> None:
    """Short, another opcode, another protocol."""
    assert read_poll_reply(data, host="h") is None


def test_a_node_tells_its_universes() -> None:
    """Net and subnet count."""
    node = read_poll_reply(poll_reply("Truss", net=1, subnet=2, universes=(3, 4)), host="10.0.0.7")
    assert node == Found("artnet", "Truss", "10.0.0.7", "universe 291, 292")


def test_every_kind_is_found() -> None:
    """zeroconf, LIFX, Yeelight and Art-Net, each once though some answer several times."""

    async def run() -> list[Found]:
        name = base64.b64encode("Léa's bulb".encode()).decode()
        bulb = f"HTTP/1.1 200 OK\r\nLocation: yeelight://127.0.0.1:55443\r\nid: 0x1\r\nmodel: color\r\nname: {name}\r\n\r\n"

        def yeelight(data: bytes, address: Address) -> list[bytes]:
            assert data.startswith(b"M-SEARCH * HTTP/1.1\r\n")
            assert b"\r\nST: wifi_bulb\r\n" in data
            return [bulb.encode()]

        strip = ServiceInfo(
            "_wled._tcp.local.",
            "wled-desk._wled._tcp.local.",
            port=80,
            addresses=[bytes((127, 0, 0, 1))],
            properties={"mac": "AABBCC"},
            server="wled-desk.local.",
        )
        async with (
            lifx_lamps(LifxLamp()) as lifx,
            udp_port(yeelight) as bulbs,
            udp_port(only_to(poll_packet(), poll_reply("Truss"))) as node,
            AsyncZeroconf(interfaces=["127.0.0.1"]) as announcer,
        ):
            registered = await announcer.async_register_service(strip)
            targets = Targets(
                broadcast="127.0.0.1",
                lifx_port=lifx.address[1],
                artnet_port=node.address[1],
                artnet_hears=0,
                yeelight=bulbs.address,
                interfaces=("127.0.0.1",),
            )
            result = await scan(1.2, targets=targets)
            await registered
            assert len(node.packets) == 3
        assert result.problems == []
        return result.found

    assert asyncio.run(run()) == [
        Found("artnet", "Truss", "127.0.0.1", "universe 0"),
        Found("lifx", "Desk", "127.0.0.1", "d0:73:d5:01:02:03"),
        Found("wled", "wled-desk", "127.0.0.1", "aabbcc"),
        Found("yeelight", "Léa's bulb", "127.0.0.1", "color"),
    ]


def test_a_way_that_is_not_possible_is_told_and_the_others_go_on() -> None:
    """The system will not send one question (nothing has port 0); the lamp is found all the same."""

    async def run() -> None:
        async with lifx_lamps(LifxLamp()) as lifx:
            targets = Targets(
                broadcast="127.0.0.1",
                lifx_port=lifx.address[1],
                artnet_port=9,
                artnet_hears=0,
                yeelight=("127.0.0.1", 0),
                interfaces=("127.0.0.1",),
            )
            result = await scan(0.3, targets=targets)
        assert [each.kind for each in result.found] == ["lifx"]
        assert [problem.partition(" (")[0] for problem in result.problems] == ["looking by yeelight was not possible"]

    asyncio.run(run())


@pytest.mark.parametrize("kind", ["wled", "hue", "lifx", "artnet"])
def test_what_is_found_can_be_pasted(kind: str) -> None:
    """The lines are TOML that the connection reads; names are not given twice."""
    lines = connection_lines(
        Found(kind, "Léa's Lamp 2", "10.0.0.7"), taken={"l-a-s-lamp-2", "las-lamp-2", "la-s-lamp-2"}.__contains__
    )
    table = tomllib.loads("\n".join(lines))["connections"]
    ((name, settings),) = table.items()
    assert name == "la-s-lamp-2-2"
    assert CONNECTIONS[kind].model_validate(settings).kind == kind
    assert ("pair hue --host 10.0.0.7" in lines[0]) == (kind == "hue")
