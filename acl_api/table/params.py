"""Rows: system parameters of contexts and of the process, and the task scheduler of a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.table.checks import has_context
from acl_api.table.row import Check, Param, Row, Status
from simulator.base.errors import Fault

if TYPE_CHECKING:
    from simulator.core.contexts import Context
    from simulator.core.runtime import Caller, Runtime

_OPT: Final = Param("opt", "i")
_VALUE: Final = Param("value", "l")
_DETERMINISTIC: Final = 0
# How many options there are: the last one is the process's only.
_OF_CONTEXT: Final = 3
_OF_PROCESS: Final = 4
_SCHEDULERS: Final = (0, 1)
_SAYS: Final = "0 determinism (0 to 3), 1 debug kernels, 2 strong consistency"
_SOURCE: Final = "src/acl/aclrt_impl/context.cpp, src/runtime/api/impl/api_error.cc"


def _known(options: int) -> Check:
    return Check(
        "0.2",
        codes.ACL_ERROR_INVALID_PARAM,
        f"opt is not from 0 to {options - 1}",
        ("opt",),
        lambda _me, value: not 0 <= cast("int", value) < options,
    )


def _fits(_me: Caller, given: object) -> bool:
    opt, value = cast("tuple[int, int]", given)
    return not 0 <= value <= (3 if opt == _DETERMINISTIC else 1)


_FITS: Final = Check(
    "0.1",
    codes.ACL_ERROR_RT_PARAM_INVALID,
    "value is not one of the option's",
    ("opt", "value"),
    _fits,
)


def _set_here(_rt: Runtime, me: Caller, opt: int, value: int) -> None:
    cast("Context", me.context).params[opt] = value


def _get_here(_rt: Runtime, me: Caller, opt: int) -> tuple[int] | Fault:
    value = cast("Context", me.context).params.get(opt)
    return Fault.SYS_PARAM_NOT_SET if value is None else (value,)


def _set(rt: Runtime, _me: Caller, opt: int, value: int) -> None:
    rt.params[opt] = value


ROWS = (
    Row(
        "acl.rt.ctx_set_sys_param_opt",
        "aclrtCtxSetSysParamOpt",
        _set_here,
        params=(_OPT, _VALUE),
        checks=(_known(_OF_CONTEXT), _FITS, has_context("g12")),
        status=Status.PARTIAL,
        says=f"{_SAYS}: kept for the context and given back, for kernels that ask.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.ctx_get_sys_param_opt",
        "aclrtCtxGetSysParamOpt",
        _get_here,
        params=(_OPT,),
        checks=(_known(_OF_CONTEXT), has_context("g12")),
        outs=("value",),
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_SYSPARAMOPT_NOT_SET,),
        says="What was set for the current context.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.set_sys_param_opt",
        "aclrtSetSysParamOpt",
        _set,
        params=(_OPT, _VALUE),
        checks=(_known(_OF_PROCESS), _FITS),
        status=Status.PARTIAL,
        misfit="acl.rt.set_sys_param_opt args parse faild",
        says=f"{_SAYS}, 3 early start: kept for the process and given back, for kernels that ask.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.get_sys_param_opt",
        "aclrtGetSysParamOpt",
        lambda rt, _me, opt: (rt.params.get(opt, 0),),
        params=(_OPT,),
        checks=(_known(_OF_PROCESS),),
        outs=("value",),
        failed=(0,),
        misfit="acl.rt.get_sys_param_opt args parse faild",
        says="What was set for the process; 0 before.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.set_ts_device",
        "aclrtSetTsDevice",
        lambda _rt, _me, _ts_id: None,
        params=(Param("ts_id", "i"),),
        checks=(
            Check(
                "0.2",
                codes.ACL_ERROR_INVALID_PARAM,
                "ts_id is neither 0 (AI Core) nor 1 (vector)",
                ("ts_id",),
                lambda _me, value: value not in _SCHEDULERS,
            ),
        ),
        status=Status.PARTIAL,
        says="Accepted without effect: there is one task scheduler here.",
        source="src/acl/aclrt_impl/device.cpp",
    ),
)
