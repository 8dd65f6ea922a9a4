"""Teaching gestures in the live program: the panel's commands to the desk, its trackings from the gestures' thread.

Owns the lock around the desk, and that what was learnt is recognised from then on. Knows nothing of how takes are made or
learnt.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from stream.events import EventLog
from stream.gestures.desk import GestureDesk
from stream.gestures.status import TeachingStatus
from stream.gestures.store import GestureStore
from trackers.errors import UserError
from trackers.gestures.trained import TrainedSet
from trackers.gestures.types import Gesture, GestureState, Look

What = Literal["record", "stop", "train", "remove"]


class Teaching:
    """The desk at which the user's own gestures are taught, shared by two threads.

    Args:
        on_learnt: told what is to be recognised from now on; on the thread that trained.
    """

    def __init__(self, store: GestureStore, *, events: EventLog, on_learnt: Callable[[TrainedSet | None], None]) -> None:
        self._store = store
        self._events = events
        self._on_learnt = on_learnt
        self._lock = threading.Lock()
        self._desk = GestureDesk(store, tell=events.tell)

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
        """Take one frame: a listener of `Gesturing`, whose thread may well train for a second."""
        if look is None or not self.is_busy:
            return
        with self._lock:
            if self._desk.take(look.tracking):
                self._train()

    def carry_out(self, what: What, *, name: str) -> None:
        """Do what the panel asks for, with the gesture of this name.

        Raises:
            UserError: it cannot be done.
        """
        with self._lock:
            match what:
                case "record":
                    self._desk.start(name)
                case "stop":
                    self._desk.stop()
                case "train":
                    self._train()
                case "remove":
                    self._desk.remove(name)
                    self._train() if self._store.kept() else self._on_learnt(None)

    def _train(self) -> None:
        trained = self._desk.train()
        if trained is not None:
            self._on_learnt(trained)
