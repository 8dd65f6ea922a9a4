"""Looking for lights on the local network, each kind in its own way, all at once.

Owns the questions and reading the answers. Nothing is changed on any device, and no secret is sent.
"""

import asyncio
import base64
import binascii
import contextlib
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from stream.actions import artnet, lan
from stream.actions import lifx_packets as lifx
from stream.actions.base import Unreachable

SERVICES: Final = {"_wled._tcp.local.": "wled", "_hue._tcp.local.": "hue", "_nanoleafapi._tcp.local.": "nanoleaf"}
_ASKS: Final = 3
_RESOLVE_MS: Final = 1500
_OP_POLL: Final = 0x2000
_OP_POLL_REPLY: Final = 0x2100
_YEELIGHT_SEARCH: Final = b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1982\r\nMAN: "ssdp:discover"\r\nST: wifi_bulb\r\n\r\n'


@dataclass(frozen=True, slots=True)
class Found:
    """A light that answered."""

    kind: str
    """As in `[connections.NAME] kind`."""
    name: str
    host: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Targets:
    """Where is asked; tests ask elsewhere."""

    broadcast: str = artnet.BROADCAST
    lifx_port: int = lifx.UDP_PORT
    artnet_port: int = artnet.UDP_PORT
    artnet_hears: int = artnet.UDP_PORT
    """Nodes answer to this port of ours, some to the one that asked; 0: only that one."""
    yeelight: lan.Address = ("239.255.255.250", 1982)
    interfaces: tuple[str, ...] = ()
    """IP addresses of network cards for zeroconf; none: all."""


