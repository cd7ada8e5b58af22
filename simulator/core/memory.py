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
import os
from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from simulator.core.lending import Lending

if TYPE_CHECKING:
    from simulator.core.tasks import CopyTask

_POISON: Final = 0xCD
# Poisoning touches pages; beyond this only the first bytes are poisoned and the rest stays lazily reserved
# (zeros).
_POISON_LIMIT: Final = 1 << 20
# So many bytes of poison in a row are no accident.
_TELLING: Final = 16
_FRESH: Final = bytes([_POISON]) * _TELLING
_CHUNK: Final = 1 << 24
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


@dataclass(frozen=True, slots=True, repr=False)
class Region:
    """One allocation: `size` usable bytes at `address`, up to `end`, on device `device` (None for host memory)."""

    address: int
    size: int
    end: int
    charged: int
    place: Place
    device: int | None
    label: str
    mapping: mmap.mmap

    def __repr__(self) -> str:
        return f"<{self.place.value} memory {self.label} of {self.size} bytes>"


class Registered(NamedTuple):
    """Memory of the program's own that it has pinned."""

    size: int
    label: str


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
        "regions",
        "registered",
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
        self._outside = _Outside()

    def __repr__(self) -> str:
        return f"<memory {len(self.regions)} ranges>"

    def allocate(
        self, size: int, charged: int, place: Place, device: int | None, name: str | None = None
    ) -> Region | None:
        """Reserve *size* bytes, called by their number without a *name*. None when the host cannot.

        `charged` is what the device accounts for.
        """
        try:
            mapping = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_NORESERVE)
        except (OSError, ValueError, OverflowError):
            return None
        address = ctypes.addressof(ctypes.c_char.from_buffer(mapping))
        ctypes.memset(address, _POISON, min(size, _POISON_LIMIT))
        self._made += 1
        label = name or f"#{self._made}"
        region = Region(address, size, address + size, charged, place, device, label, mapping)
        self.regions[address] = region
        insort(self._starts, address)
        return region

    def register(self, address: int, size: int) -> str:
        """Take memory of the program's own as pinned; return what to call it."""
        self._made += 1
        label = f"registered #{self._made}"
        self.registered[address] = Registered(size, label)
        return label

    def free(self, region: Region) -> None:
        """Give a range back; its pages return to the system, its addresses stay taken for a while."""
        del self.regions[region.address]
        del self._starts[bisect_right(self._starts, region.address) - 1]
        self.copies.clear()
        region.mapping.madvise(mmap.MADV_DONTNEED)
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
        end = offset + size
        if size < _TELLING or end > _POISON_LIMIT or region.mapping[offset : offset + _TELLING] != _FRESH:
            return False
        return region.mapping[offset:end].count(_POISON) == size

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
            return address + size <= region.end
        if self.find_freed(address) is not None or address + size > _ADDRESS_SPACE:
            return False
        return size <= _CHUNK or self._outside.mapped(address + size - 1)

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
        if size > _CHUNK and not self._outside.mapped(address):  # before room for a copy is taken
            return None
        copied = ctypes.create_string_buffer(max(size, 1))
        return copied.raw[:size] if self._outside.copy(ctypes.addressof(copied), address, size) else None

    def load(self, address: int, size: int) -> bytes | None:
        """Return *size* bytes of a live range of ours; None when they are not all in one."""
        region = self.find(address)
        return None if region is None or address + size > region.end else ctypes.string_at(address, size)

    def store(self, address: int, data: bytes) -> bool:
        """Write *data* into a live range of ours; False when it does not lie in one."""
        region = self.find(address)
        if region is None or address + len(data) > region.end:
            return False
        ctypes.memmove(address, data, len(data))
        return True

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
        pattern = ctypes.create_string_buffer(bytes([value & 0xFF]) * min(size, _CHUNK), min(size, _CHUNK))
        done = 0
        while done < size:
            step = min(size - done, _CHUNK)
            if not self._outside.copy(destination + done, ctypes.addressof(pattern), step):
                return False
            done += step
        return True


def _holding(address: int, starts: Sequence[int], regions: Mapping[int, Region]) -> Region | None:
    """Return the range that holds *address*; `starts` are the keys of `regions`, rising."""
    at = bisect_right(starts, address) - 1
    if at < 0:
        return None
    region = regions[starts[at]]
    return region if address < region.end else None


# Opened once: it would take half as long as all the rest of a session.
_libc: Final = ctypes.CDLL(None, use_errno=True)


class _IoVec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Outside:
    """Copies that touch memory which is not ours, through the system: a bad address cannot crash us."""

    __slots__ = ()

    def copy(self, destination: int, source: int, size: int) -> bool:
        """Copy through a bounce buffer; False when the system reports a bad address."""
        bounce = ctypes.create_string_buffer(min(size, _CHUNK))
        here = ctypes.addressof(bounce)
        done = 0
        while done < size:
            step = min(size - done, _CHUNK)
            if not self._move("process_vm_readv", here, source + done, step):
                return False
            if not self._move("process_vm_writev", here, destination + done, step):
                return False
            done += step
        return True

    def mapped(self, address: int) -> bool:
        """Tell whether the byte at *address* can be read."""
        byte = ctypes.create_string_buffer(1)
        return self._move("process_vm_readv", ctypes.addressof(byte), address, 1)

    def _move(self, call: str, local: int, remote: int, size: int) -> bool:
        ours, theirs = _IoVec(local, size), _IoVec(remote, size)
        function = getattr(_libc, call)
        function.restype = ctypes.c_ssize_t
        moved = function(
            os.getpid(),
            ctypes.byref(ours),
            ctypes.c_ulong(1),
            ctypes.byref(theirs),
            ctypes.c_ulong(1),
            ctypes.c_ulong(0),
        )
        return bool(moved == size)
