"""Rows: single operators (acl.op), whose work is a Python function that the user has registered."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.operators import operator_of
from acl_api.table.attribute import SOURCE, destroy
from acl_api.table.checks import live_handle, live_stream, not_null, of_kind, stream_here
from acl_api.table.declared import declared
from acl_api.table.properties import row_of
from acl_api.table.row import MISSING, Check, Kind, Row, Status
from simulator.core.operations import operators
from simulator.core.operations.models import DataBuffer
from simulator.core.operations.operators import OperatorHandle
from simulator.core.properties import OpAttr
from simulator.core.tensors import BY_NUMBER, TensorDesc, is_open

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

Handles = Sequence[int]
_BAD = codes.ACL_ERROR_INVALID_PARAM
_ON_STREAM = (live_stream(), *stream_here("g12", "e1"))


def all_of(name: str, kind: type[object], count_of: str = "") -> Check:
    """Refuse a list with NULL or with what is no such object; *count_of* is the list that says how many there are."""
    lookup = live_handle(name, kind).lookup

    def test(me: Caller, value: object) -> bool:
        handles, wanted = (
            cast("tuple[Handles, Handles]", value) if count_of else (cast("Handles", value),) * 2
        )
        if len(handles) < len(wanted):
            return True
        used = handles[: len(wanted)]
        return any(handle == 0 or (lookup is not None and lookup(me, handle) is MISSING) for handle in used)

    says = f"{name} holds what is no live {kind.__name__}" + (
        f", or fewer than {count_of}" if count_of else ""
    )
    return Check("0.2", _BAD, says, (name, count_of) if count_of else (name,), test)


def found(name: str = "op_type") -> Check:
    """Refuse an operator type without a function: 100024, as for one that the vendor's library has not loaded."""
    says = "no function is registered for the operator"
    return Check(
        "0.2", codes.ACL_ERROR_OP_NOT_FOUND, says, (name,), lambda _me, name: operator_of(str(name)) is None
    )


def closed(names: tuple[str, ...], counts: tuple[str, ...] = ()) -> Check:
    """Refuse tensors with open dimensions; *counts* are the lists that say how many of each list are used."""

    def test(me: Caller, value: object) -> bool:
        lists = cast("tuple[Handles, ...]", value) if len(names + counts) > 1 else (cast("Handles", value),)
        descs = lists[: len(names)]
        if counts:
            descs = tuple(_used(side, count) for side, count in zip(descs, lists[len(names) :], strict=True))
        return any(
            is_open(cast("TensorDesc", desc).shape) for side in descs for desc in _objects(me.rt, side)
        )

    return Check("0.2", _BAD, "a tensor has an open dimension", names + counts, test)


def _used(descs: Handles, buffers: Handles) -> Handles:
    """Return the descriptions that have a buffer; what a list holds besides is never looked at."""
    return descs[: len(buffers)]


def _attrs() -> Check:
    """Replace the attributes by their values; NULL is none at all."""
    handle = live_handle("attr", OpAttr)

    def lookup(me: Caller, value: object) -> object:
        attrs = None if handle.lookup is None else handle.lookup(me, value)
        if attrs is MISSING:
            return MISSING
        return {} if attrs is None else dict(cast("OpAttr", attrs).values)

    return Check("0.2", _BAD, "attr is no live OpAttr", ("attr",), lookup=lookup)


def _all_empty(me: Caller, value: object) -> bool:
    """Tell whether there are outputs, and none has an element: the vendor's call is then over, and fine."""
    descs = _objects(me.rt, _used(*cast("tuple[Handles, Handles]", value)))
    return bool(descs) and all(0 in cast("TensorDesc", desc).shape for desc in descs)


def _without_address(me: Caller, value: object) -> bool:
    buffers = [cast("DataBuffer", me.rt.handles.live[handle]) for handle in cast("Handles", value)]
    return any(buffer.address == 0 and buffer.size > 0 for buffer in buffers)


def _objects(rt: Runtime, handles: object) -> list[object]:
    return [rt.handles.live[handle] for handle in cast("Handles", handles)]


def queue(
    rt: Runtime,
    me: Caller,
    op_type: str,
    attrs: dict[str, object],
    descs: tuple[Sequence[TensorDesc], Sequence[TensorDesc]],
    buffers: tuple[Sequence[DataBuffer], Sequence[DataBuffer]],
    stream: Stream,
) -> object:
    """Queue one run of an operator that was found."""
    operator = operator_of(op_type)
    if operator is None:  # forgotten since it was found
        return codes.ACL_ERROR_OP_NOT_FOUND
    unknown = [desc for side in descs for desc in side if desc.dtype not in BY_NUMBER and desc.dtype >= 0]
    if unknown:
        rt.operator_said = (
            f"a tensor of {op_type} has the type {unknown[0].dtype}, which numpy has no elements for"
        )
        return codes.ACL_ERROR_UNSUPPORTED_DATA_TYPE
    tensors = [operators.tensors_of(side) for side in descs]
    inputs, outputs = (operators.given(side, held) for side, held in zip(descs, buffers, strict=True))
    return operators.execute(rt, me, operator.spec(attrs, *tensors), inputs, outputs, stream)


