"""The stage: what draws now, and whoever takes its place between two pictures.

Owns the change from one renderer to another without a dropped beat: the next one is made and warmed up in a thread of its own
while the present one goes on. Knows nothing of avatars on disk or of the choice between renderers.
"""

import logging
import threading
from collections.abc import Callable

from avatar.camera import Framing
from avatar.mesh import Character
from avatar.renderer import Drawing
from avatar.types import Rendered, RigPose
from stream.avatars import Cast
from trackers.errors import UserError

logger = logging.getLogger(__name__)


class Stage:
    """Has the face of `avatar.renderer.Renderer`; one thread draws, any other may ask for a change."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._next: Cast | None = None
        self._lock = threading.Lock()
        self._is_open = True
        self._changing: threading.Thread | None = None
        self._framing = cast.renderer.framing

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
        return self._cast.renderer.rung

    @rung.setter
    def rung(self, rung: int) -> None:
        self._cast.renderer.rung = rung

    @property
    def character(self) -> Character:
        """Who is drawn now."""
        return self._cast.renderer.character

    @property
    def efforts(self) -> tuple[str, ...]:
        """From the best picture to the quickest."""
        return self._cast.renderer.efforts

    @property
    def drawing(self) -> Drawing:
        """What draws now, and why nothing better does."""
        drawing, why = self._cast.renderer.drawing, self._cast.why
        return Drawing(drawing.name, drawing.provider, f"{drawing.reason}; {why}" if why else drawing.reason)

    def warm_up(self) -> float:
        """Draw a few pictures and throw them away; return what one takes, in milliseconds."""
        return self._cast.renderer.warm_up()

    def render(self, pose: RigPose, *, time_ns: int) -> Rendered:
        """Draw `pose` as it is at `time_ns`."""
        if self._next is not None:
            self._change()
        self._cast.renderer.framing = self._framing
        return self._cast.renderer.render(pose, time_ns=time_ns)

    def change(self, make: Callable[[], Cast], *, done: Callable[[str | None], None]) -> None:
        """Let what `make` returns draw from the next picture on; it is called in a thread of its own.

        Args:
            done: is told, in that thread, None when the next renderer waits to draw, or why the present one stays.

        Raises:
            UserError: another change is under way.
        """
        with self._lock:
            if self._changing is not None and self._changing.is_alive():
                raise UserError("another avatar is being prepared; try again when it is there")
            self._changing = threading.Thread(target=self._prepare, args=(make, done), name="next-avatar")
            self._changing.start()

    def close(self) -> None:
        """End the present renderer and any that waits. It draws no more afterwards."""
        with self._lock:
            self._is_open = False
            changing = self._changing
        if changing is not None:
            changing.join()
        for cast in (self._cast, self._next):
            if cast is not None:
                cast.renderer.close()

    def _prepare(self, make: Callable[[], Cast], done: Callable[[str | None], None]) -> None:
        try:
            cast = make()
        except UserError as error:
            done(str(error))
            return
        except Exception as error:  # a package that passed all checks and still cannot be drawn: the present avatar stays
            logger.exception("the avatar cannot be drawn")
            done(f"it cannot be drawn ({error})")
            return
        with self._lock:
            if not self._is_open:
                cast.renderer.close()
                return
            self._next = cast
        done(None)

    def _change(self) -> None:
        with self._lock:
            if self._next is None:
                return
            gone, self._cast, self._next = self._cast, self._next, None
        threading.Thread(target=gone.renderer.close, name="last-avatar").start()  # it may have threads to wait for
