"""A LIFX lamp for the tests, after wire-formats.md 11.3, read with its own eyes: it unpacks the bytes by their offsets."""

import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from far_ends_udp import Address, Port, udp_port

GET_SERVICE, SET_POWER, ACK, GET, SET_COLOR, STATE, SET_LIGHT_POWER = 2, 21, 45, 101, 102, 107, 117


@dataclass
class LifxLamp:
    """Keeps a colour and whether it is on; loses packets when told to."""

    mac: bytes = bytes.fromhex("d073d5010203")
    label: str = "Desk"
    color: tuple[int, int, int, int] = (1000, 2000, 30000, 3500)
    power: int = 0
    lose: int = 0
    """So many packets (but searches) are not heard."""
    lose_answers: int = 0
    """So many are heard and done, and the answer is lost."""
    losing: int = 0
    """Only packets of this kind, and answers to them, are lost; 0: of any."""
    deaf: bool = False
    sequences: list[int] = field(default_factory=list)
    changes: list[tuple[object, ...]] = field(default_factory=list)
    """What was done: ("color", hue, saturation, brightness, kelvin, fade ms), ("power", level, fade ms)."""
    asked_for_ack: list[bool] = field(default_factory=list)
    port: int = 0

    def hear(self, data: bytes, address: Address) -> list[bytes]:
        size, flags, source = struct.unpack_from("<HHI", data)
        target, wants, sequence = data[8:16], data[22], data[23]
        (kind,) = struct.unpack_from("<H", data, 32)
        assert size == len(data)
        assert flags & 0x0FFF == 1024
        assert flags & 0x1000
        assert source > 1
        assert data[16:22] == bytes(6)
        assert data[24:32] == bytes(8)
        assert bool(flags & 0x2000) == (target == bytes(8))
        if self.deaf or target not in (bytes(8), self.mac + b"\0\0"):
            return []
        if kind == GET_SERVICE:
            return [self._answer(3, struct.pack("<BI", 1, self.port) + b"", source, sequence)] * 2  # lamps answer twice
        is_losing = self.losing in (0, kind)
        if is_losing and self.lose > 0:
            self.lose -= 1
            return []
        self.sequences.append(sequence)
        self._do(kind, data[36:], wants)
        answers = [self._answer(ACK, b"", source, sequence)] if wants & 2 else []
        if kind == GET:
            answers.append(self._answer(STATE, self._state(), source, sequence))
        if is_losing and answers and self.lose_answers > 0:
            self.lose_answers -= 1
            return []
        return answers

    def _do(self, kind: int, payload: bytes, wants: int) -> None:
        if kind in (SET_COLOR, SET_POWER, SET_LIGHT_POWER):
            self.asked_for_ack.append(bool(wants & 2))
        if kind == SET_COLOR:
            assert len(payload) == 13
            hue, saturation, brightness, kelvin, fade_ms = struct.unpack("<xHHHHI", payload)
            assert 1500 <= kelvin <= 9000
            self.color = hue, saturation, brightness, kelvin
            self.changes.append(("color", *self.color, fade_ms))
        elif kind == SET_POWER:
            (self.power,) = struct.unpack("<H", payload)
            self.changes.append(("power", self.power, 0))
        elif kind == SET_LIGHT_POWER:
            self.power, fade_ms = struct.unpack("<HI", payload)
            self.changes.append(("power", self.power, fade_ms))

    def _state(self) -> bytes:
        return struct.pack("<HHHHhH32sQ", *self.color, 0, self.power, self.label.encode(), 0)

    def _answer(self, kind: int, payload: bytes, source: int, sequence: int) -> bytes:
        head = struct.pack("<HHI", 36 + len(payload), 1024 | 0x1000, source) + self.mac + bytes(2) + bytes(6)
        return head + bytes((0, sequence)) + bytes(8) + struct.pack("<HH", kind, 0) + payload


@asynccontextmanager
async def lifx_lamps(*lamps: LifxLamp) -> AsyncIterator[Port]:
    """Let lamps listen at one address of 127.0.0.1, as a broadcast would reach them all."""

    def hear(data: bytes, address: Address) -> list[bytes]:
        return [answer for lamp in lamps for answer in lamp.hear(data, address)]

    async with udp_port(hear) as port:
        for lamp in lamps:
            lamp.port = port.address[1]
        yield port