def _execute(rt: Runtime, me: Caller, op_type: str, *rest: object) -> object:
    input_descs, inputs, output_descs, outputs, attrs, stream = rest
    sides = cast("list[tuple[Handles, Handles]]", [(input_descs, inputs), (output_descs, outputs)])
    descs = [cast("list[TensorDesc]", _objects(rt, _used(*side))) for side in sides]
    buffers = [cast("list[DataBuffer]", _objects(rt, held)) for _, held in sides]
    told = cast("dict[str, object]", attrs)
    return queue(
        rt, me, op_type, told, (descs[0], descs[1]), (buffers[0], buffers[1]), cast("Stream", stream)
    )


def _run_row(name: str, *, v2: bool) -> Row:
    """Return the row that runs an operator: the checks of its lists, then the search for it."""
    empty = Check("0.2", 0, "all outputs are empty", ("output_desc", "outputs"), _all_empty)
    addressed = tuple(
        Check("0.2", _BAD, f"a buffer of {side} has a size and no address", (side,), _without_address)
        for side in ("inputs", "outputs")
    )
    return row_of(
        declared()[name],
        _execute,
        checks=(
            all_of("input_desc", TensorDesc, "inputs"),
            all_of("output_desc", TensorDesc, "outputs"),
            empty,
            all_of("inputs", DataBuffer),
            *(addressed[:1] if v2 else ()),
            all_of("outputs", DataBuffer),
            *(addressed[1:] if v2 else ()),
            _attrs(),
            closed(("input_desc", "output_desc"), ("inputs", "outputs")),
            found(),
            *_ON_STREAM,
        ),
        kind=Kind.ENQUEUE,
        errors=(codes.ACL_ERROR_GE_FAILURE, codes.ACL_ERROR_UNSUPPORTED_DATA_TYPE),
        says="Queue a run of an operator, whose work is the function registered for its type (docs/operators.md).",
        source=SOURCE,
    )


def _create(
    rt: Runtime,
    _me: Caller,
    op_type: str,
    input_descs: Handles,
    output_descs: Handles,
    attrs: dict[str, object],
) -> tuple[int]:
    descs = [cast("list[TensorDesc]", _objects(rt, handles)) for handles in (input_descs, output_descs)]
    return (rt.handles.add(OperatorHandle(op_type, attrs, *descs)),)


def _renamed(check: Check, name: str) -> Check:
    """Return a check that looks at a parameter of another name."""
    return Check(
        check.rule, check.code, check.says.replace(check.on[0], name), (name,), check.test, check.lookup
    )


def _wrong_number(side: str) -> Callable[[Caller, object], bool]:
    def test(_me: Caller, value: object) -> bool:
        handle, buffers = cast("tuple[OperatorHandle, Handles]", value)
        return len(buffers) != len(handle.inputs if side == "inputs" else handle.outputs)

    return test


def _nothing_out(me: Caller, value: object) -> bool:
    buffers = [cast("DataBuffer", me.rt.handles.live[handle]) for handle in cast("Handles", value)]
    return bool(buffers) and all(buffer.size == 0 for buffer in buffers)


def _execute_handle(
    rt: Runtime, me: Caller, handle: OperatorHandle, inputs: Handles, outputs: Handles, stream: Stream
) -> object:
    buffers = [cast("list[DataBuffer]", _objects(rt, handles)) for handles in (inputs, outputs)]
    descs = (handle.inputs, handle.outputs)
    return queue(rt, me, handle.op_type, handle.attrs, descs, (buffers[0], buffers[1]), stream)


