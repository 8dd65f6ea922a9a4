"""Rules that change what is drawn: what is asked of the program, and what is told when it cannot be."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from client_tools import done, order, tools
from pydantic import ValidationError

from stream.actions.avatar import AvatarConnection, AvatarFraming, AvatarShow
from stream.actions.base import Action, Refused, Rejected
from trackers.errors import UserError


class Drawn:
    """Stands for the program: an avatar comes at the third look for it."""

    def __init__(self) -> None:
        self.now = {"avatar": "mascot", "framing": "bust", "mirror": True, "is_changing": False}
        self._comes: dict[str, Any] = {}
        self._looks = 0
        self.is_ending = False

    def redraw(self, wanted: Mapping[str, Any]) -> None:
        if wanted.get("avatar") == "nobody":
            raise UserError("avatar must be one of mascot, robin, got 'nobody'")
        self._comes, self._looks = dict(wanted) if wanted.get("avatar") != "broken" else {}, 0
        self.now["is_changing"] = True

    def drawn(self) -> Mapping[str, Any]:
        self._looks += 1
        if self._looks >= 3:
            self.now |= self._comes | {"is_changing": False}
        return self.now


def _did(drawn: Drawn, *actions: Action) -> None:
    lent = tools(redraw=drawn.redraw, drawn=drawn.drawn, is_ending=lambda: drawn.is_ending)
    asyncio.run(done(AvatarConnection().client("avatar", tools=lent), *map(order, actions)))


def test_another_avatar_is_done_when_it_is_there() -> None:
    """Not when it was asked for; the next action waits for it."""
    drawn = Drawn()
    _did(drawn, AvatarShow(avatar="robin"), AvatarFraming(framing="full"))
    assert drawn.now == {"avatar": "robin", "framing": "full", "mirror": True, "is_changing": False}


def test_an_avatar_that_does_not_come_is_told_when_that_is_known() -> None:
    """Not as a connection that is lost; what follows is done."""
    drawn = Drawn()
    with pytest.raises(Refused, match="^the avatar stays as it was: the other one could not be drawn, or was called off$"):
        _did(drawn, AvatarShow(avatar="broken"))
    _did(drawn, AvatarFraming(framing="full"))
    assert (drawn.now["avatar"], drawn.now["framing"]) == ("mascot", "full")


def test_at_the_end_nothing_is_changed_or_waited_for() -> None:
    """What is drawn goes with the program, also while one waits for an avatar."""
    drawn = Drawn()
    drawn.is_ending = True
    _did(drawn, AvatarShow(avatar="robin"))
    assert not drawn.now["is_changing"]
    drawn.is_ending = False
    drawn.drawn = lambda: setattr(drawn, "is_ending", True) or {"avatar": "mascot", "is_changing": True}  # type: ignore[method-assign,func-returns-value]
    _did(drawn, AvatarShow(avatar="robin"))


def test_what_was_there_comes_back() -> None:
    """Each action captures its own setting alone."""
    lent = tools(redraw=Drawn().redraw, drawn=Drawn().drawn)
    client = AvatarConnection().client("avatar", tools=lent)
    assert asyncio.run(client.capture(AvatarShow(avatar="robin"))) == AvatarShow(avatar="mascot")
    assert asyncio.run(client.capture(AvatarFraming(framing="full"))) == AvatarFraming(framing="bust")


def test_what_cannot_be_is_told() -> None:
    """In the program's own words; outside of it nothing is drawn."""
    with pytest.raises(Refused, match="^avatar must be one of mascot, robin, got 'nobody'$"):
        _did(Drawn(), AvatarShow(avatar="nobody"))
    with pytest.raises(Rejected, match="in the running program only; start it with these rules, then Test in the panel"):
        asyncio.run(done(AvatarConnection().client("avatar", tools=tools())))
    assert AvatarShow(avatar="mascto").lacking() == "no avatar is named 'mascto' here; did you mean mascot?"
    assert AvatarShow(avatar="mascot").lacking() is None
    with pytest.raises(ValidationError, match="'bust', 'upper' or 'full'"):
        AvatarFraming.model_validate({"framing": "legs"})
