"""Philips Hue: TLS pinned to the bridge, the key, commands and their pace, 429, scenes, the state before."""

import asyncio
import copy
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from far_ends_http import Answer, serving
from far_ends_hue import BRIDGE_ID, KEY, HueDevice, bridge_tls
from pydantic import ValidationError

from stream.actions import hue_bridge, hue_pairing
from stream.actions.base import Action, Order, Refused, Rejected, Report, Tools, Unreachable
from stream.actions.dispatcher import Dispatcher
from stream.actions.hue import Hue, HueConnection, HueScene
from stream.actions.hue_bridge import Pairing
from stream.actions.light import Light
from stream.actions.outbox import Rate
from trackers.errors import UserError


def order(action: Action, *, streamed: bool = False) -> Order:
    return Order(action, "test", "test", streamed=streamed)


def tools(secrets: dict[str, str]) -> Tools:
    return Tools(secret=secrets.get, store_secret=secrets.__setitem__)


@asynccontextmanager
async def paired(folder: Path, device: HueDevice) -> AsyncIterator[dict[str, str]]:
    """Serve a bridge and pair with it."""
    secrets: dict[str, str] = {}
    async with serving(device, tls=bridge_tls(folder)):
        await hue_pairing.pair("127.0.0.1", port=device.port, store=secrets.__setitem__, poll_s=0.01)
        device.requests.clear()
        yield secrets


@asynccontextmanager
async def connected(folder: Path, device: HueDevice) -> AsyncIterator[Hue]:
    async with paired(folder, device) as secrets:
        client = HueConnection(host="127.0.0.1", port=device.port).client("home", tools=tools(secrets))
        try:
            await client.connect()
            yield client
        finally:
            await client.close()
            await client.close()


def test_pairing_waits_for_the_button(tmp_path: Path) -> None:
    """Error 101 is asked again; the key and the certificate's fingerprint become one secret, by the bridge's id."""

    async def run() -> None:
        device = HueDevice(presses_left=3)
        waits: list[tuple[str, float]] = []
        secrets: dict[str, str] = {}
        async with serving(device, tls=bridge_tls(tmp_path)):
            found = await hue_pairing.pair(
                "127.0.0.1",
                port=device.port,
                store=secrets.__setitem__,
                on_wait=lambda name, left_s: waits.append((name, left_s)),
                poll_s=0.01,
            )
        assert (found.id, found.name) == (BRIDGE_ID.lower(), "Home")
        assert [name for name, _ in waits] == ["Home"] * 4
        assert list(secrets) == [f"hue.{BRIDGE_ID.lower()}"]
        pairing = Pairing.from_secret(secrets[f"hue.{BRIDGE_ID.lower()}"])
        assert pairing is not None
        assert (pairing.key, len(pairing.fingerprint)) == (KEY, 64)
        assert KEY not in repr(pairing)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("device", "sentence"),
    [
        (
            HueDevice(presses_left=999),
            "the button of the Hue bridge 'Home' at 127.0.0.1 was not pressed within 0.1 s; "
            "run the command again and press the round button on the bridge",
        ),
        (
            HueDevice(pair_error="invalid value"),
            "the Hue bridge at 127.0.0.1 will not pair (invalid value); update it in the Hue app and try again",
        ),
    ],
)
def test_pairing_that_fails_is_one_sentence(tmp_path: Path, device: HueDevice, sentence: str) -> None:
    """Nobody came to press it; the bridge has another reason."""

    async def run() -> None:
        secrets: dict[str, str] = {}
        async with serving(device, tls=bridge_tls(tmp_path)):
            with pytest.raises(UserError) as caught:
                await hue_pairing.pair("127.0.0.1", port=device.port, store=secrets.__setitem__, within_s=0.1, poll_s=0.02)
        assert (str(caught.value), secrets) == (sentence, {})

    asyncio.run(run())


def test_connecting_tells_what_is_there(tmp_path: Path) -> None:
    """One line for people; every request of the API carries the key."""

    async def run() -> None:
        device = HueDevice()
        async with paired(tmp_path, device) as secrets:
            client = HueConnection(host="127.0.0.1", port=device.port).client("home", tools=tools(secrets))
            assert await client.connect() == "Hue bridge 'Home' 1967054020, 3 lamps, 3 rooms and zones, 3 scenes"
            keys = {request.headers.get("hue-application-key") for request in device.requests if "clip" in request.path}
            assert keys == {KEY}
            await client.close()

    asyncio.run(run())


