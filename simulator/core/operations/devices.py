"""Init, devices and contexts (rules g1-g13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.base.errors import Fault
from simulator.core.accesses import note_awaited
from simulator.core.contexts import Context
from simulator.core.failures import tell_failures
from simulator.core.operations.reports import lose_rest, unsubscribe_stream
from simulator.core.operations.streams import make_stream, remove_stream, renew_stream
from simulator.core.reports import Batch
from simulator.core.states import DEVICE_RESET_POST, DEVICE_RESET_PRE, DEVICE_SET_POST, DEVICE_SET_PRE
from simulator.engine.wait import Outcome

if TYPE_CHECKING:
    from simulator.core.devices import Device
    from simulator.core.runtime import Caller, Runtime


def init(rt: Runtime, config: str | None) -> Fault | None:
    """Count an initialisation; only the first succeeds, yet the count goes up each time (rule g1).

    A *config* file of other content than the first one of the process is refused with PARAM_INVALID (rule g2);
    without a file the content is None, and that is one like the others.
    """
    if rt.init_count:
        rt.init_count += 1
        return Fault.REPEAT_INITIALIZE
    if not may_init_with(rt, config):
        return Fault.CONFIG_CHANGED
    rt.init_config = config or ""
    rt.init_count = 1
    rt.finalized = False
    return None


def may_init_with(rt: Runtime, config: str | None) -> bool:
    """Tell whether a configuration is the first one of the process, or the same again (rule g2)."""
    return rt.init_config in (None, config or "")


def finalize(rt: Runtime) -> Fault | None:
    """Finalise whatever the count; what is still pending is lost, and said (rules g2, g3)."""
    if rt.finalized:
        return Fault.REPEAT_FINALIZE
    rt.finalized = True
    rt.init_count = 0
    rt.default_device = None
    if rt.profiling is not None:
        rt.profiling.finalized()
    reason = "finalize was called while it was pending"
    for device in rt.devices:
        for context in device.contexts:
            for stream in list(context.streams):
                busy = stream.busy
                stream.drop(reason)
                unsubscribe_stream(rt, stream, reason)
                if busy:
                    renew_stream(rt, stream)
            _close_hidden(rt, context, reason)
    return None


def finalize_reference(rt: Runtime) -> tuple[int] | Fault:
    """Count down; the last one finalises (rules g2, g3)."""
    if rt.init_count == 0:
        return Fault.REPEAT_FINALIZE
    if rt.init_count == 1:
        finalize(rt)
    else:
        rt.init_count -= 1
    return (rt.init_count,)


def lose_everything(rt: Runtime, reason: str) -> None:
    """Record every task and report that will never run (guarantee O12), and close all report queues."""
    for device in rt.devices:
        for context in device.contexts:
            for stream in context.streams:
                stream.drop(reason)
    for queue in list(rt.reports.by_ident.values()):
        for stream in list(queue.streams):
            stream.subscription = None
        queue.streams.clear()
        queue.close(reason)
    rt.reports.by_ident.clear()
    for thread in rt.host.threads:  # those that are not unwound: OS threads of a program stay where they are
        for batch in thread.doing:
            if isinstance(batch, Batch):
                lose_rest(rt, batch)
                batch.clear()


def set_device(rt: Runtime, me: Caller, device: Device) -> Fault | None:
    """Take a reference on the primary context and make it current (rule g5).

    Functions for the states of devices hear of the first one before, and of each one after (rule g15).
    """
    if device.primary is None:
        rt.device_states.tell(rt, device.index, DEVICE_SET_PRE)
        context = _make_context(rt, device, primary=True)
        if context is None:
            return Fault.STREAMS_EXHAUSTED
        device.primary = context
        if device.life.state == "idle":
            device.life.advance("set", rt.kernel.now, rt.trace)
    device.primary_refs += 1
    me.context = device.primary
    rt.device_states.tell(rt, device.index, DEVICE_SET_POST)
    return None


def reset_device(rt: Runtime, device: Device) -> object:
    """Give one reference back; the last one tears the primary context down, after its tasks (rule g6)."""
    if device.primary is None or device.primary_refs == 0:
        return Fault.CONTEXT_GONE
    # Counted before the wait: a second reset that comes meanwhile is one too many.
    device.primary_refs -= 1
    if device.primary_refs:
        return None
    return _tear_down(rt, device.primary, "reset_device", lambda: _primary_gone(rt, device))


def reset_device_force(rt: Runtime, device: Device) -> object:
    """Drain all references at once (rule g7)."""
    if device.primary is None or device.primary_refs == 0:
        return Fault.CONTEXT_GONE
    device.primary_refs = 0
    return _tear_down(rt, device.primary, "reset_device_force", lambda: _primary_gone(rt, device))


def _primary_gone(rt: Runtime, device: Device) -> None:
    device.primary = None
    device.primary_refs = 0
    device.lost = 0  # a device that is reset begins anew
    device.resources.clear()
    rt.device_states.tell(rt, device.index, DEVICE_RESET_POST)
    if device.life.state == "active":
        device.life.advance("reset", rt.kernel.now, rt.trace)
        device.life.advance("released", rt.kernel.now, rt.trace)


def create_context(rt: Runtime, me: Caller, device: Device) -> object:
    """Create an explicit context and make it current (rule g9): (handle,), or STREAMS_EXHAUSTED."""
    context = _make_context(rt, device, primary=False)
    if context is None:
        return Fault.STREAMS_EXHAUSTED
    me.context = context
    return (context.handle,)


def destroy_context(rt: Runtime, _me: Caller, context: Context) -> object:
    """Tear an explicit context down; whoever had it current has none afterwards (rule g10)."""
    if context.life.state == "destroying":
        return Fault.CONTEXT_GONE
    return _tear_down(rt, context, "destroy_context")


def _make_context(rt: Runtime, device: Device, *, primary: bool) -> Context | None:
    kind = "primary" if primary else "context"
    label = rt.name(f"{kind}-{device.index}" if primary else f"{kind}-{device.index}.{len(device.contexts)}")
    context = Context(device, label, primary=primary, site=rt.here())
    context.stop_code = device.lost
    default = make_stream(rt, context, f"default of {label}")
    if default is None:
        return None
    context.default_stream = default
    context.handle = rt.handles.add(context)
    device.contexts.append(context)
    return context


def _tear_down(rt: Runtime, context: Context, op: str, gone: Callable[[], None] | None = None) -> object:
    """Wait for the tasks of every stream, then destroy streams, hidden thread and context (rules g6, d3)."""
    if context.life.state == "live":
        context.life.advance("destroy", rt.kernel.now, rt.trace)

    def proceed(_outcome: Outcome) -> object:
        if not context.alive:  # another thread was faster
            return None
        for stream in context.streams:
            if not stream.idle:
                wait = stream.wait_settled(op, stream.submitted)
                wait.then = proceed
                return wait
        note_awaited(rt, ((stream, stream.done) for stream in context.streams))
        streams = list(context.streams)
        if gone is not None:
            rt.device_states.tell(rt, context.device.index, DEVICE_RESET_PRE)
        _remove_context(rt, context, op)
        if gone is not None:
            gone()
        tell_failures(rt, streams)
        return None

    return proceed(Outcome.FIRED)


def _remove_context(rt: Runtime, context: Context, op: str) -> None:
    context.alive = False
    for stream in list(context.streams):
        remove_stream(rt, stream, f"its context was destroyed by {op}")
    _close_hidden(rt, context, f"its context was destroyed by {op}")
    for model_id in context.models:  # rule g10: they go with their context
        model = rt.models.pop(model_id, None)
        if model is not None:
            model.life.advance("unload", rt.kernel.now, rt.trace)
    context.life.advance("released", rt.kernel.now, rt.trace)
    rt.bury(context.handle, context.label, context.site)
    context.device.contexts.remove(context)


def _close_hidden(rt: Runtime, context: Context, reason: str) -> None:
    """Close the queue of the context's own callback thread, if it has one; the thread then ends (rule d3)."""
    queue, context.hidden_queue = context.hidden_queue, None
    if queue is None:
        return
    rt.reports.by_ident.pop(queue.ident, None)
    wait = queue.wait
    if queue.open:
        queue.close(reason)
    if wait is not None:
        wait.cancel()  # the hidden thread is joined
