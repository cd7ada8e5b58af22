"""Memory: real host memory behind integer addresses, tagged with where it is meant to lie.

Clients do pointer arithmetic, `memmove` and numpy views on what malloc returns, so every range is an
anonymous mapping of its own: reserved lazily (a 32 GB range costs nothing until touched) and page-aligned.
Freed ranges stay in quarantine for a while, so that a stale pointer is recognised and does not meet somebody
else's new data. Addresses outside our ranges (numpy arrays, bytes) belong to the program; they are copied by
the kernel (`process_vm_readv`), where a wrong address is an error code and not a crash.
"""

from __future__ import annotations

import ctypes
import mmap
from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from simulator.core.lending import Lending
from simulator.core.outside import CHUNK, Outside

if TYPE_CHECKING:
    from simulator.core.tasks import CopyTask

PAGE: Final = 4096
_POISON: Final = 0xCD
# Poisoning touches pages; beyond this only the first bytes are poisoned and the rest stays lazily reserved
# (zeros).
_POISON_LIMIT: Final = 1 << 20
# So many bytes of poison in a row are no accident.
_TELLING: Final = 16
_FRESH: Final = bytes([_POISON]) * _TELLING
_ADDRESS_SPACE: Final = 1 << 64
_MAP_NORESERVE: Final = 0x4000
# The system allows some 65,000 mappings to a process; quarantine may keep only a few of them.
_QUARANTINE: Final = 1000
# So many copies are remembered, see `Memory.copies`.
MOST_COPIES: Final = 1000


class Place(Enum):
    """Where a range lies, as the program sees it."""

    DEVICE = "device"
    PINNED = "pinned host"
    PAGEABLE = "pageable host"
    MANAGED = "managed"


# What devices reach without a copy, also where the host's memory is out of their reach.
NEAR_DEVICE: Final = (Place.DEVICE, Place.MANAGED)


@dataclass(frozen=True, slots=True, repr=False)
class Region:
    """One allocation: `size` usable bytes at `address`, up to `end`, on device `device` (None for host memory).

    They begin `start` bytes into `mapping`, and stand on pages of `page` bytes. `view` names the range itself where
    the bytes, which are called by `label`, may be seen at other addresses too.
    """

    address: int
    size: int
    end: int
    charged: int
    place: Place
    device: int | None
    label: str
    mapping: mmap.mmap
    page: int = PAGE
    start: int = 0
    view: str | None = None

    def __repr__(self) -> str:
        return f"<{self.place.value} memory {self.label} of {self.size} bytes>"

    def at(self, address: int) -> int:
        """Return where in the mapping *address* lies."""
        return self.start + address - self.address


class Registered(NamedTuple):
    """Memory of the program's own that it has pinned; `mapped` tells whether the device has an address of it."""

    size: int
    label: str
    mapped: bool = True


