"""Who may talk to the server: each rule as a function, then each attack on a real socket."""

import json
import logging

import pytest
from server_clients import PATIENCE_S, TOKEN, client, get, hear, hear_until_closed, raw_socket, say
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from stream.server.commands import MAX_MESSAGE_BYTES, Command
from stream.server.hub import MAX_CLIENTS
from stream.server.security import OwnAddresses, is_loopback, token_matches
from stream.server.server import Server
from trackers.types import Stamp

LOCAL = OwnAddresses("127.0.0.1", 8765)


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "LocalHost:8765", "[::1]:8765"])
def test_our_own_hosts_are_ours(host: str) -> None:
    """Every way to write this machine with our port."""
    assert LOCAL.host_is_ours(host)


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example:8765", "127.0.0.1.evil.example:8765", "127.0.0.1:80", "127.0.0.1", "localhost", "[::1]", ""),
        *("127.0.0.1:8765.evil.example", "192.168.1.5:8765", "127.0.0.1:8765@evil.example", "localhost.:8765", None),
    ],
)
def test_other_hosts_are_not(host: str | None) -> None:
    """A rebound name keeps its name in `Host`; another port is another program."""
    assert not LOCAL.host_is_ours(host)


def test_configured_host_is_ours() -> None:
    """A server that listens on the network answers to its own address; behind a wildcard to any address, never to a name."""
    assert OwnAddresses("192.168.1.5", 8765).host_is_ours("192.168.1.5:8765")
    assert OwnAddresses("fe80::1", 8765).host_is_ours("[fe80::1]:8765")
    for everywhere in ("0.0.0.0", "::"):
        assert OwnAddresses(everywhere, 8765).host_is_ours("192.168.1.5:8765")
        assert OwnAddresses(everywhere, 8765).host_is_ours("[fe80::1]:8765")
        assert not OwnAddresses(everywhere, 8765).host_is_ours("evil.example:8765")
    assert OwnAddresses("127.0.0.1", 80).host_is_ours("127.0.0.1")


@pytest.mark.parametrize(
    ("origin", "ours"),
    [
        (None, True),
        ("http://127.0.0.1:8765", True),
        ("null", False),
        ("", False),
        ("file://", False),
        ("https://127.0.0.1:8765", False),
        ("http://127.0.0.1:8000", False),
        ("http://localhost:8765", False),
        ("http://evil.example", False),
        ("http://127.0.0.1:8765.evil.example", False),
    ],
)
def test_origin_must_be_the_page_that_was_served(origin: str | None, ours: bool) -> None:
    """Only the very page whose host is asked, or no page at all."""
    assert LOCAL.origin_is_ours(origin, host="127.0.0.1:8765") is ours


def test_token_must_match() -> None:
    """No token, an empty one, a prefix and strange letters never match."""
    assert token_matches("secret", "secret")
    for wrong in (None, "", "secre", "secrets", "sécret", "\ud800"):
        assert not token_matches("secret", wrong)


def test_loopback_is_told_from_the_network() -> None:
    """Only this machine's own addresses are silent about being watched."""
    assert all(is_loopback(host) for host in ("127.0.0.1", "::1", "localhost"))
    assert is_loopback("::ffff:127.0.0.1")  # as a server for both kinds of addresses sees it
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "192.168.1.5", "::ffff:192.168.1.5", "my-computer"))


