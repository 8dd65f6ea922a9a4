"""Which files a package has, and how large each may be. Owns their names; knows nothing of what is in them."""

from typing import Final

from avatar.neural import spec
from avatar.neural.parts import PRECISIONS
from avatar.package.manifest import MOST_MANIFEST_BYTES
from avatar.package.network_file import LARGEST_NETWORK_BYTES

SUFFIX: Final = ".avatar"
MANIFEST, CHARACTER, TEXTURE, FEATURES = "manifest.json", "character.npz", "texture.png", "features.npz"
PREVIEW, EVALUATION, RECIPE, LICENCE = "preview.png", "evaluation.json", "recipe.json", "LICENCE.txt"
REQUIRED: Final = (CHARACTER, TEXTURE, FEATURES, PREVIEW)
LARGEST_PREVIEW_PX: Final = 1024
MOST_MEMBERS: Final = 24


def network_file(size: str, precision: str) -> str:
    """Return the name of a network's file."""
    return f"network-{size}.onnx" if precision == "fp32" else f"network-{size}-{precision}.onnx"


_MEGABYTES: Final = {CHARACTER: 8, TEXTURE: 16, FEATURES: 8, PREVIEW: 2, EVALUATION: 1, RECIPE: 1, LICENCE: 1}
_LIMITS: Final = {
    MANIFEST: MOST_MANIFEST_BYTES,
    **{name: count << 20 for name, count in _MEGABYTES.items()},
    **{network_file(size, precision): LARGEST_NETWORK_BYTES for size in spec.SIZES for precision in PRECISIONS},
}


def limit_of(name: str) -> int | None:
    """Return how many bytes the part `name` may have; None: no package has such a part."""
    return _LIMITS.get(name)
