"""What tests of single clients share: tools without a program, and one order done by a client that is opened for it."""

from collections.abc import Mapping
from typing import Any

from stream.actions.base import Action, Client, Order, Tools


def tools(secrets: Mapping[str, str] | None = None, **more: Any) -> Tools:
    """Return tools that know these secrets."""
    kept = dict(secrets or {})
    return Tools(secret=kept.get, store_secret=kept.__setitem__, **more)


def order(action: Action, **details: str | float) -> Order:
    """Return an order of the rule `party`, for a T-pose."""
    return Order(action, rule="party", cause="t_pose (0.93)", details={"gesture": "t_pose", "confidence": 0.93, **details})


async def done(client: Client[Any], *orders: Order) -> str:
    """Connect, do the orders one after the other, close; return what connecting said."""
    try:
        said = await client.connect()
        for wanted in orders:
            await client.perform(wanted)
    finally:
        await client.close()
    return said
