"""Shortcuts: the calls a program makes by the million, served quickly when nothing is wrong with them.

A shortcut looks at the arguments of one call. If they pass every check of the row, it goes straight to the
operation; for anything else it leaves the call to the table, with its parsing and its checks in order. It
never answers with the code of a check. Each says which checks it stands for: a row whose checks have changed
since is served without its shortcut, and a test tells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from simulator.base.trace import CALLED
from simulator.core.events import Event
from simulator.core.operations.events import record_event, stream_wait_event
from simulator.core.operations.models import Dataset, execute_async
from simulator.core.operations.reports import launch_callback
from simulator.core.streams import Stream

if TYPE_CHECKING:
    from acl_api.backends.protocol import Call
    from acl_api.table.row import Row
    from simulator.core.runtime import Caller, Runtime

Args = tuple[object, ...]
# Brings what an operation returned to its end: waits, trace, code.
Conclude = Callable[["Caller", list[object], object], object]
# Makes the function of a row for one run, from the function that serves any call, and what ends a call.
Shortcut = Callable[["Runtime", "Call", Conclude], "Call"]


def _writer(rt: Runtime, op: str) -> Callable[[Caller, str], int] | None:
    """Return what records a call that has queued its task, and gives its code; None without a trace."""
    if rt.trace is None:
        return None
    append, kernel = rt.trace.append_raw, rt.kernel

    def write(me: Caller, on: str) -> int:
        now, thread = kernel.now, me.thread
        append((CALLED, now, thread.name, op, now, 0, on, None, thread.site))
        return 0

    return write


def _launch_callback(rt: Runtime, table: Call, conclude: Conclude) -> Call:
    live, current, write = rt.handles.live, rt.host.current, _writer(rt, "launch_callback")

    def call(args: Args) -> object:
        if len(args) != 4:  # noqa: PLR2004 - the parameters of the row
            return table(args)
        fn, data, block_type, handle = args
        if type(handle) is int and type(block_type) is int and 0 <= block_type <= 1 and callable(fn):
            stream = live.get(handle)
            if type(stream) is Stream:
                subscription, context = stream.subscription, stream.context
                me: Caller | None = current().runtime  # type: ignore[assignment]  # nobody else fills it
                bound = subscription is not None and not subscription.internal
                if bound and me is not None and context is me.context and context.alive:
                    result = launch_callback(rt, me, fn, data, stream, block=block_type == 1)
                    if result is not None:
                        return conclude(me, list(args), result)
                    return 0 if write is None else write(me, stream.label)
        return table(args)

    return call


def _execute_async(rt: Runtime, table: Call, conclude: Conclude) -> Call:
    live, models, current, write = rt.handles.live, rt.models, rt.host.current, _writer(rt, "execute_async")

    def call(args: Args) -> object:
        if len(args) != 4:  # noqa: PLR2004 - the parameters of the row
            return table(args)
        number, source, target, handle = args
        if type(number) is int and type(source) is int and type(target) is int and type(handle) is int:
            model, stream = models.get(number), live.get(handle)
            datasets = type(live.get(source)) is Dataset and type(live.get(target)) is Dataset
            if model is not None and datasets and type(stream) is Stream:
                context = stream.context
                me: Caller | None = current().runtime  # type: ignore[assignment]  # nobody else fills it
                if me is not None and context is me.context and context.alive:
                    result = execute_async(rt, me, model, stream)
                    if result is not None:
                        return conclude(me, list(args), result)
                    return 0 if write is None else write(me, stream.label)
        return table(args)

    return call


def _record_event(rt: Runtime, table: Call, conclude: Conclude) -> Call:
    live, current, write = rt.handles.live, rt.host.current, _writer(rt, "record_event")

    def call(args: Args) -> object:
        if len(args) != 2:  # noqa: PLR2004 - the parameters of the row
            return table(args)
        number, handle = args
        if type(number) is int and type(handle) is int:
            event, stream = live.get(number), live.get(handle)
            if type(event) is Event and type(stream) is Stream:
                context = stream.context
                me: Caller | None = current().runtime  # type: ignore[assignment]  # nobody else fills it
                if me is not None and context is me.context and context.alive:
                    result = record_event(rt, me, event, stream)
                    if result is not None:
                        return conclude(me, list(args), result)
                    return 0 if write is None else write(me, event.label)
        return table(args)

    return call


def _stream_wait_event(rt: Runtime, table: Call, conclude: Conclude) -> Call:
    live, current, write = rt.handles.live, rt.host.current, _writer(rt, "stream_wait_event")

    def call(args: Args) -> object:
        if len(args) != 2:  # noqa: PLR2004 - the parameters of the row
            return table(args)
        handle, number = args
        if type(number) is int and type(handle) is int:
            event, stream = live.get(number), live.get(handle)
            if type(event) is Event and type(stream) is Stream and event.has_wait_task:
                context = stream.context
                me: Caller | None = current().runtime  # type: ignore[assignment]  # nobody else fills it
                if me is not None and context is me.context and context.alive:
                    result = stream_wait_event(rt, me, stream, event)
                    if result is not None:
                        return conclude(me, list(args), result)
                    return 0 if write is None else write(me, stream.label)
        return table(args)

    return call


# The checks each one stands for: rule and parameters, in the row's order.
SHORTCUTS: Final[dict[str, tuple[Shortcut, tuple[str, ...]]]] = {
    "acl.rt.launch_callback": (
        _launch_callback,
        ("a1 block_type", "a2 stream", "a3 fn", "a4 stream", "a5", "a6 stream", "a7 stream", "a8 stream"),
    ),
    "acl.mdl.execute_async": (
        _execute_async,
        (
            *("0.2 input", "0.2 input", "0.2 output", "0.2 output", "0.1 model_id", "0.3 stream"),
            *("g12", "g12 stream", "e1 stream"),
        ),
    ),
    "acl.rt.record_event": (
        _record_event,
        ("f4 event", "0.3 event", "0.3 stream", "f4", "f4 stream", "f4 stream"),
    ),
    "acl.rt.stream_wait_event": (
        _stream_wait_event,
        ("f5 event", "0.3 event", "0.3 stream", "f5 event", "f8", "f8 stream", "f8 stream"),
    ),
}


def shortcut_of(row: Row) -> Shortcut | None:
    """Return the shortcut of *row*; None when it has none, or one made for other checks than it has now."""
    shortcut, checks = SHORTCUTS.get(row.name, (None, ()))
    return shortcut if tuple(" ".join((check.rule, *check.on)) for check in row.checks) == checks else None
