"""Programs started by rules: `shell.run`. Only where the user allowed it, and never through a shell.

Owns starting, time-out and end of the program with all that it started. Its output goes to the debug log alone. Knows nothing
of rules. What a program is given are arguments, which other programs can read, so they take no secrets.
"""

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, ClassVar, Final, Literal

from pydantic import Field, field_validator

from stream.actions.base import Action, Client, Connection, Order, Refused, Rejected, Tools
from stream.actions.templates import checked_template, fill

_LOGGED_BYTES: Final = 4096
_LOOK_S: Final = 0.02

log = logging.getLogger(__name__)


class ShellRun(Action):
    """Start a program and wait for its end. Arguments may hold `{gesture}`, `{confidence}`, `{value}`, `{rule}`, `{cause}`."""

    kinds: ClassVar = ("shell",)
    shown: ClassVar = ("command",)

    action: Literal["shell.run"] = "shell.run"
    command: tuple[str, ...] = Field(min_length=1, description='the program and its arguments: ["notify-send", "Hello"]')

    @field_validator("command", mode="before")
    @classmethod
    def _list(cls, command: Any) -> Any:
        if isinstance(command, str):
            raise ValueError('it must be a list of arguments, for no shell reads it; write ["program", "argument"]')
        return command

    @field_validator("command")
    @classmethod
    def _holes(cls, command: tuple[str, ...]) -> tuple[str, ...]:
        if not command[0] or any("\0" in argument for argument in command):
            raise ValueError("it must begin with a program, and hold no NUL")
        checked_template(command[:1], secrets=False)
        if "{" in command[0]:
            raise ValueError("the program itself must be fixed; only its arguments may have holes")
        checked_template(command, secrets=False)
        return command

    def told(self) -> dict[str, Any]:
        """Return the program's name alone: what it is given is often a secret."""
        return {name: command[0].replace("\\", "/").rpartition("/")[2] for name, command in super().told().items()}


class ShellConnection(Connection):
    """Programs of this machine."""

    kind: Literal["shell"] = "shell"
    allow: bool = Field(False, description="true: rules may start programs")
    folder: str = Field("", description="where they are started; empty: the home folder")
    timeout_s: float = Field(10.0, gt=0, le=60, description="a program that takes longer is ended")
    rate_hz: float = Field(2.0, gt=0, le=1000, description="at most so many starts a second")

    def client(self, name: str, *, tools: Tools) -> "ShellClient":
        return ShellClient(name, self, tools=tools)

    def barred(self, name: str) -> str | None:
        return None if self.allow else f"programs are started only if allowed; write allow = true under [connections.{name}]"


class ShellClient(Client[ShellConnection]):
    """Runs one program at a time."""

    _program: "subprocess.Popen[bytes] | None" = None

    async def connect(self) -> str:
        if why := self.connection.barred(self.name):
            raise Rejected(why)
        if not self._folder().is_dir():
            raise Rejected(f"the folder {self._folder()} is not there; check folder under [connections.{self.name}]")
        return f"programs, started in {self._folder()}"

    async def perform(self, order: Order) -> None:
        assert isinstance(order.action, ShellRun)
        program, *rest = order.action.command
        arguments = [fill(argument, order).replace("\0", "") for argument in rest]
        with _log_of(program) as output:
            self._program = running = self._start(program, arguments, output=output)
            try:
                while running.poll() is None:
                    await asyncio.sleep(_LOOK_S)
            finally:
                self._program = None
                _end(running)
        if running.returncode:
            raise Refused(f"{program} ended with status {running.returncode}; try it in a terminal")

    def _folder(self) -> Path:
        return Path(self.connection.folder).expanduser() if self.connection.folder else Path.home()

    def _start(self, program: str, arguments: list[str], *, output: int | IO[bytes]) -> "subprocess.Popen[bytes]":
        environment = {name: text for name, text in os.environ.items() if not name.startswith("POSECAST_SECRET_")}
        try:
            return subprocess.Popen(
                [program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._folder(),
                env=environment,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise Refused(f"no program {program!r} was found; give its whole path") from None
        except OSError as error:
            raise Refused(f"{program!r} cannot be started ({error.strerror}); see whether you may run it") from None

    async def halt(self) -> None:
        if self._program is not None:
            _end(self._program)

    async def close(self) -> None:
        await self.halt()


def _end(running: "subprocess.Popen[bytes]") -> None:
    """End a program that still runs, with everything that it started and did not send off for good.

    What one that has ended left running goes on: so a rule may start a program that stays.
    """
    if running.poll() is not None:
        return
    with contextlib.suppress(OSError):
        if os.name == "nt":
            running.kill()
        else:
            os.killpg(running.pid, signal.SIGKILL)
    running.wait()


@contextlib.contextmanager
def _log_of(program: str) -> Iterator[int | IO[bytes]]:
    """Give what a program may speak into, and log the beginning of it when it has ended.

    A file, not a pipe: nobody has to read it, and what the program leaves running may go on speaking.
    """
    if not log.isEnabledFor(logging.DEBUG):
        yield subprocess.DEVNULL
        return
    with tempfile.TemporaryFile() as said:
        try:
            yield said
        finally:
            said.seek(0)
            log.debug("%s said: %s", program, said.read(_LOGGED_BYTES).decode(errors="replace").strip() or "nothing")


ACTIONS: Final = (ShellRun,)
CONNECTIONS: Final = (ShellConnection,)
