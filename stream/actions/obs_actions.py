"""What a rule can ask of OBS: the actions and their fields; and the settings of the connection.

Owns their checking when a rule is loaded and what merging means for them. Knows no scene list and no request of the wire: those
are `obs_world.py`'s and `obs_requests.py`'s.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from stream.actions.base import Action, Connection
from stream.actions.obs_keys import parse_keys
from stream.actions.templates import checked_template
from stream.hosts import Host


def _as_switch(value: object) -> object:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


Switch = Annotated[Literal["on", "off", "toggle"], BeforeValidator(_as_switch)]
"""`on`, `off` or `toggle`; true and false are taken for on and off."""


_ON_OFF: Final = ("on", "off")
FACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "scene": (),
    "preview": (),
    "transition": (),
    "studio mode": _ON_OFF,
    "recording": (*_ON_OFF, "paused"),
    "streaming": (*_ON_OFF, "paused"),
    "replay": (*_ON_OFF, "paused"),
    "virtual camera": (*_ON_OFF, "paused"),
}
"""What rules may ask of OBS (`World.facts`), with all values that it can have."""


class ObsSettings(Connection):
    """OBS Studio 28 or newer, through its built-in WebSocket server. The password is the secret `NAME.password`."""

    implicit: ClassVar[bool] = True
    facts: ClassVar[Mapping[str, tuple[str, ...]]] = FACTS
    secrets: ClassVar[tuple[str, ...]] = ("password",)

    kind: Literal["obs"] = "obs"
    host: Host = Field("127.0.0.1", description="the computer that OBS runs on")
    port: int = Field(4455, ge=1, le=65535, description="as in OBS under Tools -> WebSocket Server Settings")
    rate_hz: float = Field(10.0, gt=0, le=10, description="at most so many calls a second; more makes OBS sluggish")


class ObsAction(Action):
    """Base of all that OBS can do."""

    kinds: ClassVar[tuple[str, ...]] = ("obs",)

    repeatable: ClassVar[bool] = True
    """Whether doing it twice is the same as doing it once, so that it may be repeated when an answer went missing."""

    @property
    def may_repeat(self) -> bool:
        """Return whether this very one may be done again without harm: `repeatable`, and no toggle."""
        return self.repeatable and "toggle" not in self.model_dump().values()

    def _state_key(self, key: str) -> str | None:
        return f"obs:{key}" if self.may_repeat else None


class Scene(ObsAction):
    """Put a scene on air, or into the preview of studio mode."""

    action: Literal["obs.scene"] = "obs.scene"
    scene: str = Field(min_length=1, description="the scene's name in OBS")
    transition: str = Field("", description="with which transition; it stays chosen. Empty: the one chosen in OBS")
    preview: bool = Field(False, description="into the preview of studio mode instead of on air")

    @property
    def merge_key(self) -> str | None:
        return self._state_key("preview" if self.preview else "scene")


class Source(ObsAction):
    """Show or hide a source of a scene."""

    action: Literal["obs.source"] = "obs.source"
    source: str = Field(min_length=1, description="the source's name in OBS")
    scene: str = Field("", description="in which scene or group; empty: in the one that is on air")
    visible: Switch = Field("on", description="on, off or toggle")

    @property
    def merge_key(self) -> str | None:
        return self._state_key(f"source:{self.scene}:{self.source}")


class Filter(ObsAction):
    """Switch a filter of a source or scene."""

    action: Literal["obs.filter"] = "obs.filter"
    source: str = Field(min_length=1, description="the source or scene that has the filter")
    filter: str = Field(min_length=1, description="the filter's name in OBS")
    enabled: Switch = Field("on", description="on, off or toggle")

    @property
    def merge_key(self) -> str | None:
        return self._state_key(f"filter:{self.source}:{self.filter}")


class Mute(ObsAction):
    """Mute an audio input."""

    action: Literal["obs.mute"] = "obs.mute"
    input: str = Field(min_length=1, description="the audio input's name in OBS")
    mute: Switch = Field("on", description="on, off or toggle")

    @property
    def merge_key(self) -> str | None:
        return self._state_key(f"mute:{self.input}")


class Volume(ObsAction):
    """Set the volume of an audio input."""

    action: Literal["obs.volume"] = "obs.volume"
    input: str = Field(min_length=1, description="the audio input's name in OBS")
    db: float | None = Field(None, ge=-100, le=26, description="decibels; 0 is unchanged, -100 silent")
    percent: float | None = Field(None, ge=0, le=2000, description="of full amplitude, as in OBS's Advanced Audio Properties")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.db is None) == (self.percent is None):
            raise ValueError("obs.volume needs either db or percent")
        return self

    @property
    def merge_key(self) -> str | None:
        return self._state_key(f"volume:{self.input}")


class Hotkey(ObsAction):
    """Trigger a hotkey of OBS, by its internal name or by the keys that are set for it in OBS."""

    repeatable: ClassVar[bool] = False

    action: Literal["obs.hotkey"] = "obs.hotkey"
    name: str = Field("", description="OBS's own name of it, such as OBSBasic.Screenshot")
    keys: str = Field("", description="keys as set in OBS's Settings -> Hotkeys, such as ctrl+shift+f9")

    @field_validator("keys")
    @classmethod
    def _readable(cls, keys: str) -> str:
        if keys:
            parse_keys(keys)
        return keys

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.name) == bool(self.keys):
            raise ValueError("obs.hotkey needs either name or keys")
        return self


class Media(ObsAction):
    """Play, pause or step through a media source."""

    repeatable: ClassVar[bool] = False

    action: Literal["obs.media"] = "obs.media"
    input: str = Field(min_length=1, description="the media source's name in OBS")
    do: Literal["play", "pause", "restart", "stop", "next", "previous"] = "restart"


class Record(ObsAction):
    """Start, stop or pause OBS's recording."""

    action: Literal["obs.record"] = "obs.record"
    do: Literal["start", "stop", "toggle", "pause", "resume"]


