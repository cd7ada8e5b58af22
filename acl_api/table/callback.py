"""Rows: callbacks, report threads and host functions (rules a-d)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.table.checks import (
    default_stream,
    has_context,
    live_stream,
    not_bound_by_runtime,
    not_null,
    same_context,
)
from acl_api.table.row import Check, Kind, Param, Ref, Row
from simulator.base.profile import Lowering
from simulator.core.operations import launches, reports

if TYPE_CHECKING:
    from simulator.core.runtime import Caller
    from simulator.core.streams import Stream

BLOCK = 1
_BLOCK_TYPES = (0, BLOCK)
_STREAM = Param("stream", "k", Ref.STREAM)
_THREAD = Param("thread_id", "K", Ref.THREAD)


def _not_subscribed(me: Caller, _value: object) -> bool:
    if me.thread.ident in me.rt.reports.by_ident:
        return False
    # Rule c2: at once and without a log, so a polling loop spins until somebody subscribes it.
    me.rt.host.spin("process_report")
    return True


def _no_report_context(me: Caller, _value: object) -> bool:
    queue = me.rt.reports.by_ident[me.thread.ident]
    if queue.device.primary is not None or me.live_context is not None:
        return False
    # At once, like rule c2: a loop that goes on polling after a reset must let the others go on too.
    me.rt.host.spin("process_report", queue)
    return True


def _subscribe_needs_context(me: Caller, value: object) -> bool:
    """STARS and 950 make their event or notify first; the others look at the context only for NULL (rule b7)."""
    needed = value is None or me.rt.profile.lowering is not Lowering.ACK
    return needed and me.live_context is None


def _bound_elsewhere(_me: Caller, value: object) -> bool:
    """Rule d1: a non-null stream that the user subscribed."""
    if value is None:
        return False
    subscription = cast("Stream", value).subscription
    return subscription is not None and not subscription.internal


def _other_thread(_me: Caller, value: object) -> bool:
    ident, stream = cast("tuple[int, Stream]", value)
    subscription = stream.subscription
    return subscription is not None and subscription.queue.ident != ident


_NULL_NEEDS_CONTEXT = Check(
    "b6",
    codes.ACL_ERROR_RT_CONTEXT_NULL,
    "stream is NULL and the thread has no live context",
    ("stream",),
    lambda me, value: value is None and me.live_context is None,
)

ROWS = (
    Row(
        "acl.rt.subscribe_report",
        "aclrtSubscribeReport",
        lambda rt, _me, ident, stream: reports.subscribe_report(rt, ident, stream),
        params=(_THREAD, _STREAM),
        checks=(
            live_stream("b7b"),
            not_bound_by_runtime("b5"),
            Check(
                "b7b",
                codes.ACL_ERROR_RT_CONTEXT_NULL,
                "the calling thread has no live context (STARS and 950; elsewhere only for NULL)",
                ("stream",),
                _subscribe_needs_context,
            ),
            default_stream("b6"),
        ),
        errors=(
            codes.ACL_ERROR_RT_NO_EVENT_RESOURCE,
            codes.ACL_ERROR_RT_NO_NOTIFY_RESOURCE,
            codes.ACL_ERROR_RT_STREAM_SUBSCRIBE,
            codes.ACL_ERROR_RT_THREAD_SUBSCRIBE,
            codes.ACL_ERROR_RT_INTERNAL_ERROR,
        ),
        says="Bind a stream to the thread that will run its callbacks; the id is not checked.",
        source="rules b1-b9",
    ),
    Row(
        "acl.rt.unsubscribe_report",
        "aclrtUnSubscribeReport",
        lambda rt, me, _ident, stream: reports.unsubscribe_report(rt, me, stream),
        params=(_THREAD, _STREAM),
        checks=(
            live_stream("b12"),
            not_bound_by_runtime("b12"),
            _NULL_NEEDS_CONTEXT,
            default_stream("b6"),
            Check(
                "b12",
                codes.ACL_ERROR_RT_STREAM_SUBSCRIBE,
                "the stream is not subscribed",
                ("stream",),
                lambda _me, stream: cast("Stream", stream).subscription is None,
            ),
            Check(
                "b12",
                codes.ACL_ERROR_RT_THREAD_SUBSCRIBE,
                "the stream is subscribed to another thread",
                ("thread_id", "stream"),
                _other_thread,
            ),
        ),
        kind=Kind.BLOCKING,
        says="Unbind a stream; on STARS this waits for its blocking callbacks, and can deadlock with them.",
        source="rules b12-b16 (the deadlock is INFERRED)",
    ),
    Row(
        "acl.rt.launch_callback",
        "aclrtLaunchCallback",
        launches.launch_callback,
        params=(
            Param("fn", "O", Ref.FUNCTION),
            Param("user_data_list", "O", Ref.ANY),
            Param("block_type", "i"),
            _STREAM,
        ),
        checks=(
            Check(
                "a1",
                codes.ACL_ERROR_INVALID_PARAM,
                "block_type is neither 0 (NO_BLOCK) nor 1 (BLOCK)",
                ("block_type",),
                lambda _me, value: value not in _BLOCK_TYPES,
                quick="0 <= block_type <= 1",
            ),
            live_stream("a2"),
            not_null("fn", codes.ACL_ERROR_RT_PARAM_INVALID, "a3"),
            not_bound_by_runtime("a4"),
            has_context("a5"),
            default_stream("a6"),
            same_context("a7"),
            Check(
                "a8",
                codes.ACL_ERROR_RT_STREAM_NO_CB_REG,
                "no thread is subscribed to the stream",
                ("stream",),
                lambda _me, stream: cast("Stream", stream).subscription is None,
                quick="stream.subscription is not None",
            ),
        ),
        errors=(codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,),
        kind=Kind.ENQUEUE,
        says="Queue a callback for the subscribed thread; BLOCK holds the stream until it has run.",
        source="rules a1-a19",
    ),
    Row(
        "acl.rt.process_report",
        "aclrtProcessReport",
        reports.process_report,
        params=(Param("timeout", "i", Ref.TIMEOUT_MS),),
        checks=(
            Check(
                "c1",
                codes.ACL_ERROR_INVALID_PARAM,
                "timeout is neither -1 nor positive",
                ("timeout",),
                lambda _me, value: cast("int", value) < -1 or value == 0,
                quick="(timeout > 0 or timeout == -1)",
            ),
            Check(
                "c2",
                codes.ACL_ERROR_RT_THREAD_SUBSCRIBE,
                "the thread is not subscribed",
                (),
                _not_subscribed,
                quick="(found := rt.reports.by_ident.get(me.thread.ident)) is not None",
            ),
            Check(
                "c6",
                codes.ACL_ERROR_RT_CONTEXT_NULL,
                "neither the device's primary context nor a current one is alive",
                (),
                _no_report_context,
                quick="found.device.primary is not None",  # what the check before has found
            ),
        ),
        errors=(codes.ACL_ERROR_RT_REPORT_TIMEOUT, codes.ACL_ERROR_RT_STREAM_SUBSCRIBE),
        kind=Kind.BLOCKING,
        keeps_gil=False,
        says="Wait once for reports, then run every callback that is ready, in order.",
        source="rules c1-c12",
    ),
    Row(
        "aclrtLaunchHostFunc",
        "aclrtLaunchHostFunc",
        launches.launch_host_func,
        params=(_STREAM, Param("fn", "O", Ref.FUNCTION), Param("args", "O", Ref.ANY)),
        checks=(
            live_stream("d1"),
            not_null("fn", codes.ACL_ERROR_RT_PARAM_INVALID, "d1"),
            Check(
                "d1",
                codes.ACL_ERROR_RT_STREAM_SUBSCRIBE,
                "the stream is subscribed by the user",
                ("stream",),
                _bound_elsewhere,
            ),
            has_context("d1"),
            default_stream("d1"),
            same_context("d1"),
        ),
        errors=(
            codes.ACL_ERROR_RT_NO_EVENT_RESOURCE,
            codes.ACL_ERROR_RT_NO_NOTIFY_RESOURCE,
            codes.ACL_ERROR_RT_INTERNAL_ERROR,
        ),
        kind=Kind.ENQUEUE,
        says="Queue a blocking function for the runtime's own thread of the context. Not in pyACL.",
        source="rules d1-d7",
    ),
)
