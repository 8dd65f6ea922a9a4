"""One client's life: connect, do what waits, notice that the other side has gone, connect again.

Owns the state of one connection, its pauses between attempts, time-outs, and what a rule changed and may want back. Lives on
the dispatcher's loop; knows nothing of threads or of other clients.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, Literal

from stream.actions.base import (
    Action,
    Client,
    ConnectionState,
    ConnectionStatus,
    Order,
    Outcome,
    Refused,
    Rejected,
    Report,
    Tools,
    Unreachable,
)
from stream.actions.outbox import Outbox, Undo
from stream.actions.undo_log import FRESH_S, UndoLog

log = logging.getLogger(__name__)

PAUSES_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Between attempts to connect."""
PATIENCE_S: Final = 5.0
"""An order that could not be begun for so long is given up: a scene that changes half a minute late does harm."""
_CONNECT_S: Final = 8.0
_CLOSE_S: Final = 1.5
LASTED_S: Final = 10.0
"""A connection that lasted so long was a good one: the next attempts begin with a short pause, and are told."""
_COMING_AND_GOING: Final = 2  # short connections, of which all that follow are not told
_LEVELS: Final[dict[ConnectionState, Literal["info", "warning", "error"]]] = {
    "ready": "info",
    "retrying": "warning",
    "rejected": "error",
}


