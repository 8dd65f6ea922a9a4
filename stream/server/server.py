"""The server: one thread, one asyncio loop, one port.

Owns the thread and the crossing from other threads to the loop. Knows nothing of what is said (`messages`), who may say it
(`security`) or who listens (`hub`).

Other threads cross with `publish_*` and `wants` and nothing else. A publish never waits: it leaves its payload in a mailbox
(state: newest by topic; events: a bounded line) and wakes the loop, once, however many publishes come before the loop runs.
"""

import asyncio
import contextlib
import errno
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from websockets.asyncio.server import Server as WebSocketServer
from websockets.asyncio.server import serve

from stream import loops
from stream.hosts import EVERYWHERE, bracketed, network_addresses
from stream.server import messages
from stream.server.commands import MAX_MESSAGE_BYTES, Command
from stream.server.connection import BACKLOG, ConnectionLimit, connection_class
from stream.server.hub import Hub
from stream.server.outbox import Payload
from stream.server.pictures import KIND_CAMERA, KIND_OVERLAY, with_header
from stream.server.security import OwnAddresses, is_loopback, new_token
from trackers.errors import PosecastError, UserError
from trackers.types import Stamp

JOIN_TIMEOUT_S: Final = 10.0
_GOODBYE_S: Final = 5.0
MAX_POSTED_EVENTS: Final = 1024

log = logging.getLogger(__name__)
# The library's own lines hold request paths, and the panel's path holds the token.
_library_logger = logging.getLogger(f"{__name__}.websockets")
_library_logger.setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where the server listens."""

    host: str = "127.0.0.1"
    """Address to listen on. Anything but this machine's own lets others on the network watch."""
    port: int = 8765
    """0 takes any free port (for tests): an OBS source needs a fixed one."""


