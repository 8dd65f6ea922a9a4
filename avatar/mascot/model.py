"""Puts the mascot together: parts to one mesh, tiles to one texture, morphs to the 52 coefficients."""

import numpy as np

from avatar.mascot import atlas, paint
from avatar.mascot.body import body
from avatar.mascot.face import EYE_WINDOW_M, features
from avatar.mascot.hair import hair
from avatar.mascot.hands import hands
from avatar.mascot.head import ears, head
from avatar.mascot.legs import legs, tail
from avatar.mascot.level import Detail, Level
from avatar.mascot.shapes import Part, smooth_normals
from avatar.mascot.skeleton import build_rig, build_springs
from avatar.mesh import Character, Gaze, Guard, Materials, Mesh, Morph
from avatar.rig import BONE_INDEX, Rig
from trackers.skeleton import EXPRESSION_INDEX

NAME = "Fennel"
_LOOK_M = (0.017, 0.015)  # how far the iris travels for a full look aside, up

# morph: (coefficients that drive it, the morph that gates it). A gate stands before what it gates.
_DRIVES: dict[str, tuple[dict[str, float], str]] = {
    "jaw": ({"jawOpen": 1.0}, ""),
    "puff": ({"cheekPuff": 1.0}, ""),
    "browInner": ({"browInnerUp": 1.0}, ""),
    "open": ({"jawOpen": 1.15, "mouthClose": -1.0}, ""),
    "narrow": ({"mouthPucker": 0.95, "mouthFunnel": 0.8}, ""),
    "funnel": ({"mouthFunnel": 1.0}, ""),
    "stretch": ({"mouthStretchLeft": 0.5, "mouthStretchRight": 0.5}, ""),
    "asideLeft": ({"mouthLeft": 1.0, "mouthRight": -1.0, "jawLeft": 0.5}, ""),
    "asideRight": ({"mouthRight": 1.0, "mouthLeft": -1.0, "jawRight": 0.5}, ""),
    "upperUp": ({"mouthUpperUpLeft": 0.5, "mouthUpperUpRight": 0.5}, ""),
    "lowerDown": ({"mouthLowerDownLeft": 0.5, "mouthLowerDownRight": 0.5}, ""),
    "press": ({"mouthPressLeft": 0.4, "mouthPressRight": 0.4, "mouthRollLower": 0.4, "mouthRollUpper": 0.4}, ""),
    "tongue": ({"tongueOut": 1.0}, ""),
}
for _side in ("Left", "Right"):
    _DRIVES |= {
        f"blink{_side}": ({f"eyeBlink{_side}": 1.0}, ""),
        f"happy{_side}": ({f"cheekSquint{_side}": 0.9, f"mouthSmile{_side}": 0.9}, f"blink{_side}"),
        f"wide{_side}": ({f"eyeWide{_side}": 1.0}, ""),
        f"squint{_side}": ({f"eyeSquint{_side}": 0.7, f"cheekSquint{_side}": 0.35, f"mouthSmile{_side}": 0.3}, ""),
        f"cross{_side}": ({f"browDown{_side}": 1.0}, ""),
        f"browDown{_side}": ({f"browDown{_side}": 1.0}, ""),
        f"browUp{_side}": ({f"browOuterUp{_side}": 1.0}, ""),
        f"smile{_side}": ({f"mouthSmile{_side}": 1.0, f"mouthDimple{_side}": 0.3}, ""),
        f"frown{_side}": ({f"mouthFrown{_side}": 1.0}, ""),
    }


def _parts(rig: Rig, detail: Detail) -> list[Part]:
    makers = (head, features, hair, ears, body, legs, tail, hands)
    return [part for make in makers for part in make(rig, detail)]


