"""LIFX's LAN packets: a header of 36 bytes and a payload, little-endian. Owns their bytes; knows nothing of sockets."""

import struct
from dataclasses import dataclass
from typing import Final

UDP_PORT: Final = 56700
GET_SERVICE: Final = 2
STATE_SERVICE: Final = 3
SET_POWER: Final = 21
ACKNOWLEDGEMENT: Final = 45
GET_LIGHT: Final = 101
SET_COLOR: Final = 102
LIGHT_STATE: Final = 107
SET_LIGHT_POWER: Final = 117
EVERYBODY: Final = bytes(8)
HEADER_BYTES: Final = 36

_PROTOCOL: Final = 1024
_ADDRESSABLE: Final = 1 << 12
_TAGGED: Final = 1 << 13
_HEADER: Final = struct.Struct("<HHI8s6xBB8xH2x")
_COLOR: Final = struct.Struct("<xHHHHI")
_STATE: Final = struct.Struct("<HHHH2xH32s8x")
_MIN_KELVIN: Final = 1500
_MAX_KELVIN: Final = 9000


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet, taken apart."""

    kind: int
    source: int
    sequence: int
    target: bytes
    """8 bytes: the lamp's MAC address and two zeros; zeros for everybody."""
    payload: bytes
    wants_answer: bool = False
    wants_ack: bool = False
    tagged: bool = False

    def encode(self) -> bytes:
        """Return the bytes."""
        flags = _PROTOCOL | _ADDRESSABLE | (_TAGGED if self.tagged else 0)
        wants = self.wants_answer | self.wants_ack << 1
        size = HEADER_BYTES + len(self.payload)
        return _HEADER.pack(size, flags, self.source, self.target, wants, self.sequence, self.kind) + self.payload


def decode(data: bytes) -> Packet | None:
    """Return the packet, or None if it is none."""
    if len(data) < HEADER_BYTES:
        return None
    size, flags, source, target, wants, sequence, kind = _HEADER.unpack_from(data)
    if size != len(data) or flags & 0xFFF != _PROTOCOL:
        return None
    return Packet(kind, source, sequence, target, data[HEADER_BYTES:], bool(wants & 1), bool(wants & 2), bool(flags & _TAGGED))


@dataclass(frozen=True, slots=True)
class Hsbk:
    """A colour as LIFX has it. The numbers are those of the wire."""

    hue: int
    """0..65535 for a full turn."""
    saturation: int
    """0..65535; 0 is white, of the temperature `kelvin`."""
    brightness: int
    """0..65535."""
    kelvin: int


@dataclass(frozen=True, slots=True)
class LightState:
    """What a lamp tells of itself."""

    color: Hsbk
    is_on: bool
    label: str


def color_payload(color: Hsbk, *, fade_ms: int) -> bytes:
    """Return the payload of SetColor."""
    kelvin = min(max(color.kelvin, _MIN_KELVIN), _MAX_KELVIN)
    return _COLOR.pack(color.hue, color.saturation, color.brightness, kelvin, fade_ms)


def power_payload(on: bool) -> bytes:
    """Return the payload of SetPower."""
    return struct.pack("<H", 65535 if on else 0)


def light_power_payload(on: bool, *, fade_ms: int) -> bytes:
    """Return the payload of SetLightPower, which fades."""
    return struct.pack("<HI", 65535 if on else 0, fade_ms)


def read_state(payload: bytes) -> LightState | None:
    """Return what a LightState says, or None if it is too short."""
    if len(payload) < _STATE.size:
        return None
    hue, saturation, brightness, kelvin, power, label = _STATE.unpack_from(payload)
    name = label.partition(b"\0")[0].decode(errors="replace")
    return LightState(Hsbk(hue, saturation, brightness, kelvin), power > 0, name)


def read_service(payload: bytes) -> int | None:
    """Return the port of a StateService for UDP (service 1), or None."""
    if len(payload) < 5:
        return None
    service, port = struct.unpack_from("<BI", payload)
    return int(port) if service == 1 else None
