"""What becomes of a tensor's shape when its format changes (aclTransTensorDescFormat).

Formats are numbers of aclFormat. A number above 255 carries more: groups in bits 8 to 23, and in bits 24 to 27 the
size of the innermost dimension, C0 = 2 ** (n - 1). Without that the vendor's code takes C0 from the element type
where it can (NC1HWC0) and gives up where it cannot (FRACTAL_Z, FRACTAL_NZ); that last point is INFERRED, as the
file with the encoding was not read. Source: hicann/ge base/formats (open code).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from math import lcm
from typing import TYPE_CHECKING, Final

from simulator.core.tensors import BY_NUMBER, DTYPES

if TYPE_CHECKING:
    from simulator.core.tensors import Shape

_NCHW, _NHWC, _ND, _NC1HWC0, _FRACTAL_Z, _HWCN, _FRACTAL_NZ = 0, 1, 2, 3, 4, 16, 29
_CUBE: Final = 16
_FOUR: Final = 4
_MOST: Final = 1 << 40
# The order of the dimensions of formats that differ in nothing else.
_ORDERS: Final = {_NCHW: "NCHW", _NHWC: "NHWC", _HWCN: "HWCN"}


class Misfit(Enum):
    """Why a shape cannot be carried over into another format."""

    FORMAT = "no way is known from the one format to the other"
    SHAPE = "the shape has negative, too many or too few dimensions for the format"
    DATA_TYPE = "the element type has no layout in the format"


def shape_in(source: int, shape: Shape, data_type: int, target: int) -> Shape | Misfit:
    """Return *shape*, which is in the format *source*, in the format *target*."""
    start, end = source & 0xFF, target & 0xFF
    if start in _ORDERS and end in _ORDERS and start != end:
        return _permuted(shape, _ORDERS[start], _ORDERS[end])
    if start in (_NCHW, _NHWC) and end == _NC1HWC0:
        return _five(shape, _ORDERS[start], data_type, _innermost(target))
    if start in (_NCHW, _NHWC, _HWCN) and end == _FRACTAL_Z:
        return _fractal_z(shape, _ORDERS[start], target)
    if start in (_ND, _NCHW, _NHWC) and end == _FRACTAL_NZ:
        return _fractal_nz(shape, data_type, _innermost(target), dimensions=0 if start == _ND else _FOUR)
    return Misfit.FORMAT


def _innermost(layout: int) -> int:
    exponent = layout >> 24 & 0xF
    return 1 << (exponent - 1) if exponent else -1


def _valid(shape: Sequence[int]) -> bool:
    count = 1
    for size in shape:
        if size < 0 or (size and _MOST // size < count):
            return False
        count *= size
    return bool(shape)


def _checked(shape: Shape) -> Shape | Misfit:
    return shape if _valid(shape) else Misfit.SHAPE


def _over(size: int, by: int) -> int:
    """Return how many blocks of *by* hold *size*."""
    return -(-size // by)


def _permuted(shape: Shape, order: str, wanted: str) -> Shape | Misfit:
    if len(shape) != _FOUR or any(size < 0 for size in shape):
        return Misfit.SHAPE
    return tuple(shape[order.index(letter)] for letter in wanted)


def _five(shape: Shape, order: str, data_type: int, c0: int) -> Shape | Misfit:
    if c0 <= 0:
        size = DTYPES[BY_NUMBER[data_type]].size if data_type in BY_NUMBER else 0
        if not size:
            return Misfit.DATA_TYPE
        c0 = 2 * _CUBE if size == 1 else _CUBE
    if len(shape) != _FOUR or not _valid(shape):
        return Misfit.SHAPE
    n, c, h, w = (shape[order.index(letter)] for letter in "NCHW")
    return _checked((n, _over(c, c0), h, w, c0))


def _fractal_z(shape: Shape, order: str, target: int) -> Shape | Misfit:
    if len(shape) != _FOUR or not _valid(shape):
        return Misfit.SHAPE
    n, c, h, w = (shape[order.index(letter)] for letter in "NCHW")
    c0, groups = _innermost(target), target >> 8 & 0xFFFF
    if c0 < 0:
        return Misfit.DATA_TYPE
    if groups > 1 and order != "NHWC":
        return _grouped(n, c, h * w, c0, groups)
    return _checked((h * w * _over(c, c0), _over(n, _CUBE), _CUBE, c0))


def _grouped(n: int, c: int, pixels: int, c0: int, groups: int) -> Shape | Misfit:
    """FRACTAL_Z of a convolution in groups: so many of them share a cube as fill it best."""
    if n // groups == 0 or c == 0:
        return Misfit.SHAPE
    out = n // groups
    together = min(lcm(lcm(c, c0) // c, lcm(out, _CUBE) // out), groups)
    rows = _over(groups, together) * _over(together * c, c0) * pixels
    return _checked((rows, _over(out * together, _CUBE), _CUBE, c0))


def _fractal_nz(shape: Shape, data_type: int, c0: int, *, dimensions: int) -> Shape | Misfit:
    if data_type not in BY_NUMBER:
        return Misfit.DATA_TYPE
    if not _valid(shape) or (dimensions and len(shape) != dimensions) or c0 < 0:
        return Misfit.SHAPE
    if len(shape) == 1:
        return _checked((_over(shape[0], c0), 1, _CUBE, c0))
    return _checked((*shape[:-2], _over(shape[-1], c0), _over(shape[-2], _CUBE), _CUBE, c0))
