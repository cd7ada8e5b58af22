"""The gear of a run: batch size, image size or dimensions of a model that was built for several."""

from __future__ import annotations

import ctypes
from math import prod
from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault
from simulator.core.tensors import GearKind, is_open

if TYPE_CHECKING:
    from simulator.core.models import Model, ModelSpec
    from simulator.core.operations.models import Dataset
    from simulator.core.runtime import Runtime
    from simulator.core.tensors import Shape

_WORD: Final = 4
_LONG: Final = 8


def set_gear(
    rt: Runtime, model: Model, dataset: Dataset, index: int, kind: GearKind, gear: Shape
) -> Fault | None:
    """Choose the gear of runs with *dataset*, and write its numbers into the buffer that the device reads.

    Zeros, and a buffer that is missing or null, are wrong arguments; then come, in the vendor's order, the
    model's gears and the buffer's length (for dimensions the length of *gear* before both).
    """
    model.said = ""
    if 0 in gear or index >= len(dataset.buffers):
        return Fault.INVALID_ARGUMENT
    buffer = dataset.buffers[index]
    if buffer.address == 0:
        return Fault.INVALID_ARGUMENT
    if kind is GearKind.DIMS:
        chosen = _open_numbers(model, gear)
        if chosen is None:
            return Fault.GEAR_LENGTH
        gear = chosen
    elif buffer.size < _WORD * len(gear):
        return Fault.GEAR_LENGTH
    gears = model.spec.gears
    if gears is None or gears.kind is not kind or gear not in gears.values:
        model.said = _other_gears(model, kind, gear)
        return Fault.GEAR_UNKNOWN
    if buffer.size < _WORD * len(gear):
        return Fault.GEAR_LENGTH
    model.gear = dataset.gear = gear
    width = _LONG if buffer.size >= _LONG * len(gear) else _WORD
    raw = b"".join(number.to_bytes(width, "little") for number in gear)
    copied = ctypes.create_string_buffer(raw, len(raw))
    fits = rt.memory.fits(buffer.address, len(raw))
    if not fits or not rt.memory.copy(buffer.address, ctypes.addressof(copied), len(raw)):
        rt.note("bad-address", f"the buffer for the gear of {model.spec.name} cannot be written", "h4")
        return Fault.INVALID_ADDRESS
    return None


def _other_gears(model: Model, kind: GearKind, gear: Shape) -> str:
    name, gears = model.spec.name, model.spec.gears
    if gears is None or gears.kind is not kind:
        what = "one size only" if gears is None else f"gears of another kind ({gears.kind.value})"
        return f"{name} was built for {what}, not for {kind.value} gears"
    return f"{name} was built for the gears {[list(known) for known in gears.values]}, not for {list(gear)}"


def _open_numbers(model: Model, sizes: Shape) -> Shape | None:
    """Return those of *sizes* that stand for open dimensions; None unless the others are the model's own."""
    own = [size for tensor in model.spec.inputs for size in tensor.shape]
    if len(own) != len(sizes):
        return None
    if any(mine >= 0 and mine != given for mine, given in zip(own, sizes, strict=True)):
        return None
    return tuple(given for mine, given in zip(own, sizes, strict=True) if mine < 0)


def current_output_shape(model: Model, index: int) -> Shape:
    """Return an output's shape in the gear set last; as declared for a model without, or none set."""
    return model.spec.output_shapes(model.gear)[index]


def largest_output_shape(spec: ModelSpec, index: int) -> Shape:
    """Return an output's shape with open dimensions as in the largest gear (UNVERIFIED on hardware)."""
    shape = spec.outputs[index].shape
    if spec.gears is None or not is_open(shape):
        return shape
    return max((spec.output_shapes(gear)[index] for gear in spec.gears.values), key=prod)
