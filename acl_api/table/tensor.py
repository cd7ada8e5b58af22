"""Rows: descriptions of tensors (aclTensorDesc), which give open shapes their sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from acl_api import codes
from acl_api.table.checks import alive, of_kind
from acl_api.table.row import Param, Ref, Row
from simulator.base.errors import Fault
from simulator.core.tensors import BY_NUMBER, DTYPES, TensorDesc

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime

_SOURCE = "pyACL py_init_acl.cpp"
_DESC = Param("desc", "k", Ref.TENSOR)
_INDEX = Param("index", "k")
_DESCRIBED = of_kind("desc", TensorDesc)


def _create(rt: Runtime, _me: Caller, data_type: int, dims: object, layout: int) -> tuple[int]:
    """Make a description; the binding refuses what is no list with this text."""
    if not isinstance(dims, list):
        msg = "argument 2 is not list"
        raise TypeError(msg)
    if not all(isinstance(size, int) for size in dims):
        msg = "acl.create_tensor_desc args parse failed"
        raise TypeError(msg)
    return (rt.handles.add(TensorDesc(data_type, tuple(int(size) for size in dims), layout)),)


def _getter(
    name: str, c_name: str, out: str, failed: object, read: Callable[[TensorDesc], object], says: str
) -> Row:
    return Row(
        f"acl.get_tensor_desc_{name}",
        f"aclGetTensorDesc{c_name}",
        lambda _rt, _me, desc: (read(desc),),
        params=(_DESC,),
        checks=_DESCRIBED,
        outs=(out,),
        failed=(failed,),
        bare=True,
        says=says,
        source=_SOURCE,
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
        source=_SOURCE,
    ),
    Row(
        "acl.create_tensor_desc",
        "aclCreateTensorDesc",
        _create,
        params=(Param("data_type", "i"), Param("dims", "O", Ref.ANY), Param("format", "i")),
        outs=("desc",),
        failed=(0,),
        bare=True,
        says="Describe a tensor by element type, sizes and format.",
        source=_SOURCE,
    ),
    Row(
        "acl.destroy_tensor_desc",
        "aclDestroyTensorDesc",
        _destroy,
        params=(_DESC,),
        checks=(alive("desc", TensorDesc),),
        outs=("None",),
        failed=(None,),
        bare=True,
        says="Destroy a description; returns None.",
        source=_SOURCE,
    ),
    _getter("type", "Type", "data_type", -1, lambda desc: desc.dtype, "The element type."),
    _getter("format", "Format", "format", -1, lambda desc: desc.format, "The format."),
    _getter("size", "Size", "size", 0, lambda desc: desc.size, "The size in bytes; 0 for an open shape."),
    _getter(
        "element_count", "ElementCount", "count", 0, lambda desc: desc.elements, "How many elements it has."
    ),
    _getter("num_dims", "NumDims", "num", 0, lambda desc: len(desc.shape), "How many dimensions it has."),
    _getter("name", "Name", "name", "", lambda desc: desc.name, "Its name; empty until it is given one."),
    Row(
        "acl.set_tensor_desc_name",
        "aclSetTensorDescName",
        _rename,
        params=(_DESC, Param("name", "s")),
        checks=_DESCRIBED,
        outs=("None",),
        failed=(None,),
        bare=True,
        says="Give a description a name; returns None.",
        source=_SOURCE,
    ),
    Row(
        "acl.get_tensor_desc_dim",
        "aclGetTensorDescDim",
        lambda _rt, _me, desc, index: (desc.shape[index] if index < len(desc.shape) else -1,),
        params=(_DESC, _INDEX),
        checks=_DESCRIBED,
        outs=("dim",),
        failed=(-1,),
        bare=True,
        says="One dimension; -1 when there are not so many.",
        source=_SOURCE,
    ),
    Row(
        "acl.get_tensor_desc_dim_v2",
        "aclGetTensorDescDimV2",
        lambda _rt, _me, desc, index: _dim(desc, index),
        params=(_DESC, _INDEX),
        checks=_DESCRIBED,
        outs=("dim",),
        failed=(0,),
        errors=(codes.ACL_ERROR_INVALID_PARAM,),
        says="One dimension, with a code.",
        source=_SOURCE,
    ),
)
