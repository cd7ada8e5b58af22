"""Subscriptions, callbacks and process_report (rules a-d)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from simulator.base.errors import Fault
from simulator.base.profile import Lowering
from simulator.base.trace import (
    CallbackEnded,
    CallbackReleased,
    CallbackStarted,
    ReportLost,
    Subscribed,
    Unsubscribed,
)
from simulator.core import lowering
from simulator.core.operations.submit import put, submit
from simulator.core.reports import ReportQueue, Subscription
from simulator.core.signals import Notify, Signal
from simulator.core.tasks import CallbackTask, Task
from simulator.engine.wait import Outcome, Wait

if TYPE_CHECKING:
    from simulator.core.contexts import Context
    from simulator.core.devices import Device
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream
    from simulator.engine.hosts.thread import Place


class Batch:
    """Reports one process_report has taken, in order; `left` are those not begun yet (`run_batch` runs them)."""

    __slots__ = ("left", "queue")

    def __init__(self, queue: ReportQueue) -> None:
        self.queue = queue
        self.left = deque(queue.take())

    def __repr__(self) -> str:
        return f"<batch with {len(self.left)} left from {self.queue}>"


# -- subscribing ---------------------------------------------------------------------------------------------------


def subscribe_report(rt: Runtime, ident: int, stream: Stream) -> Fault | None:
    """Bind *stream* to the thread with id *ident*, which nobody checks (rules b1, b7b, in that order)."""
    device = stream.context.device
    fault = _signal_ids_left(device)
    if fault is not None:
        return fault
    if stream.subscription is not None:
        return Fault.STREAM_SUBSCRIBE
    queue = rt.reports.by_ident.get(ident)
    if queue is not None and queue.device is not device:
        return Fault.THREAD_SUBSCRIBE
    if queue is None:
        if rt.reports.groups_on(device) >= device.profile.limits.callback_groups:
            return Fault.CALLBACK_GROUPS_EXHAUSTED
        queue = ReportQueue(ident, rt.thread_name(ident), device, rt.costs.report_ns)
        rt.reports.by_ident[ident] = queue
    subscribe_stream(rt, stream, queue, internal=False)
    return None


def _signal_ids_left(device: Device) -> Fault | None:
    """Each subscription costs one event id on STARS, one notify id on 950 (rule b7b)."""
    limits = device.profile.limits
    if device.profile.lowering is Lowering.STARS and device.events_used >= limits.events:
        return Fault.EVENTS_EXHAUSTED
    if device.profile.lowering is Lowering.NOTIFY and device.notifies_used >= limits.notifies:
        return Fault.NOTIFIES_EXHAUSTED
    return None


def subscribe_stream(rt: Runtime, stream: Stream, queue: ReportQueue, *, internal: bool) -> None:
    """Make the subscription, with the event or notify its blocking callbacks will reuse (rules a13, a14)."""
    device = stream.context.device
    signal: Signal | None = None
    if device.profile.lowering is Lowering.STARS:
        signal = Signal(f"callback event of {stream.label}")
        device.events_used += 1
    elif device.profile.lowering is Lowering.NOTIFY:
        signal = Notify(f"callback notify of {stream.label}")
        device.notifies_used += 1
    stream.subscription = Subscription(stream, queue, signal, internal=internal)
    queue.streams.append(stream)
    if rt.trace is not None:
        rt.trace.append(Subscribed(rt.kernel.now, queue.thread_name, stream.label, internal))


def unsubscribe_report(rt: Runtime, me: Caller, stream: Stream) -> object:
    """Unbind *stream* (rules b13-b16).

    On STARS this waits, holding the subscription lock, until no blocking callback of the stream is pending;
    the acknowledgement of that very callback needs the lock, so unsubscribing too early is a deadlock (rule
    b14, INFERRED).
    """
    lock = rt.subscription_lock
    if lock.held_against(me.thread):
        return lock.wait("unsubscribe_report", lambda _: unsubscribe_report(rt, me, stream))
    if stream.subscription is None:
        return Fault.STREAM_SUBSCRIBE
    if stream.context.device.profile.lowering is Lowering.STARS:
        pending = stream.last_blocking
        if stream.done < pending:
            lock.acquire(me.thread)
            wait = stream.wait_settled("unsubscribe_report", pending)

            def then(_outcome: Outcome) -> object:
                lock.release()
                return unsubscribe_report(rt, me, stream)

            wait.then = then
            return wait
    unsubscribe_stream(rt, stream, "its thread was unsubscribed from its last stream")
    return None


def unsubscribe_stream(rt: Runtime, stream: Stream, reason: str) -> None:
    """Drop the subscription of *stream*, if any; with the last stream of the thread its queue goes (rule b13)."""
    subscription = stream.subscription
    if subscription is None:
        return
    device, queue = stream.context.device, subscription.queue
    stream.subscription = None
    subscription.life.advance("release", rt.kernel.now, rt.trace)
    if subscription.signal is not None:
        if device.profile.lowering is Lowering.STARS:
            device.give_event_id_back()
        else:
            device.notifies_used -= 1
            subscription.signal = None  # rule b15: deleted at once
    queue.streams.remove(stream)
    if rt.trace is not None:
        rt.trace.append(Unsubscribed(rt.kernel.now, queue.thread_name, stream.label))
    if not queue.streams and not subscription.internal:
        del rt.reports.by_ident[queue.ident]
        queue.close(reason)
        if queue.busy:
            rt.reports.leaving.append(queue)


# -- launching -----------------------------------------------------------------------------------------------------


def launch_callback(
    rt: Runtime, me: Caller, fn: Callable[[object], object], data: object, stream: Stream, *, block: bool
) -> object:
    """Queue a callback for the thread subscribed to *stream* (rules a12-a15)."""
    if stream.context.stop_code:
        return stream.context.stop_code
    if not block and rt.profile.runtime.no_block_reserved:
        if rt.options.reject_no_block:
            return Fault.NOT_SUPPORTED
        rt.note(
            "no-block-reserved",
            f"a non-blocking callback was launched on {rt.profile.key}, where the vendor reserves it; "
            "what hardware does is not known",
            "a1b",
        )
    return _launch(rt, me, stream, fn, data, "callback" if block else "callback-no-block")


def launch_host_func(
    rt: Runtime, me: Caller, stream: Stream, fn: Callable[[object], object], data: object
) -> object:
    """Queue a blocking function for the runtime's own thread of the context (rules d2-d6)."""
    if stream.context.stop_code:
        return stream.context.stop_code
    if stream.subscription is None:
        fault = _signal_ids_left(stream.context.device)
        if fault is not None:
            return fault
        queue = _hidden_queue(rt, stream.context)
        if queue is None:
            return Fault.CALLBACK_GROUPS_EXHAUSTED
        subscribe_stream(rt, stream, queue, internal=True)
    return _launch(rt, me, stream, fn, data, "host-func")


