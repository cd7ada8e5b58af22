"""Rows: how long tasks may take (rules f15, i3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from acl_api import codes
from acl_api.table.checks import device_feature, has_context
from acl_api.table.row import Check, Param, Row
from simulator.base.units import NS_PER_S, NS_PER_US

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime

_SECONDS: Final = (Param("timeout", "I"),)
_SOURCE: Final = (
    "rule i3; src/runtime/core/src/runtime.cc; that a model run counts as one operator is assumed"
)


def _limit_waits(rt: Runtime, _me: Caller, seconds: int) -> None:
    rt.limits.wait_seconds = seconds


def _limit_seconds(rt: Runtime, _me: Caller, seconds: int) -> None:
    rt.limits.limit_execution(seconds * NS_PER_S)


def _limit_microseconds(rt: Runtime, _me: Caller, timeout: int) -> tuple[int]:
    return (rt.limits.limit_execution(timeout * NS_PER_US),)


ROWS = (
    Row(
        "acl.rt.set_op_wait_timeout",
        "aclrtSetOpWaitTimeout",
        _limit_waits,
        params=_SECONDS,
        checks=(device_feature("op_wait_timeout", "this product limits no waits", "f15"),),
        misfit="acl.rt.set_op_wait_timeout args parse failed!",
        says="Let waits for events that are launched from now on fail after so many seconds (0: never).",
        source="rule i3; docs/zh/api_ref; the failure shows at the next sync as 107020",
    ),
    Row(
        "acl.rt.set_op_execute_time_out",
        "aclrtSetOpExecuteTimeOut",
        _limit_seconds,
        params=_SECONDS,
        misfit="acl.rt.set_op_execute_timeout args parse failed!",
        says="Let operators that are launched from now on fail after so many seconds (0: the longest there is).",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.set_op_execute_timeout_v2",
        "aclrtSetOpExecuteTimeOutV2",
        _limit_microseconds,
        params=(Param("timeout", "K"),),
        checks=(has_context("g12"),),
        outs=("actual",),
        failed=(0,),
        misfit="acl.rt.set_op_execute_timeout_v2 args parse failed!",
        says="The same in microseconds; returns the limit that holds, a multiple of the product's step.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.get_op_timeout_interval",
        "aclrtGetOpTimeOutInterval",
        lambda rt, _me: (rt.limits.interval_us,),
        checks=(has_context("g12"),),
        outs=("interval",),
        failed=(0,),
        says="The step of limits of operators in microseconds; 0 on products without one.",
        source="src/runtime/config, property KernelCreditScale",
    ),
    Row(
        "acl.rt.get_op_execute_timeout",
        "aclrtGetOpExecuteTimeout",
        lambda rt, _me: (rt.limits.execute_ms,),
        checks=(
            Check(
                "i3",
                codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
                "operators have no limit on this product",
                (),
                lambda me, _value: not me.rt.limits.known,
            ),
        ),
        outs=("timeout_ms",),
        failed=(0,),
        says="The limit of operators in milliseconds, rounded up.",
        source="src/runtime/config, property DefaultKernelCredit",
    ),
)
