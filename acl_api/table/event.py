"""Rows: events of the old and the new kind (rules f1-f14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.table.checks import (
    has_context,
    live_event,
    live_stream,
    not_null,
    stream_here,
    timeout_not_below,
    timeout_not_zero,
)
from acl_api.table.row import CPYTHON, Check, Kind, Param, Ref, Row, Run
from simulator.base.units import timeout_ns
from simulator.core.events import Event, EventFlag, EventKind, ex_flags_valid, flags_stand_alone
from simulator.core.operations import events

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

_EVENT = Param("event", "k", Ref.EVENT)
_STREAM = Param("stream", "k", Ref.STREAM)
_FLAG = Param("flag", "I")
_NEW = ("event",)
_UNSUPPORTED = codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT


def handles(*names: str) -> tuple[Check, ...]:
    """NULL is refused by the ACL layer, a dead handle by the runtime (rules 0.2, 0.3)."""
    names = names or ("event",)
    return (*(not_null(name) for name in names), *(live_event(name) for name in names))


def refuse(rule: str, says: str, refused: int = 0, *, new: bool = False, no_wait_task: bool = False) -> Check:
    """Answer 207000 for kinds of events a call does not serve."""

    def test(_me: Caller, value: object) -> bool:
        event = cast("Event", value)
        return (
            (new and event.kind is EventKind.NEW)
            or bool(event.flags & refused)
            or (no_wait_task and not event.has_wait_task)
        )

    quick = "event.has_wait_task" if no_wait_task and not new and not refused else ""
    return Check(rule, _UNSUPPORTED, says, ("event",), test, quick=quick)


def _synchronize_in_time(rt: Runtime, me: Caller, event: Event, timeout: int) -> object:
    return events.synchronize_event(rt, me, event, timeout_ns(timeout), "synchronize_event_with_timeout")


def _create(kind: EventKind) -> Run:
    def run(rt: Runtime, me: Caller, flags: int = events.DEFAULT_FLAGS) -> object:
        return events.create_event(rt, me, kind, flags)

    return run


def _wait(rt: Runtime, me: Caller, stream: Stream, event: Event) -> object:
    return events.stream_wait_event(rt, me, stream, event)


def _reset(rt: Runtime, me: Caller, event: Event, stream: Stream) -> object:
    return events.reset_event(rt, me, event, stream)


_SYNC_EXTERNAL = refuse("f11", "an external event", EventFlag.EXTERNAL)
_TIMES = (*handles("start", "end"),)

ROWS = (
    Row(
        "acl.rt.create_event",
        "aclrtCreateEvent",
        _create(EventKind.OLD),
        checks=(has_context("f2"),),
        outs=_NEW,
        failed=(0,),
        says="Create a default event of the old kind; it takes an id at its first record.",
        source="rules f2, f3",
    ),
    Row(
        "acl.rt.create_event_with_flag",
        "aclrtCreateEventWithFlag",
        _create(EventKind.OLD),
        params=(_FLAG,),
        checks=(
            Check(
                "f1",
                codes.ACL_ERROR_RT_PARAM_INVALID,
                "DEVICE_USE_ONLY or EXTERNAL stands with another flag",
                ("flag",),
                lambda _me, value: not flags_stand_alone(cast("int", value)),
            ),
            has_context("f2"),
        ),
        outs=_NEW,
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_NO_EVENT_RESOURCE,),
        says="Create an event of the old kind with flags.",
        source="rules f1-f3",
    ),
    Row(
        "acl.rt.create_event_ex_with_flag",
        "aclrtCreateEventExWithFlag",
        _create(EventKind.NEW),
        params=(_FLAG,),
        checks=(
            Check(
                "f1",
                codes.ACL_ERROR_RT_PARAM_INVALID,
                "none of the flags 1, 2, 4, 8, 0x40, or another one, or 0x40 with another",
                ("flag",),
                lambda _me, value: not ex_flags_valid(cast("int", value)),
            ),
            has_context("f2"),
        ),
        outs=_NEW,
        failed=(0,),
        says="Create an event of the new kind; the hardware's count does not bound it.",
        source="rules f1-f3",
    ),
    Row(
        "acl.rt.destroy_event",
        "aclrtDestroyEvent",
        lambda rt, _me, event: events.destroy_event(rt, event),
        params=(_EVENT,),
        checks=handles(),
        says="Destroy at once; tasks that use the event go on.",
        source="rule f14",
    ),
    Row(
        "acl.rt.record_event",
        "aclrtRecordEvent",
        events.record_event,
        params=(_EVENT, _STREAM),
        checks=(not_null("event", rule="f4"), live_event(), live_stream(), *stream_here("f4", "f4")),
        kind=Kind.ENQUEUE,
        says="Queue a record; queries, syncs and waits see the latest one.",
        source="rule f4",
    ),
    Row(
        "acl.rt.reset_event",
        "aclrtResetEvent",
        _reset,
        params=(_EVENT, _STREAM),
        checks=(
            *handles(),
            live_stream(),
            refuse("f12", "not an old event with a wait task", EventFlag.IPC, new=True, no_wait_task=True),
            *stream_here("f12", "f12"),
        ),
        kind=Kind.ENQUEUE,
        says="Queue a reset of the event's flag.",
        source="rule f12",
    ),
    Row(
        "acl.rt.stream_wait_event",
        "aclrtStreamWaitEvent",
        _wait,
        params=(_STREAM, _EVENT),
        checks=(
            not_null("event", rule="f5"),
            live_event(),
            live_stream(),
            refuse("f5", "the event's kind has no wait task", no_wait_task=True),
            *stream_here("f8", "f8"),
        ),
        errors=(codes.ACL_ERROR_RT_PARAM_INVALID,),
        kind=Kind.ENQUEUE,
        keeps_gil=False,
        says="Make later tasks of the stream wait for the record that is latest now.",
        source="rules f5-f8",
    ),
    Row(
        "acl.rt.query_event",
        "aclrtQueryEvent",
        lambda rt, _me, event: events.query_event(rt, event),
        params=(_EVENT,),
        checks=(
            *handles(),
            refuse("f9", "a new, external or IPC event", EventFlag.EXTERNAL | EventFlag.IPC, new=True),
        ),
        outs=("status",),
        failed=(0,),
        says="0 complete, 1 not ready (deprecated).",
        source="rule f9",
    ),
    Row(
        "acl.rt.query_event_status",
        "aclrtQueryEventStatus",
        lambda rt, _me, event: events.query_event_status(rt, event),
        params=(_EVENT,),
        checks=(*handles(), refuse("f9", "an external or IPC event", EventFlag.EXTERNAL | EventFlag.IPC)),
        outs=("status",),
        failed=(0,),
        says="1 complete, 0 not ready.",
        source="rule f9",
    ),
    Row(
        "acl.rt.query_event_wait_status",
        "aclrtQueryEventWaitStatus",
        lambda rt, _me, event: events.query_event_wait_status(rt, event),
        params=(_EVENT,),
        checks=(*handles(), refuse("f10", "an event of the new kind", new=True)),
        outs=("status",),
        failed=(0,),
        says="0 when no wait task of the event is outstanding, else 1.",
        source="rule f10",
    ),
    Row(
        "acl.rt.synchronize_event",
        "aclrtSynchronizeEvent",
        events.synchronize_event,
        params=(_EVENT,),
        checks=(*handles(), _SYNC_EXTERNAL),
        kind=Kind.BLOCKING,
        keeps_gil=False,
        says="Wait for the latest record; an event never recorded is no wait.",
        source="rule f11",
    ),
    Row(
        "acl.rt.synchronize_event_with_timeout",
        "aclrtSynchronizeEventWithTimeout",
        _synchronize_in_time,
        params=(_EVENT, Param("timeout", "i", Ref.TIMEOUT_MS)),
        checks=(
            timeout_not_below("f11"),
            *handles(),
            timeout_not_zero("f11"),
            _SYNC_EXTERNAL,
        ),
        errors=(codes.ACL_ERROR_RT_EVENT_SYNC_TIMEOUT,),
        kind=Kind.BLOCKING,
        keeps_gil=False,
        says="The same, for so many milliseconds at most.",
        source="rules f11, e12",
    ),
    Row(
        "acl.rt.event_elapsed_time",
        "aclrtEventElapsedTime",
        lambda _rt, _me, start, end: events.elapsed_ms(start, end),
        params=(Param("start", "k", Ref.EVENT), Param("end", "k", Ref.EVENT)),
        checks=_TIMES,
        outs=("ms",),
        failed=(0.0,),
        errors=(codes.ACL_ERROR_RT_INTERNAL_ERROR, codes.ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID),
        says="Milliseconds between two recorded stamps; negative when reversed.",
        source="rule f13",
    ),
    Row(
        "acl.rt.event_get_timestamp",
        "aclrtEventGetTimestamp",
        lambda _rt, _me, event: events.timestamp_us(event),
        params=(_EVENT,),
        checks=handles(),
        outs=("timestamp",),
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_INTERNAL_ERROR, codes.ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID),
        says="The latest record's stamp in microseconds.",
        source="rule f13",
    ),
    Row(
        "acl.rt.get_event_id",
        "aclrtGetEventId",
        lambda _rt, _me, event: events.event_id(event),
        params=(_EVENT,),
        checks=(*handles(), refuse("f9", "an IPC event", EventFlag.IPC)),
        outs=("event_id",),
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_INTERNAL_ERROR,),
        misfit=CPYTHON,
        says="The event's number; the default event and the new kind have none before their first record.",
        source="rule f3; src/runtime/core/src/event/event.cc; the numbers of the new kind are INFERRED",
    ),
    Row(
        "acl.rt.get_event_avail_num",
        "aclrtGetEventAvailNum",
        lambda _rt, me: (me.context.device.event_ids.limit - me.context.device.events_used,),
        checks=(has_context("f3"),),
        outs=("count",),
        failed=(0,),
        says="How many event ids the current device has left.",
        source="rule f3; pyACL rt",
    ),
)