@dataclass(slots=True)
class Scan:
    """What came of it."""

    found: list[Found] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Ways of looking that were not possible, one sentence each."""


async def scan(seconds: float, *, targets: Targets = Targets()) -> Scan:
    """Look for lights for so many seconds; each is there once, sorted by kind and name."""
    looks = (_zeroconf, _lifx, _yeelight, _artnet)
    results = await asyncio.gather(*(look(seconds, targets) for look in looks), return_exceptions=True)
    done = Scan()
    for look, result in zip(looks, results, strict=True):
        if isinstance(result, BaseException):
            if not isinstance(result, Unreachable | OSError):
                raise result
            done.problems.append(f"looking by {look.__name__.strip('_')} was not possible ({lan.words(result)})")
        else:
            done.found += result
    done.found = sorted(set(done.found), key=lambda each: (each.kind, each.name.casefold(), each.host))
    return done


async def _zeroconf(seconds: float, targets: Targets) -> list[Found]:
    from zeroconf import InterfaceChoice, ServiceStateChange, Zeroconf
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

    names: dict[str, str] = {}

    def heard(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        names[name] = service_type

    interfaces: Any = list(targets.interfaces) or InterfaceChoice.All
    async with AsyncZeroconf(interfaces=interfaces) as asker:
        browser = AsyncServiceBrowser(asker.zeroconf, list(SERVICES), handlers=[heard])
        await asyncio.sleep(seconds)
        await browser.async_cancel()
        infos = [AsyncServiceInfo(service, name) for name, service in names.items()]
        await asyncio.gather(*(info.async_request(asker.zeroconf, _RESOLVE_MS) for info in infos))
    return [_service(info) for info in infos if info.parsed_addresses()]


def _service(info: Any) -> Found:
    told = {key.decode(errors="replace"): (value or b"").decode(errors="replace") for key, value in info.properties.items()}
    hosts = [address for address in info.parsed_addresses() if ":" not in address] or info.parsed_addresses()
    detail = told.get("bridgeid") or told.get("mac") or told.get("md") or ""
    return Found(SERVICES[info.type], info.name.removesuffix("." + info.type), hosts[0], detail.casefold())


async def _lifx(seconds: float, targets: Targets) -> list[Found]:
    source = 0x706F7365
    found: dict[bytes, Found] = {}

    def heard(data: bytes, address: lan.Address) -> None:
        packet = lifx.decode(data)
        if packet is None or packet.source != source:
            return
        mac = packet.target[:6].hex(":")
        if packet.kind == lifx.STATE_SERVICE and (port := lifx.read_service(packet.payload)) is not None:
            found.setdefault(packet.target, Found("lifx", mac, address[0], mac))
            question = lifx.Packet(lifx.GET_LIGHT, source, 2, packet.target, b"", wants_answer=True)
            udp.send(question.encode(), (address[0], port))
        elif packet.kind == lifx.LIGHT_STATE and (state := lifx.read_state(packet.payload)) is not None:
            found[packet.target] = Found("lifx", state.label or mac, address[0], mac)

    udp = await lan.Udp.open(heard, broadcast=True)
    question = lifx.Packet(lifx.GET_SERVICE, source, 1, lifx.EVERYBODY, b"", wants_answer=True, tagged=True)
    await _ask(udp, question.encode(), (targets.broadcast, targets.lifx_port), seconds)
    return list(found.values())


async def _yeelight(seconds: float, targets: Targets) -> list[Found]:
    found: dict[str, Found] = {}

    def heard(data: bytes, address: lan.Address) -> None:
        lines = (line.partition(":") for line in data.decode(errors="replace").split("\r\n")[1:])
        told = {name.strip().casefold(): value.strip() for name, _, value in lines}
        if told.get("location", "").startswith("yeelight://"):
            name = told.get("name", "")
            with contextlib.suppress(binascii.Error, ValueError):
                name = base64.b64decode(name, validate=True).decode()
            found[address[0]] = Found("yeelight", name or told.get("id", address[0]), address[0], told.get("model", ""))

    udp = await lan.Udp.open(heard)
    await _ask(udp, _YEELIGHT_SEARCH, targets.yeelight, seconds)
    return list(found.values())


async def _artnet(seconds: float, targets: Targets) -> list[Found]:
    found: dict[str, Found] = {}

    def heard(data: bytes, address: lan.Address) -> None:
        node = read_poll_reply(data, host=address[0])
        if node is not None:
            found[address[0]] = node

    try:
        udp = await lan.Udp.open(heard, broadcast=True, port=targets.artnet_hears)
    except Unreachable:  # another program holds the port; nodes that answer to ours are still heard
        udp = await lan.Udp.open(heard, broadcast=True)
    await _ask(udp, poll_packet(), (targets.broadcast, targets.artnet_port), seconds)
    return list(found.values())


def poll_packet() -> bytes:
    """Return an ArtPoll: who is there?"""
    return struct.pack("<8sH", artnet.ID, _OP_POLL) + struct.pack(">HBB", artnet.VERSION, 0, 0)


def read_poll_reply(data: bytes, *, host: str) -> Found | None:
    """Return the node that an ArtPollReply tells of, or None if it is none."""
    if len(data) < 207 or data[:8] != artnet.ID or data[8:10] != struct.pack("<H", _OP_POLL_REPLY):
        return None
    short, long = (data[at : at + size].partition(b"\0")[0].decode(errors="replace") for at, size in ((26, 18), (44, 64)))
    net, subnet, ports = data[18], data[19], min(data[173], 4)
    universes = sorted({(net << 8) | (subnet << 4) | (data[190 + i] & 15) for i in range(ports) if data[174 + i] & 0x80})
    detail = f"universe {', '.join(map(str, universes))}" if universes else ""
    return Found("artnet", short or long or host, host, detail)


async def _ask(udp: lan.Udp, question: bytes, to: lan.Address, seconds: float) -> None:
    """Ask a few times, as packets get lost, and hear until the time is over.

    Raises:
        OSError: the network refused every question.
    """
    try:
        for _ in range(_ASKS):
            udp.send(question, to)
            await asyncio.sleep(seconds / _ASKS)
        if udp.fault is not None:
            raise udp.fault
    finally:
        udp.close()


def connection_lines(found: Found, *, taken: Callable[[str], bool] = lambda name: False) -> list[str]:
    """Return what to paste into the rule file.

    Args:
        taken: whether a name is in use already.
    """
    word = "".join(letter if letter.isalnum() else "-" for letter in found.name.casefold() if letter.isascii())
    base = word.strip("-") or found.kind
    name = next(each for each in (base, *(f"{base}-{i}" for i in range(2, 999))) if not taken(each))
    lines = [f"[connections.{name}]", f'kind = "{found.kind}"', f'host = "{found.host}"']
    if found.kind == "hue":
        lines.insert(0, f"# first: python run.py lights pair hue --host {found.host}")
    if found.kind == "artnet":
        lines += ["", f"[[connections.{name}.fixtures]]", 'name = "front"', "address = 1  # as set on the lamp"]
        lines += ['channels = ["dimmer", "red", "green", "blue"]  # as in its manual']
    return lines
