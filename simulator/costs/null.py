"""Costs that are all zero: only order matters, and everything that may tie does tie."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.costs.protocol import Direction


class NullCosts:
    """Every task takes no time at all."""

    report_ns = 0

    def execute_ns(self, latency_ns: int) -> int:  # noqa: ARG002 - the protocol's signature
        """Return 0."""
        return 0

    def recorded(self, name: str, model_id: int | None) -> None:
        """Return None: nothing was recorded."""

    def copy_ns(self, direction: Direction, size: int) -> int:  # noqa: ARG002 - the protocol's signature
        """Return 0."""
        return 0

    def set_ns(self, size: int) -> int:  # noqa: ARG002 - the protocol's signature
        """Return 0."""
        return 0

    def __repr__(self) -> str:
        return "NullCosts()"
