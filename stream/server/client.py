"""One client of the socket: its hello, its topics, its commands, its outbox.

Owns a connection from handshake to close. Lives on the server's loop; knows nothing of threads or of who publishes.

A client never slows anything: what it cannot take in time is replaced by newer state in its outbox, a send that lasts longer
than `SEND_TIMEOUT_S` and a line of events that overflows both end the connection, with a reason. Between the server and a
page's script lie buffers that nobody can see (the system's, the browser's), and a busy browser fills them with a second of old
pictures; so a client may say how many pictures it has seen, and then never more than `MAX_UNSEEN` are on their way to it.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

from websockets.exceptions import ConnectionClosed

from stream.server import messages
from stream.server.commands import COMMAND_NAMES, Command, Hello, Malformed, Refused, Request, Seen, Subscribe, parse
from stream.server.connection import MAX_MESSAGES, Connection
from stream.server.outbox import Outbox, Overflow, Payload
from stream.server.security import Guest
from trackers.errors import UserError

HELLO_TIMEOUT_S: Final = 10.0
SEND_TIMEOUT_S: Final = 10.0
CLOSE_TIMEOUT_S: Final = 0.5
MAX_UNSEEN: Final = 3

INVALID: Final = 1007
POLICY: Final = 1008
OVERLOADED: Final = 1013

log = logging.getLogger(__name__)


class Ended(Exception):
    """The server ends this connection, with a WebSocket close code and a reason of at most 123 bytes."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Client:
    """Serves one connection. `run` returns when it is over.

    Args:
        token_matches: says whether a token that the client sent is right.
        query_token: the token in the socket's URL, if any.
        guest: where it came in; no token lets one by the overlay's socket command.
        on_command: takes a command; a `UserError` that it raises is told to the client.
        on_subscribed: called when the client's topics changed; returns what to send at once, by topic.
        lasting: returns the events to send at once when the client begins to want events.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        token_matches: Callable[[str | None], bool],
        query_token: str | None,
        guest: Guest,
        on_command: Callable[[Command], None],
        on_subscribed: Callable[[], dict[str, Payload]],
        lasting: Callable[[], Sequence[Payload]],
    ) -> None:
        self._connection = connection
        self._token_matches = token_matches
        self._query_token = query_token
        self._guest = guest
        self._on_command = on_command
        self._on_subscribed = on_subscribed
        self._lasting = lasting
        self._outbox = Outbox()
        self._unseen = dict.fromkeys(messages.PICTURE_TOPICS, 0)
        self._counting: set[str] = set()  # topics of which the client says what it has seen
        self._greeted = False
        self._may_command = False
        self._barred: dict[str, str] = {}  # why, by topic; known with the hello
        self._ended: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self._last_words: str | None = None
        self.topics: frozenset[str] = frozenset()

    @property
    def is_read_only(self) -> bool:
        """Whether it came by the overlay's socket."""
        return self._guest.is_read_only

    async def run(self) -> None:
        """Serve until the client leaves, breaks the protocol, floods, falls too far behind, or `end` is called."""
        tasks = [asyncio.ensure_future(self._receive()), asyncio.ensure_future(self._send())]
        try:
            waiting: list[asyncio.Future[Any]] = [*tasks, self._ended, self._connection.flooded]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.topics = frozenset()
            for task in tasks:
                task.cancel()
            outcomes: list[object] = await asyncio.gather(*tasks, return_exceptions=True)
        if self._connection.flooded.done():
            self.end(
                POLICY, f"more than {MAX_MESSAGES} messages in a second; send fewer: one `seen` may count several pictures"
            )
        if self._ended.done():
            outcomes.insert(0, self._ended.result())
        await self._finish([outcome for outcome in outcomes if isinstance(outcome, Exception)])

    def put_state(self, topic: str, payload: Payload) -> None:
        """Queue the newest state of a topic, if this client wants it."""
        if topic in self.topics:
            self._outbox.put_state(topic, payload)

    def put_event(self, topic: str, payload: Payload) -> None:
        """Queue an event or an effect, if this client wants its topic."""
        if topic in self.topics:
            self._answer(payload)

    def end(self, code: int, reason: str) -> None:
        """End the connection soon, with a reason. Does nothing if it is ending already."""
        if not self._ended.done():
            self._ended.set_result(Ended(code, reason))

    def _answer(self, payload: Payload) -> None:
        try:
            self._outbox.put_event(payload)
        except Overflow:
            self.end(OVERLOADED, "too many events wait: this client does not read")

    async def _send(self) -> None:
        while True:
            topic, payload = await self._outbox.take()
            if topic in self._unseen:
                self._unseen[topic] += 1
                self._hold()
            try:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await self._connection.send(payload)  # returns when the system has all of it: one message in flight
            except TimeoutError:
                raise Ended(OVERLOADED, "a message could not be sent in time: this client does not read") from None

    async def _receive(self) -> None:
        try:
            async with asyncio.timeout(HELLO_TIMEOUT_S):
                while not self._greeted:  # a hello that is refused may be said again, but holds no place for ever
                    self._take(await self._connection.recv())
        except TimeoutError:
            raise Ended(POLICY, "the first message must be a hello, got none in time") from None
        while True:
            self._take(await self._connection.recv())

    def _take(self, text: str | bytes) -> None:
        try:
            self._handle(parse(text))
        except Malformed as refusal:
            self._farewell(str(refusal))
            raise Ended(INVALID, "malformed message") from None
        except Refused as refusal:
            self._refuse(str(refusal), refusal.request_id)

    def _handle(self, request: Request) -> None:
        content = request.content
        if isinstance(content, Hello):
            self._greet(content)
        elif not self._greeted:
            self._farewell("the first message must be a hello; see docs/protocol.md")
            raise Ended(POLICY, "the first message must be a hello")
        elif isinstance(content, Subscribe):
            self._subscribe(content, request.request_id)
        elif isinstance(content, Seen):
            self._counting.add(content.topic)
            self._unseen[content.topic] = max(0, self._unseen[content.topic] - content.count)
            self._hold()
        else:
            self._command(content, request.request_id)

    def _greet(self, hello: Hello) -> None:
        if hello.protocol != messages.PROTOCOL:
            self._farewell(f"hello.protocol must be {messages.PROTOCOL}, got {hello.protocol}; update the older of the two")
            raise Ended(POLICY, f"protocol {messages.PROTOCOL} expected")
        token = hello.token if hello.token is not None else self._query_token
        self._may_command = not self.is_read_only and self._token_matches(token)
        self._barred = self._guest.barred(has_token=self._may_command)
        self._greeted = True
        self._answer(messages.encode(messages.hello_message(may_command=self._may_command, barred=self._barred)))
        if token is not None and not self._may_command and not self.is_read_only:
            self._refuse("the token is not the one of this start; open the panel with the URL that Posecast printed")

    def _subscribe(self, subscribe: Subscribe, request_id: str | int | None) -> None:
        for topic, why in self._barred.items():
            if topic in subscribe.topics:
                self._refuse(why, request_id)
                return
        for topic in self.topics - subscribe.topics:
            self._outbox.forget(topic)
        wants_events = messages.EVENT_TOPIC in subscribe.topics - self.topics
        self.topics = subscribe.topics
        self._answer(messages.encode(messages.done_message(command="subscribe", request_id=request_id)))
        for topic, payload in self._on_subscribed().items():
            self.put_state(topic, payload)
        for payload in self._lasting() if wants_events else ():
            self.put_event(messages.EVENT_TOPIC, payload)

    def _hold(self) -> None:
        self._outbox.hold(frozenset(topic for topic in self._counting if self._unseen[topic] >= MAX_UNSEEN))

    def _command(self, command: Command, request_id: str | int | None) -> None:
        if self.is_read_only:
            self._refuse("this socket is read only; commands go to /socket", request_id)
        elif not self._may_command:
            self._refuse("commands need the token; open the panel with the URL that Posecast printed", request_id)
        else:
            self._carry_out(command, request_id)

    def _carry_out(self, command: Command, request_id: str | int | None) -> None:
        name = COMMAND_NAMES[type(command)]
        try:
            self._on_command(command)
        except UserError as error:
            self._refuse(str(error), request_id)
        except Exception:  # a fault of ours must not end the panel's connection
            log.exception("command %s failed", name)
            self._refuse(f"{name} failed inside Posecast; its log says why", request_id)
        else:
            self._answer(messages.encode(messages.done_message(command=name, request_id=request_id)))

    def _refuse(self, text: str, request_id: str | int | None = None) -> None:
        self._answer(messages.encode(messages.error_message(text, request_id=request_id)))

    def _farewell(self, text: str) -> None:
        """Keep an error to be sent just before the close."""
        self._last_words = messages.encode(messages.error_message(text))

    async def _finish(self, outcomes: list[Exception]) -> None:
        ended = next((outcome for outcome in outcomes if isinstance(outcome, Ended)), None)
        fault = next((o for o in outcomes if not isinstance(o, Ended | ConnectionClosed)), None)
        try:
            # A blocked client would keep the closing handshake waiting for ever.
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                if self._last_words is not None:
                    await self._connection.send(self._last_words)
                await self._connection.close(*((ended.code, ended.reason) if ended else (1011 if fault else 1000, "")))
        except (TimeoutError, ConnectionClosed):
            pass
        finally:
            self._connection.transport.abort()
        if fault is not None:
            raise fault