class Server:
    """Serves the pages and the socket from its own thread. `with` opens and closes the port.

    Args:
        on_command: takes each command of a panel, on the server's thread; must return at once. A `UserError` is told to the
            panel.
        token: what a panel must know to command; None makes a new one.

    Raises (on entering):
        UserError: the port is in use, or the address is not this machine's.
    """

    def __init__(self, settings: ServerSettings, *, on_command: Callable[[Command], None], token: str | None = None) -> None:
        self._settings = settings
        self._token = token or new_token()
        self._hub = Hub(
            token=self._token,
            on_command=on_command,
            on_wanted=self._set_wanted,
            on_effect_pages=self._set_effect_pages,
            sticky=self._sticky,
            lasting=lambda: tuple(self._lasting.values()),
        )
        self._lock = threading.Lock()
        self._states: dict[str, Payload] = {}
        self._events: deque[tuple[str, Payload]] = deque()
        self._overflowed = False
        self._posted = False
        self._wanted: frozenset[str] = frozenset()
        self._status: Mapping[str, object] | None = None
        self._lasting: dict[object, Payload] = {}  # by text
        self.effect_pages = 0
        """How many pages with effects are open. May be read by any thread."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._limit = ConnectionLimit()
        self._port = settings.port
        self.failure: BaseException | None = None
        """What ended the server's thread, if it died."""

    def __enter__(self) -> Self:
        if self._thread is not None:
            raise RuntimeError("a Server can be entered once")
        bound: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(bound,), name="server")
        self._thread.start()
        try:
            self._port = bound.result()
        except BaseException:
            self.close()
            raise
        if not is_loopback(self._settings.host):
            log.warning("the server listens on %s: others on the network can watch the avatar", self._settings.host)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye to every client, free the port and join the thread. Idempotent.

        Raises:
            PosecastError: the thread did not end in time.
        """
        with self._lock:
            if self._loop is not None and self._stop is not None:
                self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(JOIN_TIMEOUT_S)
            if self._thread.is_alive():
                raise PosecastError(f"the server's thread did not end within {JOIN_TIMEOUT_S:.0f} s")

    @property
    def port(self) -> int:
        """The port that is bound; before entering, the one that was asked for."""
        return self._port

    @property
    def url(self) -> str:
        """The panel without its token: it can be watched, not commanded."""
        near = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}
        host = near.get(self._settings.host, self._settings.host)
        return f"http://{bracketed(host)}:{self._port}/"

    @property
    def panel_url(self) -> str:
        """The panel with the token that lets it command."""
        return f"{self.url}?token={self._token}"

    @property
    def overlay_url(self) -> str:
        """The page for an OBS browser source."""
        return f"{self.url}overlay"

    @property
    def far_overlay_urls(self) -> list[str]:
        """The same page for OBS on another computer of the network; none, if only this one can reach the server."""
        if self._settings.host not in EVERYWHERE or self._settings.host == "::":  # which hears no IPv4
            return []
        return [f"http://{address}:{self._port}/overlay" for address in network_addresses()]

    @property
    def effects_url(self) -> str:
        """The page of the effects, for an OBS browser source of its own."""
        return self.overlay_url + messages.EFFECTS_PATH

    def wants(self, topic: str) -> bool:
        """Tell whether anyone listens to `topic`, so that nothing is made for nobody. Costs nothing."""
        return topic in self._wanted

    def publish_state(self, topic: str, message: Mapping[str, object]) -> None:
        """Send the newest state of a topic of `messages.STATE_TOPICS` to who wants it. The message must not change later."""
        if topic not in messages.STATE_TOPICS:
            raise ValueError(f"topic must be one of {', '.join(messages.STATE_TOPICS)}, got {topic!r}")
        if topic == "status":
            self._status = message
        if topic in self._wanted:
            self._post(topic, messages.encode(message))

    def publish_event(self, message: Mapping[str, object]) -> None:
        """Send an event to everyone who wants events, in order, none left out."""
        is_lasting = message.get("name") in messages.LASTING_EVENTS
        if not is_lasting and messages.EVENT_TOPIC not in self._wanted:
            return
        payload = messages.encode(message)
        if is_lasting:
            self._lasting = {**self._lasting, message.get("text"): payload}  # anew: the loop may be reading it
        self._post(messages.EVENT_TOPIC, payload)

    def publish_effect(self, message: Mapping[str, object]) -> None:
        """Send an effect to the pages that show effects, in order, none left out."""
        if messages.EFFECT_TOPIC in self._wanted:
            self._post(messages.EFFECT_TOPIC, messages.encode(message))

    def publish_picture(self, packed_jpeg: bytes, stamp: Stamp, *, width_px: int, height_px: int) -> None:
        """Send the avatar's packed picture (`pictures.pack_picture`) to the overlays; the size is the unpacked one."""
        if "overlay" in self._wanted:
            message = with_header(packed_jpeg, kind=KIND_OVERLAY, stamp=stamp, width_px=width_px, height_px=height_px)
            self._post("overlay", message)

    def publish_camera(self, jpeg: bytes, stamp: Stamp | None = None) -> None:
        """Send the camera's picture to the panels that asked for it with the token, and to nobody else."""
        if "camera" in self._wanted:
            self._post("camera", with_header(jpeg, kind=KIND_CAMERA, stamp=stamp, width_px=0, height_px=0))

    def _post(self, topic: str, payload: Payload) -> None:
        """Leave a payload in the mailbox, of an ordered topic behind those that lie there, and wake the loop if it sleeps."""
        with self._lock:
            if self._loop is None:
                return
            if topic not in messages.ORDERED_TOPICS:
                self._states[topic] = payload
            elif len(self._events) < MAX_POSTED_EVENTS:
                self._events.append((topic, payload))
            else:
                self._overflowed = True
            if not self._posted:
                self._posted = True
                self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        with self._lock:
            states, self._states = self._states, {}
            events, self._events = self._events, deque()
            overflowed, self._overflowed = self._overflowed, False
            self._posted = False
        self._hub.fan_out(states, events)
        if overflowed:
            log.error("more than %d events came at once; clients were disconnected, not left ignorant", MAX_POSTED_EVENTS)
            self._hub.end_all("events were lost; connect again")

    def _set_wanted(self, topics: frozenset[str]) -> None:
        self._wanted = topics

    def _set_effect_pages(self, count: int) -> None:
        self.effect_pages = count

    def _sticky(self) -> dict[str, Payload]:
        status = self._status
        return {} if status is None else {"status": messages.encode(status)}

    def _run(self, bound: "Future[int]") -> None:
        try:
            loops.run(self._serve(bound))
        except BaseException as error:
            if bound.done():
                self.failure = error
                log.exception("the server died")
            else:
                bound.set_exception(error)
        finally:
            with self._lock:
                self._loop = None
            self._wanted = frozenset()
            self.effect_pages = 0

    async def _serve(self, bound: "Future[int]") -> None:
        server = await self._listen()
        port: int = server.sockets[0].getsockname()[1]
        self._hub.addresses = OwnAddresses(self._settings.host, port)
        stop = asyncio.Event()
        with self._lock:
            self._loop, self._stop = asyncio.get_running_loop(), stop
        bound.set_result(port)
        await stop.wait()
        with self._lock:
            self._loop = None
        server.close(close_connections=False)  # nobody new; the library would wait for ever for a client that does not read
        await self._hub.stop()
        self._limit.abort()  # half-open requests, and clients that do not read
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                await server.wait_closed()

    async def _listen(self) -> WebSocketServer:
        settings = self._settings
        try:
            return await serve(
                self._hub.serve,
                settings.host,
                settings.port,
                process_request=self._hub.answer,
                create_connection=connection_class(self._limit),
                compression=None,
                max_size=MAX_MESSAGE_BYTES,
                backlog=BACKLOG,
                write_limit=(1, 0),  # a send returns when the system has taken all of it
                server_header=None,
                logger=_library_logger,
            )
        except OSError as error:
            raise _listen_error(error, settings) from None


def _listen_error(error: OSError, settings: ServerSettings) -> UserError:
    if error.errno == errno.EADDRINUSE:
        return UserError(
            f"port {settings.port} on {settings.host} is in use by another program, perhaps another Posecast; "
            "close it, or choose another port with --server.port"
        )
    if error.errno in (errno.EACCES, getattr(errno, "WSAEACCES", errno.EACCES)):  # Windows has a number of its own
        return UserError(
            f"port {settings.port} on {settings.host} is reserved by the system; choose one above 1023 with --server.port"
        )
    return UserError(
        f"the server cannot listen on {settings.host!r} ({error.strerror or error}); "
        "use an address of this machine, such as 127.0.0.1, with --server.host"
    )