def test_another_certificate_gets_no_key(tmp_path: Path) -> None:
    """A bridge in between is told nothing; the sentence says what to do."""

    async def run() -> None:
        device, imposter = HueDevice(), HueDevice()
        async with paired(tmp_path, device) as secrets, serving(imposter, tls=bridge_tls(tmp_path, "other")):
            client = HueConnection(host="127.0.0.1", port=imposter.port).client("home", tools=tools(secrets))
            with pytest.raises(Rejected) as caught:
                await client.connect()
            await client.close()
            assert str(caught.value) == (
                "the Hue bridge at 127.0.0.1 shows another certificate than when it was paired, so the key was not sent; "
                "if it was reset or replaced, run `python run.py lights pair hue --host 127.0.0.1`"
            )
            assert not any(KEY in str(request) for request in imposter.requests)

    asyncio.run(run())


def test_a_certificate_that_changes_later_gets_no_key(tmp_path: Path) -> None:
    """The pinned connection itself refuses it: who takes the bridge's place while we are connected hears nothing."""

    async def run() -> None:
        device = HueDevice()
        async with paired(tmp_path, device) as secrets:
            client = HueConnection(host="127.0.0.1", port=device.port).client("home", tools=tools(secrets))
            await client.connect()
            port = device.port
        imposter = HueDevice()
        async with serving(imposter, tls=bridge_tls(tmp_path, "other"), port=port):
            with pytest.raises(Unreachable, match="^the Hue bridge at 127.0.0.1 cannot be reached"):
                await client.perform(order(Light(power=True)))
            assert imposter.requests == []
        await client.close()

    asyncio.run(run())


def test_without_pairing_and_with_a_forgotten_key(tmp_path: Path) -> None:
    """Both say how to pair; neither is tried again."""

    async def run() -> None:
        device = HueDevice()
        async with paired(tmp_path, device) as secrets:
            for known, sentence in (
                ({}, "the Hue bridge 'Home' at 127.0.0.1 is not paired; run `python run.py lights pair hue --host 127.0.0.1`"),
                (
                    secrets,
                    "the Hue bridge at 127.0.0.1 does not know our key any more; "
                    "run `python run.py lights pair hue --host 127.0.0.1`",
                ),
            ):
                device.keys.clear()
                client = HueConnection(host="127.0.0.1", port=device.port).client("home", tools=tools(dict(known)))
                with pytest.raises(Rejected) as caught:
                    await client.connect()
                await client.close()
                assert str(caught.value) == sentence

    asyncio.run(run())


def test_the_keyring_is_asked_beside_the_loop(tmp_path: Path) -> None:
    """A keyring that waits for a person holds up no other client; one that will not open is told, and not asked again."""

    async def run() -> None:
        device, asked_by = HueDevice(), list[int]()

        def locked(name: str) -> str | None:
            asked_by.append(threading.get_ident())
            raise UserError(f"the system's keyring refused the secret '{name}'")

        async with serving(device, tls=bridge_tls(tmp_path)):
            lent = Tools(secret=locked, store_secret=lambda name, value: None)
            client = HueConnection(host="127.0.0.1", port=device.port).client("home", tools=lent)
            with pytest.raises(Rejected, match=f"^the system's keyring refused the secret 'hue.{BRIDGE_ID.lower()}'$"):
                await client.connect()
            await client.close()
        assert asked_by
        assert threading.get_ident() not in asked_by

    asyncio.run(run())


