"""Actions of this machine and of the web through the real dispatcher: implicit connections, panic, the program's end."""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
from client_tools import tools
from far_http import far_http

from stream.actions import registry
from stream.actions.base import Action, Connection, Order, Rejected, Report, Tools
from stream.actions.dispatcher import Dispatcher
from stream.actions.overlay import OverlayText
from stream.actions.routing import with_implicit
from stream.actions.shell import ShellConnection, ShellRun
from stream.actions.webhook import Webhook
from trackers.errors import UserError


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.005)


def _dispatcher(
    actions: list[Action], reports: list[Report], connections: Mapping[str, Connection] | None = None, **more: Any
) -> Dispatcher:
    all_of_them = with_implicit(connections or {}, actions=actions, kinds=registry.CONNECTIONS)
    return Dispatcher(all_of_them, tools=tools({"hook": "s3cret"}, **more), wanted=actions, on_report=reports.append)


def test_web_and_overlay_need_no_configuring() -> None:
    """Both are there because a rule needs them; orders are done and say so."""
    said: list[Mapping[str, object]] = []
    reports: list[Report] = []
    with far_http() as far:
        actions = [Webhook(url=f"{far.url}/{{rule}}", headers={"X": "{secret:hook}"}), OverlayText(text="{gesture}!")]
        with _dispatcher(actions, reports, publish=said.append) as dispatcher:
            assert [status.name for status in dispatcher.status] == ["web", "overlay"]
            for action in actions:
                dispatcher.submit(Order(action, rule="party", cause="dab (0.9)", details={"gesture": "dab"}))
            _wait(lambda: len(reports) == 2)
    assert {report.outcome for report in reports} == {"done"}
    assert [(heard.path, heard.headers["x"]) for heard in far.heard] == [("/party", "s3cret")]
    assert [message["text"] for message in said] == ["dab!"]


def test_refusal_is_reported_in_one_sentence() -> None:
    """And the next order is done all the same."""
    reports: list[Report] = []
    with far_http(lambda heard: (404 if heard.path == "/bad" else 200, b"")) as far:
        actions = [Webhook(url=f"{far.url}/bad"), Webhook(url=f"{far.url}/good")]
        with _dispatcher(actions, reports) as dispatcher:
            for action in actions:
                dispatcher.submit(Order(action, rule="r", cause=""))
            _wait(lambda: len(reports) == 2)
    assert [report.outcome for report in reports] == ["refused", "done"]
    assert reports[0].text.endswith("answered 404 Not Found to POST; check the webhook's address and headers")


def test_slow_program_is_ended_by_its_time_out_and_by_panic(tmp_path: Path) -> None:
    """A time-out is a failure; a panic ends at once what runs; neither leaves a thread."""
    reports: list[Report] = []
    before = threading.active_count()
    connections = {
        name: ShellConnection(allow=True, timeout_s=timeout_s, folder=str(tmp_path))
        for name, timeout_s in (("hasty", 0.3), ("patient", 60.0))
    }
    hasty, patient = (ShellRun(target=name, command=("sh", "-c", f"echo $$ > {name}; exec sleep 60")) for name in connections)
    begun = tmp_path / "patient"
    with _dispatcher([hasty, patient], reports, connections) as dispatcher:
        dispatcher.submit(Order(hasty, rule="r", cause=""))
        _wait(lambda: len(reports) == 1)
        dispatcher.submit(Order(patient, rule="r", cause=""))
        _wait(lambda: begun.exists() and begun.read_text().endswith("\n"))
        assert psutil.pid_exists(int(begun.read_text()))
        dispatcher.panic()
        _wait(lambda: len(reports) == 2)
        assert not psutil.pid_exists(int(begun.read_text()))
    assert (reports[0].outcome, reports[0].text) == ("failed", "hasty: did not answer within 0.3 s")
    assert (reports[1].outcome, reports[1].text) == ("dropped", "stopped by panic")
    _wait(lambda: threading.active_count() <= before)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("obs", {}), ("mqtt", {"host": "127.0.0.1", "username": "me"}), ("home-assistant", {"url": "http://127.0.0.1:1"})],
)
def test_a_keyring_that_will_not_open_is_told_once(kind: str, fields: dict[str, str]) -> None:
    """It is asked beside the loop, and the client is not tried again until somebody asks for it."""
    asked_by: list[int] = []

    def locked(name: str) -> str | None:
        asked_by.append(threading.get_ident())
        raise UserError(f"the keyring refused {name}")

    async def run() -> None:
        lent = Tools(secret=locked, store_secret=lambda name, value: None)
        client = registry.CONNECTIONS[kind].model_validate({"kind": kind, **fields}).client("x", tools=lent)
        with pytest.raises(Rejected, match=r"^the keyring refused x\.(password|token)$"):
            await client.connect()
        await client.close()
        assert asked_by
        assert threading.get_ident() not in asked_by

    asyncio.run(run())


@pytest.mark.parametrize("kind", ["web", "home-assistant"])
def test_closing_never_raises(kind: str) -> None:
    """Whatever the connections that are kept say to their end."""

    class Stubborn:
        async def aclose(self) -> None:
            raise OSError("the transport is broken")

    client: Any = registry.CONNECTIONS[kind].model_validate({"kind": kind}).client("x", tools=tools())
    client._http = Stubborn()
    asyncio.run(client.close())
    assert client._http is None


def test_every_kind_can_be_made_and_closed_without_the_other_side() -> None:
    """Making a client is cheap: it opens nothing, and what was never opened can be closed."""
    kinds = ("web", "osc", "keys", "shell", "sound", "overlay", "home-assistant", "websocket")
    for kind in kinds:
        fields = {"url": "ws://127.0.0.1:1/"} if kind == "websocket" else {}
        client = registry.CONNECTIONS[kind].model_validate({"kind": kind, **fields}).client("x", tools=tools())
        asyncio.run(client.close())
