"""The head's turn: from the face while the face is seen well, from the body's head points beyond, without a jump between.

Owns the fit of the body's head points and the handing over. Knows nothing of the rest of the trunk, nor of how a turn is shared
between neck and head. All rotations are avatar space.

Figures: the template's points are those that explain the pixels of the body model best under the turns of the face mesh, in
nine webcam clips; they are not where anatomy has them, since the model draws the far side of a head too near. With it the yaw
of a turning head comes out within 4.6 degrees of the face's (mean, less a constant offset); from the model's own metres, whose
depth hardly follows a head, within 13.8.
"""

import math
from typing import Final

import numpy as np

from avatar import turns
from avatar.observation import BodyView
from avatar.turns import Turn, Vector, clamped
from trackers.quaternions import Array
from trackers.skeleton import BODY_INDEX
from trackers.types import FloatArray

_TEMPLATE: Final[dict[str, tuple[float, float, float]]] = {
    "nose": (0.0, -0.2, 4.0),
    "left_eye": (3.15, 3.15, 2.0),
    "right_eye": (-3.15, 3.15, 2.0),
    "left_ear": (6.25, 1.7, -1.85),
    "right_ear": (-6.25, 1.7, -1.85),
    "mouth_left": (2.4, -3.8, 2.4),
    "mouth_right": (-2.4, -3.8, 2.4),
}
"""Head space, centimetres of the canonical face."""
_POINTS: Final = [BODY_INDEX[name] for name in _TEMPLATE]
_CENTRED: Final[Array] = np.array(list(_TEMPLATE.values())) - np.mean(list(_TEMPLATE.values()), axis=0)  # (7, 3)
_SOLVE: Final[Array] = np.asarray(_CENTRED @ np.linalg.inv(_CENTRED.T @ _CENTRED))  # (7, 3)

_AVATAR_FROM_CAMERA: Final = np.array([[1.0], [-1.0], [-1.0]])

Sight = tuple[Turn, float]
"""avatar_from_head and how far it may be believed, 0..1."""

LEAVE_RAD: Final = math.radians(60.0)
"""From this yaw on the face mesh is no longer believed: it sees half a face, and makes up the rest."""
RETURN_RAD: Final = math.radians(50.0)
"""Below this one it is again."""
_LEARN_BELOW_RAD: Final = math.radians(45.0)
_GOOD: Final = 0.8
_BLEND_S: Final = 0.25  # for the whole way from one to the other
_LEARN_S: Final = 2.0  # the usual offset between the two
_FOLLOW_S: Final = 0.25  # the offset of this moment, from which the body goes on
_FORGET_S: Final = 10.0  # and which then fades to the usual one, slowly: the body reads less of a turn, the further it goes
_LONGEST_STEP_S: Final = 0.2


def head_from_face(camera_from_head: FloatArray) -> Turn:
    """Return avatar_from_head of the face's own rotation (3, 3)."""
    return turns.from_matrix((_AVATAR_FROM_CAMERA * camera_from_head).tolist())


def head_from_pixels(view: BodyView) -> Sight:
    """Return the head's turn from where the body's nose, eyes, ears and mouth lie in the picture.

    Weak perspective, as the face's own fit: the turn is relative to the line from the camera to the head. Depth is not used.
    """
    # Two rows of a scaled rotation, nearly; where the head is does not matter, since the columns of _SOLVE sum to zero.
    across, down = (np.array([view.pixels[index] for index in _POINTS]).T @ _SOLVE).tolist()
    x, y = _upright(across, turns.scaled(down, -1.0))
    # One ear is always hidden in profile, and the model places it well all the same.
    seen = min(view.believed("nose"), max(view.believed("left_ear"), view.believed("right_ear")))
    return turns.from_matrix([x, y, turns.cross(x, y)]), seen


