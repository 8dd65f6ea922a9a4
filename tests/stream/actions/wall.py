"""A far end of the tests' own, in memory: a wall that is painted and shouted at, and a dispatcher before it."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Literal

from stream.actions.base import Action, Client, Connection, Order, Rejected, Report, Tools, Unreachable
from stream.actions.dispatcher import Dispatcher


class Paint(Action):
    kinds: ClassVar = ("wall",)
    action: Literal["paint"] = "paint"
    color: str = "red"
    wall: str = "north"

    @property
    def merge_key(self) -> str | None:
        return self.wall


class Shout(Action):
    kinds: ClassVar = ("wall",)
    action: Literal["shout"] = "shout"
    text: str = "hey"


class WallConnection(Connection):
    kind: Literal["wall"] = "wall"
    rate_hz: float = 100
    resolve_s: float = 0.0
    stays: bool = True

    def client(self, name: str, *, tools: Tools) -> "Wall":
        wall = Wall(name, self, tools=tools)
        WALLS[name] = wall
        return wall


WALLS: dict[str, "Wall"] = {}


class Wall(Client[WallConnection]):
    """A far end in memory whose mood the test sets."""

    def __init__(self, name: str, connection: WallConnection, *, tools: Tools) -> None:
        super().__init__(name, connection, tools=tools)
        self.colors = {"north": "white"}
        self.done: list[str] = []
        self.calls = 0
        self.connects = 0
        self.halted = False
        self.lost = asyncio.Event()
        self.next_error: list[Exception] = []
        self.open = threading.Event()
        self.open.set()
        self.slow_s = 0.0
        self.stays = connection.stays
        self.check_error: list[Exception] = []
        self.close_error: list[Exception] = []

    async def connect(self) -> str:
        self.connects += 1
        if self.connection.resolve_s:  # a name that nobody knows: it cannot be broken off
            await asyncio.to_thread(time.sleep, self.connection.resolve_s)
        self.lost = asyncio.Event()
        if not self.open.is_set():
            raise Unreachable("nobody is there")
        if self.tools.secret("wall") == "wrong":
            raise Rejected("wrong password; run python run.py secret set wall")
        if not self.stays:
            self.lost.set()
        self.facts["paint"] = "dry"
        return "a wall"

    async def perform(self, order: Order) -> None:
        self.calls += 1
        await asyncio.sleep(self.slow_s)
        if self.next_error:
            raise self.next_error.pop()
        action = order.action
        if isinstance(action, Paint):
            self.colors[action.wall] = action.color
        self.done.append(action.color if isinstance(action, Paint) else action.text)  # type: ignore[attr-defined]

    async def capture(self, action: Action) -> Action | None:
        return Paint(color=self.colors[action.wall], wall=action.wall) if isinstance(action, Paint) else None

    def check(self, action: Action) -> str | None:
        if self.check_error:
            raise self.check_error.pop()
        wall = getattr(action, "wall", "north")
        return None if wall in self.colors else f"there is no wall {wall!r}"

    async def halt(self) -> None:
        self.halted = True

    async def wait_lost(self) -> None:
        await self.lost.wait()

    async def close(self) -> None:
        if self.close_error:
            raise self.close_error.pop()


class Desk:
    """A dispatcher and what it told."""

    def __init__(self, dispatcher: Dispatcher, reports: list[Report], told: list[tuple[str, str]]) -> None:
        self.dispatcher, self.reports, self.told = dispatcher, reports, told

    def do(self, action: Action, *, rule: str = "rule", **more: Any) -> None:
        self.dispatcher.submit(Order(action, rule, "test", **more))

    def outcomes(self) -> list[str]:
        return [report.outcome for report in self.reports]


@contextmanager
def desk(*, secret: str = "right", dry_run: bool = False, wanted: tuple[Action, ...] = (), **fields: Any) -> Iterator[Desk]:
    reports: list[Report] = []
    told: list[tuple[str, str]] = []
    tools = Tools(
        secret=lambda name: secret,
        store_secret=lambda name, value: None,
        tell=lambda name, text, level: told.append((name, text)),
    )
    connections = {"wall": WallConnection(**fields)}
    with Dispatcher(connections, tools=tools, wanted=wanted, on_report=reports.append, dry_run=dry_run) as dispatcher:
        yield Desk(dispatcher, reports, told)


def until(what: Callable[[], bool], *, seconds: float = 60.0) -> None:
    end_s = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end_s, "it did not come to pass"
        time.sleep(0.005)


def ready(told: Desk) -> None:
    until(lambda: told.dispatcher.status[0].state == "ready")
