"""Rows: what else a description of a model tells, and the operator that a failed task was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from acl_api import codes
from acl_api.table.desc import DESC, DESCRIBED, INDEX
from acl_api.table.model import SOURCE
from acl_api.table.row import Check, Param, Row
from acl_api.table.texts import LOUD
from simulator.base.errors import Fault
from simulator.core.operations.descs import input_ranges, real_name
from simulator.core.operations.failed_runs import operands_of
from simulator.core.tensors import TensorDesc

if TYPE_CHECKING:
    from simulator.core.operations.descs import Description
    from simulator.core.runtime import Caller, Runtime

_GE: Final = f"{SOURCE}; graph engine (open code)"
_ORIGINAL_NAMES: Final = "_datadump_original_op_names"
_LONGEST: Final = 4096
_NO_RANGES: Final[dict[str, object]] = {"rangeCount": 0, "range": []}


def _ranges(_rt: Runtime, _me: Caller, desc: Description, index: int) -> object:
    ranges = input_ranges(desc, index)
    if ranges is None:
        return Fault.INVALID_ARGUMENT
    return ({"rangeCount": len(ranges), "range": [list(pair) for pair in ranges]},)


def _attribute(_rt: Runtime, _me: Caller, desc: Description, op_name: str, attr: str) -> object:
    """Return the names of the operators that one was made of: each behind its length, as the vendor's code does."""
    known = None if desc.spec is None else desc.spec.original_ops.get(op_name)
    if attr != _ORIGINAL_NAMES or known is None:
        return (None,)
    return ("".join(f"[{len(name)}]{name}" for name in known),)


def _operands(rt: Runtime, _me: Caller, device: int, stream: int, task: int, length: int) -> object:
    found = operands_of(rt, device, stream, task)
    if found is None:
        return codes.ACL_ERROR_GE_FAILURE
    name, inputs, outputs = found
    if length <= len(name.encode()) or not inputs or not outputs:
        return Fault.INVALID_ARGUMENT
    return name, _describe(rt, inputs), len(inputs), _describe(rt, outputs), len(outputs)


def _describe(rt: Runtime, descs: list[TensorDesc]) -> int:
    """Return the handle of the first description, which has the others behind it as an array has."""
    handles = tuple(map(rt.handles.add, descs))
    descs[0].siblings = handles
    return handles[0]


_NAMED: Final = (Param("name", "s"),)
_FOR_ATTRIBUTE: Final = (Param("op_name", "s"), Param("attr", "s"))

ROWS = (
    Row(
        "acl.mdl.get_input_dims_range",
        "aclmdlGetInputDimsRange",
        _ranges,
        params=(DESC, INDEX),
        checks=DESCRIBED,
        outs=("range",),
        failed=(_NO_RANGES,),
        errors=(codes.ACL_ERROR_INVALID_PARAM,),
        says="From where to where each dimension of an input may go; nothing for a model with gears.",
        misfit=LOUD,
        source=_GE,
    ),
    Row(
        "acl.mdl.get_tensor_real_name",
        "aclmdlGetTensorRealName",
        lambda _rt, _me, desc, name: (real_name(desc, name),),
        params=(DESC, *_NAMED),
        checks=DESCRIBED,
        outs=("name",),
        failed=(None,),
        bare=True,
        says="The name of a tensor, given itself or what get_input_dims shows for one that is too long.",
        source=_GE,
    ),
    Row(
        "acl.mdl.get_op_attr",
        "aclmdlGetOpAttr",
        _attribute,
        params=(DESC, *_FOR_ATTRIBUTE),
        checks=DESCRIBED,
        outs=("value",),
        failed=(None,),
        bare=True,
        says="The operators that one was fused from, as the side file tells it.",
        source=_GE,
    ),
    Row(
        "acl.mdl.create_and_get_op_desc",
        "aclmdlCreateAndGetOpDesc",
        _operands,
        params=(
            *(Param("device_id", "I"), Param("stream_id", "I"), Param("task_id", "I")),
            Param("op_name_len", "k"),
        ),
        checks=(
            Check(
                "0.2",
                codes.ACL_ERROR_INVALID_PARAM,
                f"op_name_len is above {_LONGEST}",
                ("op_name_len",),
                lambda _me, value: isinstance(value, int) and value > _LONGEST,
            ),
        ),
        outs=("op_name", "input_desc", "num_inputs", "output_desc", "num_outputs"),
        failed=("", 0, 0, 0, 0),
        errors=(codes.ACL_ERROR_GE_FAILURE, codes.ACL_ERROR_INVALID_PARAM),
        says="Name and tensors of the model run that a stream failed at.",
        misfit=LOUD,
        source=f"{_GE}; the code for a task that is not known is INFERRED",
    ),
)
