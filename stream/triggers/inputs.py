"""All that rules listen to besides the person: opens what they need, and nothing else.

Owns which inputs run. Where one cannot, the rest goes on and the reason is told. Knows nothing of rules.
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from stream.triggers.conditions import Heard, State
from stream.triggers.inputs_keys import KeyInputs
from stream.triggers.inputs_midi import MidiInputs
from stream.triggers.signals import Signal
from trackers.errors import UserError


def keys_in(states: Iterable[State]) -> frozenset[str]:
    """Return the keys that rules with these states wait for or ask about."""
    return frozenset(state.name for state in states if isinstance(state, Heard) and state.kind == "key")


def needs_midi(states: Iterable[State], *, values: Iterable[str]) -> bool:
    """Tell whether a state or a mapped value of rules comes by MIDI."""
    heard = any(isinstance(state, Heard) and state.kind == "midi" for state in states)
    return heard or any(value.startswith("midi ") for value in values)


class Inputs:
    """Listens while entered. `on_signal` is called from other threads, from several at once.

    Args:
        keys: names of keys that rules wait for, as `key_names.normal_keys` writes them; none: no key is listened to.
        midi: whether a rule waits for MIDI.
        on_heard: told in one line what is heard.
        on_problem: told in one sentence why something cannot be heard.
    """

    def __init__(
        self,
        on_signal: Callable[[Signal], None],
        *,
        keys: Collection[str],
        midi: bool,
        on_heard: Callable[[str], None],
        on_problem: Callable[[str], None],
    ) -> None:
        self._on_heard = on_heard
        self._on_problem = on_problem
        self._wanted: list[KeyInputs | MidiInputs] = []
        if keys:
            self._wanted.append(KeyInputs(on_signal, names=keys))
        if midi:
            self._wanted.append(MidiInputs(on_signal))
        self._running = ExitStack()

    def __enter__(self) -> Self:
        for wanted in self._wanted:
            try:
                self._running.enter_context(wanted)
                self._on_heard(wanted.detail)
            except UserError as error:
                self._on_problem(str(error))
            except BaseException:
                self.close()
                raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening. Idempotent."""
        self._running.close()
