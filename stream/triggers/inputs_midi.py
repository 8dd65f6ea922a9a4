"""MIDI notes and controllers of every port, heard as signals, through mido and python-rtmidi (optional, imported at use).

Owns which ports are open: one that is plugged in later is found, one that is unplugged is let go. Knows nothing of rules.
"""

import importlib
import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

from stream.triggers.signals import Signal
from trackers.errors import UserError

_LOOK_S: Final = 1.0
_JOIN_S: Final = 3.0
_OWN: Final = ("RtMidi", "Midi Through")
"""Beginnings of ports that are no device."""

log = logging.getLogger(__name__)


def signal_of(message: Any, *, at_ns: int) -> Signal | None:
    """Return what a message of mido says, or None if it is neither a note nor a controller."""
    match message.type:
        case "note_on":
            return Signal("midi", str(message.note), message.velocity / 127, at_ns)
        case "note_off":
            return Signal("midi", str(message.note), 0.0, at_ns)
        case "control_change":
            return Signal("midi", f"cc{message.control}", message.value / 127, at_ns)
    return None


class MidiInputs:
    """Listens to all ports while entered. `on_signal` is called from MIDI's own threads.

    Args:
        backend: mido's; None: rtmidi.
        look_s: how often ports that come and go are looked for.

    Raises (on entering):
        UserError: a package is missing, or the system has no MIDI.
    """

    def __init__(self, on_signal: Callable[[Signal], None], *, backend: Any = None, look_s: float = _LOOK_S) -> None:
        self._on_signal = on_signal
        self._backend = backend
        self._look_s = look_s
        self._ports: dict[str, Any] = {}
        self._down: dict[str, set[str]] = {}  # notes by port
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        if self._backend is None:
            self._backend = _load_backend()
        try:
            self._look()
        except Exception as error:  # the driver's own kind
            self.close()
            raise UserError(
                f"MIDI cannot be heard here ({_first_words(error)}); on Linux try sudo modprobe snd-seq, then start again"
            ) from None
        self._thread = threading.Thread(target=self._watch, name="midi ports")
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def ports(self) -> list[str]:
        """Names of the ports that are open."""
        return sorted(self._ports)

    @property
    def detail(self) -> str:
        """What is heard, for people."""
        return (
            f"MIDI of {', '.join(self.ports)}"
            if self._ports
            else "MIDI, but no port is there yet; one is found when plugged in"
        )

    def close(self) -> None:
        """Close all ports and join the thread. Idempotent."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_JOIN_S)
        self._down.clear()  # what is held at the end is ended by the rules
        for name in list(self._ports):
            self._let_go(name)

    def _watch(self) -> None:
        while not self._stop.wait(self._look_s):
            try:
                self._look()
            except Exception as error:  # the system's MIDI may restart
                log.debug("MIDI ports could not be listed: %s", error)

    def _look(self) -> None:
        names = [name for name in dict.fromkeys(self._backend.get_input_names()) if not name.startswith(_OWN)]
        for name in self._ports.keys() - set(names):
            self._let_go(name)
            log.info("MIDI port %s is gone", name)
        for name in names:
            if name not in self._ports:
                self._open(name)

    def _open(self, name: str) -> None:
        try:
            self._ports[name] = self._backend.open_input(name, callback=partial(self._heard, name))
            log.info("MIDI port %s is open", name)
        except Exception as error:  # on Windows another program may hold it; tried again at the next look
            log.debug("MIDI port %s could not be opened: %s", name, error)

    def _let_go(self, name: str) -> None:
        try:
            self._ports.pop(name).close()
        except Exception as error:  # it is unplugged already
            log.debug("MIDI port %s could not be closed: %s", name, error)
        for note in self._down.pop(name, set()):  # nobody will lift the finger there any more
            self._pass_on(Signal("midi", note, 0.0, time.perf_counter_ns()))

    def _heard(self, port: str, message: Any) -> None:
        signal = signal_of(message, at_ns=time.perf_counter_ns())
        if signal is None:
            return
        if not signal.name.startswith("cc"):
            down = self._down.setdefault(port, set())
            (down.add if signal.value > 0 else down.discard)(signal.name)
        self._pass_on(signal)

    def _pass_on(self, signal: Signal) -> None:
        try:
            self._on_signal(signal)
        except Exception:  # a rule that fails must not end the driver's thread
            log.exception("a MIDI message could not be handled")


def _load_backend() -> Any:
    try:
        importlib.import_module("rtmidi")
        mido = importlib.import_module("mido")
    except ImportError:
        raise UserError('MIDI needs packages: mido and python-rtmidi; pip install ".[midi]", then start again') from None
    return mido.Backend("mido.backends.rtmidi")


def _first_words(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")[:120] or type(error).__name__