def _launch(
    rt: Runtime,
    me: Caller,
    stream: Stream,
    fn: Callable[[object], object],
    data: object,
    kind: str,
) -> object:
    lower = lowering.no_block if kind == "callback-no-block" else rt.lower_blocking
    # The subscription found now stays the callback's, also if it is gone when a full stream has room (rule
    # b16).
    subscription: Subscription = stream.subscription  # type: ignore[assignment]  # a check has seen it

    # Looked up only with a trace: it costs as much as the launch itself.
    site = me.thread.site if rt.trace is None else rt.host.where(me.thread)

    if stream.sender is not None or len(stream.queue) >= stream.depth:
        make = partial(_lowered, lower, stream, subscription, fn, data, site)
        return submit(rt, me, stream, make, kind)
    return put(rt, me, stream, _lowered(lower, stream, subscription, fn, data, site), kind)


def _lowered(
    lower: lowering.Lower,
    stream: Stream,
    subscription: Subscription,
    fn: Callable[[object], object],
    data: object,
    site: str | Place | None,
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
    queue = ReportQueue(thread.ident, thread.name, device, rt.costs.report_ns)
    rt.reports.by_ident[thread.ident] = queue
    context.hidden_queue = queue

    def serve() -> None:
        me = rt.caller()
        me.context = context
        while queue.open:
            if not queue.ready:
                # The real thread polls every 1000 ms, quietly (rule d3); here it simply waits.
                rt.host.wait(queue.wait_arrival(None))
            if queue.ready:
                raised, _ = _run_all(rt, me, Batch(queue))
                if raised is not None:
                    # The thread is the runtime's: it goes on, and nobody is there to catch anything.
                    text = f"a host function raised {type(raised).__name__}: {raised}"
                    rt.note("host-function-raised", text, "d3")

    rt.host.start(thread, serve)
    return queue


# -- running -------------------------------------------------------------------------------------------------------


def process_report(rt: Runtime, queue: ReportQueue, timeout_ns: int | None) -> Wait | Batch | Fault:
    """Wait once for a report, then take all that are ready (rules c3, c4)."""

    def then(outcome: Outcome) -> Batch | Fault:
        if queue.ready:
            return Batch(queue)
        return Fault.REPORT_TIMEOUT if outcome is Outcome.EXPIRED else Fault.THREAD_SUBSCRIBE

    if queue.ready:
        rt.host.give_way("process_report")
        # Somebody may have unsubscribed the thread meanwhile, and its reports are lost (rule b16).
        return then(Outcome.FIRED)
    wait = queue.wait_arrival(timeout_ns)
    wait.then = then
    return wait


def run_batch(rt: Runtime, me: Caller, batch: Batch) -> Fault | None:
    """Run the functions of *batch* on the calling thread, releasing each stream right after its own (rule a16).

    A function that raises ends only itself: its stream goes on, and the exception comes out at the end as the
    SystemError that the vendor's binding provokes, with the original as its cause.
    """
    raised, result = _run_all(rt, me, batch)
    if raised is not None:
        msg = "process_report returned a result with an exception set (a callback raised)"
        raise SystemError(msg) from raised
    return result


def _run_all(rt: Runtime, me: Caller, batch: Batch) -> tuple[Exception | None, Fault | None]:
    raised: Exception | None = None
    result: Fault | None = None
    me.thread.doing.append(batch)
    try:
        while batch.left:
            rt.host.point("callback")
            task = batch.left.popleft()
            raised = _run_one(rt, me, task) or raised
            if task.block and not _acknowledge(rt, me, task):
                result = Fault.STREAM_SUBSCRIBE
            batch.queue.release_place()
    finally:
        me.thread.doing.pop()
        _lose_rest(rt, batch)
    return raised, result


def _lose_rest(rt: Runtime, batch: Batch) -> None:
    """Say what a thread that is unwound had taken and not begun (guarantee O12)."""
    if rt.trace is not None:
        for task in batch.left:
            reason = f"{batch.queue.thread_name} had taken it and was ended before it ran it"
            rt.trace.append(ReportLost(rt.kernel.now, task.stream.label, task.seq, task.name, reason))


def _run_one(rt: Runtime, me: Caller, task: CallbackTask) -> Exception | None:
    thread, stream, trace = me.thread, task.stream.label, rt.trace
    if trace is not None:
        trace.append(CallbackStarted(rt.kernel.now, thread.name, stream, task.seq, task.name))
    thread.doing.append(task)
    error: Exception | None = None
    try:
        task.fn(task.data)
    except Exception as raised:
        if rt.host.end is not None:  # not the callback's own: the run itself has ended under it
            raise
        error = raised
    finally:
        thread.doing.pop()
    if trace is not None:
        text = None if error is None else f"{type(error).__name__}: {error}"
        trace.append(CallbackEnded(rt.kernel.now, thread.name, stream, task.seq, task.name, text))
    rt.host.point("callback-end")
    return error


def _acknowledge(rt: Runtime, me: Caller, task: CallbackTask) -> bool:
    """Release the stream of a blocking callback; False when its notify is gone (rule b15)."""
    lock = rt.subscription_lock
    while rt.profile.lowering is Lowering.STARS and lock.held_against(me.thread):
        rt.host.wait(lock.wait("process_report", lambda _: None))
    if rt.profile.lowering is Lowering.NOTIFY and task.subscription.signal is None:
        return False
    if rt.trace is not None:
        rt.trace.append(CallbackReleased(rt.kernel.now, task.stream.label, task.seq))
    task.release()
    return True
