"""Simulated time against real time: which simulated instant is due now, and how long until another one is."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic_ns
from typing import Final

from simulator.base.errors import UserError

_NS_PER_S: Final = 1_000_000_000


class Pace:
    """Maps real onto simulated time at *speed* simulated ns a real ns, from where it was started last.

    *read* is a clock in ns that never goes back. Raises UserError for a speed that is not positive.
    """

    __slots__ = ("_ahead", "_read", "_real", "_simulated", "speed")

    def __init__(self, speed: float = 1.0, read: Callable[[], int] = monotonic_ns) -> None:
        if not 0.0 < speed < float("inf"):
            msg = f"speed is {speed}: it is simulated over real time, a positive number such as 1 or 0.1"
            raise UserError(msg)
        self.speed = speed
        self._read = read
        self._simulated = 0
        self._real = self._ahead = read()

    def __repr__(self) -> str:
        return f"<pace {self.speed:g} from {self._simulated} ns>"

    def due(self) -> int:
        """Return the simulated time in ns that real time has reached."""
        if self.speed == 1.0:
            return self._read() - self._ahead
        return self._simulated + int((self._read() - self._real) * self.speed)

    def restart(self, now: int) -> None:
        """Let the simulated time *now* be due now: the world has jumped ahead."""
        self._simulated = now
        self._real = self._read()
        # By how much the real clock is ahead, at speed 1.
        self._ahead = self._real - now

    def seconds_until(self, time: float) -> float:
        """Return the real seconds until the simulated *time* in ns is due; 0 when it is."""
        return max(0.0, (time - self.due()) / self.speed / _NS_PER_S)
