"""A tiny avatar with everything that a package holds, made in a moment: a few triangles, two morphs, a swinging bone."""

import hashlib
import json
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from avatar.mesh import Character, Gaze, Guard, Materials, Mesh, Morph, Spring
from avatar.neural.parts import AvatarParts
from avatar.package.manifest import About, seal_of
from avatar.package.writer import PackageMetadata
from avatar.rig import BONE_INDEX, BONE_NAMES, BONE_PARENTS, Rig
from avatar.types import RigPose
from trackers.types import Stamp

ABOUT = About(name="tiny", title="Tiny", author="Somebody", licence="CC0-1.0", description="Two triangles and a tail.")


def floats(*shape: int, seed: int = 0, scale: float = 1.0) -> Any:
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(np.float32)


def made_character(*, side_px: int = 32) -> Character:
    """Return a character of four vertices: every array differs from every other."""
    rest_m = np.concatenate([np.linspace(0, 1, 55 * 3).reshape(55, 3), [[0, 1, 0.1]]]).astype(np.float32)
    rig = Rig(names=(*BONE_NAMES, "tailTip"), parents=(*BONE_PARENTS, 0), rest_m=rest_m)
    normals = floats(4, 3, seed=1)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    weights = np.array([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.25, 0.25, 0.25, 0.25], [0.7, 0.3, 0, 0]], dtype=np.float32)
    drive = np.zeros((2, 52), dtype=np.float32)
    drive[0, 3], drive[1, 7] = 1, 0.5
    vertex = np.array([1, 2], dtype=np.int32)
    mesh = Mesh(
        vertices=np.array([[0, 1, 0], [0.2, 1, 0], [0, 1.3, 0], [0.2, 1.3, 0.1]], dtype=np.float32),
        triangles=np.array([[0, 1, 2], [1, 3, 2]], dtype=np.int32),
        uv=np.array([[0, 1], [1, 1], [0, 0], [1, 0]], dtype=np.float32),
        normals=normals,
        hull_normals=-normals,
        bone_index=np.array([[0, 0, 0, 0], [1, 2, 0, 0], [3, 4, 5, 55], [55, 5, 0, 0]], dtype=np.int32),
        bone_weight=weights,
        outline_m=np.array([0.002, 0, 0.001, 0.003], dtype=np.float32),
        bias_m=np.array([0, 0.02, 0, 0.01], dtype=np.float32),
        material=np.array([0, 1], dtype=np.int32),
        morphs=(
            Morph("blinkLeft", vertex, floats(2, 3, seed=2, scale=0.01), floats(2, 2, seed=3, scale=0.01), drive[0], -1),
            Morph("happyLeft", vertex[:1], floats(1, 3, seed=4, scale=0.01), floats(1, 2, seed=5, scale=0.01), drive[1], 0),
        ),
        gazes=(
            Gaze(
                bone=BONE_INDEX["leftEye"],
                vertex=np.array([0], dtype=np.int32),
                uv_left=np.array([-0.1, 0], dtype=np.float32),
                uv_up=np.array([0, 0.1], dtype=np.float32),
                look=(1, 2, 3, 4),
            ),
        ),
        lids=np.array([[2, 0]], dtype=np.int32),
    )
    materials = Materials(
        shade=np.array([[0.8, 0.7, 0.6], [0.9, 0.8, 0.7]], dtype=np.float32),
        ink=np.array([[40, 20, 10], [10, 20, 40]], dtype=np.float32),
        terminator=np.array([0.1, -2], dtype=np.float32),
        rim=np.array([0.5, 0.25], dtype=np.float32),
    )
    spring = Spring(55, np.array([0, 1, 0.3], np.float32), 4.2, 0.42, 0.35, floats(52, 3, scale=0.1), floats(3, scale=0.01))
    centre_m, radii_m = np.array([0, 1.3, 0], dtype=np.float32), np.array([0.3, 0.2, 0.1], dtype=np.float32)
    texture = np.random.default_rng(6).integers(0, 256, (side_px, side_px, 4), dtype=np.uint8)
    texture[..., 3] = 255
    guard = Guard(bone=BONE_INDEX["head"], centre_m=centre_m, radii_m=radii_m)
    return Character("Tiny", rig, mesh, materials, (spring,), guard, texture)


