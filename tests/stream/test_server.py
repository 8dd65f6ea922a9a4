"""The server on real sockets: life and death, topics, commands, and clients that do not read."""

import os
import threading

import psutil
import pytest
from server_clients import (
    PATIENCE_S,
    TOKEN,
    client,
    get,
    hear,
    hear_until_closed,
    make_server,
    picture_seq,
    raw_socket,
    say,
    wait_until,
)
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from stream.server import client as client_module
from stream.server import messages
from stream.server import server as server_module
from stream.server.client import MAX_UNSEEN
from stream.server.commands import Calibrate, Change, Command
from stream.server.server import Server, ServerSettings
from trackers.errors import UserError
from trackers.types import Stamp


def _metrics(fps_in: float) -> messages.Message:
    return messages.metrics_message({"fps_in": fps_in})


def test_port_is_bound_when_entered_and_free_after() -> None:
    """`with` returns when clients can come; when it ends, the same port can be bound at once."""
    with make_server() as server:
        assert get(server, "/")[0] == 200
        port = server.port
    with Server(ServerSettings(port=port), on_command=lambda command: None) as again:
        assert again.port == port
        assert get(again, "/overlay")[0] == 200


def test_port_in_use_is_an_error_that_names_it(server: Server) -> None:
    """No other port is taken in silence: an OBS source needs the one it knows."""
    second = Server(ServerSettings(port=server.port), on_command=lambda command: None)
    with pytest.raises(UserError) as error, second:
        pass
    assert str(error.value) == (
        f"port {server.port} on 127.0.0.1 is in use by another program, perhaps another Posecast; "
        "close it, or choose another port with --server.port"
    )


def test_foreign_address_is_an_error_that_names_it() -> None:
    """An address of another machine cannot be listened on."""
    with (
        pytest.raises(UserError, match=r"the server cannot listen on '203\.0\.113\.1' \(.+\); use an address of this machine"),
        Server(ServerSettings(host="203.0.113.1", port=0), on_command=lambda command: None),
    ):
        pass


def test_urls_point_to_the_bound_port(server: Server) -> None:
    """Only the panel's URL holds the token."""
    assert server.url == f"http://127.0.0.1:{server.port}/"
    assert server.panel_url == f"{server.url}?token={TOKEN}"
    assert server.overlay_url == f"{server.url}overlay"
    assert server.effects_url == f"{server.url}overlay/events"


def test_listening_everywhere_is_said_aloud(caplog: pytest.LogCaptureFixture) -> None:
    """Others on the network could watch: that is a warning; the URLs still lead to this machine."""
    with Server(ServerSettings(host="0.0.0.0", port=0), on_command=lambda command: None) as server:
        assert server.url == f"http://127.0.0.1:{server.port}/"
        assert get(server, "/")[0] == 200
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "the server listens on 0.0.0.0: others on the network can watch the avatar"
    ]


def test_each_start_has_its_own_token() -> None:
    """A token that was not given is new, long and fit for a URL."""
    first, second = (Server(ServerSettings(), on_command=lambda command: None).panel_url for _ in range(2))
    assert first != second
    assert len(first.partition("token=")[2]) >= 32


def test_pages_with_effects_are_counted(server: Server) -> None:
    """A panel that wants events and an overlay that wants pictures are none; one that closes is none any more."""
    with client(server, "events"), client(server, "overlay", path="/overlay/socket"):
        assert server.effect_pages == 0
        with client(server, "effects", path="/overlay/socket"), client(server, "effects", path="/overlay/socket"):
            wait_until(lambda: server.effect_pages == 2)
        wait_until(lambda: server.effect_pages == 0)


def test_what_lasts_is_told_to_who_comes_later(server: Server) -> None:
    """Keys that cannot be heard are told at the start, before any panel is open; each once, and only to who wants events."""
    for text in ("no keys", "no notes", "no keys"):
        server.publish_event(messages.event_message(name="input.failed", text=text, level="warning"))
    server.publish_event(messages.event_message(name="source.lost", text="gone", level="warning"))
    with client(server, "metrics") as link:
        server.publish_state("metrics", _metrics(1))
        assert hear(link)["type"] == "metrics"
        say(link, type="subscribe", topics=["metrics", "events"])
        assert [hear(link).get("text") for _ in range(3)] == [None, "no keys", "no notes"]
        say(link, type="subscribe", topics=["events"])
        assert hear(link)["type"] == "done"
        server.publish_event(messages.event_message(name="source.found", text="back", level="info"))
        assert hear(link)["text"] == "back"


@pytest.mark.skipif(os.name == "nt", reason="counts file descriptors")
def test_twenty_lives_leak_nothing() -> None:
    """Threads and file descriptors are as many after twenty starts and stops, with clients connected, as before."""

    def life() -> None:
        with make_server() as server, client(server, "pose") as link:
            server.publish_state("pose", {"type": "pose"})
            assert hear(link)["type"] == "pose"

    life()
    process = psutil.Process()
    threads, files = threading.active_count(), process.num_fds()
    for _ in range(20):
        life()
    wait_until(lambda: threading.active_count() <= threads and process.num_fds() <= files)