def _handle_row() -> Row:
    numbers = tuple(
        Check(
            "0.2", code, f"the operator has another number of {side}", ("handle", side), _wrong_number(side)
        )
        for side, code in (
            ("inputs", codes.ACL_ERROR_OP_INPUT_NOT_MATCH),
            ("outputs", codes.ACL_ERROR_OP_OUTPUT_NOT_MATCH),
        )
    )
    return row_of(
        declared()["acl.op.execute_with_handle"],
        _execute_handle,
        checks=(
            *of_kind("handle", OperatorHandle),
            all_of("inputs", DataBuffer),
            all_of("outputs", DataBuffer),
            Check("0.2", 0, "all outputs are empty", ("outputs",), _nothing_out),
            *numbers,
            *_ON_STREAM,
        ),
        kind=Kind.ENQUEUE,
        errors=(
            codes.ACL_ERROR_OP_NOT_FOUND,
            codes.ACL_ERROR_GE_FAILURE,
            codes.ACL_ERROR_UNSUPPORTED_DATA_TYPE,
        ),
        says="Queue a run of an operator that was prepared.",
        source=SOURCE,
    )


def _cast_attrs(me: Caller, target: TensorDesc, truncate: int) -> dict[str, object]:
    del me
    return {"truncate": bool(truncate), "dst_type": target.dtype}


def _cast(
    rt: Runtime,
    me: Caller,
    source: TensorDesc,
    source_buffer: DataBuffer,
    target: TensorDesc,
    target_buffer: DataBuffer,
    truncate: int,
    stream: Stream,
) -> object:
    attrs = _cast_attrs(me, target, truncate)
    return queue(rt, me, "Cast", attrs, ((source,), (target,)), ((source_buffer,), (target_buffer,)), stream)


def _cast_handle(
    rt: Runtime, me: Caller, source: TensorDesc, target: TensorDesc, truncate: int
) -> tuple[int]:
    attrs = _cast_attrs(me, target, truncate)
    return (rt.handles.add(OperatorHandle("Cast", attrs, (source,), (target,))),)


def registered(op_type: str) -> Check:
    """Refuse a function that runs the operator *op_type* when it has none: 100024."""
    says = f"no function is registered for the operator {op_type}"
    return Check(
        "0.2", codes.ACL_ERROR_OP_NOT_FOUND, says, (), lambda _me, _value: operator_of(op_type) is None
    )


def _set_folder(rt: Runtime, _me: Caller, folder: str) -> int | None:
    if not os.path.exists(folder):  # noqa: PTH110 - Path.exists raises for a name that is too long
        return codes.ACL_ERROR_READ_MODEL_FAILURE
    if rt.operators_named:
        return codes.ACL_ERROR_REPEAT_INITIALIZE
    rt.operators_named = True
    return None


def _no_number(_me: Caller, value: object) -> bool:
    return value == 0


ROWS = (
    row_of(
        declared()["acl.op.set_model_dir"],
        _set_folder,
        checks=(not_null("model_dir"),),
        errors=(codes.ACL_ERROR_READ_MODEL_FAILURE, codes.ACL_ERROR_REPEAT_INITIALIZE),
        status=Status.PARTIAL,
        says="Name the folder of compiled operators, once; it must be there. What is in it is not read.",
        source=SOURCE,
    ),
    row_of(
        declared()["acl.op.set_max_op_queue_num"],
        lambda _rt, _me, _number: None,
        checks=(Check("0.2", _BAD, "max_op_num is 0", ("max_op_num",), _no_number),),
        status=Status.PARTIAL,
        says="Bound the number of operators that are kept loaded: accepted without effect.",
        source=SOURCE,
    ),
    _run_row("acl.op.execute", v2=False),
    _run_row("acl.op.execute_v2", v2=True),
    row_of(
        declared()["acl.op.create_handle"],
        _create,
        checks=(
            all_of("input_desc", TensorDesc),
            all_of("output_desc", TensorDesc),
            _renamed(_attrs(), "op_attr"),
            closed(("input_desc", "output_desc")),
            found(),
        ),
        says="Prepare an operator that is run many times.",
        source=SOURCE,
    ),
    _handle_row(),
    destroy("acl.op.destroy_handle", OperatorHandle, "Destroy a prepared operator; returns None."),
    row_of(
        declared()["acl.op.cast"],
        _cast,
        checks=(
            *of_kind("dst_desc", TensorDesc),
            *of_kind("src_desc", TensorDesc),
            *of_kind("src_buffer", DataBuffer),
            *of_kind("dst_buffer", DataBuffer),
            registered("Cast"),
            *_ON_STREAM,
        ),
        kind=Kind.ENQUEUE,
        errors=(codes.ACL_ERROR_GE_FAILURE, codes.ACL_ERROR_UNSUPPORTED_DATA_TYPE),
        says='Queue a run of the operator "Cast".',
        source=SOURCE,
    ),
    row_of(
        declared()["acl.op.create_handle_for_cast"],
        _cast_handle,
        checks=(*of_kind("dst_desc", TensorDesc), *of_kind("src_desc", TensorDesc), registered("Cast")),
        says='Prepare the operator "Cast".',
        source=SOURCE,
    ),
)
