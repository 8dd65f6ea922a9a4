"""Calibrating: the passes as the user starts them, and the profile they end in. Live program and command share it.

Owns which calibration is in use, which pass runs, what is said about it, and when the profile is written. A pass that fails, or
a profile that cannot be read or written, changes nothing and is told once. Knows nothing of trackers, terminals or pages.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from avatar.calibration import Calibration, NeutralPass
from avatar.calibration_range import FREE, RangePass
from avatar.profile import Profile, load_profile, profile_path, remove_profile, save_profile
from stream.config import default_path
from stream.events import Level
from stream.server.commands import CalibrationRequest
from stream.server.messages import CalibrationStatus, Pass
from trackers.errors import UserError
from trackers.types import Tracking

Tell = Callable[[str, str, Level], None]


def profiles_folder() -> Path:
    """Return where profiles lie: beside the settings."""
    return default_path().parent / "profiles"


NOT_CALIBRATED: Final = "not calibrated"
UNSAVED: Final = "calibration.unsaved"
"""The event that tells what holds only as long as the program runs."""
FAILED: Final = "calibration.failed"
"""The event of a pass that has failed: `calibration.` and its state."""


class CalibrationDesk:
    """Holds the calibration of one profile, and carries out passes on trackings. Used from one thread; `status` from any."""

    def __init__(self, profile: str, *, folder: Path, tell: Tell) -> None:
        """Load the profile if there is one; a damaged one is told, and the default calibration used.

        Raises:
            UserError: no profile may be called so.
        """
        self.path = profile_path(folder, profile)
        self.calibration = Calibration()
        self._profile = profile
        self._folder = folder
        self._tell = tell
        self._saved = ""
        self.unsaved: UserError | None = None
        """Why the last pass's profile could not be written, or the one to forget not be removed; None if it was."""
        self._pass: NeutralPass | RangePass | None = None
        self._load()
        self.status = self._status("idle", 0.0, "")

    def start(self, wanted: Pass, *, free_s: float | None = None) -> None:
        """Begin a pass, in place of one that runs.

        Args:
            free_s: a range pass without guidance that takes so long.
        """
        if wanted == "neutral":
            self._pass = NeutralPass(self.calibration)
        elif free_s is not None:
            self._pass = RangePass(self.calibration, movements=(FREE,), step_s=free_s)
        else:
            self._pass = RangePass(self.calibration)
        self._tell("calibration.started", f"Calibrating: {_lower(self._pass.progress.text)}", "info")
        self._follow()

    def stop(self) -> None:
        """Break off the pass that runs; the calibration stays."""
        if self._pass is not None:
            self._pass = None
            self.status = self._status("idle", 0.0, "")
            self._tell("calibration.stopped", "Calibration stopped; the old one stays.", "info")

    def reset(self) -> None:
        """Forget the calibration, and remove the profile."""
        self._pass = None
        self.calibration, self._saved, self.unsaved = Calibration(), "", None
        try:
            was_there = remove_profile(self._folder, self._profile)
            done = "is removed" if was_there else "needs no removing: there is none"
            self._tell("calibration.reset", f"The calibration of profile {self._profile} {done}.", "info")
        except UserError as error:
            self.unsaved = error
            self._tell(UNSAVED, f"{error}; until Posecast ends it is not used", "warning")
        self.status = self._status("idle", 0.0, "")

    def carry_out(self, request: CalibrationRequest) -> None:
        """Do what the panel asked for."""
        if request == "stop":
            self.stop()
        elif request == "reset":
            self.reset()
        else:
            self.start(request)

    def take(self, tracking: Tracking) -> bool:
        """Give the pass that runs, if any, a tracking; return whether there is a new calibration."""
        if self._pass is None:
            return False
        self._pass.add(tracking)
        return self._follow()

    def end(self) -> bool:
        """The source ended: finish a range pass with what there is; return whether there is a new calibration."""
        if isinstance(self._pass, RangePass):
            self._pass.end()
            return self._follow()
        return False

    def detail(self) -> str:
        """Return what the profile holds, in words."""
        known = self.calibration
        parts = ["neutral face"] if known.neutral_expression is not None else []
        if known.range_count:
            parts.append(f"{known.range_count} own range{'s' if known.range_count > 1 else ''}")
        if not parts:
            return NOT_CALIBRATED
        return " and ".join(parts) + (f", {self._saved[:10]}" if self._saved else "")

    def _follow(self) -> bool:
        """Take over what the pass came to; return whether there is a new calibration."""
        running = self._pass
        assert running is not None
        progress = running.progress
        finished = progress.state in ("done", "failed")
        if finished:
            self._pass = None
        if running.result is not None:
            self.calibration = running.result
            self._save()
        self.status = self._status(progress.state, progress.share, progress.text, running=None if finished else running)
        if finished:
            done = progress.state == "done"
            self._tell(f"calibration.{progress.state}", progress.text, "info" if done else "warning")
        return running.result is not None

    def _status(
        self,
        state: Literal["idle", "waiting", "collecting", "done", "failed"],
        share: float,
        text: str,
        *,
        running: NeutralPass | RangePass | None = None,
    ) -> CalibrationStatus:
        kind: Pass | None = None if running is None else "neutral" if isinstance(running, NeutralPass) else "range"
        return CalibrationStatus(self._profile, self.detail(), kind, state, share, text)

    def _load(self) -> None:
        try:
            profile = load_profile(self._folder, self._profile)
        except UserError as error:
            self._tell("calibration.unread", f"{error}; until then nothing is calibrated", "warning")
            return
        if profile is not None:
            self.calibration, self._saved = profile.calibration, profile.saved

    def _save(self) -> None:
        self._saved, self.unsaved = datetime.now().astimezone().isoformat(timespec="seconds"), None
        try:
            save_profile(self._folder, Profile(self._profile, self.calibration, self._saved))
        except UserError as error:
            self.unsaved = error
            self._tell(UNSAVED, f"{error}; the calibration holds until Posecast ends", "warning")


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
