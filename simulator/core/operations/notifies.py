"""Notifies: create, record, wait, reset, and what processes share of them (rules f16-f18)."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault
from simulator.base.units import NS_PER_S
from simulator.core.notifies import DEVICE_USE_ONLY, Notify
from simulator.core.operations.submit import submit
from simulator.core.waits import NotifyGateTask, NotifyRecordTask

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

# Rule f17: both mean for ever.
_FOR_EVER: Final = (0, 0xFFFF_FFFF)
# DOC: the shortest room for a key.
_SHORTEST_KEY: Final = 65
_NO_VALIDATION: Final = 2


def create_notify(rt: Runtime, me: Caller, flag: int) -> tuple[int] | Fault:
    """Create a notify on the current device: (handle,), or NOTIFIES_EXHAUSTED (207009, rule f16).

    On 950 the subscriptions of streams take of the same ids (rule b7b).
    """
    context = me.live_context
    if context is None:
        return Fault.CONTEXT_NULL
    device = context.device
    if flag & DEVICE_USE_ONLY and not device.profile.features.notify_reset:
        return Fault.NOT_SUPPORTED
    if device.notify_ids.exhausted:
        return Fault.NOTIFIES_EXHAUSTED
    return _new(rt, Notify(device, rt.name("notify"), device.notify_ids.take(), site=rt.here()))


def _new(rt: Runtime, notify: Notify) -> tuple[int]:
    notify.handle = rt.handles.add(notify)
    return (notify.handle,)


def destroy_notify(rt: Runtime, notify: Notify) -> None:
    """Destroy at once; who waits for it waits on. Its number is free when all that share it are gone."""
    notify.life.advance("drop", rt.kernel.now, rt.trace)
    rt.bury(notify.handle, notify.label, notify.site)
    if notify.key is not None:
        del rt.notify_keys[notify.key]
    notify.flag.users -= 1
    if notify.flag.users == 0:
        notify.device.notify_ids.give_back(notify.number)


def record_notify(rt: Runtime, me: Caller, notify: Notify, stream: Stream) -> object:
    """Queue a task that sets the notify."""
    if stream.context.stop_code:
        return stream.context.stop_code
    return submit(rt, me, stream, lambda: (NotifyRecordTask(notify.flag),), NotifyRecordTask.kind)


def wait_and_reset_notify(rt: Runtime, me: Caller, notify: Notify, stream: Stream, seconds: int) -> object:
    """Queue a task that waits for the notify and clears it; its limit is in *seconds*, 0 for ever (rule f17).

    When the limit is over the task fails with 107020 (INFERRED from that of events, rule i3).
    """
    if stream.context.stop_code:
        return stream.context.stop_code
    limit = 0 if seconds in _FOR_EVER or not rt.profile.features.notify_wait_timeout else seconds * NS_PER_S
    code = rt.code_of(Fault.TASK_TIMEOUT)
    return submit(rt, me, stream, partial(_gate, notify, limit, code), NotifyGateTask.kind)


def _gate(notify: Notify, limit: int, code: int) -> tuple[NotifyGateTask]:
    return (NotifyGateTask(notify.flag, limit, code),)


def reset_notify(notify: Notify) -> None:
    """Take the notify back from the host, at once (rule f18)."""
    notify.flag.clear()


def export_key(rt: Runtime, notify: Notify, length: int, flags: int) -> tuple[str] | Fault:
    """Make a notify known to other processes: (key,); INTERNAL when it is already.

    A key goes to a process that shares the device. Each process has a simulated machine of its own, so that in
    truth only the process itself can import it.
    """
    if notify.shared:
        return Fault.INTERNAL
    if length < _SHORTEST_KEY:
        return Fault.PARAM_INVALID
    notify.key = f"notify_{notify.device.index:04x}_{notify.number:08x}_{notify.handle:016x}"
    notify.pids = None if flags & _NO_VALIDATION else set()
    rt.notify_keys[notify.key] = notify
    return (notify.key,)


def set_import_pid(notify: Notify, pids: tuple[int, ...]) -> Fault | None:
    """Say which processes may import a notify that was exported; DRIVER_FAILED for one that was not."""
    if notify.key is None:
        return Fault.DRIVER_FAILED
    if notify.pids is not None:
        notify.pids.update(pids)
    return None


def import_by_key(rt: Runtime, me: Caller, key: str) -> tuple[int] | Fault:
    """Make a notify out of a key: (handle,), or DRIVER_FAILED (code UNVERIFIED).

    It fails for a key that nobody has exported, or whose owner has not named this process.
    """
    if me.live_context is None:
        return Fault.CONTEXT_NULL
    origin = rt.notify_keys.get(key)
    if origin is None or (origin.pids is not None and os.getpid() not in origin.pids):
        return Fault.DRIVER_FAILED
    label = rt.name(f"{origin.label} imported")
    return _new(rt, Notify(origin.device, label, origin.number, origin.flag, site=rt.here()))