def test_stopping_does_not_wait_for_silent_or_deaf_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that never spoke (it has 10 s for its request), and a client that never reads, are cut at the stop."""
    monkeypatch.setattr(server_module, "JOIN_TIMEOUT_S", 5.0)
    with make_server() as server, raw_socket(server) as silent:
        with client(server, "overlay", receive_bytes=4096) as deaf:
            for seq in range(40):
                server.publish_picture(os.urandom(200_000), Stamp(seq, 0), width_px=512, height_px=512)
            server.close()
            assert len(hear_until_closed(deaf)) < 40
        assert silent.recv(1) == b""


def test_close_may_be_called_again(server: Server) -> None:
    """A second close does nothing; publishing after it does nothing."""
    server.close()
    server.close()
    server.publish_event({"type": "event"})
    server.publish_state("status", {"type": "status"})


def test_clients_get_the_topics_they_asked_for(server: Server) -> None:
    """State, events and pictures reach those who subscribed, and only those."""
    with client(server, "metrics", "events") as first, client(server, "overlay") as second:
        server.publish_state("pose", {"type": "pose"})
        server.publish_state("metrics", _metrics(29.5))
        server.publish_event(messages.event_message(name="source.lost", level="warning", text="gone"))
        server.publish_picture(b"jpeg", Stamp(3, 5), width_px=4, height_px=2)
        heard = [hear(first), hear(first)]
        assert sorted(message["type"] for message in heard) == ["event", "metrics"]
        picture = second.recv(timeout=PATIENCE_S)
        assert picture_seq(picture) == 3
        assert picture.endswith(b"jpeg")


def test_wants_follows_the_subscriptions(server: Server) -> None:
    """Nothing is made for nobody: a topic is wanted from the first subscriber to the last one's leaving."""
    assert not server.wants("pose")
    with client(server, "pose") as link:
        say(link, type="subscribe", topics=["tracking"])
        wait_until(lambda: server.wants("tracking") and not server.wants("pose"))
    wait_until(lambda: not server.wants("tracking"))


def test_unknown_topic_is_a_fault_of_ours(server: Server) -> None:
    """The pipeline cannot publish under a name that nobody could subscribe to."""
    with pytest.raises(
        ValueError, match="topic must be one of tracking, pose, metrics, status, triggers, gestures, got 'poses'"
    ):
        server.publish_state("poses", {})


def test_new_subscribers_are_told_the_status_at_once(server: Server) -> None:
    """A panel that opens between two status messages does not stay empty."""
    server.publish_state("status", {"type": "status", "state": "running"})
    with client(server, "status") as link:
        assert hear(link) == {"type": "status", "state": "running"}


def test_commands_reach_the_pipeline(server: Server, commands: list[Command]) -> None:
    """With the token in the first message a panel may command; the answer carries the panel's own id."""
    with client(server, token=TOKEN) as link:
        say(link, type="set", id="a", settings={"mirror": True})
        assert hear(link) == {"type": "done", "command": "set", "id": "a"}
        say(link, type="calibrate")
        assert hear(link) == {"type": "done", "command": "calibrate", "id": None}
    assert commands == [Change(mirror=True), Calibrate()]


def test_token_may_stand_in_the_url(server: Server, commands: list[Command]) -> None:
    """A program that cannot speak first may put the token into the socket's URL."""
    with client(server, path=f"/socket?token={TOKEN}") as link:
        say(link, type="calibrate")
        assert hear(link)["type"] == "done"
    assert commands == [Calibrate()]


def test_errors_of_a_command_are_told_to_the_panel() -> None:
    """A user's mistake comes back as its sentence, a fault of ours without its traceback; the panel stays connected."""

    def refuse(command: Command) -> None:
        if isinstance(command, Calibrate):
            raise ZeroDivisionError("secret detail")
        raise UserError("avatar 'x' is not installed; installed: mascot")

    with make_server(refuse) as server, client(server, token=TOKEN) as link:
        say(link, type="set", id=1, settings={"avatar": "x"})
        assert hear(link) == {"type": "error", "text": "avatar 'x' is not installed; installed: mascot", "id": 1}
        say(link, type="calibrate", id=2)
        assert hear(link) == {"type": "error", "text": "calibrate failed inside Posecast; its log says why", "id": 2}


def test_newest_state_wins_and_nothing_goes_back() -> None:
    """A client that reads slowly sees numbers rise, misses some, and ends with the newest."""
    with make_server() as server, client(server, "overlay", receive_bytes=4096) as slow:
        count = 100
        for seq in range(count):
            server.publish_picture(os.urandom(200_000), Stamp(seq, 0), width_px=512, height_px=512)
        seen = [picture_seq(slow.recv(timeout=PATIENCE_S))]
        while seen[-1] != count - 1:
            seen.append(picture_seq(slow.recv(timeout=PATIENCE_S)))
        assert seen == sorted(set(seen))
        assert len(seen) < 10  # what the system held: old pictures, and no more of them than that


