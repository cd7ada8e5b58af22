"""Launching callbacks and host functions, and the runtime's own thread that runs the latter (rules a, d)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault
from simulator.core import lowering
from simulator.core.operations import reports
from simulator.core.operations.submit import put, submit
from simulator.core.reports import ReportQueue, Subscription
from simulator.core.tasks import Task
from simulator.engine.hosts.sites import call_site

if TYPE_CHECKING:
    from simulator.core.contexts import Context
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream
    from simulator.engine.hosts.sites import Site

_BLOCK: Final = 1
# Frames up from `call_site` in `launch_callback`: behind it stand the compiled row and the function of the surface.
_PROGRAM: Final = 4


def launch_callback(
    rt: Runtime,
    me: Caller,
    fn: Callable[[object], object],
    data: object,
    block: int,
    stream: Stream,
    kind: str = "callback",
) -> object:
    """Queue a callback for the thread subscribed to *stream*; *block* is 1 or 0 (rules a12-a15)."""
    if stream.context.stop_code:
        return stream.context.stop_code
    lower = rt.lower_blocking
    if not block:
        kind, lower = "callback-no-block", lowering.no_block
        if rt.no_block_reserved and _is_rejected(rt):
            return Fault.NOT_SUPPORTED

    # The subscription found now stays the callback's, also if it is gone when a full stream has room (rule
    # b16).
    subscription: Subscription = stream.subscription  # type: ignore[assignment]  # a check has seen it
    sites = rt.sites
    site = call_site(me.thread, _PROGRAM) if sites else me.thread.site

    if stream.sender is not None or len(stream.queue) >= stream.depth:
        make = partial(_lowered, lower, stream, subscription, fn, data, site)
        return submit(rt, me, stream, make, kind, site=site)
    # `_lowered` written out: nearly every launch finds room.
    tasks = lower(stream, subscription, fn, data, site)
    count = len(tasks)
    if block:
        stream.last_blocking = stream.submitted + count
    if sites or count > 1:
        waits = put(rt, me, stream, tasks, kind, None, site)
        if waits is not None:
            return waits
    else:  # `put_one` written out
        stream.queue.append(tasks[0])
        stream.submitted += 1
        if not stream.busy:
            stream.wake()
    if rt.asks and not (rt.trace is not None and rt.trace.isolated):
        # The function may run before the program does what stands behind the launch, and both may touch the same.
        rt.host.point("launched")
    return None


def _is_rejected(rt: Runtime) -> bool:
    """Tell whether a run refuses non-blocking callbacks where they are reserved; else that is a finding."""
    if rt.options.no_block == "reject":
        return True
    rt.note(
        "no-block-reserved",
        f"a non-blocking callback was launched on {rt.profile.key}, where the vendor reserves it; "
        "what hardware does is not known",
        "a1b",
    )
    return False


def launch_host_func(
    rt: Runtime, me: Caller, stream: Stream, fn: Callable[[object], object], data: object
) -> object:
    """Queue a blocking function for the runtime's own thread of the context (rules d2-d6)."""
    if stream.context.stop_code:
        return stream.context.stop_code
    if stream.subscription is None:
        fault = reports.signal_ids_left(stream.context.device)
        if fault is not None:
            return fault
        queue = _hidden_queue(rt, stream.context)
        if queue is None:
            return Fault.CALLBACK_GROUPS_EXHAUSTED
        reports.subscribe_stream(rt, stream, queue, internal=True)
    return launch_callback(rt, me, fn, data, _BLOCK, stream, "host-func")


def _lowered(
    lower: lowering.Lower,
    stream: Stream,
    subscription: Subscription,
    fn: Callable[[object], object],
    data: object,
    site: Site,
) -> tuple[Task, ...]:
    tasks = lower(stream, subscription, fn, data, site)
    if lower is not lowering.no_block:
        stream.last_blocking = stream.submitted + len(tasks)
    return tasks


def _hidden_queue(rt: Runtime, context: Context) -> ReportQueue | None:
    """Return the queue of the context's own callback thread, started at first use (rule d3)."""
    if context.hidden_queue is not None:
        return context.hidden_queue
    device = context.device
    if rt.reports.groups_on(device) >= device.profile.limits.callback_groups:
        return None
    thread = rt.host.thread(f"callback thread of {context.label}", daemon=True, internal=True)
    queue = context.hidden_queue = reports.new_queue(rt, thread.ident, thread.name, device)
    rt.host.start(thread, partial(_serve, rt, context, queue))
    return queue


def _serve(rt: Runtime, context: Context, queue: ReportQueue) -> None:
    """Run the functions of *context* on its own thread until its queue is closed (rule d3)."""
    rt.host.enter()
    try:
        me = rt.caller()
        me.context = context
        while queue.open:
            if not queue.ready:
                # The real thread polls every 1000 ms, quietly (rule d3); here it simply waits.
                rt.host.wait(queue.wait_arrival())
            if queue.ready:
                reports.run_all(rt, me, queue.take())
    finally:
        rt.host.leave()
