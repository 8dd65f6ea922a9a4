"""Trained gestures as plain data: a header that JSON can hold, and named arrays; and back again, checked.

Owns the names in both and the version. Nothing is executed on reading. Knows nothing of files: who keeps the data says where it
lies, so that the one sentence about damage can name it.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from trackers.errors import UserError
from trackers.gestures.features import FEATURES_VERSION, SIZES
from trackers.gestures.trained import Kind, PartModel, TrainedGesture, TrainedSet
from trackers.gestures.trained_motion import MOTION_SIZES, STEPS

VERSION: Final = 1
_AGAIN: Final = "train again: python run.py gesture train"

Arrays = dict[str, np.ndarray[Any, Any]]


def to_data(trained: TrainedSet) -> tuple[dict[str, Any], Arrays]:
    """Return the header and the arrays (float32 and bool) of a set."""
    arrays: Arrays = {f"background/{part}": rows.astype(np.float32) for part, rows in trained.background.items()}
    gestures = []
    for number, gesture in enumerate(trained.gestures):
        models = []
        for model in gesture.models:
            arrays[f"{number}/{model.part}/examples"] = model.examples.astype(np.float32)
            arrays[f"{number}/{model.part}/columns"] = model.columns
            models.append({"part": model.part, "limit": model.limit})
        gestures.append(
            {
                "name": gesture.name,
                "kind": gesture.kind,
                "created": gesture.created,
                "takes": gesture.takes,
                "length_s": gesture.length_s,
                "models": models,
            }
        )
    header = {"version": VERSION, "features": FEATURES_VERSION, "gestures": gestures, "background": sorted(trained.background)}
    return header, arrays


def from_data(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray[Any, Any]], *, where: str) -> TrainedSet:
    """Return the set that `to_data` took apart.

    Args:
        where: how people call the place that it was read from.

    Raises:
        UserError: it is of a newer or older kind, or damaged.
    """
    version = header.get("version"), header.get("features")
    if version != (VERSION, FEATURES_VERSION):
        newer = isinstance(version[0], int) and isinstance(version[1], int) and version > (VERSION, FEATURES_VERSION)
        step = f"update Posecast, or {_AGAIN}" if newer else _AGAIN
        raise UserError(
            f"{where} holds trained gestures of version {version[0]}.{version[1]}, "
            f"this Posecast reads {VERSION}.{FEATURES_VERSION}; {step}"
        )
    try:
        gestures = tuple(_gesture(number, values, arrays) for number, values in enumerate(header["gestures"]))
        background = {part: _floats(arrays[f"background/{part}"], (SIZES[part],)) for part in header["background"]}
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise UserError(f"{where} is damaged; {_AGAIN}") from error
    return TrainedSet(gestures, background)


def _gesture(number: int, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray[Any, Any]]) -> TrainedGesture:
    kind: Kind = values["kind"]
    if kind not in ("pose", "motion") or not values["models"]:
        raise ValueError(kind)
    models = tuple(_model(f"{number}/{model['part']}", model, arrays, kind=kind) for model in values["models"])
    name, created, takes, length_s = (values[key] for key in ("name", "created", "takes", "length_s"))
    if not isinstance(name, str) or not name or not 0.0 <= float(length_s) < 60.0:
        raise ValueError(name)
    return TrainedGesture(name, kind, models, str(created), int(takes), float(length_s))


def _model(key: str, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray[Any, Any]], *, kind: Kind) -> PartModel:
    part, limit = values["part"], float(values["limit"])
    columns = arrays[f"{key}/columns"]
    size = (SIZES if kind == "pose" else MOTION_SIZES)[part]
    if columns.shape != (size,) or columns.dtype != np.bool_ or not 0.0 < limit < 100.0:
        raise ValueError(part)
    kept = int(columns.sum())
    examples = _floats(arrays[f"{key}/examples"], (kept,) if kind == "pose" else (STEPS, kept))
    if not len(examples) or not kept or kind == "motion" and np.isnan(examples).any():
        raise ValueError(part)
    return PartModel(part, examples, columns, limit)


def _floats(array: np.ndarray[Any, Any], shape: tuple[int, ...]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return an array (N, *shape) as float64. NaN is a number that was not seen; infinity is damage."""
    if array.dtype != np.float32 or array.shape[1:] != shape or np.isinf(array).any():
        raise ValueError(array.shape)
    return array.astype(np.float64)
