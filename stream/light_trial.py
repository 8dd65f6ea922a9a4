"""Setting one light by hand, without rules: to see that a connection works.

Owns the few steps: connect, remember, set, wait, bring back. Knows nothing of words and flags.
"""

import asyncio
from collections.abc import Mapping

from stream.actions.base import Connection, Order, Tools, Unreachable
from stream.actions.light import LIGHT_KINDS, Light
from trackers.errors import UserError
from trackers.spelling import near

_CONNECT_S = 8.0


def pick_light(connections: Mapping[str, Connection], name: str) -> Connection:
    """Return the connection of that name, if it is a light.

    Raises:
        UserError: it is none.
    """
    lights = [each for each, connection in connections.items() if connection.kind in LIGHT_KINDS]
    if name in lights:
        return connections[name]
    if name in connections:
        raise UserError(
            f"'{name}' is of kind {connections[name].kind} and no light; lights here: {', '.join(lights) or 'none'}"
        )
    raise UserError(f"there is no connection '{name}' in the rules; {near(name, lights)}")


async def try_light(name: str, connection: Connection, action: Light, *, tools: Tools, on_s: float) -> str:
    """Set a light, and bring back what was before; return the line that tells what was connected.

    Raises:
        UserError: it cannot be reached, or cannot do it.
    """
    client = connection.client(name, tools=tools)
    try:
        async with asyncio.timeout(_CONNECT_S):
            line = await client.connect()
        problem = client.check(action)
        if problem is not None:
            raise UserError(problem)
        before = await client.capture(action)
        await client.perform(Order(action, "lights test", "asked for"))
        await asyncio.sleep(on_s + (action.fade_s or 0))
        if before is not None:
            await client.perform(Order(before, "lights test", "brought back"))
            await asyncio.sleep((action.fade_s or 0) + 0.1)
    except TimeoutError:
        raise UserError(f"'{name}' did not answer within {_CONNECT_S:g} s; check its power and its network") from None
    except Unreachable as error:
        raise UserError(str(error)) from None
    finally:
        await client.close()
    return line
