"""All clients of the socket, and the HTTP door before them.

Owns the answers to requests (pages, refusals, upgrades) and the set of clients. Lives on the server's loop; knows nothing of
threads. Decisions are `security`'s, words are `messages`' and `commands`'.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers, MultipleValuesError
from websockets.http11 import Request, Response

from stream.server.client import OVERLOADED, Client
from stream.server.commands import Command
from stream.server.connection import Connection
from stream.server.emotes import read_emote
from stream.server.messages import EFFECT_TOPIC
from stream.server.outbox import Payload
from stream.server.pages import load_pages, response_headers
from stream.server.security import Guest, OwnAddresses, is_loopback, token_matches

SOCKET_PATH: Final = "/socket"
OVERLAY_SOCKET_PATH: Final = "/overlay/socket"
MAX_CLIENTS: Final = 32
RESERVED_CLIENTS: Final = 4
"""So many more with the token in the URL: who has none cannot keep the user from the panel and its panic button."""
STOP_TIMEOUT_S: Final = 1.5
_GOING_AWAY: Final = 1001

log = logging.getLogger(__name__)


class Hub:
    """Answers requests and fans messages out.

    Args:
        on_wanted: called with the topics that at least one client wants, when they change.
        on_effect_pages: called with how many effects pages are open, when that changes.
        sticky: gives the newest message of topics that a new subscriber is told at once.
        lasting: gives the events that a new subscriber of events is told at once.
    """

    def __init__(
        self,
        *,
        token: str,
        on_command: Callable[[Command], None],
        on_wanted: Callable[[frozenset[str]], None],
        on_effect_pages: Callable[[int], None],
        sticky: Callable[[], dict[str, Payload]],
        lasting: Callable[[], Sequence[Payload]],
    ) -> None:
        self._token = token
        self._on_command = on_command
        self._on_wanted = on_wanted
        self._on_effect_pages = on_effect_pages
        self._sticky = sticky
        self._lasting = lasting
        self._pages = load_pages()
        self._clients: dict[Client, asyncio.Task[None] | None] = {}
        self.addresses: OwnAddresses | None = None
        """Set once the port is known; until then every request is refused."""

    def answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer one HTTP request; None lets it become a WebSocket."""
        try:
            host = request.headers.get("Host")
            origin = request.headers.get("Origin")
            site, mode = request.headers.get("Sec-Fetch-Site"), request.headers.get("Sec-Fetch-Mode")
        except MultipleValuesError:
            return _text("127.0.0.1", HTTPStatus.BAD_REQUEST, "a request must have one Host and one Origin at most")
        addresses = self.addresses
        if addresses is None or host is None or not addresses.host_is_ours(host):
            log.info("refused a request for host %r", host)
            return _text("127.0.0.1", HTTPStatus.FORBIDDEN, "this server does not answer to that host name")
        if not addresses.origin_is_ours(origin, host=host) or not addresses.fetch_is_ours(site=site, mode=mode):
            log.info("refused a request of the page %r", origin)
            return _text(host, HTTPStatus.FORBIDDEN, "pages of other origins may not talk to this server")
        return self._route(request, host)

    def _route(self, request: Request, host: str) -> Response | None:
        try:
            parts = urlsplit(request.path)
        except ValueError:
            return _text(host, HTTPStatus.BAD_REQUEST, "that is no address; the panel is at / and the overlay at /overlay")
        path = parts.path
        if path in (SOCKET_PATH, OVERLAY_SOCKET_PATH):
            places = MAX_CLIENTS + RESERVED_CLIENTS * token_matches(self._token, _query_token(parts.query))
            if len(self._clients) >= places:
                return _text(host, HTTPStatus.SERVICE_UNAVAILABLE, f"{places} clients are connected already; close one")
            return None
        if request.method != "GET":
            return _text(host, HTTPStatus.METHOD_NOT_ALLOWED, "only GET is served")
        page = self._pages.get(path) or read_emote(path)
        if page is None:
            return _text(host, HTTPStatus.NOT_FOUND, "no such page; the panel is at / and the overlay at /overlay")
        return _response(host, HTTPStatus.OK, page.content_type, page.body)

    async def serve(self, connection: ServerConnection) -> None:
        """Serve one client until its connection is over."""
        assert isinstance(connection, Connection)
        assert connection.request is not None
        assert self.addresses is not None
        parts = urlsplit(connection.request.path)
        client = Client(
            connection,
            token_matches=partial(token_matches, self._token),
            query_token=_query_token(parts.query),
            guest=Guest(
                is_read_only=parts.path == OVERLAY_SOCKET_PATH,
                is_near=is_loopback(connection.remote_address[0]),
                is_house_open=not is_loopback(self.addresses.host),
            ),
            on_command=self._on_command,
            on_subscribed=self._subscribed,
            lasting=self._lasting,
        )
        self._clients[client] = asyncio.current_task()
        try:
            await client.run()
        finally:
            del self._clients[client]
            self._tell_wanted()

    def fan_out(self, states: Mapping[str, Payload], events: Sequence[tuple[str, Payload]]) -> None:
        """Queue newest states by topic, and events in order, each with its topic, for every client that wants them."""
        for client in list(self._clients):
            for topic, payload in states.items():
                client.put_state(topic, payload)
            for topic, payload in events:
                client.put_event(topic, payload)

    def end_all(self, reason: str, *, code: int = OVERLOADED) -> None:
        """End every connection, with a reason."""
        for client in self._clients:
            client.end(code, reason)

    async def stop(self) -> None:
        """End all clients and wait, a bounded time, until each is gone."""
        self.end_all("Posecast stopped", code=_GOING_AWAY)
        if tasks := [task for task in self._clients.values() if task is not None]:
            await asyncio.wait(tasks, timeout=STOP_TIMEOUT_S)

    def _subscribed(self) -> dict[str, Payload]:
        self._tell_wanted()
        return self._sticky()

    def _tell_wanted(self) -> None:
        self._on_wanted(frozenset[str]().union(*(client.topics for client in self._clients)))
        self._on_effect_pages(sum(EFFECT_TOPIC in client.topics for client in self._clients))


def _query_token(query: str) -> str | None:
    return parse_qs(query).get("token", [None])[0]


def _text(host: str, status: HTTPStatus, sentence: str) -> Response:
    return _response(host, status, "text/plain; charset=utf-8", f"{sentence}\n".encode())


def _response(host: str, status: HTTPStatus, content_type: str, body: bytes) -> Response:
    headers = Headers(response_headers(host=host, content_type=content_type, length=len(body)))
    return Response(status.value, status.phrase, headers, body)
