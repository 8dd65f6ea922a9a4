"""Messages to a WebSocket: `socket.send`, to Streamer.bot, SAMMI and programs of one's own.

Owns the connection and its sentences. What the other side says is read and thrown away. Knows nothing of rules; an address or a
header may hold a secret, so only the host is ever told.
"""

import asyncio
import contextlib
import json
import logging
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from stream.actions.base import Action, Client, Connection, Order, Refused, Rejected, Tools, Unreachable
from stream.actions.literal_secrets import checked_headers, checked_url
from stream.actions.templates import checked_template, fill, secrets_for
from stream.hosts import THIS_COMPUTER

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

_CLOSE_S: Final = 0.4
_QUIET = logging.getLogger(f"{__name__}.library")
_QUIET.setLevel(logging.WARNING)  # at DEBUG the library logs headers and what is sent


class SocketSend(Action):
    """Send a message. Texts may hold `{gesture}`, `{confidence}`, `{value}`, `{rule}`, `{cause}` and `{secret:NAME}`."""

    kinds: ClassVar = ("websocket",)
    shown: ClassVar = ()

    action: Literal["socket.send"] = "socket.send"
    message: str | dict[str, Any] | list[Any] = Field(description="a text as it is; a table is sent as JSON")

    @field_validator("message")
    @classmethod
    def _holes(cls, message: Any) -> Any:
        return checked_template(message)


class SocketConnection(Connection):
    """A WebSocket that is kept open."""

    kind: Literal["websocket"] = "websocket"
    url: str = Field(description="ws://127.0.0.1:8080/; may hold {secret:NAME}")
    headers: dict[str, str] = Field({}, description="sent when connecting; may hold {secret:NAME}")

    @field_validator("url")
    @classmethod
    def _on_the_web(cls, url: str) -> str:
        if not url.startswith(("ws://", "wss://")):
            raise ValueError("it must begin with ws:// or wss://")
        return checked_url(url)

    _no_secrets = field_validator("headers")(checked_headers)

    def client(self, name: str, *, tools: Tools) -> "SocketClient":
        return SocketClient(name, self, tools=tools)


class SocketClient(Client[SocketConnection]):
    """Keeps one WebSocket open and sends messages over it."""

    _link: "ClientConnection | None" = None
    _reader: "asyncio.Task[None] | None" = None

    async def connect(self) -> str:
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI

        await self.close()
        host = urlsplit(self.connection.url).netloc.rpartition("@")[2]
        url, headers = await self._filled()
        try:
            self._link = await connect(
                url,
                additional_headers=headers,
                open_timeout=self.connection.timeout_s,
                close_timeout=_CLOSE_S,
                logger=_QUIET,
                proxy=None if urlsplit(url).hostname in THIS_COMPUTER else True,
            )
        except InvalidStatus as error:
            raise _refused(host, error.response.status_code, name=self.name) from None
        except (InvalidURI, ValueError):
            raise Rejected(f"the WebSocket's address is no ws:// address; check url under [connections.{self.name}]") from None
        except (OSError, TimeoutError, InvalidHandshake, EOFError) as error:
            raise Unreachable(f"the WebSocket at {host} does not answer ({_reason(error)}); see whether it is on") from None
        self._reader = asyncio.create_task(_drain(self._link))
        return f"WebSocket at {host}"

    async def _filled(self) -> tuple[str, dict[str, str]]:
        connection = self.connection
        texts = {"url": connection.url, "headers": connection.headers}
        try:
            secrets = await secrets_for(texts, self.tools)
        except Refused as error:
            raise Rejected(str(error)) from None
        order = Order(SocketSend(message=""), rule="", cause="")
        url: str = fill(connection.url, order, secrets=secrets)
        return url, {name: str(value) for name, value in fill(connection.headers, order, secrets=secrets).items()}

    async def perform(self, order: Order) -> None:
        from websockets.exceptions import ConnectionClosed

        assert isinstance(order.action, SocketSend)
        content = order.action.message
        message = fill(content, order, secrets=await secrets_for(content, self.tools))
        if self._link is None:
            raise Unreachable("the WebSocket is closed")
        try:
            await self._link.send(message if isinstance(message, str) else json.dumps(message, ensure_ascii=False))
        except ConnectionClosed:
            raise Unreachable("the WebSocket was closed by the other side") from None

    async def wait_lost(self) -> None:
        if self._link is not None:
            await self._link.wait_closed()

    async def close(self) -> None:
        link, self._link = self._link, None
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
        if link is not None:
            with contextlib.suppress(Exception):
                await link.close()


async def _drain(link: "ClientConnection") -> None:
    """Read what comes: a socket that nobody reads stops hearing its own heartbeat."""
    from websockets.exceptions import ConnectionClosed

    with contextlib.suppress(ConnectionClosed):
        async for _ in link:
            pass


def _refused(host: str, status: int, *, name: str) -> Exception:
    text = f"the WebSocket at {host} answered {status}"
    if status in (401, 403, 404):
        return Rejected(f"{text} and will not have us; check url and headers under [connections.{name}]")
    return Unreachable(f"{text} instead of opening; it will be tried again")


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or type(error).__name__


ACTIONS: Final = (SocketSend,)
CONNECTIONS: Final = (SocketConnection,)
