"""The end of the program: it waits for what gets on, and for nothing else."""

import asyncio
import copy
import logging
import time
from pathlib import Path

import far_ends_hue
import pytest
from client_tools import tools
from far_ends_http import serving
from far_ends_hue import HueDevice, bridge_tls
from wall import WALLS, Desk, Paint, Shout, Wall, desk, ready, until

from stream.actions import ending, hue_pairing
from stream.actions.base import Order, Report, Unreachable
from stream.actions.dispatcher import Dispatcher
from stream.actions.hue import HueConnection
from stream.actions.light import Light

LAMPS = 16
LEFT = "what rules changed at wall could not all be brought back before the program ended; set it by hand"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """What stands still is waited for less long than a person would, but for the bridge."""
    if "tmp_path" not in request.fixturenames:
        monkeypatch.setattr(ending, "STILL_S", 0.5)


def purple(told: Desk) -> Wall:
    """Paint the white wall purple, by a rule that goes on."""
    told.do(Paint(color="purple"), rule="pose", remember=True)
    until(lambda: WALLS["wall"].colors["north"] == "purple")
    return WALLS["wall"]


def test_every_lamp_of_a_large_room_is_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen unlike lamps at four commands a second: three seconds, and one order."""
    monkeypatch.setitem(far_ends_hue.GROUPS, "g1", tuple(f"l{number}" for number in range(LAMPS)))
    device = HueDevice()
    device.resources["light"] = [
        far_ends_hue._light(f"l{n}", f"Lamp {n}", f"d{n}", on=n % 2 == 0, brightness=10.0 + n, xy=(0.3 + n / 100, 0.3))
        for n in range(LAMPS)
    ]
    device.resources["room"][0]["children"] = [{"rid": f"d{n}", "rtype": "device"} for n in range(LAMPS)]
    before = copy.deepcopy(device.resources["light"])
    secrets: dict[str, str] = {}
    reports: list[Report] = []

    def live() -> None:
        connection = HueConnection(host="127.0.0.1", port=device.port)
        with Dispatcher({"home": connection}, tools=tools(secrets), on_report=reports.append) as dispatcher:
            until(lambda: dispatcher.status[0].state == "ready")
            dispatcher.submit(Order(Light(light="Studio", color="purple", brightness=100), "pose", "test", remember=True))
            until(lambda: bool(reports))
            assert device.resources["light"] != before

    async def run() -> None:
        async with serving(device, tls=bridge_tls(tmp_path)):
            await hue_pairing.pair("127.0.0.1", port=device.port, store=secrets.__setitem__, poll_s=0.01)
            await asyncio.to_thread(live)

    asyncio.run(run())
    assert device.resources["light"] == before
    assert [report.outcome for report in reports] == ["done", "done"]


def test_what_takes_longer_is_told_once(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in an event, which nobody would hear before the end; and what gets on is waited for, however long one step takes."""
    monkeypatch.setattr(ending, "TOLD_S", 0.3)
    with caplog.at_level(logging.WARNING, logger="stream.actions.ending"), desk(timeout_s=60) as told:
        ready(told)
        wall = purple(told)
        wall.slow_s = 0.4
        for text in ("one", "two"):
            told.do(Shout(text=text), undoing=True)
    assert wall.done == ["purple", "one", "two", "white"]
    assert [record.getMessage() for record in caplog.records] == [
        "ending: waiting for wall to finish what rules asked for; Ctrl-C again ends at once"
    ]
    assert not told.told[1:]


def test_a_quick_end_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """It is over before anybody wonders."""
    with caplog.at_level(logging.WARNING, logger="stream.actions.ending"), desk() as told:
        ready(told)
        wall = purple(told)
    assert wall.colors["north"] == "white"
    assert not caplog.records


def test_what_does_not_answer_is_not_waited_for_long() -> None:
    """Nothing gets on: half a second here, two in earnest. What stays changed is told, with what to do."""
    with desk(timeout_s=60) as told:
        ready(told)
        purple(told).slow_s = 60.0
        began_s = time.monotonic()
    assert time.monotonic() - began_s < ending.LONGEST_S / 2
    assert told.told[-1] == ("actions.left", LEFT)
    assert told.outcomes() == ["done", "dropped"]


def test_what_is_not_connected_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even for a moment; and it is told that something is left."""
    monkeypatch.setattr(ending, "STILL_S", 10.0)
    with desk() as told:
        ready(told)
        wall = purple(told)
        wall.open.clear()
        wall.next_error = [Unreachable("gone")]
        told.do(Shout())
        until(lambda: told.dispatcher.status[0].state == "retrying")
        began_s = time.monotonic()
    assert time.monotonic() - began_s < 5.0
    assert told.told[-1] == ("actions.left", LEFT)


def test_what_fails_again_and_again_gets_on_nowhere() -> None:
    """Each attempt is reported, and none is progress."""
    with desk() as told:
        ready(told)
        purple(told).next_error = [RuntimeError("a bug") for _ in range(1000)]
        began_s = time.monotonic()
    assert time.monotonic() - began_s < ending.LONGEST_S / 2
    assert told.told[-1] == ("actions.left", LEFT)


def test_there_is_an_end_of_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if things get on, but there are too many of them."""
    monkeypatch.setattr(ending, "LONGEST_S", 1.0)
    with desk() as told:
        ready(told)
        WALLS["wall"].slow_s = 0.1
        for number in range(30):
            told.do(Shout(text=str(number)), undoing=True)
        began_s = time.monotonic()
    assert 0.9 < time.monotonic() - began_s < 2.9  # of three seconds' work
    assert {"done", "dropped"} == set(told.outcomes())


def test_a_slow_rate_is_no_standing_still() -> None:
    """One command in a second and a half is what the user configured, not a thing that has gone."""
    with desk(rate_hz=1 / 1.5) as told:
        ready(told)
        wall = purple(told)
    assert wall.colors["north"] == "white"
