"""Keys pressed anywhere on the desktop, heard as signals.

Owns the listener's thread, which modifiers are held, and that a key that repeats is told once. Only keys that were asked for
leave this module: what else is typed is nobody's business. Knows nothing of rules.
"""

import logging
import platform
import threading
import time
from collections.abc import Callable, Collection
from types import TracebackType
from typing import Any, Final, Self

from stream.actions.key_names import MODIFIERS
from stream.actions.keyboard import load_keyboard, name_of, no_display, on_wayland
from stream.triggers.signals import Signal
from trackers.errors import UserError

_READY_S: Final = 3.0
_JOIN_S: Final = 2.0
_REFUSED_WITHIN_S: Final = 0.3
STALE_S: Final = 30.0
_MACOS_REFUSES: Final = (
    "macOS does not let this program hear keys; allow your terminal in System Settings, Privacy & Security, Input Monitoring "
    "and Accessibility, then start again"
)

log = logging.getLogger(__name__)


class HeldKeys:
    """From single keys to names with modifiers. Pure.

    A key that was let go where nobody listens, on a lock screen say, is not taken for held after `STALE_S`.
    """

    def __init__(self) -> None:
        self._down: dict[str, str] = {}  # key to the name that it was told by
        self._pressed_s: dict[str, float] = {}  # when a key or modifier was last told to be down; held ones repeat

    def press(self, key: str, *, now_s: float = 0.0) -> str | None:
        """Return the name to tell, or None: it is a modifier, or only repeats."""
        is_down = self._is_down(key, now_s)
        self._pressed_s[key] = now_s
        if key in MODIFIERS or is_down:
            return None
        held = [name for name in MODIFIERS if self._is_down(name, now_s)]
        if len(key) == 1 and not key.isalnum() and "shift" in held:
            held.remove("shift")  # it made the character: `!`, not `shift+!`
        self._down[key] = "+".join([*held, key])
        return self._down[key]

    def release(self, key: str) -> list[str]:
        """Return the names that are up now: those by which they were told when pressed."""
        self._pressed_s.pop(key, None)
        if key in MODIFIERS:
            return []
        if key in self._down:
            return [self._down.pop(key)]
        lost = [down for down in self._down if len(down) == 1 and not down.isalnum()]  # shift was let go before its character
        return [self._down.pop(down) for down in lost]

    def _is_down(self, key: str, now_s: float) -> bool:
        is_known = key in MODIFIERS or key in self._down
        return is_known and now_s - self._pressed_s.get(key, float("-inf")) < STALE_S


class KeyInputs:
    """Listens while entered. `on_signal` is called from its own thread.

    Args:
        names: keys to tell, as `key_names.normal_keys` writes them; all others are ignored.

    Raises (on entering):
        UserError: keys cannot be heard here.
    """

    def __init__(self, on_signal: Callable[[Signal], None], *, names: Collection[str]) -> None:
        self._on_signal = on_signal
        self._names = frozenset(names)
        self._held = HeldKeys()
        self._listener: Any = None

    def __enter__(self) -> Self:
        keyboard = load_keyboard()
        listener = keyboard.Listener(on_press=self._pressed, on_release=self._released)
        self._listener = listener
        listener.start()
        deadline_s = time.monotonic() + _READY_S
        while not getattr(listener, "_ready", True) and time.monotonic() < deadline_s:
            if not listener.is_alive():
                self.close()
                raise no_display()
            time.sleep(0.005)
        if hasattr(listener, "IS_TRUSTED"):  # macOS: a listener that may not hear ends at once, without a word
            threading.Thread.join(listener, _REFUSED_WITHIN_S)
            if not listener.is_alive():
                self.close()
                raise UserError(_MACOS_REFUSES)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def detail(self) -> str:
        """What is heard, for people."""
        reach = " while a program under XWayland has the focus; an X11 session hears all" if on_wayland() else ""
        return f"keys {', '.join(sorted(self._names))}{reach}"

    def close(self) -> None:
        """Stop listening and join the thread. Idempotent."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        listener.stop()
        _wake(listener)
        if threading.current_thread() is not listener and listener.ident is not None:
            threading.Thread.join(listener, _JOIN_S)  # its own join raises what went wrong inside

    def _pressed(self, key: Any, *_: object) -> None:
        name = name_of(key)
        if name is not None:
            self._tell(self._held.press(name, now_s=time.monotonic()), value=1.0)

    def _released(self, key: Any, *_: object) -> None:
        name = name_of(key)
        for told in self._held.release(name) if name is not None else []:
            self._tell(told, value=0.0)

    def _tell(self, name: str | None, *, value: float) -> None:
        if name not in self._names or name is None:
            return
        try:
            self._on_signal(Signal("key", name, value, time.perf_counter_ns()))
        except Exception:  # a rule that fails must not end the listener
            log.exception("a key could not be handled on %s", platform.system())


def _wake(listener: Any) -> None:
    """Let a listener on X notice that it was stopped: by itself (pynput 1.8) it does so at the next key only."""
    control, context = getattr(listener, "_display_stop", None), getattr(listener, "_context", None)
    if control is None or context is None:
        return
    try:
        control.record_disable_context(context)
        control.flush()
    except Exception as error:  # the screen has gone, and the listener with it
        log.debug("the key listener's screen is gone: %s", error)
