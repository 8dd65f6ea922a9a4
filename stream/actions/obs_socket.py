"""One session with OBS: connect, say who we are, ask, hear events, notice the end.

Owns the library `simpleobsws` and what it leaves to its user: it does not tell a refused password from a slow answer, lets a
request wait its whole time when the connection is gone, puts no bound on closing, and goes through the system's proxy even to
this machine. Also owns the rate of calls. Knows no scene and no action.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, TypeVar

import simpleobsws
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from stream.actions.base import Rejected, Unreachable
from stream.actions.obs_world import Question
from stream.actions.outbox import Rate
from stream.hosts import bracketed

# At DEBUG it writes every message, the answer to the password's challenge among them.
logging.getLogger(simpleobsws.__name__).setLevel(logging.INFO)

EVENTS: Final = 1 | 2 | 4 | 8 | 16 | 32 | 64 | 128 | 1024
"""General, config, scenes, inputs, transitions, filters, outputs, scene items, UI: not media, vendors and what comes often."""
NOT_READY: Final = 207
_WRONG_PASSWORD: Final = 4009
_OTHER_VERSION: Final = 4010
_ENDED_BY_USER: Final = 4011
_CLOSING_S: Final = 0.5
_MENU: Final = "Tools -> WebSocket Server Settings"

T = TypeVar("T")


class RequestRefused(Exception):
    """OBS answered a request with a status other than success."""

    def __init__(self, code: int, comment: str) -> None:
        super().__init__(f"{code} {comment}")
        self.code = code
        self.comment = comment


class Unanswered(Unreachable):
    """The connection ended between a request and its answer: OBS may have done it, or not."""


class _Session(simpleobsws.WebSocketClient):  # type: ignore[misc]
    """The library's session, but never through a proxy: OBS is on this machine or beside it."""

    async def connect(self) -> None:
        # As the library does it; it offers no way to pass `proxy`.
        self.ws = await connect(self.url, subprotocols=[Subprotocol("obswebsocket.msgpack")], max_size=1 << 24, proxy=None)
        self.ws_open = True
        self.recv_task = asyncio.create_task(self._ws_recv_task())


