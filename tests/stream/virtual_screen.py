"""An X screen of its own for tests (Xvfb), and a small X program that notes which keys it is given."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.conftest import missing

PATIENCE_S = 60.0


@contextlib.contextmanager
def virtual_screen() -> Iterator[str]:
    """Start Xvfb; return its name, which is also in DISPLAY. Back ends of pynput loaded for another screen are forgotten."""
    for program in ("Xvfb", "xdotool"):
        if shutil.which(program) is None:
            missing(f"no {program} on this machine; apt-get install {program.lower()}")
    told, tell = os.pipe()
    command = ["Xvfb", "-displayfd", str(tell), "-screen", "0", "320x240x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[tell], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(tell)
    before = {name: os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")}
    try:
        with open(told, "rb") as opened:
            name = ":" + opened.readline().decode().strip()
        os.environ["DISPLAY"] = name
        os.environ.pop("WAYLAND_DISPLAY", None)
        forget_pynput()
        yield name
    finally:
        for variable, text in before.items():
            os.environ.pop(variable, None)
            if text is not None:
                os.environ[variable] = text
        server.terminate()
        server.wait()


def forget_pynput() -> None:
    """Make the next import look for a screen again."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "pynput"]:
        del sys.modules[name]


@dataclass(frozen=True, slots=True)
class Touched:
    """One key event as a program gets it."""

    down: bool
    symbol: int
    ctrl: bool
    shift: bool
    real: bool
    """False if another program sent it to this window alone: many programs ignore such."""


class Program:
    """A window with the focus."""

    def __init__(self) -> None:
        from Xlib import X, display

        self._X = X
        self._display = display.Display()
        root = self._display.screen().root
        mask = X.KeyPressMask | X.KeyReleaseMask | X.FocusChangeMask
        self._window = root.create_window(0, 0, 100, 100, 0, X.CopyFromParent, event_mask=mask | X.ExposureMask)
        self._window.map()
        self._wait(X.Expose)
        self._window.set_input_focus(X.RevertToParent, X.CurrentTime)
        self._wait(X.FocusIn)

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: object) -> None:
        self._display.close()

    def touched(self, count: int) -> list[Touched]:
        """Return the next key events."""
        return [self._read(self._wait(self._X.KeyPress, self._X.KeyRelease)) for _ in range(count)]

    def is_quiet(self) -> bool:
        """Tell whether no event waits."""
        self._display.sync()
        return self._display.pending_events() == 0

    def _read(self, event: Any) -> Touched:
        X = self._X
        symbol = self._display.keycode_to_keysym(event.detail, 0)
        state = event.state
        down = event.type == X.KeyPress
        return Touched(down, symbol, bool(state & X.ControlMask), bool(state & X.ShiftMask), not event.send_event)

    def _wait(self, *kinds: int) -> Any:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if self._display.pending_events():
                event = self._display.next_event()
                if event.type in kinds:
                    return event
            else:
                time.sleep(0.002)
        raise AssertionError(f"no X event of the kinds {kinds} came in time")
