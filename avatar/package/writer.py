"""Writes a package: parts in memory to files that the reader takes.

Owns the order: every part to bytes, the manifest about them, a reading back with all of the reader's checks, and only then the
disk, whole or not at all. Knows nothing of how an avatar was trained.
"""

import hashlib
import json
import math
import os
import platform
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from avatar.camera import Framing
from avatar.neural.byte_layout import OUTPUT
from avatar.neural.parts import AvatarParts
from avatar.package import layout
from avatar.package.character_file import character_to_bytes
from avatar.package.container import zip_of
from avatar.package.errors import PackageError
from avatar.package.learnt import LARGEST_FEATURE, Learnt, learnt_from_bytes, learnt_to_bytes
from avatar.package.manifest import About, manifest_to_bytes
from avatar.package.network_file import Interface, interface_of
from avatar.package.picture import png_of
from avatar.package.reader import Package, package_of, tensors_of, view_of
from trackers.skeleton import EXPRESSION_NAMES
from trackers.types import ImageArray

SUMMARY: Final = (
    "psnr", "ssim", "lpips", "face_lpips", "alpha_iou", "jitter_gain", "frame_difference", "sharpness", "frames"
)  # fmt: skip
"""What the manifest repeats of an evaluation: the figures of the protocol, and on how many frames."""


@dataclass(frozen=True, slots=True, eq=False)
class PackageMetadata:
    """What goes with the parts."""

    about: About
    preview: ImageArray
    """(H, W, 4) uint8 RGBA, drawn by the avatar's own renderer."""
    picture_sizes_px: Sequence[tuple[int, int]] = ((512, 512),)
    framings: Sequence[Framing] = tuple(Framing)
    """Those that it was trained on."""
    made_with: Mapping[str, str] | None = None
    """Programs and versions besides Python and numpy."""
    evaluation: Any = None
    """What `avatar eval` measured, as JSON."""
    recipe: Any = None
    """How it was trained, as JSON."""
    licence_text: str = ""


def package_members(parts: AvatarParts, metadata: PackageMetadata) -> dict[str, bytes]:
    """Return the files of a package, manifest first; the same parts and metadata give the same bytes.

    Raises:
        PackageError: the parts are not what a package may hold.
    """
    files = _files(parts, metadata)
    learnt = Learnt(parts.features, parts.deltas, parts.window, parts.mix)
    manifest = manifest_to_bytes(
        {
            "about": metadata.about.model_dump(),
            "made_with": {"python": platform.python_version(), "numpy": np.__version__, **(metadata.made_with or {})},
            "bones": parts.character.rig.names,
            "expressions": EXPRESSION_NAMES,
            "framings": {framing.value: view_of(framing).model_dump() for framing in metadata.framings},
            "picture_sizes_px": [list(size) for size in metadata.picture_sizes_px],
            "tensors": _tensors(learnt, files[layout.FEATURES]),
            "window": list(parts.window),
            "networks": [_network(files, size, precision) for size, precision in sorted(parts.networks)],
            "parts": {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in files.items()},
            "evaluation": summary_of(metadata.evaluation),
        }
    )
    return {layout.MANIFEST: manifest, **files}


def write_package(parts: AvatarParts, metadata: PackageMetadata, *, out: Path, is_replacing: bool = False) -> Package:
    """Write a package: one file where `out` ends in `.avatar`, else a folder. What is returned was read back.

    Raises:
        PackageError: the parts are not what a package may hold, something lies there already, or it cannot be written.
    """
    members = package_members(parts, metadata)
    package = package_of(members, path=out)
    save_members(members, out=out, is_replacing=is_replacing)
    return package


def check_place(out: Path, *, is_replacing: bool) -> None:
    """Make sure, before minutes are spent on it, that a package may be written to `out`.

    Raises:
        PackageError: something lies there already that must not be replaced.
    """
    if out.exists() and not is_replacing:
        raise PackageError(f"{out} is there already; choose another name, or write over it with --replace")
    if out.exists() and out.is_dir() == (out.suffix == layout.SUFFIX):
        raise PackageError(f"{out} is not an avatar's file or folder of the same kind; choose another name")
    if out.is_dir() and any(layout.limit_of(entry.name) is None for entry in out.iterdir()):
        raise PackageError(f"{out} is a folder with other things than an avatar's; choose another name")


def save_members(members: Mapping[str, bytes], *, out: Path, is_replacing: bool) -> None:
    """Write checked files to `out`, whole or not at all.

    Raises:
        PackageError: something lies there already and must not be replaced, or it cannot be written.
    """
    check_place(out, is_replacing=is_replacing)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _save_file(members, out) if out.suffix == layout.SUFFIX else _save_folder(members, out)
    except OSError as error:
        raise PackageError(f"{out} could not be written ({error.strerror or error}); choose another place") from error


