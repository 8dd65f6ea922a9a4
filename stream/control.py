"""What the panel's commands do: change settings while the program runs, start a calibration.

Owns the current settings and who must hear of a change. Called on the server's thread, and by an avatar that is ready; whoever
reads on another thread sees one immutable `Settings` at a time, the old or the new one, never a mixture.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

from avatar.camera import Framing
from stream.avatar_choice import AvatarChoice
from stream.calibrating import CalibrationDesk
from stream.hot_swap import HotSwapRenderer
from stream.server.commands import Calibrate, CalibrationRequest, Change, Command
from stream.server.messages import Settings
from stream.sinks.base import HasBackground, Sink
from trackers.errors import UserError


class Control:
    """Holds the settings and carries out commands."""

    def __init__(self, settings: Settings, *, calibrating: CalibrationDesk, choice: AvatarChoice) -> None:
        self.settings = settings
        self.choice = choice
        self.calibrating = calibrating
        """Carries out what `take_calibration_request` gives, on perception's thread."""
        self.others: dict[type[Command], Callable[[Any], None]] = {}
        """Who carries out the commands that are not the control's own, by their type; called on the server's thread."""
        self._requests: deque[CalibrationRequest] = deque(maxlen=8)
        self._lock = threading.RLock()
        """Held while settings change: the panel changes them, and an avatar that is ready does from its own thread."""
        self._renderer: HotSwapRenderer | None = None
        self._sinks: Sequence[Sink] = ()

    def put_to_use(self, renderer: HotSwapRenderer, sinks: Sequence[Sink]) -> None:
        """From now on a change reaches these too."""
        self._renderer, self._sinks = renderer, sinks
        self._apply(self.settings)

    def carry_out(self, command: Command) -> None:
        """Do what the panel asked for.

        Raises:
            UserError: it cannot be done; the settings stay as they were.
        """
        if isinstance(command, Calibrate):
            self._requests.append(command.request)
            return
        if not isinstance(command, Change):
            if not self.others:
                raise UserError("rules and gestures do not run at the moment: Posecast is starting or ending; try again later")
            if type(command) not in self.others:
                raise UserError("gestures do not run in this session; start without gestures.enabled = false")
            self.others[type(command)](command)
            return
        if command.avatar not in (None, self.settings.avatar):  # who is worn may be gone from disk: all else can still be set
            self.choice.check(command.avatar)
        with self._lock:
            self._change(command)

    @property
    def drawn(self) -> dict[str, Any]:
        """The settings by their names, and as `is_changing` whether another avatar is being prepared."""
        is_changing = self._renderer is not None and self._renderer.is_changing  # first: who is there has changed the settings
        return {"is_changing": is_changing, **asdict(self.settings)}

    def take_calibration_request(self) -> CalibrationRequest | None:
        """Return the next request, each of them once; None if there is none."""
        return self._requests.popleft() if self._requests else None

    def _change(self, command: Change) -> None:
        """Put new settings to use; another avatar is in them only once it is drawn."""
        before, wanted = self.settings, command.avatar or self.settings.avatar
        if wanted != before.avatar and self._renderer is None:
            raise UserError("Posecast is starting; choose the avatar when it runs")
        settings = replace(before, **{**command.values(), "avatar": before.avatar})  # type: ignore[arg-type]  # checked when parsed
        self._apply(settings)
        self.settings = settings
        if self._renderer is None:
            return
        if wanted == before.avatar:
            if command.avatar is not None:  # chosen while another is prepared: then that one is not wanted any more
                self._renderer.keep()
            return
        try:
            self.choice.change(self._renderer, wanted, worn=lambda: self._wear(wanted))
        except UserError:
            self._apply(before)
            self.settings = before
            raise

    def _apply(self, settings: Settings) -> None:
        for sink in self._sinks:
            if isinstance(sink, HasBackground) and sink.background != settings.background:
                sink.background = settings.background
        if self._renderer is not None:
            self._renderer.framing = Framing(settings.framing)

    def _wear(self, avatar: str) -> None:
        with self._lock:
            self.settings = replace(self.settings, avatar=avatar)
