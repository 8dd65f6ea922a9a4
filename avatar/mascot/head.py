"""The mascot's head and ears: the skull's profiles, the face surface that features are laid on, the ear shells."""

import numpy as np

from avatar.mascot.level import Detail
from avatar.mascot.shapes import (
    Part,
    Points,
    grid,
    ink,
    mirrored,
    profile,
    ring,
    spline,
    toward_sphere,
    tube,
    unit,
    without,
)
from avatar.mascot.skeleton import EAR, along, bind
from avatar.rig import Rig

CHIN_M, CROWN_M = 1.06, 1.56
CENTRE = (0.0, 1.31, -0.01)
FACE_WINDOW = (-0.26, 0.26, 1.03, 1.4525)  # x from, to, y from, to: what the face's tile shows, seen from the front
INK_M = 0.0046
CAP_CENTRE_M, CAP_RADII_M = (0.0, 1.338, -0.048), (0.258, 0.256, 0.238)  # the close hair: its ellipsoid

_V = (0.0, 0.015, 0.05, 0.1, 0.2, 0.32, 0.46, 0.6, 0.78, 0.92, 1.0)
_WIDTH = profile(_V, (0.0, 0.048, 0.090, 0.134, 0.196, 0.228, 0.234, 0.226, 0.183, 0.105, 0.0))
_FRONT = profile(_V, (0.10, 0.142, 0.161, 0.174, 0.190, 0.199, 0.203, 0.200, 0.168, 0.100, 0.0))
_BACK = profile(_V, (-0.10, -0.055, 0.0, 0.04, 0.11, 0.16, 0.19, 0.195, 0.165, 0.10, 0.0))
_POWER = 2.25


def face_z(x: Points, y: Points) -> Points:
    """Return the depth of the face's surface at x, y (metres, avatar space)."""
    v = (np.asarray(y) - CHIN_M) / (CROWN_M - CHIN_M)
    inside = np.clip(1 - np.abs(x / np.maximum(_WIDTH(v), 1e-3)) ** _POWER, 0.0, 1)
    return _FRONT(v) * inside ** (1 / _POWER)


def _skull(detail: Detail) -> Part:
    rows, cols = detail.of(20, 44), detail.of(26, 56)
    v = (1 - np.cos(np.linspace(0, np.pi, rows))) / 2
    angle = np.linspace(0, 2 * np.pi, cols, endpoint=False)
    shape = ring(cols, power=_POWER)  # x, z
    points = np.empty((rows, cols, 3))
    points[..., 0] = _WIDTH(v)[:, None] * shape[:, 0]
    points[..., 1] = CHIN_M + v[:, None] * (CROWN_M - CHIN_M)
    front = np.sin(angle) > 0
    points[..., 2] = np.where(front, _FRONT(v)[:, None], _BACK(v)[:, None]) * shape[:, 1]
    under = np.clip(1 - v / 0.12, 0, 1)[:, None]  # the jaw's underside rises toward the neck
    points[..., 1] += 0.42 * under * np.clip(0.166 - points[..., 2], 0, 0.2)
    nose = np.exp(-((points[..., 0] / 0.014) ** 2) - ((points[..., 1] - 1.176) / 0.014) ** 2)
    points[..., 2] += np.where(points[..., 2] > 0, 0.016 * nose, 0)
    return grid(points, tile="face", material="face", closed=True)


def head(rig: Rig, detail: Detail) -> list[Part]:
    """Return the head, with cheeks and chin that morphs move, and the neck."""
    part = toward_sphere(_skull(detail), CENTRE, 0.82)
    x, y, z = part.points.T
    left, right, bottom, top = FACE_WINDOW
    part.uv = np.stack([(x - left) / (right - left), (top - y) / (top - bottom)], axis=1)
    ink(part, INK_M * (1 + 0.5 * np.clip((1.11 - y) / 0.04, 0, 1)))
    jaw = np.clip((1.16 - y) / 0.09, 0, 1)[:, None] * np.clip((z + 0.02) / 0.1, 0, 1)[:, None]
    part.morphs["jaw"] = jaw * np.array([0, -0.014, -0.002])
    cheek = np.exp(-(((np.abs(x) - 0.145) / 0.06) ** 2) - ((y - 1.15) / 0.05) ** 2)[:, None] * (z > 0)[:, None]
    part.morphs["puff"] = cheek * unit(np.stack([x, 0 * y, 0.7 * z], axis=1)) * 0.02
    covered = np.linalg.norm((part.points - CAP_CENTRE_M) / CAP_RADII_M, axis=1) < 0.97
    part = bind(rig, without(part, covered), "head")
    t = np.linspace(0, 1, detail.of(5, 10))
    spine = np.stack([0 * t, 0.95 + 0.18 * t, -0.012 + 0.007 * t], axis=1)
    radius = profile(np.linspace(0, 1, 5), (0.075, 0.06, 0.052, 0.052, 0.055))(t)
    neck = grid(
        tube(spine, radius, count=detail.of(14, 24), up=(0, 0, 1)),
        tile="neck",
        material="skin",
        closed=True,
    )
    neck.weights = along(rig, neck.points[:, 1], ("upperChest", "neck", "head"), (1.0, 1.075), 0.03)
    return [part, neck]


