"""People to calibrate, for the tests of both passes."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from synthetic_person import Person

from avatar import rotations as rot
from avatar.calibration import NeutralPass, Progress
from avatar.calibration_range import RangePass
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import Stamp, Tracking

BLINK, JAW = EXPRESSION_INDEX["eyeBlinkLeft"], EXPRESSION_INDEX["jawOpen"]
BOTH = {BLINK: 0.2, EXPRESSION_INDEX["eyeBlinkRight"]: 0.25}


@cache
def quiet(**changes: object) -> Tracking:
    """Return a person who looks straight on, with lids at rest and the camera a little above."""
    return Person(gaze_rad=(0.1, -0.05), expression=BOTH, **changes).turn("head", rot.X, 12).tracking()  # type: ignore[arg-type]


def run(
    calibrating: NeutralPass | RangePass, picture: Callable[[int], Tracking], *, seconds: float, fps: float = 30.0
) -> list[Progress]:
    """Feed the pass until it ends or `seconds` are over."""
    told = []
    for i in range(round(seconds * fps)):
        told.append(calibrating.add(replace(picture(i), stamp=Stamp(i, round(i * 1e9 / fps)))))
        if told[-1].state in ("done", "failed"):
            break
    return told
