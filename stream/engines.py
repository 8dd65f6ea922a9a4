"""The two engines of the live program, opened side by side: what tracks, and what draws.

Owns their opening alone. Knows nothing of what flows between them.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final

from avatar.camera import Framing
from stream import parts
from stream.avatars import OpenRenderer, open_renderer
from stream.config import Config
from stream.events import EventLog
from stream.hot_swap import HotSwapRenderer
from stream.sources.base import AnySource
from trackers.engine import Tracker, open_tracker

_PATIENCE_S: Final = 2.0


def open_engines(
    config: Config, source: AnySource, *, events: EventLog, opened: ExitStack
) -> tuple[Tracker | None, HotSwapRenderer]:
    """Open the tracker while the renderer warms up: together they decide how soon the first picture comes.

    Args:
        source: one that gives trackings needs no tracker.
        opened: closes both.
    """
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(
            open_renderer,
            config.avatar.name,
            parts.renderer_settings(config),
            framing=Framing(config.avatar.framing),
            tell=lambda sentence: events.tell("renderer.changed", sentence),
        )
        try:
            tracker: Tracker | None = None
            if not parts.is_recording(source):
                tracker = opened.enter_context(open_tracker(parts.tracker_settings(config)))
            renderer = HotSwapRenderer(_awaited(pending, events=events))
        except BaseException:
            pending.add_done_callback(_close_unused)
            raise
        opened.callback(renderer.close)
        return tracker, renderer


def _close_unused(renderer: Future[OpenRenderer]) -> None:
    if renderer.exception() is None:
        renderer.result().renderer.close()


def _awaited(renderer: Future[OpenRenderer], *, events: EventLog) -> OpenRenderer:
    """Wait for the renderer; say why if that takes long."""
    try:
        return renderer.result(_PATIENCE_S)
    except TimeoutError:
        events.tell("renderer.compiling", "Preparing the avatar (the first time after an update takes longest) …")
        events.deliver()
        return renderer.result()