def made_network(*, opset: int = 18, weights: float = 0.01, side: int | str = "side_px") -> onnx.ModelProto:
    """Return a network that takes and gives what the contract says."""
    half, quarter = (side // 2, side // 4) if isinstance(side, int) else ("half_px", "quarter_px")
    arrays = {
        "w_coarse": floats(80, 4, 4, 4, scale=weights),
        "w_surface": floats(80, 12, 2, 2, seed=1, scale=weights),
        "w_code": floats(80, 52, 1, 1, seed=2, scale=weights),
        "shape": np.array([1, 52, 1, 1], dtype=np.int64),
    }
    nodes = [
        helper.make_node("Conv", ["coarse", "w_coarse"], ["a"], strides=[4, 4]),
        helper.make_node("Conv", ["surface", "w_surface"], ["b"], strides=[2, 2]),
        helper.make_node("Reshape", ["code", "shape"], ["flat"]),
        helper.make_node("Conv", ["flat", "w_code"], ["c"]),
        helper.make_node("Add", ["a", "b"], ["ab"]),
        helper.make_node("Add", ["ab", "c"], ["paint"]),
    ]
    inputs = {"coarse": [1, 4, side, side], "surface": [1, 12, half, half], "code": [1, 52]}
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info("paint", TensorProto.FLOAT, [1, 80, quarter, quarter])],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def made_parts(*, networks: dict[tuple[str, str], bytes] | None = None) -> AvatarParts:
    """Return the parts of a tiny avatar; most of the learnt texture is zero, so that it is quick to pack."""
    features = np.zeros((256, 256, 8), dtype=np.float32)
    features[10:20, 30:40] = floats(10, 10, 8, seed=7)
    return AvatarParts(
        character=made_character(),
        features=features,
        deltas=floats(16, 5, 7, 8, seed=8, scale=0.2),
        window=(100, 60, 7, 5),
        mix=floats(16, 52, seed=9),
        networks=networks or {("S", "fp32"): made_network().SerializeToString()},
    )


def made_metadata(**changes: Any) -> PackageMetadata:
    """Return what goes with them."""
    preview = np.random.default_rng(10).integers(0, 256, (16, 12, 4), dtype=np.uint8)
    metadata = {"about": ABOUT, "preview": preview, "evaluation": {"psnr": 31.5, "baselines": {}}, "recipe": {"seed": 1}}
    return PackageMetadata(**{**metadata, **changes})


def pose() -> RigPose:
    """Return a pose with something to do for every part."""
    rotations = floats(55, 4, seed=11, scale=0.1)
    rotations[:, 3] = 1
    rotations /= np.linalg.norm(rotations, axis=1, keepdims=True)
    return RigPose(
        stamp=Stamp(seq=0, captured_ns=0),
        rotations=rotations,
        root_m=np.zeros(3, dtype=np.float32),
        expression=np.random.default_rng(12).random(52, dtype=np.float32),
        confidence=np.ones(55, dtype=np.float32),
        face_confidence=1.0,
    )


def resealed(members: dict[str, bytes], **changes: Any) -> dict[str, bytes]:
    """Return a package's files with its manifest put right again after somebody changed them, and some of its words changed."""
    fields = json.loads(members["manifest.json"])
    for name in fields["parts"]:
        if name in members:
            fields["parts"][name] = {"sha256": hashlib.sha256(members[name]).hexdigest(), "bytes": max(1, len(members[name]))}
    fields |= changes
    fields["seal"] = seal_of(fields)
    return {**members, "manifest.json": json.dumps(fields).encode("utf-8")}
