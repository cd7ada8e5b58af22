"""Causes that lie in what a device has no more of: streams, event ids, memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from acl_api.causes.failure import MOST, census, listed
from simulator.core.events import Event
from simulator.core.notifies import Notify

if TYPE_CHECKING:
    from acl_api.causes.failure import Failure, Told
    from simulator.core.devices import Device


# Sizes are C's unsigned long: the binding wraps what does not fit.
_WRAP: Final = 1 << 64


def no_stream(failure: Failure) -> Told:
    """207008: count the streams by the lines that made them."""
    device = _device(failure)
    streams = [stream for context in device.contexts for stream in context.streams]
    what = (
        f"device {device.index} has {device.streams_used} of {device.profile.limits.streams} streams, "
        f"default streams included: {census(stream.site for stream in streams)}"
    )
    return what, "Destroy streams that are done with, or use each of them for several jobs."


def no_event(failure: Failure) -> Told:
    """207007: count the events that hold an id by the lines that made them."""
    device = _device(failure)
    events = [
        event
        for event in failure.rt.handles.live.values()
        if isinstance(event, Event) and event.number is not None and event.device is device
    ]
    subscribed = sum(
        queue.device is device for queue in failure.rt.reports.by_ident.values() for _ in queue.streams
    )
    what = (
        f"device {device.index} has {device.events_used} of {device.profile.limits.events} event ids in use, "
        f"{subscribed} of them by subscriptions: {census(event.site for event in events)}"
    )
    return what, "Destroy events that are done with, or record the same ones again."


def no_notify(failure: Failure) -> Told:
    """207009: count the notifies by the lines that made them."""
    device = _device(failure)
    notifies = [
        thing
        for thing in failure.rt.handles.live.values()
        if isinstance(thing, Notify) and thing.device is device
    ]
    what = (
        f"device {device.index} has {device.notify_ids.used} of {device.notify_ids.limit} notify ids in use, "
        f"those of subscriptions included: {census(notify.site for notify in notifies)}"
    )
    return what, "Destroy notifies that are done with, or use the same ones again."


def no_memory(failure: Failure) -> Told | None:
    """207001: say what was asked for, what is left, and what is taken."""
    if failure.row.op in ("malloc_host", "malloc_host_with_cfg"):
        return None
    device = _device(failure)
    regions = [region for region in failure.rt.memory.regions.values() if region.device == device.index]
    largest = sorted((region.size for region in regions), reverse=True)[:MOST]
    total = device.profile.engines.memory_bytes
    what = (
        f"{(failure.given[0] or 0) % _WRAP:,} bytes were asked for, and device {device.index} has "
        f"{total - device.memory_used:,} of {total:,} left; {len(regions)} allocations are alive"
    )
    if largest:
        what += f", the largest of {listed(f'{size:,}' for size in largest)} bytes"
    return what, "Free memory that is done with: acl.rt.free needs no context and waits for nothing."


def _device(failure: Failure) -> Device:
    found = next((value for value in failure.values if hasattr(value, "streams_used")), None)
    context = failure.me.context
    if found is None and context is None:
        return failure.rt.devices[0]
    return cast("Device", found) if context is None or found is not None else context.device
