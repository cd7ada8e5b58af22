"""What a product can do beyond streams and events: where it cannot, the call is refused with 207000."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from simulator.base.figures import FLAG, SIZE


class Reductions(Enum):
    """Which reductions a product has."""

    SUM = "sum"
    NO_COMPARISON = "sum, max, min"
    ALL = "all"
    ALIGNED = "all, on whole elements"


@dataclass(frozen=True, slots=True)
class Features:
    """Optional features of the runtime on one family, and the kind of its memory."""

    hbm: bool = field(metadata=FLAG)
    """The device has HBM; else DDR, and questions about HBM are answered for DDR."""
    huge_1g_pages: bool = field(metadata=FLAG)
    """Memory in pages of 1 GiB."""
    host_register: bool = field(metadata=FLAG)
    """The program's own memory can be pinned and mapped for the device."""
    ipc_memory: bool = field(metadata=FLAG)
    """Memory can be shared by a key."""
    cache_operations: bool = field(metadata=FLAG)
    """Prefetching, writing back and dropping of cache lines as tasks (aclrtCmoAsync)."""
    memcpy_desc_bytes: int = field(metadata=SIZE)
    """Size of a descriptor of a copy; 0 where there are none."""
    memcpy_batch: bool = field(metadata=FLAG)
    """Many copies in one call."""
    reductions: Reductions = field(metadata={"read": Reductions})
    """Which reductions there are (aclrtReduceAsync)."""
    memory_repair: bool = field(metadata=FLAG)
    """Uncorrectable errors of memory can be asked for and repaired."""
    binary_load: bool = field(metadata=FLAG)
    """Kernels can be loaded from a description of their binary (aclrtBinaryLoad)."""
