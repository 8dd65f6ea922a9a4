"""Carries out what the rules decide: one thread, one asyncio loop, one `Link` for each connection.

Owns the thread and the crossing to it. Any thread may `submit`, `restore` and `panic`; none of them ever waits. Knows nothing
of rules, gestures or particular devices.

Order of stopping: no more orders are taken → what waits and what rules want back is done, for as long as `ending.py` thinks it
worth waiting → links are cancelled, clients close → the thread ends.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

from stream.actions.base import Action, Client, Connection, ConnectionStatus, Order, Report, Tools
from stream.actions.ending import LONGEST_S, wind_up
from stream.actions.link import Link
from stream.actions.routing import route
from stream.actions.unawaited import UnawaitedExecutor
from stream.loops import new_loop
from trackers.errors import UserError

CALL_S: Final = 10.0
_JOIN_S: Final = 5.0


class Dispatcher:
    """Runs the clients of all connections. `with` starts and ends it.

    Args:
        connections: by name, as configured.
        wanted: every action that the rules may ask for; checked against what a client knows when it connects.
        on_report: told what became of every order, on the dispatcher's thread; must return at once.
        dry_run: nothing is connected and nothing is done; orders are only reported.
    """

    def __init__(
        self,
        connections: Mapping[str, Connection],
        *,
        tools: Tools,
        wanted: Sequence[Action] = (),
        on_report: Callable[[Report], None] = lambda report: None,
        dry_run: bool = False,
    ) -> None:
        self._connections = dict(connections)
        self._tools = tools
        self._wanted = tuple(wanted)
        self._on_report = on_report
        self._dry_run = dry_run
        self._links: dict[str, Link] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._end: asyncio.Event | None = None
        self._calls: set[asyncio.Future[None]] = set()
        self._halting: asyncio.Future[None] | None = None

    def __enter__(self) -> Self:
        if self._dry_run or not self._connections:
            return self
        started: Future[None] = Future()
        # a daemon: a client that cannot be ended must not keep the program from ending
        self._thread = threading.Thread(target=self._run, args=(started,), name="posecast-actions", daemon=True)
        self._thread.start()
        try:
            started.result()
        except BaseException:  # a client could not be made, or Ctrl-C
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Do what waits, bring back what rules changed, let go of everything. Idempotent."""
        loop, end = self._loop, self._end
        if loop is not None and end is not None:
            with contextlib.suppress(RuntimeError):  # it has ended already
                loop.call_soon_threadsafe(end.set)
        if self._thread is not None:
            self._thread.join(LONGEST_S + _JOIN_S)
            if self._thread.is_alive():
                self._tools.tell("actions.stuck", f"actions did not end within {LONGEST_S + _JOIN_S:.0f} s", "error")

    @property
    def status(self) -> tuple[ConnectionStatus, ...]:
        """What each connection is doing, in the order of the configuration."""
        links = self._links
        return tuple(
            links[name].status if name in links else ConnectionStatus(name, connection.kind, "idle", "dry run")
            for name, connection in self._connections.items()
        )

    @property
    def facts(self) -> dict[str, str]:
        """What the clients know of the other sides: {"obs.scene": "Game"}."""
        told = [(name, dict(link.client.facts)) for name, link in self._links.items()]
        return {f"{name}.{fact}": value for name, facts in told for fact, value in facts.items()}

    @property
    def ready(self) -> frozenset[str]:
        """Names of the connections that stand."""
        return frozenset(name for name, link in self._links.items() if link.status.state == "ready")

    def clients(self) -> tuple[Client[Any], ...]:
        """Return the clients, for what is not an action, such as publishing gestures. Use them by `call` only."""
        return tuple(link.client for link in self._links.values())

    def submit(self, order: Order) -> None:
        """Let an order be done. Never waits; what becomes of it comes by `on_report`."""
        if self._dry_run:
            self._answer(order, "dry", "")
            return
        try:
            name = route(order.action, self._connections)
        except UserError as error:
            self._answer(order, "refused", str(error))
            return
        if not self._call(partial(self._put, name, order)):
            self._answer(order, "dropped", "the program is ending")

    def _put(self, name: str, order: Order) -> None:
        if self._halting is not None and not self._halting.done():  # else a panic would drop what is ordered after it
            self._halting.add_done_callback(lambda _: self._links[name].put(order))
        else:
            self._links[name].put(order)

    def restore(self, rule: str) -> None:
        """Bring back what the orders of a rule that were to be remembered changed."""
        for link in self._links.values():
            self._call(partial(link.undo, rule))

    def panic(self) -> None:
        """Drop what waits, stop what goes on by itself, bring back what rules changed; later orders come after it."""
        self._call(self._stop)

    def _stop(self) -> None:
        self._halting = asyncio.ensure_future(self._guarded(self._halt))
        self._keep(self._halting)

    def retry(self, name: str) -> None:
        """Try a connection again that had given up."""
        self._call(lambda: self._start(name))

    def call(self, what: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a coroutine on the loop, for `CALL_S` at most; what it raises is told, not raised."""
        self._call(lambda: self._keep(asyncio.ensure_future(self._guarded(what))))

    def _keep(self, task: "asyncio.Future[None]") -> None:
        self._calls.add(task)  # the loop alone would let it be collected
        task.add_done_callback(self._calls.discard)

    def _call(self, what: Callable[[], object]) -> bool:
        loop = self._loop
        try:
            if loop is not None:
                loop.call_soon_threadsafe(what)
        except RuntimeError:  # it has just been closed
            return False
        return loop is not None

    def _answer(self, order: Order, outcome: Any, text: str) -> None:
        self._on_report(Report(order, outcome, text, time.perf_counter_ns(), None))

    def _run(self, started: Future[None]) -> None:
        loop = new_loop()
        loop.set_default_executor(UnawaitedExecutor())
        try:
            loop.run_until_complete(self._main(started))
            loop.run_until_complete(loop.shutdown_asyncgens())
        except Exception as error:
            self._tools.tell("actions.failed", f"actions ended ({error!r}); start again to have them back", "error")
        finally:
            self._loop = None
            loop.close()

    async def _main(self, started: Future[None]) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        try:
            self._links = {name: self._link(name, connection) for name, connection in self._connections.items()}
        except BaseException as error:
            started.set_exception(error)
            return
        for name in self._links:
            self._start(name)
        started.set_result(None)
        await self._end.wait()
        await self._finish()

    def _link(self, name: str, connection: Connection) -> Link:
        wanted = [action for action in self._wanted if self._is_for(action, name)]
        client = connection.client(name, tools=self._tools)
        return Link(client, wanted=wanted, tools=self._tools, on_report=self._on_report)

    def _is_for(self, action: Action, name: str) -> bool:
        try:
            return route(action, self._connections) == name
        except UserError:
            return False

    def _start(self, name: str) -> None:
        task = self._tasks.get(name)
        if task is None or task.done():
            link = self._links[name]
            link.start_anew()
            self._tasks[name] = asyncio.ensure_future(link.run())
            self._tasks[name].add_done_callback(partial(_take_note, link))

    async def _guarded(self, what: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            async with asyncio.timeout(CALL_S):
                await what()
        except Exception as error:  # nothing that an action does may end the program
            self._tools.tell("action.failed", f"an action failed ({error})", "error")

    async def _halt(self) -> None:
        await asyncio.gather(*(link.halt() for link in self._links.values()))

    async def _finish(self) -> None:
        await wind_up(tuple(self._links.values()), tools=self._tools)
        tasks = [*self._tasks.values(), *self._calls]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _take_note(link: Link, task: "asyncio.Task[None]") -> None:
    """Let a link that ended by a mistake of ours be seen, instead of seeming ready."""
    if not task.cancelled() and (error := task.exception()) is not None:
        link.fail(error)
