"""Art-Net: DMX in UDP packets to a node, or to all by broadcast. Owns its packets.

Art-Net is a trademark of Artistic Licence Engineering; the packet is after its public specification, version 4.
"""

import struct
from typing import Any, Final, Literal

from pydantic import Field, model_validator

from stream.actions import lan
from stream.actions.base import Tools
from stream.actions.dmx import DmxClient, DmxConnection
from stream.actions.dmx_fixtures import Universe

UDP_PORT: Final = 6454
BROADCAST: Final = "255.255.255.255"
ID: Final = b"Art-Net\0"
VERSION: Final = 14
_OP_DMX: Final = 0x5000
_LAST_UNIVERSE: Final = 32767


def dmx_packet(universe: int, levels: bytes, *, sequence: int) -> bytes:
    """Return an ArtDmx packet.

    Args:
        universe: the 15-bit port address: net (7 bits), subnet (4), universe (4).
        levels: up to 512; a zero is added to an odd count.
        sequence: 1..255, or 0 if packets are not counted.
    """
    levels += bytes(len(levels) % 2)
    head = struct.pack("<8sH", ID, _OP_DMX) + struct.pack(
        ">HBBBBH", VERSION, sequence, 0, universe & 255, universe >> 8, len(levels)
    )
    return head + levels


class ArtNetConnection(DmxConnection):
    """DMX fixtures behind Art-Net nodes."""

    kind: Literal["artnet"] = "artnet"
    port: int = Field(UDP_PORT, ge=1, le=65535)
    universe: Universe = Field(0, description="of fixtures that name none: 0..32767, or net:subnet:universe")

    @model_validator(mode="after")
    def _possible(self) -> "ArtNetConnection":
        if self.universes[-1] > _LAST_UNIVERSE:
            raise ValueError(f"universe {self.universes[-1]} must be 0..{_LAST_UNIVERSE} for Art-Net")
        return self

    def client(self, name: str, *, tools: Tools) -> "ArtNet":
        return ArtNet(name, self, tools=tools)


class ArtNet(DmxClient[ArtNetConnection]):
    """Sends ArtDmx; a node or the network says nothing of what became of it."""

    def __init__(self, name: str, connection: ArtNetConnection, *, tools: Tools) -> None:
        super().__init__(name, connection, tools=tools)
        self._sequence: dict[int, int] = {}
        self._to: lan.Address = (BROADCAST, connection.port)

    async def open(self) -> tuple[lan.Udp, str]:
        conn = self.connection
        if conn.host:
            self._to = await lan.address_of(conn.host, conn.port, what="the Art-Net node")
        udp = await lan.Udp.open(broadcast=True, interface=conn.interface)
        return udp, f"Art-Net to {conn.host or 'all nodes (broadcast)'}, {_universes(conn.universes)}"

    def packet(self, universe: int, levels: bytes) -> bytes:
        self._sequence[universe] = sequence = self._sequence.get(universe, 0) % 255 + 1  # 1..255; 0 means not counted
        return dmx_packet(universe, levels, sequence=sequence)

    def address(self, universe: int) -> lan.Address:
        return self._to


def _universes(universes: tuple[int, ...]) -> str:
    return f"universe{'' if len(universes) == 1 else 's'} {', '.join(map(str, universes))}"


ACTIONS: tuple[Any, ...] = ()
CONNECTIONS = (ArtNetConnection,)
