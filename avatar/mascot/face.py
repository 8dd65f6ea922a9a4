"""The mascot's drawn features: eyes with real lids, brows, mouth, and the morphs that move them.

Features are sheets laid on the face's surface. Lid and lip outlines are vertices, so a blink or a word closes them along
clean curves; the iris is painted and slides under the lids by texture coordinates.
"""

import numpy as np

from avatar.mascot.level import Detail
from avatar.mascot.mouth import lay, mouth, move, strip
from avatar.mascot.shapes import Part, Points, grid, profile
from avatar.mascot.skeleton import bind
from avatar.rig import Rig

EYE_X_M, EYE_Y_M, EYE_WIDTH_M = 0.101, 1.256, 0.062
EYE_WINDOW_M = 0.09  # half of what an eye's tile shows

_TOP = profile((-1, -0.9, -0.5, 0, 0.5, 0.88, 1), (-0.004, 0.024, 0.051, 0.062, 0.057, 0.032, 0.000))
_BOTTOM = profile((-1, -0.85, -0.4, 0.1, 0.6, 0.92, 1), (-0.008, -0.030, -0.049, -0.054, -0.046, -0.020, 0.0))


def _upper(s: Points) -> Points:
    return _TOP(s)


def _closed(s: Points) -> Points:
    return -0.020 - 0.017 * (1 - s**2) + 0.004 * s


def _happy(s: Points) -> Points:
    return -0.026 + 0.031 * (1 - s**2) ** 0.8 + 0.002 * s


def _squint(s: Points) -> Points:
    return 0.020 * (1 - s**2)


def _eye_shapes(s: Points, side: str) -> dict[str, tuple[Points, Points]]:
    """Return per morph what the upper and the lower lid's height becomes less what it is, at columns `s`."""
    clip = np.clip(s, -1, 1)
    top, bottom, zero = _upper(clip), _BOTTOM(clip), 0 * clip
    return {
        f"blink{side}": (_closed(clip) - top, _closed(clip) - bottom),
        f"happy{side}": (_happy(clip) - _closed(clip), _happy(clip) - _closed(clip)),
        f"wide{side}": (0.010 * (1 - clip**2) + 0.002, -0.003 * (1 - clip**2)),
        f"squint{side}": (-0.006 * (1 - clip**2), _squint(clip)),
        f"cross{side}": (-0.016 * np.clip(0.5 - clip, 0, 1.5) * (1 - clip**2), zero),
    }


def _eyeball(sign: float, side: str, detail: Detail) -> Part:
    rows, s = detail.of(6, 10), np.sin(np.linspace(-np.pi / 2, np.pi / 2, detail.of(15, 33)))
    share = np.linspace(0, 1, rows)[:, None]
    x = EYE_X_M + EYE_WIDTH_M * s[None] + 0 * share
    top, bottom = EYE_Y_M + _upper(s), EYE_Y_M + _BOTTOM(s)
    part = grid(lay(sign * x, top + share * (bottom - top), 0.0015), tile=f"eye{side}", material="eye", outward=(0, 0, 1))
    part.bias_m = 0.004
    part.uv = _eye_uv(part.points, sign)
    for name, (up, down) in _eye_shapes(s, side).items():
        dy = (up + share * (down - up)).reshape(-1)
        move(part, name, 0 * dy, dy, 0.0015)
        part.uv_morphs[name] = np.stack([0 * dy, -dy / (2 * EYE_WINDOW_M)], axis=1)
    last = (rows - 1) * len(s)
    part.lids = [(k, last + k) for k in range(len(s))]
    return part


def _eye_uv(points: Points, sign: float) -> Points:
    x, y = points[:, 0] - sign * EYE_X_M, points[:, 1] - EYE_Y_M
    return np.stack([0.5 + x / (2 * EYE_WINDOW_M), 0.5 - y / (2 * EYE_WINDOW_M)], axis=1)


