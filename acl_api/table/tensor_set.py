"""Rows: what a program says of a tensor after it has described it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from acl_api import codes
from acl_api.conversions import readable
from acl_api.lists import list_of_ints, list_of_pairs
from acl_api.table.checks import not_null
from acl_api.table.row import Check, Param, Ref, Row
from acl_api.table.tensor import DESC, DESCRIBED, SOURCE
from acl_api.table.texts import LOUD
from simulator.base.errors import Fault
from simulator.core.accesses import note_host_use

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.tensors import TensorDesc

_DIMS = Param("dims", "O", Ref.ANY, reads=list_of_ints(2), annotation="list[int]")
# The three that set a format let a null description pass: they do nothing then.
_DESCRIBED_OR_NULL = (replace(not_null("desc"), code=0), DESCRIBED[1])


def _ranges(text: str) -> Param:
    return Param("ranges", "O", Ref.ANY, reads=list_of_pairs(text), annotation="list[list[int]]")


def _const(rt: Runtime, _me: Caller, desc: TensorDesc, data: int, size: int) -> Fault | None:
    """Keep a copy of the bytes, which lie in memory of the host."""
    note_host_use(rt, "set_tensor_const", data, size)
    held = rt.memory.read(data, size) if readable(rt, "set_tensor_const", data, size) else None
    if held is None:  # on hardware the process crashes
        return Fault.INVALID_ARGUMENT
    desc.const = held
    return None


def _setter(
    name: str,
    c_name: str,
    param: Param,
    field: str,
    says: str,
    checks: tuple[Check, ...] = DESCRIBED,
    misfit: str = LOUD,
) -> Row:
    def run(_rt: Runtime, _me: Caller, desc: TensorDesc, value: object) -> None:
        setattr(desc, field, value)

    return Row(
        f"acl.set_tensor_{name}",
        f"aclSetTensor{c_name}",
        run,
        params=(DESC, param),
        checks=checks,
        misfit=misfit,
        says=says,
        source=SOURCE,
    )


def _format(name: str, c_name: str, field: str, says: str) -> Row:
    return _setter(name, c_name, Param("format", "i"), field, says, _DESCRIBED_OR_NULL)


_LENGTH: Callable[[str], Check] = lambda name: Check(  # noqa: E731 - one use
    "0.2", codes.ACL_ERROR_INVALID_PARAM, f"{name} is 0", (name,), lambda _me, value: value == 0
)

ROWS = (
    _format(
        "storage_format", "StorageFormat", "storage_format", "The format in which a tensor lies in memory."
    ),
    _format("format", "Format", "storage_format", "The same: the vendor's code sets the format in memory."),
    _format("origin_format", "OriginFormat", "format", "The format that get_tensor_desc_format answers."),
    _setter(
        "storage_shape", "StorageShape", _DIMS, "storage_shape", "The shape in which a tensor lies in memory."
    ),
    _setter(
        "shape", "Shape", _DIMS, "storage_shape", "The same: the vendor's code sets the shape in memory."
    ),
    _setter(
        "origin_shape", "OriginShape", _DIMS, "shape", "The shape that the getters of a description answer."
    ),
    _setter(
        "dynamic_input",
        "DynamicInput",
        Param("name", "s"),
        "dynamic_input",
        "The name of the operator's input that takes any number of tensors, of which this is one.",
    ),
    _setter(
        "shape_range",
        "ShapeRange",
        _ranges("argument 2 is not list"),
        "ranges",
        "The bounds of the dimensions of an open shape, two for each.",
    ),
    _setter(
        "value_range",
        "ValueRange",
        _ranges("int64_t argument is not list"),
        "values",
        "The bounds of values that an operator makes a shape of.",
    ),
    Row(
        "acl.set_tensor_const",
        "aclSetTensorConst",
        _const,
        params=(DESC, Param("data", "k", Ref.MEMORY), Param("size", "k")),
        checks=(*DESCRIBED, not_null("data"), _LENGTH("size")),
        errors=(codes.ACL_ERROR_INVALID_PARAM,),
        says="Make a tensor a constant; its bytes are copied from the host's memory.",
        source=SOURCE,
    ),
    _setter(
        "place_ment",
        "PlaceMent",
        Param("mem_type", "i"),
        "placement",
        "Whether a tensor lies on the device (0), on the host (1), or there and apart from the compilation (2).",
        misfit="",
    ),
)
