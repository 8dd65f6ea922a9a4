"""Which edges of a mesh may be outlined.

Owns the search, done once, for the edges where two triangles meet: an edge is on the silhouette when one of its triangles is
seen from the front and the other from behind. Knows nothing of cameras; `raster` looks at them anew in each picture.
"""

import numpy as np

from avatar.mesh import IntArray, Mesh

_WELD_M = 1e-5  # vertices nearer than this are one: seams of the texture split vertices, not the surface


def outlined_edges(mesh: Mesh) -> IntArray:
    """Return (E, 4): an edge's two vertices, of which at least one has an outline, and the two triangles that meet there."""
    _, welded = np.unique(np.round(mesh.vertices / _WELD_M).astype(np.int64), axis=0, return_inverse=True)
    corners = mesh.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)  # (3T, 2), three edges for each triangle
    owners = np.repeat(np.arange(len(mesh.triangles)), 3)
    ends = np.sort(welded[corners], axis=1)
    _, first, edge, count = np.unique(ends, axis=0, return_index=True, return_inverse=True, return_counts=True)
    second = np.empty_like(first)
    second[edge.reshape(-1)] = np.arange(len(edge))  # of an edge's places the last one wins
    shared = (count == 2) & (ends[first, 0] != ends[first, 1]) & (mesh.outline_m[corners[first]].max(axis=1) > 0)
    table = np.concatenate([corners[first], owners[first, None], owners[second, None]], axis=1)
    return np.ascontiguousarray(table[shared], dtype=np.int32)


def unbroken_sheets(mesh: Mesh, *, materials: int) -> IntArray:
    """Return (T + M + 1,): for nothing, for each triangle and for each material's ink, which unbroken surface it is part of.

    Triangles of one material that touch are one surface; ink is a surface of its own.
    """
    _, welded = np.unique(np.round(mesh.vertices / _WELD_M).astype(np.int64), axis=0, return_inverse=True)
    corners = welded.reshape(-1)[mesh.triangles]  # (T, 3)
    corners = corners * materials + mesh.material[:, None]
    lowest = np.arange(corners.max() + 1)
    while True:  # the lowest number of a surface spreads over it
        before = lowest.copy()
        np.minimum.at(lowest, corners.reshape(-1), np.repeat(lowest[corners].min(axis=1), 3))
        lowest = lowest[lowest]
        if np.array_equal(lowest, before):
            break
    surfaces = np.unique(lowest[corners[:, 0]], return_inverse=True)[1].reshape(-1) + 1
    inks = surfaces.max() + 1 + np.arange(materials)
    return np.concatenate([[0], surfaces, inks]).astype(np.int32)
