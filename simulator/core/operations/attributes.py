"""What a program can set on its streams: failure mode, overflow switch, tag, priority (rules e5, e18, e20)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault
from simulator.core.operations.streams import CPU_SCHEDULE, DEVICE_USE_ONLY, PERSISTENT

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

FAILURE_MODE: Final = 1
OVERFLOW: Final = 2
TAG: Final = 3
CACHE: Final = 4
PRIORITY: Final = 5
# Streams with one of these are no place for a default priority to hold.
_NO_PRIORITY: Final = PERSISTENT | CPU_SCHEDULE | DEVICE_USE_ONLY


def set_attribute(rt: Runtime, me: Caller, stream: Stream | None, attr: int, value: int) -> Fault | None:
    """Set one attribute; what the product does not have is accepted without effect, but for the failure mode."""
    features = rt.profile.features
    if attr == FAILURE_MODE:
        return set_failure_mode(me, stream, value) if features.failure_mode else Fault.NOT_SUPPORTED
    if attr in (OVERFLOW, TAG) and not features.overflow_switch:
        return None
    if attr == OVERFLOW:
        return Fault.PARAM_INVALID if value > 1 else _store(me, stream, attr, value)
    if attr == TAG:
        return _store(me, stream, attr, value)
    if attr == CACHE:
        target = stream if stream is not None else _default(me)
        if target is None or value > 1:
            return Fault.PARAM_INVALID
        target.switches[CACHE] = value
        return None
    return _set_priority(rt, me, stream, value) if attr == PRIORITY else Fault.PARAM_INVALID


def get_attribute(rt: Runtime, me: Caller, stream: Stream | None, attr: int) -> int | Fault:
    """Return the value of one attribute."""
    if attr == PRIORITY:
        return _priority(me, stream)
    if attr in (FAILURE_MODE, CACHE):
        target = stream if stream is not None else _default(me)
        if target is None:
            return Fault.PARAM_INVALID
        return int(target.stop_on_failure) if attr == FAILURE_MODE else target.switches.get(CACHE, 0)
    if attr == TAG and not rt.profile.features.overflow_switch:
        return 0
    if attr not in (OVERFLOW, TAG):
        return Fault.PARAM_INVALID
    found = _here(me, stream)
    if isinstance(found, Fault):
        return found
    return found.switches.get(attr, 0) if rt.has_stars or attr == TAG else 1


def set_failure_mode(me: Caller, stream: Stream | None, mode: int) -> Fault | None:
    """Continue (0) or stop (1) on failure; stop extends to all streams of the context (rule e18)."""
    target = stream if stream is not None else _default(me)
    if target is None:
        return Fault.PARAM_INVALID
    if me.live_context is None:
        return Fault.CONTEXT_NULL
    stop = bool(mode & 1)
    if stop == target.stop_on_failure:
        return None
    if not stop:
        return Fault.NOT_SUPPORTED
    if target.context is not me.context:
        return Fault.STREAM_CONTEXT
    target.context.stop_on_failure = True
    for other in target.context.streams:
        other.stop_on_failure = True
    return None


def _default(me: Caller) -> Stream | None:
    context = me.live_context
    return None if context is None else context.default_stream


def _here(me: Caller, stream: Stream | None) -> Stream | Fault:
    """Return the stream that a call is about, which must be of the current context."""
    context = me.live_context
    if context is None:
        return Fault.CONTEXT_NULL
    target = stream if stream is not None else context.default_stream
    if target is None:
        return Fault.INTERNAL
    return target if target.context is context else Fault.STREAM_CONTEXT


def _store(me: Caller, stream: Stream | None, attr: int, value: int) -> Fault | None:
    found = _here(me, stream)
    if isinstance(found, Fault):
        return found
    found.switches[attr] = value
    return None


def _set_priority(rt: Runtime, me: Caller, stream: Stream | None, value: int) -> Fault | None:
    if stream is None:
        return Fault.PARAM_INVALID
    wrong = _no_priority(me, stream)
    if wrong is not None:
        return wrong
    limits, signed = rt.profile.limits, value - (1 << 32) if value >> 31 else value
    # Tasks that stand in line already keep the priority that they came with.
    stream.priority = max(limits.priority_greatest, min(signed, limits.priority_least))
    return None


def _priority(me: Caller, stream: Stream | None) -> int | Fault:
    if stream is None:
        return Fault.PARAM_INVALID
    return _no_priority(me, stream) or stream.priority


def _no_priority(me: Caller, stream: Stream) -> Fault | None:
    if stream.flags & _NO_PRIORITY:
        return Fault.NOT_SUPPORTED
    return Fault.CONTEXT_NULL if me.live_context is None else None
