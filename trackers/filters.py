"""One-Euro filters: smooth when slow, prompt when fast, for vectors and for unit quaternions.

Owns smoothing over time and the bounded look ahead of the last measurement. Knows nothing of what the numbers mean. Time
is nanoseconds from any clock, always passed in; nothing here reads a clock.

Source: Casiez, Roussel, Vogel, "1€ Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive Systems",
CHI 2012. As in the authors' reference, speed is measured from the last filtered value, so that lag itself opens the filter.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trackers import quaternions as quat
from trackers.dead_band import DeadBand, DeadBandParameters
from trackers.quaternions import Array

GAP_NS = 400_000_000
"""A pause longer than this says nothing about speed: the filter starts anew at the next value."""

MAX_LEAD_S = 0.040
"""No lag beyond this is made good."""

_VELOCITY_TIME_S = 0.02  # smoothing of the velocity used to look ahead; less than one frame of a 30 Hz camera


@dataclass(frozen=True, slots=True, eq=False)
class OneEuroParameters:
    """How a filter smooths; each number a scalar, or an (N,) array with one value per row."""

    min_cutoff_hz: float | Array
    """Cutoff at rest: less means less jitter and more lag."""
    beta: float | Array
    """Hz of cutoff gained per unit of speed (per rad/s for rotations): more means less lag when moving."""
    d_cutoff_hz: float | Array = 1.0
    """Cutoff of the speed estimate."""
    knee: float | Array = 0.0
    """Speed of noise: well below it the filter keeps nearly shut, well above it opens as the published one does. 0: no knee."""
    hold_s: float = 0.0
    """Time in which an open filter shuts again, beyond what `d_cutoff_hz` says: what waves to and fro is slow at its turns."""
    lead: float | Array = 0.0
    """Share of the filter's own lag that `ahead` makes good while moving, along the filtered velocity; none at rest."""
    open_hz: float | Array = 0.0
    """Cutoff gained where the dead band is open, whatever the speed."""
    band: DeadBandParameters | None = None
    """Opens the filter by how far a measurement is beyond its noise, in place of the knee, `hold_s` and `d_cutoff_hz`."""