def _lash(sign: float, side: str, detail: Detail) -> Part:
    """Return the thick upper line, which ends in a flick beyond the outer corner."""
    flick = np.linspace(1.0, 1.26, detail.of(3, 9))[1:]
    s = np.concatenate([np.sin(np.linspace(-np.pi / 2, np.pi / 2, detail.of(15, 33))), flick])
    clip = np.clip(s, -1, 1)
    thick = profile((-1, -0.6, 0.1, 0.7, 1.0, 1.12, 1.26), (0.003, 0.0105, 0.0155, 0.0175, 0.0150, 0.009, 0.0))(s)
    rise = np.where(s > 1, (s - 1) * 0.045, 0)
    low = EYE_Y_M + _upper(clip) + rise - 0.0015
    lean = np.where(s > 0.2, (np.minimum(s, 1.0) - 0.2) * 0.6, (s - 0.2) * 0.25) * np.where(s > 1, (1.26 - s) / 0.26, 1)
    x = EYE_X_M + EYE_WIDTH_M * s + np.stack([lean * thick, 0 * s])
    part = strip(sign * x, low, low + thick, 0.003, f"lash{side}", "line", 0.032)
    part.uv[:, 0] = np.tile((s + 1) / 2.26, 2)
    for name, (up, _) in _eye_shapes(s, side).items():
        fall = up - 2.0 * rise if name.startswith("blink") else up
        move(part, name, np.zeros(2 * len(s)), np.concatenate([fall, fall]), 0.003)
    return part


def _thin_lines(sign: float, side: str, detail: Detail) -> list[Part]:
    """Return the lower lash line and the crease above the lid."""
    count = detail.of(9, 25)
    s = np.linspace(-0.86, 0.98, count)
    width = 0.0044 * profile((-0.86, -0.4, 0.3, 0.8, 1.0), (0, 0.36, 0.55, 1.0, 0.8))(s)
    y = EYE_Y_M + _BOTTOM(s)
    lower = strip(sign * (EYE_X_M + EYE_WIDTH_M * s), y - width, y + 0.0006, 0.0028, f"lowerLash{side}", "line", 0.014)
    for name, (_, down) in _eye_shapes(s, side).items():
        move(lower, name, np.zeros(2 * count), np.concatenate([down, down]), 0.0028)
    s = np.linspace(-0.6, 0.82, count)
    width = 0.0030 * (1 - ((s - 0.11) / 0.72) ** 2)
    y = EYE_Y_M + _upper(s) + 0.0250
    crease = strip(sign * (EYE_X_M + EYE_WIDTH_M * s * 0.98), y, y + width, 0.002, f"crease{side}", "line", 0.01)
    for name, (up, _) in _eye_shapes(s, side).items():
        move(crease, name, np.zeros(2 * count), 0.22 * np.concatenate([up, up]), 0.002)
    return [lower, crease]


def _brow(sign: float, side: str, detail: Detail) -> Part:
    s = np.linspace(-1, 1, detail.of(9, 33))
    y = EYE_Y_M + 0.108 + 0.010 * (1 - s**2) - 0.004 * s
    width = 0.0105 * profile((-1, -0.6, 0.2, 1), (0.45, 1.0, 0.8, 0.05))(s)
    part = strip(sign * (EYE_X_M + 0.002 + 0.044 * s), y - width / 2, y + width / 2, 0.004, f"brow{side}", "line", 0.06)
    twice = np.concatenate([s, s])
    inner, outer = np.clip(0.5 - twice / 2, 0, 1), np.clip(0.5 + twice / 2, 0, 1)
    move(part, f"browDown{side}", -sign * 0.006 * inner, -0.024 * inner - 0.006, 0.004)
    move(part, f"browUp{side}", 0 * inner, 0.022 * outer + 0.008, 0.004)
    move(part, "browInner", 0 * inner, 0.024 * inner + 0.004, 0.004)
    return part


def features(rig: Rig, detail: Detail) -> list[Part]:
    """Return eyes, lashes, brows and mouth, bound to the head."""
    parts: list[Part] = []
    for sign, side in ((1.0, "Left"), (-1.0, "Right")):
        for make in (_eyeball, _lash, _brow):
            parts.append(make(sign, side, detail))
        parts += _thin_lines(sign, side, detail)
    return [bind(rig, part, "head") for part in [*parts, *mouth(detail)]]
