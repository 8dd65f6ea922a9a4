"""Reads a package and checks everything before anything of it is used.

Owns the order of the checks: the container, the manifest, each part's size and hash, then what is in the parts, then whether
they fit each other. Knows nothing of where avatars lie, nor of how they are drawn.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avatar.camera import DISTANCE_M, Framing, camera_for
from avatar.mesh import Character
from avatar.neural.parts import AvatarParts
from avatar.package import layout
from avatar.package.character_file import LARGEST_TEXTURE_PX, character_from_bytes
from avatar.package.container import LARGEST_BYTES, read_bounded, read_folder, read_zip
from avatar.package.errors import UPDATE, PackageError, fault
from avatar.package.learnt import Learnt, learnt_from_bytes
from avatar.package.manifest import Manifest, Network, Tensor, View, json_of, manifest_from_bytes
from avatar.package.network_file import check_contract, interface_of
from avatar.package.picture import image_of
from trackers.skeleton import EXPRESSION_NAMES
from trackers.types import ImageArray


@dataclass(frozen=True, slots=True, eq=False)
class Package:
    """One checked avatar."""

    path: Path
    manifest: Manifest
    parts: AvatarParts
    preview: ImageArray
    """(H, W, 4) uint8 RGBA: how its own renderer draws it."""
    evaluation: Any
    """What `avatar eval` measured, as JSON; None if it was not measured."""
    recipe: Any
    """How it was trained, as JSON; None if that is not told."""
    members: Mapping[str, bytes]
    """Its files as they are."""

    @property
    def bytes(self) -> int:
        """Of all its files."""
        return sum(len(data) for data in self.members.values())


def read_package(path: Path) -> Package:
    """Return the avatar in a folder or a `.avatar` file.

    Raises:
        PackageError: it is missing, damaged, hostile, or made for a newer Posecast; nothing of it was used.
    """
    return package_of(_members(path), path=path)


def read_manifest(path: Path) -> tuple[Manifest, int]:
    """Return what a package says of itself and how many bytes it has; the parts' hashes are checked, not what is in them.

    Raises:
        PackageError: see `read_package`.
    """
    members = _members(path)
    return _manifest(members, place=path.name), sum(len(data) for data in members.values())


def package_of(members: Mapping[str, bytes], *, path: Path) -> Package:
    """Return the avatar whose files are `members`; `path` says where they are from.

    Raises:
        PackageError: see `read_package`.
    """
    place = path.name
    manifest = _manifest(members, place=place)
    missing = next((name for name in layout.REQUIRED if name not in members), None)
    if missing is not None:
        raise fault(place, f"have the part {missing}", "none")
    texture = image_of(members[layout.TEXTURE], place=f"{place}: {layout.TEXTURE}", largest_px=LARGEST_TEXTURE_PX)
    character = character_from_bytes(members[layout.CHARACTER], texture=texture, place=f"{place}: {layout.CHARACTER}")
    learnt = learnt_from_bytes(members[layout.FEATURES], place=f"{place}: {layout.FEATURES}")
    _check_words(manifest, character, place=place)
    _check_tensors(manifest, learnt, place=place)
    networks: dict[tuple[str, str], bytes] = {
        (network.size, network.precision): _network(members, network, place=place) for network in manifest.networks
    }
    if len(networks) != len(manifest.networks):
        raise fault(place, "have each network once", "one of them twice")
    preview = image_of(members[layout.PREVIEW], place=f"{place}: {layout.PREVIEW}", largest_px=layout.LARGEST_PREVIEW_PX)
    parts = AvatarParts(
        character=character,
        features=learnt.features,
        deltas=learnt.deltas,
        window=learnt.window,
        mix=learnt.mix,
        networks=networks,
    )
    told = {
        name: json_of(members[name], place=f"{place}: {name}") if name in members else None
        for name in (layout.EVALUATION, layout.RECIPE)
    }
    return Package(path, manifest, parts, preview, told[layout.EVALUATION], told[layout.RECIPE], members)


def view_of(framing: Framing) -> View:
    """Return what a framing shows in this version."""
    camera = camera_for(framing, width_px=100, height_px=100)
    return View(centre_m=camera.centre_m, extent_m=DISTANCE_M / camera.focal_px * 100)


def _members(path: Path) -> dict[str, bytes]:
    place = path.name
    if os.path.isdir(path):  # unlike Path's own this answers for a name that is too long, too
        try:
            return read_folder(path, place=place, limits=layout.limit_of)
        except OSError as error:
            raise fault(place, "be a folder that can be read", error.strerror or error) from error
    if not os.path.exists(path):
        raise PackageError(f"{path} was not found; python run.py avatar list tells which avatars there are")
    data = read_bounded(path, most=LARGEST_BYTES, place=place)
    return read_zip(data, place=place, limits=layout.limit_of, most_members=layout.MOST_MEMBERS)


def _manifest(members: Mapping[str, bytes], *, place: str) -> Manifest:
    """Return the manifest; the files are those that it names, with their sizes and hashes."""
    if layout.MANIFEST not in members:
        raise fault(place, f"have the part {layout.MANIFEST}", "none")
    manifest = manifest_from_bytes(members[layout.MANIFEST], place=f"{place}: {layout.MANIFEST}")
    for name, part in manifest.parts.items():
        data = members.get(name)
        if data is None:
            raise fault(place, f"have the part {name[:60]!a}", "none")
        if len(data) != part.bytes or hashlib.sha256(data).hexdigest() != part.sha256:
            raise fault(f"{place}: {name}", "have the SHA-256 of the manifest", "other bytes")
    extra = sorted(set(members) - set(manifest.parts) - {layout.MANIFEST})
    if extra:
        raise fault(place, "have the parts of its manifest only", f"{extra[0]} too")
    return manifest


def _check_words(manifest: Manifest, character: Character, *, place: str) -> None:
    """Check that the manifest speaks of this rig, and of this version's expressions and framings."""
    if manifest.bones != character.rig.names:
        raise fault(f"{place}: manifest.json: bones", "be those of character.npz", "others")
    if manifest.expressions != EXPRESSION_NAMES:
        raise fault(f"{place}: manifest.json: expressions", f"be the {len(EXPRESSION_NAMES)} ARKit names", "others")
    known = {framing.value: view_of(framing) for framing in Framing}
    for name, view in manifest.framings.items():
        if name not in known:
            raise fault(f"{place}: framing {name}", f"be {', '.join(known)}", "another", then=UPDATE)
        here = known[name]
        if abs(view.centre_m - here.centre_m) > 1e-3 or abs(view.extent_m - here.extent_m) > 1e-3:
            wanted = f"show {here.extent_m:.2f} m about {here.centre_m:.2f} m, as this version does"
            raise fault(f"{place}: framing {name}", wanted, f"{view.extent_m:.2f} m about {view.centre_m:.2f} m", then=UPDATE)


