"""Rows: acl.blas, products of matrices, which are all runs of the operator "GEMM" with five inputs.

`register_operator("GEMM")` takes a numpy function of ours for it. Source: the graph engine's gemm_ops.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from acl_api import codes
from acl_api.table.checks import live_stream, not_null, stream_here
from acl_api.table.declared import declared
from acl_api.table.operator import queue, registered
from acl_api.table.properties import row_of
from acl_api.table.row import Check, Kind, Row
from simulator.core.operations.models import DataBuffer
from simulator.core.operations.operators import OperatorHandle
from simulator.core.tensors import BY_NUMBER, DTYPES, TensorDesc

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

_SOURCE: Final = "pyACL blas; graph engine (open code)"
_BAD = codes.ACL_ERROR_INVALID_PARAM
_NORMAL, _TRANSPOSED, _FRACTAL = 0, 1, 2
_ND, _FRACTAL_NZ, _FRACTAL_Z = 2, 29, 4
_BLOCK, _BLOCK_INT8 = 16, 32
_SCALAR_BYTES: Final = 4
_FLOAT16, _INT8, _INT32 = (DTYPES[name].number for name in ("float16", "int8", "int32"))
# aclDataType of A, B and C where the function's name says it.
_TYPES: Final = {"h": (_FLOAT16, _FLOAT16, _FLOAT16), "s8": (_INT8, _INT8, _INT32)}


class _Product(NamedTuple):
    """C = alpha * A * B + beta * C, with A of m times k and B of k times n."""

    trans_a: int
    trans_b: int
    trans_c: int
    m: int
    n: int
    k: int
    types: tuple[int, int, int]

    @property
    def attrs(self) -> dict[str, object]:
        """What the operator is told."""
        return {
            "transpose_a": self.trans_a == _TRANSPOSED,
            "transpose_b": self.trans_b == _TRANSPOSED,
        }

    @property
    def descs(self) -> tuple[TensorDesc, TensorDesc, TensorDesc]:
        """The tensors A, B and C."""
        type_a, type_b, type_c = self.types
        wide = _BLOCK_INT8 if type_a == _INT8 else _BLOCK
        deep = _BLOCK_INT8 if type_b == _INT8 else _BLOCK
        across, down, inside = (_blocks(size, _BLOCK) for size in (self.n, self.m, self.k))
        a = TensorDesc(type_a, (self.m, self.k), _ND)
        b = TensorDesc(type_b, (self.k, self.n), _ND)
        c = TensorDesc(type_c, (self.m, self.n), _ND)
        if self.trans_a == _TRANSPOSED:
            a.shape = (self.k, self.m)
        elif self.trans_a == _FRACTAL:
            a.format, a.shape = _FRACTAL_NZ, (_blocks(self.k, wide), down, _BLOCK, wide)
        if self.trans_b == _TRANSPOSED:
            b.shape = (self.n, self.k)
        elif self.trans_b == _FRACTAL and type_b == _INT8:
            b.format, b.shape = _FRACTAL_Z, (_blocks(self.k, deep), across, _BLOCK, deep)
        elif self.trans_b == _FRACTAL:
            b.format, b.shape = _FRACTAL_NZ, (across, inside, _BLOCK, _BLOCK)
        if self.trans_c == _FRACTAL:
            c.format, c.shape = _FRACTAL_NZ, (across, down, _BLOCK, _BLOCK)
        return a, b, c


def _blocks(size: int, block: int) -> int:
    return -(-size // block)


def _product(name: str, values: dict[str, int]) -> _Product:
    """Return what a call is about; a matrix times a vector is one times a matrix of one column."""
    prefix = "s8" if name.startswith("s8") else "h" if name.startswith("h") else ""
    if "gemv" in name:
        shape = (values["trans_a"], _NORMAL, _NORMAL, values["m"], 1, values["n"])
        letters = ("a", "x", "y")
    else:
        shape = tuple(values[key] for key in ("trans_a", "trans_b", "trans_c", "m", "n", "k"))  # type: ignore[assignment]
        letters = ("a", "b", "c")
    types = _TYPES.get(prefix) or tuple(values[f"data_type_{letter}"] for letter in letters)
    return _Product(*shape, cast("tuple[int, int, int]", types))


def _checks(names: list[str]) -> tuple[Check, ...]:
    """Return the checks in the vendor's order: pointers, sizes, layouts, strides, precision, the operator."""
    sizes = [key for key in ("m", "n", "k") if key in names]
    layouts = [key for key in ("trans_a", "trans_b") if key in names]
    strides = [key for key in ("lda", "ldb", "ldc", "incx", "incy") if key in names]
    pointers = [
        key for key in ("alpha", "beta", "matrix_a", "a", "matrix_b", "x", "matrix_c", "y") if key in names
    ]
    checks = [not_null(key) for key in pointers]
    checks += [_refuse(key, f"{key} is not above 0", lambda value: value <= 0) for key in sizes]
    checks += [
        _refuse(key, f"{key} is none of 0, 1 and 2", lambda value: not _NORMAL <= value <= _FRACTAL)
        for key in layouts
    ]
    if "trans_c" in names:
        checks.append(
            _refuse("trans_c", "trans_c is neither 0 nor 2", lambda value: value not in (_NORMAL, _FRACTAL))
        )
    checks += [_refuse(key, f"{key} is not -1", lambda value: value != -1) for key in strides]
    checks.append(_refuse("type", "type is not 0, high precision", lambda value: value != 0))
    return (*checks, registered("GEMM"))


