"""What the core asks of a cost model. All results are whole nanoseconds of simulated time."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple, Protocol


class Direction(Enum):
    """Which way a copy goes; the addresses decide, not the kind the caller passed (rule h4)."""

    HOST_TO_HOST = "host to host"
    HOST_TO_DEVICE = "host to device"
    DEVICE_TO_HOST = "device to host"
    DEVICE_TO_DEVICE = "device to device"

    # By identity: an enum's own hash is Python code, and every copy looks up its duration and engine by its way.
    __hash__ = object.__hash__


class Measured(NamedTuple):
    """One recorded run: how long it took, and on how many AI cores (0: not recorded)."""

    duration_ns: int
    cores: int


class Costs(Protocol):
    """Durations of the task kinds that take time."""

    @property
    def report_ns(self) -> int:
        """From a callback task reaching the head of its stream to its report being visible to the host."""

    def execute_ns(self, latency_ns: int) -> int:
        """Return the duration of one model run whose declared latency is *latency_ns*."""

    def recorded(self, name: str, model_id: int | None) -> Iterator[Measured] | None:
        """Return the runs recorded of a model, without end; None when none were."""

    def copy_ns(self, direction: Direction, size: int) -> int:
        """Return the duration of a copy of *size* bytes."""

    def set_ns(self, size: int) -> int:
        """Return the duration of filling *size* bytes of device memory."""
