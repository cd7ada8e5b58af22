"""Causes that lie in the state of the program: contexts, handles, subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.causes.failure import at, listed, made, named
from acl_api.table.row import Ref
from simulator.core.contexts import Context

if TYPE_CHECKING:
    from acl_api.causes.failure import Failure, Told
    from simulator.core.reports import Subscription
    from simulator.core.runtime import Runtime


def no_context(failure: Failure) -> Told | None:
    """107002: tell a thread that never had a context from one whose context is gone."""
    me = failure.me
    if failure.row.op == "destroy_context":
        return _not_destroyed(failure)
    if failure.of(Context) is not None:
        return None
    if me.context is None:
        what = f"thread {me.thread.name} never set a context, and a new thread has none"
    else:
        _, _, gone = failure.rt.graves.get(me.context.handle, (None, None, None))
        what = f"the context of thread {me.thread.name}, {named(me.context)}, was destroyed{at(gone)}"
    living = [context for device in failure.rt.devices for context in device.contexts]
    there = f"These exist: {listed(map(named, living))}. " if living else "No context exists. "
    return what, f"{there}Call acl.rt.set_device or acl.rt.set_context in this thread before other calls."


def _not_destroyed(failure: Failure) -> Told | None:
    context = cast("Context | None", failure.of(Context))
    if context is None:
        return bad_handle(failure)
    what = f"{named(context)} is a primary context, which is destroyed by acl.rt.reset_device only"
    return what, "Call acl.rt.reset_device once for each set_device; destroy what create_context has made."


def dead_context(failure: Failure) -> Told | None:
    """107000 out of set_context: say what the handle once was."""
    return bad_handle(failure) if failure.row.op == "set_context" else None


def other_context(failure: Failure) -> Told | None:
    """107003: name both contexts."""
    stream, current = failure.stream, failure.me.context
    if stream is None or current is None:
        return None
    what = (
        f"stream {made(stream)} belongs to {named(stream.context)}, but the current one of thread "
        f"{failure.me.thread.name} is {named(current)}"
    )
    return (
        what,
        "Call acl.rt.set_context with the stream's context first; set_device and create_context change it.",
    )


def bad_handle(failure: Failure) -> Told | None:
    """107017: say which argument it is, and what the handle once was."""
    handles = failure.rt.handles
    bad = next((i for i, param in enumerate(failure.row.params) if _is_bad(failure, i, param.refers)), None)
    if bad is None:
        return None
    handle, param = cast("int", failure.given[bad]), failure.row.params[bad]
    which = f"argument {bad + 1} ({param.name}) is {handle:#x}"
    buried = failure.rt.graves.get(handle)
    if buried is not None:
        label, made, gone = buried
        lines = [f"made{at(made)}"] if made else []
        lines.append(f"destroyed{at(gone)}")
        return f"{which}, {label}: {' and '.join(lines)}", "Do not use a handle after its destruction."
    thing = handles.live.get(handle)
    if thing is not None:
        kind = type(thing).__name__.lower()
        return f"{which}, the handle of another kind of object ({kind})", "Check the order of the arguments."
    if handles.was_issued(handle):
        return f"{which}, which is destroyed", "Do not use a handle after its destruction."
    return (
        f"{which}, which never was a handle",
        "Pass the number that the creating call returned, if its code was 0.",
    )


def _is_bad(failure: Failure, place: int, refers: Ref) -> bool:
    if refers not in (Ref.STREAM, Ref.EVENT, Ref.CONTEXT) or place >= len(failure.given):
        return False
    return bool(failure.given[place]) and isinstance(failure.values[place], int)


def not_subscribed(failure: Failure) -> Told:
    """107015: say who is subscribed instead, and that retrying cannot help."""
    stream = failure.stream
    which = "the stream" if stream is None else f"stream {made(stream)}"
    what = (
        f"no thread is subscribed to {which}, so nobody would run the callback; {_subscriptions(failure.rt)}"
    )
    return what, "Retrying cannot help: call acl.rt.subscribe_report(thread id, stream) before the launch."


def wrong_subscription(failure: Failure) -> Told | None:
    """107011 and 107012: say who is subscribed to what."""
    if failure.row.op not in (
        "subscribe_report",
        "unsubscribe_report",
        "launch_callback",
        "aclrtLaunchHostFunc",
    ):
        return None
    stream = failure.stream
    now = _subscriptions(failure.rt)
    bound = None if stream is None else stream.subscription
    if stream is None:
        return None
    if bound is None:
        what = f"stream {made(stream)} is subscribed to no thread"
    elif bound.internal:
        what = f"stream {made(stream)} is bound to the runtime's own thread, by aclrtLaunchHostFunc"
    else:
        what = f"stream {made(stream)} is subscribed to thread {bound.queue.thread_name}{at(bound.site)}"
    if failure.code == codes.ACL_ERROR_RT_THREAD_SUBSCRIBE and failure.row.op == "subscribe_report":
        queue = failure.rt.reports.by_ident.get(failure.given[0] or 0)
        home = "" if queue is None else f" is subscribed to streams of device {queue.device.index}, and"
        what = f"the thread{home} cannot serve stream {made(stream)} of device {stream.context.device.index}"
        return f"{what}; {now}", "Use one report thread per device."
    return f"{what}; {now}", _mend(failure.row.op, bound)


def _mend(op: str, bound: Subscription | None) -> str:
    if bound is None:
        return "Unsubscribe a stream once; to destroy it does that, too."
    if bound.internal:
        return "Use another stream: one that has run such a function stays the runtime's own."
    if op == "unsubscribe_report":
        return f"Pass the id of the thread that was subscribed: {bound.queue.ident}."
    return "A stream has one report thread: unsubscribe it there, with that thread's id, first."


def _subscriptions(rt: Runtime) -> str:
    told = [
        f"{stream.label} by thread {queue.thread_name} (id {queue.ident})"
        for queue in rt.reports.by_ident.values()
        for stream in queue.streams
    ]
    return f"subscribed now: {listed(told)}" if told else "no stream is subscribed now"
