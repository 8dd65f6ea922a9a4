"""What the tests of the rules share: a lamp and a screen to command, and an engine that is told what a person does."""

import random
import tomllib
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from stream.actions.base import Action, Connection, Order
from stream.actions.light import Light
from stream.triggers.decisions import Decision, RuleState
from stream.triggers.engine import Engine
from stream.triggers.own_actions import OWN_ACTIONS
from stream.triggers.rule_types import Rules
from stream.triggers.rules import Kinds, parse_rules
from stream.triggers.signals import Signal
from trackers.gestures.types import Gesture, GestureState, Phase
from trackers.types import Stamp

GESTURES = ("t_pose", "dab_left", "dab_right", "left_fist", "right_fist", "left_thumb_up", "nod")
FAMILIES = {"dab": ("dab_left", "dab_right"), "fist": ("left_fist", "right_fist"), "wave": ("left_wave", "right_wave")}
VALUES = ("jawOpen", "head_roll", "right_hand_height")
SECOND_NS = 1_000_000_000


class Scene(Action):
    """Show a scene."""

    kinds: ClassVar = ("screen",)
    action: Literal["screen.scene"] = "screen.scene"
    scene: str
    number: int = 0
    level: float | None = None
    dials: dict[str, int] = {}


class Screen(Connection):
    """A screen."""

    facts: ClassVar = {"scene": (), "recording": ("on", "off")}
    kind: Literal["screen"] = "screen"
    host: str = "localhost"


class Lamp(Connection):
    """A lamp."""

    kind: Literal["wled"] = "wled"
    host: str


class Page(Connection):
    """Needs no configuring."""

    implicit: ClassVar[bool] = True
    kind: Literal["page"] = "page"


class Emote(Action):
    """Pop an emote."""

    kinds: ClassVar = ("page",)
    action: Literal["page.emote"] = "page.emote"
    text: str = "wow"

    def lacking(self) -> str | None:
        return f"no picture {self.text!r}" if self.text == "nowhere" else None


class Safe(Connection):
    """Opens only if that is allowed, with a password."""

    secrets: ClassVar = ("password",)
    kind: Literal["safe"] = "safe"
    allow: bool = False

    def barred(self, name: str) -> str | None:
        return None if self.allow else f"only if allowed; write allow = true under [connections.{name}]"


class Open(Action):
    """Open the safe."""

    kinds: ClassVar = ("safe",)
    action: Literal["safe.open"] = "safe.open"


KINDS = Kinds(
    {**OWN_ACTIONS, "light": Light, "screen.scene": Scene, "page.emote": Emote, "safe.open": Open},
    {"screen": Screen, "wled": Lamp, "page": Page, "safe": Safe},
)
CONNECTIONS = """
[connections.screen]
[connections.desk]
kind = "wled"
host = "192.168.1.20"
"""


def read(text: str, *, connections: str = CONNECTIONS, **more: Any) -> Rules:
    """Return the rules of a TOML text."""
    tables = tomllib.loads(connections + text) | more
    return parse_rules(tables, origin="rules.toml", gestures=GESTURES, families=FAMILIES, values=VALUES, kinds=KINDS)


def trigger(when: str, *lines: str, do: str = '{ action = "screen.scene", scene = "A" }', name: str = "rule") -> str:
    """Return the TOML of one trigger."""
    return "\n".join(["[[trigger]]", f'name = "{name}"', f'when = "{when}"', f"do = [{do}]", *lines, ""])


class Person:
    """Makes gestures before an engine, and says what came of it; its clock goes on only when told."""

    def __init__(self, text: str, *, rng: random.Random | None = None) -> None:
        self.engine = Engine(read(text), rng=rng or random.Random(1))
        self.now_ns = 1000 * SECOND_NS
        self._since_ns: dict[str, int] = {}
        self._seq = 0

    def wait(self, seconds: float) -> list[str]:
        """Let time pass in ticks of 50 ms."""
        told: list[str] = []
        for _ in range(round(seconds * 20)):
            self.now_ns += SECOND_NS // 20
            told += words(self.engine.tick(self.now_ns))
        return told

    def make(self, *names: str, seconds: float = 0.0) -> list[str]:
        """Make these gestures and no others, and keep them for so long, at 20 frames a second."""
        told = words(self._frame(names))
        for _ in range(round(seconds * 20)):
            self.now_ns += SECOND_NS // 20
            told += words(self._frame(names))
        return told

    def _frame(self, names: Sequence[str]) -> list[Decision]:
        stamp = Stamp(self._seq, self.now_ns - 40_000_000)
        self._seq += 1
        begun = [name for name in names if name not in self._since_ns]
        ended = [name for name in self._since_ns if name not in names]
        self._since_ns = {name: self._since_ns.get(name, stamp.captured_ns) for name in names}
        events = [Gesture(name, "end", 0.9, stamp, 1.0) for name in ended]
        phases: dict[str, Phase] = {name: "start" if name in begun else "hold" for name in names}
        held = {name: (stamp.captured_ns - since_ns) / 1e9 for name, since_ns in self._since_ns.items()}
        events += [Gesture(name, phase, 0.93, stamp, held[name]) for name, phase in phases.items()]
        states = {
            name: GestureState(0.93 if name in names else 0.1, name in names, held.get(name, 0.0), None) for name in GESTURES
        }
        return self.engine.gestures(events, states, stamp=stamp, now_ns=self.now_ns)

    def value(self, seconds: float = 0.05, **values: float | None) -> list[Decision]:
        """Show values for one frame, after a while."""
        self.now_ns += round(seconds * SECOND_NS)
        stamp = Stamp(self._seq, self.now_ns - 40_000_000)
        self._seq += 1
        return self.engine.values(values, fresh=values, stamp=stamp, now_ns=self.now_ns)

    def parts(self, **seen: bool) -> list[str]:
        """Let parts be seen or not."""
        return words(self.engine.parts(seen, now_ns=self.now_ns))

    def key(self, name: str, value: float = 1.0, *, kind: Literal["key", "midi"] = "key") -> list[str]:
        """Press or let go a key."""
        return words(self.engine.signal(Signal(kind, name, value, self.now_ns)))

    def facts(self, **facts: str) -> list[str]:
        """Let the clients know something."""
        return words(self.engine.facts(facts, now_ns=self.now_ns))

    def state(self, name: str = "rule") -> RuleState:
        """Return what a rule is doing."""
        return next(state for state in self.engine.states() if state.name == name)

    def notes(self) -> list[str]:
        """Return what was noted since the last call."""
        return [f"{note.rule}: {note.verdict}, {note.text} [{note.cause}]" for note in self.engine.take_notes()]


def words(decisions: Sequence[Decision]) -> list[str]:
    """Return decisions in words: `A`, `light purple`, `Restore(rule)`, `Panic()`."""
    return [_word(decision) for decision in decisions]


def _word(decision: Decision) -> str:
    if not isinstance(decision, Order):
        return f"{type(decision).__name__}({decision.rule})"
    action = decision.action
    return action.scene if isinstance(action, Scene) else f"{action.action} {getattr(action, 'color', None) or ''}".strip()
