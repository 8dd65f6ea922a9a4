"""The words and numbers of a package: `Manifest`, format 1.

Owns what `manifest.json` may say and checks it alone; whether the parts are what it says is the reader's business. Every text
is printable and short, so that it can be shown as it is.
"""

import hashlib
import json
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import from_json

from avatar.package.errors import UPDATE, PackageError, fault
from trackers.whole_files import is_file_name

FORMAT: Final = 1
MOST_MANIFEST_BYTES: Final = 256_000
NAME_PATTERN: Final = "[a-z][a-z0-9_-]{0,31}"


def _nameable(name: str) -> str:
    if not is_file_name(name):
        raise ValueError("some systems keep this name for a device")
    return name


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("text must be printable and on one line")
    return text


Name = Annotated[str, StringConstraints(pattern=f"^{NAME_PATTERN}$"), AfterValidator(_nameable)]
Line = Annotated[str, StringConstraints(max_length=120), AfterValidator(_printable)]
Words = Annotated[str, StringConstraints(max_length=1000), AfterValidator(_printable)]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
Number = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=1 << 20)]
Size = Annotated[str, StringConstraints(pattern="^[SML]$")]
Shape = Annotated[
    tuple[Count | Annotated[str, StringConstraints(pattern="^[A-Za-z][A-Za-z0-9_]{0,23}$")], ...], Field(max_length=4)
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class About(_Part):
    """Who made an avatar, and what it is called."""

    name: Name
    """What commands call it: small letters, digits, - and _."""
    title: Line
    """What people call it."""
    author: Line
    licence: Line
    description: Words = ""


class View(_Part):
    """What a framing shows."""

    centre_m: Number
    """Height of the picture's middle, avatar space."""
    extent_m: Annotated[float, Field(gt=0, le=20)]
    """What the shorter side holds."""


class Tensor(_Part):
    """One array that flows into or out of a network, or lies in a part."""

    dtype: Literal["float32", "float16", "int8", "uint8"]
    shape: Shape
    """A letter stands for any size."""
    low: Number
    high: Number
    rounding: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """How far a stored number is from the trained one at most."""


class Network(_Part):
    """One model of the network."""

    size: Size
    precision: Literal["fp32", "fp16", "int8"]
    file: Annotated[str, StringConstraints(pattern=r"^network-[SML](-fp16|-int8)?\.onnx$")]
    inputs: Annotated[dict[Name, Tensor], Field(max_length=8)]
    outputs: Annotated[dict[Name, Tensor], Field(max_length=8)]


class PartFile(_Part):
    """One file of the package."""

    sha256: Sha256
    bytes: Annotated[int, Field(ge=1, le=1 << 30)]


class Manifest(_Part):
    """Everything that a package says of itself."""

    format: Literal[1]
    about: About
    made_with: Annotated[dict[Line, Line], Field(max_length=16)]
    """Programs and their versions."""
    bones: Annotated[tuple[Line, ...], Field(max_length=1024)]
    expressions: Annotated[tuple[Line, ...], Field(max_length=256)]
    framings: Annotated[dict[Name, View], Field(min_length=1, max_length=8)]
    picture_sizes_px: Annotated[tuple[tuple[Count, Count], ...], Field(min_length=1, max_length=16)]
    """Width and height for which the networks were trained and measured."""
    tensors: Annotated[dict[Name, Tensor], Field(max_length=16)]
    window: Annotated[tuple[int, ...], Field(min_length=4, max_length=4)]
    """Left, top, width and height of the face's rectangle in the learnt texture, texels."""
    networks: Annotated[tuple[Network, ...], Field(min_length=1, max_length=9)]
    parts: Annotated[dict[Annotated[str, StringConstraints(max_length=60)], PartFile], Field(max_length=32)]
    evaluation: Annotated[dict[Line, Number], Field(max_length=32)]
    """Figures of the protocol, of the built-in precision; empty if it was not evaluated. `evaluation.json` has all."""
    seal: Sha256
    """SHA-256 of everything above, so that a damaged manifest is not believed."""


def seal_of(fields: dict[str, Any]) -> str:
    """Return the seal of a manifest's fields (`seal` itself is left out)."""
    told = {key: value for key, value in fields.items() if key != "seal"}
    return hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode("utf-8")).hexdigest()


def manifest_to_bytes(fields: dict[str, Any]) -> bytes:
    """Return `manifest.json` of a manifest's fields, sealed.

    Raises:
        PackageError: they are not a manifest's.
    """
    whole = _checked(fields | {"format": FORMAT, "seal": "0" * 64}, place="manifest.json").model_dump(mode="json")
    whole["seal"] = seal_of(whole)
    return (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def manifest_from_bytes(data: bytes, *, place: str) -> Manifest:
    """Return the manifest.

    Raises:
        PackageError: it is damaged, says what no manifest may say, or is of a newer format.
    """
    if len(data) > MOST_MANIFEST_BYTES:
        raise fault(place, f"have at most {MOST_MANIFEST_BYTES:,} bytes", f"{len(data):,}")
    fields = json_of(data, place=place)
    number = fields.get("format") if isinstance(fields, dict) else None
    if type(number) is not int or number < 1:
        raise fault(place, f"say its format, a number from 1 to {FORMAT}", "none")
    if number > FORMAT:
        raise fault(place, f"be of format {FORMAT} or older", f"format {number}", then=UPDATE)
    manifest = _checked(fields, place=place)
    if seal_of(manifest.model_dump(mode="json")) != manifest.seal:
        raise fault(place, "fit its seal", "one that was changed after it was packed")
    return manifest


def json_of(data: bytes, *, place: str) -> Any:
    """Return what a JSON file says; one that is too deep for the parser is refused like a damaged one.

    Raises:
        PackageError: it is no JSON, or holds numbers that are not finite.
    """
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise fault(place, "be JSON", f"something else ({ascii(str(error)[:80])[1:-1]})") from error


def _checked(fields: Any, *, place: str) -> Manifest:
    try:
        return Manifest.model_validate_json(json.dumps(fields))  # strict about kinds, but JSON has no tuples
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(ascii(str(key))[1:-1][:40] for key in first["loc"])
        raise fault(f"{place}: {where or 'all of it'}", "be as the format says", first["msg"].lower()) from error


__all__ = ["FORMAT", "About", "Manifest", "Network", "PackageError", "PartFile", "Tensor", "View"]
