"""Home Assistant: what is sent to its REST API, checked by a server on this machine that has two lamps and a switch."""

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from client_tools import done, order, tools
from far_http import FarHttp, Heard, far_http
from pydantic import ValidationError

from stream.actions.base import Order, Refused, Rejected, Unreachable
from stream.actions.home_assistant import HomeCall, HomeClient, HomeConnection
from stream.actions.home_states import restore_call
from stream.actions.light import Light

TOKEN = "eyJ0b2tlbg"
DESK = {
    "entity_id": "light.desk",
    "state": "on",
    "attributes": {
        **{"supported_color_modes": ["color_temp", "xy"], "color_mode": "xy", "brightness": 120},
        **{"rgb_color": [10, 20, 30], "color_temp_kelvin": None, "effect": "off"},
    },
}
STRIP = {"entity_id": "light.strip", "state": "off", "attributes": {"supported_color_modes": ["rgb"], "color_mode": None}}
FAN = {"entity_id": "switch.fan", "state": "on", "attributes": {}}


class Home:
    """The far end's states and services."""

    def __init__(self) -> None:
        self.states: dict[str, dict[str, Any]] = {state["entity_id"]: state for state in (DESK, STRIP, FAN)}

    def answer(self, heard: Heard) -> tuple[int, bytes]:
        """Answer as Home Assistant does."""
        if heard.headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, b"401: Unauthorized"
        if heard.method == "POST":
            known = ("light/turn_on", "light/turn_off", "switch/turn_on", "scene/turn_on")
            return (200, b"[]") if heard.path.removeprefix("/api/services/") in known else (400, b"400: Bad Request")
        entity = heard.path.removeprefix("/api/states/")
        said: dict[str, Any] = {
            "/api/config": {"version": "2026.1.0", "location_name": "Home"},
            "/api/states": list(self.states.values()),
            "/api/services": [
                {"domain": "light", "services": {"turn_on": {}, "turn_off": {}}},
                {"domain": "switch", "services": {"turn_on": {}, "turn_off": {}}},
                {"domain": "scene", "services": {"turn_on": {}}},
            ],
        }
        found = said.get(heard.path, self.states.get(entity))
        return (404, b"{}") if found is None else (200, json.dumps(found).encode())


@pytest.fixture
def home() -> Iterator[FarHttp]:
    """A running Home Assistant."""
    with far_http(Home().answer) as far:
        yield far


def _client(home: FarHttp, *, lights: tuple[str, ...] = (), token: str = TOKEN) -> HomeClient:
    return HomeConnection(url=home.url, lights=lights).client("home", tools=tools({"home.token": token}))


def _posted(home: FarHttp, *orders: Order, **more: Any) -> list[tuple[str, Any]]:
    asyncio.run(done(_client(home, **more), *orders))
    return [(heard.path, heard.json) for heard in home.heard if heard.method == "POST"]


def test_service_is_called(home: FarHttp) -> None:
    """Path, entities and data, with the cause filled in; JSON; the token in the header alone."""
    call = HomeCall(
        service="light.turn_on", entity=("light.desk", "light.strip"), data={"brightness": "{value}", "effect": "{gesture}"}
    )
    posted = _posted(home, order(call, value=128), order(HomeCall(service="scene.turn_on", entity="light.desk")))
    assert posted == [
        ("/api/services/light/turn_on", {"entity_id": ["light.desk", "light.strip"], "brightness": 128, "effect": "t_pose"}),
        ("/api/services/scene/turn_on", {"entity_id": ["light.desk"]}),
    ]
    assert all(heard.headers["authorization"] == f"Bearer {TOKEN}" for heard in home.heard)
    assert home.heard[-1].headers["content-type"] == "application/json"


def test_connecting_tells_what_is_there(home: FarHttp) -> None:
    """Version and how much of it."""
    assert asyncio.run(done(_client(home))) == "Home Assistant 2026.1.0, 2 lights, 3 entities"


@pytest.mark.parametrize(
    ("light", "path", "data"),
    [
        (Light(light="desk", color="purple"), "turn_on", {"entity_id": ["light.desk"], "rgb_color": [128, 0, 128]}),
        (Light(light="light.desk", color="2700K"), "turn_on", {"entity_id": ["light.desk"], "color_temp_kelvin": 2700}),
        (
            Light(light="desk", brightness=50, fade_s=0.5),
            "turn_on",
            {"entity_id": ["light.desk"], "brightness_pct": 50, "transition": 0.5},
        ),
        (Light(light="desk", power=True), "turn_on", {"entity_id": ["light.desk"]}),
        (Light(light="desk", power=False, fade_s=1), "turn_off", {"entity_id": ["light.desk"], "transition": 1}),
        (Light(light="desk", brightness=0), "turn_off", {"entity_id": ["light.desk"]}),
    ],
)
def test_light(home: FarHttp, light: Light, path: str, data: dict[str, Any]) -> None:
    """The one action of all lights, as Home Assistant's light services take it."""
    assert _posted(home, order(light)) == [(f"/api/services/light/{path}", data)]


