"""The client for MQTT against a real Mosquitto: messages, our will, discovery, loss and return, passwords, encryption."""

import asyncio
import gc
import json
import logging
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from client_tools import order, tools
from mqtt_broker import PASSWORD, USER, Broker, kept, listening
from pydantic import ValidationError

from stream.actions.base import Order, Rejected, Report, Unreachable
from stream.actions.dispatcher import Dispatcher
from stream.actions.mqtt import Mqtt, Publish
from stream.actions.mqtt_client import MqttClient
from stream.actions.mqtt_discovery import announcements
from trackers.gestures.types import Gesture, Phase
from trackers.types import Stamp

ROOT = Path(__file__).parents[3]
SHOWN = {"gestures": True, "discovery": True, "sensors": ("t_pose", "left_wave")}


@pytest.fixture(scope="module")
def broker(mosquitto: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One broker for the file, that takes anybody."""
    with Broker(mosquitto, tmp_path_factory.mktemp("mqtt")) as running:
        yield running


def client_of(broker: Broker, **settings: Any) -> MqttClient:
    return Mqtt(host="127.0.0.1", port=broker.port, **settings).client("home", tools=tools({"home.token": "hush"}))


def with_client(broker: Broker, work: Callable[[MqttClient], Awaitable[None]], **settings: Any) -> None:
    """Let a client of ours do some work."""

    async def run() -> None:
        client = client_of(broker, **settings)
        try:
            await client.connect()
            await work(client)
        finally:
            await client.close()

    asyncio.run(run())


def gesture(name: str, phase: Phase, *, at_s: float, held_s: float = 0.0) -> Gesture:
    return Gesture(name, phase, confidence=0.93, stamp=Stamp(1, int(at_s * 1e9)), held_s=held_s)


@pytest.mark.needs_mosquitto
def test_publishes_text_and_tables(broker: Broker) -> None:
    """Text as it is, tables as JSON, holes filled, retained ones kept; at every quality of service."""

    async def work(client: MqttClient) -> None:
        async with listening(broker, "show/#") as witness:
            await client.perform(order(Publish(topic="show/text", payload="hello {gesture}")))
            table = {"on": True, "sure": "{confidence}", "key": "{secret:home.token}"}
            await client.perform(order(Publish(topic="show/{gesture}", payload=table, qos=1)))
            await client.perform(order(Publish(topic="show/kept", payload=7, qos=2, retain=True)))
            await witness.hears("show/text", "hello t_pose")
            await witness.hears("show/t_pose", '{"on":true,"sure":0.93,"key":"hush"}')
            await witness.hears("show/kept", "7")
        assert (await kept(broker))["show/kept"] == "7"
        await client.perform(order(Publish(topic="show/kept", payload="", retain=True)))
        assert "show/kept" not in await kept(broker)

    with_client(broker, work)


@pytest.mark.needs_mosquitto
def test_availability(broker: Broker) -> None:
    """`online` while connected, `offline` after the end; retained."""

    async def work(client: MqttClient) -> None:
        assert (await kept(broker))["posecast/status"] == "online"

    with_client(broker, work)
    assert asyncio.run(kept(broker))["posecast/status"] == "offline"


@pytest.mark.needs_mosquitto
def test_the_will_after_a_hard_kill(broker: Broker) -> None:
    """A program that is killed cannot say that it is gone: the broker does."""
    code = (
        "import asyncio, sys; from stream.actions.base import Tools; from stream.actions.mqtt import Mqtt\n"
        "async def main():\n"
        "    tools = Tools(secret=lambda name: None, store_secret=lambda name, value: None)\n"
        f"    client = Mqtt(host='127.0.0.1', port={broker.port}, prefix='killed').client('home', tools=tools)\n"
        "    await client.connect(); sys.stdout.write('up\\n'); sys.stdout.flush()\n"
        "    await client.wait_lost()\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        assert asyncio.run(kept(broker))["killed/status"] == "online"
        process.send_signal(signal.SIGKILL)
        process.wait(60)

    async def hears_the_will() -> None:
        async with listening(broker, "killed/status") as witness:
            await witness.hears("killed/status", "offline")

    asyncio.run(hears_the_will())
    assert asyncio.run(kept(broker))["killed/status"] == "offline"


@pytest.mark.needs_mosquitto
def test_gestures_are_published(broker: Broker) -> None:
    """Start and end always, hold once a second of the camera's time, on the topic of the gesture."""

    async def work(client: MqttClient) -> None:
        async with listening(broker, "posecast/gesture/#") as witness:
            await client.publish_gesture(gesture("t_pose", "start", at_s=1.0, held_s=0.2))
            for frame in range(66):
                await client.publish_gesture(gesture("t_pose", "hold", at_s=1.0 + frame / 30, held_s=0.2 + frame / 30))
            await client.publish_gesture(gesture("t_pose", "end", at_s=3.3, held_s=2.5))
            await witness.hears("posecast/gesture/t_pose", '{"state":"end","confidence":0.93,"held_ms":2500}')
        said = [json.loads(payload) for _, payload, _ in witness.heard]
        assert [(table["state"], table["held_ms"]) for table in said] == [
            ("start", 200),
            ("hold", 1200),
            ("hold", 2200),
            ("end", 2500),
        ]

    with_client(broker, work, gestures=True)


@pytest.mark.needs_mosquitto
def test_gestures_stay_here_unless_asked_for(broker: Broker) -> None:
    """Nothing is published that was not asked for; and without a connection nothing happens."""

    async def work(client: MqttClient) -> None:
        async with listening(broker, "private/#") as witness:
            await client.publish_gesture(gesture("t_pose", "start", at_s=1.0))
            await client.publish_tracking("found")
            await client.perform(order(Publish(topic="private/mark", payload="", qos=1)))
            await witness.hears("private/mark", "")
        assert [topic for topic, _, is_kept in witness.heard if not is_kept] == ["private/mark"]

    with_client(broker, work, prefix="private")
    asyncio.run(client_of(broker, gestures=True).publish_gesture(gesture("t_pose", "start", at_s=1.0)))


@pytest.mark.needs_mosquitto
def test_discovery_is_announced_changed_and_removed(broker: Broker) -> None:
    """Retained while wanted; what is not wanted any more is removed at the next connection, and nobody else's."""
    other = "homeassistant/light/kitchen/lamp/config"

    async def work(client: MqttClient) -> None:
        await client.perform(order(Publish(topic=other, payload={"name": "Lamp"}, retain=True, qos=1)))

    def announced() -> list[str]:
        return sorted(topic for topic in asyncio.run(kept(broker)) if topic.startswith("homeassistant/"))

    with_client(broker, work, **SHOWN)
    tracking = "homeassistant/sensor/posecast/tracking/config"
    poses = [f"homeassistant/binary_sensor/posecast/{name}/config" for name in ("left_wave", "t_pose")]
    assert announced() == [*poses, other, tracking]
    with_client(broker, work, **SHOWN | {"sensors": ("t_pose",)})
    assert announced() == [poses[1], other, tracking]
    with_client(broker, work)
    assert announced() == [other]


@pytest.mark.needs_mosquitto
def test_sensors_begin_off_and_tracking_is_kept(broker: Broker) -> None:
    """Home Assistant must not show a pose of before; the tracking state is there for who comes later, told once."""

    async def run() -> None:
        async with listening(broker, "stage/#") as witness:
            client = client_of(broker, prefix="stage", **SHOWN)
            try:
                await client.connect()
                await witness.hears("stage/gesture/left_wave", '{"state":"idle","confidence":0.0,"held_ms":0}')
                await witness.hears("stage/tracking", "unknown")
                for state in ("found", "found", "lost"):
                    await client.publish_tracking(state)
                await witness.hears("stage/tracking", "lost")
            finally:
                await client.close()
        assert [payload for topic, payload, _ in witness.heard if topic == "stage/tracking"] == ["unknown", "found", "lost"]
        assert (await kept(broker))["stage/tracking"] == "lost"

    asyncio.run(run())


def test_what_home_assistant_is_told() -> None:
    """The table of a gesture, in the words of Home Assistant's MQTT discovery."""
    from stream.machine import version

    tables = announcements(Mqtt(host="h", prefix="studio/pose", **SHOWN))
    table = tables["homeassistant/binary_sensor/studio_pose/t_pose/config"]
    assert table == {
        "name": "T pose",
        "state_topic": "studio/pose/gesture/t_pose",
        "value_template": "{{ 'ON' if value_json.state in ('start', 'hold') else 'OFF' }}",
        "json_attributes_topic": "studio/pose/gesture/t_pose",
        "unique_id": "studio_pose_t_pose",
        "availability_topic": "studio/pose/status",
        "device": {"identifiers": ["studio_pose"], "name": "Posecast", "manufacturer": "Posecast", "sw_version": version()},
        "origin": {"name": "Posecast", "sw_version": version()},
    }
    assert announcements(Mqtt(host="h")) == {}


@pytest.mark.needs_mosquitto
def test_a_broker_that_restarts(mosquitto: str, tmp_path: Path) -> None:
    """It has forgotten everything: once it is back we connect, are online, and are announced again."""
    reports: list[Report] = []
    with Broker(mosquitto, tmp_path) as broker:
        settings = Mqtt(host="127.0.0.1", port=broker.port, **SHOWN)
        with Dispatcher({"home": settings}, tools=tools(), on_report=reports.append) as dispatcher:
            until(lambda: dispatcher.status[0].state == "ready")
            assert dispatcher.status[0].detail == f"MQTT broker at 127.0.0.1:{broker.port}, 3 sensors for Home Assistant"
            broker.kill()
            until(lambda: dispatcher.status[0].state == "retrying")
            broker.start()
            dispatcher.submit(Order(Publish(topic="late", payload="x", retain=True, qos=1), rule="r", cause="test"))
            until(lambda: dispatcher.status[0].state == "ready" and bool(reports))
            assert reports[0].outcome == "done", reports[0].text
            now = asyncio.run(kept(broker))
            assert (now["posecast/status"], now["late"]) == ("online", "x")
            assert sum(topic.startswith("homeassistant/") for topic in now) == 3
        assert asyncio.run(kept(broker))["posecast/status"] == "offline"


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so; a minute at most."""
    end_s = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def connection_error(kind: type[Exception], settings: Mqtt, secrets: dict[str, str]) -> str:
    async def run() -> str:
        client = settings.client("home", tools=tools(secrets))
        try:
            with pytest.raises(kind) as error:
                await client.connect()
        finally:
            await client.close()
        return str(error.value)

    return asyncio.run(run())


@pytest.mark.needs_mosquitto
def test_user_and_password(mosquitto: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The right ones are let in; others get one sentence with the command. No password in it, or in a log."""
    caplog.set_level(logging.DEBUG)
    users = tmp_path / "users"
    users.touch(mode=0o600)
    maker = shutil.which("mosquitto_passwd")
    assert maker is not None
    subprocess.run([maker, "-b", str(users), USER, PASSWORD], check=True, capture_output=True)
    subprocess.run(["chmod", "644", str(users)], check=True)
    tmp_path.chmod(0o755)
    with Broker(mosquitto, tmp_path, lines=("allow_anonymous false", f"password_file {users}", "user root")) as broker:
        settings = Mqtt(host="127.0.0.1", port=broker.port, username=USER)
        asyncio.run(_connect_and_close(settings, {"home.password": PASSWORD}))
        where = f"the MQTT broker at 127.0.0.1:{broker.port} does not take"
        mend = "run `python run.py secret set home.password`"
        assert connection_error(Rejected, settings, {"home.password": "Wrong1"}) == (
            f"{where} the user 'posecast' or its password; {mend}"
        )
        assert connection_error(Rejected, settings, {}) == f"{where} the user 'posecast' or its password; {mend}"
        nobody = Mqtt(host="127.0.0.1", port=broker.port)
        assert connection_error(Rejected, nobody, {}) == f"{where} us without a user name; add username to the settings"
    assert PASSWORD not in caplog.text
    assert "Wrong1" not in caplog.text


async def _connect_and_close(settings: Mqtt, secrets: dict[str, str]) -> None:
    client = settings.client("home", tools=tools(secrets))
    try:
        await client.connect()
        await client.perform(order(Publish(topic="a", payload="b", qos=1)))
    finally:
        await client.close()


@pytest.mark.needs_mosquitto
def test_encryption(mosquitto: str, tmp_path: Path) -> None:
    """With tls the broker's certificate must be signed by somebody known, or by who is named."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([openssl, *made, *names], check=True, capture_output=True)
    lines = ("allow_anonymous true", f"certfile {certificate}", f"keyfile {key}", "user root")
    with Broker(mosquitto, tmp_path, lines=lines) as broker:
        trusting = Mqtt(host="127.0.0.1", port=broker.port, tls=True, ca_file=str(certificate))
        asyncio.run(_connect_and_close(trusting, {}))
        assert connection_error(Rejected, Mqtt(host="127.0.0.1", port=broker.port, tls=True), {}) == (
            f"the certificate of the MQTT broker at 127.0.0.1:{broker.port} is not trusted; name its authority with ca_file"
        )
    with warnings.catch_warnings():  # paho leaves the socket of a failed handshake to the garbage collector
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    missing = Mqtt(host="127.0.0.1", tls=True, ca_file=str(tmp_path / "none.pem"))
    assert connection_error(Rejected, missing, {}).endswith("none.pem' of 'home' is no readable certificate; check it")


def test_no_broker() -> None:
    """One sentence, and it will be tried again."""
    said = connection_error(Unreachable, Mqtt(host="127.0.0.1", port=1), {})
    assert said.startswith("the MQTT broker at 127.0.0.1:1 cannot be reached (")
    assert said.endswith("); is it running, and the port right?")


def test_a_port_that_says_nothing_leaves_nothing_open() -> None:
    """A far end that takes the connection and keeps silent: unreachable after the time-out, and the socket is closed."""

    async def run() -> None:
        ended = asyncio.Event()

        async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(-1)
            writer.close()
            ended.set()

        async with await asyncio.start_server(hear, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            client = Mqtt(host="127.0.0.1", port=port, timeout_s=0.5).client("home", tools=tools())
            with pytest.raises(Unreachable, match="cannot be reached"):
                await client.connect()
            await client.close()
            await asyncio.wait_for(ended.wait(), 60)

    asyncio.run(run())


def _links_to(port: int) -> list[object]:
    """Return the connections of this process to a port that are still open."""
    links = psutil.Process().net_connections("tcp")
    return [link for link in links if link.raddr and link.raddr.port == port and link.status == psutil.CONN_ESTABLISHED]


@pytest.mark.needs_mosquitto
def test_connecting_may_be_given_up(broker: Broker) -> None:
    """A cancelled attempt leaves no connection behind."""

    async def run() -> None:
        before = len(_links_to(broker.port))
        client = client_of(broker, prefix="given-up")
        connecting = asyncio.ensure_future(client.connect())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)
        await client.close()
        deadline_s = time.monotonic() + 60
        while len(_links_to(broker.port)) > before or len(asyncio.all_tasks()) > 1:
            assert time.monotonic() < deadline_s
            await asyncio.sleep(0.01)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("kind", "table", "said"),
    [
        (Publish, {"topic": "a/+/b"}, "a topic must be some words with / between them, without + and #, got 'a/+/b'"),
        (Publish, {"topic": ""}, "a topic must be some words with / between them, without + and #, got ''"),
        (Publish, {"topic": "{secret:x}"}, "{secret:x} may not stand here"),
        (Publish, {"topic": "a", "payload": {"a": "{gestur}"}}, "{gestur} is not known; did you mean gesture?"),
        (Publish, {"topic": "a", "qos": 3}, "Input should be 0, 1 or 2"),
        (Mqtt, {"host": "h", "gesture_topic": "a/b"}, "gesture_topic must hold {name}, such as posecast/gesture/{name}"),
        (Mqtt, {"host": "h", "sensors": ["fist"]}, "sensors need discovery = true and gestures = true"),
    ],
)
def test_what_a_rule_or_the_settings_may_not_say(kind: Any, table: dict[str, Any], said: str) -> None:
    """Each in words."""
    with pytest.raises(ValidationError) as error:
        kind(**table)
    assert said in str(error.value)


def test_the_port_follows_from_encryption() -> None:
    """1883 and 8883 unless given; what is kept replaces what waits, other messages are each sent."""
    assert Mqtt(host="h").port_used == 1883
    assert Mqtt(host="h", tls=True).port_used == 8883
    assert Mqtt(host="h", tls=True, port=9).port_used == 9
    assert Publish(topic="a", retain=True).merge_key == "mqtt:a"
    assert Publish(topic="a").merge_key is None
