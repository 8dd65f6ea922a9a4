"""sACN (ANSI E1.31): DMX in UDP packets by multicast, or to one receiver. Owns its packets.

A source has a number of its own (CID), made anew for each connection object and kept while it lives, counts its packets for
each universe, and says three times at the end that its stream is over, so that receivers need not wait for it.
"""

import struct
import uuid
from typing import Any, Final, Literal

from pydantic import Field, model_validator

from stream.actions import lan
from stream.actions.base import Tools
from stream.actions.dmx import DmxClient, DmxConnection
from stream.actions.dmx_fixtures import Universe

UDP_PORT: Final = 5568
_FAREWELLS: Final = 3
_TERMINATED: Final = 0x40
_NAME_BYTES: Final = 64


def data_packet(
    universe: int, levels: bytes, *, sequence: int, cid: bytes, source: str, priority: int = 100, terminated: bool = False
) -> bytes:
    """Return an E1.31 data packet of 126 bytes and the levels.

    Args:
        sequence: 0..255.
        cid: 16 bytes that name this source and stay.
        source: name for people, cut to 63 bytes of UTF-8.
        terminated: says that the stream is over.
    """
    size = 126 + len(levels)
    name = source.encode()[: _NAME_BYTES - 1].decode(errors="ignore").encode()
    root = struct.pack(">HH12sHI16s", 0x0010, 0, b"ASC-E1.17\0\0\0", 0x7000 | (size - 16), 4, cid)
    options = _TERMINATED if terminated else 0
    framing = struct.pack(">HI64sBHBBH", 0x7000 | (size - 38), 2, name, priority, 0, sequence, options, universe)
    dmp = struct.pack(">HBBHHHB", 0x7000 | (size - 115), 2, 0xA1, 0, 1, len(levels) + 1, 0)
    return root + framing + dmp + levels


def multicast_address(universe: int) -> str:
    """Return the group of a universe: 239.255.high.low."""
    return f"239.255.{universe >> 8}.{universe & 255}"


class SacnConnection(DmxConnection):
    """DMX fixtures behind sACN receivers."""

    kind: Literal["sacn"] = "sacn"
    port: int = Field(UDP_PORT, ge=1, le=65535)
    universe: Universe = Field(1, description="of fixtures that name none: 1..63999")
    priority: int = Field(100, ge=0, le=200, description="of several sources a receiver follows the highest")
    source: str = Field("Posecast", min_length=1, max_length=60, description="our name, as receivers show it")

    @model_validator(mode="after")
    def _possible(self) -> "SacnConnection":
        if self.universes[0] < 1:
            raise ValueError("universe 0 must be 1..63999 for sACN")
        return self

    def client(self, name: str, *, tools: Tools) -> "Sacn":
        return Sacn(name, self, tools=tools)


class Sacn(DmxClient[SacnConnection]):
    """Sends E1.31 data packets; nobody answers."""

    def __init__(self, name: str, connection: SacnConnection, *, tools: Tools) -> None:
        super().__init__(name, connection, tools=tools)
        self._cid = uuid.uuid4().bytes
        self._sequence: dict[int, int] = {}
        self._host: str | None = None

    async def open(self) -> tuple[lan.Udp, str]:
        conn = self.connection
        if conn.host:
            self._host, _ = await lan.address_of(conn.host, conn.port, what="the sACN receiver")
        udp = await lan.Udp.open(multicast_ttl=8, interface=conn.interface)
        universes = ", ".join(map(str, conn.universes))
        return udp, f"sACN to {conn.host or 'multicast'}, universe{'' if len(conn.universes) == 1 else 's'} {universes}"

    def packet(self, universe: int, levels: bytes, *, terminated: bool = False) -> bytes:
        sequence = self._sequence.get(universe, 0)
        self._sequence[universe] = (sequence + 1) % 256
        conn = self.connection
        return data_packet(
            universe,
            levels,
            sequence=sequence,
            cid=self._cid,
            source=conn.source,
            priority=conn.priority,
            terminated=terminated,
        )

    def address(self, universe: int) -> lan.Address:
        return self._host or multicast_address(universe), self.connection.port

    def farewell(self) -> None:
        for _ in range(_FAREWELLS):
            self.send_all({u: self.packet(u, self.levels(u), terminated=True) for u in self.connection.universes})


ACTIONS: tuple[Any, ...] = ()
CONNECTIONS = (SacnConnection,)
