"""Teaching a gesture while the program runs: the panel asks, trackings come, takes are made, kept and learnt from.

Owns the order of it (countdown, recording, next take, training, done) and what the panel is shown. A take that was made stays,
whatever comes after. Has no thread and no clock: time is that of the trackings. Knows nothing of servers and pages.

How it is connected: perception's listener calls `take(tracking)` with every tracking (cheap while nothing is being taught).
Where that returns True, all takes are there and somebody calls `train()`, best on a thread that may take a second; it returns
the new `TrainedSet`, to be given to the recogniser as `TrainedDetector(trained)` with `trained.specs`. The server's commands
come to `start`, `stop` and `remove`. The server's status message carries `status` (all fields are plain: `dataclasses.asdict`
is JSON); `status.state` says what the page shows: `idle` the list with a button, `countdown` a large number (`left_s`),
`recording` a bar (`share`) with the parts that are seen, `training` a spinner, `done` and `failed` the sentence and `notes`.
"""

from collections.abc import Callable
from typing import Literal

from stream.events import Level
from stream.gestures.learning import learn
from stream.gestures.status import TeachingStatus
from stream.gestures.store import GestureStore, checked_gesture_name
from stream.gestures.takes import COUNTDOWN_S, SECONDS, TAKES, Taking
from trackers.errors import UserError
from trackers.gestures.trained import Kind, TrainedSet
from trackers.gestures.training import CHOICES
from trackers.types import Tracking

Tell = Callable[[str, str, Level], None]


class GestureDesk:
    """Carries out what the panel asks for. Used from one thread; `status` from any."""

    def __init__(self, store: GestureStore, *, tell: Tell) -> None:
        self._store = store
        self._tell = tell
        self._taking: Taking | None = None
        self._name = ""
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
        """Break off; the takes that were made stay."""
        if self._taking is not None:
            self._taking = None
            self._tell("gesture.stopped", f"Teaching {self._name} stopped; the takes made so far stay.", "info")
            self.status = self._status("idle", "")

    def remove(self, name: str) -> None:
        """Remove a gesture and all its takes; call `train` for the others to be learnt anew.

        Raises:
            UserError: there is none of this name, or it cannot be removed.
        """
        self._store.remove(name)
        self._refresh()
        self._tell("gesture.removed", f"Gesture {name} and its takes are removed.", "info")
        self.status = self._status("idle", "")

    def take(self, tracking: Tracking) -> bool:
        """Take one tracking; return whether all takes are there, so that `train` should be called."""
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
            self.status = self._status("training", f"Learning {self._name} …")
            return True
        self._follow()
        return False

    def train(self) -> TrainedSet | None:
        """Learn all gestures anew from their takes; None if that failed, which is told."""
        try:
            learnt = learn(self._store)
        except UserError as error:
            self._fail(str(error))
            return None
        count = len(learnt.trained.gestures)
        text = f"{count} gesture{'' if count == 1 else 's'} learnt."
        self._tell("gesture.trained", text, "info")
        self.status = self._status("done", text, notes=learnt.report.sentences)
        return learnt.trained

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
        self._tell("gesture.failed", text, "warning")
        self.status = self._status("failed", text)

    def _refresh(self) -> None:
        self._names = tuple(gesture.name for gesture in self._store.kept())

    def _status(
        self, state: Literal["idle", "training", "done", "failed"], text: str, *, notes: tuple[str, ...] = ()
    ) -> TeachingStatus:
        return TeachingStatus(state, self._name, 0, 0, 0.0, 0.0, (), text, notes, self._names)
