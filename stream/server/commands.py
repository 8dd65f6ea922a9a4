"""What a client may ask: parsing and checking of every message that comes in.

Owns the wording of refusals. Pure; knows nothing of sockets. A client's message becomes a value (`Hello`, `Subscribe`,
`Seen`, or a `Command`) or a `Refused` whose text is one sentence for the client.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Final, Literal

from stream.server.messages import FRAMINGS, PICTURE_TOPICS, PROTOCOL, TOPICS, Framing

MAX_MESSAGE_BYTES: Final = 16 * 1024
"""Longest message a client may send."""
CalibrationRequest = Literal["neutral", "range", "stop", "reset"]
CALIBRATION_REQUESTS: Final[tuple[CalibrationRequest, ...]] = ("neutral", "range", "stop", "reset")
TriggerRequest = Literal["fire", "enable", "disable", "panic", "resume", "retry"]
TRIGGER_REQUESTS: Final[tuple[TriggerRequest, ...]] = ("fire", "enable", "disable", "panic", "resume", "retry")
GestureRequest = Literal["record", "stop", "train", "remove"]
GESTURE_REQUESTS: Final[tuple[GestureRequest, ...]] = ("record", "stop", "train", "remove")
_MAX_NAME: Final = 200
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")


class Refused(Exception):
    """A client's message cannot be taken; `str()` is one sentence for the client."""

    request_id: str | int | None = None
    """The client's own number of the message that is refused."""


class Malformed(Refused):
    """Not even JSON with a `type`: the client is broken, and the connection is closed."""


@dataclass(frozen=True, slots=True)
class Hello:
    """First message of every client."""

    protocol: int
    token: str | None


@dataclass(frozen=True, slots=True)
class Subscribe:
    """The topics a client wants from now on; replaces what it wanted before."""

    topics: frozenset[str]


@dataclass(frozen=True, slots=True)
class Seen:
    """So many more pictures of a topic have left the client's hands: drawn, or replaced by a newer one."""

    topic: str
    count: int


@dataclass(frozen=True, slots=True)
class Change:
    """New values of settings; None leaves a setting as it is."""

    mirror: bool | None = None
    background: str | None = None
    """`#rrggbb`, lower case."""
    avatar: str | None = None
    framing: Framing | None = None
    show_camera: bool | None = None

    def values(self) -> dict[str, object]:
        """Return only what changes, by name: `dataclasses.replace(settings, **change.values())`."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name)) is not None}


@dataclass(frozen=True, slots=True)
class Calibrate:
    """Begin a calibration pass, break it off, or forget the calibration."""

    request: CalibrationRequest = "neutral"


@dataclass(frozen=True, slots=True)
class TriggerCommand:
    """Fire a rule now, switch it on or off; stop everything, and go on; or connect again."""

    what: TriggerRequest
    rule: str = ""
    """Empty for panic and resume, which are for all, and for retry."""
    connection: str = ""
    """Which is tried again."""


@dataclass(frozen=True, slots=True)
class GestureCommand:
    """Teach a gesture: record a take of it, break off, train, or forget one."""

    what: GestureRequest
    name: str = ""
    """Which gesture; stop and train need none."""


Command = Change | Calibrate | TriggerCommand | GestureCommand
"""What reaches the pipeline."""
COMMAND_NAMES: Final[dict[type[Command], str]] = {
    Change: "set",
    Calibrate: "calibrate",
    TriggerCommand: "trigger",
    GestureCommand: "gesture",
}
"""As which `type` a client sends a command."""


@dataclass(frozen=True, slots=True)
class Request:
    """A parsed message and the client's own number for it, which the answer repeats."""

    content: Hello | Subscribe | Seen | Command
    request_id: str | int | None


def parse(text: str | bytes) -> Request:
    """Parse one message of a client.

    Raises:
        Malformed: it is not a JSON object with a `type`.
        Refused: it is, but a value is not what the protocol allows.
    """
    if isinstance(text, bytes):
        raise Malformed("a message must be JSON text, got binary data; see docs/protocol.md")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("a message must be JSON text, got something else; see docs/protocol.md") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise Malformed('a message must be a JSON object with a "type"; see docs/protocol.md')
    parser = _PARSERS.get(message["type"])
    if parser is None:
        raise Refused(f"type must be one of {', '.join(_PARSERS)}, got {_shown(message['type'])}")
    request_id = _request_id(message)
    try:
        return Request(parser(message), request_id)
    except Refused as refusal:
        refusal.request_id = request_id
        raise