def _refuse(name: str, says: str, wrong: Callable[[int], bool]) -> Check:
    def test(_me: Caller, value: object) -> bool:
        return wrong(cast("int", value))

    return Check("0.2", _BAD, says, (name,), test)


def _scalar(product: _Product) -> TensorDesc:
    return TensorDesc(product.types[2], (), _ND)


def _run_row(name: str) -> Row:
    entry = declared()[f"acl.blas.{name}"]
    names = entry.parameters.split()

    def run(rt: Runtime, me: Caller, *values: object) -> object:
        *numbers, stream = values
        given = dict(zip(names, cast("list[int]", numbers), strict=False))
        product = _product(name, given)
        unknown = [number for number in product.types if number not in BY_NUMBER]
        if unknown:
            rt.operator_said = f"a matrix has the type {unknown[0]}, which numpy has no elements for"
            return codes.ACL_ERROR_UNSUPPORTED_DATA_TYPE
        descs, scalar = product.descs, _scalar(product)
        addresses = [given[left if left in given else right] for left, right in _MATRICES]
        matrices = [DataBuffer(address, desc.size) for address, desc in zip(addresses, descs, strict=True)]
        scalars = [DataBuffer(given[key], _SCALAR_BYTES) for key in ("alpha", "beta")]
        inputs = ((*descs, scalar, scalar), (*matrices, *scalars))
        return queue(
            rt,
            me,
            "GEMM",
            product.attrs,
            (inputs[0], descs[2:]),
            (inputs[1], matrices[2:]),
            cast("Stream", stream),
        )

    return row_of(
        entry,
        run,
        checks=(*_checks(names), live_stream(), *stream_here("g12", "e1")),
        kind=Kind.ENQUEUE,
        errors=(codes.ACL_ERROR_GE_FAILURE, codes.ACL_ERROR_UNSUPPORTED_DATA_TYPE),
        says=f'Queue a product of {"a matrix and a vector" if "gemv" in name else "matrices"}: the operator "GEMM".',
        source=_SOURCE,
    )


def _handle_row(name: str) -> Row:
    entry = declared()[f"acl.blas.create_handle_for_{name}"]
    names = entry.parameters.split()

    def run(rt: Runtime, _me: Caller, *values: int) -> tuple[int]:
        product = _product(name, dict(zip(names, values, strict=True)))
        descs, scalar = product.descs, _scalar(product)
        return (rt.handles.add(OperatorHandle("GEMM", product.attrs, (*descs, scalar, scalar), descs[2:])),)

    return row_of(entry, run, checks=_checks(names), says=f"Prepare {name} for many runs.", source=_SOURCE)


_MATRICES: Final = (("matrix_a", "a"), ("matrix_b", "x"), ("matrix_c", "y"))
_FUNCTIONS: Final = ("gemv_ex", "hgemv", "s8gemv", "gemm_ex", "hgemm", "s8gemm")

ROWS = (*(_run_row(name) for name in _FUNCTIONS), *(_handle_row(name) for name in _FUNCTIONS))
