"""A made-up person for the tests of gestures over time: stands, then lifts both arms."""

import numpy as np

from trackers.recorded_motions import Motion
from trackers.skeleton import BODY_INDEX

FRAME_S = 1 / 30


def lifting(seconds: float) -> Motion:
    """Return a person whose straight arms go from hanging to straight up between 1.0 and 1.25 s."""
    return Motion("lifting", FRAME_S, np.stack([_person(frame * FRAME_S) for frame in range(round(seconds / FRAME_S))]))


def _person(time_s: float) -> np.ndarray:
    angle = np.radians(8 + 168 * min(max((time_s - 1.0) / 0.25, 0.0), 1.0))
    points = np.zeros((33, 3))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        way = np.array([sign * np.sin(angle), -np.cos(angle), 0.0])
        shoulder = np.array([sign * 0.18, 0.5, 0.0])
        places = {"shoulder": shoulder, "elbow": shoulder + 0.27 * way, "wrist": shoulder + 0.52 * way}
        places |= dict.fromkeys(("index", "pinky", "thumb"), shoulder + 0.6 * way)
        places |= {"hip": np.array([sign * 0.1, 0.0, 0.0]), "knee": np.array([sign * 0.1, -0.42, 0.0])}
        places |= {name: np.array([sign * 0.1, -0.85, 0.0]) for name in ("ankle", "heel", "foot_index")}
        places |= {"ear": np.array([sign * 0.075, 0.72, 0.0])}
        places |= {name: np.array([sign * 0.03, 0.74, 0.09]) for name in ("eye", "eye_inner", "eye_outer")}
        for name, place in places.items():
            points[BODY_INDEX[f"{side}_{name}"]] = place
        points[BODY_INDEX[f"mouth_{side}"]] = [sign * 0.025, 0.66, 0.1]
    points[BODY_INDEX["nose"]] = [0.0, 0.7, 0.12]
    return points