def _save_file(members: Mapping[str, bytes], out: Path) -> None:
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(zip_of(members, packed=True))
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _save_folder(members: Mapping[str, bytes], out: Path) -> None:
    """Write beside it, then change places: a reader sees the old folder or the new one."""
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".avatar-", ignore_cleanup_errors=True) as beside:
        fresh, old = Path(beside) / "new", Path(beside) / "old"
        fresh.mkdir()
        for name, data in members.items():
            (fresh / name).write_bytes(data)
        if out.exists():
            shutil.move(out, old)
        try:
            os.replace(fresh, out)
        except OSError:
            if old.exists():
                shutil.move(old, out)
            raise


def _files(parts: AvatarParts, metadata: PackageMetadata) -> dict[str, bytes]:
    learnt = Learnt(parts.features, parts.deltas, parts.window, parts.mix)
    metadata_told = {layout.EVALUATION: metadata.evaluation, layout.RECIPE: metadata.recipe}
    return {
        layout.CHARACTER: character_to_bytes(parts.character),
        layout.TEXTURE: png_of(parts.character.texture),
        layout.FEATURES: learnt_to_bytes(learnt),
        **{layout.network_file(*key): bytes(parts.networks[key]) for key in sorted(parts.networks)},
        layout.PREVIEW: png_of(metadata.preview),
        **{name: json_bytes(told) for name, told in metadata_told.items() if told is not None},
        **({layout.LICENCE: metadata.licence_text.encode("utf-8")} if metadata.licence_text else {}),
    }


def _tensors(learnt: Learnt, data: bytes) -> dict[str, Any]:
    """Return what the manifest says of the learnt arrays as they come back from the disk, and how far off they are."""
    back = learnt_from_bytes(data, place=layout.FEATURES)
    off = {
        "features": float(np.abs(back.features - learnt.features).max()),
        "deltas": float(np.abs(back.deltas - learnt.deltas).max()),
        "mix": 0.0,
    }
    return {name: {**tensor.model_dump(), "rounding": off[name]} for name, tensor in tensors_of(back).items()}


def _network(files: Mapping[str, bytes], size: str, precision: str) -> dict[str, Any]:
    """Return what the manifest says of one network."""
    file = layout.network_file(size, precision)
    interface: Interface = interface_of(files[file], place=file)
    sides = {"inputs": interface.inputs, "outputs": interface.outputs}
    told = {
        side: {name: {"dtype": dtype, "shape": list(shape), **_range(name)} for name, (dtype, shape) in table.items()}
        for side, table in sides.items()
    }
    return {"size": size, "precision": precision, "file": file, **told}


def _range(name: str) -> dict[str, float]:
    """Return the range of a network's input or output (`neural.spec`)."""
    low, high = {"coarse": (0.0, 1.0), "code": (0.0, 1.0), OUTPUT: (-1.0, 1.0)}.get(name, (-LARGEST_FEATURE, LARGEST_FEATURE))
    return {"low": low, "high": high}


def summary_of(evaluation: Any) -> dict[str, float]:
    """Return the figures of an evaluation that the manifest repeats."""
    table = evaluation if isinstance(evaluation, dict) else {}
    told = {key: table.get(key) for key in SUMMARY}
    return {key: float(value) for key, value in told.items() if isinstance(value, int | float) and math.isfinite(value)}


def with_evaluation(package: Package, evaluation: Any) -> dict[str, bytes]:
    """Return the files of a package with another evaluation; everything else stays as it is, byte by byte."""
    told = json_bytes(evaluation)
    files = {name: data for name, data in package.members.items() if name not in (layout.MANIFEST, layout.EVALUATION)}
    files[layout.EVALUATION] = told
    fields = package.manifest.model_dump(mode="json")
    fields["parts"] = {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in files.items()}
    fields["evaluation"] = summary_of(evaluation)
    members = {layout.MANIFEST: manifest_to_bytes(fields), **files}
    package_of(members, path=package.path)
    return members


def json_bytes(told: Any) -> bytes:
    """Return JSON that people can read; a number that is not finite is null."""
    return (json.dumps(_finite(told), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")


def _finite(told: Any) -> Any:
    if isinstance(told, dict):
        return {str(key): _finite(value) for key, value in told.items()}
    if isinstance(told, list | tuple):
        return [_finite(value) for value in told]
    return None if isinstance(told, float) and not math.isfinite(told) else told
