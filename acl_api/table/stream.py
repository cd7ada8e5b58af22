"""Rows: streams (rules e1-e22)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.table.checks import (
    LIVE_CONTEXT,
    default_stream,
    has_context,
    live_stream,
    not_null,
    same_context,
    timeout_not_below,
    timeout_not_zero,
)
from acl_api.table.row import Check, Kind, Param, Ref, Row, Status
from simulator.base.units import timeout_ns
from simulator.core.operations import attributes, streams

if TYPE_CHECKING:
    from simulator.core.contexts import Context
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

_STREAM = Param("stream", "k", Ref.STREAM)
_PARAMS = (_STREAM,)
_NEW = ("stream",)


def _synchronize_in_time(rt: Runtime, me: Caller, stream: Stream, timeout: int) -> object:
    return streams.synchronize_stream(rt, me, stream, timeout_ns(timeout), "synchronize_stream_with_timeout")


def _available(_rt: Runtime, me: Caller) -> object:
    device = cast("Context", me.context).device
    return (device.profile.limits.streams - device.streams_used,)


def _context_unless_unsynced(me: Caller, value: object) -> bool:
    """Rule e11: flagged streams are answered at once even without a context."""
    flagged = value is not None and cast("Stream", value).flags & streams.UNSYNCED
    return not flagged and me.live_context is None


_SYNC_CONTEXT = Check(
    "e11",
    codes.ACL_ERROR_RT_CONTEXT_NULL,
    "the calling thread has no live context",
    ("stream",),
    _context_unless_unsynced,
    quick=LIVE_CONTEXT,
)

_ALONE = Check(
    "e4",
    codes.ACL_ERROR_RT_PARAM_INVALID,
    "DEVICE_USE_ONLY stands with another flag",
    ("flag",),
    lambda _me, value: bool(cast("int", value) & streams.DEVICE_USE_ONLY) and bool(cast("int", value) & 0x1F),
)

_HUGE = Check(
    "e3",
    codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
    "this product has no huge streams",
    ("flag",),
    lambda me, value: (
        bool(cast("int", value) & streams.HUGE) and not me.rt.profile.runtime.huge_streams_supported
    ),
)


def _is_kept(me: Caller, value: object) -> bool:
    """Tell a default stream, where a run has it that they cannot be destroyed by their handle."""
    stream = cast("Stream", value)
    return me.rt.options.default_stream == "kept" and stream.context.default_stream is stream


_DESTROYED = (
    not_null("stream", rule="e9"),
    live_stream("e10"),
    has_context("e9"),
    same_context("e9"),
    Check(
        "e9",
        codes.ACL_ERROR_RT_PARAM_INVALID,
        "it is the default stream of its context (only with the option default_stream=kept)",
        ("stream",),
        _is_kept,
    ),
)

ROWS = (
    Row(
        "acl.rt.create_stream",
        "aclrtCreateStream",
        streams.create_stream,
        checks=(has_context("e1"),),
        outs=_NEW,
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_NO_STREAM_RESOURCE,),
        kind=Kind.BLOCKING,
        says="Create a stream of priority 0; waits behind a synchronize_device of the same context.",
        source="rules e1, e6, e15",
    ),
    Row(
        "acl.rt.create_stream_with_config",
        "aclrtCreateStreamWithConfig",
        streams.create_stream,
        params=(Param("priority", "i"), Param("flag", "i")),
        checks=(_ALONE, _HUGE, has_context("e1")),
        outs=_NEW,
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_NO_STREAM_RESOURCE,),
        kind=Kind.BLOCKING,
        status=Status.PARTIAL,
        says="The same with priority (clamped to 0..7) and flags; FAST_LAUNCH and FAST_SYNC have no effect.",
        source="rules e1-e5",
    ),
    Row(
        "acl.rt.destroy_stream",
        "aclrtDestroyStream",
        streams.destroy_stream,
        params=_PARAMS,
        checks=_DESTROYED,
        kind=Kind.BLOCKING,
        says="Wait without limit for the pending tasks, then unsubscribe and destroy.",
        source="rules e9, b17",
    ),
    Row(
        "acl.rt.destroy_stream_force",
        "aclrtDestroyStreamForce",
        streams.destroy_stream_force,
        params=_PARAMS,
        checks=_DESTROYED,
        kind=Kind.BLOCKING,
        says="Drop the pending tasks and destroy.",
        source="rules e9, b17",
    ),
    Row(
        "acl.rt.synchronize_stream",
        "aclrtSynchronizeStream",
        streams.synchronize_stream,
        params=_PARAMS,
        checks=(live_stream("e10"), _SYNC_CONTEXT, default_stream("e11")),
        kind=Kind.BLOCKING,
        keeps_gil=False,
        says="Wait for the tasks submitted before the call; then the stream's stored failure, once.",
        source="rules e11-e13",
    ),
    Row(
        "acl.rt.synchronize_stream_with_timeout",
        "aclrtSynchronizeStreamWithTimeout",
        _synchronize_in_time,
        params=(_STREAM, Param("timeout", "i", Ref.TIMEOUT_MS)),
        checks=(
            timeout_not_below("e12"),
            live_stream("e10"),
            timeout_not_zero("e12"),
            _SYNC_CONTEXT,
            default_stream("e11"),
        ),
        errors=(codes.ACL_ERROR_RT_STREAM_SYNC_TIMEOUT,),
        kind=Kind.BLOCKING,
        keeps_gil=False,
        says="The same, for so many milliseconds at most.",
        source="rule e12",
    ),
    Row(
        "acl.rt.stream_query",
        "aclrtStreamQuery",
        lambda rt, _me, stream: streams.query_stream(rt, stream),
        params=_PARAMS,
        checks=(live_stream("e14"), _SYNC_CONTEXT, default_stream("e14")),
        outs=("status",),
        failed=(0,),
        misfit="acl.rt.stream_query args parse failed!",
        says="0 complete, 1 not ready, for the whole queue; a failure does not show.",
        source="rules e11b, e14",
    ),
    Row(
        "acl.rt.stream_get_id",
        "aclrtStreamGetId",
        lambda _rt, _me, stream: (stream.index,),
        params=_PARAMS,
        checks=(live_stream("e22"), has_context("e22"), default_stream("e22")),
        outs=("stream_id",),
        failed=(0,),
        says="The stream's number on its device.",
        source="rule e22",
    ),
    Row(
        "acl.rt.get_stream_available_num",
        "aclrtGetStreamAvailableNum",
        _available,
        checks=(has_context("e6"),),
        outs=("count",),
        failed=(0,),
        says="How many streams the current device can still make.",
        source="rule e6",
    ),
    Row(
        "acl.rt.set_stream_failure_mode",
        "aclrtSetStreamFailureMode",
        lambda _rt, me, stream, mode: attributes.set_failure_mode(me, stream, mode),
        params=(_STREAM, Param("mode", "I")),
        checks=(live_stream("e18"),),
        errors=(
            codes.ACL_ERROR_RT_PARAM_INVALID,
            codes.ACL_ERROR_RT_CONTEXT_NULL,
            codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
            codes.ACL_ERROR_RT_STREAM_CONTEXT,
        ),
        misfit="acl.rt.set_stream_failure_mode args parse failed!",
        says="Continue (0) or stop (1) on failure; stop extends to the context and cannot be taken back.",
        source="rules e18, e19",
    ),
)
