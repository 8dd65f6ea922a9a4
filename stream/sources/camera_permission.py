"""macOS's permission to use cameras: asked for once, in a window of the system's. Owns the asking and the waiting.

OpenCV asks as well, but waits for a tenth of a second: whoever is still reading the window then has no camera.
"""

import sys
import time
from typing import Final

ANSWER_WITHIN_S: Final = 60.0
_UNDECIDED, _ALLOWED = 0, 3  # AVAuthorizationStatus
_POLL_S: Final = 0.1
_REFUSED: Final = (
    "macOS does not let this program use the camera; allow your terminal in System Settings, Privacy & Security, Camera, "
    "and start again"
)


def refusal() -> str | None:
    """Return why no camera may be used, and what to do; None where it may. Asks and waits where macOS was never asked."""
    if sys.platform != "darwin":
        return None
    import AVFoundation  # comes with cv2-enumerate-cameras

    camera, kind = AVFoundation.AVCaptureDevice, AVFoundation.AVMediaTypeVideo
    if camera.authorizationStatusForMediaType_(kind) == _UNDECIDED:
        camera.requestAccessForMediaType_completionHandler_(kind, lambda _allowed: None)
    until_s = time.monotonic() + ANSWER_WITHIN_S
    while (status := camera.authorizationStatusForMediaType_(kind)) == _UNDECIDED and time.monotonic() < until_s:
        time.sleep(_POLL_S)
    return None if status == _ALLOWED else _REFUSED
