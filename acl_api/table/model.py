"""Rows: models, datasets and data buffers, as far as ordering needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.table.checks import has_context, live_handle, live_stream, not_null, stream_here
from acl_api.table.row import MISSING, Check, Kind, Param, Ref, Row, Status
from simulator.core.operations import models

if TYPE_CHECKING:
    from simulator.core.models import Model
    from simulator.core.operations.models import DataBuffer, Dataset
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

_SOURCE = "pyACL mdl"
_DATASET = Param("dataset", "k", Ref.DATASET)
_BUFFER = Param("data_buffer", "k", Ref.BUFFER)
_RUN = (
    Param("model_id", "I", Ref.MODEL),
    Param("input", "k", Ref.DATASET),
    Param("output", "k", Ref.DATASET),
)


def _loaded() -> Check:
    def lookup(me: Caller, value: object) -> object:
        number = cast("int", value)
        model = me.rt.models.get(number)
        if model is not None:
            return model
        known = 0 < number <= me.rt.models_loaded
        text = f"the id of a model that is {'unloaded' if known else 'not loaded'} was used"
        me.rt.note("stale-handle" if known else "forged-handle", text, "0.3")
        return MISSING

    code = codes.ACL_ERROR_GE_EXEC_MODEL_ID_INVALID
    return Check("0.1", code, "the model id is not loaded", ("model_id",), lookup=lookup)


def _dataset(name: str) -> tuple[Check, Check]:
    return _of_kind(name, models.Dataset)


def _of_kind(name: str, kind: type[object]) -> tuple[Check, Check]:
    """NULL and numbers that are no live object of that kind are both bad parameters of the ACL layer."""
    found = live_handle(name, kind)
    code = codes.ACL_ERROR_INVALID_PARAM
    return not_null(name), Check(
        "0.2", code, f"{name} is no live {kind.__name__}", (name,), lookup=found.lookup
    )


def _execute(_rt: Runtime, me: Caller, model: Model, _input: Dataset, _output: Dataset) -> object:
    return models.execute(me, model)


def _execute_async(
    rt: Runtime, me: Caller, model: Model, _input: Dataset, _output: Dataset, stream: Stream
) -> object:
    return models.execute_async(rt, me, model, stream)


def _new(rt: Runtime, thing: object) -> tuple[int]:
    return (rt.handles.add(thing),)


def _add_buffer(rt: Runtime, _me: Caller, dataset: int, buffer: int) -> object:
    cast("Dataset", rt.handles.live[dataset]).buffers.append(cast("DataBuffer", rt.handles.live[buffer]))
    return (dataset,)


def _alive(name: str, kind: type[object]) -> Check:
    """Check a handle but keep it: the call hands the number itself back."""
    lookup = live_handle(name, kind).lookup

    def test(me: Caller, value: object) -> bool:
        return value == 0 or lookup is None or lookup(me, value) is MISSING

    says = f"{name} is no live {kind.__name__}"
    return Check("0.2", codes.ACL_ERROR_INVALID_PARAM, says, (name,), test)


ROWS = (
    Row(
        "acl.create_data_buffer",
        "aclCreateDataBuffer",
        lambda rt, _me, data, size: _new(rt, models.DataBuffer(data, size)),
        params=(Param("data", "k", Ref.MEMORY), Param("size", "k")),
        outs=("buf",),
        failed=(0,),
        bare=True,
        says="Make a data buffer: an address and a size.",
        source="pyACL py_init_acl.cpp",
    ),
    Row(
        "acl.destroy_data_buffer",
        "aclDestroyDataBuffer",
        lambda rt, _me, buf: rt.handles.remove(buf),
        params=(Param("buf", "k", Ref.BUFFER),),
        checks=(_alive("buf", models.DataBuffer),),
        says="Destroy a data buffer; the memory stays.",
        source="pyACL py_init_acl.cpp",
    ),
    Row(
        "acl.mdl.create_dataset",
        "aclmdlCreateDataset",
        lambda rt, _me: _new(rt, models.Dataset()),
        outs=("dataset",),
        failed=(0,),
        bare=True,
        says="Make an empty dataset.",
        source=_SOURCE,
    ),
    Row(
        "acl.mdl.destroy_dataset",
        "aclmdlDestroyDataset",
        lambda rt, _me, dataset: rt.handles.remove(dataset),
        params=(_DATASET,),
        checks=(_alive("dataset", models.Dataset),),
        says="Destroy a dataset; its buffers stay.",
        source=_SOURCE,
    ),
    Row(
        "acl.mdl.add_dataset_buffer",
        "aclmdlAddDatasetBuffer",
        _add_buffer,
        params=(_DATASET, _BUFFER),
        checks=(_alive("dataset", models.Dataset), _alive("data_buffer", models.DataBuffer)),
        outs=("dataset",),
        failed=(0,),
        says="Append a data buffer.",
        source=_SOURCE,
    ),
    Row(
        "acl.mdl.get_dataset_num_buffers",
        "aclmdlGetDatasetNumBuffers",
        lambda _rt, _me, dataset: (len(dataset.buffers),),
        params=(_DATASET,),
        checks=_dataset("dataset"),
        outs=("num",),
        failed=(0,),
        bare=True,
        says="How many buffers a dataset has.",
        source=_SOURCE,
    ),
    Row(
        "acl.mdl.load_from_file",
        "aclmdlLoadFromFile",
        models.load_from_file,
        params=(Param("model_path", "s", Ref.PATH),),
        checks=(not_null("model_path"), has_context("g12")),
        outs=("model_id",),
        failed=(0,),
        errors=(codes.ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID,),
        status=Status.PARTIAL,
        says="Load the model that was declared under the file's name; real .om files come later.",
        source=_SOURCE,
    ),
    Row(
        "acl.mdl.unload",
        "aclmdlUnload",
        lambda rt, _me, model: models.unload(rt, model.model_id),
        params=(Param("model_id", "I", Ref.MODEL),),
        checks=(_loaded(),),
        says="Unload a model; runs already queued go on.",
        source=_SOURCE,
    ),
    Row(
        "acl.mdl.execute",
        "aclmdlExecute",
        _execute,
        params=_RUN,
        checks=(*_dataset("input"), *_dataset("output"), _loaded(), has_context("g12")),
        kind=Kind.BLOCKING,
        status=Status.PARTIAL,
        says="Run a model and wait for it; the time is modelled, the outputs are not written.",
        source=_SOURCE,
    ),
    Row(
        "acl.mdl.execute_async",
        "aclmdlExecuteAsync",
        _execute_async,
        params=(*_RUN, Param("stream", "k", Ref.STREAM)),
        checks=(
            *_dataset("input"),
            *_dataset("output"),
            _loaded(),
            live_stream(),
            *stream_here("g12", "e1"),
        ),
        kind=Kind.ENQUEUE,
        status=Status.PARTIAL,
        says="Queue a run of a model; the time is modelled, the outputs are not written.",
        source=_SOURCE,
    ),
)
