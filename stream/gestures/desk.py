"""Teaching a gesture while the program runs: the panel asks, trackings come, takes are made and kept.

Owns the order of it (countdown, recording, next take, training, done) and what the panel is shown. A take that was made stays,
whatever comes after. Has no thread and no clock: time is that of the trackings. Learns nothing itself: `take` says when there
is something to learn from, and `learning`, `learnt`, `judged` and `failed` are told how that goes. Knows nothing of servers
and pages.
"""

from collections.abc import Callable
from typing import Literal

from stream.events import Level
from stream.gestures.status import TeachingStatus
from stream.gestures.store import GestureStore, checked_gesture_name
from stream.gestures.takes import COUNTDOWN_S, SECONDS, TAKES, Taking
from trackers.errors import UserError
from trackers.gestures.trained import Kind
from trackers.gestures.training import CHOICES
from trackers.types import Tracking

Tell = Callable[[str, str, Level], None]


class GestureDesk:
    """Carries out what the panel asks for. Used from one thread at a time; `status` from any."""

    def __init__(self, store: GestureStore, *, tell: Tell) -> None:
        self._store = store
        self._tell = tell
        self._taking: Taking | None = None
        self._name = ""
        self._learnt = ""
        self._names = tuple(gesture.name for gesture in store.kept())
        self.status = self._status("idle", "")

    def start(
        self,
        name: str,
        *,
        takes: int = TAKES,
        seconds: float = SECONDS,
        countdown_s: float = COUNTDOWN_S,
        about: str | None = None,
        kind: Kind | None = None,
    ) -> None:
        """Begin to teach a gesture, in place of what is being taught; takes of one that is known are added to it.

        Raises:
            UserError: it may not be called so, or its folder cannot be written.
        """
        if about is not None and about not in CHOICES:
            raise UserError(f"a gesture can be about {', '.join(CHOICES)}, got {about}; leave it away to find out")
        self._name = checked_gesture_name(name)
        if about is not None or kind is not None:
            self._store.choose(name, about=about, kind=kind)
        self._taking = Taking(name, takes=takes, seconds=seconds, countdown_s=countdown_s)
        self._tell("gesture.teaching", f"Teaching {name}: {takes} take{'' if takes == 1 else 's'} of {seconds:g} s.", "info")
        self._follow()

    def stop(self) -> None:
        """Break off; the takes that were made stay, and so does what was learnt."""
        if self._taking is not None:
            self._taking = None
            self._tell("gesture.stopped", f"Teaching {self._name} stopped; the takes made so far stay.", "info")
            self.status = self._status("idle", "")
        elif self.status.state == "training":
            self._tell("gesture.stopped", "Learning stopped; what was learnt so far stays.", "info")
            self.status = self._status("idle", "")

    def remove(self, name: str) -> None:
        """Remove a gesture and all its takes. The others are to be learnt anew.

        Raises:
            UserError: there is none of this name, or it cannot be removed.
        """
        self._store.remove(name)
        self._refresh()
        self._tell("gesture.removed", f"Gesture {name} and its takes are removed.", "info")
        if self._taking is not None:  # another one is being taught: that goes on
            self._follow()
        else:
            self.status = self._status("idle", "")

    def take(self, tracking: Tracking) -> bool:
        """Take one tracking; return whether all takes are there, so that it is time to learn."""
        if self._taking is None:
            return False
        made = self._taking.push(tracking)
        if made is not None:
            try:
                self._store.add_take(self._name, made, source="live")
            except UserError as error:
                self._fail(str(error))
                return False
            self._refresh()
        state = self._taking.progress.state
        if state == "failed":
            self._fail(self._taking.progress.text)
            return False
        if state == "done":
            self._taking = None
            return True
        self._follow()
        return False

    # How the learning goes. While another gesture is being taught, that is what the panel goes on showing.

    def learning(self) -> None:
        """All gestures are being learnt anew."""
        self._show("training", "Learning …")

    def learnt(self, count: int) -> None:
        """So many gestures are learnt and recognised from now on; how well is being found out."""
        self._learnt = f"{count} gesture{'' if count == 1 else 's'} learnt."
        self._tell("gesture.trained", self._learnt, "info")
        self._show("training", f"{self._learnt} Now trying how well …")

    def judged(self, sentences: tuple[str, ...]) -> None:
        """It is known how well they are recognised: what should be known of it, one sentence each."""
        self._show("done", self._learnt, notes=sentences)

    def failed(self, text: str) -> None:
        """Nothing was learnt; one sentence says why."""
        self._tell("gesture.failed", text, "warning")
        self._show("failed", text)

    def _show(self, state: Literal["training", "done", "failed"], text: str, *, notes: tuple[str, ...] = ()) -> None:
        if self._taking is None:
            self.status = self._status(state, text, notes=notes)

    def _follow(self) -> None:
        assert self._taking is not None
        progress = self._taking.progress
        assert progress.state in ("countdown", "recording")
        self.status = TeachingStatus(
            state="recording" if progress.state == "recording" else "countdown",
            name=self._name,
            take=progress.take,
            takes=progress.takes,
            share=progress.share,
            left_s=progress.left_s,
            seen=progress.seen,
            text=progress.text,
            notes=(),
            gestures=self._names,
        )

    def _fail(self, text: str) -> None:
        self._taking = None
        self.failed(text)

    def _refresh(self) -> None:
        self._names = tuple(gesture.name for gesture in self._store.kept())

    def _status(
        self, state: Literal["idle", "training", "done", "failed"], text: str, *, notes: tuple[str, ...] = ()
    ) -> TeachingStatus:
        return TeachingStatus(state, self._name, 0, 0, 0.0, 0.0, (), text, notes, self._names)
