"""Descriptions of models, as programs ask for them (aclmdlDesc)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.base.errors import Fault
from simulator.core.operations.gears import current_output_shape, largest_output_shape

if TYPE_CHECKING:
    from simulator.core.models import Model, ModelSpec
    from simulator.core.tensors import Shape, TensorSpec

# The vendor's field for a name has room for so many characters; a longer one is replaced.
_LONGEST_NAME = 127

Dims = dict[str, object]


class Description:
    """What is known of one model; empty until it is filled. It outlives the model."""

    __slots__ = ("model", "spec")

    def __init__(self) -> None:
        self.spec: ModelSpec | None = None
        self.model: Model | None = None

    def __repr__(self) -> str:
        return f"<description of {'no model' if self.spec is None else self.spec.name}>"

    def fill(self, spec: ModelSpec, model: Model | None) -> None:
        """Describe that model; None where it was not loaded."""
        self.spec = spec
        self.model = model

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The inputs, with the one for the gear."""
        return () if self.spec is None else self.spec.all_inputs

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The outputs."""
        return () if self.spec is None else self.spec.outputs

    def input_bytes(self, index: int) -> int:
        """Return the size of an input; 0 when there are not so many, or its shape is open."""
        return 0 if self.spec is None or index >= len(self.inputs) else self.spec.input_bytes(index)

    def output_bytes(self, index: int) -> int:
        """The same for an output."""
        return 0 if self.spec is None or index >= len(self.outputs) else self.spec.output_bytes(index)


def input_dims(desc: Description, index: int) -> tuple[Dims] | Fault:
    """Return an input's name and shape: (dimensions,)."""
    if index >= len(desc.inputs):
        return Fault.INVALID_ARGUMENT
    tensor = desc.inputs[index]
    return (_dims(desc, tensor, tensor.shape, f"input_{index}"),)


def output_dims(desc: Description, index: int) -> tuple[Dims] | Fault:
    """Return an output's name and its shape in the largest gear: (dimensions,)."""
    if desc.spec is None or index >= len(desc.outputs):
        return Fault.INVALID_ARGUMENT
    return (_dims(desc, desc.outputs[index], largest_output_shape(desc.spec, index), f"output_{index}"),)


def current_output_dims(desc: Description, index: int) -> tuple[Dims] | Fault:
    """Return an output's name and its shape in the gear set last: (dimensions,)."""
    if desc.spec is None or index >= len(desc.outputs):
        return Fault.INVALID_ARGUMENT
    if desc.model is None or desc.model.gear is None:
        return output_dims(desc, index)
    shape = current_output_shape(desc.model, index)
    return (_dims(desc, desc.outputs[index], shape, f"output_{index}"),)


def input_ranges(desc: Description, index: int) -> tuple[tuple[int, int], ...] | None:
    """Return the bounds of an input's dimensions; none for a model with gears, None for no such input.

    An open dimension goes from 1 to any size (-1) unless the side file bounds it; that 1 is INFERRED.
    """
    if desc.spec is None or index >= len(desc.inputs):
        return None
    if desc.spec.gears is not None:
        return ()
    tensor = desc.inputs[index]
    if tensor.ranges:
        return tensor.ranges
    return tuple((size, size) if size >= 0 else (1, -1) for size in tensor.shape)


def real_name(desc: Description, name: str) -> str | None:
    """Return the whole name of a tensor: the name itself, or that of the tensor which this one stands for."""
    number = 0 if desc.model is None else desc.model.model_id
    for side, tensors in (("input", desc.inputs), ("output", desc.outputs)):
        for index, tensor in enumerate(tensors):
            if name in (tensor.name, f"acl_modelId_{number}_{side}_{index}"):
                return tensor.name
    return None


def _dims(desc: Description, tensor: TensorSpec, shape: Shape, place: str) -> Dims:
    number = 0 if desc.model is None else desc.model.model_id
    short = len(tensor.name) <= _LONGEST_NAME
    name = tensor.name if short else f"acl_modelId_{number}_{place}"
    return dims_of(shape, name)


def dims_of(shape: Shape, name: str = "") -> Dims:
    """Return the dictionary in which the binding hands out dimensions."""
    return {"name": name, "dimCount": len(shape), "dims": list(shape)}
