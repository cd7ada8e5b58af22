"""The figures of a SoC profile, by section: how the runtime behaves, what runs out, what executes, what it costs.

Each is a field that says how its value is read from a file (`profile.py`); in the file a duration or size is a text
with its unit, so its name there has no `_ns` or `_bytes`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from simulator.base.features import Features
from simulator.base.readers import COUNT, DURATION, FLAG, NUMBER, RATE, SIZE, text


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


def _lowering(value: object) -> Lowering:
    if value not in [way.value for way in Lowering]:
        raise ValueError(f"{value!r} is not one of {', '.join(way.value for way in Lowering)}")
    return Lowering(value)


@dataclass(frozen=True, slots=True)
class RuntimeFigures:
    """How the runtime behaves on this family."""

    soc_name: str = field(metadata={"read": text})
    """What aclrtGetSocName answers: the name of one variant, such as "Ascend910B3"."""
    lowering: Lowering = field(metadata={"read": _lowering})
    stars: bool = field(metadata=FLAG)
    """The scheduler is STARS (rule 0.5)."""
    huge_streams_supported: bool = field(metadata=FLAG)
    """Streams with the HUGE flag exist; else creating one is refused with 207000 (rule e3)."""
    no_block_reserved: bool = field(metadata=FLAG)
    """The vendor reserves non-blocking callbacks: they work, with a finding (rule a1b)."""
    host_shares_device_memory: bool = field(metadata=FLAG)
    """Host code may touch device addresses without a copy."""
    event_ticks_per_ms: int = field(metadata=COUNT)
    """Resolution of event time stamps (rule f13)."""
    malloc_padding_bytes: int = field(metadata=SIZE)
    """Added to each rounded device allocation (rule h1)."""
    bf16: bool = field(metadata=FLAG)
    inf_nan: bool = field(metadata=FLAG)
    """What aclGetCannAttribute says of the two features that depend on the product."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many of each a device has."""

    streams: int = field(metadata=COUNT)
    """Default streams included; one more gives 207008 (rule e6)."""
    queue_depth: int = field(metadata=COUNT)
    """Tasks that fit on one stream before a launch blocks (rules e7, e8)."""
    rtsq_depth: int = field(metadata=COUNT)
    """Entries of the hardware queue below it (rule e7)."""
    events: int = field(metadata=COUNT)
    """One id more gives 207007 (rule f3)."""
    notifies: int = field(metadata=COUNT)
    """One id more gives 207009 (rule f16)."""
    callback_groups: int = field(metadata=COUNT)
    """Report threads, hidden ones included; one more gives 507000 (rules b9, d5)."""
    callback_sq_depth: int = field(metadata=COUNT)
    callback_cq_depth: int = field(metadata=COUNT)
    """Reports that wait for one report thread before its streams stall (rules b8, b8b)."""
    priority_greatest: int = field(metadata=NUMBER)
    priority_least: int = field(metadata=NUMBER)
    """Priorities run from greatest (served first, the smaller number) to least (rule e5)."""


@dataclass(frozen=True, slots=True)
class Engines:
    """What executes tasks, how many copies run at the same time each way, and the memory they work on."""

    ai_cores: int = field(metadata=COUNT)
    vector_cores: int = field(metadata=NUMBER)
    ai_cpus: int = field(metadata=COUNT)
    copy_h2d: int = field(metadata=COUNT)
    copy_d2h: int = field(metadata=COUNT)
    copy_d2d: int = field(metadata=COUNT)
    l2_cache_bytes: int = field(metadata=SIZE)
    memory_bytes: int = field(metadata=SIZE)
    npu_arch: int = field(metadata=NUMBER)
    """The number of the cores' architecture; 0 where it is not known."""


@dataclass(frozen=True, slots=True)
class CostFigures:
    """What the `profile` cost model charges: rates in bytes per second, latencies in nanoseconds."""

    h2d_rate: int = field(metadata=RATE)
    d2h_rate: int = field(metadata=RATE)
    d2d_rate: int = field(metadata=RATE)
    h2d_latency_ns: int = field(metadata=DURATION)
    d2h_latency_ns: int = field(metadata=DURATION)
    d2d_latency_ns: int = field(metadata=DURATION)
    kernel_launch_latency_ns: int = field(metadata=DURATION)
    event_record_latency_ns: int = field(metadata=DURATION)
    callback_report_latency_ns: int = field(metadata=DURATION)
    """From the callback task's turn on its stream to its report in the host queue."""
    abort_latency_ns: int = field(metadata=DURATION)
    """From the call that aborts a stream or a device until the tasks are gone (rules e16, g14)."""


SECTIONS: Final = {
    "runtime": RuntimeFigures,
    "limits": Limits,
    "features": Features,
    "engines": Engines,
    "costs": CostFigures,
}
