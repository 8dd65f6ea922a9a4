"""A real MQTT broker (Mosquitto) on a free port, and a second client that looks at what it keeps and passes on."""

import asyncio
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import aiomqtt

USER, PASSWORD = "posecast", "a password for tests"


class Broker:
    """Mosquitto without a memory on disk; `with` starts and ends it. It can be ended and started again.

    Args:
        lines: more settings.
    """

    def __init__(self, program: str, folder: Path, *, lines: Sequence[str] = ("allow_anonymous true",)) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._program = program
        self._settings = folder / "mosquitto.conf"
        self._settings.write_text("\n".join((f"listener {self.port} 127.0.0.1", *lines, "")), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()

    def start(self) -> None:
        """Start, and return when it listens."""
        log = subprocess.DEVNULL
        self._process = subprocess.Popen([self._program, "-c", str(self._settings)], stdout=log, stderr=log)
        end_s = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self._process.poll() is not None or time.monotonic() > end_s:
                self.kill()
                raise RuntimeError(f"mosquitto does not listen with {self._settings.read_text(encoding='utf-8')!r}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End it at once; what it kept is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(60)


class Witness:
    """What a second client has heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, bool]] = []
        """Topic, payload, and whether it was kept by the broker."""

    async def hears(self, topic: str, payload: str, *, within_s: float = 60.0) -> None:
        """Wait until this is heard."""
        end_s = time.monotonic() + within_s
        while not any((topic, payload) == heard[:2] for heard in self.heard):
            assert time.monotonic() < end_s, self.heard
            await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(broker: Broker, topics: str = "#") -> AsyncIterator[Witness]:
    """Listen as a second client."""
    witness = Witness()

    async def listen(client: aiomqtt.Client) -> None:
        async for message in client.messages:
            payload = message.payload.decode() if isinstance(message.payload, bytes) else str(message.payload)
            witness.heard.append((message.topic.value, payload, message.retain))

    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        await client.subscribe(topics, 1)
        task = asyncio.ensure_future(listen(client))
        try:
            yield witness
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def kept(broker: Broker) -> dict[str, str]:
    """Return what the broker keeps now, by topic."""
    async with listening(broker) as witness, aiomqtt.Client("127.0.0.1", broker.port) as other:
        await other.publish("test/mark", "all", 1)
        await witness.hears("test/mark", "all")
        return {topic: payload for topic, payload, is_kept in witness.heard if is_kept}
