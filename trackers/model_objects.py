"""A `.tflite` model as the objects of its schema, which can be changed: from a file's bytes, and back to bytes.

Owns the packing. Knows nothing of what is changed between.
"""

from typing import Any, Final

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

_IDENTIFIER: Final = b"TFL3"
_ALIGNMENT: Final = 16


def unpacked(content: bytes) -> Any:
    """Return the schema's `ModelT` of a model's bytes."""
    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))


def packed(model: Any, *, about_bytes: int) -> bytes:
    """Return a `ModelT` as a file's bytes.

    Args:
        about_bytes: how many there will be, roughly: what is set aside for them at first.
    """
    builder = _Builder(about_bytes)
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


class _Builder(flatbuffers.Builder):  # type: ignore[misc]  # a library without types
    """Aligns what is in a buffer as the format's schema asks."""

    def StartVector(self, elemSize: int, numElems: int, alignment: int) -> int:
        return int(super().StartVector(elemSize, numElems, _ALIGNMENT if elemSize == 1 else alignment))
