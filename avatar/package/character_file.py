"""A whole `Character` in one file of arrays, all but its texture, which is a picture beside it.

Owns the names and the bounds of those arrays: what is read here can be posed and drawn without reading or writing outside of
any array, whoever made the file. Knows nothing of where the bytes come from.
"""

import re
from typing import Any, Final

import numpy as np

from avatar.mesh import Character, Gaze, Guard, Materials, Mesh, Morph, Spring
from avatar.package.arrays import Array, CheckedArrays, arrays_from_bytes, arrays_to_bytes
from avatar.package.errors import fault
from avatar.reach import PROBES
from avatar.rig import Rig
from avatar.types import BONE_COUNT
from trackers.types import EXPRESSION_COUNT, FloatArray, ImageArray

SMALLEST_TEXTURE_PX: Final = 16
LARGEST_TEXTURE_PX: Final = 4096
_MOST_VERTICES, _MOST_TRIANGLES, _MOST_BONES, _MOST_MORPHS, _MOST_MATERIALS = 60_000, 60_000, 400, 256, 256
_FAR_M: Final = 10.0
_SMALL: Final = 1e-3
_NAMES: Final = re.compile(r"([A-Za-z][A-Za-z0-9_]{0,47}(\n[A-Za-z][A-Za-z0-9_]{0,47})*)?")
_TITLE: Final = re.compile(r"[^\n]{1,60}")


def character_to_bytes(character: Character) -> bytes:
    """Return all of `character` but its texture; the same character gives the same bytes."""
    rig, mesh, m, guard = character.rig, character.mesh, character.materials, character.guard
    names = ("vertices", "triangles", "uv", "normals", "hull_normals", "bone_index", "bone_weight", "outline_m", "bias_m")
    arrays = {
        "name": _letters([character.name]),
        "rig_names": _letters(rig.names),
        "rig_parents": np.array(rig.parents, dtype=np.int32),
        "rig_rest_m": rig.rest_m,
        **{f"mesh_{name}": getattr(mesh, name) for name in (*names, "material", "lids")},
        **_morphs_out(mesh.morphs),
        **_gazes_out(mesh.gazes),
        **_springs_out(character.springs),
        **{f"material_{name}": getattr(m, name) for name in ("shade", "ink", "terminator", "rim")},
        "guard_bone": np.array([guard.bone], dtype=np.int32),
        "guard_centre_m": guard.centre_m,
        "guard_radii_m": guard.radii_m,
    }
    return arrays_to_bytes(arrays)


def character_from_bytes(data: bytes, *, texture: ImageArray, place: str) -> Character:
    """Return the character.

    Args:
        texture: (S, S, 4) its texture, read from beside it.

    Raises:
        PackageError: anything about it is damaged or out of bounds.
    """
    arrays = arrays_from_bytes(data, place=place)
    name, rig = _text(arrays, "name", _TITLE), _rig_in(arrays)
    materials = _materials_in(arrays)
    mesh = _mesh_in(arrays, bones=len(rig.names), materials=len(materials.rim))
    springs, guard = _springs_in(arrays, rig), _guard_in(arrays)
    arrays.end()
    side = texture.shape[0]
    if texture.shape[1] != side or side & (side - 1) or not SMALLEST_TEXTURE_PX <= side <= LARGEST_TEXTURE_PX:
        wanted = f"have a square texture with a power of two from {SMALLEST_TEXTURE_PX} to {LARGEST_TEXTURE_PX} pixels"
        raise fault(place, wanted, f"{texture.shape[1]} x {side}")
    return Character(name=name, rig=rig, mesh=mesh, materials=materials, springs=springs, guard=guard, texture=texture)


def _letters(names: Any) -> Array:
    return np.frombuffer("\n".join(names).encode("utf-8"), dtype=np.uint8)


def _text(arrays: CheckedArrays, name: str, pattern: re.Pattern[str]) -> str:
    raw = arrays.take(name, np.uint8, (None,)).tobytes()
    text = raw.decode("utf-8", errors="replace")
    if not pattern.fullmatch(text) or not text.replace("\n", "").isprintable() or "\ufffd" in text:
        raise fault(f"{arrays.place}: {name}", "hold names", "something else")
    return text


