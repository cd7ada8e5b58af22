"""The figures of a SoC profile, by section: how the runtime behaves, what runs out, what executes, what it costs.

Each is a field that says how its value is read from a file (`profile.py`); in the file a duration or size is a text
with its unit, so its name there has no `_ns` or `_bytes`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from simulator.base.units import parse_duration, parse_rate, parse_size


class Lowering(Enum):
    """How a blocking callback becomes tasks on its stream (rules 0.5, a13 to a15)."""

    STARS = "stars"
    """Three tasks: callback, event wait, event reset (rule a13)."""
    NOTIFY = "notify"
    """Two tasks: callback placeholder and notify wait (rule a14)."""
    ACK = "ack"
    """One task; the scheduler holds the stream until the host acknowledges (rule a15)."""

    def __repr__(self) -> str:
        return f"Lowering.{self.name}"


def _count(value: object) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(f"{value!r} is not a whole number of one or more")
    return value


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is not a whole number of zero or more")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")  # noqa: TRY004 - one error family for a file
    return value


def text(value: object) -> str:
    """Return *value*; ValueError when it is no text."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is not a text")
    return value


def _lowering(value: object) -> Lowering:
    if value not in [way.value for way in Lowering]:
        raise ValueError(f"{value!r} is not one of {', '.join(way.value for way in Lowering)}")
    return Lowering(value)


# Metadata of a dataclass field: how its value is read from the file.
_COUNT = {"read": _count}
_NUMBER = {"read": _number}
_FLAG = {"read": _flag}
_SIZE = {"read": parse_size}
_RATE = {"read": parse_rate}
_DURATION = {"read": parse_duration}


@dataclass(frozen=True, slots=True)
class RuntimeFigures:
    """How the runtime behaves on this family."""

    soc_name: str = field(metadata={"read": text})
    """What aclrtGetSocName answers: the name of one variant, such as "Ascend910B3"."""
    lowering: Lowering = field(metadata={"read": _lowering})
    stars: bool = field(metadata=_FLAG)
    """The scheduler is STARS (rule 0.5)."""
    huge_streams_supported: bool = field(metadata=_FLAG)
    """Streams with the HUGE flag exist; else creating one is refused with 207000 (rule e3)."""
    no_block_reserved: bool = field(metadata=_FLAG)
    """The vendor reserves non-blocking callbacks: they work, with a finding (rule a1b)."""
    host_shares_device_memory: bool = field(metadata=_FLAG)
    """Host code may touch device addresses without a copy."""
    event_ticks_per_ms: int = field(metadata=_COUNT)
    """Resolution of event time stamps (rule f13)."""
    malloc_padding_bytes: int = field(metadata=_SIZE)
    """Added to each rounded device allocation (rule h1)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many of each a device has."""

    streams: int = field(metadata=_COUNT)
    """Default streams included; one more gives 207008 (rule e6)."""
    queue_depth: int = field(metadata=_COUNT)
    """Tasks that fit on one stream before a launch blocks (rules e7, e8)."""
    rtsq_depth: int = field(metadata=_COUNT)
    """Entries of the hardware queue below it (rule e7)."""
    events: int = field(metadata=_COUNT)
    """One id more gives 207007 (rule f3)."""
    notifies: int = field(metadata=_COUNT)
    """One id more gives 207009 (rule f16)."""
    callback_groups: int = field(metadata=_COUNT)
    """Report threads, hidden ones included; one more gives 507000 (rules b9, d5)."""
    callback_sq_depth: int = field(metadata=_COUNT)
    callback_cq_depth: int = field(metadata=_COUNT)
    """Reports that wait for one report thread before its streams stall (rules b8, b8b)."""
    priority_greatest: int = field(metadata=_NUMBER)
    priority_least: int = field(metadata=_NUMBER)
    """Priorities run from greatest (served first, the smaller number) to least (rule e5)."""


