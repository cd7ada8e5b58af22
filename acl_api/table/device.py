"""Rows: devices (rules g5-g8, g13, e15, i6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.table.checks import (
    LIVE_CONTEXT,
    current_device,
    device_in_range,
    has_context,
    sure,
    timeout_not_below,
    timeout_not_zero,
)
from acl_api.table.row import Check, Kind, Param, Ref, Row
from simulator.base.units import timeout_ns
from simulator.core.devices import Device
from simulator.core.operations import devices, streams

if TYPE_CHECKING:
    from simulator.core.contexts import Context
    from simulator.core.runtime import Caller, Runtime

_DEVICE = (Param("device_id", "i"),)
_THREAD_LEVEL = 0
_HOST = 1


def _synchronize(rt: Runtime, me: Caller) -> object:
    return streams.synchronize_device(rt, me, cast("Context", me.context))


def _synchronize_in_time(rt: Runtime, me: Caller, timeout: int) -> object:
    op = "synchronize_device_with_timeout"
    return streams.synchronize_device(rt, me, cast("Context", me.context), timeout_ns(timeout), op)


def _take_last_error(rt: Runtime, me: Caller, _level: int) -> tuple[int]:
    code = me.last_error
    if rt.options.last_error == "reset":
        me.last_error = 0
    return (code,)


def _in_context(me: Caller) -> bool:
    return me.context is not None and me.context.alive


def _device_of(rt: Runtime, me: Caller) -> tuple[int]:
    """Return the device of the current context, else the default one, which asking does not set."""
    device = current_device(me) if _in_context(me) else sure(Device, rt.default_device)
    return (device.index,)


_LEVEL = Check(
    "i6",
    codes.ACL_ERROR_INVALID_PARAM,
    "level is not the thread level",
    ("level",),
    lambda _me, value: value != _THREAD_LEVEL,
)

ROWS = (
    Row(
        "acl.rt.set_device",
        "aclrtSetDevice",
        devices.set_device,
        params=_DEVICE,
        checks=(device_in_range(),),
        errors=(codes.ACL_ERROR_RT_NO_STREAM_RESOURCE,),
        says="Take a reference on the device's primary context and make it current in this thread.",
        source="rule g5",
    ),
    Row(
        "acl.rt.reset_device",
        "aclrtResetDevice",
        lambda rt, _me, device: devices.reset_device(rt, device),
        params=_DEVICE,
        checks=(device_in_range(rule="g6"),),
        errors=(codes.ACL_ERROR_RT_CONTEXT_RELEASE_ERROR,),
        kind=Kind.BLOCKING,
        says="Give one reference back; the last one waits for the tasks and destroys the primary context.",
        source="rule g6",
    ),
    Row(
        "acl.rt.reset_device_force",
        "aclrtResetDeviceForce",
        lambda rt, _me, device: devices.reset_device_force(rt, device),
        params=_DEVICE,
        checks=(device_in_range(rule="g7"),),
        errors=(codes.ACL_ERROR_RT_CONTEXT_RELEASE_ERROR,),
        kind=Kind.BLOCKING,
        says="Give all references back at once.",
        source="rule g7",
    ),
    Row(
        "acl.rt.get_device",
        "aclrtGetDevice",
        _device_of,
        checks=(
            Check(
                "g8",
                codes.ACL_ERROR_RT_CONTEXT_NULL,
                "the calling thread has no live context, and init was given no default device",
                (),
                lambda me, _value: not _in_context(me) and me.rt.default_device is None,
                quick=LIVE_CONTEXT,
            ),
        ),
        outs=("device_id",),
        failed=(0,),
        says="The device of the current context, or the one that the configuration names for threads without one.",
        source="rule g8",
    ),
    Row(
        "acl.rt.get_device_count",
        "aclrtGetDeviceCount",
        lambda rt, _me: (len(rt.devices),),
        outs=("count",),
        failed=(0,),
        says="How many devices the simulated machine has.",
        source="pyACL rt",
    ),
    Row(
        "acl.rt.get_run_mode",
        "aclrtGetRunMode",
        lambda _rt, _me: (_HOST,),
        outs=("run_mode",),
        failed=(0,),
        says="1 (host): the simulated program runs on a host, not on the device itself.",
        source="rule g13",
    ),
    Row(
        "acl.rt.get_primary_ctx_state",
        "aclrtGetPrimaryCtxState",
        lambda _rt, _me, device: (int(device.primary is not None), 0),
        params=_DEVICE,
        checks=(device_in_range(rule="g13"),),
        outs=("active", "flags"),
        failed=(0, 0),
        says="Whether the primary context of a device is active.",
        source="rule g13",
    ),
    Row(
        "acl.rt.synchronize_device",
        "aclrtSynchronizeDevice",
        _synchronize,
        checks=(has_context("e15"),),
        kind=Kind.BLOCKING,
        keeps_gil=False,
        says="Wait for every stream of the current context, holding its stream list meanwhile.",
        source="rule e15",
    ),
    Row(
        "acl.rt.synchronize_device_with_timeout",
        "aclrtSynchronizeDeviceWithTimeout",
        _synchronize_in_time,
        params=(Param("timeout", "i", Ref.TIMEOUT_MS),),
        checks=(timeout_not_below("e12"), timeout_not_zero("e12"), has_context("e15")),
        errors=(codes.ACL_ERROR_RT_STREAM_SYNC_TIMEOUT,),
        kind=Kind.BLOCKING,
        says="The same on one budget of milliseconds for all streams; keeps the GIL, unlike the plain form.",
        source="rules e12, e15",
    ),
    Row(
        "acl.rt.device_get_stream_priority_range",
        "aclrtDeviceGetStreamPriorityRange",
        lambda rt, _me: (rt.profile.limits.priority_least, rt.profile.limits.priority_greatest),
        outs=("least", "greatest"),
        failed=(0, 0),
        says="Least and greatest priority: 7 and 0.",
        source="rule e5",
    ),
    Row(
        "acl.rt.peek_at_last_error",
        "aclrtPeekAtLastError",
        lambda _rt, me, _level: (me.last_error,),
        params=(Param("level", "i"),),
        checks=(_LEVEL,),
        # The code is the answer, not how the call went: it must not count as this call's failure.
        outs=("ret",),
        failed=(codes.ACL_ERROR_INVALID_PARAM,),
        bare=True,
        says="The last code of the runtime layer in this thread.",
        source="rule i6",
    ),
    Row(
        "acl.rt.get_last_error",
        "aclrtGetLastError",
        _take_last_error,
        params=(Param("level", "i"),),
        checks=(_LEVEL,),
        # The code is the answer, not how the call went: it must not count as this call's failure.
        outs=("ret",),
        failed=(codes.ACL_ERROR_INVALID_PARAM,),
        bare=True,
        says="The same, and forget it.",
        source="rule i6 (that it resets is from its name)",
    ),
)