class Stream(ObsAction):
    """Go live, or end the stream."""

    action: Literal["obs.stream"] = "obs.stream"
    do: Literal["start", "stop", "toggle"]


class Replay(ObsAction):
    """Start or stop the replay buffer, or save what it holds."""

    action: Literal["obs.replay"] = "obs.replay"
    do: Literal["start", "stop", "save"] = "save"

    @property
    def may_repeat(self) -> bool:
        return self.do != "save"


class VirtualCamera(ObsAction):
    """Start or stop OBS's own virtual camera."""

    action: Literal["obs.virtualcam"] = "obs.virtualcam"
    do: Literal["start", "stop", "toggle"]


class Text(ObsAction):
    """Set the text of a text source."""

    action: Literal["obs.text"] = "obs.text"
    source: str = Field(min_length=1, description="the text source's name in OBS")
    text: str = Field(description="what it shows; {gesture} and its like are filled in")

    @field_validator("text")
    @classmethod
    def _known_holes(cls, text: str) -> str:
        return str(checked_template(text, secrets=False))

    @property
    def merge_key(self) -> str | None:
        return self._state_key(f"text:{self.source}")


class Transition(ObsAction):
    """Take the preview of studio mode on air, or choose the transition that OBS uses from now on."""

    repeatable: ClassVar[bool] = False

    action: Literal["obs.transition"] = "obs.transition"
    transition: str = Field("", description="with which transition; it stays chosen. Empty: the one chosen in OBS")
    duration_s: float | None = Field(None, ge=0.05, le=20, description="how long it takes; left out: as set in OBS")


ACTIONS: Final[tuple[type[Any], ...]] = (
    *(Scene, Source, Filter, Mute, Volume, Hotkey, Media, Record, Stream, Replay, VirtualCamera, Text, Transition),
)
