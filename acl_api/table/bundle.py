"""Rows: bundles, files with several models (declared by the side file of a bundle)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.table.checks import has_context, not_null, positive
from acl_api.table.model import SOURCE
from acl_api.table.row import MISSING, Check, Param, Ref, Row
from acl_api.table.texts import LOUD
from simulator.base.errors import Fault
from simulator.core.bundles import load_bundle
from simulator.core.operations import models

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime

_GE: Final = f"{SOURCE}; graph engine (open code)"
_BUNDLE: Final = Param("bundle_id", "I")
_CONTEXT: Final = has_context("g12")


def _loaded() -> Check:
    """Replace a bundle's id by the ids of its models."""

    def lookup(me: Caller, value: object) -> object:
        found = me.rt.bundles.get(cast("int", value))
        return MISSING if found is None else (value, found)

    return Check(
        "0.1",
        codes.ACL_ERROR_INVALID_BUNDLE_MODEL_ID,
        "the bundle is not loaded",
        ("bundle_id",),
        lookup=lookup,
    )


def _load_file(rt: Runtime, me: Caller, path: str) -> object:
    from acl_api.models.find import bundle_by_path

    specs = bundle_by_path(rt, path)
    return Fault.MODEL_PATH if specs is None else load_bundle(rt, me, specs)


def _load_memory(rt: Runtime, me: Caller, address: int, size: int) -> object:
    from acl_api.models.find import bundle_by_content

    data = rt.memory.read(address, size) if rt.memory.fits(address, size) else None
    specs = None if data is None else bundle_by_content(rt, data)
    return Fault.MODEL_DATA if specs is None else load_bundle(rt, me, specs)


def _unload(rt: Runtime, _me: Caller, bundle: tuple[int, list[int]]) -> None:
    number, inner = bundle
    del rt.bundles[number]
    for model in inner:
        models.unload(rt, model)


def _model_id(_rt: Runtime, _me: Caller, bundle: tuple[int, list[int]], index: int) -> object:
    return (bundle[1][index],) if index < len(bundle[1]) else Fault.INVALID_ARGUMENT


ROWS = (
    Row(
        "acl.mdl.bundle_load_from_file",
        "aclmdlBundleLoadFromFile",
        _load_file,
        params=(Param("model_path", "s", Ref.PATH),),
        checks=(not_null("model_path"), _CONTEXT),
        outs=("bundle_id",),
        failed=(0,),
        errors=(codes.ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID,),
        says="Load all models of a bundle, which its side file names.",
        misfit=LOUD,
        source=_GE,
    ),
    Row(
        "acl.mdl.bundle_load_from_mem",
        "aclmdlBundleLoadFromMem",
        _load_memory,
        params=(Param("model", "k", Ref.MEMORY), Param("model_size", "k")),
        checks=(not_null("model"), positive("model_size"), _CONTEXT),
        outs=("bundle_id",),
        failed=(0,),
        errors=(codes.ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID,),
        says="The same for a bundle in memory, found by its content.",
        misfit=LOUD,
        source=_GE,
    ),
    Row(
        "acl.mdl.bundle_unload",
        "aclmdlBundleUnload",
        _unload,
        params=(_BUNDLE,),
        checks=(_loaded(),),
        says="Unload a bundle and all its models.",
        misfit=LOUD,
        source=_GE,
    ),
    Row(
        "acl.mdl.bundle_get_model_num",
        "aclmdlBundleGetModelNum",
        lambda _rt, _me, bundle: (len(bundle[1]),),
        params=(_BUNDLE,),
        checks=(_loaded(),),
        outs=("num",),
        failed=(0,),
        says="How many models a bundle has.",
        misfit=LOUD,
        source=_GE,
    ),
    Row(
        "acl.mdl.bundle_get_model_id",
        "aclmdlBundleGetModelId",
        _model_id,
        params=(_BUNDLE, Param("index", "k")),
        checks=(_loaded(),),
        outs=("model_id",),
        failed=(0,),
        errors=(codes.ACL_ERROR_INVALID_PARAM,),
        says="The id of one model of a bundle, for acl.mdl.execute and the rest.",
        misfit=LOUD,
        source=_GE,
    ),
)
