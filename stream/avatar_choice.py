"""Which avatars may be chosen while the program runs, and how the chosen one takes the place of the last.

Owns the list and the words of a change. Knows nothing of the panel that chooses.
"""

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path, PurePath

from avatar.package.library import Library
from stream import parts
from stream.avatars import OpenRenderer, names, open_renderer
from stream.config import Config
from stream.events import EventLog
from stream.hot_swap import HotSwapRenderer
from trackers.errors import UserError


class AvatarChoice:
    """The avatars of this computer, for one run."""

    def __init__(self, config: Config, events: EventLog, *, library: Library | None = None) -> None:
        self._config, self._events = config, events
        self._library = library or Library()
        self.given = _named(config.avatar.name, taken=names(self._library))
        """What the avatar of the settings is called here; of a path only its end, for where it lies is nobody's business."""
        self._names: tuple[str, ...] = ()
        self._seen: tuple[tuple[str, int, int], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Those that may be chosen, the built-in one first; one that was given as a path is the last.

        Read anew when the folder has changed: an avatar may be brought in while the program runs.
        """
        seen = _look(self._library.folder)
        if not self._names or seen != self._seen:
            self._seen = seen
            self._names = tuple(dict.fromkeys([*names(self._library), self.given]))
        return self._names

    def check(self, name: str) -> None:
        """Raise UserError if there is nobody of this name, or their file is damaged."""
        if name not in self.names:
            damaged = {entry.name: entry.problem for entry in self._library.entries() if entry.problem}
            if name in damaged:
                raise UserError(damaged[name])
            raise UserError(f"avatar must be one of {', '.join(self.names)}, got {name!r}; choose one in the panel")

    def change(self, renderer: HotSwapRenderer, name: str, *, worn: Callable[[], None]) -> None:
        """Let another avatar be drawn when it is ready; `worn` is called then, in another thread.

        Raises:
            UserError: there is no such avatar, or another change is under way.
        """
        self.check(name)
        tell = self._events.tell
        make = partial(
            open_renderer,
            self._config.avatar.name if name == self.given else name,
            parts.renderer_settings(self._config),
            framing=renderer.framing,
            tell=lambda sentence: tell("renderer.changed", sentence),
            library=self._library,
        )

        def done(opened: OpenRenderer) -> None:
            worn()
            drawing = opened.drawing
            tell("avatar.changed", f"the avatar is {name} now: {drawing.name} on {drawing.provider} ({drawing.reason})")

        renderer.change(
            make, done=done, failed=lambda why: tell("avatar.failed", f"the avatar stays as it was: {why}", "error")
        )


def _named(wanted: str, *, taken: Sequence[str]) -> str:
    """Return a name as it is, and a path's end as a name that is not taken."""
    name = PurePath(wanted).name or wanted
    return f"{name} (given)" if name != wanted and name in taken else name


def _look(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Return what the folder holds, so that also a file which is still being copied in is read again when it is whole."""
    try:
        found = [(entry.name, entry.stat()) for entry in os.scandir(folder)]
    except OSError:
        return ()  # it comes with the first avatar
    return tuple(sorted((name, status.st_mtime_ns, status.st_size) for name, status in found))
