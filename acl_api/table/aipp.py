"""Rows: parameters of image preprocessing, and handing them to a data set.

The order of checks and the ranges are those of hicann/ge api/acl/acl_model/model (acl_aipp.cpp).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.aipp import INPUT_FORMATS, AippSet
from acl_api.table.checks import alive, of_kind
from acl_api.table.model import SOURCE, dataset, loaded
from acl_api.table.row import Check, Param, Ref, Row
from acl_api.table.texts import LOUD
from simulator.base.errors import Fault
from simulator.core.aipp import NODE_NAME, parameter_bytes

if TYPE_CHECKING:
    from acl_api.aipp import Batch
    from simulator.core.models import Model, ModelSpec
    from simulator.core.operations.models import Dataset
    from simulator.core.runtime import Caller, Runtime

_GE: Final = f"{SOURCE}; graph engine (open code)"
_BAD: Final = codes.ACL_ERROR_INVALID_PARAM
_AIPP: Final = Param("aipp", "k", Ref.HANDLE)
_IS_AIPP: Final = of_kind("aipp", AippSet)
_BATCH: Final = Param("batch_index", "K")
_MOST_BATCHES: Final = 1 << 20
NONE, STATIC, DYNAMIC, NODE = range(4)
NO_INDEX: Final = 0xFFFF_FFFF

Set = Callable[..., bool]


def _create(rt: Runtime, _me: Caller, count: int) -> tuple[int]:
    return (rt.handles.add(AippSet(count)) if 0 < count <= _MOST_BATCHES else 0,)


def _size(_rt: Runtime, _me: Caller, count: int) -> object:
    return (parameter_bytes(count) & 0xFFFF_FFFF,) if count else Fault.INVALID_ARGUMENT


def _row(name: str, c_name: str, params: tuple[Param, ...], store: Set, says: str) -> Row:
    """Return a row that stores parameters; *store* says whether they were in their ranges."""

    def run(_rt: Runtime, _me: Caller, aipp: AippSet, *given: float) -> Fault | None:
        return None if store(aipp, *given) else Fault.INVALID_ARGUMENT

    return Row(
        f"acl.mdl.{name}",
        c_name,
        run,
        params=(_AIPP, *params),
        checks=_IS_AIPP,
        errors=(_BAD,),
        says=says,
        misfit=LOUD,
        source=_GE,
    )


def _numbers(unit: str, *names: str) -> tuple[Param, ...]:
    return tuple(Param(name, unit) for name in names)


def _per_batch(store: Callable[..., bool]) -> Set:
    """Give *store* the image that the last parameter names; there must be one."""

    def run(aipp: AippSet, *given: int) -> bool:
        *values, at = given
        return at < len(aipp.batches) and store(aipp.batches[at], *values)

    return run


def _within(values: tuple[float, ...], *bounds: tuple[float, float]) -> bool:
    """Tell whether each value is within its bounds; the last bounds are those of all further values, too."""
    return all(
        low <= value <= high
        for value, (low, high) in zip(
            values, (*bounds, *[bounds[-1]] * (len(values) - len(bounds))), strict=True
        )
    )


def _switched(field: str, *bounds: tuple[int, int]) -> Set:
    """Store a switch with its sizes, which nobody looks at while it is off."""

    def store(batch: Batch, switch: int, *sizes: int) -> bool:
        if switch not in (0, 1) or (switch and not _within(sizes, *bounds)):
            return False
        setattr(batch, field, (switch, sizes if switch else getattr(batch, field)[1]))
        return True

    return _per_batch(store)


def _four(field: str, low: float, high: float) -> Set:
    def store(batch: Batch, *values: float) -> bool:
        if not _within(values, (low, high)):
            return False
        setattr(batch, field, values)
        return True

    return _per_batch(store)


def _format(aipp: AippSet, number: int) -> bool:
    aipp.format = INPUT_FORMATS.get(number, aipp.format)
    return number in INPUT_FORMATS


_MATRIX: Final = 32_677  # the vendor's own limit, with two digits the other way round than 2^15 - 1 has them
_MATRIX_NUMBERS: Final = 9


def _colours(aipp: AippSet, switch: int, *numbers: int) -> bool:
    fits = switch in (0, 1) and (not switch or _within(numbers[:_MATRIX_NUMBERS], (-_MATRIX, _MATRIX - 1)))
    if fits:
        aipp.colours = (switch, numbers if switch else aipp.colours[1])
    return fits


def _swap(field: str) -> Set:
    def store(aipp: AippSet, switch: int) -> bool:
        if switch in (0, 1):
            setattr(aipp, field, switch)
        return switch in (0, 1)

    return store


def _image(aipp: AippSet, width: int, height: int) -> bool:
    fits = _within((width, height), (2, 4096), (1, 4096))
    if fits:
        aipp.size = (width, height)
    return fits


def aipp_type(spec: ModelSpec, index: int) -> tuple[int, int]:
    """Return what an input has to do with preprocessing (0 to 3), and the input that goes with it."""
    nodes = spec.aipp_nodes
    first = len(spec.inputs)
    if first <= index < first + len(nodes):
        return NODE, nodes[index - first]
    aipp = spec.inputs[index].aipp if index < first else None
    if aipp is None:
        return NONE, NO_INDEX
    return (DYNAMIC, first + nodes.index(index)) if aipp.dynamic else (STATIC, NO_INDEX)


def _attach(rt: Runtime, _me: Caller, model: Model, found: Dataset, index: int, aipp: AippSet) -> object:
    """Check the parameters against the model, then write them where the device reads them."""
    spec = model.spec
    model.said = ""
    if index >= len(spec.all_inputs):
        return Fault.INVALID_ARGUMENT
    kind, data = aipp_type(spec, index)
    if kind != NODE:
        model.said = f"input {index} of {spec.name} takes no parameters of preprocessing"
        return Fault.INVALID_ARGUMENT
    tensor = spec.inputs[data]
    limit = 0 if tensor.aipp is None else tensor.aipp.largest_image
    wrong = aipp.misfit(limit, tensor.shape, tensor.format)
    if wrong is not None:
        model.said = wrong
        return Fault.INVALID_ARGUMENT
    if index >= len(found.buffers) or not found.buffers[index].address:
        return Fault.INVALID_ARGUMENT
    return _write(rt, found, index, aipp)


def _write(rt: Runtime, found: Dataset, index: int, aipp: AippSet) -> object:
    buffer, data = found.buffers[index], aipp.packed()
    if buffer.size < len(data):
        return codes.ACL_ERROR_GE_DYNAMIC_INPUT_LENGTH_INVALID
    copied = ctypes.create_string_buffer(data, len(data))
    if not rt.memory.fits(buffer.address, len(data)) or not rt.memory.copy(
        buffer.address, ctypes.addressof(copied), len(data)
    ):
        rt.note("bad-address", f"the buffer for {NODE_NAME} cannot be written", "h4")
        return Fault.INVALID_ADDRESS
    return None


def _attach_by_data(
    rt: Runtime, me: Caller, model: Model, found: Dataset, index: int, aipp: AippSet
) -> object:
    """The same, for the parameters of the input that has the image."""
    if index >= len(model.spec.all_inputs):
        return Fault.INVALID_ARGUMENT
    kind, node = aipp_type(model.spec, index)
    return _attach(rt, me, model, found, node, aipp) if kind == DYNAMIC else codes.ACL_ERROR_FAILURE


def _beyond(_me: Caller, value: object) -> bool:
    found, index = cast("tuple[Dataset, int]", value)
    return index >= len(found.buffers)


_IN_DATASET: Final = Check("0.2", _BAD, "the dataset has not so many buffers", ("dataset", "index"), _beyond)


def _setter(name: str, c_name: str, run: Callable[..., object], checks: tuple[Check, ...], says: str) -> Row:
    return Row(
        f"acl.mdl.{name}",
        c_name,
        run,
        params=(
            Param("model_id", "I", Ref.MODEL),
            Param("dataset", "k", Ref.DATASET),
            Param("index", "k"),
            _AIPP,
        ),
        checks=(*checks, loaded()),
        errors=(
            *(_BAD, codes.ACL_ERROR_GE_DYNAMIC_INPUT_LENGTH_INVALID, codes.ACL_ERROR_RT_PARAM_INVALID),
            codes.ACL_ERROR_FAILURE,
        ),
        says=says,
        misfit=LOUD,
        source=_GE,
    )


_CSC: Final = (
    *_numbers("b", "csc_switch"),
    *_numbers("h", *(f"r{row}c{column}" for row in range(3) for column in range(3))),
    *_numbers("B", "ob0", "ob1", "ob2", "ib0", "ib1", "ib2"),
)
_CHANNELS: Final = ("c0", "c1", "c2", "c3")

ROWS = (
    Row(
        "acl.mdl.create_aipp",
        "aclmdlCreateAIPP",
        _create,
        params=(Param("batch_size", "K"),),
        outs=("aipp",),
        failed=(0,),
        bare=True,
        says="Make empty parameters for a batch of images; 0 for no image or far too many.",
        misfit=LOUD,
        source=_GE,
    ),
    Row(
        "acl.mdl.destroy_aipp",
        "aclmdlDestroyAIPP",
        lambda rt, _me, aipp: rt.handles.remove(aipp),
        params=(_AIPP,),
        checks=(_IS_AIPP[0], alive("aipp", AippSet)),
        says="Destroy such parameters.",
        misfit=LOUD,
        source=_GE,
    ),
    Row(
        "acl.mdl.get_aipp_data_size",
        "aclmdlGetAippDataSize",
        _size,
        params=(Param("batch_size", "K"),),
        outs=("size",),
        failed=(0,),
        errors=(_BAD,),
        says="How many bytes the device needs for the parameters of so many images.",
        source=_GE,
    ),
    _row(
        "set_aipp_input_format",
        "aclmdlSetAIPPInputFormat",
        _numbers("I", "format"),
        _format,
        "Say in which format the images come.",
    ),
    _row(
        "set_aipp_csc_params",
        "aclmdlSetAIPPCscParams",
        _CSC,
        _colours,
        "Say how colours are converted.",
    ),
    _row(
        "set_aipp_rbuv_swap_switch",
        "aclmdlSetAIPPRbuvSwapSwitch",
        _numbers("b", "switch"),
        _swap("red_blue_swap"),
        "Say whether red and blue, or U and V, change places.",
    ),
    _row(
        "set_aipp_ax_swap_switch",
        "aclmdlSetAIPPAxSwapSwitch",
        _numbers("b", "switch"),
        _swap("alpha_swap"),
        "Say whether the fourth channel comes first.",
    ),
    _row(
        "set_aipp_src_image_size",
        "aclmdlSetAIPPSrcImageSize",
        _numbers("i", "w", "h"),
        _image,
        "Say how large the images are.",
    ),
    _row(
        "set_aipp_crop_params",
        "aclmdlSetAIPPCropParams",
        (*_numbers("b", "switch"), *_numbers("i", "start_w", "start_h", "size_w", "size_h"), _BATCH),
        _switched("crop", (0, 4095), (0, 4095), (1, 4096)),
        "Say which part of an image is taken.",
    ),
    _row(
        "set_aipp_padding_params",
        "aclmdlSetAIPPPaddingParams",
        (*_numbers("b", "switch"), *_numbers("i", "top", "bottom", "left", "right"), _BATCH),
        _switched("padding", (0, 32)),
        "Say how wide the edges are that an image gets.",
    ),
    _row(
        "set_aipp_scf_params",
        "aclmdlSetAIPPScfParams",
        (*_numbers("b", "switch"), *_numbers("i", "in_w", "in_h", "out_w", "out_h"), _BATCH),
        _switched("scale", (16, 4096), (16, 4096), (16, 1920), (16, 4096)),
        "Say how an image is scaled; no data set takes such parameters.",
    ),
    _row(
        "set_aipp_dtc_pixel_mean",
        "aclmdlSetAIPPDtcPixelMean",
        (*_numbers("h", *_CHANNELS), _BATCH),
        _four("mean", 0, 255),
        "Set the mean of each channel.",
    ),
    _row(
        "set_aipp_dtc_pixel_min",
        "aclmdlSetAIPPDtcPixelMin",
        (*_numbers("f", *_CHANNELS), _BATCH),
        _four("minimum", 0.0, 255.0),
        "Set the minimum of each channel.",
    ),
    _row(
        "set_aipp_pixel_var_reci",
        "aclmdlSetAIPPPixelVarReci",
        (*_numbers("f", *_CHANNELS), _BATCH),
        _four("variance", -65504.0, 65504.0),
        "Set the reciprocal of each channel's variance.",
    ),
    _setter(
        "set_input_aipp",
        "aclmdlSetInputAIPP",
        _attach,
        (*dataset("dataset"), *_IS_AIPP),
        "Write parameters into the buffer of the input that is for them.",
    ),
    _setter(
        "set_aipp_by_input_index",
        "aclmdlSetAIPPByInputIndex",
        _attach_by_data,
        (*_IS_AIPP, *dataset("dataset"), _IN_DATASET),
        "The same, by the index of the input that has the image.",
    ),
)
