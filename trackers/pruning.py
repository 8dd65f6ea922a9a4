"""Cuts out of a `.tflite` model what only feeds outputs that nobody reads.

The pose models spend a third of their time on a matte of the person; without it they give the same keypoints. Owns the edit of
the file's bytes, done in place, so that every weight stays aligned where it was. Knows nothing of what outputs mean.
"""

import struct
from collections.abc import Sequence
from typing import Any, Final

from ai_edge_litert import schema_py_generated as schema

_OUTPUTS_FIELD: Final = 8
_OPERATORS_FIELD: Final = 10
"""Places of a subgraph's vectors in its table, from the TensorFlow Lite schema."""


def with_outputs(content: bytes, outputs: Sequence[int]) -> bytes:
    """Return the model with only the numbered outputs, in that order, and only the operators that they need.

    The model file itself is not touched, so its hash goes on telling what it is.
    """
    edited = bytearray(content)
    graph = schema.Model.GetRootAsModel(edited, 0).Subgraphs(0)
    wanted = [int(graph.Outputs(number)) for number in outputs]
    targets = [graph.Operators(number)._tab.Pos for number in _needed_operators(graph, wanted)]
    at = _vector_start(graph, _OPERATORS_FIELD)
    for number, target in enumerate(targets):
        entry = at + 4 * number
        struct.pack_into("<I", edited, entry, target - entry)  # a table is told by its distance from the entry
    struct.pack_into("<I", edited, at - 4, len(targets))
    at = _vector_start(graph, _OUTPUTS_FIELD)
    struct.pack_into(f"<{len(wanted)}i", edited, at, *wanted)
    struct.pack_into("<I", edited, at - 4, len(wanted))
    return bytes(edited)


def _needed_operators(graph: Any, tensors: Sequence[int]) -> list[int]:
    """Return the numbers of the operators on which the tensors rest, in running order."""
    needed = set(tensors)
    kept = []
    for number in reversed(range(graph.OperatorsLength())):
        operator = graph.Operators(number)
        if needed.intersection(operator.OutputsAsNumpy().tolist()):
            needed.update(operator.InputsAsNumpy().tolist())
            kept.append(number)
    return kept[::-1]


def _vector_start(graph: Any, field: int) -> int:
    """Return where in the file the first entry of a subgraph's vector lies; its length lies 4 bytes before."""
    return int(graph._tab.Vector(graph._tab.Offset(field)))
