"""Rows: descriptions of tensors (aclTensorDesc), which give open shapes their sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.lists import list_of_ints
from acl_api.table.checks import alive, of_kind
from acl_api.table.row import Check, Param, Ref, Row
from acl_api.table.texts import LOUD
from simulator.base.errors import Fault
from simulator.core.layouts import Misfit, shape_in
from simulator.core.tensors import BY_NUMBER, DTYPES, TensorDesc

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.tensors import Shape

SOURCE = "pyACL py_init_acl.cpp; graph engine (open code)"
DESC = Param("desc", "k", Ref.TENSOR)
DESCRIBED = of_kind("desc", TensorDesc)
_INDEX = Param("index", "k")
# What the binding itself refuses, before it calls anything.
_MOST_RANGES = 4096
_MISFITS = {
    Misfit.FORMAT: codes.ACL_ERROR_GE_FORMAT_INVALID,
    Misfit.SHAPE: codes.ACL_ERROR_GE_SHAPE_INVALID,
    Misfit.DATA_TYPE: codes.ACL_ERROR_GE_DATATYPE_INVALID,
}


def _create(rt: Runtime, _me: Caller, data_type: int, dims: Shape, layout: int) -> tuple[int]:
    return (rt.handles.add(TensorDesc(data_type, dims, layout)),)


def _range(_rt: Runtime, _me: Caller, desc: TensorDesc, index: int, count: int) -> tuple[list[int]] | Fault:
    """Return both bounds of a dimension, and zeros behind them: as many numbers as the program has asked for."""
    if index >= len(desc.ranges) or count < len(desc.ranges[index]):
        return Fault.INVALID_ARGUMENT
    bounds = desc.ranges[index]
    return ([*bounds, *[0] * (count - len(bounds))],)


def _neighbour(rt: Runtime, _me: Caller, handle: int, index: int) -> tuple[int]:
    """Return a description that was made together with the first one; one made alone has itself only."""
    desc = rt.handles.live.get(handle)
    handles = desc.siblings or (handle,) if isinstance(desc, TensorDesc) else ()
    if index < len(handles):
        return (handles[index],)
    if isinstance(desc, TensorDesc):  # the vendor's code then hands out whatever lies behind them
        rt.note("bad-address", f"there is no description number {index} behind {desc!r}", "0.2")
    return (0,)


def _transformed(rt: Runtime, _me: Caller, desc: TensorDesc, layout: int) -> tuple[int] | int:
    """Make a description of the shape in another format; as the vendor's code does, it names the old format."""
    shape = shape_in(desc.format, desc.shape, desc.dtype, layout)
    if isinstance(shape, Misfit):
        return _MISFITS[shape]
    return (rt.handles.add(TensorDesc(desc.dtype, shape, desc.format)),)


def _getter(
    name: str, c_name: str, out: str, failed: object, read: Callable[[TensorDesc], object], says: str
) -> Row:
    return Row(
        f"acl.get_tensor_desc_{name}",
        f"aclGetTensorDesc{c_name}",
        lambda _rt, _me, desc: (read(desc),),
        params=(DESC,),
        checks=DESCRIBED,
        outs=(out,),
        failed=(failed,),
        bare=True,
        says=says,
        source=SOURCE,
    )


def _dim(desc: TensorDesc, index: int) -> tuple[int] | Fault:
    return (desc.shape[index],) if index < len(desc.shape) else Fault.INVALID_ARGUMENT


def _rename(_rt: Runtime, _me: Caller, desc: TensorDesc, name: str) -> tuple[None]:
    desc.name = name
    return (None,)


def _destroy(rt: Runtime, _me: Caller, handle: int) -> tuple[None]:
    rt.handles.remove(handle)
    return (None,)


