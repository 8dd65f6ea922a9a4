"""Clay: grids of points become closed or open parts with texture coordinates, normals and skin weights.

Owns the generic modelling tools. Knows nothing of the character that is modelled with them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = NDArray[Any]
"""(N, D) or (N,) float64."""
Curve = Callable[[Points | float], Points]


@dataclass(slots=True, eq=False)
class Part:
    """One piece of the character while it is made: `tile` names its texture, `material` how it takes light."""

    points: Points  # (V, 3)
    triangles: NDArray[np.int32]  # (T, 3)
    uv: Points  # (V, 2), 0..1 within its tile
    tile: str
    material: str
    weights: Points = field(default_factory=lambda: np.zeros((0, 0)))  # (V, J)
    normals: Points = field(default_factory=lambda: np.zeros((0, 3)))
    outline_m: Points = field(default_factory=lambda: np.zeros(0))
    bias_m: float = 0.0
    morphs: dict[str, Points] = field(default_factory=dict)  # name -> (V, 3)
    uv_morphs: dict[str, Points] = field(default_factory=dict)  # name -> (V, 2)
    lids: list[tuple[int, int]] = field(default_factory=list)


def profile(keys: Sequence[float] | Points, values: Sequence[float] | Points) -> Curve:
    """Return a smooth curve through (key, value) that never overshoots (monotone cubic, Fritsch and Carlson 1980)."""
    x, y = np.asarray(keys, float), np.asarray(values, float)
    step, secant = np.diff(x), np.diff(y) / np.diff(x)
    inner = np.where(secant[1:] * secant[:-1] > 0, 2 * secant[1:] * secant[:-1] / (secant[1:] + secant[:-1] + 1e-300), 0)
    slope = np.concatenate([secant[:1], inner, secant[-1:]])

    def at(t: Points | float) -> Points:
        t = np.clip(np.asarray(t, float), x[0], x[-1])
        i = np.clip(np.searchsorted(x, t, side="right") - 1, 0, len(step) - 1)
        h, s = step[i], (t - x[i]) / step[i]
        near = (2 * s**3 - 3 * s**2 + 1) * y[i] + (s**3 - 2 * s**2 + s) * h * slope[i]
        curve: Points = near + (3 * s**2 - 2 * s**3) * y[i + 1] + (s**3 - s**2) * h * slope[i + 1]
        return curve

    return at


def spline(keys: Sequence[Sequence[float]] | Points, at: int | Points) -> Points:
    """Return (N, D) points on the Catmull-Rom curve through `keys`: so many, evenly spaced, or those at 0..1 of it."""
    key = np.asarray(keys, float)
    padded = np.concatenate([[2 * key[0] - key[1]], key, [2 * key[-1] - key[-2]]])
    t = (np.linspace(0, 1, at) if isinstance(at, int) else np.asarray(at, float)) * (len(key) - 1)
    i = np.minimum(t.astype(int), len(key) - 2)
    s = (t - i)[:, None]
    a, b, c, d = padded[i], padded[i + 1], padded[i + 2], padded[i + 3]
    curve: Points = 0.5 * (2 * b + (c - a) * s + (2 * a - 5 * b + 4 * c - d) * s**2 + (3 * b - a - 3 * c + d) * s**3)
    return curve


def unit(vectors: Points) -> Points:
    """Return vectors of length 1 along the last axis."""
    lengths: Points = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-18)


def smooth_normals(points: Points, triangles: NDArray[np.int32]) -> Points:
    """Return (V, 3) unit normals, averaged over coincident points so that texture seams do not show in the light."""
    p, q, r = (points[triangles[:, k]] for k in range(3))
    face = np.cross(q - p, r - p)
    _, same = np.unique(np.round(points, 6), axis=0, return_inverse=True)
    same = same.reshape(-1)
    total = np.zeros((same.max() + 1, 3))
    for k in range(3):
        np.add.at(total, same[triangles[:, k]], face)
    return unit(total[same])


def grid(
    points: Points,
    *,
    tile: str,
    material: str,
    closed: bool = False,
    outward: Sequence[float] | None = None,
    u: Points | None = None,
    v: Points | None = None,
) -> Part:
    """Return a part of (R, C, 3) points; `closed` joins the last column to the first.

    The outside is where the volume is positive, or for open sheets the side that `outward` points to. `u` says where in the
    tile each column lies, `v` each row; they are evenly spaced if not given. However densely a part is sampled, a place on it
    must keep its texture coordinate.
    """
    if closed:
        points = np.concatenate([points, points[:, :1]], axis=1)
    rows, cols = points.shape[:2]
    at = np.arange(rows * cols, dtype=np.int32).reshape(rows, cols)
    a, b, c, d = (block.reshape(-1) for block in (at[:-1, :-1], at[:-1, 1:], at[1:, :-1], at[1:, 1:]))
    triangles = np.concatenate([np.stack([a, b, c], axis=1), np.stack([b, d, c], axis=1)])
    flat = points.reshape(-1, 3)
    p, q, r = (flat[triangles[:, k]] for k in range(3))
    face = np.cross(q - p, r - p)
    sense = (face @ np.asarray(outward, float)).sum() if outward is not None else ((p - flat.mean(axis=0)) * face).sum()
    keep = np.linalg.norm(face, axis=1) > 1e-10
    triangles = triangles[keep] if sense > 0 else triangles[keep][:, ::-1]
    down = np.linspace(0, 1, rows) if v is None else v
    along = np.linspace(0, 1, cols) if u is None else u
    uv = np.stack(np.meshgrid(along, down), axis=-1).reshape(-1, 2)
    part = Part(flat, np.ascontiguousarray(triangles), uv, tile, material)
    part.normals = smooth_normals(flat, part.triangles)
    part.outline_m = np.zeros(len(flat))
    return part


def ring(count: int, *, power: float = 2.0) -> Points:
    """Return (count, 2) points of a superellipse, counter-clockwise from +x; power 2 is the circle."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([np.sign(c) * np.abs(c) ** (2 / power), np.sign(s) * np.abs(s) ** (2 / power)], axis=1)


