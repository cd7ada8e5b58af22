"""Garbage is collected where the host says, not whenever an allocation happens to be one too many.

A finalizer may call the API. Run by the collector in the middle of an operation it would enter the model
half-way; at the beginning of a wait everything is in order. It also makes collections repeat.
"""

from __future__ import annotations

import gc
from typing import Final

# Allocations less deallocations since the last collection, as gc counts them; its own default is 700 or 2000.
_ENOUGH: Final = 10_000
# Of so many collections one is of everything that lives.
_FULL: Final = 20


class Collector:
    """Collects at the beginning of waits; automatic collection is off from `start` to `stop`."""

    def __init__(self) -> None:
        self._was_on = False
        self._collected = 0

    def __repr__(self) -> str:
        return f"<collector, {self._collected} collections>"

    def start(self) -> None:
        """Turn automatic collection off."""
        self._was_on = gc.isenabled()
        gc.disable()

    def stop(self) -> None:
        """Put automatic collection back to what it was."""
        if self._was_on:
            gc.enable()

    def collect(self) -> None:
        """Collect if enough has been allocated."""
        if gc.get_count()[0] >= _ENOUGH:
            self._collected += 1
            gc.collect(2 if self._collected % _FULL == 0 else 1)
