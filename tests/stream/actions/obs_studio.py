"""A real OBS Studio without a screen, and a second client that looks at what is really there.

OBS has a home of its own in a temporary folder, and starts with one scene named "Scene". It can be killed and started again.
"""

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import simpleobsws

PASSWORD = "a password for tests"
_SETTINGS = """[General]
FirstRun=true
InfoIncrement=99

[OBSWebSocket]
FirstLoad=false
ServerEnabled=true
AlertsEnabled=false
AuthRequired=true
"""


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ObsStudio:
    """OBS on a virtual screen; `with` starts and ends both."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port = free_port()
        self._program = program
        self.folder = folder
        self._screen: subprocess.Popen[bytes] | None = None
        self._display = ""
        self._obs: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        settings = self.folder / ".config" / "obs-studio" / "global.ini"
        settings.parent.mkdir(parents=True)
        settings.write_text(_SETTINGS, encoding="utf-8")
        try:
            self._open_screen()
            self.start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    def start(self) -> None:
        """Start OBS, and return when its WebSocket server listens."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("QT_")}  # OpenCV points Qt to its own
        environment = ours | {
            **{"HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder / ".config")},
            **{"DISPLAY": self._display, "LIBGL_ALWAYS_SOFTWARE": "1", "QT_QPA_PLATFORM": "xcb"},
        }
        flags = ["--multi", "--minimize-to-tray", "--disable-shutdown-check"]
        server = ["--websocket_port", str(self.port), "--websocket_password", PASSWORD]
        with (self.folder / "obs.log").open("wb") as log:
            self._obs = subprocess.Popen([self._program, *flags, *server], env=environment, stdout=log, stderr=log)
        end_s = time.monotonic() + 60
        while not self._listens():
            if self._obs.poll() is not None or time.monotonic() > end_s:
                raise RuntimeError((self.folder / "obs.log").read_text(errors="replace")[-2000:])
            time.sleep(0.05)

    def kill(self) -> None:
        """End OBS as a crash does: no farewell on the wire."""
        assert self._obs is not None
        self._obs.send_signal(signal.SIGKILL)
        self._obs.wait(60)

    def ask(self, *questions: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
        """Ask as a second client; the data of each answer. A refusal is an error."""
        return asyncio.run(self.asked(questions))

    async def asked(self, questions: Sequence[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
        """Ask as a second client, in a running loop."""
        client = simpleobsws.WebSocketClient(url=f"ws://127.0.0.1:{self.port}", password=PASSWORD)
        await client.connect()
        try:
            assert await client.wait_until_identified()
            return [await _answer(client, request, data) for request, data in questions]
        finally:
            await client.disconnect()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _open_screen(self) -> None:
        reading, writing = os.pipe()
        try:
            self._screen = subprocess.Popen(
                ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x720x24", "-nolisten", "tcp"],
                pass_fds=(writing,),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            os.close(writing)
            with os.fdopen(reading, closefd=False) as display:
                self._display = f":{display.readline().strip()}"
        finally:
            os.close(reading)

    def _end(self) -> None:
        for process in (self._obs, self._screen):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait(60)


async def _answer(client: simpleobsws.WebSocketClient, request: str, data: dict[str, Any]) -> dict[str, Any]:
    for _ in range(200):  # 207: not ready, just after the start
        response = await client.call(simpleobsws.Request(request, data or None))
        if response.requestStatus.code != 207:
            break
        await asyncio.sleep(0.2)
    assert response.ok(), (request, data, response.requestStatus)
    return dict(response.responseData or {})
