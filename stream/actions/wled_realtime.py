"""WLED's UDP realtime packets. Owns their bytes; knows nothing of sockets.

DRGB carries a strip from its first lamp on, 490 lamps at most; DNRGB any part of a longer one. The second byte says after how
many seconds without packets the device goes back to what it showed before.
"""

import struct
from collections.abc import Iterator
from typing import Final

Rgb = tuple[int, int, int]

UDP_PORT: Final = 21324
RETURN_S: Final = 2
"""The device returns by itself so long after the last packet."""
_DRGB: Final = 2
_DNRGB: Final = 4
_DRGB_LAMPS: Final = 490
_DNRGB_LAMPS: Final = 489


def drgb(lamps: list[Rgb], *, return_s: int = RETURN_S) -> bytes:
    """Return one packet for up to 490 lamps from the first on."""
    return bytes((_DRGB, return_s)) + _flat(lamps)


def dnrgb(first: int, lamps: list[Rgb], *, return_s: int = RETURN_S) -> bytes:
    """Return one packet for up to 489 lamps from number `first` (0-based) on."""
    return struct.pack(">BBH", _DNRGB, return_s, first) + _flat(lamps)


def packets(lamps: list[Rgb], *, return_s: int = RETURN_S) -> Iterator[bytes]:
    """Yield the packets for a whole strip."""
    if len(lamps) <= _DRGB_LAMPS:
        yield drgb(lamps, return_s=return_s)
        return
    for first in range(0, len(lamps), _DNRGB_LAMPS):
        yield dnrgb(first, lamps[first : first + _DNRGB_LAMPS], return_s=return_s)


def _flat(lamps: list[Rgb]) -> bytes:
    return bytes(channel for lamp in lamps for channel in lamp)
