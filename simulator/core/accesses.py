"""What calls and tasks do to memory, for the trace: ranges by buffer and offset, never by address.

Only memory of ours appears, freed memory included, and what the program has registered: see `base.memory_records`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from simulator.base.memory_records import Awaited, PoisonRead
from simulator.base.trace import ALLOCATED, FREED, HOST_ACCESS
from simulator.core.memory import Place
from simulator.engine.hosts.sites import call_site

if TYPE_CHECKING:
    from simulator.base.memory_records import Ranges
    from simulator.core.memory import Memory
    from simulator.core.runtime import Runtime
    from simulator.core.streams import Stream

# What is read, what is written, and whether that is exact, as in `TaskAccess`.
Touches = tuple["Ranges", "Ranges", bool]
# Addresses, each with a number of bytes.
Spans = Iterable[tuple[int, int]]
# Copies of more rows than that, with gaps between them, are left out rather than told as one range.
_MOST_ROWS: Final = 1024


def ranges_at(memory: Memory, address: int, size: int) -> Ranges:
    """Return the ranges that *size* bytes from *address* are, as far as they lie in buffers; else nothing.

    Mapped memory goes by what it shows. What is not mapped any more shows nothing, and goes by its own name.
    """
    region = memory.find(address)
    if region is None and (region := memory.find_freed(address)) is not None and region.view is not None:
        return views_at(memory, address, size)
    if region is not None:
        here = (region.label, address - region.address, min(size, region.end - address))
        if region.view is None or size <= here[2]:
            return (here,)
        return (here, *ranges_at(memory, region.end, size - here[2]))
    for start, pinned in memory.registered.items():
        if start <= address < start + pinned.size:
            return ((pinned.label, address - start, min(size, start + pinned.size - address)),)
    return ()


def views_at(memory: Memory, address: int, size: int) -> Ranges:
    """Return the ranges of mapped memory that are looked through there: for whatever is done, they must be there.

    For all else there are none.
    """
    region = memory.find(address) or memory.find_freed(address)
    if region is None or region.view is None:
        return ()
    here = (region.view, address - region.address, min(size, region.end - address))
    return (here,) if size <= here[2] else (here, *views_at(memory, region.end, size - here[2]))


def ranges_of_rows(memory: Memory, address: int, pitch: int, width: int, height: int) -> Ranges:
    """Return the ranges of *height* rows of *width* bytes, each a *pitch* behind the one before."""
    if pitch == width or height == 1:
        return ranges_at(memory, address, width * height)
    if height > _MOST_ROWS:
        return ()
    return tuple(found for row in range(height) for found in ranges_at(memory, address + row * pitch, width))


def touched(rt: Runtime, reads: Spans = (), writes: Spans = (), *, exact: bool = True) -> Touches | None:
    """Return what is read and written where so many bytes at these addresses are; None when nobody asks."""
    if rt.trace is None:
        return None
    memory = rt.memory
    read = [found for span in reads for found in ranges_at(memory, *span)]
    read += [found for span in (*reads, *writes) for found in views_at(memory, *span) if found not in read]
    return tuple(read), tuple(found for span in writes for found in ranges_at(memory, *span)), exact


def copying(rt: Runtime, destination: int, source: int, size: int) -> Touches | None:
    """Return what a copy touches; None when nobody asks."""
    return touched(rt, ((source, size),), ((destination, size),))


def note_poison(rt: Runtime, address: int, size: int) -> None:
    """Record that pinned memory is read which nobody has filled: how the program fills it cannot be seen."""
    if rt.trace is not None:
        region = rt.memory.find(address)
        if region is not None and region.place is Place.PINNED:
            offset = address - region.address
            if rt.memory.is_poison(region, offset, size):
                rt.trace.append(PoisonRead(rt.kernel.now, region.label, offset, size))


def note_host_access(rt: Runtime, op: str, reads: Ranges, writes: Ranges) -> None:
    """Record what the calling thread reads and writes itself."""
    if rt.trace is not None and (reads or writes):
        thread = rt.host.current()
        rt.trace.append_raw((HOST_ACCESS, rt.kernel.now, thread.name, op, reads, writes, call_site(thread)))


def note_host_copy(rt: Runtime, op: str, destination: int, source: int, size: int) -> None:
    """Record a copy in the caller's time."""
    touches = copying(rt, destination, source, size)
    if touches is not None:
        note_poison(rt, source, size)
        note_host_access(rt, op, *touches[:2])


def note_host_use(rt: Runtime, op: str, address: int, size: int, *, writes: bool = False) -> None:
    """Record that the calling thread reads, or writes, *size* bytes."""
    span = ((address, size),)
    touches = touched(rt, writes=span) if writes else touched(rt, span)
    if touches is not None:
        note_host_access(rt, op, *touches[:2])


def note_allocated(rt: Runtime, label: str, place: Place, device: int | None, size: int) -> None:
    """Record that a buffer came to be."""
    if rt.trace is not None:
        thread = rt.host.current()
        site = call_site(thread)
        rt.trace.append_raw((ALLOCATED, rt.kernel.now, thread.name, label, place.value, device, size, site))


def note_freed(rt: Runtime, label: str) -> None:
    """Record that a buffer is given back."""
    if rt.trace is not None:
        thread = rt.host.current()
        rt.trace.append_raw((FREED, rt.kernel.now, thread.name, label, call_site(thread)))


def note_awaited(rt: Runtime, tasks: Iterable[tuple[Stream, int]]) -> None:
    """Record that the calling thread knows of each stream that it has come past the task given with it."""
    if rt.trace is not None:
        thread = rt.host.current().name
        for stream, seq in tasks:
            rt.trace.append(Awaited(rt.kernel.now, thread, stream.label, seq))
