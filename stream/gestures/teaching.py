"""Teaching gestures in the live program: the panel's commands to the desk, its trackings from the gestures' thread.

Owns the lock around the desk, which nobody holds for long, who learns just now, and that what was learnt is recognised from
then on. Knows nothing of how takes are made or learnt.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from stream.events import EventLog
from stream.gestures.desk import GestureDesk
from stream.gestures.learner import Failed, Judged, Learner, Learnt, News
from stream.gestures.status import TeachingStatus
from stream.gestures.store import GestureStore
from trackers.errors import UserError
from trackers.gestures.trained import TrainedSet
from trackers.gestures.types import Gesture, GestureState, Look

What = Literal["record", "stop", "train", "remove"]


class Teaching:
    """The desk at which the user's own gestures are taught, shared by several threads. `close` ends what is being learnt.

    Args:
        on_learnt: told what is to be recognised from now on, on any thread; must return at once.
    """

    def __init__(self, store: GestureStore, *, events: EventLog, on_learnt: Callable[[TrainedSet | None], None]) -> None:
        self._store = store
        self._events = events
        self._on_learnt = on_learnt
        self._lock = threading.Lock()
        self._desk = GestureDesk(store, tell=events.tell)
        self._learner: Learner | None = None
        self._learners: list[Learner] = []  # with those that were broken off and may still be ending
        self._closed = False

    @property
    def status(self) -> TeachingStatus:
        """What is being taught."""
        return self._desk.status

    @property
    def is_busy(self) -> bool:
        """Whether trackings are wanted."""
        return self._desk.status.state in ("countdown", "recording")

    def learnt(self) -> TrainedSet | None:
        """Return what was learnt before; None if that is nothing, or cannot be read, which is told."""
        try:
            return self._store.load_trained()
        except UserError as error:
            self._events.tell("gesture.failed", str(error), "warning")
            return None

    def look(self, look: Look | None, _gestures: Sequence[Gesture], _states: Mapping[str, GestureState]) -> None:
        """Take one frame: a listener of `Gesturing`."""
        if look is None or not self.is_busy:
            return
        with self._lock:
            if self._desk.take(look.tracking):
                self._learn()

    def carry_out(self, what: What, *, name: str) -> None:
        """Do what the panel asks for, with the gesture of this name. Returns at once: learning goes on by itself.

        Raises:
            UserError: it cannot be done.
        """
        with self._lock:
            match what:
                case "record":
                    self._desk.start(name)
                case "stop":
                    self._break_off()
                    self._desk.stop()
                case "train":
                    self._learn()
                case "remove":
                    self._remove(name)

    def close(self) -> None:
        """Break off what is being learnt, and learn nothing any more. Idempotent."""
        with self._lock:
            self._closed = True
            self._break_off()
        for learner in self._learners:
            learner.join()

    def _remove(self, name: str) -> None:
        """Remove a gesture: it is told no more from now on, and the others are learnt without it."""
        self._store.check_removable(name)  # before anything is broken off
        self._break_off()  # it would bring the gesture back
        self._desk.remove(name)
        self._on_learnt(self.learnt())
        if self._store.kept():
            self._learn()

    def _learn(self) -> None:
        """Learn everything anew, in place of what is being learnt. With the lock held."""
        self._break_off()
        if self._closed:
            return
        self._desk.learning()
        self._learner = Learner(self._store, on_news=self._hear)
        self._learners = [*(learner for learner in self._learners if learner.is_alive), self._learner]

    def _break_off(self) -> None:
        if self._learner is not None:
            self._learner.cancel()
            self._learner = None

    def _hear(self, learner: Learner, news: News) -> None:
        """Take what comes of a learning, on the thread of the learner."""
        with self._lock:
            if learner is not self._learner:
                return  # it was broken off meanwhile
            match news:
                case Learnt(trained=trained):
                    self._publish(trained)
                case Judged(sentences=sentences):
                    self._desk.judged(sentences)
                case Failed(why=why):
                    self._desk.failed(why)

    def _publish(self, trained: TrainedSet) -> None:
        try:
            self._on_learnt(trained)
        except UserError as error:  # the settings do not go together with it
            self._break_off()
            self._desk.failed(str(error))
        else:
            self._desk.learnt(len(trained.gestures))
