"""Whatever happens to a package: it loads with the same content, or it is refused with one sentence. Never anything else."""

from pathlib import Path
from typing import Any

import made_avatar
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avatar.figure import Figure
from avatar.package.arrays import arrays_from_bytes, arrays_to_bytes
from avatar.package.container import LARGEST_BYTES, read_zip, zip_of
from avatar.package.errors import PackageError
from avatar.package.layout import MOST_MEMBERS, limit_of
from avatar.package.reader import Package, package_of
from avatar.package.writer import package_members

HERE = Path("x.avatar")
MEMBERS = package_members(made_avatar.made_parts(), made_avatar.made_metadata())
ARCHIVE = zip_of(MEMBERS, packed=True)
QUICK = settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.large_base_example])


def load(data: bytes) -> Package:
    """Return what `read_package` would of a file with these bytes."""
    assert len(data) <= LARGEST_BYTES
    return package_of(read_zip(data, place="x.avatar", limits=limit_of, most_members=MOST_MEMBERS), path=HERE)


@st.composite
def damages(draw: st.DrawFn, whole: bytes) -> bytes:
    """Return `whole` with bytes flipped, a piece cut out, put in or overwritten, or its end cut off."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        kind = draw(st.sampled_from(["flip", "cut", "end", "put", "over"]))
        if kind == "flip" and data:
            data[at] ^= draw(st.integers(1, 255))
        elif kind == "cut":
            del data[at : at + draw(st.integers(1, 64))]
        elif kind == "end":
            del data[at:]
        else:
            piece = draw(st.binary(min_size=1, max_size=16))
            data[at : at + (len(piece) if kind == "over" else 0)] = piece
    return bytes(data)


def sentence_of(error: PackageError) -> None:
    """Check that a refusal is one printable sentence that names the file and ends with a next step."""
    assert str(error).startswith("x.avatar")
    assert str(error).isprintable()
    assert "; " in str(error)
    assert len(str(error)) < 400


@QUICK
@given(data=damages(ARCHIVE))
def test_a_damaged_file_loads_the_same_or_not_at_all(data: bytes) -> None:
    """Bytes flip, ends are cut off: the checksums of the archive and the hashes of the manifest see it."""
    try:
        package = load(data)
    except PackageError as error:
        sentence_of(error)
    else:
        assert dict(package.members) == MEMBERS


@QUICK
@given(data=damages(MEMBERS["manifest.json"]))
def test_a_damaged_manifest_says_the_same_or_nothing(data: bytes) -> None:
    """In a folder no archive's checksum helps: the seal does."""
    try:
        package = package_of({**MEMBERS, "manifest.json": data}, path=HERE)
    except PackageError as error:
        sentence_of(error)
    else:
        assert package.manifest == package_of(MEMBERS, path=HERE).manifest


@QUICK
@given(name=st.sampled_from(sorted(set(MEMBERS) - {"manifest.json"})), choice=st.data())
def test_a_hostile_part_with_the_right_hash_is_harmless(name: str, choice: Any) -> None:
    """Somebody who packs an avatar can write any hash: the parts themselves are checked, and what loads can be posed."""
    members = {**MEMBERS, name: choice.draw(damages(MEMBERS[name]))}
    try:
        package = package_of(made_avatar.resealed(members), path=HERE)
    except PackageError as error:
        sentence_of(error)
    else:
        Figure(package.parts.character).pose(made_avatar.pose(), time_ns=0)


ARRAYS = {name: arrays_from_bytes(MEMBERS[name], place=name)._arrays for name in ("character.npz", "features.npz")}


@QUICK
@given(name=st.sampled_from(sorted(ARRAYS)), choice=st.data())
def test_hostile_numbers_are_refused_or_harmless(name: str, choice: Any) -> None:
    """The same within the arrays: any byte of any number, in a file that is otherwise whole."""
    arrays = dict(ARRAYS[name])
    for _ in range(choice.draw(st.integers(1, 3))):
        key = choice.draw(st.sampled_from(sorted(arrays)))
        raw = bytearray(arrays[key].tobytes())
        raw[choice.draw(st.integers(0, len(raw) - 1))] = choice.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xC0, 0xFF]))
        arrays[key] = np.frombuffer(bytes(raw), arrays[key].dtype).reshape(arrays[key].shape)
    try:
        package = package_of(made_avatar.resealed({**MEMBERS, name: arrays_to_bytes(arrays)}), path=HERE)
    except PackageError as error:
        sentence_of(error)
    else:
        figure = Figure(package.parts.character)
        figure.pose(made_avatar.pose(), time_ns=0)
        assert np.isfinite(figure.bones).all()
        assert np.isfinite(figure.points).all()
        assert np.isfinite(package.parts.features).all()