class Link:
    """Runs one client. All methods are called on the loop.

    Args:
        wanted: the actions that the rules may ask of it; checked whenever it is connected.
        on_report: told what became of every order.
    """

    def __init__(
        self, client: Client[Any], *, wanted: Sequence[Action], tools: Tools, on_report: Callable[[Report], None]
    ) -> None:
        self.client = client
        self._wanted = tuple(wanted)
        self._tools = tools
        self._on_report = on_report
        self._state: ConnectionState = "idle"
        self._detail = "not connected yet"
        self._outbox = Outbox(rate_hz=client.connection.rate_hz, stream_rate_hz=client.connection.stream_rate_hz())
        self._changed = asyncio.Event()
        self._undo_log = UndoLog()
        self._doing: Order | None = None
        self._is_begun = False  # what is being done may have reached the other side
        self._task: asyncio.Future[None] | None = None
        self._told: tuple[ConnectionState, str] | None = None
        self._tried: Order | None = None  # the connection broke under it once
        self._short = 0  # connections in a row that did not last
        self._settled = 0

    @property
    def status(self) -> ConnectionStatus:
        """What it is doing."""
        now = self.client.detail() if self._state == "ready" else None
        return ConnectionStatus(self.client.name, self.client.connection.kind, self._state, now or self._detail)

    @property
    def _is_rejected(self) -> bool:
        return self._state == "rejected"

    @property
    def is_quiet(self) -> bool:
        """Whether nothing waits and nothing is being done."""
        return self._doing is None and not len(self._outbox)

    @property
    def is_as_before(self) -> bool:
        """Whether nothing is left to be brought back."""
        return not len(self._undo_log)

    @property
    def progress(self) -> int:
        """A number that grows while orders, or steps of a long one, get done."""
        return self._settled + self.client.steps

    def put(self, order: Order) -> None:
        """Let an order wait for its turn."""
        if self._is_rejected:
            self._report(order, "failed", f"{self.client.name}: {self._detail}")
            return
        replaced = self._outbox.put(order, now_s=time.monotonic())
        if replaced is order:
            self._report(order, "dropped", f"{self.client.name} has too much to do")
        elif replaced is not None:
            self._report(replaced, "replaced", "a newer one came while it waited")
        self._changed.set()

    def undo(self, rule: str) -> None:
        """Bring back what a rule changed here, once what waits before is done; nothing, if it changed nothing here."""
        in_hand = self._doing is not None and self._doing.remember and self._doing.rule == rule
        if in_hand or self._undo_log.holds(rule) or self._outbox.holds(rule):
            self._outbox.put(Undo(rule), now_s=time.monotonic())
            self._changed.set()

    def undo_all(self) -> None:
        """Bring back all that rules changed here, also what could not be brought back before."""
        if len(self._undo_log) or self._outbox.holds(None):
            self._outbox.put(Undo(None), now_s=time.monotonic())
            self._changed.set()

    def give_up(self, why: str, *, is_wanted: Callable[[Order], bool] = lambda order: True) -> None:
        """Drop orders that wait."""
        for order in self._outbox.take_out(is_wanted):
            self._report(order, "dropped", why)

    async def halt(self) -> None:
        """Drop what waits and what is being done, stop what goes on by itself, and bring back what the rules changed."""
        for order in self._outbox.clear(but=lambda order: order.undoing):
            self._report(order, "dropped", "stopped by panic")
        self._undo_log.settle_all()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,), timeout=_CLOSE_S)
        if self._state == "ready":
            with contextlib.suppress(Exception):  # whatever it is, what is brought back comes next
                await asyncio.wait_for(self.client.halt(), _CLOSE_S)
        self.undo_all()

    async def run(self) -> None:
        """Live until cancelled, or rejected."""
        attempt = 0
        try:
            while not self._is_rejected:
                self._become("connecting", "connecting …")
                if await self._connect():
                    since_s = time.monotonic()
                    self._bring_back(fresh_s=FRESH_S)
                    await self._serve()
                    has_lasted = time.monotonic() - since_s > LASTED_S
                    attempt, self._short = (0, 0) if has_lasted else (attempt, self._short + 1)
                await self._close()
                if not self._is_rejected:
                    await self._pause(PAUSES_S[min(attempt, len(PAUSES_S) - 1)])
                    attempt += 1
        finally:
            await self._close()

    def start_anew(self) -> None:
        """Forget that it was rejected: `run` may be called again."""
        self._state = "idle"

    def fail(self, error: BaseException) -> None:
        """`run` ended by a mistake of ours: nothing is done until it is called again."""
        self._become("rejected", f"failed ({error!r})")

    async def _close(self) -> None:
        """Close the client, whatever it does."""
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self.client.close()
        except Exception:
            log.debug("%s did not close well", self.client.name, exc_info=True)

    async def _connect(self) -> bool:
        try:
            async with asyncio.timeout(_CONNECT_S):  # wait_for could swallow our own cancellation
                detail = await self.client.connect()
            problems = {problem for action in self._wanted if (problem := self.client.check(action))}
        except Rejected as error:
            self._become("rejected", str(error))
            for order in self._outbox.clear():
                self._report(order, "failed", str(error))
            return False
        except (Unreachable, TimeoutError) as error:
            self._become("retrying", str(error) or "does not answer")
            return False
        except Exception as error:  # a client may fail in any way; the others and the avatar go on
            self._become("retrying", f"failed ({error!r})")
            return False
        self._become("ready", detail)
        for problem in problems:
            self._tools.tell("action.problem", f"{self.client.name}: {problem}", "warning")
        return True

    async def _serve(self) -> None:
        """Do what waits, until the connection is lost."""
        lost: asyncio.Future[Any] = asyncio.ensure_future(self.client.wait_lost())
        try:
            while not lost.done():
                item = self._outbox.take(time.monotonic())
                if item is None:
                    await self._wait(lost)
                elif not await self._do(item):
                    return
            self._become("retrying", "went away; trying again")
        finally:
            lost.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await lost

    async def _wait(self, lost: "asyncio.Future[Any]") -> None:
        """Wait for an order, for the rate to allow the next, or for the loss of the connection."""
        self._changed.clear()
        due_s = self._outbox.due_s()
        timeout_s = None if due_s == float("inf") else max(0.0, due_s - time.monotonic())
        changed: asyncio.Future[Any] = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait((lost, changed), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()

    async def _do(self, item: Order | Undo) -> bool:
        """Do one thing; False if the connection is gone."""
        if isinstance(item, Undo):
            self._undo_log.end(item.rule, now_s=time.monotonic())
            self._bring_back()
            return True
        self._doing, self._is_begun, self._task = item, False, asyncio.ensure_future(self._perform(item))
        try:
            async with asyncio.timeout(self.client.connection.timeout_s):
                await self._task
        except asyncio.CancelledError:
            if (this := asyncio.current_task()) is not None and this.cancelling():
                self._report(item, "dropped", "the program is ending")
                raise
            self._break_off(item)
        except Refused as error:
            self._undo_log.forget(item)
            self._report(item, "refused", str(error))
        except (Unreachable, TimeoutError, Rejected) as error:
            return self._gone(item, error)
        except Exception as error:  # see _connect
            self._undo_log.forget(item)
            self._report(item, "failed", f"{self.client.name} failed ({error!r})")
        else:
            self._report(item, "done", "")
        finally:
            self._doing, self._task = None, None
        return True

    async def _perform(self, order: Order) -> None:
        if order.remember and not self._undo_log.knows(order):
            before = await self.client.capture(order.action)
            if before is not None:
                self._undo_log.keep(order, before)
        self._is_begun = True
        await self.client.perform(replace(order, remember=False))

    def _bring_back(self, *, fresh_s: float = float("inf")) -> None:
        """Let what was before come back next, where the rules that changed it have ended."""
        now_s = time.monotonic()
        self._outbox.put_first(self._undo_log.due(now_s=now_s, fresh_s=fresh_s), now_s=now_s)

    def _break_off(self, order: Order) -> None:
        """A panic came while an order was being done: one that undoes is done again, all others are over."""
        if order.undoing:
            self._outbox.put_first([order], now_s=time.monotonic())
        else:
            self._report(order, "dropped", "stopped by panic")

    def _gone(self, order: Order, error: Exception) -> bool:
        """Keep an order for the next connection if the connection broke; a time-out may have done it, so it is not repeated."""
        is_late = isinstance(error, TimeoutError)
        text = str(error) or f"did not answer within {self.client.connection.timeout_s:g} s"
        if is_late or order is self._tried:
            may_be_done = is_late and self._is_begun
            if not may_be_done:
                self._undo_log.forget(order)
            self._report(order, "failed", f"{self.client.name}: {text}", may_be_done=may_be_done)
        else:
            self._tried = order
            self._outbox.put_first([order], now_s=time.monotonic())
        self._become("retrying", text)
        return False

    async def _pause(self, pause_s: float) -> None:
        """Wait before the next attempt, and give up what waits too long."""
        end_s = time.monotonic() + pause_s
        while (left_s := end_s - time.monotonic()) > 0:
            for order in self._outbox.take_out(lambda order: True, before_s=time.monotonic() - PATIENCE_S):
                self._report(order, "failed", f"{self.client.name}: {self._detail}")
            await asyncio.sleep(min(left_s, 0.5))

    def _become(self, state: ConnectionState, detail: str) -> None:
        """Change the state; tell it if it is news: attempt after attempt with the same result is none, and coming and going."""
        self._state = state
        if state == "connecting" and self._told is not None:
            return  # what came of the last attempt says more
        self._detail = detail
        if state != "connecting" and self._told != (state, detail) and (self._short < _COMING_AND_GOING or state == "rejected"):
            self._told = state, detail
            self._tools.tell(f"connection.{state}", f"{self.client.name}: {detail}", _LEVELS[state])

    def _report(self, order: Order, outcome: Outcome, text: str, *, may_be_done: bool = False) -> None:
        is_settled = outcome in ("done", "refused")
        self._settled += is_settled
        self._undo_log.settle(order, is_back=is_settled)
        now_ns = time.perf_counter_ns()
        latency_ms = None if order.captured_ns is None else (now_ns - order.captured_ns) / 1e6
        self._on_report(Report(order, outcome, text, now_ns, latency_ms, may_be_done))