@pytest.mark.parametrize(
    ("action", "streamed", "path", "body"),
    [
        (
            Light(light="lamp LEFT", color="red", brightness=50, fade_s=0.5),
            False,
            "light/l1",
            # red of sRGB lies just inside the lamp's own red
            {
                "on": {"on": True},
                "dimming": {"brightness": 50.0},
                "color": {"xy": {"x": 0.64, "y": 0.33}},
                "dynamics": {"duration": 500},
            },
        ),
        (
            Light(light="Studio", color="blue"),
            False,
            "grouped_light/g1",
            {"on": {"on": True}, "color": {"xy": {"x": 0.15, "y": 0.06}}},
        ),
        (Light(light="Left side", power=False), False, "grouped_light/g3", {"on": {"on": False}}),
        (Light(brightness=0, fade_s=1), False, "grouped_light/g0", {"on": {"on": False}, "dynamics": {"duration": 1000}}),
        (Light(brightness=30, fade_s=1), True, "grouped_light/g0", {"on": {"on": True}, "dimming": {"brightness": 30.0}}),
        (Light(light="Ceiling", color="2700K"), False, "light/l3", {"on": {"on": True}, "color_temperature": {"mirek": 370}}),
        (Light(light="Ceiling", color="9000K"), False, "light/l3", {"on": {"on": True}, "color_temperature": {"mirek": 200}}),
        (Light(light="Studio", color="black"), False, "grouped_light/g1", {"on": {"on": False}}),
        (HueScene(scene="disco"), False, "scene/s1", {"recall": {"action": "active"}}),
        (HueScene(scene="Relax", room="hall", fade_s=2), False, "scene/s3", {"recall": {"action": "active", "duration": 2000}}),
    ],
)
def test_actions_become_commands(tmp_path: Path, action: Action, streamed: bool, path: str, body: dict[str, Any]) -> None:
    """One command each, also for a room; a white is the lamp's own white."""

    async def run() -> None:
        device = HueDevice()
        async with connected(tmp_path, device) as client:
            await client.perform(order(action, streamed=streamed))
            assert device.commands == [(path, body)]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (Light(light="Studdio"), "the Hue bridge has no lamp, room or zone 'Studdio'; did you mean Studio?"),
        (HueScene(scene="Dicso"), "the Hue bridge has no scene 'Dicso'; did you mean Disco?"),
        (HueScene(scene="Relax"), "Hall and Studio each have a scene 'Relax'; say which with `room`"),
        (HueScene(scene="Disco", room="Hall"), "no room 'Hall' has a scene 'Disco'; known: Studio"),
    ],
)
def test_a_name_that_is_not_there_is_one_sentence(tmp_path: Path, action: Action, sentence: str) -> None:
    """At the check after connecting, and when it is done all the same."""

    async def run() -> None:
        async with connected(tmp_path, HueDevice()) as client:
            assert client.check(action) == sentence
            with pytest.raises(Refused) as caught:
                await client.perform(order(action))
            assert str(caught.value) == sentence

    asyncio.run(run())


def test_a_busy_bridge_is_asked_again_with_growing_pauses(tmp_path: Path) -> None:
    """429 and 503: after 0.25 s, 0.5 s, 0.75 s; then it is told."""

    async def run() -> None:
        device = HueDevice(busy=[429, 503])
        async with connected(tmp_path, device) as client:
            await client.perform(order(Light(light="Studio", power=True)))
            assert [path for path, _ in device.commands] == ["grouped_light/g1"] * 3
            first, second, third = device.command_times_s
            assert second - first >= 0.25
            assert third - second >= 0.5
            device.busy = [429] * 9
            with pytest.raises(
                Refused, match="^the Hue bridge at 127.0.0.1 is too busy \\(429 4 times\\); set a lower rate_hz$"
            ):
                await client.perform(order(Light(light="Studio", power=True)))

    asyncio.run(run())


@pytest.mark.parametrize(
    "action", [Light(light="Studio", color="lime", brightness=99), Light(power=False), HueScene(scene="Disco")]
)
def test_the_state_before_comes_back(tmp_path: Path, action: Action) -> None:
    """Lamp by lamp where they differed: on and off, brightness, colour, white; as they are now, not when we connected."""

    async def run() -> None:
        device = HueDevice()
        async with connected(tmp_path, device) as client:
            device.light("l1")["dimming"] = {"brightness": 11.0}
            before = copy.deepcopy(device.resources["light"])
            back = await client.capture(action)
            assert back is not None
            await client.perform(order(action))
            await client.perform(order(back))
            assert device.resources["light"] == before

    asyncio.run(run())


