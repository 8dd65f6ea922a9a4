"""The end of the program: what waits is done and what rules changed is brought back, for as long as that gets on.

Owns how long is waited for whom, and what is said of it. Runs on the dispatcher's loop; knows nothing of threads or clients.

A room of 50 lamps takes 12 s at a bridge's own pace, and is worth it. A thing that has gone is not: a connection that is not
there is not waited for at all, one at which nothing gets on for `STILL_S`, and all together for `LONGEST_S` at most.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Final

from stream.actions.base import Tools
from stream.actions.link import Link

log = logging.getLogger(__name__)

LONGEST_S: Final = 15.0
STILL_S: Final = 2.0
TOLD_S: Final = 1.0
"""An ending that takes longer says what it waits for."""
_BEAT_S: Final = 0.02
_ENDING: Final = "the program is ending"


class _Watch:
    """Whether things get on at one connection."""

    def __init__(self, link: Link, now_s: float) -> None:
        self.link = link
        # the rate alone may hold back an order for longer than what has gone is waited for
        self._still_s = max(STILL_S, 1.5 / link.client.connection.rate_hz)
        self._progress, self._moved_s = link.progress, now_s

    def is_worth_it(self, now_s: float) -> bool:
        """Tell whether something is left to be done here, and gets on."""
        link = self.link
        if link.progress != self._progress:
            self._progress, self._moved_s = link.progress, now_s
        is_over = (link.is_quiet and link.is_as_before) or link.status.state == "rejected"
        return not is_over and now_s - self._moved_s < self._still_s


async def wind_up(links: Sequence[Link], *, tools: Tools) -> None:
    """Do what waits and bring back what rules changed; return when all is done, or it is no use to wait any longer."""
    for link in links:  # what would have to be undone at once is not begun any more
        link.give_up(_ENDING, is_wanted=lambda order: order.remember)
    began_s = time.monotonic()
    watches = [_Watch(link, began_s) for link in links if link.status.state == "ready"]
    is_told = False
    while (now_s := time.monotonic()) - began_s < LONGEST_S:
        busy = [watch.link for watch in watches if watch.is_worth_it(now_s)]
        if not busy:
            break
        for link in busy:
            if link.is_quiet:
                link.undo_all()
        if not is_told and now_s - began_s >= TOLD_S:
            is_told = True  # a log, not an event: events are told when all is closed
            log.warning("ending: waiting for %s to finish what rules asked for; Ctrl-C again ends at once", _names(busy))
        await asyncio.sleep(_BEAT_S)
    for link in links:
        link.give_up(_ENDING)
    if left := [link for link in links if not link.is_as_before]:
        text = f"what rules changed at {_names(left)} could not all be brought back before the program ended; set it by hand"
        tools.tell("actions.left", text, "warning")


def _names(links: Sequence[Link]) -> str:
    return " and ".join(link.client.name for link in links)
