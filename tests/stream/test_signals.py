"""What Ctrl-C, a closed terminal and their repetition mean."""

import contextlib
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
from stream.signals import ctrl_c, ends_at_once

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


@pytest.mark.parametrize("running", [False, True])
def test_an_error_that_a_library_makes_of_it_is_told_only_while_the_program_runs(running: bool) -> None:
    """OpenCV, broken off while it loads, says that numpy is missing."""

    def load() -> None:
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        raise ImportError("numpy")

    with pytest.raises(ImportError if running else KeyboardInterrupt), ctrl_c(is_running=lambda: running, stop=lambda: None):
        load()


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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for itself")
def test_while_modules_load_it_ends_there_and_then() -> None:
    """Also where the module that loads would have swallowed an exception."""
    swallowed = (
        "import contextlib, signal; from stream.signals import ends_at_once\n"
        "with ends_at_once(), contextlib.suppress(KeyboardInterrupt):\n"
        "    signal.raise_signal(signal.SIGINT)\n"
    )
    done = subprocess.run([sys.executable, "-c", swallowed], cwd=ROOT, timeout=60, check=False, capture_output=True)
    assert done.returncode == -signal.SIGINT
    assert done.stderr == b""


def test_when_they_are_loaded_it_means_what_it_meant() -> None:
    before = signal.getsignal(signal.SIGINT)
    with ends_at_once():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is before


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
