"""What is noise and what is movement: a soft dead band for a filter, as wide as each row's own noise just now.

Owns the estimate of each row's noise and how far it says that the row's filter should open. Knows nothing of cutoffs, nor of
what the numbers mean: it is handed the gaps between a filter's value and its measurements, (N,) or (N, D), and the filter's
steps.

How noise is told from movement: noise alternates, movement persists. The product of two successive second differences is
-4 times the variance for white noise, and positive for anything slower than 7 Hz at 30 frames a second. And two successive gaps
of noise point anywhere, two of a movement the same way.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trackers.quaternions import Array

_LEARN_S: Final = 1.0
_LEARN_OPEN: Final = 0.2
"""Share of that pace at which an open band learns: what it sees is mostly movement."""
_MOST_SURPRISE: Final = 3.0
"""Variances above the highest that one product may count as: a single jump is no noise."""
_HOLD_S: Final = 0.15
"""Time in which an open band shuts again: a waving hand is slow at its turns."""
_PERSISTENCE: Final = 0.35
"""Weight of two successive gaps that point the same way, beside that of the averaged gap."""


@dataclass(frozen=True, slots=True, eq=False)
class DeadBandParameters:
    """How wide a band is; each number a scalar, or an (N,) array with one value per row."""

    least: float | Array
    """The noise (RMS of a measurement, all coordinates together) that is always expected beside what is measured."""
    most: float | Array
    """What is beyond this is not taken for noise."""
    shut: float | Array
    """Below this many standard deviations of the averaged gap (under noise alone) the filter stays nearly closed."""
    open: float | Array
    """From this many on it follows at once."""
    average_hz: float | Array
    """Cutoff of the averaged gap, in which noise cancels."""


class DeadBand:
    """The state of N rows. `judged` and `moved` are called in turn, once for each measurement."""

    def __init__(self, parameters: DeadBandParameters, *, like: Array) -> None:
        """Begin shut; `like` (N,) or (N, D) has the shape of the gaps."""
        self._parameters = parameters
        least = np.asarray(parameters.least, dtype=np.float64)
        self._least_squared = least**2
        self._most_squared = np.asarray(parameters.most, dtype=np.float64) ** 2
        self._most_seen = _MOST_SURPRISE * self._most_squared
        self._turns_hz = 2.0 * np.pi * np.asarray(parameters.average_hz, dtype=np.float64)
        self._per_width = 1.0 / (np.asarray(parameters.open, dtype=np.float64) - parameters.shut)
        # Of each row the last gap, the averaged gap, and the first and second difference of what was measured.
        self._state = np.zeros((4, *like.shape))
        self._now = np.zeros_like(self._state)
        self._rest = np.zeros_like(like)
        self._variance = np.zeros(len(like)) + least * parameters.most  # in the middle, until more is known
        self._share, self._squared = np.zeros(len(like)), np.zeros(len(like))  # how far it is open; the last gap, squared

    @property
    def noise(self) -> Array:
        """(N,) the noise as estimated."""
        return np.asarray(np.sqrt(self._variance + self._least_squared))

    def judged(self, gap: Array, *, dt_s: Array, rows: NDArray[np.bool_]) -> tuple[Array, Array]:
        """Return (N,) how far to open, 0..1, and (N,) the size of the averaged gap.

        Args:
            gap: what was measured less the filter's value.
            dt_s: (N,) time since the last measurement.
            rows: (N,) which rows were measured; the others stay as they are.
        """
        on = rows if gap.ndim == 1 else rows[:, None]
        turns = self._turns_hz * dt_s
        part = turns / (1.0 + turns)
        now, before = self._now, self._state
        now[0] = gap
        np.subtract(gap, before[1], out=now[1])
        now[1] *= part if gap.ndim == 1 else part[:, None]
        now[1] += before[1]
        np.subtract(gap, self._rest, out=now[2])
        np.subtract(now[2], before[2], out=now[3])
        squares, products = _dots(now[:2], now[:2]), _dots(now[::3], before[::3])  # (2, N) each
        self._learn(products[1], dt_s, rows)
        size = np.sqrt(squares[1])
        persisting = np.maximum(products[0], 0.0) / np.sqrt(np.maximum(squares[0], self._squared) + 1e-24)
        left = self.noise * np.sqrt(part / (2.0 - part))  # of white noise; the less, the more often one looks
        distance = ((1.0 - _PERSISTENCE) * size + _PERSISTENCE * persisting) / left
        way = np.minimum(np.maximum((distance - self._parameters.shut) * self._per_width, 0.0), 1.0)
        share = np.maximum(way * way * (3.0 - 2.0 * way), self._share * np.exp(dt_s * (-1.0 / _HOLD_S)))
        np.copyto(self._share, share, where=rows)
        np.copyto(self._squared, squares[0], where=rows)
        np.copyto(before, now, where=on)
        return share, size

    def moved(self, step: Array, *, rows: NDArray[np.bool_]) -> None:
        """Note by how much the filter followed; `step` is zero where `rows` is False."""
        on = rows if step.ndim == 1 else rows[:, None]
        np.subtract(self._state[0], step, out=self._rest, where=on)
        self._state[1] -= step

    def forget(self, rows: NDArray[np.bool_]) -> None:
        """Begin again where `rows`, at the noise that was known."""
        self._state[:, rows] = 0.0
        for kept in (self._rest, self._share, self._squared):
            kept[rows] = 0.0

    def _learn(self, product: Array, dt_s: Array, rows: NDArray[np.bool_]) -> None:
        """Update the variance from the product (N,) of two successive second differences."""
        seen = np.minimum(np.maximum(-0.25 * product, 0.0), self._most_seen)
        pace = (1.0 - np.exp(dt_s * (-1.0 / _LEARN_S))) * (1.0 - (1.0 - _LEARN_OPEN) * self._share)
        variance = np.minimum(self._variance + pace * (seen - self._variance), self._most_squared)
        np.copyto(self._variance, variance, where=rows)


def _dots(a: Array, b: Array) -> Array:
    return a * b if a.ndim == 2 else np.asarray(np.einsum("kni,kni->kn", a, b))
