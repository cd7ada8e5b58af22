"""Rows: dumps of models' tensors: switched on and off as on hardware. Nothing is dumped (docs/limits.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from acl_api import codes
from acl_api.table.model import SOURCE
from acl_api.table.row import Param, Ref, Row
from acl_api.table.texts import LOUD
from simulator.base.errors import Fault

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime

_GE: Final = f"{SOURCE}; graph engine (open code)"
_NEED_INIT: Final = (codes.ACL_ERROR_UNINITIALIZE,)


def _init(rt: Runtime, _me: Caller) -> object:
    if not rt.init_count:
        return codes.ACL_ERROR_UNINITIALIZE
    if rt.dumping:
        return Fault.REPEAT_INITIALIZE
    rt.dumping = True
    return None


def _set(rt: Runtime, _me: Caller, path: str | None) -> object:
    """Check a configuration file as acl.init does its section; having no path comes behind the state."""
    if not rt.init_count:
        return codes.ACL_ERROR_UNINITIALIZE
    if not rt.dumping:
        return codes.ACL_ERROR_DUMP_NOT_RUN
    if not path:
        return Fault.INVALID_ARGUMENT
    from acl_api.config import BadConfig, read_json
    from acl_api.dump_config import dump_section_fits

    try:
        sections = read_json(path)
    except BadConfig as bad:
        return bad.code
    return None if dump_section_fits(sections) else codes.ACL_ERROR_INVALID_DUMP_CONFIG


def _finalize(rt: Runtime, _me: Caller) -> object:
    if not rt.init_count:
        return codes.ACL_ERROR_UNINITIALIZE
    if not rt.dumping:
        return codes.ACL_ERROR_DUMP_NOT_RUN
    rt.dumping = False
    return None


def _register(_rt: Runtime, _me: Caller, _fn: object, flag: int) -> object:
    """Take a callback for data, which is never called; the vendor's code knows no flag but 0."""
    return codes.ACL_ERROR_FAILURE if flag else None


ROWS = (
    Row(
        "acl.mdl.init_dump",
        "aclmdlInitDump",
        _init,
        errors=(*_NEED_INIT, codes.ACL_ERROR_REPEAT_INITIALIZE),
        says="Begin to dump; nothing is dumped here.",
        misfit=LOUD,
        source=_GE,
    ),
    Row(
        "acl.mdl.set_dump",
        "aclmdlSetDump",
        _set,
        params=(Param("cfg_path", "s", Ref.PATH, optional=True),),
        errors=(
            *(*_NEED_INIT, codes.ACL_ERROR_DUMP_NOT_RUN, codes.ACL_ERROR_INVALID_PARAM),
            *(codes.ACL_ERROR_INVALID_FILE, codes.ACL_ERROR_PARSE_FILE, codes.ACL_ERROR_INVALID_DUMP_CONFIG),
        ),
        says="Check the configuration file of a dump.",
        misfit=LOUD,
        source=_GE,
    ),
    Row(
        "acl.mdl.finalize_dump",
        "aclmdlFinalizeDump",
        _finalize,
        errors=(*_NEED_INIT, codes.ACL_ERROR_DUMP_NOT_RUN),
        says="End dumping.",
        misfit=LOUD,
        source=_GE,
    ),
    Row(
        "acl.mdl.dump_reg_callback",
        "acldumpRegCallback",
        _register,
        params=(Param("fn", "O", Ref.ANY), Param("flag", "i")),
        errors=(codes.ACL_ERROR_FAILURE,),
        says="Take a function for what is dumped: it is never called, because nothing is.",
        misfit=LOUD,
        source=_GE,
    ),
    Row(
        "acl.mdl.dump_unreg_callback",
        "acldumpUnregCallback",
        lambda _rt, _me: (None,),
        outs=("None",),
        failed=(None,),
        bare=True,
        says="Forget that function.",
        misfit=LOUD,
        source=_GE,
    ),
)
