"""Checks that many rows share: handles, contexts, streams, null pointers, timeouts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast

from acl_api import codes
from acl_api.table.row import MISSING, Check
from simulator.core.contexts import Context
from simulator.core.devices import Device
from simulator.core.events import Event
from simulator.core.streams import Stream

if TYPE_CHECKING:
    from simulator.base.features import Features
    from simulator.core.runtime import Caller

_INT32 = 1 << 31
# `Check.quick` of all checks that want a live current context.
LIVE_CONTEXT = "(here := me.context) is not None and here.alive"


def live_handle(name: str, kind: type[object], *, rule: str = "0.3") -> Check:
    """Replace a handle by its object; NULL passes as None; a stale, forged or foreign one gives 107017."""

    def lookup(me: Caller, value: object) -> object:
        if value == 0:
            return None
        found = me.rt.handles.live.get(cast("int", value))
        if isinstance(found, kind):
            return found
        me.rt.note(*_bad_handle(me, cast("int", value), found, kind))
        return MISSING

    says = f"{name} is destroyed or of another kind"
    quick = f"type(found := live({name})) is {kind.__name__}"
    code = codes.ACL_ERROR_RT_INVALID_HANDLE
    return Check(rule, code, says, (name,), lookup=lookup, quick=quick, knows=(kind,))


def _bad_handle(me: Caller, value: int, found: object, kind: type[object]) -> tuple[str, str, str]:
    wanted = kind.__name__.lower()
    if found is not None:
        return "foreign-handle", f"a {type(found).__name__.lower()} handle was passed as a {wanted}", "0.3"
    if me.rt.handles.was_issued(value):
        return "stale-handle", f"the handle of a {wanted} that is destroyed was used", "0.3"
    # The vendor's code would read memory at this address: undefined there, a code and a finding here.
    return "forged-handle", f"a number that never was a handle was passed as a {wanted}", "0.3"


def of_kind(name: str, kind: type[object]) -> tuple[Check, Check]:
    """Replace a handle of the ACL layer's own objects: NULL and a wrong one are both bad parameters, 100000."""
    found = live_handle(name, kind)
    says = f"{name} is no live {kind.__name__}"
    return not_null(name), replace(found, rule="0.2", code=codes.ACL_ERROR_INVALID_PARAM, says=says)


def alive(name: str, kind: type[object]) -> Check:
    """Check a handle as `of_kind` does, but keep the number itself."""
    lookup = live_handle(name, kind).lookup

    def test(me: Caller, value: object) -> bool:
        return value == 0 or lookup is None or lookup(me, value) is MISSING

    says = f"{name} is no live {kind.__name__}"
    quick = f"type(live({name})) is {kind.__name__}"
    return Check("0.2", codes.ACL_ERROR_INVALID_PARAM, says, (name,), test, quick=quick, knows=(kind,))


def live_stream(rule: str = "0.3") -> Check:
    """Replace the parameter `stream` by its object; NULL stays None until `default_stream`."""
    return live_handle("stream", Stream, rule=rule)


def live_event(name: str = "event", rule: str = "0.3") -> Check:
    """Replace an event handle by its object."""
    return live_handle(name, Event, rule=rule)


def not_null(name: str, code: int = codes.ACL_ERROR_INVALID_PARAM, rule: str = "0.2") -> Check:
    """Refuse a null pointer or handle, or no size; 100000 where the ACL layer checks (rule 0.2)."""
    says = f"{name} is {'0' if name.endswith('size') else 'null'}"
    quick = f"({name} if type({name}) is int else {name} is not None)"
    return Check(rule, code, says, (name,), _is_null, quick=quick, null=name)


def positive(name: str) -> Check:
    """Refuse the number 0 where the vendor's code asks for one above it."""
    return Check("0.2", codes.ACL_ERROR_INVALID_PARAM, f"{name} is 0", (name,), lambda _me, value: value == 0)


def _is_null(_me: Caller, value: object) -> bool:
    return value is None or (type(value) is int and value == 0)


def has_context(rule: str) -> Check:
    """Require a live current context: else 107002."""
    return Check(
        rule,
        codes.ACL_ERROR_RT_CONTEXT_NULL,
        "the calling thread has no live context",
        (),
        lambda me, _value: me.live_context is None,
        quick=LIVE_CONTEXT,
    )