@dataclass(frozen=True, slots=True)
class Features:
    """What some families have and others refuse with 207000, and the time limits of tasks."""

    stream_abort: bool = field(metadata=_FLAG)
    """Aborting and stopping streams, and aborting the tasks of a device (rules e16, e17, g14)."""
    notify_reset: bool = field(metadata=_FLAG)
    """Resetting notifies from the host (rule f18)."""
    ipc_notify: bool = field(metadata=_FLAG)
    """Notifies that other processes can import."""
    value_tasks: bool = field(metadata=_FLAG)
    """Tasks that write a value into memory, or wait for one."""
    failure_mode: bool = field(metadata=_FLAG)
    """The failure mode as an attribute of streams (rule e20)."""
    overflow_switch: bool = field(metadata=_FLAG)
    """Overflow switch and tag of a stream; elsewhere setting them succeeds and does nothing (rule e21)."""
    overflow_status: bool = field(metadata=_FLAG)
    """Reading and clearing the overflow status."""
    saturation_mode: bool = field(metadata=_FLAG)
    infnan_mode: bool = field(metadata=_FLAG)
    """Which of the two modes of floating-point overflow a device can be in."""
    core_groups: bool = field(metadata=_FLAG)
    """Groups of cores that a program can choose from."""
    peer_access: bool = field(metadata=_FLAG)
    """Devices that reach each other's memory."""
    device_uuid: bool = field(metadata=_FLAG)
    op_wait_timeout: bool = field(metadata=_FLAG)
    """A limit for all waits for events (set_op_wait_timeout)."""
    event_wait_timeout: bool = field(metadata=_FLAG)
    """A limit for one wait for an event; elsewhere it is ignored (rule f15)."""
    notify_wait_timeout: bool = field(metadata=_FLAG)
    """A limit for one wait for a notify; elsewhere it is ignored (rule f17)."""
    op_timeout_step_ns: int = field(metadata=_DURATION)
    """Limits of tasks are multiples of this; 0 where tasks have none."""
    op_timeout_default: int = field(metadata=_NUMBER)
    """How many of them a task may take when nobody has set a limit."""
    op_timeout_most: int = field(metadata=_NUMBER)
    """The largest limit there is, in steps."""


@dataclass(frozen=True, slots=True)
class Engines:
    """What executes tasks, how many copies run at the same time each way, and the memory they work on."""

    ai_cores: int = field(metadata=_COUNT)
    vector_cores: int = field(metadata=_NUMBER)
    ai_cpus: int = field(metadata=_COUNT)
    copy_h2d: int = field(metadata=_COUNT)
    copy_d2h: int = field(metadata=_COUNT)
    copy_d2d: int = field(metadata=_COUNT)
    memory_bytes: int = field(metadata=_SIZE)
    l2_bytes: int = field(metadata=_SIZE)
    npu_arch: int = field(metadata=_NUMBER)
    """The number of the cores' architecture; 0 where it is not known."""


@dataclass(frozen=True, slots=True)
class CostFigures:
    """What the `profile` cost model charges: rates in bytes per second, latencies in nanoseconds."""

    h2d_rate: int = field(metadata=_RATE)
    d2h_rate: int = field(metadata=_RATE)
    d2d_rate: int = field(metadata=_RATE)
    h2d_latency_ns: int = field(metadata=_DURATION)
    d2h_latency_ns: int = field(metadata=_DURATION)
    d2d_latency_ns: int = field(metadata=_DURATION)
    kernel_launch_latency_ns: int = field(metadata=_DURATION)
    event_record_latency_ns: int = field(metadata=_DURATION)
    callback_report_latency_ns: int = field(metadata=_DURATION)
    """From the callback task's turn on its stream to its report in the host queue."""
    abort_latency_ns: int = field(metadata=_DURATION)
    """From the call that aborts a stream or a device until the tasks are gone (rules e16, g14)."""


SECTIONS: Final = {
    "runtime": RuntimeFigures,
    "limits": Limits,
    "features": Features,
    "engines": Engines,
    "costs": CostFigures,
}
