"""A head's turn from its angles: what `geometry.head_angles` takes apart, put together on its own."""

import math

import numpy as np
from numpy.typing import NDArray

from trackers.geometry import CAMERA_FROM_FACING


def head_rotation(yaw_rad: float, pitch_rad: float, roll_rad: float) -> NDArray[np.float64]:
    """Return camera_from_head. +yaw turns to the person's own left, +pitch is chin down, +roll is left ear up."""
    cy, sy = math.cos(yaw_rad), math.sin(yaw_rad)
    cp, sp = math.cos(pitch_rad), math.sin(pitch_rad)
    cr, sr = math.cos(roll_rad), math.sin(roll_rad)
    turn_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    turn_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    turn_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(CAMERA_FROM_FACING @ turn_y @ turn_x @ turn_z)
