"""A face from 68 or 70 points of a picture: head pose, gaze, and as much of the expression as so few points tell.

Owns the fit of the average face to points without depth, and the measures that stand for coefficients. Knows nothing of where
the points came from. Against our own tracker on webcam clips the head's turn agrees within 1.3 degrees (median, every axis) and
blinks correlate by 0.93; brows by 0.7, mouth shapes by 0.5 to 0.6 (docs/keypoints.md).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trackers.face_model import EYEBALL_RADIUS_CM, head_position
from trackers.keypoint_face_tables import IBUG_CM, NEAREST_IBUG
from trackers.keypoint_tables import IBUG_COUNT, IBUG_FROM_MESH, PUPILS_FROM_MESH
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import EXPRESSION_COUNT, FACE_COUNT, FaceTracking, FloatArray

Array = NDArray[np.float64]

MIN_RIGID: Final = 9
"""Of the 13 points that hardly move with the expression, how many must be known."""
MIN_KNOWN: Final = 48
MIN_CONFIDENCE: Final = 0.2
MIN_PX_PER_CM: Final = 0.2
"""A face 3 pixels wide is none, and points that fall together would divide by nothing."""

_FACE: Final[Array] = np.array(IBUG_CM)
_RIGID: Final = np.array([*range(27, 36), 36, 39, 42, 45])  # nose and corners of the eyes
_EYES: Final = (((36, 39), 68), ((42, 45), 69))  # corners and pupil, right eye first
_NEAREST: Final = np.array([*NEAREST_IBUG, *[68] * 5, *[69] * 5])


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """Scaled orthographic: pixels = scale * (camera_from_head @ point)[:2] + offset."""

    camera_from_head: Array
    scale: float
    """Pixels per centimetre."""
    offset: Array


def lift_face(points: FloatArray, *, width_px: int, height_px: int) -> FaceTracking | None:
    """Return the face, or None where too little of it is known.

    A vertex of the mesh that the points do not measure lies on the nearest one that they do; what is missing among the 68 lies
    where the average face has it.

    Args:
        points: (70, 3) x, y, confidence: iBUG 68, then the right and the left pupil.
    """
    known = points[:, 2] > 0
    score = float(points[:IBUG_COUNT, 2].mean())
    if known[_RIGID].sum() < MIN_RIGID or known[:IBUG_COUNT].sum() < MIN_KNOWN or score < MIN_CONFIDENCE:
        return None
    fit = _fit(points[:IBUG_COUNT, :2].astype(np.float64), known[:IBUG_COUNT])
    if fit.scale < MIN_PX_PER_CM:
        return None
    placed = _FACE @ fit.camera_from_head.T * fit.scale  # (68, 3) camera axes, px
    placed[:, :2] += fit.offset
    placed[known[:IBUG_COUNT], :2] = points[:IBUG_COUNT][known[:IBUG_COUNT], :2]
    flat = _in_head(placed[:, :2], fit)
    expression = _expression(flat)
    return FaceTracking(
        keypoints_px=_mesh(placed, points),
        camera_from_head=fit.camera_from_head.astype(np.float32),
        head_position_m=head_position(fit, width_px=width_px, height_px=height_px),
        gaze_rad=_gaze(points, fit, expression),
        expression=expression,
        score=min(1.0, 1.5 * score),
    )


def _fit(points: Array, known: NDArray[np.bool_]) -> _Fit:
    """Fit the average face's rigid points to the picture's.

    Source: DeMenthon and Davis, "Model-based object pose in 25 lines of code", 1995 (its first step).
    """
    rows = _RIGID[known[_RIGID]]
    middle, middle_px = _FACE[rows].mean(axis=0), points[rows].mean(axis=0)
    solved, *_ = np.linalg.lstsq(_FACE[rows] - middle, points[rows] - middle_px, rcond=None)
    u, sizes, vt = np.linalg.svd(solved.T, full_matrices=False)  # (2, 3)
    across = u @ vt  # the nearest two rows of a rotation
    turn = np.vstack([across, np.cross(across[0], across[1])])
    scale = float(sizes.mean())
    return _Fit(camera_from_head=turn, scale=scale, offset=middle_px - scale * turn[:2] @ middle)


def _in_head(points_px: Array, fit: _Fit, depth_cm: Array | None = None) -> Array:
    """Return (N, 2) places in head space, x and y in cm, of points (N, 2) whose depth the average face knows (or is given)."""
    z = _FACE[:, 2] if depth_cm is None else depth_cm
    turn = fit.camera_from_head[:2]
    rest = (points_px - fit.offset) / fit.scale - z[:, None] * turn[:, 2]
    plane = turn[:, :2]
    if abs(np.linalg.det(plane)) < 0.1:  # in profile the face's plane is seen edge on
        return np.asarray(rest * np.array([0.0, -1.0]))
    return np.asarray(np.linalg.solve(plane, rest.T).T)


def _expression(flat: Array) -> FloatArray:
    """Return (52,): straight lines through what our tracker says on webcam clips of the same measures (cm, or a ratio)."""

    def apart(a: int, b: int) -> float:
        return float(np.hypot(*(flat[a] - flat[b])))

    def height(rows: list[int], below: list[int]) -> float:
        return float(flat[rows, 1].mean() - flat[below, 1].mean())

    open_right = (apart(37, 41) + apart(38, 40)) / 2 / max(apart(36, 39), 0.1)
    open_left = (apart(43, 47) + apart(44, 46)) / 2 / max(apart(42, 45), 0.1)
    brow_right, brow_left = height([*range(17, 22)], [36, 39]), height([*range(22, 27)], [42, 45])
    values = {
        "eyeBlinkRight": 0.90 - 2.67 * open_right,
        "eyeBlinkLeft": 0.90 - 2.67 * open_left,
        "jawOpen": (height([62], [66]) - 0.4) / 2.8,
        "mouthSmileRight": (flat[33, 0] - flat[48, 0] - 2.5) / 0.9,
        "mouthSmileLeft": (flat[54, 0] - flat[33, 0] - 2.5) / 0.9,
        "mouthPucker": (4.4 - apart(48, 54)) / 1.2,
        "browInnerUp": height([21, 22], [39, 42]) - 1.95,
        "browDownRight": 1.3 * (1.98 - brow_right),
        "browDownLeft": 1.3 * (1.98 - brow_left),
    }
    expression = np.zeros(EXPRESSION_COUNT, dtype=np.float32)
    for name, value in values.items():
        expression[EXPRESSION_INDEX[name]] = min(max(value, 0.0), 1.0)
    return expression


def _gaze(points: FloatArray, fit: _Fit, expression: FloatArray) -> FloatArray:
    """Return (2,) yaw and pitch as `face_model.gaze` means them; straight ahead without pupils, or with both eyes shut."""
    angles, weights = [], []
    for (corners, pupil), blink in zip(_EYES, ("eyeBlinkRight", "eyeBlinkLeft"), strict=True):
        if points[[*corners, pupil], 2].min() <= 0:
            continue
        depth = np.append(_FACE[list(corners), 2], _FACE[list(corners), 2].mean())
        three = _in_head(points[[*corners, pupil], :2].astype(np.float64), fit, depth)
        shift = three[2] - (three[0] + three[1]) / 2
        angles.append(np.arcsin(np.clip(np.array([shift[0], -shift[1]]) / EYEBALL_RADIUS_CM, -0.9, 0.9)))
        weights.append(max(0.02, 1.0 - float(expression[EXPRESSION_INDEX[blink]])))
    if not angles:
        return np.zeros(2, dtype=np.float32)
    mean: Array = np.average(np.array(angles), axis=0, weights=np.array(weights))
    return np.asarray(mean * max(weights), dtype=np.float32)


def _mesh(placed: Array, points: FloatArray) -> FloatArray:
    """Return (478, 3) the mesh as far as 70 points know it."""
    seventy = np.zeros((70, 3))
    seventy[:IBUG_COUNT] = placed
    for corners, pupil in _EYES:
        seventy[pupil] = placed[list(corners)].mean(axis=0)
        if points[pupil, 2] > 0:
            seventy[pupil, :2] = points[pupil, :2]
    mesh = seventy[_NEAREST]
    mesh[[*IBUG_FROM_MESH, *PUPILS_FROM_MESH]] = seventy
    assert mesh.shape == (FACE_COUNT, 3)
    return np.asarray(mesh, dtype=np.float32)
