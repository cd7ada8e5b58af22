"""Rows: what preprocessing a model was built with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from acl_api import codes
from acl_api.table.aipp import NONE, aipp_type
from acl_api.table.model import SOURCE, loaded
from acl_api.table.row import Check, Param, Ref, Row
from acl_api.table.texts import LOUD
from simulator.base.errors import Fault
from simulator.core.aipp import SETTINGS
from simulator.core.operations.descs import dims_of
from simulator.core.tensors import DTYPES, FORMATS, bytes_of

if TYPE_CHECKING:
    from simulator.core.models import Model
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.tensors import TensorSpec

_GE: Final = f"{SOURCE}; graph engine (open code)"


def _type(_rt: Runtime, _me: Caller, model: Model, index: int) -> object:
    return aipp_type(model.spec, index) if index < len(model.spec.all_inputs) else Fault.INVALID_ARGUMENT


def _info(_rt: Runtime, _me: Caller, model: Model, index: int) -> object:
    spec = model.spec
    if index >= len(spec.all_inputs):
        return Fault.INVALID_ARGUMENT
    if index >= len(spec.inputs) or aipp_type(spec, index)[0] == NONE:
        return codes.ACL_ERROR_GE_AIPP_NOT_EXIST
    return (_facts(model, spec.inputs[index], index),)


def _facts(model: Model, tensor: TensorSpec, index: int) -> dict[str, object]:
    """Return the dictionary of the binding; what the side file does not set is 0."""
    settings = {} if tensor.aipp is None else tensor.aipp.settings
    spec, gears = model.spec, model.spec.gears
    shapes = [tensor.shape] if gears is None else [spec.input_shapes(gear)[index] for gear in gears.values]
    described = [
        {
            "srcDims": dims_of(shape, tensor.name),
            "srcSize": bytes_of(shape, tensor.dtype),
            "aippOutdims": dims_of(shape, tensor.name),
            "aippOutSize": bytes_of(shape, tensor.dtype),
        }
        for shape in shapes
    ]
    facts: dict[str, object] = {name: settings.get(name, 0) for name in SETTINGS}
    at = list(facts).index("cropSwitch")
    own = {
        "srcFormat": FORMATS.get(tensor.format, FORMATS["ND"]),
        "srcDatatype": DTYPES[tensor.dtype].number,
        "srcDimNum": len(tensor.shape),
        "shapeCount": len(shapes),
    }
    items = list(facts.items())
    return {**dict(items[:at]), **own, **dict(items[at:]), "outDims": described}


_INDEXED: Final = (Param("model_id", "I", Ref.MODEL), Param("index", "k"))
_CHECKS: Final[tuple[Check, ...]] = (loaded(),)

ROWS = (
    Row(
        "acl.mdl.get_aipp_type",
        "aclmdlGetAippType",
        _type,
        params=_INDEXED,
        checks=_CHECKS,
        outs=("type", "attached_index"),
        failed=(0, 0),
        errors=(codes.ACL_ERROR_INVALID_PARAM,),
        says="Whether an input has no preprocessing (0), a fixed (1) or dynamic one (2), or has its parameters (3).",
        misfit=LOUD,
        source=_GE,
    ),
    Row(
        "acl.mdl.get_first_aipp_info",
        "aclmdlGetFirstAippInfo",
        _info,
        params=_INDEXED,
        checks=_CHECKS,
        outs=("info",),
        failed=(None,),
        errors=(codes.ACL_ERROR_INVALID_PARAM, codes.ACL_ERROR_GE_AIPP_NOT_EXIST),
        says="The preprocessing of an input, as the side file tells it.",
        misfit=LOUD,
        source=_GE,
    ),
)
