"""What rules hear of the world besides the person: a key was pressed, a MIDI note came.

Owns the value and what its names mean. Pure; knows nothing of who listens (`inputs_keys.py`, `inputs_midi.py`) or of the rules.
"""

from dataclasses import dataclass
from typing import Literal

SignalKind = Literal["key", "midi"]


@dataclass(frozen=True, slots=True)
class Signal:
    """One key or note went down or up, or one controller moved."""

    kind: SignalKind
    name: str
    """Of a key: its name with the modifiers held, as `key_names.normal_keys` writes it: `f9`, `ctrl+shift+m`. Of MIDI: the
    note's number (`60`), or `cc7` for controller 7, whatever the channel."""
    value: float
    """0 is up: the key was let go, the note ended. Else 1 for a key, velocity or controller / 127 for MIDI."""
    at_ns: int
    """`time.perf_counter_ns()` when it was heard."""
