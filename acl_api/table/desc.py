"""Rows: descriptions of models (aclmdlDesc): how many tensors they have, and of which size, shape and type."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from acl_api import codes
from acl_api.table.checks import alive, not_null, of_kind, positive
from acl_api.table.model import SOURCE, loaded, spec_of_file, spec_of_memory
from acl_api.table.row import Param, Ref, Row
from acl_api.table.texts import LOUD
from simulator.base.errors import Fault
from simulator.core.operations.descs import Description, input_dims, output_dims
from simulator.core.tensors import DTYPES, FORMATS, UNDEFINED, TensorSpec

if TYPE_CHECKING:
    from simulator.core.models import Model, ModelSpec
    from simulator.core.runtime import Caller, Runtime

DESC = Param("desc", "k", Ref.DESC)
INDEX = Param("index", "k")
DESCRIBED = of_kind("desc", Description)
_UNDEFINED_FORMAT = -1
_BAD = (codes.ACL_ERROR_INVALID_PARAM,)


def _fill(_rt: Runtime, _me: Caller, desc: Description, model: Model) -> None:
    desc.fill(model.spec, model)


def _fill_from(find: Callable[..., ModelSpec | None], otherwise: Fault) -> Callable[..., Fault | None]:
    def run(rt: Runtime, _me: Caller, desc: Description, *where: object) -> Fault | None:
        spec = find(rt, *where)
        if spec is None:
            return otherwise
        desc.fill(spec, None)
        return None

    return run


def _tensors(desc: Description, side: str) -> tuple[TensorSpec, ...]:
    return desc.inputs if side == "input" else desc.outputs


def _count(side: str) -> Row:
    return Row(
        f"acl.mdl.get_num_{side}s",
        f"aclmdlGetNum{side.capitalize()}s",
        lambda _rt, _me, desc: (len(_tensors(desc, side)),),
        params=(DESC,),
        checks=DESCRIBED,
        outs=("num",),
        failed=(0,),
        bare=True,
        says=f"How many {side}s the model has"
        + (", the one for its gear included." if side == "input" else "."),
        misfit=LOUD,
        source=SOURCE,
    )


def _of_one(
    name: str, out: str, failed: object, read: Callable[[TensorSpec], object], side: str, says: str
) -> Row:
    """Return a row that reads one property of a tensor; *failed* when there is no such tensor."""

    def run(_rt: Runtime, _me: Caller, desc: Description, index: int) -> tuple[object]:
        tensors = _tensors(desc, side)
        return (read(tensors[index]) if index < len(tensors) else failed,)

    words = "".join(word.capitalize() for word in name.split("_"))
    return Row(
        f"acl.mdl.get_{side}_{name}",
        f"aclmdlGet{side.capitalize()}{words}",
        run,
        params=(DESC, INDEX),
        checks=DESCRIBED,
        outs=(out,),
        failed=(failed,),
        bare=True,
        says=f"{says} of an {side}.",
        misfit=LOUD,
        source=SOURCE,
    )


def _size(side: str) -> Row:
    def run(_rt: Runtime, _me: Caller, desc: Description, index: int) -> tuple[int]:
        return (desc.input_bytes(index) if side == "input" else desc.output_bytes(index),)

    return Row(
        f"acl.mdl.get_{side}_size_by_index",
        f"aclmdlGet{side.capitalize()}SizeByIndex",
        run,
        params=(DESC, INDEX),
        checks=DESCRIBED,
        outs=("size",),
        failed=(0,),
        bare=True,
        says=f"The size of an {side} in bytes, in the largest gear; 0 for an open shape, or no such {side}.",
        misfit=LOUD,
        source=f"{SOURCE}; graph engine (open code)",
    )


def dims_row(name: str, c_name: str, read: Callable[[Description, int], object], says: str) -> Row:
    """Return a row that answers a dictionary of dimensions; {} and 100000 for an index that is too large."""
    return Row(
        f"acl.mdl.{name}",
        c_name,
        lambda _rt, _me, desc, index: read(desc, index),
        params=(DESC, INDEX),
        checks=DESCRIBED,
        outs=("dims",),
        failed=({},),
        errors=_BAD,
        says=says,
        misfit=LOUD,
        source=f"{SOURCE}; graph engine (open code)",
    )


def _by_name(side: str) -> Row:
    def run(_rt: Runtime, _me: Caller, desc: Description, name: str) -> tuple[int] | Fault:
        names = [tensor.name for tensor in _tensors(desc, side)]
        return (names.index(name),) if name in names else Fault.INVALID_ARGUMENT

    return Row(
        f"acl.mdl.get_{side}_index_by_name",
        f"aclmdlGet{side.capitalize()}IndexByName",
        run,
        params=(DESC, Param("name", "s")),
        checks=(*DESCRIBED, not_null("name")),
        outs=("index",),
        failed=(0,),
        errors=_BAD,
        says=f"The index of the {side} with that name.",
        misfit=LOUD,
        source=f"{SOURCE}; graph engine (open code)",
    )


def _dtype(tensor: TensorSpec) -> int:
    return DTYPES.get(tensor.dtype, UNDEFINED).number


def _format(tensor: TensorSpec) -> int:
    return FORMATS.get(tensor.format, _UNDEFINED_FORMAT)


ROWS = (
    Row(
        "acl.mdl.create_desc",
        "aclmdlCreateDesc",
        lambda rt, _me: (rt.handles.add(Description()),),
        outs=("desc",),
        failed=(0,),
        bare=True,
        says="Make an empty description of a model.",
        misfit=LOUD,
        source=SOURCE,
    ),
    Row(
        "acl.mdl.destroy_desc",
        "aclmdlDestroyDesc",
        lambda rt, _me, desc: rt.handles.remove(desc),
        params=(DESC,),
        checks=(alive("desc", Description),),
        says="Destroy a description; the model stays.",
        misfit=LOUD,
        source=SOURCE,
    ),
    Row(
        "acl.mdl.get_desc",
        "aclmdlGetDesc",
        _fill,
        params=(DESC, Param("model_id", "I", Ref.MODEL)),
        checks=(*DESCRIBED, loaded()),
        says="Fill a description from a loaded model.",
        misfit=LOUD,
        source=SOURCE,
    ),
    Row(
        "acl.mdl.get_desc_from_file",
        "aclmdlGetDescFromFile",
        _fill_from(spec_of_file, Fault.MODEL_PATH),
        params=(DESC, Param("model_path", "s", Ref.PATH)),
        checks=(*DESCRIBED, not_null("model_path")),
        errors=(codes.ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID,),
        says="Fill a description from a model file, without loading the model.",
        misfit=LOUD,
        source=SOURCE,
    ),
    Row(
        "acl.mdl.get_desc_from_mem",
        "aclmdlGetDescFromMem",
        _fill_from(spec_of_memory, Fault.MODEL_DATA),
        params=(DESC, Param("model", "k", Ref.MEMORY), Param("model_size", "k")),
        checks=(*DESCRIBED, not_null("model"), positive("model_size")),
        errors=(codes.ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID,),
        says="Fill a description from a model file in memory, without loading the model.",
        misfit=LOUD,
        source=SOURCE,
    ),
    *(_count(side) for side in ("input", "output")),
    *(_size(side) for side in ("input", "output")),
    dims_row(
        "get_input_dims",
        "aclmdlGetInputDims",
        input_dims,
        "The shape of an input; -1 for an open dimension.",
    ),
    dims_row(
        "get_input_dims_v2",
        "aclmdlGetInputDimsV2",
        input_dims,
        "The same: image preprocessing, which would make a difference, is not modelled.",
    ),
    dims_row(
        "get_output_dims",
        "aclmdlGetOutputDims",
        output_dims,
        "The shape of an output, in the largest gear when there are gears.",
    ),
    *(
        _of_one("name_by_index", "name", "", lambda tensor: tensor.name, side, "The name")
        for side in ("input", "output")
    ),
    *(
        _of_one("format", "format", _UNDEFINED_FORMAT, _format, side, "The format (aclFormat)")
        for side in ("input", "output")
    ),
    *(
        _of_one("data_type", "data_type", UNDEFINED.number, _dtype, side, "The element type (aclDataType)")
        for side in ("input", "output")
    ),
    *(_by_name(side) for side in ("input", "output")),
)
