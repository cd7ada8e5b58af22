"""Virtual memory: addresses that are set aside, memory without addresses, and which of it shows where.

All memory without addresses lies in one sparse file of the system's memory, each piece at an offset of its own, and
is mapped over the addresses: two mappings of one piece show the same bytes.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from simulator.core.memory import PAGE, Memory, Place, Region, address_of, reserve

if TYPE_CHECKING:
    from simulator.core.devices import Device

_POISON: Final = bytes([0xCD])
# As for other memory: beyond this, bytes are zeros.
_POISON_LIMIT: Final = 1 << 20
_MAP_FIXED, _MAP_NORESERVE = 0x10, 0x4000
_PUNCH_HOLE: Final = 0x01 | 0x02  # and keep the size of the file
_PROTECTION: Final = mmap.PROT_READ | mmap.PROT_WRITE
_libc: Final = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *(ctypes.c_int,) * 3, ctypes.c_int64)
_libc.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
_FAILED: Final = ctypes.c_void_p(-1).value


@dataclass(eq=False, slots=True)
class Reservation:
    """Addresses from `address` to `end`, which lie `start` bytes into `mapping`."""

    address: int
    end: int
    start: int
    mapping: mmap.mmap

    def __repr__(self) -> str:
        return f"<{self.end - self.address} bytes of addresses>"


@dataclass(eq=False, slots=True)
class Physical:
    """Memory without addresses: `size` bytes at `offset` of the file, mapped `mapped` times.

    `device` is None for the host's. `owners` are the handles that are alive: the first, and those from sharing.
    """

    label: str
    size: int
    offset: int
    place: Place
    device: Device | None
    page: int
    owners: int = 1
    mapped: int = 0
    views: int = 0
    shareable: int = 0

    def __repr__(self) -> str:
        return f"<{self.place.value} memory {self.label} of {self.size} bytes, mapped {self.mapped} times>"


class Handle:
    """A handle of memory without addresses: what the program holds, and gives back."""

    __slots__ = ("memory", "number")

    def __init__(self, memory: Physical) -> None:
        self.memory = memory
        self.number = 0

    def __repr__(self) -> str:
        return f"<handle of {self.memory!r}>"


class VirtualMemory:
    """What a run has set aside and mapped."""

    __slots__ = ("__weakref__", "_file", "_length", "_memory", "mapped", "reservations", "shared")

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._file: int | None = None
        self._length = 0
        self.reservations: dict[int, Reservation] = {}
        # By address: what shows there.
        self.mapped: dict[int, Physical] = {}
        # By the numbers that programs share it with.
        self.shared: dict[int, Physical] = {}

    def __repr__(self) -> str:
        return f"<{len(self.reservations)} ranges set aside, {len(self.mapped)} mappings>"

    def reserve(self, size: int, unit: int) -> Reservation | None:
        """Set *size* bytes of addresses aside, from a multiple of *unit* on; None when the host cannot."""
        mapping = reserve(size + unit)
        if mapping is None:
            return None
        base = address_of(mapping)
        start = -base % unit
        found = Reservation(base + start, base + start + size, start, mapping)
        self.reservations[found.address] = found
        self._memory.reserved[found.address] = found.end
        return found

    def release(self, reservation: Reservation) -> None:
        """Give addresses back, in which nothing may be mapped."""
        del self.reservations[reservation.address], self._memory.reserved[reservation.address]
        size = reservation.end - reservation.address
        page = PAGE
        whole = Region(
            reservation.address, size, reservation.end, 0, Place.PAGEABLE, None, "released", reservation.mapping,
            page, reservation.start, "released addresses",
        )  # fmt: skip
        self._memory.adopt(whole)
        self._memory.forget(whole)

    def make(self, size: int, place: Place, device: Device | None, page: int) -> Physical | None:
        """Return new memory without addresses; None when the host cannot."""
        try:
            if self._file is None:
                self._file = os.memfd_create("aclsim")
                weakref.finalize(self, os.close, self._file)
            os.ftruncate(self._file, self._length + size)
        except OSError:
            return None
        made = Physical(self._memory.next_label(), size, self._length, place, device, page)
        os.pwrite(self._file, _POISON * min(size, _POISON_LIMIT), made.offset)
        self._length += -(-size // PAGE) * PAGE
        return made

    def drop(self, physical: Physical) -> None:
        """Give the pages of memory back that nobody holds or maps."""
        self.shared.pop(physical.shareable, None)
        _libc.fallocate(self._file, _PUNCH_HOLE, physical.offset, physical.size)

    def holding(self, address: int, size: int) -> Reservation | None:
        """Return what was set aside that holds all these addresses."""
        found = (
            it for it in self.reservations.values() if it.address <= address and address + size <= it.end
        )
        return next(found, None)

    def free_of_mappings(self, address: int, size: int) -> bool:
        """Tell whether nothing shows in these addresses."""
        return not any(at < address + size and address < at + it.size for at, it in self.mapped.items())

    def map(self, reservation: Reservation, address: int, physical: Physical) -> Region | None:
        """Show memory from *address* on; None when the host cannot."""
        flags = mmap.MAP_SHARED | _MAP_FIXED
        if _libc.mmap(address, physical.size, _PROTECTION, flags, self._file, physical.offset) == _FAILED:
            return None
        physical.mapped += 1
        physical.views += 1
        self.mapped[address] = physical
        region = Region(
            address,
            physical.size,
            address + physical.size,
            0,
            physical.place,
            None if physical.device is None else physical.device.index,
            physical.label,
            reservation.mapping,
            physical.page,
            reservation.start + address - reservation.address,
            f"{physical.label}.{physical.views}",
        )
        self._memory.adopt(region)
        return region

    def unmap(self, region: Region) -> Physical:
        """Show nothing there any more: the addresses stay, so that a view which is still held does not crash."""
        physical = self.mapped.pop(region.address)
        physical.mapped -= 1
        self._memory.forget(region)
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_FIXED | _MAP_NORESERVE
        _libc.mmap(region.address, region.size, _PROTECTION, flags, -1, 0)
        return physical
