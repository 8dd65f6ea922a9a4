"""What is drawn, changed by rules: another avatar, another framing.

Owns the actions and the wait until an avatar is there. What really changes is the program's, lent as `Tools.redraw`. Knows
nothing of renderers.
"""

import asyncio
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from stream.actions.base import Action, Client, Connection, Order, Refused, Rejected, Tools
from trackers.errors import UserError
from trackers.spelling import near

_LOOK_S: Final = 0.05


class _Change(Action):
    kinds: ClassVar = ("avatar",)

    @property
    def merge_key(self) -> str:
        """There is one avatar."""
        return ""


class AvatarShow(_Change):
    """Show another avatar; it comes when it is ready, in a second or a few."""

    action: Literal["avatar.show"] = "avatar.show"
    avatar: str = Field(min_length=1, description="a name of `python run.py avatar list`")

    def lacking(self) -> str | None:
        from stream.avatars import names  # it knows every renderer: not loaded for nothing

        known = names()
        return None if self.avatar in known else f"no avatar is named {self.avatar!r} here; {near(self.avatar, known)}"


class AvatarFraming(_Change):
    """Show more or less of the avatar."""

    action: Literal["avatar.framing"] = "avatar.framing"
    framing: Literal["bust", "upper", "full"] = Field(description="head and shoulders, to the hips, or all")


class AvatarConnection(Connection):
    """The avatar of this program; there without being configured."""

    implicit: ClassVar = True

    kind: Literal["avatar"] = "avatar"
    timeout_s: float = Field(20.0, gt=0, le=60, description="an avatar that is not ready by then has failed")

    def client(self, name: str, *, tools: Tools) -> "AvatarClient":
        return AvatarClient(name, self, tools=tools)


class AvatarClient(Client[AvatarConnection]):
    """Changes what the program draws."""

    async def connect(self) -> str:
        if self.tools.redraw is None:
            raise Rejected("the avatar changes in the running program only; start it with these rules, then Test in the panel")
        return "what Posecast draws"

    def check(self, action: Action) -> str | None:
        return action.lacking()

    async def perform(self, order: Order) -> None:
        assert self.tools.redraw is not None
        if self.tools.is_ending():  # what rules changed goes with the program
            return
        wanted = _wanted(order.action)
        try:
            await asyncio.to_thread(self.tools.redraw, wanted)  # it looks at the disk
        except UserError as error:
            raise Refused(str(error)) from None
        while not self.tools.is_ending():
            now = self.tools.drawn()
            if wanted.items() <= now.items():
                return
            if not now["is_changing"]:
                raise Refused("the avatar stays as it was: the other one could not be drawn, or was called off")
            await asyncio.sleep(_LOOK_S)

    async def capture(self, action: Action) -> Action | None:
        before = self.tools.drawn()
        return type(action).model_validate({name: before[name] for name in _wanted(action)})

    async def close(self) -> None:
        pass


def _wanted(action: Action) -> dict[str, Any]:
    """Return the one setting that an action changes, by its name."""
    return action.model_dump(include={"avatar", "framing"})


ACTIONS: Final = (AvatarShow, AvatarFraming)
CONNECTIONS: Final = (AvatarConnection,)