def _hello(message: dict[str, object]) -> Hello:
    protocol, token = message.get("protocol"), message.get("token")
    if not isinstance(protocol, int) or isinstance(protocol, bool):
        raise Refused(f"hello.protocol must be the integer {PROTOCOL}, got {_shown(protocol)}")
    if token is not None and not isinstance(token, str):
        raise Refused("hello.token must be text, got something else")
    return Hello(protocol, token)


def _subscribe(message: dict[str, object]) -> Subscribe:
    topics = message.get("topics")
    if not isinstance(topics, list):
        raise Refused(f"subscribe.topics must be a list of {', '.join(TOPICS)}, got {_shown(topics)}")
    for topic in topics:
        _one_of("subscribe.topics", topic, TOPICS)
    return Subscribe(frozenset(topics))


def _seen(message: dict[str, object]) -> Seen:
    topic, count = _one_of("seen.topic", message.get("topic"), PICTURE_TOPICS), message.get("count")
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise Refused(f"seen.count must be a positive integer, got {_shown(count)}")
    return Seen(topic, count)


def _change(message: dict[str, object]) -> Change:
    settings = message.get("settings")
    if not isinstance(settings, dict) or not settings:
        raise Refused(f"set.settings must be an object with some of {', '.join(_SETTINGS)}, got {_shown(settings)}")
    values: dict[str, object] = {}
    for name, value in settings.items():
        if name not in _SETTINGS:
            raise Refused(f"{_shown(name)} is not a setting; known: {', '.join(_SETTINGS)}")
        values[name] = _SETTINGS[name](f"settings.{name}", value)
    return Change(**values)  # type: ignore[arg-type]  # each was checked by its own rule


def _calibrate(message: dict[str, object]) -> Calibrate:
    return Calibrate(_one_of("calibrate.pass", message.get("pass", "neutral"), CALIBRATION_REQUESTS))  # type: ignore[arg-type]


def _trigger(message: dict[str, object]) -> TriggerCommand:
    what: TriggerRequest = _one_of("trigger.what", message.get("what"), TRIGGER_REQUESTS)  # type: ignore[assignment]
    if what in ("panic", "resume"):
        return TriggerCommand(what)
    if what == "retry":
        return TriggerCommand(
            what, connection=_text("trigger.connection", message.get("connection"), "the name of a connection")
        )
    return TriggerCommand(what, _text("trigger.rule", message.get("rule"), "the name of a rule"))


def _gesture(message: dict[str, object]) -> GestureCommand:
    what: GestureRequest = _one_of("gesture.what", message.get("what"), GESTURE_REQUESTS)  # type: ignore[assignment]
    if what in ("stop", "train"):
        return GestureCommand(what)
    return GestureCommand(what, _text("gesture.name", message.get("name"), "the name of a gesture"))


_PARSERS: Final[dict[str, Callable[[dict[str, object]], Hello | Subscribe | Seen | Command]]] = {
    "hello": _hello,
    "subscribe": _subscribe,
    "seen": _seen,
    "set": _change,
    "calibrate": _calibrate,
    "trigger": _trigger,
    "gesture": _gesture,
}


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise Refused(f"{name} must be true or false, got {_shown(value)}")
    return value


def _colour(name: str, value: object) -> str:
    if not isinstance(value, str) or not _COLOUR.fullmatch(value):
        raise Refused(f'{name} must be a colour such as "#00ff00", got {_shown(value)}')
    return value.lower()


def _name(name: str, value: object) -> str:
    return _text(name, value, "the name of an avatar")


def _text(name: str, value: object, what: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_NAME:
        raise Refused(f"{name} must be {what}, got {_shown(value)}")
    return value


def _framing(name: str, value: object) -> str:
    return _one_of(name, value, FRAMINGS)


_SETTINGS: Final[dict[str, Callable[[str, object], object]]] = {
    "mirror": _flag,
    "background": _colour,
    "avatar": _name,
    "framing": _framing,
    "show_camera": _flag,
}


def _one_of(name: str, value: object, allowed: Iterable[str]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise Refused(f"{name} must be one of {', '.join(allowed)}, got {_shown(value)}")
    return value


def _request_id(message: dict[str, object]) -> str | int | None:
    request_id = message.get("id")
    if isinstance(request_id, str) and len(request_id) <= _MAX_NAME:
        return request_id
    return request_id if isinstance(request_id, int) and not isinstance(request_id, bool) else None


def _shown(value: object) -> str:
    """Return a value as JSON, cut short: a client must not make us echo kilobytes."""
    try:
        text = json.dumps(value)
    except RecursionError:
        return "something nested too deep"
    return text if len(text) <= 40 else f"{text[:37]}..."
