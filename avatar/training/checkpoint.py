"""A training on disk: written whole or not at all, read without trusting it.

Owns the file's layout, and what of it others want: `Trained`. Knows nothing of how training goes.
"""

import json
import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import torch

from avatar.training.network import Network
from avatar.training.painter import Painter
from avatar.training.settings import Settings
from avatar.training.texture import Window
from trackers.errors import UserError
from trackers.types import FloatArray
from trackers.whole_files import growing_file

CHECKPOINT: Final = "checkpoint.pt"
FORMAT: Final = 1


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What came of a training: the averaged weights."""

    size: str
    network: Network
    """On the CPU, not learning any more."""
    features: FloatArray
    """(256, 256, 8)"""
    deltas: FloatArray
    """(16, h, w, 8)"""
    window: Window
    """Left, top, width and height in texels."""
    mix: FloatArray
    """(16, 52)"""
    recipe: dict[str, Any]
    painter: Painter
    """Network and texture as one, for whoever paints batches."""


def load_trained(path: Path) -> Trained:
    """Return what a checkpoint, or the folder of a training, holds.

    Raises:
        UserError: there is none, it is damaged, or of another version.
    """
    held = read_checkpoint(path / CHECKPOINT if path.is_dir() else path)
    recipe = json.loads(held["recipe"])
    settings = Settings.from_json(recipe["settings"])
    left, top, width, height = recipe["window"]
    return trained_with(held["average"], settings.size, (left, top, width, height), recipe)


def size_of(folder: Path) -> str:
    """Return which size of network the training in a folder teaches; raises what `load_trained` raises."""
    return str(json.loads(read_checkpoint(folder / CHECKPOINT)["recipe"])["settings"]["size"])


def trained_with(weights: Mapping[str, torch.Tensor], size: str, window: Window, recipe: dict[str, Any]) -> Trained:
    """Return what came of a training that `recipe` describes, of the weights of its `Painter`."""
    painter = Painter(size, window)
    painter.load_state_dict(weights)
    painter.eval().requires_grad_(False)
    texture = painter.texture
    features, deltas, mix = (p.detach().contiguous().numpy().copy() for p in (texture.features, texture.deltas, texture.mix))
    return Trained(size, painter.network, features, deltas, window, mix, recipe, painter)


def write_checkpoint(path: Path, held: Mapping[str, Any]) -> None:
    """Write tensors, numbers and texts in dicts and lists to a file that is there whole or not at all."""
    buffer = BytesIO()
    torch.save({"format": FORMAT, **held}, buffer)
    with growing_file(path) as part, part.open("wb") as file:
        file.write(buffer.getbuffer())
        file.flush()
        os.fsync(file.fileno())


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return what `write_checkpoint` wrote; nothing in the file is run.

    Raises:
        UserError: there is no such file, it is damaged, or of another version.
    """
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist; train first with: avatar train") from error
    except (pickle.UnpicklingError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise UserError(f"{path} is damaged and cannot be read; delete it and train again") from error
    found = held.get("format") if isinstance(held, dict) else None
    if found != FORMAT:
        raise UserError(f"{path} should be a training of format {FORMAT}, but is of format {found}; train again")
    return dict(held)
