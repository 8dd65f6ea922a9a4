"""One turn at a time: quaternions and directions as tuples of plain floats.

Owns the arithmetic of joints that come in ones and twos: on so few numbers each call into numpy costs ten times the work
itself. `trackers.quaternions` and `rotations` are the same for whole skeletons. Knows nothing of bones or landmarks.
Quaternions are (x, y, z, w).
"""

import math
from collections.abc import Sequence
from typing import Final

Vector = tuple[float, float, float]
Turn = tuple[float, float, float, float]
"""A unit quaternion."""

NONE: Final[Turn] = (0.0, 0.0, 0.0, 1.0)
X: Final[Vector] = (1.0, 0.0, 0.0)
Y: Final[Vector] = (0.0, 1.0, 0.0)
Z: Final[Vector] = (0.0, 0.0, 1.0)
_NOTHING: Final = 1e-100  # shorter is rounding, and too short to be divided by


def clamped(value: float, low: float, high: float) -> float:
    """Return `value` held within low..high."""
    return low if value < low else min(value, high)


def smoothstep(value: float, low: float, high: float) -> float:
    """Return 0 below `low`, 1 above `high`, and a smooth ramp between; `low` > `high` turns it round."""
    t = clamped((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def soft_limit(value: float, limit: float) -> float:
    """Return `value` bounded smoothly to +-`limit`: nearly itself when small."""
    return limit * math.tanh(value / limit)


def folded(angle_rad: float, *, limit_rad: float, fold_rad: float) -> float:
    """Return the angle held within +-`limit_rad`, and led back to 0 between `fold_rad` and pi.

    An angle beyond a joint's limit is a mistaken measurement, and near pi its sign is a matter of luck: a plain clamp would
    jump from one end to the other.
    """
    size = abs(angle_rad)
    return math.copysign(min(size, limit_rad) * smoothstep(size, math.pi, fold_rad), angle_rad)


def dot(a: Vector, b: Vector) -> float:
    """Return the scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    """Return the vector product."""
    (ax, ay, az), (bx, by, bz) = a, b
    return ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx


def minus(a: Vector, b: Vector) -> Vector:
    """Return a - b."""
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def scaled(vector: Vector, factor: float) -> Vector:
    """Return the vector times a number."""
    return vector[0] * factor, vector[1] * factor, vector[2] * factor


def unit(vector: Vector) -> Vector:
    """Return the vector scaled to length one; a zero vector stays zero."""
    length = math.hypot(*vector)
    return scaled(vector, 1.0 / length) if length > _NOTHING else (0.0, 0.0, 0.0)


def multiply(a: Turn, b: Turn) -> Turn:
    """Return a * b: first b, then a."""
    (ax, ay, az, aw), (bx, by, bz, bw) = a, b
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def inverse(q: Turn) -> Turn:
    """Return the turn back."""
    return -q[0], -q[1], -q[2], q[3]


def rotate(q: Turn, vector: Vector) -> Vector:
    """Return the vector turned by q."""
    x, y, z, w = q
    vx, vy, vz = vector
    tx, ty, tz = 2.0 * (y * vz - z * vy), 2.0 * (z * vx - x * vz), 2.0 * (x * vy - y * vx)
    return vx + w * tx + y * tz - z * ty, vy + w * ty + z * tx - x * tz, vz + w * tz + x * ty - y * tx


def log(q: Turn) -> Vector:
    """Return the shortest rotation vector of q, axis times angle; q and -q give the same, the angle is 0..pi."""
    x, y, z, w = q
    length = math.hypot(x, y, z) + 1e-12
    scale = math.copysign(2.0 * math.atan2(length, abs(w)) / length, w)
    return x * scale, y * scale, z * scale


def exp(vector: Vector) -> Turn:
    """Return the turn of a rotation vector."""
    return about(vector, 1.0)


def about(axis: Vector, angle_rad: float) -> Turn:
    """Return the turn by `angle_rad` times the axis' length about the axis."""
    x, y, z = axis
    length = max(math.hypot(x, y, z), 1e-12)
    half = 0.5 * angle_rad * length
    sine = math.sin(half) / length
    return x * sine, y * sine, z * sine, math.cos(half)


def slerp(a: Turn, b: Turn, fraction: float) -> Turn:
    """Return the turn `fraction` of the short way from a to b."""
    return multiply(a, about(log(multiply(inverse(a), b)), fraction))


def between(start: Vector, end: Vector) -> Turn:
    """Return the shortest turn that takes one unit vector to another."""
    w = 1.0 + dot(start, end)
    if w < 1e-8:  # opposite: any axis at right angles will do
        x, y, z = unit(cross(start, Y if abs(start[0]) > 0.9 else X))
        return x, y, z, 0.0
    x, y, z = cross(start, end)
    length = math.sqrt(x * x + y * y + z * z + w * w)
    return x / length, y / length, z / length, w / length


def angle_about(axis: Vector, start: Vector, end: Vector) -> float:
    """Return the angle, radians, by which `start` must turn about the unit axis to point the way of `end`, both across it."""
    return math.atan2(dot(cross(start, end), axis), dot(start, end))


def frame(x: Vector, towards_z: Vector) -> Turn:
    """Return the turn that takes X to unit `x`, and Z as near to `towards_z` as a right angle allows."""
    swing = between(X, x)
    return multiply(about(x, angle_about(x, rotate(swing, Z), towards_z)), swing)


def swing_roll(q: Turn) -> tuple[Turn, float]:
    """Return (swing, roll_rad) with q = swing * a turn by the roll about X, within -pi..pi; the swing does not turn about X."""
    roll = (2.0 * math.atan2(q[0], q[3]) + math.pi) % (2.0 * math.pi) - math.pi
    return multiply(q, (-math.sin(0.5 * roll), 0.0, 0.0, math.cos(0.5 * roll))), roll


def yaw_pitch_roll(q: Sequence[float]) -> tuple[float, float, float]:
    """Return the angles of q = Ry(yaw) Rx(pitch) Rz(roll), radians."""
    x, y, z, w = q
    pitch = math.asin(clamped(2.0 * (w * x - y * z), -1.0, 1.0))
    yaw = math.atan2(2.0 * (x * z + w * y), 1.0 - 2.0 * (x * x + y * y))
    roll = math.atan2(2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z))
    return yaw, pitch, roll


def from_yaw_pitch_roll(yaw_rad: float, pitch_rad: float, roll_rad: float) -> Turn:
    """Return the turn Ry(yaw) Rx(pitch) Rz(roll)."""
    cy, sy = math.cos(0.5 * yaw_rad), math.sin(0.5 * yaw_rad)
    cp, sp = math.cos(0.5 * pitch_rad), math.sin(0.5 * pitch_rad)
    cr, sr = math.cos(0.5 * roll_rad), math.sin(0.5 * roll_rad)
    return (
        cy * sp * cr + sy * cp * sr,
        sy * cp * cr - cy * sp * sr,
        cy * cp * sr - sy * sp * cr,
        cy * cp * cr + sy * sp * sr,
    )


def from_matrix(matrix: Sequence[Sequence[float]]) -> Turn:
    """Return the turn of a rotation matrix, three rows of three, by Shepperd's method: from its largest component."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    sizes = (a, e, i, a + e + i)
    largest = sizes.index(max(sizes))
    x, y, z, w = (
        (1.0 + a - e - i, b + d, c + g, h - f),
        (b + d, 1.0 - a + e - i, f + h, c - g),
        (c + g, f + h, 1.0 - a - e + i, d - b),
        (h - f, c - g, d - b, 1.0 + a + e + i),
    )[largest]
    length = math.sqrt(x * x + y * y + z * z + w * w)
    return x / length, y / length, z / length, w / length