class Memory:
    """All live ranges of a run, found by address."""

    __slots__ = (
        "_freed",
        "_freed_starts",
        "_made",
        "_outside",
        "_starts",
        "copies",
        "lending",
        "managed",
        "regions",
        "registered",
        "reserved",
    )

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._made = 0
        # Freed ranges, oldest first, and their addresses in rising order.
        self._freed: dict[int, Region] = {}
        self._freed_starts: list[int] = []
        self.regions: dict[int, Region] = {}
        self.lending = Lending()
        # Programs copy between the same buffers again and again: tasks of copies between live ranges, by device,
        # destination, source and size. Tasks have no state, and so may stand on streams many times.
        self.copies: dict[tuple[int, int, int, int], CopyTask] = {}
        # Memory of the program's that it has pinned, by address.
        self.registered: dict[int, Registered] = {}
        # Addresses that are set aside for mapping: nothing is there but what is mapped. Start and end of each.
        self.reserved: dict[int, int] = {}
        # How many live ranges are managed ones.
        self.managed = 0
        self._outside = Outside()

    def __repr__(self) -> str:
        return f"<memory {len(self.regions)} ranges>"

    def allocate(
        self,
        size: int,
        charged: int,
        place: Place,
        device: int | None,
        name: str | None = None,
        page: int = PAGE,
    ) -> Region | None:
        """Reserve *size* bytes, called by their number without a *name*. None when the host cannot.

        `charged` is what the device accounts for.
        """
        mapping = reserve(size)
        if mapping is None:
            return None
        address = address_of(mapping)
        ctypes.memset(address, _POISON, min(size, _POISON_LIMIT))
        number = self.next_label()
        label = name or number
        region = Region(address, size, address + size, charged, place, device, label, mapping, page)
        self.adopt(region)
        return region

    def next_label(self) -> str:
        """Return what to call the next buffer: buffers are counted."""
        self._made += 1
        return f"#{self._made}"

    def adopt(self, region: Region) -> None:
        """Take a range among those that are found by address."""
        if region.view is not None:  # other things may have been mapped there before
            stale = [
                old for old in self._freed.values() if old.address < region.end and region.address < old.end
            ]
            for old in stale:
                del self._freed[old.address]
                del self._freed_starts[bisect_right(self._freed_starts, old.address) - 1]
        self.regions[region.address] = region
        insort(self._starts, region.address)
        self.managed += region.place is Place.MANAGED

    def register(self, address: int, size: int, *, mapped: bool = True) -> str:
        """Take memory of the program's own as pinned; return what to call it."""
        label = f"registered {self.next_label()}"
        self.registered[address] = Registered(size, label, mapped)
        return label

    def registered_in(self, address: int, size: int) -> bool:
        """Tell whether a part of *size* bytes from *address* is pinned memory of the program's own."""
        pinned = self.registered.items()
        return any(start < address + size and address < start + known.size for start, known in pinned)

    def free(self, region: Region) -> None:
        """Give a range back; its pages return to the system, its addresses stay taken for a while."""
        self.forget(region)
        region.mapping.madvise(mmap.MADV_DONTNEED)

    def forget(self, region: Region) -> None:
        """Take a range out of those that are found; its addresses are known as given back for a while."""
        self.managed -= region.place is Place.MANAGED
        del self.regions[region.address]
        del self._starts[bisect_right(self._starts, region.address) - 1]
        self.copies.clear()
        if len(self._freed) == _QUARANTINE:
            oldest = next(iter(self._freed))
            del self._freed[oldest]
            del self._freed_starts[bisect_right(self._freed_starts, oldest) - 1]
        self._freed[region.address] = region
        insort(self._freed_starts, region.address)

    def find_freed(self, address: int) -> Region | None:
        """Return the range in quarantine that holds *address*."""
        return _holding(address, self._freed_starts, self._freed)

    def find(self, address: int) -> Region | None:
        """Return the live range that holds *address*, which mostly is the address of one."""
        return self.regions.get(address) or _holding(address, self._starts, self.regions)

    def is_poison(self, region: Region, offset: int, size: int) -> bool:
        """Tell whether *size* bytes of *region* are all as they were made; False for too few, or too far, to tell."""
        end, at = offset + size, region.start + offset
        if size < _TELLING or end > _POISON_LIMIT or region.mapping[at : at + _TELLING] != _FRESH:
            return False
        return region.mapping[at : at + size].count(_POISON) == size

    def place_of(self, address: int) -> Place:
        """Return where *address* lies; what is not ours is the program's own, pageable memory (rule h5)."""
        region = self.find(address)
        if region is not None:
            return region.place
        pinned = self.registered.items()
        inside = any(start <= address < start + registered.size for start, registered in pinned)
        return Place.PINNED if inside else Place.PAGEABLE

    def fits(self, address: int, size: int) -> bool:
        """Tell whether *size* bytes from *address* can be meant: inside their range, when it is ours.

        Of the program's own memory only the last byte is looked at, and only when the copy is long enough to
        do harm before it meets a page that is not there.
        """
        region = self.find(address)
        if region is not None:
            return address + size <= region.end or self._goes_on(region, address + size)
        if self.find_freed(address) is not None or address + size > _ADDRESS_SPACE:
            return False
        if any(start < address + size and address < end for start, end in self.reserved.items()):
            return False
        return size <= CHUNK or self._outside.mapped(address + size - 1)

    def _goes_on(self, region: Region, end: int) -> bool:
        """Tell whether what is mapped one behind the other, from *region* on, reaches *end*."""
        following: Region | None = region
        while following is not None and following.view is not None:
            if end <= following.end:
                return True
            following = self.regions.get(following.end)
        return False

    def copy(self, destination: int, source: int, size: int) -> bool:
        """Copy *size* bytes between ranges that `fits` allows; False when a part of one is not mapped."""
        if self.find(destination) is not None and self.find(source) is not None:
            ctypes.memmove(destination, source, size)
            return True
        return self._outside.copy(destination, source, size)

    def read(self, address: int, size: int) -> bytes | None:
        """Return *size* bytes of a range that `fits` allows; None when a part is not mapped."""
        if self.find(address) is not None:
            return ctypes.string_at(address, size)
        if size > CHUNK and not self._outside.mapped(address):  # before room for a copy is taken
            return None
        copied = ctypes.create_string_buffer(max(size, 1))
        return copied.raw[:size] if self._outside.copy(ctypes.addressof(copied), address, size) else None

    def store(self, address: int, data: memoryview | bytes) -> bool:
        """Write *data* to a range that `fits` allows; False when a part of it is not mapped."""
        whole = memoryview(data).cast("B") if len(data) else memoryview(b"")
        region = self.find(address)
        if region is not None:
            at = region.at(address)
            region.mapping[at : at + whole.nbytes] = whole
            return True
        copied = ctypes.create_string_buffer(bytes(whole), max(whole.nbytes, 1))
        return self.copy(address, ctypes.addressof(copied), whole.nbytes)

    def load(self, address: int, size: int) -> bytes | None:
        """Return *size* bytes of a live range of ours; None when they are not all in one."""
        region = self.find(address)
        return None if region is None or address + size > region.end else ctypes.string_at(address, size)

    def mapped(self, address: int, size: int) -> bool:
        """Tell whether both ends of a range that `fits` allows are there."""
        if size == 0 or self.find(address) is not None:
            return True
        return self._outside.mapped(address) and self._outside.mapped(address + size - 1)

    def fill(self, destination: int, value: int, size: int) -> bool:
        """Fill *size* bytes of a range that `fits` allows with *value*'s low byte; False when not mapped."""
        if self.find(destination) is not None:
            ctypes.memset(destination, value & 0xFF, size)
            return True
        pattern = ctypes.create_string_buffer(bytes([value & 0xFF]) * min(size, CHUNK), min(size, CHUNK))
        done = 0
        while done < size:
            step = min(size - done, CHUNK)
            if not self._outside.copy(destination + done, ctypes.addressof(pattern), step):
                return False
            done += step
        return True


def reserve(size: int) -> mmap.mmap | None:
    """Return a mapping of *size* bytes, of which only what is touched takes memory; None when the host cannot."""
    try:
        return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_NORESERVE)
    except (OSError, ValueError, OverflowError):
        return None


def address_of(mapping: mmap.mmap) -> int:
    """Return where a mapping lies."""
    return ctypes.addressof(ctypes.c_char.from_buffer(mapping))


def _holding(address: int, starts: Sequence[int], regions: Mapping[int, Region]) -> Region | None:
    """Return the range that holds *address*; `starts` are the keys of `regions`, rising."""
    at = bisect_right(starts, address) - 1
    if at < 0:
        return None
    region = regions[starts[at]]
    return region if address < region.end else None