def test_white_where_a_lamp_has_none_is_mixed(home: FarHttp) -> None:
    """Each lamp gets what it can show."""
    posted = _posted(home, order(Light(color="2700K")), lights=("light.desk", "light.strip"))
    assert posted[0][1] == {"entity_id": ["light.desk"], "color_temp_kelvin": 2700}
    assert posted[1][1]["entity_id"] == ["light.strip"]
    red, green, blue = posted[1][1]["rgb_color"]
    assert red == 255
    assert red > green > blue


def test_mapped_values_do_not_fade(home: FarHttp) -> None:
    """Many a second: each is set at once."""
    streamed = Order(Light(light="desk", brightness=33.333, fade_s=2), rule="r", cause="", streamed=True)
    assert _posted(home, streamed)[0][1] == {"entity_id": ["light.desk"], "brightness_pct": 33.3, "transition": 0}


def test_state_before_is_brought_back(home: FarHttp) -> None:
    """Colour, brightness and off; of a switch too; a scene cannot be undone."""

    async def run() -> None:
        client = _client(home, lights=("light.desk", "light.strip"))
        await client.connect()
        for action in (Light(color="red"), HomeCall(service="switch.turn_off", entity="switch.fan")):
            back = await client.capture(action)
            assert back is not None
            await client.perform(order(back))
        assert await client.capture(HomeCall(service="scene.turn_on", entity="scene.movie")) is None
        await client.close()

    asyncio.run(run())
    assert [(heard.path, heard.json) for heard in home.heard if heard.method == "POST"] == [
        ("/api/services/light/turn_on", {"entity_id": ["light.desk"], "brightness": 120, "rgb_color": [10, 20, 30]}),
        ("/api/services/light/turn_off", {"entity_id": ["light.strip"]}),
        ("/api/services/switch/turn_on", {"entity_id": ["switch.fan"]}),
    ]


def test_restoring_a_white_and_an_effect() -> None:
    """A temperature comes back as one; what is not available stays."""
    white = {"color_mode": "color_temp", "color_temp_kelvin": 3000, "rgb_color": [1, 2, 3], "brightness": 9, "effect": "candle"}
    call = restore_call({"entity_id": "light.a", "state": "on", "attributes": white})
    assert call is not None
    assert call.data == {"entity_id": ["light.a"], "brightness": 9, "color_temp_kelvin": 3000, "effect": "candle"}
    assert restore_call({"entity_id": "light.a", "state": "unavailable", "attributes": {}}) is None


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (
            HomeCall(service="light.turnon", entity="light.desk"),
            "Home Assistant has no service 'light.turnon'; did you mean light.turn_on",
        ),
        (
            HomeCall(service="light.turn_on", entity="light.dsek"),
            "Home Assistant has no entity 'light.dsek'; did you mean light.desk",
        ),
        (Light(light="dsek"), "Home Assistant has no entity 'light.dsek'; did you mean light.desk"),
        (
            Light(color="red"),
            'light must say which one, as light = "light.desk"; or write lights = [...] under [connections.home]',
        ),
    ],
)
def test_rules_are_checked_against_what_is_there(home: FarHttp, action: Any, sentence: str) -> None:
    """Near matches are named; nothing is known before it is connected."""

    async def run() -> str | None:
        client = _client(home)
        assert client.check(HomeCall(service="light.turnon")) is None
        await client.connect()
        wrong = client.check(action)
        await client.close()
        return wrong

    assert (asyncio.run(run()) or "").startswith(sentence)


def test_wrong_token_is_one_sentence_without_it(home: FarHttp, caplog: pytest.LogCaptureFixture) -> None:
    """It is not tried again, and nothing tells the token."""
    with caplog.at_level(logging.DEBUG), pytest.raises(Rejected) as caught:
        asyncio.run(done(_client(home, token="wrong-token")))
    host = home.url.partition("//")[2]
    assert str(caught.value) == (
        f"Home Assistant at {host} does not take the token; make a new one and run.py secret set home.token"
    )
    assert "wrong-token" not in caplog.text


def test_missing_token_says_where_to_get_one() -> None:
    """One sentence with the command."""
    with pytest.raises(Rejected) as caught:
        asyncio.run(done(HomeConnection().client("home", tools=tools())))
    assert str(caught.value) == (
        "Home Assistant needs a long-lived access token; make one in your profile there, under Security, "
        "and run.py secret set home.token"
    )


def test_failures_while_it_runs(home: FarHttp) -> None:
    """A call that it will not do is refused; when it is gone, that is another thing."""

    async def run() -> None:
        client = _client(home)
        await client.connect()
        with pytest.raises(Refused, match="^Home Assistant answered 400 to services/light/explode; check service and data$"):
            await client.perform(order(HomeCall(service="light.explode")))
        home.answer = lambda heard: (200, b"<html>")
        with pytest.raises(Unreachable, match=r"does not answer \(JSONDecodeError\); check url under \[connections\.home\]$"):
            await client.perform(order(Light(light="desk")))
        await client.close()

    asyncio.run(run())


@pytest.mark.parametrize("url", ["homeassistant.local", "http://user:pw@host", "http://host/path", "ftp://host"])
def test_address_is_checked_at_load(url: str) -> None:
    """Scheme, host and port, and no password."""
    with pytest.raises(ValidationError):
        HomeConnection(url=url)
