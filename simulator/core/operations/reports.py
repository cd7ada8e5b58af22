"""Subscriptions and process_report, which runs the callbacks (rules b, c)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from simulator.base.errors import Fault, InternalError
from simulator.base.profile import Lowering
from simulator.base.subscription_records import Subscribed, Unsubscribed
from simulator.base.trace import CallbackEnded, CallbackReleased, CallbackStarted, ReportLost
from simulator.base.units import NS_PER_MS
from simulator.core.accesses import note_awaited
from simulator.core.reports import Batch, ReportQueue, Subscription
from simulator.core.signals import Flag, NotifyFlag, Signal
from simulator.core.tasks import CallbackTask
from simulator.engine.hosts.ends import ThreadKilled
from simulator.engine.hosts.places import is_ours
from simulator.engine.hosts.thread import Place
from simulator.engine.wait import FIRED, Outcome, Wait

if TYPE_CHECKING:
    from simulator.core.devices import Device
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream


# -- subscribing ---------------------------------------------------------------------------------------------------


def subscribe_report(rt: Runtime, ident: int, stream: Stream) -> Fault | None:
    """Bind *stream* to the thread with id *ident*, which nobody checks (rules b1, b7b, in that order)."""
    device = stream.context.device
    fault = signal_ids_left(device)
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
        queue = new_queue(rt, ident, rt.thread_name(ident), device)
    else:
        inherit(rt, queue, rt.thread_name(ident))
    subscribe_stream(rt, stream, queue, internal=False)
    return None


def new_queue(rt: Runtime, ident: int, thread_name: str, device: Device) -> ReportQueue:
    """Make the report queue of the thread with that id (rule b8)."""
    queue = rt.reports.by_ident[ident] = rt.report_queue(ident, thread_name, device, rt.costs.report_ns)
    queue.one_by_one = rt.options.reports_taken == "one"
    queue.unusual = rt.options.nested_reports == "rest"
    if rt.options.full_reports == "fail":
        queue.full_code = rt.code_of(Fault.INTERNAL)
    return queue


def inherit(rt: Runtime, queue: ReportQueue, name: str) -> None:
    """Give *queue* to the thread of that name if its id was another one's before, and tell what that comes to.

    The runtime knows threads by their ids only (rules b1, b8), and systems give those of ended threads out again.
    """
    before = queue.thread_name
    if before == name:
        return
    queue.pass_to(name)
    streams = ", ".join(stream.label for stream in queue.streams)
    rt.note(
        "thread-id-reused",
        f"thread {name} has the id that {before} had, and so gets the callbacks of {streams}: the system gives the "
        "id of a thread that has ended to a new one; unsubscribe before a report thread ends",
        "b1",
    )


def signal_ids_left(device: Device) -> Fault | None:
    """Each subscription costs one event id on STARS, one notify id on 950 (rule b7b)."""
    if device.profile.lowering is Lowering.STARS and device.event_ids.exhausted:
        return Fault.EVENTS_EXHAUSTED
    if device.profile.lowering is Lowering.NOTIFY and device.notify_ids.exhausted:
        return Fault.NOTIFIES_EXHAUSTED
    return None


def subscribe_stream(rt: Runtime, stream: Stream, queue: ReportQueue, *, internal: bool) -> None:
    """Make the subscription, with the event or notify its blocking callbacks will reuse (rules a13, a14)."""
    device = stream.context.device
    signal: Signal | None = None
    number = 0
    if device.profile.lowering is Lowering.STARS:
        signal = Flag(f"callback event of {stream.label}")
        number = device.event_ids.take()
    elif device.profile.lowering is Lowering.NOTIFY:
        signal = NotifyFlag(f"callback notify of {stream.label}")
        number = device.notify_ids.take()
    site = None if internal else rt.here()
    stream.subscription = Subscription(stream, queue, signal, number, internal=internal, site=site)
    queue.streams.append(stream)
    if rt.trace is not None:
        rt.trace.append(Subscribed(rt.kernel.now, queue.thread_name, stream.label, internal))


def unsubscribe_report(rt: Runtime, me: Caller, stream: Stream) -> object:
    """Unbind *stream* (rules b13-b16).

    On STARS this waits, holding the subscription lock, until no blocking callback of the stream is pending;
    the acknowledgement of that very callback needs the lock, so unsubscribing too early is a deadlock (rule
    b14, INFERRED). Where a run has it that unsubscribing just waits, 950 does so, too.
    """
    lock = rt.subscription_lock
    if lock.held_against(me.thread):
        return lock.wait("unsubscribe_report", lambda _: unsubscribe_report(rt, me, stream))
    if stream.subscription is None:
        return Fault.STREAM_SUBSCRIBE
    lowering, pending = stream.context.device.profile.lowering, stream.last_blocking
    as_read = rt.options.unsubscribing == "as-read"
    waits = lowering is Lowering.STARS or (lowering is Lowering.NOTIFY and not as_read)
    if waits and stream.done < pending:
        if as_read:
            lock.acquire(me.thread)
        wait = stream.wait_settled("unsubscribe_report", pending)

        def then(_outcome: Outcome) -> object:
            if as_read:
                lock.release()
            note_awaited(rt, ((stream, pending),))
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
            device.give_event_id_back(subscription.number)
        else:
            device.notify_ids.give_back(subscription.number)
            subscription.signal = None  # rule b15: deleted at once
    queue.streams.remove(stream)
    if rt.trace is not None:
        rt.trace.append(Unsubscribed(rt.kernel.now, queue.thread_name, stream.label))
    if not queue.streams and not subscription.internal:
        if queue.ready and rt.options.late_reports == "delivered":
            queue.unusual = True
            return  # until the thread has taken them
        _close_forsaken(rt, queue, reason)


def _close_forsaken(rt: Runtime, queue: ReportQueue, reason: str) -> None:
    """Close a queue whose thread has no streams left, and take it out of use (rules b10, b13)."""
    del rt.reports.by_ident[queue.ident]
    queue.close(reason)
    if queue.busy:
        rt.reports.leaving.append(queue)


# -- running -------------------------------------------------------------------------------------------------------


def process_report(rt: Runtime, me: Caller, timeout_ms: int) -> Wait | Batch | Fault:
    """Wait once for a report, for ever with -1, then take all that are ready (rules c3, c4).

    A check has seen that the calling thread has a queue.
    """
    thread = me.thread
    queue = rt.reports.by_ident[thread.ident]
    if queue.thread_name != thread.name:
        inherit(rt, queue, thread.name)
    if queue.unusual and (late := _take_unusually(rt, me, queue)) is not None:
        return late
    if queue.ready:
        rt.host.give_way("process_report")
        # Somebody may have unsubscribed the thread meanwhile, and its reports are lost (rule b16).
        return queue.arrived(FIRED)
    # `ms_to_ns` written out: report threads call this all the time.
    timeout = None if timeout_ms == -1 else timeout_ms * NS_PER_MS
    wait = queue.wait = Wait("process_report", queue, timeout, queue.arrived)
    return wait


def _take_unusually(rt: Runtime, me: Caller, queue: ReportQueue) -> Batch | Fault | None:
    """Do what only some runs do: take back what an outer call has not begun (rule c9), take what comes late (b16).

    Returns None where the call goes on as any other.
    """
    if rt.options.nested_reports == "rest":
        queue.take_back(batch for batch in me.thread.doing if isinstance(batch, Batch))
    if queue.streams:
        return None
    batch = queue.take() if queue.ready else Fault.THREAD_SUBSCRIBE
    if not queue.ready:  # else one by one
        _close_forsaken(rt, queue, "its thread was unsubscribed from its last stream")
    return batch


def run_all(rt: Runtime, me: Caller, batch: Batch) -> Fault | None:
    """Run the functions of *batch* on the calling thread, releasing each stream right after its own (rule a16).

    A function that raises ends only itself: its stream goes on, and the exception comes out at the end as the
    SystemError that the vendor's binding provokes, with the original as its cause. Returns what went wrong with
    a release.
    """
    raised: BaseException | None = None
    result: Fault | None = None
    thread = me.thread
    # Else none of these reports is ever seen to wait: for another one's end, or for the thread to begin.
    doing, waits = thread.doing, len(batch) > 1 or rt.asks
    if waits:
        doing.append(batch)
    try:
        while batch:
            if rt.asks:
                rt.host.point("callback")
            task = batch.popleft()
            raised = _run_one(rt, me, task) or raised
            if task.block and not _acknowledge(rt, me, task):
                result = Fault.STREAM_SUBSCRIBE
            # Its place is free again, perhaps for one that found the queue full.
            queue = task.queue
            queue.held -= 1
            if queue.post_waits:
                queue.admit()
            if not batch:
                queue.spare = batch
                if rt.asks and task.block:  # its stream may go on, and others, before this thread does
                    rt.host.point("released")
    finally:
        if waits:
            doing.pop()
        if batch:
            lose_rest(rt, batch)
    return result if raised is None or thread.internal else _raise_from(raised)


def _raise_from(raised: BaseException) -> NoReturn:
    """Raise what the binding makes of an exception that a callback has raised (rule c8)."""
    msg = "process_report returned a result with an exception set (a callback raised)"
    raise SystemError(msg) from raised


def lose_rest(rt: Runtime, batch: Batch) -> None:
    """Say what a thread that is unwound had taken and not begun (guarantee O12)."""
    if rt.trace is not None:
        for task in batch:
            reason = f"{task.queue.thread_name} had taken it and had not begun it when the run was over"
            rt.trace.append(ReportLost(rt.kernel.now, task.stream.label, task.seq, task.name, reason))


def _run_one(rt: Runtime, me: Caller, task: CallbackTask) -> BaseException | None:
    thread, stream, trace = me.thread, task.stream.label, rt.trace
    if trace is not None:
        trace.append(CallbackStarted(rt.kernel.now, thread.name, stream, task.seq, task.name))
    thread.doing.append(task)
    error: BaseException | None = None
    try:
        if rt.host.monitored:
            _call_outside(rt, task)
        else:
            fn = task.fn  # in two steps: CPython 3.11 looks for a method elsewhere first
            fn(task.data)
    except (ThreadKilled, KeyboardInterrupt, InternalError):
        raise  # the run's end, not the function's own
    except BaseException as raised:  # SystemExit too: the binding treats it as any other
        if rt.host.end is not None:  # the run itself has ended under it
            raise
        error = raised
        _note_raised(rt, me, task, raised)
    finally:
        thread.doing.pop()
    if trace is not None:
        text = None if error is None else f"{type(error).__name__}: {error}"
        trace.append(CallbackEnded(rt.kernel.now, thread.name, stream, task.seq, task.name, text))
    if rt.asks:
        _end_slowly(rt, me, task)
    return error


def _end_slowly(rt: Runtime, me: Caller, task: CallbackTask) -> None:
    """Offer others a turn between a function's return and its acknowledgement."""
    doing = me.thread.doing
    doing.append(task)
    try:
        rt.host.point("callback-end")
    finally:
        doing.pop()