class ObsSocket:
    """One session. Not used again after `close`.

    Args:
        name: of the connection, for the sentences.
        password: None if none is stored.
        on_event: is called on the loop with type and data, in order.
    """

    def __init__(
        self,
        name: str,
        *,
        host: str,
        port: int,
        password: str | None,
        timeout_s: float,
        rate_hz: float,
        on_event: Callable[[str, Mapping[str, Any]], None],
    ) -> None:
        self._name = name
        self._where = f"{host}:{port}"
        self._has_password = password is not None
        self._timeout_s = 0.8 * timeout_s  # so that our sentence comes before the dispatcher's
        self._rate = Rate(rate_hz)
        self._turn = asyncio.Lock()
        wishes = simpleobsws.IdentificationParameters(eventSubscriptions=EVENTS)
        url = f"ws://{bracketed(host)}:{port}"
        self._client = _Session(url=url, password=password or "", identification_parameters=wishes)

        async def heard(event: str, data: Mapping[str, Any] | None) -> None:
            on_event(event, data or {})

        self._client.register_event_callback(heard)

    @property
    def was_ended_by_user(self) -> bool:
        """Whether the user threw us out, in OBS's list of connected sessions."""
        return self._close_code == _ENDED_BY_USER

    async def open(self) -> None:
        """Connect and identify.

        Raises:
            Unreachable: OBS does not run, its server is off, or something else listens there.
            Rejected: the password is wrong or missing, or OBS speaks another version.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._client.connect()
        except TimeoutError:
            raise Unreachable(f"OBS does not answer at {self._where}; {self._advice}") from None
        except (WebSocketException, EOFError, ValueError):
            raise Unreachable(f"what answers at {self._where} is not OBS's WebSocket server; {self._advice}") from None
        except OSError as error:
            why = "refuses the connection" if isinstance(error, ConnectionRefusedError) else "cannot be reached"
            raise Unreachable(f"OBS {why} at {self._where}; {self._advice}") from None
        if not await self._unless_lost(self._client.wait_until_identified(timeout=None), self._timeout_s):
            raise self._why_not_identified()

    async def ask(self, question: Question) -> dict[str, Any]:
        """Return the data of the answer to one request, waiting for its turn. While OBS is not ready it is asked again.

        Raises:
            RequestRefused: by its status code.
            Unreachable, Unanswered: the connection is gone.
            TimeoutError: no answer came; its text says to what.
        """
        pause_s, end_s = 0.2, time.monotonic() + self._timeout_s
        while True:
            await self._my_turn()
            response = await self._answer(self._client.call(simpleobsws.Request(question[0], question[1] or None)), question[0])
            status = response.requestStatus
            if status.result:
                return response.responseData or {}
            if status.code != NOT_READY or time.monotonic() + pause_s > end_s:
                raise RequestRefused(status.code, status.comment or "")
            await asyncio.sleep(pause_s)
            pause_s *= 2

    async def ask_all(self, questions: Sequence[Question]) -> list[dict[str, Any] | None]:
        """Return the answers to many requests sent as one message, None for those refused. Not bound to the rate: it is for
        reading when connected.

        Raises:
            RequestRefused: OBS is not ready.
            Unreachable, TimeoutError: as for `ask`.
        """
        requests = [simpleobsws.Request(request, data or None) for request, data in questions]
        responses = await self._answer(self._client.call_batch(requests), "a batch of requests")
        if any(response.requestStatus.code == NOT_READY for response in responses):
            raise RequestRefused(NOT_READY, "OBS is not ready")
        return [response.responseData or {} if response.requestStatus.result else None for response in responses]

    async def wait_lost(self) -> None:
        """Return when the session has ended."""
        if self._client.recv_task is not None:
            await asyncio.wait({self._client.recv_task})

    async def close(self) -> None:
        """End the session; at once, if OBS does not answer to that."""
        receiving, socket = self._client.recv_task, self._client.ws
        if receiving is None or socket is None:
            return
        try:
            async with asyncio.timeout(_CLOSING_S):
                await self._client.disconnect()
        except Exception:  # whatever it is, the connection is to go
            socket.transport.abort()
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)

    @property
    def _close_code(self) -> int | None:
        return None if self._client.ws is None else self._client.ws.close_code

    @property
    def _advice(self) -> str:
        return f"start OBS, and tick {_MENU} -> Enable WebSocket server (port {self._where.rpartition(':')[2]})"

    def _why_not_identified(self) -> Exception:
        if self._close_code == _WRONG_PASSWORD:
            wrong = "does not take the stored password" if self._has_password else "wants a password, and none is stored"
            command = f"python run.py secret set {self._name}.password"
            return Rejected(f"OBS {wrong}; it stands in OBS under {_MENU} -> Show Connect Info, copy it into `{command}`")
        if self._close_code == _OTHER_VERSION:
            return Rejected(f"OBS at {self._where} speaks another version of obs-websocket than 5; install OBS 28 or newer")
        if self._close_code == _ENDED_BY_USER:
            return Rejected(ended_by_user(self._name))
        if self._close_code is not None:
            return Unreachable(f"OBS at {self._where} ended the connection (code {self._close_code}); trying again")
        return Unreachable(f"what answers at {self._where} does not greet as OBS does; {self._advice}")

    async def _my_turn(self) -> None:
        """Wait until one more call keeps to the rate, and count it."""
        async with self._turn:
            await asyncio.sleep(max(0.0, self._rate.free_s() - time.monotonic()))
            self._rate.take(time.monotonic())

    async def _answer(self, asking: Coroutine[Any, Any, T], what: str) -> T:
        if not self._client.is_identified():
            asking.close()
            raise Unreachable(f"the connection to OBS at {self._where} is gone")
        try:
            answer = await self._unless_lost(asking, self._timeout_s)
        except (ConnectionClosed, simpleobsws.NotIdentifiedError):
            raise Unreachable(f"the connection to OBS at {self._where} is gone") from None
        if answer is not None:
            return answer
        if self._client.is_identified():
            raise TimeoutError(f"OBS did not answer {what} within {self._timeout_s:.1f} s")
        raise Unanswered(f"OBS at {self._where} went away before it answered {what}")

    async def _unless_lost(self, work: Coroutine[Any, Any, T], timeout_s: float) -> T | None:
        """Return what `work` returns; None if the session ends or the time is over before."""
        task = asyncio.ensure_future(work)
        receiving = self._client.recv_task
        try:
            await asyncio.wait({task, receiving}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task


def ended_by_user(name: str) -> str:
    """Return the sentence for a session that the user ended in OBS."""
    return f"the session of {name!r} was ended in OBS's {_MENU} -> Show Connected Sessions; start again to connect"