def _words(arrays: CheckedArrays, name: str) -> tuple[str, ...]:
    words = tuple(word for word in _text(arrays, name, _NAMES).split("\n") if word)
    if len(set(words)) != len(words):
        raise fault(f"{arrays.place}: {name}", "hold each name once", "one of them twice")
    return words


def _most(arrays: CheckedArrays, what: str, count: int, most: int, *, least: int = 0) -> None:
    if not least <= count <= most:
        raise fault(arrays.place, f"have {least} to {most} {what}", count)


def _rig_in(arrays: CheckedArrays) -> Rig:
    names = _words(arrays, "rig_names")
    _most(arrays, "bones", len(names), _MOST_BONES, least=BONE_COUNT)
    parents = arrays.take("rig_parents", np.int32, (len(names),), low=-1, high=len(names) - 1)
    rest_m = arrays.take("rig_rest_m", np.float32, (len(names), 3), low=-_FAR_M, high=_FAR_M)
    if (parents >= np.arange(len(names))).any() or (parents[1:] < 0).any():
        raise fault(f"{arrays.place}: rig_parents", "name a bone's parent before the bone", "one that comes after it")
    try:
        rig = Rig(names=names, parents=tuple(parents.tolist()), rest_m=rest_m)
    except ValueError as error:
        raise fault(f"{arrays.place}: rig_names", "begin with the 55 humanoid bones", "other bones or another order") from error
    for side in ("left", "right"):
        arm = rest_m[[names.index(f"{side}{joint}") for joint in PROBES]] - rest_m[names.index(f"{side}UpperArm")]
        if float(np.abs(arm).max(axis=1).min()) < _SMALL:
            raise fault(f"{arrays.place}: rig_rest_m", "have arms with a length", f"a joint in the {side} shoulder")
    return rig


def _materials_in(arrays: CheckedArrays) -> Materials:
    terminator = arrays.take("material_terminator", np.float32, (None,), low=-10, high=10)
    count = len(terminator)
    _most(arrays, "materials", count, _MOST_MATERIALS, least=1)
    return Materials(
        shade=arrays.take("material_shade", np.float32, (count, 3), low=0, high=1),  # above 1 a channel would overflow
        ink=arrays.take("material_ink", np.float32, (count, 3), low=0, high=255),
        terminator=terminator,
        rim=arrays.take("material_rim", np.float32, (count,), low=0, high=1),
    )


def _unit(arrays: CheckedArrays, name: str, count: int) -> FloatArray:
    vectors = arrays.take(name, np.float32, (count, 3), low=-1 - _SMALL, high=1 + _SMALL)
    length = np.sqrt((vectors * vectors).sum(axis=1))
    if count and float(np.abs(length - 1).max()) > 0.02:
        raise fault(
            f"{arrays.place}: {name}", "hold unit vectors", f"a length of {float(length[np.abs(length - 1).argmax()]):.3g}"
        )
    return vectors


def _weights(arrays: CheckedArrays, count: int) -> FloatArray:
    weight = arrays.take("mesh_bone_weight", np.float32, (count, 4), low=0, high=1)
    sums = weight.sum(axis=1)
    if float(np.abs(sums - 1).max()) > _SMALL:
        worst = float(sums[np.abs(sums - 1).argmax()])
        raise fault(f"{arrays.place}: mesh_bone_weight", "sum to 1 at each vertex", f"{worst:.4g}")
    if ((weight[:, :-1] == 0) & (weight[:, 1:] > 0)).any():  # skinning stops at the first zero
        raise fault(f"{arrays.place}: mesh_bone_weight", "stand before zeros", "a zero before a weight")
    return weight


