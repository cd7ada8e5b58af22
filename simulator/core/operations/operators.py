"""Single operators: a type, attributes, tensors; queued as one task that computes, like a run of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.core.models import Model
from simulator.core.operations import runs
from simulator.core.operations.models import DataBuffer, Dataset
from simulator.core.tensors import BY_NUMBER, TensorDesc, TensorSpec

if TYPE_CHECKING:
    from simulator.core.models import ModelSpec
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

# aclDataType: an input of that type is optional, and not given.
_NONE_GIVEN = -1


class OperatorHandle:
    """An operator that is prepared once and run many times (aclopHandle): what it was made of, copied."""

    __slots__ = ("attrs", "inputs", "op_type", "outputs")

    def __init__(
        self,
        op_type: str,
        attrs: dict[str, object],
        inputs: Sequence[TensorDesc],
        outputs: Sequence[TensorDesc],
    ) -> None:
        self.op_type = op_type
        self.attrs = dict(attrs)
        self.inputs = tuple(desc.copy() for desc in inputs)
        self.outputs = tuple(desc.copy() for desc in outputs)

    def __repr__(self) -> str:
        return f"<handle of operator {self.op_type}>"


def tensors_of(descs: Sequence[TensorDesc]) -> tuple[TensorSpec, ...]:
    """Return what an operator is told of its tensors; those that are not given are left out."""
    return tuple(
        TensorSpec(desc.shape, BY_NUMBER[desc.dtype], desc.name)
        for desc in descs
        if desc.dtype != _NONE_GIVEN
    )


def given(descs: Sequence[TensorDesc], buffers: Sequence[DataBuffer]) -> list[DataBuffer]:
    """Return the buffers of the tensors that are given."""
    return [buffer for desc, buffer in zip(descs, buffers, strict=False) if desc.dtype != _NONE_GIVEN]


def execute(
    rt: Runtime,
    me: Caller,
    spec: ModelSpec,
    inputs: Sequence[DataBuffer],
    outputs: Sequence[DataBuffer],
    stream: Stream,
) -> object:
    """Queue one run of an operator; a fault for buffers that are too small, which `rt.operator_said` then tells."""
    model = Model(spec, 0, stream.context.device, rt.costs)
    source, target = Dataset(), Dataset()
    handles = []
    for dataset, buffers in ((source, inputs), (target, outputs)):
        for buffer in buffers:
            handle = rt.handles.add(buffer)
            handles.append(handle)
            dataset.append(buffer, handle)
    result = runs.execute_async(rt, me, model, source, target, stream)
    for handle in handles:
        rt.handles.remove(handle)
    rt.operator_said = model.said
    return result
