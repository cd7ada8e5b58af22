"""Memory functions that only C has, and that do what others do: for several ranges, or with a sync before."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from simulator.base.errors import Fault
from simulator.core.accesses import note_host_use, touched
from simulator.core.memory import Place
from simulator.core.operations import memory
from simulator.core.operations.allocations import free
from simulator.core.operations.chained import after, in_turn
from simulator.core.operations.memory import copy_effect, direction_of, in_callers_time, out_of_range
from simulator.core.operations.streams import synchronize_device
from simulator.core.operations.submit import submit
from simulator.core.tasks import RowsCopyTask, SetTask
from simulator.costs.protocol import Direction

if TYPE_CHECKING:
    from simulator.core.contexts import Context
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

_POINTER = 8
_INSIDE = Direction.DEVICE_TO_DEVICE


class Copy(NamedTuple):
    """One copy of several."""

    destination: int
    source: int
    size: int


class Indirect(NamedTuple):
    """Where the addresses of a copy's ends stand, and what is added to each."""

    target: int
    target_offset: int
    origin: int
    origin_offset: int


def free_after_sync(rt: Runtime, me: Caller, context: Context, address: int, place: Place) -> object:
    """Free once the device has done everything; its failure is returned, and nothing is freed then."""
    return after(
        synchronize_device(rt, me, context),
        lambda result: result if isinstance(result, Fault) or result else free(rt, address, place),
    )


def fill_words(rt: Runtime, address: int, value: int, count: int) -> object:
    """Fill *count* words of 32 bits now, in the caller's time."""
    size = 4 * count
    note_host_use(rt, "memset_d32", address, size, writes=True)
    if not rt.memory.fits(address, size):
        return out_of_range(rt, "memset_d32")
    return in_callers_time(
        rt, "memset_d32", rt.costs.set_ns(size), lambda: _words_effect(rt, address, value, count)
    )


def fill_words_async(rt: Runtime, me: Caller, address: int, value: int, count: int, stream: Stream) -> object:
    """Queue a fill of *count* words of 32 bits."""
    if stream.context.stop_code:
        return stream.context.stop_code
    size = 4 * count
    if not rt.memory.fits(address, size):
        return out_of_range(rt, "memset_d32_async")
    name = f"set {size} bytes"
    engine = stream.context.device.copy_engines.get(_INSIDE)
    task = SetTask(
        name, rt.costs.set_ns(size), lambda: rt.code_of(_words_effect(rt, address, value, count)), engine
    )
    touches = touched(rt, writes=((address, size),))
    return submit(rt, me, stream, lambda: (task,), "set", name, touches=touches)


def _words_effect(rt: Runtime, address: int, value: int, count: int) -> Fault | None:
    data = struct.pack("<I", value) * count
    if rt.memory.fits(address, len(data)) and rt.memory.store(address, data):
        return None
    return out_of_range(rt, "memset_d32")


def copy_batch(rt: Runtime, copies: list[Copy]) -> object:
    """Copy several ranges between host and device now, one after the other."""
    for copy in copies:
        if direction_of(rt, copy.destination, copy.source) in (Direction.HOST_TO_HOST, _INSIDE):
            return Fault.PARAM_INVALID
    return in_turn([lambda it=copy: memory.memcpy(rt, it.destination, it.source, it.size) for copy in copies])  # type: ignore[misc]


def copy_batch_async(rt: Runtime, me: Caller, copies: list[Copy], stream: Stream) -> object:
    """Queue several copies; those of pageable memory wait for the stream and are made in the caller's time."""
    return in_turn(
        [
            lambda it=copy: memory.memcpy_async(  # type: ignore[misc]
                rt, me, it.destination, it.source, it.size, memory.DEFAULT, stream
            )
            for copy in copies
        ]
    )


def copy_indirect(rt: Runtime, me: Caller, ends: Indirect, size: int, stream: Stream) -> object:
    """Queue a copy inside the device between addresses that stand in its memory, and are read when its turn comes."""
    target, target_at, origin, origin_at = ends
    if stream.context.stop_code:
        return stream.context.stop_code
    if any(rt.memory.place_of(holder) is not Place.DEVICE for holder in (target, origin)):
        return Fault.PARAM_INVALID

    def found(holder: int, offset: int) -> int | None:
        data = rt.memory.read(holder, _POINTER) if rt.memory.fits(holder, _POINTER) else None
        return None if data is None else int.from_bytes(data, "little") + offset

    def land() -> int:
        destination, source = found(target, target_at), found(origin, origin_at)
        if destination is None or source is None:
            return rt.code_of(out_of_range(rt, "memcpy_async_with_offset"))
        return rt.code_of(copy_effect(rt, destination, source, size))

    name = f"{_INSIDE.value} {size} bytes"
    engine = stream.context.device.copy_engines.get(_INSIDE)
    task = RowsCopyTask(name, rt.costs.copy_ns(_INSIDE, size), land, engine)
    now = found(target, target_at), found(origin, origin_at)
    reads = ((target, _POINTER), (origin, _POINTER), (now[1] or 0, size))
    touches = touched(rt, reads, ((now[0] or 0, size),), exact=False)
    return submit(rt, me, stream, lambda: (task,), "copy", name, touches=touches)


def address_range(rt: Runtime, address: int) -> tuple[int, int] | Fault:
    """Return where the range that holds *address* begins, and its size: (address, size)."""
    region = rt.memory.find(address)
    return Fault.PARAM_INVALID if region is None else (region.address, region.size)