def fair(count: int) -> float:
    """Return how much larger a polygon of so many corners must be than a circle to look as wide on average."""
    return float(np.pi / (count * np.sin(np.pi / count)))


def loft(spine: Points, *, side: Points, up: Points, section: Points) -> Points:
    """Return (R, C, 3): at each of R spine points the (R, C, 2) section in the plane of (R, 3) `side` and `up`."""
    points: Points = spine[:, None] + section[..., :1] * side[:, None] + section[..., 1:] * up[:, None]
    return points


def tube(spine: Points, radius: Points, *, count: int, flat: float = 1.0, up: Sequence[float] = (0, 1, 0)) -> Points:
    """Return (R, count, 3) rings around a spine, as wide on average as the tube; `flat` scales the radius along `up`.

    `radius` is (R,), or (R, count) where the tube has folds.
    """
    ahead = unit(np.gradient(spine, axis=0))
    side = unit(np.cross(np.broadcast_to(np.asarray(up, float), spine.shape), ahead))
    wide = fair(count) * (radius[:, None] if radius.ndim == 1 else radius)
    section = ring(count)[None] * np.stack([wide, wide * flat], axis=-1)
    return loft(spine, side=side, up=np.cross(ahead, side), section=section)


def capped(rings: Points) -> Points:
    """Return the rings with a collapsed ring at either end, so that the part is closed."""
    ends = [np.broadcast_to(rings[end].mean(axis=0), rings[end].shape)[None] for end in (0, -1)]
    return np.concatenate([ends[0], rings, ends[1]])


def capped_v(v: Points) -> Points:
    """Return the texture's v of `capped` rings, of which the rings themselves have `v`."""
    return np.concatenate([v[:1], v, v[-1:]])


def ink(part: Part, width_m: Points | float) -> Part:
    """Give the part an outline: one width, or one for each vertex."""
    part.outline_m = np.broadcast_to(np.asarray(width_m, float), (len(part.points),)).copy()
    return part


def toward_sphere(part: Part, centre: Sequence[float] | Points, amount: float) -> Part:
    """Bend the light's normals toward those of a sphere, so that light falls in one clean shape."""
    round_ = unit(part.points - np.asarray(centre, float))
    part.normals = unit(part.normals * (1 - amount) + round_ * amount)
    return part


def without(part: Part, hidden: NDArray[np.bool_]) -> Part:
    """Return the part without the triangles whose three vertices are all hidden: nobody sees them, so nobody draws them."""
    kept, triangles = np.unique(part.triangles[~hidden[part.triangles].all(axis=1)], return_inverse=True)
    part.triangles = np.ascontiguousarray(triangles.reshape(-1, 3), dtype=np.int32)
    part.points, part.uv, part.normals = part.points[kept], part.uv[kept], part.normals[kept]
    part.outline_m = part.outline_m[kept]
    part.morphs = {name: moved[kept] for name, moved in part.morphs.items()}
    return part


def mirrored(part: Part) -> Part:
    """Return the left part reflected in x = 0, on the right part's tile (weights and morphs are the caller's business)."""
    flip = np.array([-1.0, 1, 1])
    tile = part.tile.replace("Left", "Right")
    twin = Part(part.points * flip, np.ascontiguousarray(part.triangles[:, ::-1]), part.uv.copy(), tile, part.material)
    twin.normals, twin.outline_m, twin.bias_m = part.normals * flip, part.outline_m.copy(), part.bias_m
    return twin
