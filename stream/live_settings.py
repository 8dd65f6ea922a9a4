"""What the user may change while the program runs: mirror, framing, background, camera picture, calibration.

Owns the values; single attributes, each set from the server's thread and read from others. Knows nothing of who reads them.
"""

import threading
from dataclasses import dataclass, field


@dataclass(slots=True)
class LiveSettings:
    """Plain attributes: a reader sees the old or the new value, never a mixture."""

    mirror: bool = False
    framing: str = "bust"
    background: str = "#00b140"
    show_camera: bool = False
    _calibrate: threading.Event = field(default_factory=threading.Event)

    def request_calibration(self) -> None:
        """Ask the tracking thread to calibrate from the next frames on."""
        self._calibrate.set()

    def take_calibration_request(self) -> bool:
        """True once after each request."""
        asked = self._calibrate.is_set()
        if asked:
            self._calibrate.clear()
        return asked
