"""WebSocket messages to a real server on this machine."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import pytest
from client_tools import order, tools
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from stream.actions.base import Rejected, Unreachable
from stream.actions.socket import SocketClient, SocketConnection, SocketSend

PATIENCE_S = 30


def _with_far_end(run: Callable[["Far"], Awaitable[None]]) -> None:
    async def main() -> None:
        async with Far() as far:
            await asyncio.wait_for(run(far), 3 * PATIENCE_S)

    asyncio.run(main())


class Far:
    """The far end: notes what it hears and says something unasked."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.tokens: list[str | None] = []
        self.status: HTTPStatus | None = None
        self.server: Server | None = None
        self.links: list[ServerConnection] = []

    async def __aenter__(self) -> "Far":
        self.server = await serve(self._serve, "127.0.0.1", 0, process_request=self._door, close_timeout=0.2)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.server is not None
        self.server.close()
        await self.server.wait_closed()

    def client(self, **secrets: str) -> SocketClient:
        """Return a client for it."""
        assert self.server is not None
        url = f"ws://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/a?b={{secret:q}}"
        connection = SocketConnection(url=url, headers={"X-Token": "{secret:h}"})
        return connection.client("bot", tools=tools({"q": "quiet1", "h": "quiet2"} | secrets))

    def _door(self, link: ServerConnection, request: Request) -> Response | None:
        self.tokens += [request.path, request.headers.get("X-Token")]
        return None if self.status is None else link.respond(self.status, "")

    async def _serve(self, link: ServerConnection) -> None:
        self.links.append(link)
        for number in range(100):  # more than a client that does not read could hold
            await link.send(f"{number} unasked")
        async for message in link:
            await self.heard.put(message)


def test_messages_arrive_in_order() -> None:
    """A text as it is, a table as JSON with its holes filled; secrets reach address and header; what comes back is read."""

    async def run(far: Far) -> None:
        client = far.client()
        assert (await client.connect()).startswith("WebSocket at 127.0.0.1:")
        await client.perform(order(SocketSend(message="hello {gesture}")))
        await client.perform(
            order(SocketSend(message={"request": "DoAction", "args": {"sure": "{confidence}", "s": "{secret:h}"}}))
        )
        assert await far.heard.get() == "hello t_pose"
        assert json.loads(await far.heard.get()) == {"request": "DoAction", "args": {"sure": 0.93, "s": "quiet2"}}
        assert far.tokens == ["/a?b=quiet1", "quiet2"]
        await client.close()

    _with_far_end(run)


def test_this_computer_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A company's proxy would be asked for its own 127.0.0.1."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)

    async def run(far: Far) -> None:
        client = far.client()
        await client.connect()
        await client.close()

    _with_far_end(run)


def test_loss_is_noticed_and_it_connects_again() -> None:
    """`wait_lost` ends when the other side goes; an action then says so; the same client connects again."""

    async def run(far: Far) -> None:
        client = far.client()
        await client.connect()
        lost = asyncio.create_task(client.wait_lost())
        await client.perform(order(SocketSend(message="1")))
        await far.heard.get()
        await far.links[0].close()
        await asyncio.wait_for(lost, PATIENCE_S)
        with pytest.raises(Unreachable, match="^the WebSocket was closed by the other side$"):
            await client.perform(order(SocketSend(message="2")))
        await client.connect()
        await client.perform(order(SocketSend(message="3")))
        assert await far.heard.get() == "3"
        await client.close()
        await client.close()

    _with_far_end(run)


@pytest.mark.parametrize(("status", "kind"), [(401, Rejected), (403, Rejected), (404, Rejected), (503, Unreachable)])
def test_refusals(status: int, kind: type[Exception], caplog: pytest.LogCaptureFixture) -> None:
    """Who will not have us is not tried again; who is busy is. No sentence and no log holds a secret."""

    async def run(far: Far) -> None:
        far.status = HTTPStatus(status)
        client = far.client()
        with pytest.raises(kind, match=f"^the WebSocket at 127.0.0.1:[0-9]+ answered {status} ") as caught:
            await client.connect()
        assert "quiet" not in str(caught.value)
        await client.close()

    with caplog.at_level(logging.DEBUG, logger="stream"):
        _with_far_end(run)
    assert "quiet" not in caplog.text


def test_nobody_there() -> None:
    """One sentence, and it will be tried again."""
    client = SocketConnection(url="ws://127.0.0.1:1/x").client("bot", tools=tools())
    with pytest.raises(Unreachable, match=r"^the WebSocket at 127\.0\.0\.1:1 does not answer \(.*\); see whether it is on$"):
        asyncio.run(client.connect())


def test_missing_secret_is_told() -> None:
    """Without its secret no attempt helps."""
    client = SocketConnection(url="ws://127.0.0.1:1/{secret:x}").client("bot", tools=tools())
    with pytest.raises(Rejected, match=r"^the secret 'x' is not kept; run\.py secret set x$"):
        asyncio.run(client.connect())
