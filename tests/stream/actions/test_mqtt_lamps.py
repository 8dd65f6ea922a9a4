"""The action `light` over MQTT, against a real Mosquitto and a lamp on it: orders, states asked and told, bringing back."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from client_tools import order, tools
from far_ends_mqtt import JsonLamp, plugged_in
from mqtt_broker import Broker, kept

from stream.actions.base import Action, Order, Refused, Report
from stream.actions.dispatcher import Dispatcher
from stream.actions.hue import HueConnection
from stream.actions.light import Light
from stream.actions.mqtt import Mqtt
from stream.actions.mqtt_client import MqttClient
from stream.actions.mqtt_light_json import MqttRestore
from stream.actions.routing import route
from stream.triggers.rule_files import rules_of_tables
from trackers.errors import UserError

DESK = {"name": "desk", "topic": "zigbee2mqtt/desk"}
STRIP = {"name": "strip", "set_topic": "strip/command", "state_topic": "strip/state"}
XY: dict[str, Any] = {"brightness": 80, "color_mode": "xy", "color": {"x": 0.4, "y": 0.4}}
WHITE: dict[str, Any] = {"brightness": 200, "color_mode": "color_temp", "color_temp": 370}
RGB: dict[str, Any] = {"brightness": 9, "color_mode": "rgb", "color": {"r": 1, "g": 2, "b": 3}}
PURPLE = Light(color="purple", brightness=100, fade_s=0.1)


@pytest.fixture(scope="module")
def broker(mosquitto: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One broker for the file."""
    with Broker(mosquitto, tmp_path_factory.mktemp("lamps")) as running:
        yield running


def settings(broker: Broker, *lamps: dict[str, Any], **more: Any) -> Mqtt:
    return Mqtt.model_validate({"host": "127.0.0.1", "port": broker.port, "lamps": lamps, **more})


def with_lamp(broker: Broker, lamp: JsonLamp, *named: dict[str, Any], work: Callable[[MqttClient], Awaitable[None]]) -> None:
    """Plug a lamp in and let a client of ours do some work."""

    async def run() -> None:
        async with plugged_in(broker, lamp):
            client = settings(broker, *named).client("home", tools=tools())
            try:
                said = await client.connect()
                assert said == f"MQTT broker at 127.0.0.1:{broker.port}, {len(named)} lamp{'s' if len(named) > 1 else ''}"
                await work(client)
            finally:
                await client.close()

    asyncio.run(run())


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():
            await asyncio.sleep(0.01)


@pytest.mark.needs_mosquitto
@pytest.mark.parametrize("before", [XY, WHITE], ids=["xy", "white"])
@pytest.mark.parametrize("power", ["ON", "OFF"])
def test_a_zigbee_lamp_is_asked_set_and_brought_back(broker: Broker, before: dict[str, Any], power: str) -> None:
    """It retains nothing: it is asked once, when connected, and tells of itself from then on."""
    lamp = JsonLamp(state={"state": power, **before})
    was = dict(lamp.state)

    async def work(client: MqttClient) -> None:
        back = await client.capture(PURPLE)
        assert isinstance(back, MqttRestore)
        await client.perform(order(PURPLE))
        wanted = {"state": "ON", "brightness": 254, "color": {"r": 255, "g": 0, "b": 255}, "transition": 0.1}
        await until(lambda: lamp.orders == [wanted])
        await client.perform(order(back))
        await until(lambda: len(lamp.orders) == (2 if power == "ON" else 3))
        assert {name: lamp.state[name] for name in was} == was
        assert lamp.questions in ([{"state": ""}], 2 * [{"state": ""}])  # again, if it has not answered when it is to be set

    with_lamp(broker, lamp, DESK, work=work)


@pytest.mark.needs_mosquitto
def test_a_lamp_that_retains_is_not_asked(broker: Broker) -> None:
    """Nor is its retained state taken for an old announcement of ours and removed."""
    lamp = JsonLamp({"state": "ON", **RGB}, "strip/state", "strip/command", "strip/get", retains=True, is_zigbee=False)
    was = dict(lamp.state)

    async def work(client: MqttClient) -> None:
        began_s = time.monotonic()
        back = await client.capture(Light(light="Strip", color="red"))
        assert back is not None
        assert time.monotonic() - began_s < 0.9
        await client.perform(order(Light(light="Strip", color="red")))
        await client.perform(order(Light(brightness=100)))
        await until(lambda: lamp.state["brightness"] == 255)
        assert lamp.state["color"] == {"r": 255, "g": 0, "b": 0}
        await client.perform(order(back))
        await until(lambda: lamp.state == was)
        assert "strip/state" in await kept(broker)
        assert not lamp.questions

    with_lamp(broker, lamp, STRIP | {"get_topic": "strip/get"}, work=work)


@pytest.mark.needs_mosquitto
def test_a_lamp_that_tells_nothing_is_set_all_the_same(broker: Broker) -> None:
    """What was before is not known: that is told, once, and the other lamp is brought back."""
    told: list[str] = []
    strip = JsonLamp({"state": "ON", **RGB}, "strip/state", "strip/command", "strip/get", retains=True, is_zigbee=False)
    mute = JsonLamp({"state": "ON", **XY}, tells=False)

    async def run() -> None:
        lent = tools(tell=lambda name, text, level: told.append(text))
        client = settings(broker, DESK, STRIP).client("home", tools=lent)
        async with plugged_in(broker, strip), plugged_in(broker, mute):
            try:
                await client.connect()
                for _ in range(2):
                    back = await client.capture(PURPLE)
                    assert isinstance(back, MqttRestore)
                    assert back.lamps.keys() == {"strip"}
                assert await client.capture(Light(light="desk", power=True)) is None
                await client.perform(order(PURPLE))
                await until(lambda: len(strip.orders) == len(mute.orders) == 1)
            finally:
                await client.close()

    asyncio.run(run())
    assert told == ["home: lamp 'desk' does not tell its state, so it is not brought back; check its state_topic"]