@pytest.mark.parametrize("path", ["/", "/overlay", "/socket", "/web/panel.js"])
def test_rebound_name_is_refused(server: Server, path: str) -> None:
    """DNS rebinding: a foreign name that leads to this machine gets nothing."""
    status, _, body = get(server, path, Host=f"evil.example:{server.port}")
    assert (status, body) == (403, b"this server does not answer to that host name\n")


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "http://127.0.0.1:1", "http://localhost:{port}"])
@pytest.mark.parametrize("path", ["/", "/overlay", "/socket", "/overlay/socket"])
def test_foreign_origin_is_refused(server: Server, path: str, origin: str) -> None:
    """A page of another origin gets neither a page of ours nor an answer that it may read."""
    status, headers, _ = get(server, path, Origin=origin.format(port=server.port))
    assert status == 403
    assert not any(name.startswith("access-control") for name in headers)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_foreign_page_may_not_embed_a_file(server: Server, site: str) -> None:
    """A script or picture tag sends no Origin, but the browser says where it comes from; a visit stays allowed."""
    assert get(server, "/web/panel.js", Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors")[0] == 403
    assert get(server, "/", Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate")[0] == 200


def test_two_hosts_are_refused(server: Server) -> None:
    """A request that names two hosts is not interpreted."""
    with raw_socket(server) as link:
        link.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nHost: evil.example\r\n\r\n".encode())
        assert link.recv(1000).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("path", ["/socket", "/overlay/socket"])
@pytest.mark.parametrize("origin", ["null", "http://evil.example", "https://127.0.0.1:{port}"])
def test_foreign_page_cannot_open_the_socket(server: Server, path: str, origin: str) -> None:
    """The upgrade is refused before a WebSocket exists, even with the right token."""
    with (
        pytest.raises(InvalidStatus) as refusal,
        connect(f"ws://127.0.0.1:{server.port}{path}?token={TOKEN}", origin=Origin(origin.format(port=server.port))),
    ):
        pass
    assert refusal.value.response.status_code == 403


def test_rebound_name_cannot_open_the_socket(server: Server) -> None:
    """A rebound page has an origin that equals its host; the host itself gives it away."""
    url = f"evil.example:{server.port}"
    with (
        raw_socket(server) as opened,
        pytest.raises(InvalidStatus) as refusal,
        connect(f"ws://{url}/socket", sock=opened, origin=Origin(f"http://{url}")),
    ):
        pass
    assert refusal.value.response.status_code == 403


def test_our_own_page_can_open_the_socket(server: Server) -> None:
    """The page's own origin is let in: the refusals above are not for everyone."""
    for host in ("127.0.0.1", "localhost"):
        origin = Origin(f"http://{host}:{server.port}")
        with (
            raw_socket(server) as opened,
            connect(f"ws://{host}:{server.port}/socket", sock=opened, origin=origin) as link,
        ):
            say(link, type="hello", protocol=1)
            assert hear(link)["may_command"] is False


@pytest.mark.parametrize("token", [None, "wrong", TOKEN[:-1]])
def test_commands_need_the_token(server: Server, commands: list[Command], token: str | None) -> None:
    """Without the right token nothing reaches the pipeline, and the answer says how to get one."""
    with client(server, token=token) as link:
        if token is not None:
            text = "the token is not the one of this start; open the panel with the URL that Posecast printed"
            assert hear(link)["text"] == text
        for message in ({"type": "calibrate"}, {"type": "set", "settings": {"mirror": True}}):
            say(link, **message)
            assert hear(link)["text"] == "commands need the token; open the panel with the URL that Posecast printed"
    assert commands == []


def test_camera_needs_the_token(server: Server) -> None:
    """The user's real picture goes to who has the token and asked for it; a watcher's wish for it is refused."""
    with client(server, "overlay", "status") as watcher:
        say(watcher, type="subscribe", topics=["overlay", "camera"], id=5)
        text = "the camera's picture needs the token; open the panel with the URL that Posecast printed"
        assert hear(watcher) == {"type": "error", "text": text, "id": 5}
        assert not server.wants("camera")
        with client(server, "camera", token=TOKEN) as panel, client(server, "pose", token=TOKEN) as other:
            server.publish_camera(b"private", Stamp(1, 2))
            server.publish_state("pose", {"type": "pose"})
            server.publish_picture(b"avatar", Stamp(1, 2), width_px=1, height_px=1)
            picture = panel.recv(timeout=PATIENCE_S)
            assert isinstance(picture, bytes)
            assert (picture[0], picture[24:]) == (2, b"private")
            assert hear(other)["type"] == "pose"
            assert watcher.recv(timeout=PATIENCE_S)[24:] == b"avatar"


def test_overlay_socket_is_read_only(server: Server, commands: list[Command]) -> None:
    """Not even the token makes the overlay's socket command or see the camera."""
    with client(server, path=f"/overlay/socket?token={TOKEN}", token=TOKEN) as link:
        say(link, type="calibrate", id=1)
        assert hear(link) == {"type": "error", "text": "this socket is read only; commands go to /socket", "id": 1}
        say(link, type="subscribe", topics=["camera"])
        assert hear(link)["type"] == "error"
        say(link, type="hello", protocol=1, token=TOKEN)
        assert hear(link)["may_command"] is False
    assert commands == []


@pytest.mark.parametrize("message", ["{", "[]", "null", '{"topic":1}', "[" * 15_000, b"\x00\x01"])
def test_malformed_message_ends_the_connection(server: Server, message: str | bytes, caplog: pytest.LogCaptureFixture) -> None:
    """A broken client is told so and closed; no traceback, and the server goes on."""
    with caplog.at_level(logging.INFO), client(server) as link:
        link.send(message)
        assert hear(link)["type"] == "error"
        with pytest.raises(ConnectionClosed) as closed:
            link.recv(timeout=PATIENCE_S)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1007, "malformed message")
    assert [record for record in caplog.records if record.exc_info] == []
    with client(server, "pose"):
        pass


def test_long_message_ends_the_connection(server: Server) -> None:
    """No client can make the server hold more than 16 KiB of it."""
    with client(server) as link:
        link.send(json.dumps({"type": "set", "settings": {"avatar": "x" * MAX_MESSAGE_BYTES}}))
        assert hear_until_closed(link) == []
        assert link.close_code == 1009


def test_clients_are_counted(server: Server) -> None:
    """Beyond the limit a socket is refused, and says why; a place that is given back can be taken."""
    links = [connect(f"ws://127.0.0.1:{server.port}/socket") for _ in range(MAX_CLIENTS)]
    opened = [link.__enter__() for link in links]
    try:
        status, _, body = get(server, "/socket")
        assert (status, body) == (503, f"{MAX_CLIENTS} clients are connected already; close one\n".encode())
    finally:
        for link in opened:
            link.close()
    with client(server, "pose"):
        pass


@pytest.mark.parametrize("junk", [b"\x16\x03\x01 tls", b"GET\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"A" * 100_000 + b"\r\n"])
def test_junk_leaves_no_traceback(server: Server, junk: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """What is no HTTP is dropped without a line in the log, and the next request is answered."""
    with caplog.at_level(logging.DEBUG), raw_socket(server) as link:
        link.sendall(junk)
        link.shutdown(1)
        while link.recv(1000):
            pass
        assert get(server, "/")[0] == 200
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_an_address_that_is_none_leaves_no_traceback(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Python cannot take it apart; who asked is told so, and the next request is answered."""
    with caplog.at_level(logging.DEBUG), raw_socket(server) as link:
        link.sendall(f"GET //[ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        assert link.recv(1000).startswith(b"HTTP/1.1 400 Bad Request")
        assert get(server, "/")[0] == 200
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_odd_messages_leave_no_traceback(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """A text that is no character, and lists in lists down to where Python gives up: each is answered."""
    with caplog.at_level(logging.DEBUG):
        with client(server) as link:
            link.send('{"type":"subscribe","id":"\\ud800","topics":[]}')
            assert hear(link) == {"type": "done", "command": "subscribe", "id": "?"}
        for depth in range(960, 1000):
            with client(server) as link:
                link.send('{"type":"subscribe","topics":[' + depth * "[" + depth * "]" + "]}")
                assert hear(link)["type"] == "error"
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_token_is_never_logged(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Logs are pasted into bug reports."""
    with caplog.at_level(logging.DEBUG):
        get(server, f"/?token={TOKEN}")
        with client(server, path=f"/socket?token={TOKEN}", token=TOKEN):
            pass
    ours = [record for record in caplog.records if record.name.startswith("stream")]
    assert TOKEN not in "\n".join(record.getMessage() for record in ours)