def _mesh_in(arrays: CheckedArrays, *, bones: int, materials: int) -> Mesh:
    vertices = arrays.take("mesh_vertices", np.float32, (None, 3), low=-_FAR_M, high=_FAR_M)
    count = len(vertices)
    _most(arrays, "vertices", count, _MOST_VERTICES, least=3)
    triangles = arrays.take("mesh_triangles", np.int32, (None, 3), low=0, high=count - 1)
    _most(arrays, "triangles", len(triangles), _MOST_TRIANGLES, least=1)
    return Mesh(
        vertices=vertices,
        triangles=triangles,
        uv=arrays.take("mesh_uv", np.float32, (count, 2), low=-_SMALL, high=1 + _SMALL),
        normals=_unit(arrays, "mesh_normals", count),
        hull_normals=_unit(arrays, "mesh_hull_normals", count),
        bone_index=arrays.take("mesh_bone_index", np.int32, (count, 4), low=0, high=bones - 1),
        bone_weight=_weights(arrays, count),
        outline_m=arrays.take("mesh_outline_m", np.float32, (count,), low=0, high=0.1),
        bias_m=arrays.take("mesh_bias_m", np.float32, (count,), low=-0.9, high=0.9),  # less than a metre from the lens is not
        material=arrays.take("mesh_material", np.int32, (len(triangles),), low=0, high=materials - 1),
        morphs=_morphs_in(arrays, count),
        gazes=_gazes_in(arrays, count),
        lids=arrays.take("mesh_lids", np.int32, (None, 2), low=0, high=count - 1),
    )


def _starts_out(groups: list[Any]) -> Array:
    return np.cumsum([0, *(len(group) for group in groups)]).astype(np.int32)


def _joined(groups: list[Any], empty: Array) -> Array:
    return np.concatenate([empty, *groups])


def _starts_in(arrays: CheckedArrays, name: str, *, end: int) -> list[tuple[int, int]]:
    """Return where each group of a joined array begins and ends."""
    starts = arrays.take(name, np.int32, (None,), low=0, high=end)
    if not len(starts) or starts[0] != 0 or starts[-1] != end or (np.diff(starts) < 0).any():
        raise fault(f"{arrays.place}: {name}", f"rise from 0 to {end}", "something else")
    _most(arrays, "morphs or gazes", len(starts) - 1, _MOST_MORPHS)
    return list(zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True))


def _morphs_out(morphs: tuple[Morph, ...]) -> dict[str, Array]:
    return {
        "morph_names": _letters([m.name for m in morphs]),
        "morph_starts": _starts_out([m.vertex for m in morphs]),
        "morph_vertex": _joined([m.vertex for m in morphs], np.zeros(0, np.int32)),
        "morph_offset_m": _joined([m.offset_m for m in morphs], np.zeros((0, 3), np.float32)),
        "morph_offset_uv": _joined([m.offset_uv for m in morphs], np.zeros((0, 2), np.float32)),
        "morph_drive": np.array([m.drive for m in morphs], np.float32).reshape(-1, EXPRESSION_COUNT),
        "morph_gate": np.array([m.gate for m in morphs], np.int32),
    }


def _morphs_in(arrays: CheckedArrays, count: int) -> tuple[Morph, ...]:
    vertex = arrays.take("morph_vertex", np.int32, (None,), low=0, high=count - 1)
    spans = _starts_in(arrays, "morph_starts", end=len(vertex))
    offset_m = arrays.take("morph_offset_m", np.float32, (len(vertex), 3), low=-1, high=1)
    offset_uv = arrays.take("morph_offset_uv", np.float32, (len(vertex), 2), low=-1, high=1)
    drive = arrays.take("morph_drive", np.float32, (len(spans), EXPRESSION_COUNT), low=-100, high=100)
    gate = arrays.take("morph_gate", np.int32, (len(spans),), low=-1, high=len(spans))
    names = _words(arrays, "morph_names")
    if len(names) != len(spans) or (gate >= np.arange(len(spans))).any():
        raise fault(f"{arrays.place}: morph_gate", "name an earlier morph for each name", "something else")
    return tuple(
        Morph(name, vertex[a:b], offset_m[a:b], offset_uv[a:b], drive[index], int(gate[index]))
        for index, (name, (a, b)) in enumerate(zip(names, spans, strict=True))
    )


