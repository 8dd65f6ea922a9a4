"""Tests of reading a package: it is taken whole, or refused with one sentence that names the file."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import made_avatar
import numpy as np
import pytest
from test_character_file import same

from avatar.package.container import zip_of
from avatar.package.errors import PackageError
from avatar.package.reader import package_of, read_manifest, read_package
from avatar.package.writer import package_members, write_package

HERE = Path("x.avatar")
MEMBERS = package_members(made_avatar.made_parts(), made_avatar.made_metadata())
AGAIN = "get a fresh copy of the avatar, or pack it again with python run.py avatar export"


def refused(members: dict[str, bytes]) -> str:
    with pytest.raises(PackageError) as told:
        package_of(members, path=HERE)
    return str(told.value)


def told(**changes: Any) -> str:
    """Return the sentence for a package whose manifest says something else."""
    return refused(made_avatar.resealed(MEMBERS, **changes))


def without(name: str) -> dict[str, bytes]:
    return {key: data for key, data in MEMBERS.items() if key != name}


def put(name: str, data: bytes) -> dict[str, bytes]:
    return made_avatar.resealed({**MEMBERS, name: data})


@pytest.mark.parametrize("out", ["tiny.avatar", "tiny"])
def test_an_avatar_comes_back_from_a_file_and_from_a_folder(tmp_path: Path, out: str) -> None:
    """All of it; the learnt texture as near as the manifest says."""
    parts, metadata = made_avatar.made_parts(), made_avatar.made_metadata()
    write_package(parts, metadata, out=tmp_path / out)
    package = read_package(tmp_path / out)
    assert same(package.parts.character, parts.character)
    assert package.parts.networks == parts.networks
    assert package.parts.window == parts.window
    assert np.array_equal(package.parts.mix, parts.mix)
    for name in ("features", "deltas"):
        off = np.abs(getattr(package.parts, name) - getattr(parts, name)).max()
        assert 0 < off == package.manifest.tensors[name].rounding
    assert package.manifest.tensors["features"].rounding < 2**-9  # half precision, of numbers up to 4
    assert package.manifest.tensors["deltas"].rounding < np.abs(parts.deltas).max() / 254 * 1.001
    assert np.array_equal(package.preview, metadata.preview)
    assert (package.evaluation, package.recipe) == (metadata.evaluation, metadata.recipe)
    assert package.manifest.evaluation == {"psnr": 31.5}
    assert read_manifest(tmp_path / out) == (package.manifest, package.bytes)


def test_reading_and_packing_again_changes_nothing_more() -> None:
    """What was rounded once is not rounded any further than by the last bit."""
    package = package_of(MEMBERS, path=HERE)
    again = package_of(package_members(package.parts, made_avatar.made_metadata()), path=HERE)
    assert np.array_equal(again.parts.features, package.parts.features)
    assert np.abs(again.parts.deltas - package.parts.deltas).max() < 1e-7
    assert same(again.parts.character, package.parts.character)


def test_there_is_no_such_file(tmp_path: Path) -> None:
    """The next step is to look what there is."""
    with pytest.raises(PackageError) as error:
        read_package(tmp_path / "no.avatar")
    assert str(error.value) == f"{tmp_path}/no.avatar was not found; python run.py avatar list tells which avatars there are"
    with pytest.raises(PackageError, match="was not found"):
        read_package(tmp_path / ("a" * 300 + ".avatar"))


@pytest.mark.parametrize(
    "name", ["manifest.json", "character.npz", "texture.png", "features.npz", "preview.png", "network-S.onnx"]
)
def test_a_missing_part_is_named(name: str) -> None:
    """Whether its manifest knows of it or not."""
    shown = refused(without(name))
    quoted = name if name == "manifest.json" else f"'{name}'"
    assert shown == f"x.avatar must have the part {quoted}, got none; {AGAIN}"


def test_a_part_that_the_manifest_does_not_name_is_refused() -> None:
    """It would be carried on unseen."""
    shown = refused({**MEMBERS, "LICENCE.txt": b"MIT"})
    assert shown == f"x.avatar must have the parts of its manifest only, got LICENCE.txt too; {AGAIN}"


@pytest.mark.parametrize("name", sorted(set(MEMBERS) - {"manifest.json"}))
def test_other_bytes_than_those_of_the_manifest_are_refused(name: str) -> None:
    """By the hash, before anything is made of them."""
    data = bytearray(MEMBERS[name])
    data[len(data) // 2] ^= 1
    shown = refused({**MEMBERS, name: bytes(data)})
    assert shown == f"x.avatar: {name} must have the SHA-256 of the manifest, got other bytes; {AGAIN}"


def test_a_newer_format_says_to_update() -> None:
    """Whatever else such a manifest may say."""
    newer = json.dumps({"format": 2, "wonders": []}).encode()
    assert refused({**MEMBERS, "manifest.json": newer}) == (
        "x.avatar: manifest.json must be of format 1 or older, got format 2; "
        "update Posecast, or get the avatar made for this version"
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"{", "x.avatar: manifest.json must be JSON, got something else (EOF while parsing an object"),
        (b"[" * 100_000, "x.avatar: manifest.json must be JSON, got something else (recursion limit exceeded"),
        (b"[]", "x.avatar: manifest.json must say its format, a number from 1 to 1, got none"),
        (b'{"format": true}', "x.avatar: manifest.json must say its format, a number from 1 to 1, got none"),
        (b'{"format": 1}', "x.avatar: manifest.json: about must be as the format says, got field required"),
        (b'{"format": 1, "about": NaN}', "x.avatar: manifest.json must be JSON, got something else"),
        (b" " * 300_000, "x.avatar: manifest.json must have at most 256,000 bytes, got 300,000"),
        (b"\xff\xfe{}", "x.avatar: manifest.json must be JSON, got something else"),
    ],
)
def test_a_manifest_that_is_none_is_refused(data: bytes, sentence: str) -> None:
    """Too large, too deep, no JSON, or none of ours."""
    assert refused({**MEMBERS, "manifest.json": data}).startswith(sentence)


def test_a_manifest_that_was_changed_by_hand_is_not_believed() -> None:
    """Its seal is over all of it."""
    fields = json.loads(MEMBERS["manifest.json"])
    fields["about"]["author"] = "Somebody else"
    shown = refused({**MEMBERS, "manifest.json": json.dumps(fields).encode()})
    assert shown == f"x.avatar: manifest.json must fit its seal, got one that was changed after it was packed; {AGAIN}"


FIELDS = json.loads(MEMBERS["manifest.json"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"surprise": 1}, ": manifest.json: surprise must be as the format says, got extra inputs are not permitted"),
        ({"bones": FIELDS["bones"][:-1]}, ": manifest.json: bones must be those of character.npz, got others"),
        ({"expressions": ["smile"]}, ": manifest.json: expressions must be the 52 ARKit names, got others"),
        ({"window": [0, 0, 7, 5]}, ": manifest.json: window must be that of features.npz, got another"),
        ({"tensors": {}}, ": manifest.json: tensors.features must be as features.npz has it, got something else"),
        ({"networks": []}, ": manifest.json: networks must be as the format says, got tuple should have at least 1 item"),
        ({"networks": FIELDS["networks"] * 2}, " must have each network once, got one of them twice"),
        ({"framings": {"moon": {"centre_m": 1.0, "extent_m": 1.0}}}, ": framing moon must be bust, upper, full, got another"),
        (
            {"framings": {"bust": {"centre_m": 1.0, "extent_m": 2.0}}},
            ": framing bust must show 1.16 m about 1.25 m, as this version does, got 2.00 m about 1.00 m",
        ),
        (
            {"about": {**FIELDS["about"], "author": "\x1b[2J"}},
            ": manifest.json: about.author must be as the format says, got value error, text must be printable and on one line",
        ),
        (
            {"about": {**FIELDS["about"], "name": "../up"}},
            ": manifest.json: about.name must be as the format says, got string should match pattern",
        ),
        (
            {"about": {**FIELDS["about"], "name": "nul"}},
            ": manifest.json: about.name must be as the format says, got value error, some systems keep this name for a device",
        ),
        (
            {"networks": [{**FIELDS["networks"][0], "file": "network-M.onnx"}]},
            " must have its network S fp32 in network-S.onnx, got 'network-M.onnx'",
        ),
        (
            {"networks": [{**FIELDS["networks"][0], "outputs": {}}]},
            ": network-S.onnx must take and give what the manifest says, got something else",
        ),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(changes: dict[str, Any], sentence: str) -> None:
    """Each thing that it says is held against the parts and against this version."""
    assert told(**changes).startswith("x.avatar" + sentence)


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("texture.png", b"GIF89a", "x.avatar: texture.png must be a PNG, got something else"),
        ("preview.png", MEMBERS["preview.png"][:-20], "x.avatar: preview.png must be a whole PNG, got "),
        ("character.npz", MEMBERS["features.npz"], "x.avatar: character.npz: name must be uint8 of shape (any), got nothing"),
        ("features.npz", MEMBERS["character.npz"], "x.avatar: features.npz: features must be float16 of shape (256, 256, 8), "),
        ("network-S.onnx", b"torch", "x.avatar: network-S.onnx must be an ONNX model of the renderer's network, got "),
        ("recipe.json", b"{", "x.avatar: recipe.json must be JSON, got something else"),
    ],
)
def test_a_part_that_is_something_else_is_refused(name: str, data: bytes, sentence: str) -> None:
    """Though its hash is right: whoever packs it can write any hash."""
    assert refused(put(name, data)).startswith(sentence)


def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    """30 MB of zeros in an archive are refused by what is declared."""
    path = tmp_path / "bomb.avatar"
    path.write_bytes(zip_of({"network-S.onnx": bytes(15_000_000), "network-M.onnx": bytes(15_000_000)}, packed=True))
    tracemalloc.start()
    try:
        with pytest.raises(PackageError, match="must unpack to at most 200 times its size"):
            read_package(path)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
