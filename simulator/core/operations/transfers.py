"""What streams do to device memory besides copies and fills: reductions, cache operations, copies by descriptors."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from simulator.base.errors import Fault
from simulator.core.accesses import note_host_use, touched
from simulator.core.memory import Place
from simulator.core.operations.memory import copy_effect, out_of_range
from simulator.core.operations.submit import submit
from simulator.core.tasks import CacheTask, ReduceTask, RowsCopyTask
from simulator.costs.protocol import Direction

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

# Combines what stands at the destination with what comes from the source.
Combine = Callable[[bytes, bytes], bytes]
_INSIDE: Final = Direction.DEVICE_TO_DEVICE
# A descriptor of ours: a mark, how many bytes, from where, to where. The vendor's layout is nobody's business.
_DESCRIPTOR: Final = struct.Struct("<QQQQ")
_MARK: Final = int.from_bytes(b"copydesc", "little")


class Described(NamedTuple):
    """What a descriptor says."""

    source: int
    destination: int
    size: int


def reduce_async(
    rt: Runtime,
    me: Caller,
    destination: int,
    source: int,
    size: int,
    combine: Combine,
    name: str,
    stream: Stream,
) -> object:
    """Queue a reduction of *size* bytes into *destination*; both must be memory that the device reaches."""
    if stream.context.stop_code:
        return stream.context.stop_code
    memory = rt.memory
    places = (memory.place_of(destination), memory.place_of(source))
    if Place.PAGEABLE in places or not (memory.fits(source, size) and memory.fits(destination, size)):
        return out_of_range(rt, "reduce_async")

    def land() -> int:
        inside = memory.fits(source, size) and memory.fits(destination, size)
        before = memory.read(destination, size) if inside else None
        added = memory.read(source, size) if inside else None
        if before is None or added is None or not memory.store(destination, combine(before, added)):
            return rt.code_of(out_of_range(rt, "reduce_async"))
        return 0

    duration, engine = rt.costs.copy_ns(_INSIDE, size), stream.context.device.copy_engines.get(_INSIDE)
    both = ((source, size), (destination, size))
    touches = touched(rt, reads=both, writes=both[1:])
    return submit(
        rt, me, stream, lambda: (ReduceTask(name, duration, land, engine),), "reduce", name, touches=touches
    )


def cmo_async(rt: Runtime, me: Caller, size: int, what: str, stream: Stream) -> object:
    """Queue an operation on the cache; it takes the time of the shortest copy, and no bytes change."""
    if stream.context.stop_code:
        return stream.context.stop_code
    name = f"{what} {size} bytes"
    duration, engine = rt.costs.copy_ns(_INSIDE, 0), stream.context.device.copy_engines.get(_INSIDE)
    return submit(rt, me, stream, lambda: (CacheTask(name, duration, lambda: 0, engine),), "cache", name)


def set_desc(rt: Runtime, desc: int, source: int, destination: int, size: int) -> object:
    """Write a descriptor of a copy inside one device into its memory: (desc,)."""
    memory = rt.memory
    target, origin = memory.find(destination), memory.find(source)
    room = rt.profile.features.memcpy_desc_bytes
    where = memory.find(desc)
    if where is None or target is None or origin is None or not memory.fits(desc, room):
        return out_of_range(rt, "set_memcpy_desc")
    inside = all(region.place is Place.DEVICE for region in (where, target, origin))
    if not inside or target.device != origin.device:
        return Fault.PARAM_INVALID
    note_host_use(rt, "set_memcpy_desc", desc, room, writes=True)
    packed = _DESCRIPTOR.pack(_MARK, size, source, destination)
    return (desc,) if memory.store(desc, packed.ljust(room, b"\0")) else out_of_range(rt, "set_memcpy_desc")


def read_desc(rt: Runtime, desc: int) -> Described | None:
    """Return what the descriptor at *desc* says now; None when there is none."""
    size = _DESCRIPTOR.size
    packed = rt.memory.read(desc, size) if rt.memory.fits(desc, size) else None
    if packed is None:
        return None
    mark, length, source, destination = _DESCRIPTOR.unpack(packed)
    return Described(source, destination, length) if mark == _MARK else None


def memcpy_async_with_desc(rt: Runtime, me: Caller, desc: int, stream: Stream) -> object:
    """Queue the copy that a descriptor in device memory describes; it is read when the task's turn has come.

    What a trace tells of its bytes, and its duration, go by what the descriptor says at the call.
    """
    if stream.context.stop_code:
        return stream.context.stop_code
    if rt.memory.find_freed(desc) is not None:
        return out_of_range(rt, "memcpy_async_with_desc")
    if rt.memory.place_of(desc) is not Place.DEVICE:
        return Fault.PARAM_INVALID
    told = read_desc(rt, desc) or Described(0, 0, 0)

    def land() -> int:
        found = read_desc(rt, desc)
        if found is None:
            rt.note("bad-descriptor", "a copy by a descriptor found none: call set_memcpy_desc before", "h5")
            return rt.code_of(Fault.PARAM_INVALID)
        return rt.code_of(copy_effect(rt, found.destination, found.source, found.size))

    name = f"{_INSIDE.value} {told.size} bytes by a descriptor"
    duration, engine = rt.costs.copy_ns(_INSIDE, told.size), stream.context.device.copy_engines.get(_INSIDE)
    reads = ((desc, _DESCRIPTOR.size), (told.source, told.size))
    touches = touched(rt, reads=reads, writes=((told.destination, told.size),), exact=False)
    return submit(
        rt, me, stream, lambda: (RowsCopyTask(name, duration, land, engine),), "copy", name, touches=touches
    )
