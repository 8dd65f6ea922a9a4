"""What Ctrl-C, a closed terminal and their repetition mean."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import live_tools
import pytest

from stream.app import run_live
from stream.signals import ctrl_c

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP")
def test_a_closed_terminal_ends_it_in_good_order() -> None:
    """It asks for a stop as Ctrl-C does, and its echo from the shell does not break that off."""
    before, asked = signal.getsignal(signal.SIGHUP), []
    with ctrl_c(is_running=lambda: True, stop=lambda: asked.append("stop")):
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGHUP)
    assert asked == ["stop"]
    assert signal.getsignal(signal.SIGHUP) is before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP")
def test_what_was_to_outlive_the_terminal_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """`nohup` has the signal ignored, and so it stays."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ctrl_c(is_running=lambda: True, stop=lambda: pytest.fail("stopped")):
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_start_is_broken_off_and_that_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    """What is being opened may take seconds to close: the person hears at once that it ends."""
    with pytest.raises(KeyboardInterrupt), ctrl_c(is_running=lambda: False, stop=lambda: None):
        signal.raise_signal(signal.SIGINT)
    assert capfd.readouterr().err == "ending …\n"


class Swallows:
    """Python drops what is raised in a destructor, and in some libraries' callbacks too."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


class AskedWhileStarting(live_tools.QuietView):
    def started(self, lines: Sequence[tuple[str, str]], *, panel_url: str | None) -> None:
        Swallows()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_asked_where_the_start_swallows_it_the_program_ends_as_soon_as_it_runs() -> None:
    settings = live_tools.config(source__name="demo", avatar__renderer="puppet")
    report = run_live(settings, seconds=45, view=AskedWhileStarting())
    assert report["seconds"] < 30


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_the_second_ctrl_c_gives_the_cursor_back() -> None:
    """Nobody else can: the program ends there and then."""
    twice = (
        "import signal; from stream.signals import ctrl_c\n"
        "with ctrl_c(is_running=lambda: True, stop=lambda: None):\n"
        "    signal.raise_signal(signal.SIGINT); signal.raise_signal(signal.SIGINT)\n"
    )
    ours, theirs = os.openpty()
    done = subprocess.run([sys.executable, "-c", twice], cwd=ROOT, stdout=theirs, timeout=60, check=False)
    os.close(theirs)
    assert done.returncode == 130
    assert os.read(ours, 100) == b"\x1b[?25h"
    os.close(ours)


class FakeConsole:
    """Windows' console, as far as a program can ask it to be told before its window closes."""

    def __init__(self) -> None:
        self.handlers: list[Callable[[int], int]] = []

    def SetConsoleCtrlHandler(self, handler: Callable[[int], int], add: int) -> int:
        self.handlers.append(handler) if add else self.handlers.remove(handler)
        return 1


def test_a_windows_console_that_closes_waits_for_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system ends a program when the handler has returned: so it returns only when lights and files are in order."""
    console, order = FakeConsole(), []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "WINFUNCTYPE", lambda *_: lambda function: function, raising=False)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=console), raising=False)
    asked = threading.Event()
    with ctrl_c(is_running=lambda: True, stop=asked.set):
        (closing,) = console.handlers
        assert closing(0) == 0  # Ctrl-C is not its business
        assert not asked.is_set()
        system = threading.Thread(target=lambda: order.append(("told", closing(2))))
        system.start()
        assert asked.wait(60)
        order.append("in order")
    system.join(60)
    assert order == ["in order", ("told", 1)]
    assert console.handlers == []