def test_client_that_reports_never_has_more_than_a_few_on_the_way(server: Server) -> None:
    """Once a client says what it has seen, only so many pictures are sent ahead, and what follows is the newest."""
    with client(server, "overlay", "events") as link:
        say(link, type="seen", topic="overlay", count=1)
        say(link, type="set", settings={"mirror": True})
        assert hear(link)["type"] == "error"  # so the report has arrived
        for seq in range(20):
            server.publish_picture(b"jpeg", Stamp(seq, 0), width_px=1, height_px=1)
            if seq < MAX_UNSEEN:
                assert picture_seq(link.recv(timeout=PATIENCE_S)) == seq
                continue
            for number in range(2):  # events go first: only behind one of them would a picture show that was let go
                server.publish_event({"type": "event", "number": number})
                assert hear(link) == {"type": "event", "number": number}
        say(link, type="seen", topic="overlay", count=1)
        assert picture_seq(link.recv(timeout=PATIENCE_S)) == 19


def test_slow_client_does_not_slow_another(server: Server) -> None:
    """While one client reads nothing, another gets each of a hundred pictures before the next is published."""
    with client(server, "overlay", receive_bytes=4096), client(server, "overlay") as quick:
        for seq in range(100):
            server.publish_picture(os.urandom(200_000), Stamp(seq, 0), width_px=512, height_px=512)
            assert picture_seq(quick.recv(timeout=PATIENCE_S)) == seq


def test_client_that_never_reads_is_let_go(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A send that takes too long ends the connection, so that nothing is held for a dead client."""
    monkeypatch.setattr(client_module, "SEND_TIMEOUT_S", 0.2)
    with client(server, "overlay", receive_bytes=4096):
        for seq in range(40):
            server.publish_picture(os.urandom(200_000), Stamp(seq, 0), width_px=512, height_px=512)
        wait_until(lambda: not server.wants("overlay"))


def test_events_are_never_dropped_in_silence(server: Server) -> None:
    """A client for which too many events wait is closed rather than left ignorant; others get every one."""
    text = "x" * 50_000
    with client(server, "events", receive_bytes=4096) as deaf, client(server, "events") as quick:
        for number in range(200):
            server.publish_event({"type": "event", "number": number, "text": text})
            assert hear(quick)["number"] == number
        heard = [message["number"] for message in hear_until_closed(deaf)]
        assert heard == list(range(len(heard)))
        assert len(heard) < 200


def test_hello_must_come_first(server: Server) -> None:
    """A client that starts with anything else is told so and closed."""
    with connect(f"ws://127.0.0.1:{server.port}/socket") as link:
        say(link, type="subscribe", topics=["pose"])
        assert hear(link)["text"] == "the first message must be a hello; see docs/protocol.md"
        with pytest.raises(ConnectionClosed) as closed:
            link.recv(timeout=PATIENCE_S)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "the first message must be a hello")


def test_silent_client_is_closed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that says nothing does not hold a place for ever."""
    monkeypatch.setattr(client_module, "HELLO_TIMEOUT_S", 0.1)
    with connect(f"ws://127.0.0.1:{server.port}/socket") as link:
        with pytest.raises(ConnectionClosed) as closed:
            link.recv(timeout=PATIENCE_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.reason == "the first message must be a hello, got none in time"


def test_a_client_whose_hello_is_refused_holds_no_place(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may say a better one, but not wait with that for ever."""
    monkeypatch.setattr(client_module, "HELLO_TIMEOUT_S", 0.2)
    with connect(f"ws://127.0.0.1:{server.port}/socket") as link:
        say(link, type="hello")
        assert hear(link)["text"] == "hello.protocol must be the integer 1, got null"
        with pytest.raises(ConnectionClosed) as closed:
            link.recv(timeout=PATIENCE_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.reason == "the first message must be a hello, got none in time"


def test_what_is_told_all_at_once_closes_nobody(server: Server) -> None:
    """A panic ends everything that waits, one event each; the panel on which it was pressed hears of all."""
    with client(server, "events") as link:
        for number in range(640):
            server.publish_event(messages.event_message(name="x", level="info", text=str(number)))
        assert [hear(link)["text"] for _ in range(640)] == [str(number) for number in range(640)]


def test_other_protocol_is_refused(server: Server) -> None:
    """A client of another age is told which protocol is spoken here."""
    with connect(f"ws://127.0.0.1:{server.port}/socket") as link:
        say(link, type="hello", protocol=2)
        assert hear(link)["text"] == "hello.protocol must be 1, got 2; update the older of the two"
        with pytest.raises(ConnectionClosed):
            link.recv(timeout=PATIENCE_S)


def test_publishing_from_many_threads(server: Server) -> None:
    """Publishers on four threads lose no event, and each one's events stay in order."""
    with client(server, "events") as link:
        numbers = dict.fromkeys(range(4), 0)

        def publish(name: int) -> None:
            for number in range(15):
                server.publish_event({"type": "event", "name": name, "number": number})

        threads = [threading.Thread(target=publish, args=(name,)) for name in numbers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for _ in range(60):
            message = hear(link)
            assert message["number"] == numbers[message["name"]]
            numbers[message["name"]] += 1
