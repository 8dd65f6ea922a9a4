"""What clients of things on the local network share: UDP sockets on the loop, names to addresses, and words for failures.

Knows nothing of any protocol.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Final, Self, cast

import httpx

from stream.actions.base import Unreachable

log = logging.getLogger(__name__)

Address = tuple[str, int]
ANY: Final = "0.0.0.0"


class Udp(asyncio.DatagramProtocol):
    """A UDP socket. Made by `open`; `send` never waits, and a packet that the system refuses is lost like any other.

    `fault` keeps the last refusal (no network, say), for clients that hear no answers.
    """

    def __init__(self, on_packet: Callable[[bytes, Address], None] | None) -> None:
        self._on_packet = on_packet
        self._transport: asyncio.DatagramTransport | None = None
        self.fault: OSError | None = None

    @classmethod
    async def open(
        cls,
        on_packet: Callable[[bytes, Address], None] | None = None,
        *,
        broadcast: bool = False,
        multicast_ttl: int = 1,
        interface: str = ANY,
        port: int = 0,
    ) -> Self:
        """Open a socket.

        Args:
            on_packet: gets each packet that arrives, and from where; must not raise.
            multicast_ttl: over how many routers multicast may go.
            interface: local IP address to send from; all if not given.
            port: to hear on, shared with other programs; 0: a free one.

        Raises:
            Unreachable: the system has no such interface, or no socket.
        """
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, multicast_ttl)
            if broadcast:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            if interface != ANY:
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
            if port:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((interface, port))
            loop = asyncio.get_running_loop()
            _, udp = await loop.create_datagram_endpoint(lambda: cls(on_packet), sock=sock)
        except OSError as error:
            sock.close()
            raise Unreachable(f"no UDP socket could be opened on {interface} ({words(error)}); check the network") from error
        return udp

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # Python 3.11's is none by its class

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if self._on_packet is not None:
            self._on_packet(data, (addr[0], addr[1]))

    def error_received(self, exc: Exception) -> None:
        self.fault = exc if isinstance(exc, OSError) else OSError(str(exc))

    def send(self, data: bytes, to: Address) -> None:
        """Send one packet; after `close`, nothing."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, to)

    def close(self) -> None:
        """Close the socket. Idempotent."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None


async def address_of(host: str, port: int, *, what: str) -> Address:
    """Return the IPv4 address of a host.

    Raises:
        Unreachable: there is no host of that name.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, family=socket.AF_INET, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(
            f"{what} at {host} was not found ({words(error)}); check the name, or write its IP address as host"
        ) from error
    return str(found[0][4][0]), port


def http_failure(error: httpx.HTTPError | OSError | TimeoutError, *, what: str, host: str) -> Unreachable:
    """Return what to tell when a request failed."""
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return Unreachable(f"{what} at {host} does not answer; check its power, its network and `host`")
    return Unreachable(f"{what} at {host} cannot be reached ({words(error)}); check its power, its network and `host`")


def words(error: BaseException) -> str:
    """Return the reason of a failure in a few words, without numbers of the system."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.casefold()
    return str(error).casefold().rstrip(".") or type(error).__name__


async def ended(task: asyncio.Task[None] | None) -> None:
    """Cancel a task and wait for its end; what it raised is gone."""
    while task is not None and not task.done():
        task.cancel()  # again and again: Python 3.11's wait_for loses a cancellation that meets what it waited for
        await asyncio.wait((task,), timeout=0.1)
    if task is not None and not task.cancelled():
        task.exception()


async def quietly(closing: Awaitable[object], name: str, *, within_s: float = 0.5) -> None:
    """Wait for something to close, for a while; whatever goes wrong, it is left."""
    try:
        async with asyncio.timeout(within_s):
            await closing
    except Exception as error:
        log.debug("closing %s: %r", name, error)
