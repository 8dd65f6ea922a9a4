"""A small HTTP/1.1 server for devices of the tests, plain or over TLS, with WebSocket upgrade. Checks what it parses."""

import asyncio
import contextlib
import json
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.frames import Opcode
from websockets.http11 import Request as UpgradeRequest
from websockets.server import ServerProtocol


@dataclass
class Request:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at_s: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = tuple[int, Any]
"""Status, and what is sent as JSON; bytes go out as they are."""


@dataclass
class Device:
    """What a device does, and the requests that it got. Subclasses answer."""

    requests: list[Request] = field(default_factory=list)
    sockets: list["Socket"] = field(default_factory=list)
    port: int = 0
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def answer(self, request: Request) -> Answer:
        return 404, {"error": "no such path"}

    def takes_socket(self, path: str) -> bool:
        return False

    async def on_socket(self, socket: "Socket") -> None:
        """A WebSocket was opened."""

    async def on_text(self, socket: "Socket", text: str) -> None:
        """A text message came."""

    def drop(self) -> None:
        """Cut every connection, as a device without power does."""
        for writer in self.writers:
            writer.transport.abort()


class Socket:
    """The far end of one WebSocket."""

    def __init__(self, protocol: ServerProtocol, writer: asyncio.StreamWriter) -> None:
        self._protocol = protocol
        self._writer = writer

    def send(self, message: object) -> None:
        self._protocol.send_text(json.dumps(message).encode())
        self.flush()

    def flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._writer.write(data)


@asynccontextmanager
async def serving(device: Device, *, tls: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[Device]:
    """Serve a device on 127.0.0.1; `device.port` says where."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        device.writers.add(writer)
        try:
            while await _one(device, reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            device.writers.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1)

    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=tls)
    device.port = server.sockets[0].getsockname()[1]
    try:
        yield device
    finally:
        server.close()
        device.drop()
        await server.wait_closed()
        for _ in range(100):
            if not device.writers:
                break
            await asyncio.sleep(0.01)


async def _one(device: Device, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Serve one request; False when the connection is done."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")[:-2]
    method, path, version = first.split(" ")
    assert version == "HTTP/1.1"
    headers = {name.casefold(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    if headers.get("upgrade", "").casefold() == "websocket" and device.takes_socket(path):
        await _socket(device, head, reader, writer)
        return False
    request = Request(method, path, headers, body, time.monotonic())
    device.requests.append(request)
    answered: Any = device.answer(request)
    if isinstance(answered, Awaitable):
        answered = await answered
    status, content = answered
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    writer.write(
        f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n".encode() + data
    )
    await writer.drain()
    return True


async def _socket(device: Device, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    protocol = ServerProtocol()
    protocol.receive_data(head)
    (request,) = protocol.events_received()
    assert isinstance(request, UpgradeRequest)
    protocol.send_response(protocol.accept(request))
    socket = Socket(protocol, writer)
    socket.flush()
    device.sockets.append(socket)
    await device.on_socket(socket)
    try:
        while data := await reader.read(65536):
            protocol.receive_data(data)
            for frame in protocol.events_received():
                if frame.opcode is Opcode.TEXT:
                    await device.on_text(socket, frame.data.decode())
            socket.flush()
            if protocol.close_expected():
                return
    finally:
        device.sockets.remove(socket)


async def until(condition: Callable[[], object], *, within_s: float = 60.0) -> None:
    """Wait until `condition` holds; fail loudly if it never does."""
    end_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end_s, "it did not happen in time"
        await asyncio.sleep(0.01)
