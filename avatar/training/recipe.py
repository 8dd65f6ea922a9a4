"""What one needs to know to repeat a training.

Owns the gathering of versions and hashes. Knows nothing of how training goes.
"""

import hashlib
import platform
from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
import torch

from avatar.dataset.storage import hash_of
from avatar.mesh import Character
from avatar.training.batches import Filmed
from avatar.training.settings import Settings
from avatar.training.texture import Window


def recipe_of(settings: Settings, *, window: Window, character: Character, motions: Sequence[Filmed]) -> dict[str, Any]:
    """Return settings, data and versions as what JSON can hold; the cycles are added as they are trained."""
    return {
        "format": 1,
        "settings": settings.to_json(),
        "window": list(window),
        "character": {"name": character.name, "hash": hash_of(character), "triangles": len(character.mesh.triangles)},
        "data": {
            "hash": hash_of_motions(motions),
            "motions": len(motions),
            "pictures": int(sum(len(motion.shown) for motion in motions)),
        },
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "numba": numba.__version__,
            "machine": platform.machine(),
            "system": platform.system(),
        },
        "cycles": [],
    }


def hash_of_motions(motions: Sequence[Filmed]) -> str:
    """Return a hash of what moves and which frames were photographed; the pictures follow from it and the character."""
    digest = hashlib.sha256()
    for motion in motions:
        digest.update(f"{motion.name}/{motion.framing}/{motion.shown.tolist()}".encode())
        for array in (motion.rotations, motion.root_m, motion.expression, motion.bones):
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]