def tensors_of(learnt: Learnt) -> dict[str, Tensor]:
    """Return what the manifest says of the learnt arrays, but for their rounding."""
    arrays = {"features": learnt.features, "deltas": learnt.deltas, "mix": learnt.mix}
    kinds = {"features": "float16", "deltas": "int8", "mix": "float32"}
    return {
        name: Tensor.model_validate(
            {"dtype": kinds[name], "shape": array.shape, "low": float(array.min()), "high": float(array.max())}
        )
        for name, array in arrays.items()
    }


def _check_tensors(manifest: Manifest, learnt: Learnt, *, place: str) -> None:
    if manifest.window != learnt.window:
        raise fault(f"{place}: manifest.json: window", "be that of features.npz", "another")
    for name, tensor in tensors_of(learnt).items():
        told = manifest.tensors.get(name)
        if told is None or told.model_copy(update={"rounding": 0.0}) != tensor:
            raise fault(f"{place}: manifest.json: tensors.{name}", "be as features.npz has it", "something else")


def _network(members: Mapping[str, bytes], network: Network, *, place: str) -> bytes:
    """Return a network's bytes, after what it takes and gives was read from them."""
    wanted = layout.network_file(network.size, network.precision)
    if network.file != wanted or wanted not in members:
        raise fault(place, f"have its network {network.size} {network.precision} in {wanted}", ascii(network.file))
    inside = f"{place}: {wanted}"
    interface = interface_of(members[wanted], place=inside)
    check_contract(interface, place=inside)
    told = [{name: (t.dtype, t.shape) for name, t in side.items()} for side in (network.inputs, network.outputs)]
    if told != [interface.inputs, interface.outputs]:
        raise fault(inside, "take and give what the manifest says", "something else")
    return members[wanted]