@pytest.mark.needs_mosquitto
def test_mapped_values_are_not_acknowledged_and_do_not_fade(broker: Broker) -> None:
    """The cheapest way there is."""
    lamp = JsonLamp({"state": "ON", **XY})

    async def work(client: MqttClient) -> None:
        for percent in (10, 20, 30):
            await client.perform(Order(Light(brightness=percent, fade_s=3), "map", "test", streamed=True))
        await client.perform(order(Light()))  # nothing to be set: nothing is sent
        await until(lambda: len(lamp.orders) == 3)
        assert lamp.orders == [{"state": "ON", "brightness": value, "transition": 0} for value in (25, 51, 76)]

    with_lamp(broker, lamp, DESK, work=work)


@pytest.mark.needs_mosquitto
def test_a_rule_that_comes_back_before_a_slow_lamp_has_told(broker: Broker) -> None:
    """Through the dispatcher: held, over, held again at once, and the end of the program. The lamp is as it was."""
    lamp = JsonLamp({"state": "ON", **XY}, late_s=0.3)
    was = dict(lamp.state)
    reports: list[Report] = []

    def live() -> None:
        with Dispatcher({"home": settings(broker, DESK)}, tools=tools(), on_report=reports.append) as dispatcher:
            for _ in range(2):
                dispatcher.submit(Order(PURPLE, "pose", "test", remember=True))
                dispatcher.restore("pose")
            dispatcher.submit(Order(PURPLE, "pose", "test", remember=True))
            end_s = time.monotonic() + 60
            while len(reports) < 5:
                assert time.monotonic() < end_s
                time.sleep(0.01)

    async def run() -> None:
        async with plugged_in(broker, lamp):
            await asyncio.to_thread(live)
            await until(lambda: lamp.state == was)

    asyncio.run(run())
    assert [report.outcome for report in reports] == ["done"] * 6
    assert len(lamp.orders) == 6


@pytest.mark.needs_mosquitto
def test_what_changed_while_there_was_no_connection_is_learnt_anew(broker: Broker) -> None:
    """Nothing of before counts after a new connection."""
    lamp = JsonLamp({"state": "ON", **XY})

    async def work(client: MqttClient) -> None:
        assert await client.capture(PURPLE) is not None
        await client.close()
        lamp.state = {"state": "ON", **WHITE}
        await client.connect()
        back = await client.capture(PURPLE)
        assert isinstance(back, MqttRestore)
        assert back.lamps == {"desk": lamp.state}

    with_lamp(broker, lamp, DESK, work=work)


NO_LAMP = "home has no lamp 'dsek'; did you mean desk?"
NO_LAMPS = "home has no lamps; add [[connections.home.lamps]] with name and topic to the rules"


def test_a_lamp_that_is_not_there_is_told_when_the_rules_are_read() -> None:
    """With the near matches; and again by the client, for who asks it."""
    tables = {
        "connections": {"home": {"kind": "mqtt", "host": "h", "lamps": [DESK, STRIP]}},
        "trigger": [{"when": "t_pose", "do": [{"action": "light", "light": "dsek", "color": "red"}]}],
    }
    with pytest.raises(UserError) as error:
        rules_of_tables(tables, origin="posecast.toml", own_gestures=())
    assert str(error.value).endswith(f"light: {NO_LAMP}")
    client = Mqtt.model_validate(tables["connections"]["home"]).client("home", tools=tools())  # type: ignore[call-overload]
    assert client.check(Light(light="dsek")) == NO_LAMP
    assert client.check(Light(light="DESK")) is None
    with pytest.raises(Refused) as refused:
        asyncio.run(client.perform(order(Light(light="dsek", color="red"))))
    assert str(refused.value) == NO_LAMP


@pytest.mark.parametrize("target", ["", "home"])
def test_a_broker_without_lamps_says_what_to_add(target: str) -> None:
    """Named or not."""
    with pytest.raises(UserError) as error:
        route(Light(target=target, color="red"), {"home": Mqtt(host="h")})
    assert str(error.value) == f"light: {NO_LAMPS}"


@pytest.mark.parametrize(
    ("lamps", "action", "name"),
    [
        ((), Light(color="red"), "bridge"),
        ((DESK,), Light(light="Kitchen"), "bridge"),
        ((DESK,), Light(light="desk", target="home"), "home"),
    ],
)
def test_a_broker_is_in_nobodys_way(lamps: tuple[dict[str, Any], ...], action: Action, name: str) -> None:
    """Beside a Hue bridge, a broker without lamps, or without this one, is not meant by a rule that names no target."""
    connections = {"home": Mqtt.model_validate({"host": "h", "lamps": lamps}), "bridge": HueConnection(host="h")}
    assert route(action, connections) == name


def test_lamps_of_both_need_a_target() -> None:
    """As between any two lights."""
    connections = {"home": Mqtt.model_validate({"host": "h", "lamps": [DESK]}), "bridge": HueConnection(host="h")}
    with pytest.raises(UserError, match="^light could be done by home, bridge; say which with target$"):
        route(Light(color="red"), connections)
