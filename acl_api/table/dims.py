"""Rows: models built for several sizes: their gears, and which gear a run is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acl_api import codes
from acl_api.lists import dims_of_dictionary
from acl_api.table.desc import DESC, DESCRIBED, INDEX, dims_row
from acl_api.table.model import SOURCE, dataset, loaded
from acl_api.table.row import Check, Param, Ref, Row
from acl_api.table.texts import LOUD
from simulator.base.errors import Fault
from simulator.core.operations.descs import current_output_dims, dims_of
from simulator.core.operations.gears import set_gear
from simulator.core.tensors import GearKind

if TYPE_CHECKING:
    from simulator.core.models import Model
    from simulator.core.operations.descs import Description
    from simulator.core.operations.models import Dataset
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.tensors import Shape

# These functions are about all inputs at once; the vendor wants the index to be -1.
_ALL_INPUTS = (1 << 64) - 1
_MOST_GEARS = 4096
_MODEL = Param("model_id", "I", Ref.MODEL)
_DATASET = Param("dataset", "k", Ref.DATASET)
_SET = (codes.ACL_ERROR_GE_DYNAMIC_INPUT_LENGTH_INVALID, codes.ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID)
_SOURCE = f"{SOURCE}; graph engine (open code)"


def _gears(desc: Description, kind: GearKind) -> tuple[Shape, ...]:
    gears = None if desc.spec is None else desc.spec.gears
    return gears.values if gears is not None and gears.kind is kind else ()


def _batches(_rt: Runtime, _me: Caller, desc: Description) -> object:
    batches = [gear[0] for gear in _gears(desc, GearKind.BATCH)]
    return ({"batchCount": len(batches), "batch": batches},)


def _images(_rt: Runtime, _me: Caller, desc: Description, _index: int) -> object:
    sizes = [list(gear) for gear in _gears(desc, GearKind.HW)]
    return ({"hwCount": len(sizes), "hw": sizes},)


def _count(_rt: Runtime, _me: Caller, desc: Description, _index: int) -> object:
    return (len(_gears(desc, GearKind.DIMS)),)


def _all_dims(_rt: Runtime, _me: Caller, desc: Description, _index: int, count: int) -> object:
    """Return the sizes of all inputs' dimensions, one after the other, gear by gear."""
    gears = _gears(desc, GearKind.DIMS)
    if count < len(gears) or count > _MOST_GEARS or desc.spec is None:
        return Fault.INVALID_ARGUMENT
    spec = desc.spec
    return ([dims_of(tuple(size for shape in spec.input_shapes(gear) for size in shape)) for gear in gears],)


def _set_batch(rt: Runtime, _me: Caller, model: Model, found: Dataset, index: int, size: int) -> object:
    return set_gear(rt, model, found, index, GearKind.BATCH, (size,))


def _set_image(
    rt: Runtime, _me: Caller, model: Model, found: Dataset, index: int, height: int, width: int
) -> object:
    return set_gear(rt, model, found, index, GearKind.HW, (height, width))


def _set_dims(rt: Runtime, _me: Caller, model: Model, found: Dataset, index: int, chosen: Shape) -> object:
    return set_gear(rt, model, found, index, GearKind.DIMS, chosen) if chosen else Fault.INVALID_ARGUMENT


def _whole_model() -> Check:
    return Check(
        "0.2",
        codes.ACL_ERROR_INVALID_PARAM,
        "index is not -1",
        ("index",),
        lambda _me, value: value != _ALL_INPUTS,
    )


def _setter(name: str, c_name: str, run: object, sizes: tuple[Param, ...], says: str) -> Row:
    return Row(
        f"acl.mdl.{name}",
        c_name,
        run,  # type: ignore[arg-type]  # the three take different sizes
        params=(_MODEL, _DATASET, INDEX, *sizes),
        checks=(*dataset("dataset"), loaded()),
        errors=(codes.ACL_ERROR_INVALID_PARAM, *_SET),
        says=says,
        misfit=LOUD,
        source=_SOURCE,
    )


ROWS = (
    dims_row(
        "get_cur_output_dims",
        "aclmdlGetCurOutputDims",
        current_output_dims,
        "The shape of an output in the gear that was set last; as get_output_dims when none was.",
    ),
    Row(
        "acl.mdl.get_dynamic_batch",
        "aclmdlGetDynamicBatch",
        _batches,
        params=(DESC,),
        checks=DESCRIBED,
        outs=("batch",),
        failed=({},),
        says="The batch sizes that the model was built for; none for a model with one.",
        misfit=LOUD,
        source=_SOURCE,
    ),
    Row(
        "acl.mdl.get_dynamic_hw",
        "aclmdlGetDynamicHW",
        _images,
        params=(DESC, INDEX),
        checks=DESCRIBED,
        outs=("hw",),
        failed=({},),
        says="The image sizes (height, width) that the model was built for; the index has no effect.",
        misfit=LOUD,
        source=_SOURCE,
    ),
    Row(
        "acl.mdl.get_input_dynamic_gear_count",
        "aclmdlGetInputDynamicGearCount",
        _count,
        params=(DESC, INDEX),
        checks=(*DESCRIBED, _whole_model()),
        outs=("count",),
        failed=(0,),
        says="How many sets of dimensions the model was built for; the index must be -1.",
        misfit=LOUD,
        source=_SOURCE,
    ),
    Row(
        "acl.mdl.get_input_dynamic_dims",
        "aclmdlGetInputDynamicDims",
        _all_dims,
        params=(DESC, INDEX, Param("gear_count", "k")),
        checks=(*DESCRIBED, _whole_model()),
        outs=("dims",),
        failed=(None,),
        errors=(codes.ACL_ERROR_INVALID_PARAM,),
        says="The sets of dimensions, each of all inputs in their order; the index must be -1.",
        misfit=LOUD,
        source=_SOURCE,
    ),
    _setter(
        "set_dynamic_batch_size",
        "aclmdlSetDynamicBatchSize",
        _set_batch,
        (Param("batch_size", "K"),),
        "Choose the batch size of the runs to come, and write it into that input's buffer.",
    ),
    _setter(
        "set_dynamic_hw_size",
        "aclmdlSetDynamicHWSize",
        _set_image,
        (Param("height", "K"), Param("width", "K")),
        "Choose the image size of the runs to come, and write it into that input's buffer.",
    ),
    _setter(
        "set_input_dynamic_dims",
        "aclmdlSetInputDynamicDims",
        _set_dims,
        (Param("dims", "O", Ref.ANY, reads=dims_of_dictionary, annotation="dict[str, object]"),),
        "Choose the dimensions of the runs to come, and write the open ones into that input's buffer.",
    ),
)
