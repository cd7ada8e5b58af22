"""Rows: load, run and unload models."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.table.checks import has_context, live_stream, not_null, of_kind, positive, stream_here
from acl_api.table.row import MISSING, Check, Kind, Param, Ref, Row
from acl_api.table.texts import LOUD
from simulator.base.errors import Fault
from simulator.core.bundles import in_bundle
from simulator.core.operations import models, runs

if TYPE_CHECKING:
    from simulator.core.models import Model, ModelSpec
    from simulator.core.operations.models import Dataset
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

SOURCE = "pyACL mdl"
_PATH = Param("model_path", "s", Ref.PATH)
_CONTENT = (Param("model", "k", Ref.MEMORY), Param("model_size", "k"))
# Memory that the program lends the model: nothing here needs it.
_LENT = (
    Param("work_ptr", "k", Ref.MEMORY),
    Param("work_size", "k"),
    Param("weight_ptr", "k", Ref.MEMORY),
    Param("weight_size", "k"),
)
_RUN = (
    Param("model_id", "I", Ref.MODEL),
    Param("input", "k", Ref.DATASET),
    Param("output", "k", Ref.DATASET),
)
_FAILS = (codes.ACL_ERROR_GE_FAILURE, codes.ACL_ERROR_INVALID_PARAM)


def loaded() -> Check:
    """Replace a model id by the model: 145003 for one that is not loaded."""

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
    quick = "(found := rt.models.get(model_id)) is not None"
    return Check("0.1", code, "the model id is not loaded", ("model_id",), lookup=lookup, quick=quick)


def dataset(name: str) -> tuple[Check, Check]:
    """Replace the handle of a data set by it: 100000 for NULL and for anything else."""
    return of_kind(name, models.Dataset)


def spec_of_file(rt: Runtime, path: str) -> ModelSpec | None:
    """Return what is known of the model file at that path; None when nothing is."""
    from acl_api.models.find import by_path  # only programs with side files need the rest

    return by_path(rt, path)


def spec_of_memory(rt: Runtime, address: int, size: int) -> ModelSpec | None:
    """Return what is known of the model file with the content of that memory; None when nothing is."""
    from acl_api.models.find import by_content

    data = rt.memory.read(address, size) if rt.memory.fits(address, size) else None
    return None if data is None else by_content(rt, data)


def _load_file(rt: Runtime, me: Caller, path: str, *_lent: int) -> object:
    return models.load(rt, me, spec_of_file(rt, path))


def _load_memory(rt: Runtime, me: Caller, address: int, size: int, *_lent: int) -> object:
    spec = spec_of_memory(rt, address, size)
    return Fault.MODEL_DATA if spec is None else models.load(rt, me, spec)


def _sizes(spec: ModelSpec | None, otherwise: Fault) -> tuple[int, int] | Fault:
    return otherwise if spec is None else (spec.work_bytes, spec.weight_bytes)


def execute(rt: Runtime, me: Caller, model: Model, source: Dataset, target: Dataset) -> object:
    """Run a model on its data sets and wait for it."""
    return models.execute(rt, me, model) if model.plain else runs.execute(rt, me, model, source, target)


def execute_async(
    rt: Runtime, me: Caller, model: Model, source: Dataset, target: Dataset, stream: Stream
) -> object:
    """Queue a run of a model on its data sets."""
    if model.plain:
        return models.execute_async(rt, me, model, stream)
    return runs.execute_async(rt, me, model, source, target, stream)


def _load(name: str, c_name: str, source: tuple[Param, ...], *, lent: bool, says: str) -> Row:
    from_file = source == (_PATH,)
    wrong = (
        codes.ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID
        if from_file
        else codes.ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID
    )
    return Row(
        f"acl.mdl.{name}",
        c_name,
        _load_file if from_file else _load_memory,
        params=(*source, *(_LENT if lent else ())),
        checks=(
            *(
                positive(param.name) if param.name == "model_size" else not_null(param.name)
                for param in source
            ),
            has_context("g12"),
        ),
        outs=("model_id",),
        failed=(0,),
        errors=(wrong,),
        says=says,
        misfit=LOUD,
        source=SOURCE,
    )


_ALONE = Check(
    "0.2",
    codes.ACL_ERROR_INVALID_PARAM,
    "the model belongs to a bundle",
    ("model_id",),
    lambda me, value: bool(me.rt.bundles) and in_bundle(me.rt, cast("int", value)),
)

ROWS = (
    _load(
        "load_from_file",
        "aclmdlLoadFromFile",
        (_PATH,),
        lent=False,
        says="Load the model that is declared under the file's name, or described by the side file beside it.",
    ),
    _load(
        "load_from_file_with_mem",
        "aclmdlLoadFromFileWithMem",
        (_PATH,),
        lent=True,
        says="The same; the memory that the program lends is not used.",
    ),
    _load(
        "load_from_mem",
        "aclmdlLoadFromMem",
        _CONTENT,
        lent=False,
        says="Load the model whose file has that content, found by the hash in its side file.",
    ),
    _load(
        "load_from_mem_with_mem",
        "aclmdlLoadFromMemWithMem",
        _CONTENT,
        lent=True,
        says="The same; the memory that the program lends is not used.",
    ),
    Row(
        "acl.mdl.query_size",
        "aclmdlQuerySize",
        lambda rt, _me, path: _sizes(spec_of_file(rt, path), Fault.MODEL_PATH),
        params=(Param("file_name", "s", Ref.PATH),),
        checks=(not_null("file_name"),),
        outs=("work_size", "weight_size"),
        failed=(0, 0),
        errors=(codes.ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID,),
        says="The memory that a model takes, as its side file says it; 0 where that says nothing.",
        misfit=LOUD,
        source=SOURCE,
    ),
    Row(
        "acl.mdl.query_size_from_mem",
        "aclmdlQuerySizeFromMem",
        lambda rt, _me, model, size: _sizes(spec_of_memory(rt, model, size), Fault.MODEL_DATA),
        params=_CONTENT,
        checks=(not_null("model"), positive("model_size")),
        outs=("work_size", "weight_size"),
        failed=(0, 0),
        errors=(codes.ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID,),
        says="The same for a model in memory.",
        misfit=LOUD,
        source=SOURCE,
    ),
    Row(
        "acl.mdl.unload",
        "aclmdlUnload",
        lambda rt, _me, model: models.unload(rt, model.model_id),
        params=(Param("model_id", "I", Ref.MODEL),),
        checks=(_ALONE, loaded()),
        says="Unload a model; runs already queued go on.",
        misfit=LOUD,
        source=SOURCE,
    ),
    Row(
        "acl.mdl.execute",
        "aclmdlExecute",
        execute,
        params=_RUN,
        checks=(*dataset("input"), *dataset("output"), loaded(), has_context("g12")),
        kind=Kind.BLOCKING,
        errors=_FAILS,
        says="Run a model and wait for it; outputs are written when the model has work, see docs/models.md.",
        misfit=LOUD,
        source=f"{SOURCE}; graph engine (open code) for sizes",
    ),
    Row(
        "acl.mdl.execute_async",
        "aclmdlExecuteAsync",
        execute_async,
        params=(*_RUN, Param("stream", "k", Ref.STREAM)),
        checks=(
            *dataset("input"),
            *dataset("output"),
            loaded(),
            live_stream(),
            *stream_here("g12", "e1"),
        ),
        kind=Kind.ENQUEUE,
        errors=_FAILS,
        says="Queue a run of a model; addresses are read now, bytes are read and written when it ends.",
        misfit=LOUD,
        source=f"{SOURCE}; graph engine (open code) for sizes",
    ),
)