def _gazes_out(gazes: tuple[Gaze, ...]) -> dict[str, Array]:
    return {
        "gaze_starts": _starts_out([g.vertex for g in gazes]),
        "gaze_vertex": _joined([g.vertex for g in gazes], np.zeros(0, np.int32)),
        "gaze_bone": np.array([g.bone for g in gazes], np.int32),
        "gaze_uv": np.array([[g.uv_left, g.uv_up] for g in gazes], np.float32).reshape(-1, 2, 2),
        "gaze_look": np.array([g.look for g in gazes], np.int32).reshape(-1, 4),
    }


def _gazes_in(arrays: CheckedArrays, count: int) -> tuple[Gaze, ...]:
    vertex = arrays.take("gaze_vertex", np.int32, (None,), low=0, high=count - 1)
    spans = _starts_in(arrays, "gaze_starts", end=len(vertex))
    bone = arrays.take("gaze_bone", np.int32, (len(spans),), low=0, high=BONE_COUNT - 1)
    uv = arrays.take("gaze_uv", np.float32, (len(spans), 2, 2), low=-1, high=1)
    look = arrays.take("gaze_look", np.int32, (len(spans), 4), low=0, high=EXPRESSION_COUNT - 1)
    return tuple(Gaze(int(bone[k]), vertex[a:b], uv[k, 0], uv[k, 1], tuple(look[k].tolist())) for k, (a, b) in enumerate(spans))


def _springs_out(springs: tuple[Spring, ...]) -> dict[str, Array]:
    params = [[s.frequency_hz, s.damping, s.limit_rad] for s in springs]
    return {
        "spring_bone": np.array([s.bone for s in springs], np.int32),
        "spring_tip_m": np.array([s.tip_m for s in springs], np.float32).reshape(-1, 3),
        "spring_params": np.array(params, np.float64).reshape(-1, 3),
        "spring_react": np.array([s.react for s in springs], np.float32).reshape(-1, EXPRESSION_COUNT, 3),
        "spring_sway_rad": np.array([s.sway_rad for s in springs], np.float32).reshape(-1, 3),
    }


def _springs_in(arrays: CheckedArrays, rig: Rig) -> tuple[Spring, ...]:
    place, swinging = arrays.place, len(rig.names) - BONE_COUNT
    bone = arrays.take("spring_bone", np.int32, (swinging,), low=BONE_COUNT, high=len(rig.names) - 1)
    tip_m = arrays.take("spring_tip_m", np.float32, (swinging, 3), low=-_FAR_M, high=_FAR_M)
    params = arrays.take("spring_params", np.float64, (swinging, 3), low=0, high=60)
    react = arrays.take("spring_react", np.float32, (swinging, EXPRESSION_COUNT, 3), low=-3, high=3)
    sway_rad = arrays.take("spring_sway_rad", np.float32, (swinging, 3), low=-3, high=3)
    if (bone != np.arange(BONE_COUNT, len(rig.names))).any():  # also: no bone without one, none twice, parents first
        raise fault(f"{place}: spring_bone", "name every bone after the humanoid ones, in their order", "something else")
    if swinging and (float(params[:, 0].min()) < 0.05 or float(params[:, 2].max()) > 3.0):
        raise fault(f"{place}: spring_params", "swing at 0.05 Hz or faster and bend up to 3 rad", "something else")
    return tuple(
        Spring(
            bone=int(bone[k]),
            tip_m=tip_m[k],
            frequency_hz=float(params[k, 0]),
            damping=float(params[k, 1]),
            limit_rad=float(params[k, 2]),
            react=react[k],
            sway_rad=sway_rad[k],
        )
        for k in range(swinging)
    )


def _guard_in(arrays: CheckedArrays) -> Guard:
    bone = arrays.take("guard_bone", np.int32, (1,), low=0, high=BONE_COUNT - 1)
    centre_m = arrays.take("guard_centre_m", np.float32, (3,), low=-_FAR_M, high=_FAR_M)
    radii_m = arrays.take("guard_radii_m", np.float32, (3,), low=0.001, high=2)
    return Guard(bone=int(bone[0]), centre_m=centre_m, radii_m=radii_m)
