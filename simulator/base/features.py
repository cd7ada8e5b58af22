"""What a product can do beyond streams and events: where it cannot, the call is refused with 207000."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from simulator.base.readers import DURATION, FLAG, NUMBER, SIZE


class Reductions(Enum):
    """Which reductions a product has."""

    SUM = "sum"
    NO_COMPARISON = "sum, max, min"
    ALL = "all"
    ALIGNED = "all, on whole elements"


@dataclass(frozen=True, slots=True)
class Features:
    """Optional features of the runtime on one family, the time limits of tasks, and the kind of its memory."""

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
    stream_abort: bool = field(metadata=FLAG)
    """Aborting and stopping streams, and aborting the tasks of a device (rules e16, e17, g14)."""
    notify_reset: bool = field(metadata=FLAG)
    """Resetting notifies from the host (rule f18)."""
    ipc_notify: bool = field(metadata=FLAG)
    """Notifies that other processes can import."""
    value_tasks: bool = field(metadata=FLAG)
    """Tasks that write a value into memory, or wait for one."""
    failure_mode: bool = field(metadata=FLAG)
    """The failure mode as an attribute of streams (rule e20)."""
    overflow_switch: bool = field(metadata=FLAG)
    """Overflow switch and tag of a stream; elsewhere setting them succeeds and does nothing (rule e21)."""
    overflow_status: bool = field(metadata=FLAG)
    """Reading and clearing the overflow status."""
    saturation_mode: bool = field(metadata=FLAG)
    infnan_mode: bool = field(metadata=FLAG)
    """Which of the two modes of floating-point overflow a device can be in."""
    core_groups: bool = field(metadata=FLAG)
    """Groups of cores that a program can choose from."""
    peer_access: bool = field(metadata=FLAG)
    """Devices that reach each other's memory."""
    device_uuid: bool = field(metadata=FLAG)
    op_wait_timeout: bool = field(metadata=FLAG)
    """A limit for all waits for events (set_op_wait_timeout)."""
    event_wait_timeout: bool = field(metadata=FLAG)
    """A limit for one wait for an event; elsewhere it is ignored (rule f15)."""
    notify_wait_timeout: bool = field(metadata=FLAG)
    """A limit for one wait for a notify; elsewhere it is ignored (rule f17)."""
    op_timeout_step_ns: int = field(metadata=DURATION)
    """Limits of tasks are multiples of this; 0 where tasks have none."""
    op_timeout_default: int = field(metadata=NUMBER)
    """How many of them a task may take when nobody has set a limit."""
    op_timeout_most: int = field(metadata=NUMBER)
    """The largest limit there is, in steps."""
