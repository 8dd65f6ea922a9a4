"""Keys pressed for the focused program: `keys.press`. Only where the user allowed it.

Owns pressing in order and letting go whatever happens. Knows nothing of rules; names are `key_names`', the system `keyboard`'s.
"""

import asyncio
import platform
from typing import Any, ClassVar, Final, Literal

from pydantic import Field, field_validator

from stream.actions.base import Action, Client, Connection, Order, Refused, Rejected, Tools, Unreachable
from stream.actions.key_names import normal_keys, split_keys
from stream.actions.keyboard import key_of, load_keyboard, no_display, on_wayland
from trackers.errors import UserError


class KeysPress(Action):
    """Press keys together, hold them, let go."""

    kinds: ClassVar = ("keys",)

    action: Literal["keys.press"] = "keys.press"
    keys: str = Field(description="ctrl+shift+f9")
    hold_s: float = Field(0.05, ge=0.01, le=5, description="how long they are held")

    @field_validator("keys")
    @classmethod
    def _known(cls, keys: str) -> str:
        try:
            return normal_keys(keys)
        except UserError as error:
            raise ValueError(str(error)) from None


class KeysConnection(Connection):
    """The keyboard of this machine."""

    kind: Literal["keys"] = "keys"
    allow: bool = Field(False, description="true: rules may press keys in whatever program has the focus")
    timeout_s: float = Field(8.0, gt=0, le=60, description="an action that takes longer has failed; its keys are let go")

    def client(self, name: str, *, tools: Tools) -> "KeysClient":
        return KeysClient(name, self, tools=tools)

    def barred(self, name: str) -> str | None:
        return None if self.allow else f"keys are pressed only if allowed; write allow = true under [connections.{name}]"


class KeysClient(Client[KeysConnection]):
    """Presses keys as a person would, one after the other."""

    _keyboard: Any = None
    _controller: Any = None

    async def connect(self) -> str:
        if why := self.connection.barred(self.name):
            raise Rejected(why)
        await self.close()
        try:
            self._keyboard, self._controller = await asyncio.to_thread(_open)
        except UserError as error:
            raise Rejected(str(error)) from None
        if on_wayland():
            return "keys, but only for programs under XWayland; an X11 session reaches all"
        return f"keys of {platform.system()}"

    def check(self, action: Action) -> str | None:
        if not isinstance(action, KeysPress) or self._keyboard is None:
            return None
        lacking = [name for name in split_keys(action.keys) if key_of(self._keyboard, name) is None]
        return f"this system has no key {lacking[0]!r}; take another than {action.keys}" if lacking else None

    async def perform(self, order: Order) -> None:
        assert isinstance(order.action, KeysPress)
        if self._controller is None:
            raise Unreachable("the keyboard is closed")
        if wrong := self.check(order.action):
            raise Refused(wrong)
        keys = [self._key(name) for name in split_keys(order.action.keys)]
        pressed: list[Any] = []
        try:
            for key in keys:
                pressed.append(key)
                self._touch(self._controller.press, key)
            await asyncio.sleep(order.action.hold_s)
        finally:
            for key in reversed(pressed):
                self._touch(self._controller.release, key)

    def _key(self, name: str) -> Any:
        """Return pynput's key; on X by its symbol, because letters else go to one window as events that many ignore."""
        if len(name) == 1 and hasattr(self._controller, "keyboard_mapping"):
            _, shift = self._controller.keyboard_mapping.get(ord(name), (0, 1))
            if name.isascii() and not shift:
                return self._keyboard.KeyCode.from_vk(ord(name))
        return key_of(self._keyboard, name)

    def _touch(self, touch: Any, key: Any) -> None:
        """Press or let go, well under a millisecond; not in a thread, which could still press after the letting go."""
        try:
            touch(key)
        except Exception as error:  # the back end's own kind; the screen may be gone
            raise Unreachable(
                f"keys cannot be pressed any more ({type(error).__name__}); see whether the desktop is there"
            ) from None

    async def close(self) -> None:
        self._controller = None  # pynput lets go of the screen with its last reference


def _open() -> tuple[Any, Any]:
    keyboard = load_keyboard()
    try:
        return keyboard, keyboard.Controller()
    except Exception:  # the screen of the first import is gone
        raise no_display() from None


ACTIONS: Final = (KeysPress,)
CONNECTIONS: Final = (KeysConnection,)