def _ear_frame(count: int) -> tuple[Points, Points, Points]:
    """Return spine, side and front directions of the left ear at `count` stations."""
    spine = spline([EAR["base"], EAR["mid"], EAR["tip"]], count)
    ahead = unit(np.gradient(spine, axis=0))
    front = unit(np.array([0.32, 0.05, 0.95])[None] - ahead * (ahead @ np.array([0.32, 0.05, 0.95]))[:, None])
    return spine, np.cross(ahead, front), front


_EAR_WIDTH = profile((0, 0.12, 0.3, 0.5, 0.75, 0.92, 1.0), (0.088, 0.099, 0.099, 0.083, 0.049, 0.020, 0.001))


def _hollow(sine: Points) -> Points:
    """Return the depth of the ear's front, in widths, where its outline's angle has this sine."""
    return 0.34 * sine - 0.60 * sine**3


def _ear_section(count: int, cols: int, *, inner: bool) -> Points:
    """Return (count, cols, 2): a leaf that is round behind and hollow in front, or only its hollow."""
    width = _EAR_WIDTH(np.linspace(0, 1, count))[:, None]
    if inner:
        s = np.linspace(-1, 1, cols)[None]
        return np.stack([0.86 * width * s, width * _hollow(np.sqrt(1 - (0.86 * s) ** 2)) + 0.004], axis=-1)
    shape = ring(cols)
    depth = np.where(shape[:, 1] > 0, _hollow(shape[:, 1]), 0.62 * shape[:, 1])
    return np.stack([width * shape[None, :, 0], width * depth[None]], axis=-1)


def _ear(detail: Detail, *, inner: bool) -> Part:
    count = detail.of(7, 14) if inner else detail.of(9, 20)
    cols = detail.of(5, 11) if inner else detail.of(12, 24)
    spine, side, front = _ear_frame(count)
    section = _ear_section(count, cols, inner=inner)
    if inner:
        spine = spine * 0.91 + spine[0] * 0.09
        section[..., 0] *= np.linspace(1.0, 0.8, count)[:, None]
    points = spine[:, None] + section[..., :1] * side[:, None] + section[..., 1:] * front[:, None]
    if inner:
        hollow = grid(points, tile="earInLeft", material="cream", outward=(0.3, 0, 1))
        hollow.bias_m = 0.014  # a coarse shell must not swallow it
        return hollow
    return ink(grid(points, tile="earLeft", material="fur", closed=True), INK_M)


_FLUFF = (
    *((0.040, 0.30, 0.115, 0.030), (-0.042, -0.34, 0.105, 0.030), (-0.002, 0.0, 0.135, 0.034)),
    *((0.06, 0.42, 0.085, 0.014), (0.02, 0.14, 0.14, 0.013), (-0.022, -0.16, 0.138, 0.013), (-0.06, -0.46, 0.08, 0.014)),
)
"""The locks in an ear: shift aside, lean, length and width (metres); four finer ones lie on three."""


def _tufts(detail: Detail) -> list[Part]:
    """Return the fluff that grows from the ear's inner side: a network has no surface for what only the detailed level has."""
    parts = []
    spine, side, front = _ear_frame(12)
    rows, count = detail.of(6, 9), detail.of(6, 7)
    for number, (shift, lean, length, width) in enumerate(_FLUFF):
        root = spine[0] - shift * side[0] * 1.2 + front[0] * 0.004
        ahead = unit(spine[6] - spine[0]) - lean * side[0] * 0.9
        keys = [root, root + ahead * length * 0.5 + front[0] * 0.022, root + ahead * length + front[0] * 0.012]
        curve = spline(keys, rows)
        radius = width * profile(np.linspace(0, 1, 6), (0.8, 1.0, 0.92, 0.7, 0.4, 0.02))(np.linspace(0, 1, rows))
        tile = f"tuft{number % 3}Left"
        part = grid(tube(curve, radius, count=count, flat=0.4, up=front[0]), tile=tile, material="cream", closed=True)
        parts.append(ink(part, INK_M * 0.55))
    return parts


def ears(rig: Rig, detail: Detail) -> list[Part]:
    """Return both ears: shells with an inner colour and fluff, bent by two bones each."""
    parts = []
    axis = unit(np.subtract(EAR["tip"], EAR["base"]))
    reach = float(np.subtract(EAR["mid"], EAR["base"]) @ axis)
    for left in [_ear(detail, inner=False), _ear(detail, inner=True), *_tufts(detail)]:
        t = (left.points - np.array(EAR["base"])) @ axis
        for side, part in (("left", left), ("right", mirrored(left))):
            part.weights = along(rig, t, ("head", f"{side}Ear1", f"{side}Ear2"), (-0.01, reach), 0.045)
            parts.append(part)
    return parts
