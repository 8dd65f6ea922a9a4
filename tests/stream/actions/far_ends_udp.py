"""A UDP port of a device of the tests: keeps what came and when, and may answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

Address = tuple[str, int]


class Port(asyncio.DatagramProtocol):
    """Packets in the order in which they came."""

    def __init__(self, answer: Callable[[bytes, Address], list[bytes]] | None = None) -> None:
        self.packets: list[bytes] = []
        self.times_s: list[float] = []
        self.address: Address = ("", 0)
        self._answer = answer
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # Python 3.11's is none by its class
        self.address = transport.get_extra_info("sockname")

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.packets.append(data)
        self.times_s.append(time.monotonic())
        for reply in self._answer(data, addr) if self._answer is not None else ():
            assert self._transport is not None
            self._transport.sendto(reply, addr)


@asynccontextmanager
async def udp_port(answer: Callable[[bytes, Address], list[bytes]] | None = None) -> AsyncIterator[Port]:
    """Listen on a free port of 127.0.0.1."""
    transport, port = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Port(answer), local_addr=("127.0.0.1", 0)
    )
    try:
        yield port
    finally:
        transport.close()
        await asyncio.sleep(0)