def default_stream(rule: str) -> Check:
    """Replace NULL by the default stream of the current context: 507000 when there is none."""

    def lookup(me: Caller, value: object) -> object:
        if value is not None:
            return value
        context = me.live_context
        return MISSING if context is None or context.default_stream is None else context.default_stream

    says = "the default stream is missing"
    code, quick = codes.ACL_ERROR_RT_INTERNAL_ERROR, "(found := stream) is not None"
    return Check(rule, code, says, ("stream",), lookup=lookup, quick=quick, null="stream")


def same_context(rule: str) -> Check:
    """Require the stream to belong to the current context: else 107003."""
    return Check(
        rule,
        codes.ACL_ERROR_RT_STREAM_CONTEXT,
        "the stream belongs to another context",
        ("stream",),
        lambda me, stream: cast("Stream", stream).context is not me.context,
        quick="stream.context is me.context",
    )


def same_context_or_null(rule: str) -> Check:
    """The same, for a stream that may be NULL."""
    found = same_context(rule)
    return replace(
        found,
        test=lambda me, stream: stream is not None and cast("Stream", stream).context is not me.context,
        quick="",
    )


def stream_here(context_rule: str, rule: str) -> tuple[Check, ...]:
    """The usual three: a current context, NULL as its default stream, and no stream of another context."""
    return has_context(context_rule), default_stream(context_rule), same_context(rule)


def unsupported(rule: str, says: str, test: Callable[[Features], bool], on: tuple[str, ...] = ()) -> Check:
    """Refuse with 207000 what the product has not: *test* looks at its features."""
    code = codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT
    return Check(rule, code, says, on, lambda me, _value: test(me.rt.profile.features))


def not_bound_by_runtime(rule: str) -> Check:
    """Refuse a non-null stream bound to the runtime's own callback thread: 107011 (rules a4, b5, b12)."""

    def bound(_me: Caller, value: object) -> bool:
        if value is None:
            return False
        subscription = cast("Stream", value).subscription
        return subscription is not None and subscription.internal

    says = "the stream is bound to the runtime's own callback thread"
    quick = "stream is not None and ((bound := stream.subscription) is None or not bound.internal)"
    return Check(rule, codes.ACL_ERROR_RT_STREAM_SUBSCRIBE, says, ("stream",), bound, quick=quick)


def device_in_range(name: str = "device_id", rule: str = "g5") -> Check:
    """Replace a device number by its device: 107001 outside [0, count)."""

    def lookup(me: Caller, value: object) -> object:
        number = as_int32(cast("int", value))
        return me.rt.devices[number] if 0 <= number < len(me.rt.devices) else MISSING

    says = f"{name} is not a device of this machine"
    return Check(rule, codes.ACL_ERROR_RT_INVALID_DEVICEID, says, (name,), lookup=lookup)


def device_feature(feature: str, says: str, rule: str) -> Check:
    """Refuse a call on products whose profile lacks *feature*: 207000."""
    code = codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT
    return Check(rule, code, says, (), lambda me, _value: not getattr(me.rt.profile.features, feature))


def timeout_not_below(rule: str) -> Check:
    """Refuse timeouts below -1 with 107000, in the ACL layer and so before the handles (rule e12)."""
    return Check(
        rule,
        codes.ACL_ERROR_RT_PARAM_INVALID,
        "timeout is below -1",
        ("timeout",),
        lambda _me, value: cast("int", value) < -1,
        quick="timeout >= -1",
    )


def timeout_not_zero(rule: str) -> Check:
    """Refuse the timeout 0 with 107000, in the runtime layer and so after the handles (rules 0.1, e12)."""
    code, says = codes.ACL_ERROR_RT_PARAM_INVALID, "timeout is 0"
    return Check(rule, code, says, ("timeout",), lambda _me, value: value == 0, quick="timeout != 0")


def as_int32(value: int) -> int:
    """Read the low 32 bits as a signed number, as a C int32_t does."""
    low = value & 0xFFFF_FFFF
    return low - (1 << 32) if low >= _INT32 else low


T = TypeVar("T")


def sure(kind: type[T], value: object) -> T:  # noqa: ARG001 - only its type is wanted
    """Narrow a checked value to the type its checks have established."""
    return cast("T", value)


def current_device(me: Caller) -> Device:
    """Return the device of the current context, which a check has established."""
    return sure(Context, me.context).device
