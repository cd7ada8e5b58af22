"""Memory of the device's and pinned memory of the host's: reserve, free, and tell how much there is (rules h1-h3)."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault
from simulator.core.accesses import note_allocated, note_freed
from simulator.core.memory import PAGE, Place

if TYPE_CHECKING:
    from simulator.core.devices import Device
    from simulator.core.memory import Region
    from simulator.core.runtime import Caller, Runtime

_ROUND: Final = 32
HUGE_PAGE: Final = 2 << 20
GIANT_PAGE: Final = 1 << 30
# aclrtMemLocationType: host 0, device 1, neither reserved nor registered 2, managed 3.
_LOCATION_TYPES: Final = {Place.PINNED: 0, Place.DEVICE: 1, Place.PAGEABLE: 2, Place.MANAGED: 3}
# aclrtMemAttr: kinds of DDR, and those of pages of 1 GiB; the others are of HBM.
_DDR_KINDS: Final = frozenset((0, 2, 3, 6, 7))
_GIANT_KINDS: Final = frozenset((10, 11))


class Pages(Enum):
    """Which pages an allocation stands on; huge ones first means: if it is large enough for one."""

    HUGE_FIRST = "huge pages first"
    HUGE = "huge pages only"
    GIANT = "pages of 1 GiB only"
    NORMAL = "normal pages only"


def malloc(
    rt: Runtime, me: Caller, size: int, pages: Pages = Pages.HUGE_FIRST, *, padded: bool = True
) -> tuple[int] | Fault:
    """Reserve device memory: (address,). The device accounts *size* in 32s, plus padding (rule h1).

    What must stand on huge pages takes whole ones; that the others take nothing beyond their size is INFERRED.
    """
    context = me.live_context
    if context is None:
        return Fault.CONTEXT_NULL
    device = context.device
    if pages is Pages.GIANT and not device.profile.features.huge_1g_pages:
        return Fault.NOT_SUPPORTED
    rounded = rounded_up(size, _ROUND)
    charged = rounded
    if padded and pages is not Pages.GIANT:
        charged += device.profile.runtime.malloc_padding_bytes
    page = _page(pages, rounded)
    if pages in (Pages.HUGE, Pages.GIANT):
        charged = rounded_up(charged, page)
    return reserve_on(rt, device, rounded, charged, page)


def reserve_on(rt: Runtime, device: Device, size: int, charged: int, page: int = PAGE) -> tuple[int] | Fault:
    """Reserve *size* bytes of a device, which accounts *charged* of them: (address,)."""
    if device.memory_used + charged > device.profile.engines.memory_bytes:
        return Fault.DEVICE_OUT_OF_MEMORY
    region = rt.memory.allocate(size, charged, Place.DEVICE, device.index, rt.wanted_name(), page)
    if region is None:
        return Fault.DEVICE_OUT_OF_MEMORY
    device.memory_used += charged
    note_allocated(rt, region.label, region.place, device.index, region.size)
    return (region.address,)


def rounded_up(size: int, unit: int) -> int:
    """Return *size* in whole units."""
    return -(-size // unit) * unit


def _page(pages: Pages, size: int) -> int:
    if pages is Pages.GIANT:
        return GIANT_PAGE
    # Rule h1 (DOC): from 2 MiB on huge pages come first.
    return HUGE_PAGE if pages is Pages.HUGE or (pages is Pages.HUGE_FIRST and size >= HUGE_PAGE) else PAGE


def malloc_host(rt: Runtime, size: int) -> tuple[int] | Fault:
    """Reserve pinned host memory: (address,) (rule h3)."""
    region = rt.memory.allocate(size, 0, Place.PINNED, None, rt.wanted_name())
    if region is None:
        return Fault.HOST_OUT_OF_MEMORY
    note_allocated(rt, region.label, region.place, None, size)
    return (region.address,)


def free(rt: Runtime, address: int, place: Place) -> Fault | None:
    """Free at once, waiting for nothing (rule h2).

    What the driver answers to a second free or a foreign pointer is UNVERIFIED; here it is INVALID_ADDRESS
    and a finding.
    """
    region = rt.memory.regions.get(address)
    managed = region is not None and place is Place.DEVICE and region.place is Place.MANAGED
    if region is None or not (region.place is place or managed) or region.view is not None:
        return _refused(rt, address, region, place)
    if region.device is not None:
        rt.devices[region.device].memory_used -= region.charged
    note_freed(rt, region.label)
    rt.memory.free(region)
    return None


def _refused(rt: Runtime, address: int, region: Region | None, place: Place) -> Fault:
    what = f"is not the start of {place.value} memory"
    if region is not None and region.view is not None:
        what = "is mapped virtual memory: unmap and release it, and free what is behind it"
    elif rt.memory.find_freed(address) is not None:
        what = "was freed before"
    rt.note("bad-free", f"free of an address that {what}", "h2")
    return Fault.BAD_FREE


def mem_info(_rt: Runtime, me: Caller, kind: int) -> tuple[int, int] | Fault:
    """Return what the current device has left of that kind of memory, and all it has: (free, total) bytes.

    Normal and huge pages come out of one pool: how hardware divides it is not known. A device with HBM has no DDR; on
    one without, questions about HBM are answered for DDR.
    """
    context = me.live_context
    if context is None:
        return Fault.CONTEXT_NULL
    device, features = context.device, context.device.profile.features
    if kind in _GIANT_KINDS and not features.huge_1g_pages:
        return Fault.NOT_SUPPORTED
    if features.hbm and kind in _DDR_KINDS:
        return 0, 0
    total = device.profile.engines.memory_bytes
    left = total - device.memory_used
    return (left // GIANT_PAGE * GIANT_PAGE, total) if kind in _GIANT_KINDS else (left, total)


def pointer_attributes(rt: Runtime, address: int) -> tuple[dict[str, object]] | Fault:
    """Tell where *address* lies, in the binding's words (aclrtPtrAttributes)."""
    region = rt.memory.find(address)
    if region is None and rt.memory.find_freed(address) is not None:
        rt.note("bad-address", "pointer_get_attributes asks about memory that was freed or unmapped", "h2")
        return Fault.INVALID_ADDRESS
    place = rt.memory.place_of(address)
    device = None if region is None else region.device
    page = PAGE if region is None else region.page
    return (attributes(device or 0, _LOCATION_TYPES[place], page),)


def attributes(device: int = 0, kind: int = 0, page: int = 0) -> dict[str, object]:
    """Return a dictionary as the binding hands out attributes of a pointer."""
    return {"location": {"id": device, "type": kind}, "page_size": page, "rsv": [0] * 4}
