"""Who may see the user's own picture, the shape of the face and what runs: the rule as a function, then on real sockets."""

from collections.abc import Iterator
from functools import partial

import pytest
from server_clients import PATIENCE_S, TOKEN, client, hear, make_server, say

from stream.server.connection import Connection
from stream.server.messages import TOPICS
from stream.server.security import Guest
from stream.server.server import Server
from trackers.types import Stamp

CAMERA_NEEDS = "the camera's picture needs the token; open the panel with the URL that Posecast printed"
CAMERA_STAYS = (
    "the camera's picture is not sent over the network, where nothing is encrypted; "
    "watch it on the machine that runs Posecast, with --server.host 127.0.0.1"
)
PRIVATE = ("tracking", "pose", "metrics", "status", "triggers", "gestures", "events")


def needs_token(topic: str) -> str:
    return f"{topic} needs the token while the server listens on the network; open the panel with the URL that Posecast printed"


@pytest.fixture
def open_house() -> Iterator[Server]:
    """A server that listens on the network."""
    with make_server(host="0.0.0.0") as running:
        yield running


@pytest.mark.parametrize(
    ("is_near", "is_house_open", "has_token", "barred"),
    [
        (True, False, True, {}),
        (True, False, False, {"camera": CAMERA_NEEDS}),
        (True, True, True, {}),
        (True, True, False, {"camera": CAMERA_NEEDS} | {topic: needs_token(topic) for topic in PRIVATE}),
        (False, True, True, {"camera": CAMERA_STAYS}),
        (False, True, False, {"camera": CAMERA_STAYS} | {topic: needs_token(topic) for topic in PRIVATE}),
    ],
)
def test_what_is_private_is_not_for_everyone(
    is_near: bool, is_house_open: bool, has_token: bool, barred: dict[str, str]
) -> None:
    """Programs of the user may track; on a network the token is needed, and the camera's picture stays at home."""
    guest = Guest(is_read_only=False, is_near=is_near, is_house_open=is_house_open)
    assert guest.barred(has_token=has_token) == barred


def test_local_programs_track_without_the_token(server: Server) -> None:
    """Who listens on this machine only has let in its programs already."""
    with client(server, "tracking") as link:
        server.publish_state("tracking", {"type": "tracking"})
        assert hear(link) == {"type": "tracking"}


@pytest.mark.parametrize("topic", [*PRIVATE, "camera"])
def test_overlay_socket_tells_nothing_private(server: Server, topic: str) -> None:
    """OBS needs the avatar and effects only; the token changes nothing, and the refusal leaves what was subscribed."""
    with client(server, "overlay", path=f"/overlay/socket?token={TOKEN}", token=TOKEN) as link:
        say(link, type="subscribe", topics=["overlay", topic], id=1)
        assert hear(link) == {
            "type": "error",
            "text": f"this socket does not tell {topic}; subscribe to it on /socket",
            "id": 1,
        }
        assert not server.wants(topic)
        server.publish_picture(b"avatar", Stamp(1, 2), width_px=1, height_px=1)
        assert link.recv(timeout=PATIENCE_S)[24:] == b"avatar"


@pytest.mark.parametrize("topic", PRIVATE)
def test_over_the_network_all_but_the_avatar_needs_the_token(open_house: Server, topic: str) -> None:
    """Whoever can reach the server may see what viewers see, not measure the face or read what is said of files and devices."""
    with client(open_house, "overlay", "effects") as watcher, client(open_house, topic, token=TOKEN) as panel:
        say(watcher, type="subscribe", topics=["overlay", topic], id=2)
        assert hear(watcher) == {"type": "error", "text": needs_token(topic), "id": 2}
        publish = open_house.publish_event if topic == "events" else partial(open_house.publish_state, topic)
        publish({"type": "private"})
        open_house.publish_effect({"type": "effect"})
        assert hear(panel) == {"type": "private"}
        assert hear(watcher) == {"type": "effect"}


def test_effects_pages_hear_no_events(server: Server) -> None:
    """What people are told may name files and devices; an effects page in OBS, which needs no token, has no use for it."""
    with client(server, "effects", path="/overlay/socket") as page, client(server, "events") as program:
        server.publish_event({"type": "event", "text": "C:/Users/somebody/take.mp4 is written"})
        server.publish_effect({"type": "effect"})
        assert hear(page) == {"type": "effect"}
        assert hear(program)["type"] == "event"


def test_camera_is_not_sent_over_the_network(open_house: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the token brings it there, for the token went over the same wire; on this machine it does."""
    with client(open_house, "camera", token=TOKEN) as near:
        monkeypatch.setattr(Connection, "remote_address", ("192.168.1.7", 50000))
        with client(open_house, "tracking", token=TOKEN) as far:
            say(far, type="subscribe", topics=["camera"], id=3)
            assert hear(far) == {"type": "error", "text": CAMERA_STAYS, "id": 3}
            open_house.publish_camera(b"private", Stamp(1, 2))
            open_house.publish_state("tracking", {"type": "tracking"})
            assert hear(far) == {"type": "tracking"}
        assert near.recv(timeout=PATIENCE_S)[24:] == b"private"


def test_hello_names_what_a_client_may_have(open_house: Server) -> None:
    """So that a page asks for nothing that it would be refused."""
    with client(open_house) as link:
        say(link, type="hello", protocol=1)
        assert hear(link)["topics"] == ["overlay", "effects"]
        say(link, type="hello", protocol=1, token=TOKEN)
        assert hear(link)["topics"] == list(TOPICS)
