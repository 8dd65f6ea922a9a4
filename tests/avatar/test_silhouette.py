"""Tests of `avatar.silhouette`: what counts as one surface."""

import numpy as np

from avatar.mascot import build_mascot
from avatar.silhouette import unbroken_sheets


def test_touching_triangles_of_one_material_are_one_sheet() -> None:
    """Neighbours share a sheet unless their material differs; background and each ink have one of their own."""
    character = build_mascot()
    mesh, count = character.mesh, len(character.materials.rim)
    sheets = unbroken_sheets(mesh, materials=count)
    surfaces, inks = sheets[1 : 1 + len(mesh.triangles)], sheets[1 + len(mesh.triangles) :]
    assert sheets[0] == 0
    assert surfaces.min() == 1
    assert inks.tolist() == list(range(surfaces.max() + 1, surfaces.max() + 1 + count))
    for column in (0, 1, 2):  # a vertex belongs to one sheet of each material
        for other in (0, 1, 2):
            first = dict(
                zip(zip(mesh.triangles[:, column].tolist(), mesh.material.tolist(), strict=True), surfaces, strict=True)
            )
            keys = zip(mesh.triangles[:, other].tolist(), mesh.material.tolist(), surfaces.tolist(), strict=True)
            assert all(first.get((vertex, material), sheet) == sheet for vertex, material, sheet in keys)
    for sheet in np.unique(surfaces):
        assert len(np.unique(mesh.material[surfaces == sheet])) == 1
