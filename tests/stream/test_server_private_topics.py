"""Who may see the user's own picture and the shape of the face: the rule as a function, then on real sockets."""

from collections.abc import Iterator

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
TRACKING_NEEDS = (
    "tracking needs the token while the server listens on the network; open the panel with the URL that Posecast printed"
)


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
        (True, True, False, {"camera": CAMERA_NEEDS, "tracking": TRACKING_NEEDS}),
        (False, True, True, {"camera": CAMERA_STAYS}),
        (False, True, False, {"camera": CAMERA_STAYS, "tracking": TRACKING_NEEDS}),
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


@pytest.mark.parametrize("topic", ["tracking", "camera"])
def test_overlay_socket_tells_nothing_private(server: Server, topic: str) -> None:
    """The pages for OBS need neither; the token changes nothing, and the refusal leaves what was subscribed."""
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


def test_tracking_over_the_network_needs_the_token(open_house: Server) -> None:
    """Whoever can reach the server may watch the avatar, not measure the face."""
    with client(open_house, "overlay", "pose") as watcher, client(open_house, "tracking", token=TOKEN) as panel:
        say(watcher, type="subscribe", topics=["pose", "tracking"], id=2)
        assert hear(watcher) == {"type": "error", "text": TRACKING_NEEDS, "id": 2}
        open_house.publish_state("tracking", {"type": "tracking"})
        open_house.publish_state("pose", {"type": "pose"})
        assert hear(panel) == {"type": "tracking"}
        assert hear(watcher) == {"type": "pose"}


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
        assert set(TOPICS) - set(hear(link)["topics"]) == {"tracking", "camera"}
        say(link, type="hello", protocol=1, token=TOKEN)
        assert hear(link)["topics"] == list(TOPICS)
