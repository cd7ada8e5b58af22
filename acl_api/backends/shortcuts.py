"""Shortcuts: the calls a program makes by the million, recognised when nothing is wrong with them.

A shortcut looks at the arguments of one call. If they pass every check of the row, it goes straight to the operation
and returns its result; for anything else it returns ASK, and then parsing and checks have their say. It never answers
with the code of a check, so their order stays the table's business. Each says which checks it stands for: a row whose
checks have changed since is served without its shortcut, and a test tells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from simulator.core.events import Event
from simulator.core.operations.events import record_event, stream_wait_event
from simulator.core.operations.models import Dataset, execute_async
from simulator.core.operations.reports import launch_callback
from simulator.core.streams import Stream

if TYPE_CHECKING:
    from acl_api.table.row import Row
    from simulator.core.runtime import Caller

Args = tuple[object, ...]
Shortcut = Callable[["Caller", Args], object]
# What a shortcut returns when it is for the table to decide.
ASK: Final = object()


def _launch_callback(me: Caller, args: Args) -> object:
    if len(args) != 4:  # noqa: PLR2004 - the parameters of the row, as below
        return ASK
    fn, data, block_type, handle = args
    if type(handle) is int and type(block_type) is int and 0 <= block_type <= 1 and callable(fn):
        stream = me.rt.handles.live.get(handle)
        if type(stream) is Stream:
            subscription, context = stream.subscription, stream.context
            bound = subscription is not None and not subscription.internal
            if bound and context is me.context and context.alive:
                return launch_callback(me.rt, me, fn, data, stream, block=block_type == 1)
    return ASK


def _execute_async(me: Caller, args: Args) -> object:
    if len(args) != 4:  # noqa: PLR2004
        return ASK
    number, source, target, handle = args
    if type(number) is int and type(source) is int and type(target) is int and type(handle) is int:
        rt = me.rt
        live = rt.handles.live
        model, stream = rt.models.get(number), live.get(handle)
        datasets = type(live.get(source)) is Dataset and type(live.get(target)) is Dataset
        if model is not None and datasets and type(stream) is Stream:
            context = stream.context
            if context is me.context and context.alive:
                return execute_async(rt, me, model, stream)
    return ASK


def _record_event(me: Caller, args: Args) -> object:
    found = _event_and_stream(me, args)
    return ASK if found is None else record_event(me.rt, me, found[0], found[1])


def _stream_wait_event(me: Caller, args: Args) -> object:
    found = _event_and_stream(me, args[::-1])
    if found is None or not found[0].has_wait_task:
        return ASK
    return stream_wait_event(me.rt, me, found[1], found[0])


def _event_and_stream(me: Caller, args: Args) -> tuple[Event, Stream] | None:
    if len(args) != 2:  # noqa: PLR2004
        return None
    number, handle = args
    if type(number) is int and type(handle) is int:
        event, stream = me.rt.handles.live.get(number), me.rt.handles.live.get(handle)
        if type(event) is Event and type(stream) is Stream:
            context = stream.context
            if context is me.context and context.alive:
                return event, stream
    return None


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
