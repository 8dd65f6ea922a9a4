"""Pairing with a Hue bridge: ask for a key until the user presses the button, keep it with the certificate's fingerprint.

Owns the waiting. Where the secret lies is the caller's affair; how the bridge is spoken to, `hue_bridge.py`'s.
"""

import asyncio
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from stream.actions.hue_bridge import HTTPS_PORT, Bridge, Pairing, secret_name
from trackers.errors import UserError

WAIT_S: Final = 30.0
_POLL_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Paired:
    """A bridge that knows us now."""

    host: str
    id: str
    name: str


async def pair(
    host: str,
    *,
    port: int = HTTPS_PORT,
    store: Callable[[str, str], None],
    on_wait: Callable[[str, float], None] = lambda name, left_s: None,
    within_s: float = WAIT_S,
    poll_s: float = _POLL_S,
) -> Paired:
    """Wait for the button of the bridge at `host`, and keep the key.

    Args:
        store: keeps a secret: name, value.
        on_wait: told before each attempt: the bridge's name, and the seconds left.

    Raises:
        UserError: it was not pressed, or the bridge will not.
        Unreachable: the bridge does not answer.
    """
    bridge = Bridge(host, port)
    try:
        await bridge.open()
        end_s = time.monotonic() + within_s
        while (left_s := end_s - time.monotonic()) > 0:
            on_wait(bridge.name, left_s)
            key, problem = await bridge.ask_for_key(_device())
            if problem:
                raise UserError(f"the Hue bridge at {host} will not pair ({problem}); update it in the Hue app and try again")
            if key is not None:
                store(secret_name(bridge.id), Pairing(key, bridge.fingerprint).to_secret())
                return Paired(host, bridge.id, bridge.name)
            await asyncio.sleep(min(poll_s, max(left_s, 0.0)))
    finally:
        await bridge.close()
    raise UserError(
        f"the button of the Hue bridge '{bridge.name}' at {host} was not pressed within {within_s:g} s; "
        "run the command again and press the round button on the bridge"
    )


def _device() -> str:
    """Return how the bridge lists us: at most 20 and 19 letters."""
    return f"posecast#{platform.node()[:19] or 'computer'}"
