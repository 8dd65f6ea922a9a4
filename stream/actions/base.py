"""The contract of everything that a trigger can do: `Action` (what), `Connection` (where, as configured) and `Client` (how).

Owns these bases, the errors that a client may raise, and the values that pass between the rules, the dispatcher and the
clients. Knows nothing of any particular device. The dispatcher (`dispatcher.py`) owns queues, rates, merging, time-outs and
reconnecting; a client only connects, performs one action at a time, and says what it knows.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from trackers.errors import PosecastError, UserError
from trackers.gestures.types import Gesture


class Unreachable(PosecastError):
    """The other side does not answer or went away; the dispatcher tries again with growing pauses. One sentence."""


class Rejected(UserError):
    """The other side will not have us until the user changes something (a wrong password, no permission): no more attempts."""


class Refused(PosecastError):
    """This one action cannot be done (no such scene); the connection is fine. One sentence that names near matches."""


class Action(BaseModel):
    """One thing to do, as a rule writes it: `{ action = "obs.scene", scene = "BRB" }`. Subclasses add fields.

    A subclass has `action: Literal["group.name"]` and `kinds`. Fields are checked when the rule is loaded; whether a scene or
    a lamp of that name exists, when the client is connected (`Client.check`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: ClassVar[tuple[str, ...]]
    """Kinds of connection that can do it; none: it needs no connection (the rules themselves do it)."""

    shown: ClassVar[tuple[str, ...] | None] = None
    """Fields that anybody may see, in the panel, the log and the terminal; None: all. What may hold a secret is not one."""

    action: str
    target: str = Field("", description="which connection does it; empty: the only one that can")

    @property
    def merge_key(self) -> str | None:
        """Of two actions that wait for one client with the same key, the newer replaces the older; None: each is done.

        What sets a state (a scene, a colour) merges; what happens (a message, a sound) does not.
        """
        return None

    @property
    def subject(self) -> tuple[str, ...]:
        """What it changes, from the whole to the part: ("light", "desk") is a part of ("light",).

        Of two rules that changed the same, or one a part of the other, what the first found comes back when both have ended;
        and an order never overtakes another that is about the same.
        """
        return (self.action,) if self.merge_key is None else (self.action, self.merge_key)

    def overlaps(self, other: "Action") -> bool:
        """Tell whether both are about the same, or one is about a part of the other's."""
        return all(mine == theirs for mine, theirs in zip(self.subject, other.subject, strict=False))

    def told(self) -> dict[str, Any]:
        """Return what is set of the fields that anybody may see."""
        names = self.model_fields_set - {"action", "target"}
        shown = type(self).model_fields if self.shown is None else self.shown
        return {name: getattr(self, name) for name in shown if name in names}

    def lacking(self) -> str | None:
        """Return what it needs of this computer's files and is not there, in one sentence; None if nothing is missing."""
        return None


class Connection(BaseModel):
    """One thing out there, as configured under `[connections.NAME]`. Subclasses add fields and make the client."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    implicit: ClassVar[bool] = False
    """Whether one with default values, named as its kind, is there without being configured when a rule needs it."""

    facts: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """What its client may tell of the other side (`Client.facts`), each with all values that it can have; none: any text."""

    secrets: ClassVar[tuple[str, ...]] = ()
    """What is kept for it in the keyring, under `NAME.password`, and never stands in a file: `password`, `token`."""

    kind: str
    timeout_s: float = Field(3.0, gt=0, le=60, description="an action that takes longer has failed")
    rate_hz: float = Field(10.0, gt=0, le=1000, description="at most so many actions a second; newer ones replace waiting ones")

    def client(self, name: str, *, tools: "Tools") -> "Client[Any]":
        """Return the client, not yet connected. Cheap: no socket is opened, no package imported that is not installed."""
        raise NotImplementedError

    def gestures_named(self) -> tuple[str, ...]:
        """Return the gestures that the settings name, to be checked against those that there are."""
        return ()

    def barred(self, name: str) -> str | None:
        """Return why nothing can be done by it as it is configured under that name, in one sentence; None if it can."""
        return None

    def lacks(self, action: Action, name: str) -> str | None:
        """Return why this action of one of its kinds cannot be done as it is configured under that name, in one sentence; None
        if it can, as far as that is known without connecting.
        """
        return None

    def stream_rate_hz(self) -> float:
        """Return how many streamed actions (mapped values) a second it takes; may be more than `rate_hz`."""
        return self.rate_hz


@dataclass(frozen=True, slots=True)
class Tools:
    """What clients are lent by the program."""

    secret: Callable[[str], str | None]
    """Returns the secret stored under a name such as `obs.password`, or None. Never put one into a log, an error or a repr."""
    store_secret: Callable[[str, str], object]
    publish: Callable[[Mapping[str, object]], None] = field(default=lambda message: None)
    """Sends an effect to the pages that show effects."""
    effect_pages: Callable[[], int] | None = None
    """Returns how many of these pages are open, on any thread; None: that is not known."""
    effects_url: Callable[[], str] = field(default=lambda: "/overlay/events")
    """Returns their address; empty: the server is off."""
    redraw: Callable[[Mapping[str, Any]], object] | None = None
    """Changes what is drawn: `avatar`, `framing`. Raises a UserError if it cannot be; None: nothing is drawn here."""
    drawn: Callable[[], Mapping[str, Any]] = field(default=dict)
    """Returns what is drawn now, by these names, and as `is_changing` whether another avatar is being prepared."""
    is_ending: Callable[[], bool] = field(default=lambda: False)
    """Whether the program is ending, and what it draws with it."""
    tell: Callable[[str, str, Literal["info", "warning", "error"]], None] = field(default=lambda name, text, level: None)
    """Tells the user something: dotted name, one sentence, level."""
    asked: "dict[str, asyncio.Future[str | None]]" = field(default_factory=dict)
    """Secrets that are being asked for right now, by name; `secret_of`'s own."""


@dataclass(frozen=True, slots=True)
class Order:
    """An action that is to be done now, and why."""

    action: Action
    rule: str
    """Name of the rule that asks."""
    cause: str
    """For people: `t_pose (0.93)`."""
    captured_ns: int | None = None
    """`Stamp.captured_ns` of the frame that caused it; None if none did."""
    remember: bool = False
    """Capture the state before, so that `Dispatcher.restore(rule)` brings it back."""
    undoing: bool = False
    """It undoes what a rule did: a panic lets it be done."""
    streamed: bool = False
    """One of many a second, of a mapped value: no fade, the cheapest way there is, no acknowledgement awaited."""
    details: Mapping[str, str | float] = field(default_factory=dict)
    """What templates may use: `gesture`, `confidence`, `value`, `rule` …"""


C = TypeVar("C", bound=Connection)


class Client(ABC, Generic[C]):
    """Talks to one thing out there. Lives on the dispatcher's asyncio loop; all its methods are called there, one at a time
    (but `wait_lost` and `publish_gesture`, which run beside them). After `close` it may be connected again.
    """

    def __init__(self, name: str, connection: C, *, tools: Tools) -> None:
        self.name = name
        """As configured: `[connections.NAME]`."""
        self.connection = connection
        self.tools = tools
        self.facts: dict[str, str] = {}
        """What it knows of the other side, kept up to date, for the `while` of rules: {"scene": "Game"}."""
        self.steps = 0
        """Grows with each step of an action that takes several (a room, lamp by lamp): at its end the program waits for what
        gets on."""

    @abstractmethod
    async def connect(self) -> str:
        """Connect; return one line for people (`OBS 32.0, 3 scenes`).

        Raises:
            Unreachable: not now; it will be tried again.
            Rejected: never, as things are.
        """

    @abstractmethod
    async def perform(self, order: Order) -> None:
        """Do `order.action`, and return when it is done as far as the protocol tells.

        Raises:
            Refused: this action cannot be done.
            Unreachable: the connection is gone; the dispatcher connects again and tries the action once more.
        """

    async def capture(self, action: Action) -> Action | None:
        """Return the action that brings back what `action` is about to change, or None if there is nothing to bring back.

        Raises:
            Unreachable, Refused: as for `perform`.
        """
        return None

    def check(self, action: Action) -> str | None:
        """Return what is wrong with an action of the rules as far as the other side is known now (after `connect`): one
        sentence, with the near matches; None if nothing is.
        """
        return None

    async def halt(self) -> None:
        """Stop at once what goes on by itself: sounds, fades. A panic asks for it, before anything is brought back."""

    def detail(self) -> str | None:
        """Return what people are told of the connection while it is ready, if that changes by itself. Called on any thread;
        returns at once. Default None: what `connect` returned.
        """
        return None

    async def publish_gesture(self, gesture: Gesture) -> None:
        """Take every gesture as it is told, for clients that pass them on. Never raises. Default: it is of no interest."""

    async def publish_tracking(self, state: str) -> None:
        """Take whether a person is tracked (`found`, `lost`), when that changes. Never raises. Default: of no interest."""

    async def wait_lost(self) -> None:
        """Return when the other side has gone, so that it is connected again before it is needed. Default: never knows."""
        await asyncio.Event().wait()

    @abstractmethod
    async def close(self) -> None:
        """Let go of everything, also of a half-made connection. Idempotent, quick (under a second), never raises."""


Outcome = Literal["done", "replaced", "refused", "failed", "dropped", "dry"]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of an order."""

    order: Order
    outcome: Outcome
    """done; replaced: a newer one with the same merge key came while it waited; refused: it cannot be done; failed: timed out
    or unreachable; dropped: a panic, or the end of the program; dry: only written down."""
    text: str
    """One sentence for people; empty if done."""
    at_ns: int
    latency_ms: float | None
    """From the frame that caused it to the end of `perform`."""
    may_be_done: bool = False
    """It failed because no answer came in time: the other side may have done it all the same."""


ConnectionState = Literal["idle", "connecting", "ready", "retrying", "rejected"]


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """What one connection is doing, for the panel."""

    name: str
    kind: str
    state: ConnectionState
    detail: str
    """One line for people."""


async def secret_of(tools: Tools, name: str) -> str | None:
    """Return the secret of that name, or None. The keyring is asked in a thread: a person may have to unlock it.

    However often it is asked for meanwhile, the person is asked once.

    Raises:
        Rejected: it cannot be had.
    """
    asked = tools.asked.get(name)
    if asked is None:
        asked = tools.asked[name] = asyncio.get_running_loop().run_in_executor(None, tools.secret, name)
        asked.add_done_callback(lambda answer: _forget(tools, name, answer))
    try:
        return await asyncio.shield(asked)
    except UserError as error:
        raise Rejected(str(error)) from None


def _forget(tools: Tools, name: str, answer: "asyncio.Future[str | None]") -> None:
    tools.asked.pop(name, None)
    if not answer.cancelled():
        answer.exception()  # whoever asked may be gone: then nobody wants it
