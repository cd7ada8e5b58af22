"""The monitor of a program whose threads come in from C: a gate that is kept there, before Python is asked for.

Each thread of the program is let through with its call, so whoever runs here is alone, and need only say whether it
is in the middle of an operation. The gate is passed on when a thread rests, and a ring is heard when the one who rang
has left: nobody wakes up only to wait for the interpreter, or for the monitor, once more.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from typing import Any, Final, Protocol

from simulator.engine.hosts.free_monitor import Monitor, Seat

_NS_PER_S: Final = 1_000_000_000
NOBODY: Final = 0


class Gate(Protocol):
    """What is kept in C. Seats are its own objects."""

    def enter(self) -> None:
        """Come in; for threads of Python, which do not come with a call."""

    def leave(self) -> None:
        """Let others in; the same."""

    def seat(self) -> Any:  # noqa: ANN401 - C's
        """Return a new place to rest."""

    def ring(self, seat: Any) -> None:  # noqa: ANN401 - same
        """Wake who rests there, when the caller has left."""

    def rest(self, seat: Any, ns: int) -> int:  # noqa: ANN401 - same
        """Let others in until the seat is rung, or for *ns*; below 0: for ever. Tells whether it was rung."""


class Held:
    """Whether somebody is in the middle of an operation: the part of a lock, for callers who are alone."""

    __slots__ = ("owner",)

    def __init__(self) -> None:
        self.owner = NOBODY

    def __repr__(self) -> str:
        return f"<held by {self.owner}>"

    def acquire(self) -> bool:
        """Begin."""
        self.owner = get_ident()
        return True

    def release(self) -> None:
        """End."""
        self.owner = NOBODY

    def by_caller(self) -> bool:
        """Tell whether the caller is in the middle of an operation."""
        return self.owner == get_ident()


class GateSeat(Seat):
    """Where one thread rests outside of the gate."""

    __slots__ = ("_gate", "place")

    def __init__(self, gate: Gate) -> None:
        self.entry: Callable[[], object] | None = None
        self._gate = gate
        self.place = gate.seat()

    def __repr__(self) -> str:
        return "<seat outside of the gate>"

    def park(self) -> None:
        """Rest until somebody rings."""
        self._gate.rest(self.place, -1)

    def ring(self) -> None:
        """Wake the thread, or let its next rest end at once."""
        self._gate.ring(self.place)


class GateMonitor(Monitor):
    """A monitor whose lock is the gate."""

    __slots__ = ("_held", "_rest")

    def __init__(self, gate: Gate, held: Held) -> None:
        super().__init__()
        self._rest = gate.rest
        self._held = held
        self.lock = held  # type: ignore[assignment]
        self.inside = held.by_caller

    def hold(self) -> bool:
        """Begin an operation unless the caller is in the middle of one; tell whether it was not."""
        held, me = self._held, get_ident()
        if held.owner == me:
            return False
        held.owner = me
        return True

    def rest(self, seat: Seat, seconds: float = -1) -> bool:
        """Let others in until *seat* is rung, or for so many real seconds; tell whether it was rung."""
        held = self._held
        held.owner = NOBODY
        try:
            place = seat.place  # type: ignore[attr-defined]
            return self._rest(place, -1 if seconds < 0 else int(seconds * _NS_PER_S)) != 0
        finally:
            held.owner = get_ident()
