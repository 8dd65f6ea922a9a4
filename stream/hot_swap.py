"""Hot swap: what draws now, and whoever takes its place between two pictures.

Owns the change from one renderer to another without a dropped beat: the next one is made and warmed up in a thread of its own
while the present one goes on, and the last one is closed in another. Knows nothing of avatars on disk or of the choice between
renderers.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

from avatar.camera import Framing
from avatar.mesh import Character
from avatar.renderer import Drawing
from avatar.types import Rendered, RigPose
from stream.avatars import OpenRenderer
from trackers.errors import UserError

PATIENCE_S: Final = 10.0
"""For so long closing waits for an avatar that is being prepared or put away; both threads end with the program anyway."""

log = logging.getLogger(__name__)


class HotSwapRenderer:
    """Has the face of `avatar.renderer.Renderer`; one thread draws, any other may ask for a change."""

    def __init__(self, opened: OpenRenderer) -> None:
        self._current = opened
        self._next: OpenRenderer | None = None
        self._lock = threading.Lock()
        self._is_open = True
        self._wish = 0  # counts what was asked for: whoever was made for an earlier wish is put away unseen
        self._made_for = 0  # the wish for which somebody was prepared last
        self._changing: threading.Thread | None = None
        self._leaving: threading.Thread | None = None
        self._framing = opened.renderer.framing

    @property
    def framing(self) -> Framing:
        """Which part of the avatar is shown; may be set from any thread."""
        return self._framing

    @framing.setter
    def framing(self, framing: Framing) -> None:
        self._framing = framing

    @property
    def rung(self) -> int:
        """Which of `efforts` draws."""
        return self._current.renderer.rung

    @rung.setter
    def rung(self, rung: int) -> None:
        self._current.renderer.rung = rung

    @property
    def character(self) -> Character:
        """Who is drawn now."""
        return self._current.renderer.character

    @property
    def is_changing(self) -> bool:
        """Whether another one is being prepared; when not, `done` or `failed` has returned."""
        return self._changing is not None and self._changing.is_alive()

    @property
    def efforts(self) -> tuple[str, ...]:
        """From the best picture to the quickest."""
        return self._current.renderer.efforts

    @property
    def drawing(self) -> Drawing:
        """What draws now, and why nothing better does."""
        return self._current.drawing

    def warm_up(self) -> float:
        """Draw a few pictures and throw them away; return what one takes, in milliseconds."""
        return self._current.renderer.warm_up()

    def render(self, pose: RigPose, *, time_ns: int) -> Rendered:
        """Draw `pose` as it is at `time_ns`."""
        if self._next is not None:
            self._change()
        self._current.renderer.framing = self._framing
        return self._current.renderer.render(pose, time_ns=time_ns)

    def change(
        self, make: Callable[[], OpenRenderer], *, done: Callable[[OpenRenderer], None], failed: Callable[[str], None]
    ) -> None:
        """Let what `make` returns draw from the next picture on; it is called in a thread of its own.

        Args:
            done: is given the next renderer, in that thread, when it waits to draw.
            failed: is told, in that thread, why the present one stays. Neither is called any more once the renderer is closed.

        Raises:
            UserError: another change is under way, or the renderer is closed.
        """
        with self._lock:
            if not self._is_open:
                raise UserError("Posecast is ending; choose the avatar when it runs again")
            if self.is_changing:
                if self._made_for != self._wish:
                    raise UserError("the avatar that was called off is still being put away; try again in a moment")
                raise UserError("another avatar is being prepared; try again when it is there")
            self._wish = self._made_for = self._wish + 1
            plan = make, done, failed, self._wish
            self._changing = threading.Thread(target=self._prepare, args=plan, name="next-avatar", daemon=True)
            self._changing.start()

    def keep(self) -> None:
        """Let the present renderer draw on: one that is still being prepared does not come, and nobody is told of it."""
        with self._lock:
            self._wish += 1

    def close(self) -> None:
        """End the present renderer and any that waits or leaves. It draws no more afterwards; may be called twice."""
        with self._lock:
            self._is_open = False
            busy = [thread for thread in (self._changing, self._leaving) if thread is not None]
        for thread in busy:
            thread.join(PATIENCE_S)
        with self._lock:
            waiting, self._next = self._next, None
        if waiting is not None:
            waiting.renderer.close()
        self._current.renderer.close()

    def _prepare(
        self, make: Callable[[], OpenRenderer], done: Callable[[OpenRenderer], None], failed: Callable[[str], None], wish: int
    ) -> None:
        try:
            opened = make()
        except UserError as error:
            problem = str(error)
        except Exception as error:  # a package that passed all checks and still cannot be drawn: the present avatar stays
            log.exception("the avatar cannot be drawn")
            problem = f"it cannot be drawn ({error})"
        else:
            self._let_wait(opened, done, wish)
            return
        if self._is_wanted(wish):
            failed(problem)

    def _is_wanted(self, wish: int) -> bool:
        return self._is_open and wish == self._wish

    def _let_wait(self, opened: OpenRenderer, done: Callable[[OpenRenderer], None], wish: int) -> None:
        """Let it draw the next picture; if nobody wants it any more, it goes, and if another waits still, that one."""
        with self._lock:
            is_wanted = self._is_wanted(wish)
            unused, self._next = (self._next, opened) if is_wanted else (opened, self._next)
        if unused is not None:
            unused.renderer.close()
        if is_wanted:
            done(opened)

    def _change(self) -> None:
        with self._lock:
            if self._next is None:
                return
            gone, self._current, self._next = self._current, self._next, None
            self._leaving = threading.Thread(target=_put_away, args=(gone, self._leaving), name="last-avatar", daemon=True)
            self._leaving.start()  # it may have threads to wait for


def _put_away(opened: OpenRenderer, before: threading.Thread | None) -> None:
    """Close a renderer that drew, after the one that drew before it."""
    if before is not None:
        before.join()
    try:
        opened.renderer.close()
    except Exception:  # nobody needs it any more
        log.exception("the last avatar could not be put away")
