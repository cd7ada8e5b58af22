"""The arithmetic of reductions (aclrtReduceAsync): kinds and element types by the vendor's numbers.

Whole numbers wrap around, and what makes no whole element at the end stays as it was; both are INFERRED. That a
comparison gives 1 and 0 is UNVERIFIED. numpy is imported when the first reduction runs.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from simulator.core.operations.transfers import Combine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.generic]

# aclrtReduceKind.
SUM: Final = 10
EQUAL: Final = 13
KINDS: Final = {SUM: "sum", 11: "max", 12: "min", EQUAL: "equal"}
_BFLOAT16: Final = 27
_INT4: Final = 29
# aclDataType, as far as reductions have it.
TYPES: Final = {
    0: "float32",
    1: "float16",
    2: "int8",
    3: "int32",
    4: "uint8",
    6: "int16",
    7: "uint16",
    8: "uint32",
    _BFLOAT16: "bfloat16",
    _INT4: "int4",
}
# What must lie on whole elements where the device insists on it (950).
ELEMENT_BYTES: Final = {0: 4, 1: 2, 2: 1, 3: 4, 4: 1, 6: 2, 7: 2, 8: 4, _BFLOAT16: 2, _INT4: 1}


def combine(kind: int, element: int) -> Combine:
    """Return what combines the bytes of two ranges of that element type."""
    return partial(_combine, KINDS[kind], TYPES[element])


def _combine(kind: str, element: str, before: bytes, added: bytes) -> bytes:
    size = len(before) // _SIZES[element] * _SIZES[element]
    left, right = (_elements(data[:size], element) for data in (before, added))
    return _bytes_of(_reduced(kind, left, right), element) + before[size:]


_SIZES: Final = {TYPES[number]: size for number, size in ELEMENT_BYTES.items()}


def _elements(data: bytes, element: str) -> Array:
    """Return the elements in a type that numpy computes with."""
    import numpy as np

    if element == "bfloat16":
        return (np.frombuffer(data, np.uint16).astype(np.uint32) << 16).view(np.float32)
    if element == "int4":
        pairs = np.frombuffer(data, np.uint8)
        nibbles = np.stack((pairs << 4, pairs & 0xF0), axis=1).reshape(-1)  # the low half comes first
        return nibbles.view(np.int8) >> 4
    return np.frombuffer(data, element)


def _reduced(kind: str, left: Array, right: Array) -> Array:
    import numpy as np

    if kind == "equal":
        return np.asarray(left == right).astype(left.dtype)
    work = {"sum": np.add, "max": np.maximum, "min": np.minimum}[kind]
    with np.errstate(all="ignore"):
        return np.asarray(work(left, right))


def _bytes_of(result: Array, element: str) -> bytes:
    import numpy as np

    if element == "bfloat16":
        bits = result.astype(np.float32).view(np.uint32).astype(np.uint64)
        rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16  # to the nearest, ties to even
        kept = np.where(np.isnan(result.astype(np.float32)), (bits >> 16) | 0x40, rounded)
        return kept.astype(np.uint16).tobytes()
    if element == "int4":
        halves = result.view(np.uint8).reshape(-1, 2) & 0x0F
        return (halves[:, 0] | (halves[:, 1] << 4)).astype(np.uint8).tobytes()
    return result.tobytes()
