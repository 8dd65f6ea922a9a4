"""Tests of a character on disk: what goes in comes out, and nothing out of bounds ever does."""

import dataclasses
import math
from typing import Any

import made_avatar
import numpy as np
import pytest

from avatar.figure import Figure
from avatar.mascot import build_mascot
from avatar.mesh import Character
from avatar.package.arrays import arrays_from_bytes, arrays_to_bytes
from avatar.package.character_file import character_from_bytes, character_to_bytes
from avatar.package.errors import PackageError

PLACE = "x.avatar: character.npz"


def same(ours: Any, theirs: Any) -> bool:
    """Tell whether two values are equal in everything, array by array, to the bit."""
    if dataclasses.is_dataclass(ours):
        return type(ours) is type(theirs) and all(
            same(getattr(ours, f.name), getattr(theirs, f.name)) for f in dataclasses.fields(ours)
        )
    if isinstance(ours, np.ndarray):
        return bool(ours.dtype == theirs.dtype and np.array_equal(ours, theirs))
    if isinstance(ours, tuple):
        return len(ours) == len(theirs) and all(same(a, b) for a, b in zip(ours, theirs, strict=True))
    return bool(ours == theirs)


def reread(character: Character) -> Character:
    return character_from_bytes(character_to_bytes(character), texture=character.texture, place=PLACE)


def test_a_character_comes_back_to_the_bit() -> None:
    """Every field of every part, also those that a later version adds, is on the disk."""
    made = made_avatar.made_character()
    assert same(made, reread(made))


def test_the_mascot_comes_back_to_the_bit() -> None:
    """The real character keeps within the bounds, and poses as before."""
    mascot = build_mascot()
    back = reread(mascot)
    assert same(mascot, back)
    pose = made_avatar.pose()
    ours, theirs = Figure(mascot), Figure(back)
    for time_ns in (0, 30_000_000, 60_000_000):
        ours.pose(pose, time_ns=time_ns)
        theirs.pose(pose, time_ns=time_ns)
    assert np.array_equal(ours.bones, theirs.bones)
    assert np.array_equal(ours.points, theirs.points)


def test_a_character_without_springs_morphs_and_gazes_comes_back() -> None:
    """None of them is needed."""
    made = made_avatar.made_character()
    rig = dataclasses.replace(made.rig, names=made.rig.names[:55], parents=made.rig.parents[:55], rest_m=made.rig.rest_m[:55])
    index = np.minimum(made.mesh.bone_index, 54)
    mesh = dataclasses.replace(made.mesh, morphs=(), gazes=(), lids=np.zeros((0, 2), np.int32), bone_index=index)
    bare = dataclasses.replace(made, rig=rig, mesh=mesh, springs=())
    assert same(bare, reread(bare))


def test_the_same_character_gives_the_same_bytes() -> None:
    """So that its hash means something."""
    made = made_avatar.made_character()
    assert character_to_bytes(made) == character_to_bytes(made)


def changed(**changes: Any) -> bytes:
    """Return the tiny character's file with some of its arrays put over."""
    arrays = arrays_from_bytes(character_to_bytes(made_avatar.made_character()), place=PLACE)._arrays
    for name, change in changes.items():
        if change is None:
            arrays.pop(name)
        else:
            arrays[name] = change(arrays.get(name)) if callable(change) else change
    return arrays_to_bytes(arrays)


def put(at: Any, value: Any) -> Any:
    def change(array: Any) -> Any:
        array[at] = value
        return array

    return change


