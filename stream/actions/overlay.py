"""Effects on the page `/overlay/events`: emotes, text, confetti.

Owns the actions' fields and how they go to the page. Knows nothing of sockets, or of how an effect looks (`server/web/`).
"""

from typing import ClassVar, Final, Literal

from pydantic import Field, field_validator, model_validator

from stream.actions import colours
from stream.actions.base import Action, Client, Connection, Order, Refused, Tools
from stream.actions.emotes import emote_names, emotes_folder
from stream.actions.templates import checked_template, fill
from trackers.errors import UserError
from trackers.spelling import near

_CONFETTI: Final = ("#ff4f81", "#ffb347", "#ffe66d", "#4cd3a2", "#4ea8ff", "#b07cff")


class _Effect(Action):
    kinds: ClassVar = ("overlay",)


class OverlayEmote(_Effect):
    """Let emotes fly: emoji or a word, or a picture of the folder `emotes`."""

    action: Literal["overlay.emote"] = "overlay.emote"
    emote: str = Field("", max_length=24, description="emoji or a short word: 💜")
    image: str = Field("", max_length=120, description="a file in the folder emotes: wave.png")
    count: int = Field(12, ge=1, le=100, description="how many")
    motion: Literal["rise", "burst", "rain"] = Field("rise", description="from below, from the middle, or from above")
    size: float = Field(12.0, ge=2, le=60, description="per cent of the page's height")

    @model_validator(mode="after")
    def _one_of_two(self) -> "OverlayEmote":
        if bool(self.emote) == bool(self.image):
            raise ValueError('needs emote = "💜" or image = "wave.png", one of the two')
        return self

    def lacking(self) -> str | None:
        names = emote_names() if self.image else []
        if not self.image or self.image in names:
            return None
        return f"no picture {self.image!r} lies in {emotes_folder()}; {near(self.image, names)}"


class OverlayText(_Effect):
    """Show a line of text, which may hold `{gesture}`, `{confidence}`, `{value}`, `{rule}`, `{cause}`."""

    action: Literal["overlay.text"] = "overlay.text"
    text: str = Field(min_length=1, max_length=200, description="what is shown")
    seconds: float = Field(3.0, ge=0.5, le=60, description="how long, in and out included")
    style: Literal["pop", "banner", "neon"] = Field("pop", description="big in the middle, a band below, or a glow")
    color: str = Field("", description="of the letters; empty: the style's own")

    @field_validator("text")
    @classmethod
    def _holes(cls, text: str) -> str:
        checked_template(text, secrets=False)
        return text

    @field_validator("color")
    @classmethod
    def _colour(cls, color: str) -> str:
        return _hex(color) if color else ""


class OverlayConfetti(_Effect):
    """Throw confetti from both lower corners."""

    action: Literal["overlay.confetti"] = "overlay.confetti"
    seconds: float = Field(2.0, ge=0.1, le=20, description="how long it is thrown; it falls for a little longer")
    colors: tuple[str, ...] = Field(_CONFETTI, min_length=1, max_length=12, description="of the pieces")

    @field_validator("colors")
    @classmethod
    def _colours(cls, colors: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_hex, colors))


class OverlayConnection(Connection):
    """Our own effects page; there without being configured."""

    implicit: ClassVar = True

    kind: Literal["overlay"] = "overlay"

    def client(self, name: str, *, tools: Tools) -> "OverlayClient":
        return OverlayClient(name, self, tools=tools)


class OverlayClient(Client[OverlayConnection]):
    """Publishes what the page is to show. Nothing is kept for later: with no page open, an effect is refused."""

    async def connect(self) -> str:
        return self.detail() or f"effects on the page {self.tools.effects_url()}"

    def detail(self) -> str | None:
        if self.tools.effect_pages is None:
            return None
        pages = self.tools.effect_pages()
        return self._nobody() if pages == 0 else "1 page listens" if pages == 1 else f"{pages} pages listen"

    def _nobody(self) -> str:
        if not (url := self.tools.effects_url()):
            return "no page can show effects, for the overlay's server is off; start with --sink overlay"
        return f"0 pages listen; add {url} to OBS as a browser source"

    def check(self, action: Action) -> str | None:
        return action.lacking()

    async def perform(self, order: Order) -> None:
        action = order.action
        if wrong := self.check(action):
            raise Refused(wrong)
        if self.tools.effect_pages is not None and self.tools.effect_pages() == 0:
            raise Refused(self._nobody())
        match action:
            case OverlayEmote():
                fields = action.model_dump(include={"emote", "image", "count", "motion", "size"})
                self.tools.publish(effect_message("emote", **fields))
            case OverlayText():
                fields = action.model_dump(include={"seconds", "style", "color"})
                self.tools.publish(effect_message("text", text=fill(action.text, order), **fields))
            case OverlayConfetti():
                self.tools.publish(effect_message("confetti", seconds=action.seconds, colors=list(action.colors)))

    async def halt(self) -> None:
        self.tools.publish(effect_message("clear"))

    async def close(self) -> None:
        pass


def effect_message(effect: Literal["emote", "text", "confetti", "clear"], **fields: object) -> dict[str, object]:
    """Return what the page is told to show; the fields are those of the action `overlay.…` that asks for it."""
    return {"type": "effect", "effect": effect, **fields}


def _hex(color: str) -> str:
    try:
        return colours.parse(color).to_hex()
    except UserError as error:
        raise ValueError(str(error)) from None


ACTIONS: Final = (OverlayEmote, OverlayText, OverlayConfetti)
CONNECTIONS: Final = (OverlayConnection,)
