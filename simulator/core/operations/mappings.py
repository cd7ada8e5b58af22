"""Virtual memory: set addresses aside, make memory without addresses, and map it (aclrtReserveMemAddress and others).

What the driver answers to addresses and sizes that do not fit is UNVERIFIED; here it is PARAM_INVALID and a finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault
from simulator.base.trace import ALLOCATED
from simulator.core.accesses import note_allocated, note_freed
from simulator.core.memory import PAGE, Place
from simulator.core.operations.allocations import GIANT_PAGE, HUGE_PAGE, rounded_up
from simulator.core.virtual import Handle
from simulator.engine.hosts.sites import call_site

if TYPE_CHECKING:
    from simulator.core.devices import Device
    from simulator.core.memory import Region
    from simulator.core.runtime import Runtime
    from simulator.core.virtual import Physical

_MAPPED: Final = "mapped"


def reserve(rt: Runtime, size: int, *, giant: bool) -> tuple[int] | Fault:
    """Set addresses aside, in whole pages: (address,)."""
    unit = GIANT_PAGE if giant else HUGE_PAGE
    found = rt.virtual.reserve(rounded_up(size, unit), unit)
    return Fault.HOST_OUT_OF_MEMORY if found is None else (found.address,)


def release(rt: Runtime, address: int) -> Fault | None:
    """Give addresses back."""
    reservation = rt.virtual.reservations.get(address)
    if reservation is None:
        return _refused(
            rt, "release_mem_address of what reserve_mem_address has not returned, or was released before"
        )
    if not rt.virtual.free_of_mappings(address, reservation.end - address):
        return _refused(
            rt, "release_mem_address of addresses in which memory is still mapped: unmap it first"
        )
    rt.virtual.release(reservation)
    return None


def page_size(place: Place, *, giant: bool) -> int:
    """Return the size of the pages of such memory; that of the host's is UNVERIFIED."""
    if place is Place.PINNED:
        return PAGE
    return GIANT_PAGE if giant else HUGE_PAGE


def malloc_physical(rt: Runtime, size: int, device: Device | None, *, giant: bool) -> tuple[int] | Fault:
    """Make memory without addresses, of the device's or, without one, of the host's: (handle,)."""
    place = Place.PINNED if device is None else Place.DEVICE
    page = page_size(place, giant=giant)
    if size % page:
        return _refused(rt, f"malloc_physical of {size} bytes, which are no whole pages of {page} bytes")
    if device is not None and device.memory_used + size > device.profile.engines.memory_bytes:
        return Fault.DEVICE_OUT_OF_MEMORY
    made = rt.virtual.make(size, place, device, page)
    if made is None:
        return Fault.HOST_OUT_OF_MEMORY
    if device is not None:
        device.memory_used += size
    note_allocated(rt, made.label, place, None if device is None else device.index, size)
    return _held(rt, made)


def _held(rt: Runtime, physical: Physical) -> tuple[int]:
    handle = Handle(physical)
    handle.number = rt.handles.add(handle)
    return (handle.number,)


def free_physical(rt: Runtime, handle: Handle) -> None:
    """Give a handle back; the memory goes with the last one, once nothing is mapped any more."""
    rt.handles.remove(handle.number)
    handle.memory.owners -= 1
    _drop_unused(rt, handle.memory)


def _drop_unused(rt: Runtime, physical: Physical) -> None:
    if physical.owners == 0 and physical.mapped == 0:
        if physical.device is not None:
            physical.device.memory_used -= physical.size
        note_freed(rt, physical.label)
        rt.virtual.drop(physical)


def map_mem(rt: Runtime, address: int, size: int, offset: int, handle: Handle) -> Fault | None:
    """Show memory at addresses that were set aside."""
    physical = handle.memory
    if offset or size != physical.size:
        return _refused(
            rt, "map_mem of a part of the memory: only the whole of it can be mapped, from offset 0"
        )
    reservation = rt.virtual.holding(address, size)
    if reservation is None or address % PAGE:
        return _refused(rt, "map_mem to addresses that reserve_mem_address has not set aside")
    if not rt.virtual.free_of_mappings(address, size):
        return _refused(rt, "map_mem to addresses where memory is mapped already: unmap it first")
    region = rt.virtual.map(reservation, address, physical)
    if region is None:
        return Fault.HOST_OUT_OF_MEMORY
    _note_mapped(rt, region)
    return None


def _note_mapped(rt: Runtime, region: Region) -> None:
    if rt.trace is not None:
        thread = rt.host.current()
        now, site = rt.kernel.now, call_site(thread)
        rt.trace.append_raw(
            (ALLOCATED, now, thread.name, region.view, _MAPPED, region.device, region.size, site)
        )


def unmap_mem(rt: Runtime, address: int) -> Fault | None:
    """Take memory away from its addresses, at once and whatever tasks still want there."""
    region = rt.memory.regions.get(address)
    if region is None or region.view is None:
        return _refused(rt, "unmap_mem of an address where no mapping begins, or that was unmapped before")
    note_freed(rt, region.view)
    _drop_unused(rt, rt.virtual.unmap(region))
    return None


def export(rt: Runtime, handle: Handle) -> tuple[int]:
    """Return the number by which memory is shared: (number,)."""
    physical = handle.memory
    if not physical.shareable:
        physical.shareable = len(rt.virtual.shared) + 1
        while physical.shareable in rt.virtual.shared:
            physical.shareable += 1
        rt.virtual.shared[physical.shareable] = physical
    return (physical.shareable,)


def set_pids(rt: Runtime, shareable: int) -> Fault | None:
    """Let other processes import memory: they are other machines here, so that nothing comes of it."""
    return None if shareable in rt.virtual.shared else _unknown(rt)


def import_shareable(rt: Runtime, shareable: int) -> tuple[int] | Fault:
    """Return one more handle of memory that this process has exported: (handle,)."""
    physical = rt.virtual.shared.get(shareable)
    if physical is None:
        return _unknown(rt)
    physical.owners += 1
    return _held(rt, physical)


def _unknown(rt: Runtime) -> Fault:
    return _refused(
        rt, "a shareable handle that this process has not exported: others are other machines here"
    )


def _refused(rt: Runtime, text: str) -> Fault:
    rt.note("bad-mapping", text, "h2")
    return Fault.PARAM_INVALID
