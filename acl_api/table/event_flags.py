"""Rows: waits and records of events with a time limit or a flag (rule f15). Not in pyACL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.table.checks import live_event, live_stream, not_null, stream_here
from acl_api.table.event import refuse
from acl_api.table.row import Check, Kind, Param, Ref, Row
from simulator.core.events import Event, EventFlag, EventKind
from simulator.core.operations import events

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

_EVENT: Final = Param("event", "k", Ref.EVENT)
_STREAM: Final = Param("stream", "k", Ref.STREAM)
_FLAGS: Final = (0, 1)
_OUTSIDE: Final = 1
_SOURCE: Final = "rule f15; src/runtime/api/impl/api_error.cc"
_FLAG: Final = Check(
    "f15",
    codes.ACL_ERROR_INVALID_PARAM,
    "flag is neither 0 (default) nor 1 (external)",
    ("flag",),
    lambda _me, value: value not in _FLAGS,
)


def _no_outside(_me: Caller, given: object) -> bool:
    """Only events of the new kind that streams wait for are seen outside of a capture."""
    event, flag = cast("tuple[Event, int]", given)
    return flag == _OUTSIDE and (event.kind is not EventKind.NEW or event.flags != EventFlag.SYNC)


_SEEN_OUTSIDE: Final = Check(
    "f15",
    codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
    "flag is external, and the event is not of the new kind, with SYNC alone",
    ("event", "flag"),
    _no_outside,
)
_ERRORS: Final = (codes.ACL_ERROR_RT_PARAM_INVALID,)


def _within(rt: Runtime, me: Caller, stream: Stream, event: Event, seconds: int) -> object:
    # A product without the limit waits as long as it takes.
    known = rt.profile.features.event_wait_timeout
    return events.stream_wait_event(rt, me, stream, event, seconds if known else 0)


def _wait(rt: Runtime, me: Caller, stream: Stream, event: Event, timeout: int, flag: int) -> object:
    if flag == _OUTSIDE:
        return events.wait_outside(event)
    return _within(rt, me, stream, event, timeout)


def _record(rt: Runtime, me: Caller, event: Event, stream: Stream, flag: int) -> object:
    if flag == _OUTSIDE:
        return events.record_outside(event)
    return events.record_event(rt, me, event, stream)


ROWS = (
    Row(
        "aclrtStreamWaitEventWithTimeout",
        "aclrtStreamWaitEventWithTimeout",
        _within,
        params=(_STREAM, _EVENT, Param("timeout", "i")),
        checks=(
            Check(
                "f15",
                codes.ACL_ERROR_RT_PARAM_INVALID,
                "timeout is negative",
                ("timeout",),
                lambda _me, value: cast("int", value) < 0,
            ),
            not_null("event", codes.ACL_ERROR_RT_PARAM_INVALID, "f15"),
            live_event(),
            live_stream(),
            refuse("f5", "the event's kind has no wait task", no_wait_task=True),
            *stream_here("f8", "f8"),
        ),
        errors=_ERRORS,
        kind=Kind.ENQUEUE,
        says="Make later tasks of the stream wait for the latest record, so many seconds at most (0: for ever).",
        source=_SOURCE,
    ),
    Row(
        "aclrtStreamWaitEventWithFlag",
        "aclrtStreamWaitEventWithFlag",
        _wait,
        params=(_STREAM, _EVENT, Param("timeout", "I"), Param("flag", "I")),
        checks=(
            not_null("event", rule="f15"),
            _FLAG,
            Check(
                "f15",
                codes.ACL_ERROR_INVALID_PARAM,
                "flag is external, and timeout is not 0",
                ("timeout", "flag"),
                lambda _me, given: (
                    cast("tuple[int, int]", given)[1] == _OUTSIDE and cast("tuple[int, int]", given)[0] != 0
                ),
            ),
            live_event(),
            live_stream(),
            refuse("f5", "the event's kind has no wait task", no_wait_task=True),
            _SEEN_OUTSIDE,
            *stream_here("f8", "f8"),
        ),
        errors=(*_ERRORS, codes.ACL_ERROR_RT_STREAM_NOT_CAPTURED),
        kind=Kind.ENQUEUE,
        says="The same, or a wait for a record outside of a capture, of which there are none here.",
        source=_SOURCE,
    ),
    Row(
        "aclrtRecordEventWithFlag",
        "aclrtRecordEventWithFlag",
        _record,
        params=(_EVENT, _STREAM, Param("flag", "I")),
        checks=(
            not_null("event", rule="f15"),
            _FLAG,
            live_event(),
            live_stream(),
            _SEEN_OUTSIDE,
            *stream_here("f4", "f4"),
        ),
        errors=(*_ERRORS, codes.ACL_ERROR_RT_STREAM_NOT_CAPTURED),
        kind=Kind.ENQUEUE,
        says="Queue a record, or one to be seen outside of a capture, of which there are none here.",
        source=_SOURCE,
    ),
)