def _call_outside(rt: Runtime, task: CallbackTask) -> None:
    """Call the user's function where threads run as they please: others may come in meanwhile."""
    host = rt.host
    host.leave()
    try:
        task.fn(task.data)
    finally:
        host.enter()


def _note_raised(rt: Runtime, me: Caller, task: CallbackTask, raised: BaseException) -> None:
    """Tell what an exception in a callback comes to: on hardware nothing is printed where it is raised."""
    where = _raised_at(raised)
    what = f"raised {type(raised).__name__}: {raised}" + (f" at {where}" if where else "")
    if me.thread.internal:
        # The thread is the runtime's: it goes on, and nobody is there to catch anything.
        rt.note("host-function-raised", f"the host function {task.name} {what}", "d3")
        return
    rt.note(
        "callback-raised",
        f"callback {task.name} of stream {task.stream.label} {what}; process_report raises SystemError from it in "
        f"{me.thread.name}, whose report loop ends unless it catches that, and then nobody runs the callbacks that "
        "follow: catch exceptions inside the callback",
        "c8",
    )


def _raised_at(raised: BaseException) -> str | None:
    """Return the innermost line of the program's that *raised* came through."""
    step, found = raised.__traceback__, None
    while step is not None:
        if not is_ours(step.tb_frame):
            found = Place(step.tb_frame.f_code, step.tb_lineno)
        step = step.tb_next
    return None if found is None else str(found)


def _acknowledge(rt: Runtime, me: Caller, task: CallbackTask) -> bool:
    """Release the stream of a blocking callback; False when its notify is gone (rule b15)."""
    lock = rt.subscription_lock
    while lock.owner is not None and lock.held_against(me.thread):  # only STARS unsubscribes under it
        rt.host.wait(lock.wait("process_report", lambda _: None))
    if rt.uses_notifies and task.subscription.signal is None:
        return False
    if rt.trace is not None:
        rt.trace.append(CallbackReleased(rt.kernel.now, task.stream.label, task.seq))
    task.release()
    return True
