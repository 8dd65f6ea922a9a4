"""One TCP connection from its first byte: how many there may be, and how much each may say.

Owns the limits that hold for whoever can reach the port, before anybody has shown a token. Lives on the server's loop; knows
nothing of what is said. Without these limits a program without the token could use up the files that the process may open,
which ends the stream, or keep the server's thread so busy that the pictures come late.
"""

import asyncio
import contextlib
import logging
import socket
from typing import ClassVar, Final

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame
from websockets.protocol import Event, State

MAX_CONNECTIONS: Final = 128
"""TCP connections at a time: every client, the few that a browser opens for a page, and room for more."""
BACKLOG: Final = 16
"""Connections that are taken at a time. Those that are turned away hold a file each until a moment later."""
MAX_MESSAGES: Final = 600
"""Messages, parts of them and pings that a client may send in a window. A page sends one for each picture, of two topics at
most, and the settings allow 240 pictures a second."""
WINDOW_S: Final = 1.0

_BITE_BYTES: Final = 4096  # what is read between two looks at the count: six bytes make a ping
_SEND_BUFFER_BYTES: Final = 128 * 1024  # a few pictures; the system's own default holds seconds of them for a slow client

log = logging.getLogger(__name__)


class Pace:
    """Counts what comes, in windows of `WINDOW_S`. Pure: it is told the time."""

    def __init__(self) -> None:
        self._began_s = float("-inf")
        self._count = 0

    def is_exceeded(self, now_s: float) -> bool:
        """Count one more, and tell whether this window has had more than `MAX_MESSAGES`."""
        if now_s - self._began_s >= WINDOW_S:
            self._began_s, self._count = now_s, 0
        self._count += 1
        return self._count > MAX_MESSAGES


class ConnectionLimit:
    """The connections of one server: so many and no more, and all can be ended at once."""

    def __init__(self) -> None:
        self._members: dict[Connection, None] = {}  # the oldest first
        self._was_full = False

    def admit(self, connection: "Connection") -> None:
        """Take a connection in. Where there is no room, the oldest that has not become a socket yet is ended, or this one.

        A page takes moments to ask, so whoever has waited longest wants to keep others out. It is logged once, or a flood would
        fill the log too.
        """
        self._members[connection] = None
        if len(self._members) <= MAX_CONNECTIONS:
            return
        idle = next((one for one in self._members if one.protocol.state is State.CONNECTING), connection)
        self.forget(idle)
        _abort(idle.transport)
        if not self._was_full:
            self._was_full = True
            log.warning(
                "more than %d connections to the server are open, so the oldest that say nothing are ended; "
                "end the program that opens so many",
                MAX_CONNECTIONS,
            )

    def forget(self, connection: "Connection") -> None:
        """Give the place of a connection back, if it had one."""
        self._members.pop(connection, None)

    def abort(self) -> None:
        """End all connections at once, so that stopping never waits for a silent one."""
        for connection in list(self._members):
            _abort(connection.transport)


class Connection(ServerConnection):
    """A connection that counts: itself among all, and what its client sends."""

    connection_limit: ClassVar[ConnectionLimit]
    flooded: asyncio.Future[None]
    """Done once the client has sent more than it may. From then on nothing that it sends is read."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or end at once where there is no room."""
        self.flooded = self.loop.create_future()
        self._pace = Pace()
        with contextlib.suppress(OSError):
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        super().connection_made(transport)  # also where there is no room: the library waits for the end of what has begun
        self.connection_limit.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self.connection_limit.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read in small bites, and no further once the client floods."""
        for start in range(0, len(data), _BITE_BYTES):
            if self.flooded.done():
                break
            super().data_received(data[start : start + _BITE_BYTES])
        if self.flooded.done():
            self.transport.pause_reading()  # each time: the library goes on reading when its own queue is empty

    def process_event(self, event: Event) -> None:
        """Count a frame and pass it on. Pings count too, for each is answered."""
        if self.flooded.done():
            return
        if isinstance(event, Frame) and self._pace.is_exceeded(self.loop.time()):
            self.flooded.set_result(None)
        else:
            super().process_event(event)


def connection_class(limit: ConnectionLimit) -> type[Connection]:
    """Return the class of the connections of one server."""
    return type("Connection", (Connection,), {"connection_limit": limit})


def _abort(transport: asyncio.BaseTransport) -> None:
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