class _OneEuro:
    """The state of N rows, their step and their restart. Subclasses say what a difference between two values is."""

    def __init__(self, parameters: OneEuroParameters, *, gap_ns: int = GAP_NS) -> None:
        self._parameters = parameters
        self._closing_per_s = -1.0 / max(parameters.hold_s, 1e-4)
        self._gap_ns = gap_ns
        self.reset()

    def reset(self) -> None:
        """Forget everything: afterwards the filter behaves as a new one."""
        self._value: Array = np.empty(0)
        self._speed: Array = np.empty(0)  # from the last filtered value: opens the filter
        self._velocity: Array = np.empty(0)  # of the filtered value: carries it forward in time
        self._size: Array = np.empty(0)  # of the speed, as far as it still holds the filter open
        self._lead_s: Array = np.empty(0)  # how much further `ahead` looks, to make good the filter's lag
        self._seen_ns = np.empty(0, dtype=np.int64)
        self._band: DeadBand | None = None

    def __call__(self, value: Array, *, time_ns: int, rows: NDArray[np.bool_] | None = None, unit: float = 1.0) -> Array:
        """Take a measurement and return the filtered value; a row's first one, or its first after a gap, passes unchanged.

        Args:
            value: (N, ...) measurement; its shape must stay the same until `reset`.
            time_ns: its time; a row last measured at that time or later stays as it is.
            rows: (N,) which rows were measured; the others keep their value. None means all.
            unit: what a speed is counted in: of pixels the size of their part, so that the picture's size does not matter.
        """
        value = np.asarray(value, dtype=np.float64)
        if not len(self._seen_ns):
            self._start(value)
        elapsed_ns = time_ns - self._seen_ns  # (N,)
        measured = elapsed_ns > 0 if rows is None else (elapsed_ns > 0) & rows
        afresh = measured & (elapsed_ns > self._gap_ns)
        going = measured & ~afresh
        if going.any():
            self._step(value, np.where(going, elapsed_ns, 1_000_000) * 1e-9, going, unit)
        if afresh.any():
            self._value[afresh] = value[afresh]
            self._speed[afresh] = 0.0
            self._velocity[afresh] = 0.0
            self._size[afresh] = self._lead_s[afresh] = 0.0
            if self._band is not None:
                self._band.forget(afresh)
        self._seen_ns[measured] = time_ns
        return self._value.copy()

    @property
    def velocity(self) -> Array:
        """Filtered change per second of each row: (N,) for numbers, (N, 3) rad/s in a rotation's own axes."""
        return self._velocity

    @property
    def seen_ns(self) -> NDArray[np.int64]:
        """(N,) when each row was last measured; far in the past if never."""
        return self._seen_ns

    def ahead(self, horizon_s: float | Array) -> Array:
        """Return the value `horizon_s` (scalar or (N,)) after each row's last measurement, at its filtered velocity.

        Raises:
            RuntimeError: nothing was ever measured.
        """
        if not len(self._seen_ns):
            raise RuntimeError("a filter must have taken a value before it can look ahead; call it with a measurement first")
        return self._moved(self._value, self._velocity * self._column(self._lead_s + horizon_s))

    def _start(self, value: Array) -> None:
        self._value = value.copy()
        self._speed = np.zeros_like(self._difference(value, value))
        self._velocity = np.zeros_like(self._speed)
        self._size, self._lead_s = np.zeros(value.shape[0]), np.zeros(value.shape[0])
        if self._parameters.band is not None:
            self._band = DeadBand(self._parameters.band, like=self._speed)
        # Far in the past, so that the first measurement of each row counts as one after a gap.
        self._seen_ns = np.full(value.shape[0], np.iinfo(np.int64).min // 2)

    def _step(self, value: Array, dt_s: Array, rows: NDArray[np.bool_], unit: float) -> None:
        per_s, on = self._column(1.0 / dt_s), self._column(rows)
        gap = self._difference(self._value, value)
        moving, cutoff_hz = self._opened(gap, dt_s, rows, unit)
        step = np.where(on, gap * self._column(_alpha(cutoff_hz, dt_s)), 0.0)
        follow = self._column(1.0 - np.exp(-dt_s / _VELOCITY_TIME_S))
        velocity = self._velocity + follow * (step * per_s - self._velocity)
        lead_s = np.minimum(self._parameters.lead * moving / (2.0 * np.pi * cutoff_hz), MAX_LEAD_S)
        self._lead_s = np.where(rows, lead_s, self._lead_s)
        self._velocity = np.where(on, velocity, self._velocity)
        self._value = self._moved(self._value, step)
        if self._band is not None:
            self._band.moved(step / unit, rows=rows)

    def _opened(self, gap: Array, dt_s: Array, rows: NDArray[np.bool_], unit: float) -> tuple[Array, Array]:
        """Return (N,) how surely each row moves, 0..1, and (N,) its cutoff in Hz."""
        parameters = self._parameters
        if self._band is not None:
            share, size = self._band.judged(gap / unit, dt_s=dt_s, rows=rows)
            return share, parameters.min_cutoff_hz + share * (parameters.open_hz + parameters.beta * size / dt_s)
        smooth = self._column(_alpha(parameters.d_cutoff_hz, dt_s))
        speed = self._speed + smooth * (gap * self._column(1.0 / dt_s) - self._speed)
        # Opened at once and shut slowly, so that what waves to and fro is not shut out at its turns.
        size = np.maximum(self._magnitude(speed) / unit, self._size * np.exp(dt_s * self._closing_per_s))  # (N,)
        moving = size / (size + parameters.knee + 1e-12)  # 0 at rest .. 1 well above the noise
        self._size = np.where(rows, size, self._size)
        self._speed = np.where(self._column(rows), speed, self._speed)
        return moving**2, parameters.min_cutoff_hz + parameters.beta * size * moving

    def _column(self, rows: NDArray[Any]) -> NDArray[Any]:
        raise NotImplementedError

    def _difference(self, start: Array, end: Array) -> Array:
        raise NotImplementedError

    def _moved(self, start: Array, step: Array) -> Array:
        raise NotImplementedError

    def _magnitude(self, speed: Array) -> Array:
        raise NotImplementedError


class VectorFilter(_OneEuro):
    """One-Euro filter of (N,) numbers, each by itself."""

    def _column(self, rows: NDArray[Any]) -> NDArray[Any]:
        return rows

    def _difference(self, start: Array, end: Array) -> Array:
        return end - start

    def _moved(self, start: Array, step: Array) -> Array:
        return start + step

    def _magnitude(self, speed: Array) -> Array:
        return np.abs(speed)


class PointFilter(_OneEuro):
    """One-Euro filter of (N, D) points: a point's coordinates move together."""

    def _column(self, rows: NDArray[Any]) -> NDArray[Any]:
        return rows[:, None]

    def _difference(self, start: Array, end: Array) -> Array:
        return end - start

    def _moved(self, start: Array, step: Array) -> Array:
        return start + step

    def _magnitude(self, speed: Array) -> Array:
        return np.asarray(np.sqrt(np.einsum("ni,ni->n", speed, speed)))


class RotationFilter(_OneEuro):
    """One-Euro filter of (N, 4) unit quaternions (x, y, z, w), on the sphere: q and -q are the same measurement."""

    def ahead_beside(self, horizon_s: float | Array, other: Array, ran_s: Array) -> tuple[Array, Array]:
        """Return `ahead(horizon_s)`, and `other` (N, 4) carried on at the same velocity for `ran_s` (N,): both in one go."""
        times_s = np.stack([self._lead_s + horizon_s, ran_s])
        both = self._moved(np.stack([self._value, other]), self._velocity * times_s[:, :, None])
        return both[0], both[1]

    def _column(self, rows: NDArray[Any]) -> NDArray[Any]:
        return rows[:, None]

    def _difference(self, start: Array, end: Array) -> Array:
        return quat.difference(start, end)

    def _moved(self, start: Array, step: Array) -> Array:
        return quat.normalised(quat.multiply(start, quat.exp(step)))

    def _magnitude(self, speed: Array) -> Array:
        return np.asarray(np.sqrt(np.einsum("ni,ni->n", speed, speed)))


def _alpha(cutoff_hz: float | Array, dt_s: Array) -> Array:
    """Return the share of a new value that a first-order low-pass at `cutoff_hz` takes over after `dt_s`."""
    turns = 2.0 * np.pi * cutoff_hz * dt_s
    return np.asarray(turns / (1.0 + turns))