ROWS = (
    Row(
        "acl.data_type_size",
        "aclDataTypeSize",
        lambda _rt, _me, number: (DTYPES[BY_NUMBER[number]].size if number in BY_NUMBER else 0,),
        params=(Param("data_type", "i"),),
        outs=("size",),
        failed=(0,),
        bare=True,
        says="The size in bytes of an element type (aclDataType); 0 for one that is not known.",
        source=SOURCE,
    ),
    Row(
        "acl.create_tensor_desc",
        "aclCreateTensorDesc",
        _create,
        params=(
            Param("data_type", "i"),
            Param("dims", "O", Ref.ANY, reads=list_of_ints(2), annotation="list[int]"),
            Param("format", "i"),
        ),
        outs=("desc",),
        failed=(0,),
        bare=True,
        says="Describe a tensor by element type, sizes and format.",
        source=SOURCE,
    ),
    Row(
        "acl.destroy_tensor_desc",
        "aclDestroyTensorDesc",
        _destroy,
        params=(DESC,),
        checks=(alive("desc", TensorDesc),),
        outs=("None",),
        failed=(None,),
        bare=True,
        says="Destroy a description; returns None.",
        source=SOURCE,
    ),
    _getter("type", "Type", "data_type", -1, lambda desc: desc.dtype, "The element type."),
    _getter("format", "Format", "format", -1, lambda desc: desc.format, "The format."),
    _getter("size", "Size", "size", 0, lambda desc: desc.size, "The size in bytes; 0 for an open shape."),
    _getter(
        "element_count", "ElementCount", "count", 0, lambda desc: desc.elements, "How many elements it has."
    ),
    _getter("num_dims", "NumDims", "num", 0, lambda desc: desc.dimensions, "How many dimensions it has."),
    _getter("name", "Name", "name", "", lambda desc: desc.name, "Its name; empty until it is given one."),
    Row(
        "acl.set_tensor_desc_name",
        "aclSetTensorDescName",
        _rename,
        params=(DESC, Param("name", "s")),
        checks=DESCRIBED,
        outs=("None",),
        failed=(None,),
        bare=True,
        says="Give a description a name; returns None.",
        source=SOURCE,
    ),
    Row(
        "acl.get_tensor_desc_dim",
        "aclGetTensorDescDim",
        lambda _rt, _me, desc, index: (desc.shape[index] if index < len(desc.shape) else -1,),
        params=(DESC, _INDEX),
        checks=DESCRIBED,
        outs=("dim",),
        failed=(-1,),
        bare=True,
        says="One dimension; -1 when there are not so many.",
        source=SOURCE,
    ),
    Row(
        "acl.get_tensor_desc_dim_v2",
        "aclGetTensorDescDimV2",
        lambda _rt, _me, desc, index: _dim(desc, index),
        params=(DESC, _INDEX),
        checks=DESCRIBED,
        outs=("dim",),
        failed=(0,),
        errors=(codes.ACL_ERROR_INVALID_PARAM,),
        says="One dimension, with a code.",
        source=SOURCE,
    ),
    Row(
        "acl.get_tensor_desc_dim_range",
        "aclGetTensorDescDimRange",
        _range,
        params=(DESC, _INDEX, Param("dim_range_num", "k")),
        checks=(
            Check(
                "0.2",
                codes.ACL_ERROR_INVALID_PARAM,
                f"dim_range_num is above {_MOST_RANGES}",
                ("dim_range_num",),
                lambda _me, value: cast("int", value) > _MOST_RANGES,
            ),
            *DESCRIBED,
        ),
        outs=("range",),
        failed=(None,),
        errors=(codes.ACL_ERROR_INVALID_PARAM,),
        misfit=LOUD,
        says="The bounds of one dimension, as set_tensor_shape_range has set them; two numbers and zeros.",
        source=SOURCE,
    ),
    Row(
        "acl.get_tensor_desc_address",
        "aclGetTensorDescAddress",
        lambda _rt, _me, desc: (desc.address,),
        params=(DESC,),
        checks=DESCRIBED,
        outs=("addr",),
        failed=(0,),
        bare=True,
        traced=False,
        misfit=LOUD,
        says="Where the tensor of a failed operator lies; 0 for a description that the program has made.",
        source=SOURCE,
    ),
    Row(
        "acl.get_tensor_desc_by_index",
        "aclGetTensorDescByIndex",
        _neighbour,
        params=(DESC, _INDEX),
        checks=(alive("desc", TensorDesc),),
        outs=("desc",),
        failed=(0,),
        bare=True,
        misfit=LOUD,
        says="One of the descriptions that acl.mdl.create_and_get_op_desc has made together.",
        source=SOURCE,
    ),
    Row(
        "acl.trans_tensor_desc_format",
        "aclTransTensorDescFormat",
        _transformed,
        params=(Param("src_desc", "k", Ref.TENSOR), Param("format", "i")),
        checks=of_kind("src_desc", TensorDesc),
        outs=("dst_desc",),
        failed=(0,),
        errors=tuple(_MISFITS.values()),
        says="A description of the shape in another format; it still names the old one, as the vendor's does.",
        source=f"{SOURCE}, base/formats: orders of four dimensions, NC1HWC0, FRACTAL_Z, FRACTAL_NZ",
    ),
)