def test_a_room_of_like_lamps_comes_back_by_one_command(tmp_path: Path) -> None:
    """By its group."""

    async def run() -> None:
        device = HueDevice()
        for key in ("on", "dimming", "color"):
            device.light("l2")[key] = copy.deepcopy(device.light("l1")[key])
        async with connected(tmp_path, device) as client:
            back = await client.capture(Light(light="Studio", color="lime"))
            assert back is not None
            await client.perform(order(back))
            ((path, body),) = device.commands
            assert path == "grouped_light/g1"
            assert body == {"on": {"on": True}, "dimming": {"brightness": 40.0}, "color": {"xy": {"x": 0.4, "y": 0.4}}}

    asyncio.run(run())


def test_sixty_orders_a_second_are_four_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the dispatcher, merged: in no second more than four commands, the last of them the newest.

    Seconds are the sender's: what the network delays may come together.
    """
    sent_s: list[float] = []

    class Noted(Rate):
        def take(self, now_s: float) -> None:
            sent_s.append(now_s)
            super().take(now_s)

    monkeypatch.setattr(hue_bridge, "Rate", Noted)

    async def run() -> None:
        device = HueDevice()
        async with paired(tmp_path, device) as secrets:
            reports: list[Report] = []
            connections = {"home": HueConnection(host="127.0.0.1", port=device.port)}
            await asyncio.to_thread(_storm, connections, tools(secrets), reports)
        assert all(b - a >= 1.0 for a, b in zip(sent_s, sent_s[4:], strict=False))
        assert len(sent_s) >= 5
        assert all(sent <= came for sent, came in zip(sent_s, device.command_times_s, strict=True))
        assert device.commands[-1][1]["dimming"]["brightness"] == 90
        assert {report.outcome for report in reports} == {"done", "replaced"}

    asyncio.run(run())


def _storm(connections: dict[str, HueConnection], lent: Tools, reports: list[Report]) -> None:
    with Dispatcher(connections, tools=lent, on_report=reports.append) as dispatcher:
        while dispatcher.status[0].state != "ready":
            time.sleep(0.01)
        for brightness in range(1, 91):
            dispatcher.submit(Order(Light(light="Studio", brightness=brightness), "test", "test"))
            time.sleep(1 / 60)
        while len(reports) < 90:
            time.sleep(0.01)


def test_a_bridge_that_is_not_there(tmp_path: Path) -> None:
    """Off, or something else: one sentence."""

    async def run() -> None:
        device = HueDevice()
        async with connected(tmp_path, device) as client:
            port = device.port
            device.answer = lambda request: (200, {})  # type: ignore[method-assign]
            other = HueConnection(host="127.0.0.1", port=port).client("home", tools=tools({}))
            with pytest.raises(Unreachable, match="^127.0.0.1 answers but is no Hue bridge; check `host`"):
                await other.connect()
            await other.close()
        with pytest.raises(Unreachable, match="^the Hue bridge at 127.0.0.1 is not connected$"):
            await client.perform(order(Light(power=True)))
        with pytest.raises(Unreachable, match="^the Hue bridge at 127.0.0.1 cannot be reached \\("):
            await client.connect()
        await client.close()

    asyncio.run(run())


def test_what_the_bridge_refuses_is_told(tmp_path: Path) -> None:
    """With its own words."""

    async def run() -> None:
        device = HueDevice()
        async with connected(tmp_path, device) as client:
            put = device._put

            def refuse(kind: str, number: str, body: dict[str, Any]) -> Answer:
                put(kind, number, body)
                return 400, {"errors": [{"description": "device unreachable"}]}

            device._put = refuse  # type: ignore[method-assign]
            with pytest.raises(Refused, match="^the Hue bridge at 127.0.0.1 refused a light \\(device unreachable\\)$"):
                await client.perform(order(Light(light="Ceiling", power=True)))

    asyncio.run(run())


def test_no_more_than_four_a_second_can_be_configured() -> None:
    """A bridge stands no more."""
    assert HueConnection(host="h").rate_hz == 4
    with pytest.raises(ValidationError, match="less than or equal to 4"):
        HueConnection(host="h", rate_hz=10)
