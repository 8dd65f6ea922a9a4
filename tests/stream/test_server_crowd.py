"""What a program without the token cannot do to the server: crowd others out, or keep it busy."""

import contextlib
import http.client
import logging
import math
import socket
from collections.abc import Callable

import pytest
from annotated_types import Le
from server_clients import (
    PATIENCE_S,
    TOKEN,
    client,
    crowd,
    get,
    hear,
    hear_until_closed,
    picture_seq,
    raw_socket,
    say,
    wait_until,
)
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection

from stream.config import SECTIONS
from stream.server import client as client_module
from stream.server import connection as connection_module
from stream.server.commands import Command, TriggerCommand
from stream.server.connection import MAX_MESSAGES, WINDOW_S, Connection, Pace
from stream.server.hub import MAX_CLIENTS, RESERVED_CLIENTS
from stream.server.server import Server
from trackers.types import Stamp

UPGRADE = (
    "GET /overlay/socket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
FLOODED = f"more than {MAX_MESSAGES} messages in a second; send fewer: one `seen` may count several pictures"
PING = Frame(Opcode.PING, b"").serialize(mask=True)


@pytest.fixture
def _endless_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count without end, so that no test depends on how fast it runs."""
    monkeypatch.setattr(connection_module, "WINDOW_S", math.inf)


def _is_ended(link: socket.socket) -> bool:
    """Tell whether the server ended a connection on which nothing was said."""
    try:
        return link.recv(1) == b""
    except ConnectionResetError:
        return True


def _answers(server: Server) -> bool:
    with contextlib.suppress(OSError, http.client.HTTPException):
        return get(server, "/")[0] == 200
    return False


def _upgraded(server: Server) -> socket.socket:
    """Return a socket of the overlay's that does nothing of itself, not even answer a close."""
    opened = raw_socket(server)
    opened.sendall(UPGRADE.format(port=server.port).encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += opened.recv(1)
    assert answer.startswith(b"HTTP/1.1 101 ")
    return opened


def _heard_up_to(link: socket.socket, end: bytes) -> bytes:
    heard = b""
    while end not in heard:
        more = link.recv(65536)
        assert more, "the connection ended without a reason"
        heard += more
    return heard


def test_idle_connections_do_not_crowd_out_who_is_there(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each holds a file of the process: beyond the limit the oldest are ended, said once; sockets and new pages go on."""
    monkeypatch.setattr(connection_module, "MAX_CONNECTIONS", 4)
    with contextlib.ExitStack() as stack:
        overlay = stack.enter_context(client(server, "overlay"))
        idle = [stack.enter_context(raw_socket(server)) for _ in range(12)]
        assert all(_is_ended(other) for other in idle[:-3])
        assert _answers(server)
        assert _is_ended(idle[-3])
        server.publish_picture(b"jpeg", Stamp(7, 0), width_px=1, height_px=1)
        assert picture_seq(overlay.recv(timeout=PATIENCE_S)) == 7
        idle[-1].sendall(f"GET /overlay HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        assert idle[-1].recv(12) == b"HTTP/1.1 200"
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "more than 4 connections to the server are open, so the oldest that say nothing are ended; "
        "end the program that opens so many"
    ]


def test_sockets_that_are_open_are_not_ended_for_a_new_one(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all are, there is no room for more, until one of them leaves."""
    monkeypatch.setattr(connection_module, "MAX_CONNECTIONS", 2)
    with client(server, "overlay") as first:
        with client(server, "overlay"):
            assert not _answers(server)
            server.publish_picture(b"jpeg", Stamp(7, 0), width_px=1, height_px=1)
            assert picture_seq(first.recv(timeout=PATIENCE_S)) == 7
        wait_until(lambda: _answers(server))


def test_messages_are_counted_by_the_second() -> None:
    """As many as allowed in each window, none more; a new window forgives."""
    pace = Pace()
    for began_s in (100.0, 100.0 + WINDOW_S, 500.0):
        assert not any(pace.is_exceeded(began_s + step / MAX_MESSAGES * WINDOW_S) for step in range(MAX_MESSAGES))
        assert pace.is_exceeded(began_s + 0.999 * WINDOW_S)


def test_pages_stay_far_below_the_limit() -> None:
    """Two topics of pictures at the highest rate that the settings allow, each picture reported by itself."""
    (most,) = (limit.le for limit in SECTIONS["output"].model_fields["fps"].metadata if isinstance(limit, Le))
    assert 2 * most * 1.2 / WINDOW_S <= MAX_MESSAGES


def _send_seen(link: ClientConnection) -> None:
    say(link, type="seen", topic="overlay", count=1)


def _send_ping(link: ClientConnection) -> None:
    link.ping()


@pytest.mark.usefixtures("_endless_second")
@pytest.mark.parametrize("send", [_send_seen, _send_ping])
def test_client_that_floods_is_let_go(server: Server, send: Callable[[ClientConnection], None]) -> None:
    """Up to the limit a client is served, beyond it is closed with a reason; pings count too. Others go on."""
    with client(server, "overlay") as other, client(server, path="/overlay/socket") as link:
        for _ in range(MAX_MESSAGES - 20):
            send(link)
        say(link, type="calibrate")
        assert hear(link)["text"] == "this socket is read only; commands go to /socket"
        with contextlib.suppress(ConnectionClosed):
            for _ in range(40):
                send(link)
        assert hear_until_closed(link) == []
        assert (link.close_code, link.close_reason) == (1008, FLOODED)
        server.publish_picture(b"jpeg", Stamp(9, 0), width_px=1, height_px=1)
        assert picture_seq(other.recv(timeout=PATIENCE_S)) == 9


@pytest.mark.usefixtures("_endless_second")
def test_nothing_more_is_read_of_a_client_that_floods(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """While its end is on the way, which it may delay, nothing that it sends costs the server anything."""
    monkeypatch.setattr(client_module, "CLOSE_TIMEOUT_S", PATIENCE_S)
    flooding: list[Connection] = []
    late: list[bytes] = []
    read = ServerConnection.data_received

    def watched(connection: Connection, data: bytes) -> None:
        if connection.flooded.done():
            late.append(data)
        read(connection, data)
        if connection.flooded.done() and connection not in flooding:
            flooding.append(connection)

    monkeypatch.setattr(ServerConnection, "data_received", watched)
    hello = Frame(Opcode.TEXT, b'{"type": "hello", "protocol": 1}').serialize(mask=True)
    seen = Frame(Opcode.TEXT, b'{"type": "seen", "topic": "overlay", "count": 1}').serialize(mask=True)
    with _upgraded(server) as link:
        link.sendall(hello + seen * MAX_MESSAGES)
        _heard_up_to(link, FLOODED.encode())
        link.sendall(seen * MAX_MESSAGES)
        for _ in range(3):  # by then the loop has looked at every socket
            assert get(server, "/")[0] == 200
        assert [connection.transport.is_reading() for connection in flooding] == [False]
    assert late == []


@pytest.mark.usefixtures("_endless_second")
def test_a_burst_is_not_worked_off_to_its_end(server: Server) -> None:
    """Of thousands of pings that come in one piece, those in a small bite beyond the limit are answered, and no more."""
    with _upgraded(server) as link:
        link.sendall(PING * 5000)
        heard = _heard_up_to(link, FLOODED.encode())
    pongs = heard.count(Frame(Opcode.PONG, b"").serialize(mask=False))
    assert MAX_MESSAGES <= pongs <= MAX_MESSAGES + 4096 // len(PING) + 1


def test_whoever_has_the_token_finds_a_place(server: Server, commands: list[Command]) -> None:
    """Sockets without the token can take all places but a few: the panic button is always within reach."""
    with crowd(server, MAX_CLIENTS), contextlib.ExitStack() as stack:
        for path in ("/socket", "/overlay/socket", f"/socket?token={TOKEN}x", "/socket?token="):
            status, _, body = get(server, path)
            assert (status, body) == (503, b"32 clients are connected already; close one\n")
        panels = [stack.enter_context(client(server, path=f"/socket?token={TOKEN}")) for _ in range(RESERVED_CLIENTS)]
        status, _, body = get(server, f"/socket?token={TOKEN}")
        assert (status, body) == (503, b"36 clients are connected already; close one\n")
        say(panels[-1], type="trigger", what="panic")
        assert hear(panels[-1])["type"] == "done"
    assert commands == [TriggerCommand("panic")]