def _four_weights(dense: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the four strongest bones of each vertex and their weights, strongest first, summing to 1."""
    index = np.argsort(-dense, axis=1, kind="stable")[:, :4]
    weight = np.take_along_axis(dense, index, axis=1)
    weight = np.where(weight < 0.004, 0, weight)
    return index.astype(np.int32), (weight / weight.sum(axis=1, keepdims=True)).astype(np.float32)


def _morphs(parts: list[Part], starts: list[int], scale: list[tuple[float, float]]) -> tuple[Morph, ...]:
    morphs: list[Morph] = []
    for name, (drive, gate) in _DRIVES.items():
        vertex, offset_m, offset_uv = [], [], []
        for part, start, size in zip(parts, starts, scale, strict=True):
            if name in part.morphs:
                moved = np.flatnonzero(np.abs(part.morphs[name]).max(axis=1) > 1e-6)
                uv = part.uv_morphs.get(name, np.zeros((len(part.points), 2)))
                vertex.append(moved + start)
                offset_m.append(part.morphs[name][moved])
                offset_uv.append(uv[moved] * np.array(size))
        row = np.zeros(len(EXPRESSION_INDEX), dtype=np.float32)
        for coefficient, amount in drive.items():
            row[EXPRESSION_INDEX[coefficient]] = amount
        morphs.append(
            Morph(
                name=name,
                vertex=np.concatenate(vertex).astype(np.int32),
                offset_m=np.concatenate(offset_m).astype(np.float32),
                offset_uv=np.concatenate(offset_uv).astype(np.float32),
                drive=row,
                gate=[m.name for m in morphs].index(gate) if gate else -1,
            )
        )
    return tuple(morphs)


def _gaze(side: str, start: int, count: int, size: tuple[float, float]) -> Gaze:
    """Looking left (+x) moves the iris to +x, so the texture under the patch slides the other way."""
    aside = ("eyeLookOutLeft", "eyeLookInLeft") if side == "Left" else ("eyeLookInRight", "eyeLookOutRight")
    look = (*aside, f"eyeLookUp{side}", f"eyeLookDown{side}")
    return Gaze(
        bone=BONE_INDEX[f"{side.lower()}Eye"],
        vertex=np.arange(start, start + count, dtype=np.int32),
        uv_left=np.array([-_LOOK_M[0] / (2 * EYE_WINDOW_M) * size[0], 0], dtype=np.float32),
        uv_up=np.array([0, _LOOK_M[1] / (2 * EYE_WINDOW_M) * size[1]], dtype=np.float32),
        look=tuple(EXPRESSION_INDEX[name] for name in look),  # type: ignore[arg-type]
    )


def _materials() -> tuple[Materials, list[str]]:
    rows = list(paint.MATERIALS.values())
    table = [np.array([row[k] for row in rows], dtype=np.float32) for k in range(4)]
    return Materials(shade=table[0], ink=table[1], terminator=table[2], rim=table[3]), list(paint.MATERIALS)


def _guard() -> Guard:
    centre, radii = np.array([0, 1.31, 0.0], dtype=np.float32), np.array([0.325, 0.30, 0.285], dtype=np.float32)
    return Guard(bone=BONE_INDEX["head"], centre_m=centre, radii_m=radii)


def build(level: Level) -> Character:
    """Model, paint and rig the mascot."""
    rig = build_rig()
    parts = _parts(rig, Detail(level))
    places = {name: tuple(length / atlas.SIDE_PX for length in place) for name, place in atlas.places().items()}
    materials, names = _materials()
    starts = [0, *np.cumsum([len(part.points) for part in parts]).tolist()]
    scale = [(places[part.tile][2], places[part.tile][3]) for part in parts]
    index, weight = _four_weights(np.concatenate([part.weights for part in parts]))
    uv = [np.array(places[p.tile][:2]) + np.clip(p.uv, 0, 1) * np.array(places[p.tile][2:]) for p in parts]
    gazes = [
        _gaze(part.tile[3:], start, len(part.points), size)
        for part, start, size in zip(parts, starts, scale, strict=False)
        if part.tile.startswith("eye")
    ]
    lids = [[(a + start, b + start) for a, b in part.lids] for part, start in zip(parts, starts, strict=False)]
    mesh = Mesh(
        vertices=np.concatenate([p.points for p in parts]).astype(np.float32),
        triangles=np.concatenate([p.triangles + s for p, s in zip(parts, starts, strict=False)]).astype(np.int32),
        uv=np.concatenate(uv).astype(np.float32),
        normals=np.concatenate([p.normals for p in parts]).astype(np.float32),
        hull_normals=np.concatenate([smooth_normals(p.points, p.triangles) for p in parts]).astype(np.float32),
        bone_index=index,
        bone_weight=weight,
        outline_m=np.concatenate([p.outline_m for p in parts]).astype(np.float32),
        bias_m=np.concatenate([np.full(len(p.points), p.bias_m) for p in parts]).astype(np.float32),
        material=np.concatenate([np.full(len(p.triangles), names.index(p.material)) for p in parts]).astype(np.int32),
        morphs=_morphs(parts, starts[:-1], scale),
        gazes=tuple(gazes),
        lids=np.array([pair for group in lids for pair in group], dtype=np.int32).reshape(-1, 2),
    )
    springs, texture = build_springs(rig), atlas.texture()
    return Character(name=NAME, rig=rig, mesh=mesh, materials=materials, springs=springs, guard=_guard(), texture=texture)
