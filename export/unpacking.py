"""From a package back to what a training holds, so that training can go on where only the package is left.

Owns which weight of the fp32 file is which of the network. Knows nothing of flags or folders, nor of how training goes on.
"""

from typing import TYPE_CHECKING, Any

from avatar.neural.spec import SIZES
from avatar.package.reader import Package
from export.to_onnx import HELD, need, read
from trackers.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from avatar.training.checkpoint import Trained


def trainings_of(package: Package) -> tuple["Trained", ...]:
    """Return a training for each size whose fp32 network is in a package, the narrowest first.

    The network's weights are the trained ones; the texture is to within its rounding (the manifest tells), and packed again it
    is the same to the byte.

    Raises:
        UserError: the package does not tell how it was trained, or has no fp32 network.
    """
    recipes = _recipes(package)
    return tuple(_training(package, size, recipes[size]) for size in SIZES if size in recipes)


def _recipes(package: Package) -> dict[str, dict[str, Any]]:
    """Return how each size was trained."""
    held = package.recipe
    try:
        told = {one["settings"]["size"]: one for one in (held, *held.get("other_sizes", ()))}
    except (AttributeError, KeyError, TypeError) as error:
        raise UserError(f"{package.path.name} does not tell how it was trained, so no training can go on from it") from error
    recipes = {size: recipe for size, recipe in told.items() if (size, "fp32") in package.parts.networks}
    if not recipes:
        raise UserError(f"{package.path.name} has no fp32 network, and training goes on from no other")
    return recipes


def _training(package: Package, size: str, recipe: dict[str, Any]) -> "Trained":
    import torch

    from avatar.training.checkpoint import trained_with

    parts = package.parts
    told = {key: value for key, value in recipe.items() if key != "other_sizes"}
    texture = {f"texture.{name}": torch.from_numpy(getattr(parts, name)) for name in ("features", "deltas", "mix")}
    try:
        network = {f"network.{name}": tensor for name, tensor in _network_weights(parts.networks[size, "fp32"]).items()}
        return trained_with(texture | network, size, parts.window, told)
    except (KeyError, RuntimeError, ValueError) as error:  # of other layers than ours
        raise UserError(f"{package.path.name}: its fp32 network {size} is not one that this Posecast trains") from error


def _network_weights(file: bytes) -> dict[str, "Tensor"]:
    """Return a network's state by name.

    Biases are taken as their layers use them, not by their names: of two that are alike the exporter keeps one. Those of both
    stems are, for they are added to the same sum, begin alike and learn alike.
    """
    import torch

    graph, numpy = read(file).graph, need("onnx").numpy_helper
    arrays = {tensor.name: torch.from_numpy(numpy.to_array(tensor).copy()) for tensor in graph.initializer}
    state = dict[str, "Tensor"]()
    for node in graph.node:
        if node.op_type in ("Conv", "Gemm"):
            weight, bias = node.input[1:]
            state[weight.removeprefix(HELD)] = arrays[weight]
            state[weight.removeprefix(HELD).removesuffix("weight") + "bias"] = arrays[bias]
    return state
