"""The file that an engine, or what a runtime learnt about one, is kept in: a key, the bytes, and hashes of both.

Owns the format, and that nothing is given out that is not whole and not what was asked for. An engine is machine code for one
model, library and card: TensorRT may crash on one that is cut short, and silently paint another avatar with one of another
model. Knows nothing of TensorRT; whoever builds engines (`engine_cache`) and whoever runs them read the same file.

The hashes tell damage and mix-ups, not malice: who can write into the user's cache folder can run code already. So engines come
from that folder alone, never from a package.

    8 bytes  b"PCENGIN1"
    4 bytes  length of the header, little endian
   32 bytes  SHA-256 of the header
    n bytes  header: JSON with the key's fields, `payload_bytes` and `payload_sha256`
    m bytes  payload
"""

import contextlib
import hashlib
import json
import os
import struct
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

MAGIC: Final = b"PCENGIN1"
ENGINE: Final = "engine"
TIMING: Final = "timing"
"""What the builder of data-centre TensorRT measured: makes the next build quick."""
RUNTIME: Final = "runtime"
"""What TensorRT for RTX compiled at first use on one card: makes the next start quick."""
KINDS: Final = (ENGINE, TIMING, RUNTIME)

_LENGTH = struct.Struct("<I")
_HASH_BYTES = 32
_LONGEST_HEADER = 1 << 16


class EngineRefused(Exception):
    """The file is missing, damaged, or not what was asked for; `str()` says which. Build the engine anew."""


@dataclass(frozen=True, slots=True)
class EngineKey:
    """Whatever must be the same for an engine to be the right one."""

    model_sha256: str
    """Of the whole ONNX file that it was built from."""
    library: str
    """`tensorrt_rtx` or `tensorrt`."""
    library_version: str
    card: str
    """What it was built for: `SM86`, several joined by `+`, or a card's name and driver for what depends on these."""
    precision: str
    width_px: int
    height_px: int
    system: str
    """The computer that runs it: `Linux x86_64`."""
    kind: str = ENGINE

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"EngineKey.kind must be one of {', '.join(KINDS)}, got {self.kind!r}")

    def file_name(self) -> str:
        """Return a name that differs wherever the key does, and says what it is."""
        told = hashlib.sha256(_canonical(asdict(self))).hexdigest()[:16]
        safe = "".join(c if c.isalnum() else "-" for c in self.card)[:40]
        return f"{self.precision}-{self.width_px}x{self.height_px}-{safe}-{told}.{self.kind}"


def write_engine(path: Path, key: EngineKey, payload: bytes) -> None:
    """Put the file at `path`, which appears whole or not at all."""
    digest = hashlib.sha256(payload).hexdigest()
    header = _canonical({**asdict(key), "payload_bytes": len(payload), "payload_sha256": digest})
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(MAGIC + _LENGTH.pack(len(header)) + hashlib.sha256(header).digest() + header + payload)
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise


def read_engine(path: Path, key: EngineKey) -> bytes:
    """Return the payload of the file at `path`.

    Raises:
        EngineRefused: it is not there, not whole, or not `key`'s.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise EngineRefused("there is none yet") from error
    except OSError as error:
        raise EngineRefused(f"it cannot be read ({error.strerror})") from error
    header, payload = _header(data)
    for name, want in asdict(key).items():
        if header.get(name) != want:
            raise EngineRefused(f"its {name} is {header.get(name)!r}, wanted {want!r}")
    if header.get("payload_bytes") != len(payload) or header.get("payload_sha256") != hashlib.sha256(payload).hexdigest():
        raise EngineRefused("its bytes are damaged")
    return payload


def card_of(path: Path) -> str:
    """Return what the file at `path` says that it was built for; empty if it is no whole file of ours."""
    try:
        header, _ = _header(path.read_bytes())
    except (EngineRefused, OSError, ValueError):
        return ""
    return str(header.get("card", ""))


def _header(data: bytes) -> tuple[dict[str, Any], bytes]:
    start = len(MAGIC) + _LENGTH.size + _HASH_BYTES
    if data[: len(MAGIC)] != MAGIC or len(data) < start:
        raise EngineRefused("it is no engine file of ours")
    (length,) = _LENGTH.unpack_from(data, len(MAGIC))
    raw = data[start : start + length]
    if length > _LONGEST_HEADER or len(raw) != length or hashlib.sha256(raw).digest() != data[start - _HASH_BYTES : start]:
        raise EngineRefused("its header is damaged")
    header: dict[str, Any] = json.loads(raw)
    return header, data[start + length :]


def _canonical(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("utf-8")
