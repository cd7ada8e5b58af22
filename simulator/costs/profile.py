"""Costs from the SoC profile: latency plus size over bandwidth, and the declared latency of models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.costs.protocol import Direction

if TYPE_CHECKING:
    from simulator.base.profile import SocProfile

_NS_PER_S: Final = 1_000_000_000


class ProfileCosts:
    """Durations computed from the figures of one profile, rounded up to whole ns."""

    def __init__(self, profile: SocProfile) -> None:
        figures = profile.costs
        self._profile = profile
        self.report_ns = figures.callback_report_latency_ns
        self._launch_ns = figures.kernel_launch_latency_ns
        self._copies = {
            Direction.HOST_TO_HOST: (0, figures.h2d_rate),
            Direction.HOST_TO_DEVICE: (figures.h2d_latency_ns, figures.h2d_rate),
            Direction.DEVICE_TO_HOST: (figures.d2h_latency_ns, figures.d2h_rate),
            Direction.DEVICE_TO_DEVICE: (figures.d2d_latency_ns, figures.d2d_rate),
        }

    def execute_ns(self, latency_ns: int) -> int:
        """Return the declared latency plus the launch latency of the profile."""
        return latency_ns + self._launch_ns

    def recorded(self, name: str, model_id: int | None) -> None:
        """Return None: nothing was recorded."""

    def copy_ns(self, direction: Direction, size: int) -> int:
        """Return latency plus transfer time of *size* bytes."""
        latency, rate = self._copies[direction]
        return latency - (-size * _NS_PER_S // rate)

    def set_ns(self, size: int) -> int:
        """Return the time to write *size* bytes at the speed of a copy inside the device."""
        return self.copy_ns(Direction.DEVICE_TO_DEVICE, size)

    def __repr__(self) -> str:
        return f"ProfileCosts({self._profile.key})"