FAULTS = {
    "mesh_vertices": (put((0, 0), math.nan), "must hold numbers from -10 to 10, got nan to nan"),
    "mesh_uv": (put((0, 0), 1.5), "must hold numbers from -0.001 to 1.001, got 0 to 1.5"),
    "mesh_triangles": (put((0, 0), 4), "must hold numbers from 0 to 3, got 1 to 4"),
    "mesh_bone_index": (put((0, 0), 56), "must hold numbers from 0 to 55, got 0 to 56"),
    "mesh_bone_weight": (put((0, 0), 0.5), "must sum to 1 at each vertex, got 0.5"),
    "mesh_normals": (put((slice(None), 0), 0.0), "must hold unit vectors, got a length of"),
    "mesh_material": (put(0, 2), "must hold numbers from 0 to 1, got 1 to 2"),
    "mesh_lids": (put((0, 0), -1), "must hold numbers from 0 to 3, got -1 to 0"),
    "mesh_hull_normals": (None, "must be float32 of shape (4, 3), got nothing"),
    "rig_parents": (put(5, 9), "must name a bone's parent before the bone, got one that comes after it"),
    "rig_rest_m": (lambda a: a.astype(np.float64), "must be float32 of shape (56, 3), got float64 of shape (56, 3)"),
    "rig_names": (lambda a: a[1:], "must begin with the 55 humanoid bones, got other bones or another order"),
    "morph_starts": (put(0, 1), "must rise from 0 to 3, got something else"),
    "morph_vertex": (put(0, 4), "must hold numbers from 0 to 3, got 1 to 4"),
    "morph_gate": (put(0, 1), "must name an earlier morph for each name, got something else"),
    "morph_drive": (put((0, 0), math.inf), "must hold numbers from -100 to 100, got 0 to inf"),
    "gaze_look": (put((0, 0), 52), "must hold numbers from 0 to 51, got 2 to 52"),
    "spring_bone": (put(0, 54), "must hold numbers from 55 to 55, got 54 to 54"),
    "spring_params": (put((0, 2), 3.1), "must swing at 0.05 Hz or faster and bend up to 3 rad, got something else"),
    "guard_radii_m": (put(0, 0.0), "must hold numbers from 0.001 to 2, got 0 to 0.2"),
    "name": (lambda a: np.frombuffer(b"A\x1b[2J", np.uint8), "must hold names, got something else"),
    "surprise": (lambda _: np.zeros(3, np.float32), "must hold the known arrays only, got surprise too"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_out_of_bounds_is_refused_by_name(name: str) -> None:
    """Each array is held to what drawing needs: no index leads outside, no number is not finite."""
    change, sentence = FAULTS[name]
    texture = made_avatar.made_character().texture
    with pytest.raises(PackageError) as told:
        character_from_bytes(changed(**{name: change}), texture=texture, place=PLACE)
    shown = str(told.value)
    assert sentence in shown
    assert shown.startswith(PLACE)
    assert shown.endswith("; get a fresh copy of the avatar, or pack it again with python run.py avatar export")


def test_an_arm_has_a_length() -> None:
    """What is led around the head has a direction to be turned from."""
    rig = made_avatar.made_character().rig
    shoulder, hand = (rig.names.index(f"right{bone}") for bone in ("UpperArm", "Hand"))
    with pytest.raises(PackageError, match="rig_rest_m must have arms with a length, got a joint in the right shoulder; "):
        character_from_bytes(
            changed(rig_rest_m=put(hand, rig.rest_m[shoulder])), texture=made_avatar.made_character().texture, place=PLACE
        )


def test_weights_stand_before_zeros() -> None:
    """Skinning stops at the first zero weight: one behind it would be lost, and the vertex with it."""
    weights = np.array([[0, 1, 0, 0]] * 4, dtype=np.float32)
    with pytest.raises(PackageError, match="must stand before zeros, got a zero before a weight"):
        character_from_bytes(
            changed(mesh_bone_weight=lambda _: weights), texture=made_avatar.made_character().texture, place=PLACE
        )


@pytest.mark.parametrize("side", [8, 48])
def test_the_texture_is_a_square_with_a_power_of_two(side: int) -> None:
    """The rasteriser halves it down to 16 pixels."""
    data = character_to_bytes(made_avatar.made_character())
    with pytest.raises(PackageError, match=f"power of two from 16 to 4096 pixels, got {side} x {side}; get a fresh copy"):
        character_from_bytes(data, texture=np.zeros((side, side, 4), np.uint8), place=PLACE)
