"""Tests of arrays in a file: plain numbers come back, code and surprises never do."""

import io
import pickle
from typing import Any

import numpy as np
import pytest

from avatar.package.arrays import arrays_from_bytes, arrays_to_bytes
from avatar.package.container import zip_of
from avatar.package.errors import PackageError


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def npy(header: bytes, body: bytes = b"") -> bytes:
    """Return an archive of one array, its header written by hand."""
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body
    return zip_of({"a.npy": data}, packed=True)


@pytest.mark.parametrize("kind", ["u1", "i1", "i4", "f2", "f4", "f8"])
@pytest.mark.parametrize("shape", [(0,), (3,), (2, 3), (1, 2, 3, 4)])
def test_plain_numbers_come_back(kind: str, shape: tuple[int, ...]) -> None:
    """Also for numpy, whose layout it is."""
    array = np.arange(np.prod(shape)).reshape(shape).astype(kind)
    data = arrays_to_bytes({"a": array})
    assert np.array_equal(arrays_from_bytes(data, place="x").take("a", array.dtype.type, shape), array)
    with np.load(io.BytesIO(data), allow_pickle=False) as theirs:
        assert np.array_equal(theirs["a"], array)


class Bomb:
    """What a pickle can do."""

    def __reduce__(self) -> Any:
        return (pytest.fail, ("a pickle was loaded",))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (npz(a=np.array([Bomb()], dtype=object)), "x: a.npy must be a plain array of uint8, int8, int32, float16, float32"),
        (zip_of({"a.pkl": pickle.dumps(Bomb())}, packed=True), "x must hold an avatar's parts only, got 'a.pkl'"),
        (npz(a=np.array(["text"])), "x: a.npy must be a plain array"),
        (npz(a=np.zeros(2, dtype=[("b", "f4")])), "x: a.npy must be a plain array"),
        (npz(a=np.asfortranarray(np.zeros((2, 3), "f4"))), "x: a.npy must be a plain array"),
        (npz(a=np.zeros(2, ">f4")), "x: a.npy must be a plain array"),
        (zip_of({"a.npy": b"nothing"}, packed=True), "x: a.npy must be a plain array"),
        (npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (__import__('os'),), }\n"), "x: a.npy must be a plain array"),
        (
            npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999), }\n"),
            "x: a.npy must hold the numbers of its shape (99999999999, 99999999999), got 0 bytes",
        ),
        (
            npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n", bytes(8)),
            "x: a.npy must hold the numbers of its shape (3,), got 8 bytes",
        ),
        (
            npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1), }\n", bytes(4)),
            "x: a.npy must hold the numbers of its shape (1, 1, 1, 1, 1), got 4 bytes",
        ),
    ],
)
def test_anything_but_plain_arrays_is_refused(data: bytes, sentence: str) -> None:
    """No code is run, no header is evaluated, nothing is allocated that is not there."""
    with pytest.raises(PackageError) as told:
        arrays_from_bytes(data, place="x")
    assert str(told.value).startswith(sentence)


def test_an_array_is_taken_once_as_what_it_must_be() -> None:
    """Kind, shape and range are checked together, and what nobody asked for is told."""
    data = arrays_to_bytes({"a": np.array([[1, 2]], np.float32), "b": np.zeros(1, np.int32)})
    arrays = arrays_from_bytes(data, place="x")
    assert arrays.take("a", np.float32, (None, 2), low=0, high=2).shape == (1, 2)
    with pytest.raises(PackageError, match="x: a must be float32 of shape \\(any, 2\\), got nothing"):
        arrays.take("a", np.float32, (None, 2))
    with pytest.raises(PackageError, match="x must hold the known arrays only, got b too"):
        arrays.end()
