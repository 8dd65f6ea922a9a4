"""The wire format of protobuf, as far as it takes to look into a file without running anybody's parser over it.

Owns numbers, fields and their ends, each within bounds. Knows nothing of messages: whoever reads one knows its fields' numbers.
"""

from collections.abc import Iterator
from typing import Final

_MOST_FIELDS: Final = 50_000


class Malformed(Exception):
    """What the bytes are instead of what they should be, in words."""


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise Malformed("a file that ends too early")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise Malformed("something else")


def fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield the fields of one protobuf message: number, and a number or the bytes within."""
    at = count = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        count += 1
        if number == 0 or count > _MOST_FIELDS:
            raise Malformed("something else")
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == 2:
            size, at = _varint(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise Malformed("something else")
        if at + size > len(data):
            raise Malformed("a file that ends too early")
        yield number, data[at : at + size]
        at += size


def inside(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise Malformed("something else")
    return value


def integers(value: int | memoryview) -> Iterator[int]:
    """Yield one number, or many that are packed; negative ones as they lie there, near 2 to the 64th."""
    if isinstance(value, int):
        yield value
        return
    at = 0
    while at < len(value):
        one, at = _varint(value, at)
        yield one