def _upright(x: Vector, y: Vector) -> tuple[Vector, Vector]:
    """Return the two unit vectors at right angles that are nearest to two vectors: their polar factor."""
    xx, xy, yy = turns.dot(x, x), turns.dot(x, y), turns.dot(y, y)
    area = math.sqrt(max(xx * yy - xy * xy, 0.0))
    scale = 1.0 / max(area * math.sqrt(xx + yy + 2.0 * area), 1e-12)
    (x0, x1, x2), (y0, y1, y2), a, b, c = x, y, (yy + area) * scale, -xy * scale, (xx + area) * scale
    return (a * x0 + b * y0, a * x1 + b * y1, a * x2 + b * y2), (b * x0 + c * y0, b * x1 + c * y1, b * x2 + c * y2)


class HeadFollower:
    """Decides whom to believe, and carries the one over into the other. Driven by stamps; used from one thread."""

    def __init__(self) -> None:
        self._share = 1.0  # of the face
        self._sideways = False
        self._offset: Turn = turns.NONE  # face = body * offset, of this moment
        self._usual: Turn = turns.NONE  # the same, over seconds
        self._learnt_s = 0.0
        self._last: Turn = turns.NONE
        self._time_ns: int | None = None

    def update(self, face: Sight | None, body: Sight | None, *, time_ns: int) -> Sight:
        """Return the head's turn at this moment; belief 0 and the last turn if neither was found.

        Args:
            face: the head's turn by the face; None without a face.
            body: the same by the body's head points.
        """
        dt_s = 0.0 if self._time_ns is None else min(max(time_ns - self._time_ns, 0) * 1e-9, _LONGEST_STEP_S)
        first, self._time_ns = self._time_ns is None, time_ns
        if face is None or face[1] <= 0.0:
            face = None
        if body is None or body[1] <= 0.0:
            body = None
        if face is None and body is None:
            return self._last, 0.0
        self._sideways = self._is_sideways(face, body)
        if face is not None and body is not None:
            self._learn(face, body, dt_s)
        share = self._face_share(face, body, dt_s, first=first)
        if body is None:
            assert face is not None
            self._last, seen = face
        else:
            carried = turns.multiply(body[0], self._offset)
            self._last = carried if face is None else turns.slerp(carried, face[0], share)
            seen = body[1] if face is None else max(share * face[1], (1.0 - share) * body[1], min(face[1], body[1]))
        if face is None or share < 0.5:
            self._offset = turns.slerp(self._offset, self._usual, 1.0 - math.exp(-dt_s / _FORGET_S))
        return self._last, seen

    def _is_sideways(self, face: Sight | None, body: Sight | None) -> bool:
        """Tell whether the head is turned so far that the face mesh is not believed, with hysteresis.

        The mesh itself comes to a stop at some 60 degrees, so the body is asked as well.
        """
        yaws = [abs(turns.yaw_pitch_roll(face[0])[0])] if face is not None else []
        if body is not None:
            yaws.append(abs(turns.yaw_pitch_roll(turns.multiply(body[0], self._offset))[0]))
        return sum(yaws) / len(yaws) > (RETURN_RAD if self._sideways else LEAVE_RAD)

    def _learn(self, face: Sight, body: Sight, dt_s: float) -> None:
        """Learn the offset between the two while the face is believed."""
        if self._sideways or min(face[1], body[1]) < _GOOD:
            return
        offset = turns.multiply(turns.inverse(body[0]), face[0])
        first = self._learnt_s == 0.0
        self._learnt_s += dt_s
        self._offset = offset if first else turns.slerp(self._offset, offset, 1.0 - math.exp(-dt_s / _FOLLOW_S))
        if first:
            self._usual = offset
        elif abs(turns.yaw_pitch_roll(face[0])[0]) < _LEARN_BELOW_RAD:
            span_s = min(self._learnt_s, _LEARN_S)  # a plain mean at first
            self._usual = turns.slerp(self._usual, offset, min(1.0, dt_s / max(span_s, dt_s, 1e-9)))

    def _face_share(self, face: Sight | None, body: Sight | None, dt_s: float, *, first: bool) -> float:
        """Return the face's share of the head, which moves no faster than the blend allows."""
        wanted = 0.0 if face is None or (self._sideways and body is not None) else 1.0
        if body is None or first:
            self._share = wanted
        elif face is None:
            self._share = 0.0  # the body goes on from where the face was
        else:
            step = dt_s / _BLEND_S
            self._share = clamped(wanted, self._share - step, self._share + step)
        return self._share
