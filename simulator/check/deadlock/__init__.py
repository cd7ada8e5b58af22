"""From a snapshot of who waits for what to sentences: the wait-for chain of a run that could not go on.

The chain runs thread → stream → task → callback → report thread → event or lock, from each thread that waits
without a timeout, and ends where it closes on itself or at somebody who will never act. Then come those who
poll meanwhile, and last what to change in the program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.check.deadlock.walk import Walk

if TYPE_CHECKING:
    from simulator.core.views import Snapshot

__all__ = ["explain"]


def explain(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the chain in sentences, the first victim first; each thing is explained once."""
    return tuple(Walk(snapshot).sentences())
