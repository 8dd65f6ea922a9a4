"""Clients for the tests of the server: real sockets, nothing faked."""

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from stream.server.commands import Command
from stream.server.server import Server, ServerSettings

TOKEN = "the-token-of-these-tests"
PATIENCE_S = 60.0


def make_server(on_command: Callable[[Command], None] = lambda command: None, *, host: str = "127.0.0.1") -> Server:
    """Return a server on any free port."""
    return Server(ServerSettings(host=host, port=0), on_command=on_command, token=TOKEN)


def raw_socket(server: Server, *, receive_bytes: int | None = None) -> socket.socket:
    """Return a TCP connection to the server; with `receive_bytes`, one whose system takes hardly more than that."""
    opened = socket.socket()
    if receive_bytes is not None:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    opened.settimeout(PATIENCE_S)
    opened.connect(("127.0.0.1", server.port))
    return opened


@contextlib.contextmanager
def client(
    server: Server,
    *topics: str,
    path: str = "/socket",
    token: str | None = None,
    receive_bytes: int | None = None,
) -> Iterator[ClientConnection]:
    """Connect, say hello and subscribe; what the server answered is read already."""
    with (
        raw_socket(server, receive_bytes=receive_bytes) as opened,
        connect(f"ws://127.0.0.1:{server.port}{path}", sock=opened, compression=None, max_queue=1, close_timeout=1) as link,
    ):
        say(link, type="hello", protocol=1, **({"token": token} if token else {}))
        assert hear(link)["type"] == "hello"
        if topics:
            say(link, type="subscribe", topics=list(topics))
            assert hear(link) == {"type": "done", "command": "subscribe", "id": None}
        yield link


def say(link: ClientConnection, **message: object) -> None:
    """Send a message."""
    link.send(json.dumps(message))


def hear(link: ClientConnection) -> Any:
    """Return the next JSON message."""
    return json.loads(link.recv(timeout=PATIENCE_S))


def picture_seq(message: str | bytes) -> int:
    """Return the seq in a picture's header."""
    assert isinstance(message, bytes)
    return int.from_bytes(message[8:16], "little")


def get(server: Server, path: str, *, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers (lower case) and body of an HTTP request; `Host` may be given."""
    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    try:
        link.putrequest(method, path, skip_host="Host" in headers)
        for name, value in headers.items():
            link.putheader(name.replace("_", "-"), value)
        link.endheaders()
        with link.getresponse() as response:
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        link.close()


@contextlib.contextmanager
def crowd(server: Server, count: int) -> Iterator[None]:
    """Keep so many clients without the token connected."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(client(server))
        yield


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait, a bounded time, until `condition` holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.005)


def hear_until_closed(link: ClientConnection) -> list[Any]:
    """Return every JSON message up to the end of the connection; pictures as their bytes."""
    heard: list[Any] = []
    with contextlib.suppress(ConnectionClosed):
        while True:
            message = link.recv(timeout=PATIENCE_S)
            heard.append(json.loads(message) if isinstance(message, str) else message)
    return heard
