"""Rows: aborting and stopping (rules e16, e17, g14)."""

from __future__ import annotations

from typing import Final, cast

from acl_api import codes
from acl_api.table.checks import (
    default_stream,
    device_feature,
    device_in_range,
    has_context,
    live_stream,
    not_null,
    same_context,
)
from acl_api.table.row import Check, Kind, Param, Ref, Row
from simulator.core.operations import aborts

_STREAM: Final = (Param("stream", "k", Ref.STREAM),)
_LONGEST_MS: Final = 2_160_000
_OLD_FIRMWARE: Final = "this product stops no streams"

ROWS = (
    Row(
        "acl.rt.stream_abort",
        "aclrtStreamAbort",
        aborts.stream_abort,
        params=_STREAM,
        checks=(
            live_stream("e16"),
            Check(
                "e16",
                codes.ACL_ERROR_RT_PARAM_INVALID,
                "no stream is given, and no current context has one",
                ("stream",),
                lambda me, value: value is None and me.live_context is None,
            ),
            has_context("e16"),
            default_stream("e16"),
            same_context("e16"),
            device_feature("stream_abort", _OLD_FIRMWARE, "e16"),
        ),
        errors=(codes.ACL_ERROR_RT_INTERNAL_ERROR, codes.ACL_ERROR_RT_WAIT_TIMEOUT),
        kind=Kind.BLOCKING,
        says="Stop the running task, drop those behind it; afterwards the stream goes on.",
        source="rule e16",
    ),
    Row(
        "acl.rt.device_task_abort",
        "aclrtDeviceTaskAbort",
        aborts.device_task_abort,
        params=(Param("device_id", "i"), Param("timeout", "I")),
        checks=(
            device_feature("stream_abort", _OLD_FIRMWARE, "g14"),
            Check(
                "g14",
                codes.ACL_ERROR_RT_PARAM_INVALID,
                f"timeout is above {_LONGEST_MS}",
                ("timeout",),
                lambda _me, value: cast("int", value) > _LONGEST_MS,
            ),
            device_in_range(rule="g14"),
        ),
        errors=(codes.ACL_ERROR_RT_CONTEXT_NULL, codes.ACL_ERROR_RT_WAIT_TIMEOUT),
        kind=Kind.BLOCKING,
        says="Drop all tasks of a device, in so many milliseconds at most (0: without limit).",
        source="rule g14; src/runtime/api/impl/api_impl.cc",
    ),
    Row(
        "aclrtStreamStop",
        "aclrtStreamStop",
        lambda rt, _me, stream: aborts.stream_stop(rt, stream),
        params=_STREAM,
        checks=(
            not_null("stream", codes.ACL_ERROR_RT_PARAM_INVALID, "e17"),
            live_stream("e17"),
            has_context("e17"),
            device_feature("stream_abort", _OLD_FIRMWARE, "e17"),
            same_context("e17"),
        ),
        says="Stop the running task and start no other; the tasks stay. Not in pyACL.",
        source="rule e17; what lets the stream go on is not known",
    ),
)
