"""Programs started by rules: real ones, with hostile arguments, without end, and with children."""

import asyncio
import logging
import os
import sys
import threading
import time
from pathlib import Path

import pytest
from client_tools import done, order, tools
from pydantic import ValidationError

from stream.actions.base import Order, Refused, Rejected
from stream.actions.shell import ShellConnection, ShellRun

PYTHON = sys.executable


def _run(*orders: Order, **fields: object) -> None:
    connection = ShellConnection.model_validate({"allow": True, "timeout_s": 20, **fields})
    asyncio.run(done(connection.client("shell", tools=tools()), *orders))


def test_arguments_arrive_one_by_one(tmp_path: Path) -> None:
    """No shell reads them: quotes, dollars and semicolons of a rule's name are letters."""
    code = "import json, sys; json.dump(sys.argv[1:], open('out.json', 'w'))"
    hostile = Order(
        ShellRun(command=(PYTHON, "-c", code, "{rule}", "$HOME; `id`", "{gesture} {confidence}")),
        rule="$(touch evil) '\" ; x",
        cause="",
        details={"gesture": "t_pose", "confidence": 0.5},
    )
    _run(hostile, folder=str(tmp_path))
    assert (tmp_path / "out.json").read_text() == '["$(touch evil) \'\\" ; x", "$HOME; `id`", "t_pose 0.5"]'
    assert not (tmp_path / "evil").exists()


def test_no_input_and_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input is empty, and the variables that hold secrets are left out."""
    monkeypatch.setenv("POSECAST_SECRET_X", "hunter2")
    code = "import os, sys; open('out', 'w').write(repr(sys.stdin.read()) + str('POSECAST_SECRET_X' in os.environ))"
    _run(order(ShellRun(command=(PYTHON, "-c", code))), folder=str(tmp_path))
    assert (tmp_path / "out").read_text() == "''False"


def test_output_goes_to_the_debug_log(caplog: pytest.LogCaptureFixture) -> None:
    """The beginning of what it says, however much that is."""
    with caplog.at_level(logging.DEBUG, logger="stream.actions.shell"):
        _run(order(ShellRun(command=(PYTHON, "-c", "print('hello ' * 200_000)"))))
    (record,) = caplog.records
    assert record.levelno == logging.DEBUG
    assert "said: hello hello" in record.getMessage()
    assert len(record.getMessage()) < 5000


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no list of open files there")
def test_what_a_program_leaves_running_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It may start one that stays; no thread and no open file of ours stays with it, also when its output is wanted."""
    code = (
        "import subprocess, sys; later = 'import time; time.sleep(.3); print(1, flush=True); open(sys.argv[1], \\'w\\')'\n"
        "subprocess.Popen([sys.executable, '-c', 'import sys;' + later, sys.argv[1]])"
    )
    for level in (logging.INFO, logging.DEBUG):
        with caplog.at_level(level, logger="stream.actions.shell"):
            before = (threading.active_count(), len(os.listdir("/dev/fd")))
            out = tmp_path / str(level)
            _run(order(ShellRun(command=(PYTHON, "-c", code, str(out)))))
            assert (threading.active_count(), len(os.listdir("/dev/fd"))) == before
            assert not out.exists()
        deadline = time.monotonic() + 60
        while not out.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert out.exists()


def test_time_out_ends_the_program_and_its_children(tmp_path: Path) -> None:
    """What it started goes with it."""
    code = (
        "import os, subprocess, sys, time; child = subprocess.Popen(['sleep', '60']); "
        "open('pids', 'w').write(f'{os.getpid()} {child.pid}'); time.sleep(60)"
    )

    async def run() -> list[int]:
        client = ShellConnection(allow=True, folder=str(tmp_path)).client("shell", tools=tools())
        await client.connect()
        task = asyncio.create_task(client.perform(order(ShellRun(command=(PYTHON, "-c", code)))))
        while not (tmp_path / "pids").exists() or not (tmp_path / "pids").read_text():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await client.close()
        return [int(pid) for pid in (tmp_path / "pids").read_text().split()]

    pids = asyncio.run(run())
    deadline = time.monotonic() + 60
    while any(_runs(pid) for pid in pids):
        assert time.monotonic() < deadline, "a program went on"
        time.sleep(0.01)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_panic_ends_the_program() -> None:
    """`halt` ends what runs; the action fails."""

    async def run() -> None:
        client = ShellConnection(allow=True).client("shell", tools=tools())
        await client.connect()
        task = asyncio.create_task(client.perform(order(ShellRun(command=("sleep", "60")))))
        await asyncio.sleep(0.1)
        await client.halt()
        with pytest.raises(Refused, match="^sleep ended with status -9; try it in a terminal$"):
            await task
        await client.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("no-such-program-here",), "no program 'no-such-program-here' was found; give its whole path"),
        ((os.devnull,), f"{os.devnull!r} cannot be started (Permission denied); see whether you may run it"),
        ((PYTHON, "-c", "raise SystemExit(3)"), f"{PYTHON} ended with status 3; try it in a terminal"),
    ],
)
def test_failures_are_told(command: tuple[str, ...], sentence: str) -> None:
    """One sentence each."""
    with pytest.raises(Refused) as caught:
        _run(order(ShellRun(command=command)))
    assert str(caught.value) == sentence


def test_without_leave_nothing_is_started(tmp_path: Path) -> None:
    """The user must allow it; a folder that is not there is told."""
    with pytest.raises(
        Rejected, match=r"^programs are started only if allowed; write allow = true under \[connections\.shell\]$"
    ):
        _run(allow=False)
    with pytest.raises(Rejected, match=r"is not there; check folder under \[connections\.shell\]$"):
        _run(folder=str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("rm -rf /", 'it must be a list of arguments, for no shell reads it; write ["program", "argument"]'),
        ([], "at least 1 item"),
        (["{gesture}"], "the program itself must be fixed; only its arguments may have holes"),
        (["echo", "{secret:a}"], "{secret:a} may not stand here, where other programs could read it; leave it away"),
        (["echo", "a\0b"], "it must begin with a program, and hold no NUL"),
    ],
)
def test_command_is_checked_at_load(command: object, words: str) -> None:
    """A line for a shell is refused, and so is what would hand out secrets."""
    with pytest.raises(ValidationError) as caught:
        ShellRun.model_validate({"command": command})
    assert words in str(caught.value)
