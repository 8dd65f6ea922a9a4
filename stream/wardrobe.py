"""Which avatars may be chosen while the program runs, and how the chosen one comes on stage.

Owns the list and the words of a change. Knows nothing of the panel that chooses.
"""

from collections.abc import Callable
from functools import partial

from stream import parts
from stream.avatars import names, open_renderer
from stream.config import Config
from stream.events import EventLog
from stream.stage import Stage
from trackers.errors import UserError


class Wardrobe:
    """The avatars of this computer, for one run."""

    def __init__(self, config: Config, events: EventLog) -> None:
        self._config, self._events = config, events
        self.names = tuple(dict.fromkeys([*names(), config.avatar.name]))
        """Those that may be chosen, the built-in one first; one that was given as a path is the last."""

    def check(self, name: str) -> None:
        """Raise UserError if nobody of this name is there."""
        if name not in self.names:
            raise UserError(f"avatar must be one of {', '.join(self.names)}, got {name!r}; choose one in the panel")

    def change(self, stage: Stage, name: str, *, worn: Callable[[], None]) -> None:
        """Let another avatar come on stage when it is ready; `worn` is called then, in another thread.

        Raises:
            UserError: there is no such avatar, or another change is under way.
        """
        self.check(name)
        tell = self._events.tell
        make = partial(
            open_renderer,
            name,
            parts.casting(self._config),
            framing=stage.framing,
            tell=lambda sentence: tell("renderer.changed", sentence),
        )

        def done(problem: str | None) -> None:
            if problem is not None:
                tell("avatar.failed", f"the avatar stays as it was: {problem}", "error")
                return
            worn()
            tell("avatar.changed", f"the avatar is {name} now")

        stage.change(make, done=done)
