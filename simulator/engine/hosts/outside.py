"""Threads where the host cannot see them: stuck in a foreign call, computing without end, or not ours at all.

Under the baton one thread at a time runs because all others are parked in our locks. A thread that never calls
us cannot be parked; it can only be left alone (its turn is revoked), and must queue up when it comes back.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from simulator.engine.hosts.thread import HostThread

_DEFAULT_PATIENCE: Final = 10.0


class Outside:
    """Who is out, who has come back, and what the run must own up to because of them.

    `patience` bounds, in real seconds, how long the others wait for somebody outside when nothing else can
    happen. `remarks` are sentences; a run that has one is inconclusive.
    """

    def __init__(self, patience: float = _DEFAULT_PATIENCE) -> None:
        self.patience = patience
        self.out: list[HostThread] = []
        self.arrivals: deque[HostThread] = deque()
        self.remarks: list[str] = []
        self.gate = allocate_lock()
        self._bell = allocate_lock()
        self._bell.acquire()

    def __repr__(self) -> str:
        return f"<outside: {len(self.out)} out, {len(self.arrivals)} back, {len(self.remarks)} remarks>"

    def leave(self, thread: HostThread, remark: str) -> None:
        """Note that *thread* has lost its turn; the caller holds `gate`."""
        self.out.append(thread)
        self.remarks.append(remark)

    def arrive(self, thread: HostThread) -> bool:
        """Queue *thread* up, which wants to be scheduled, and wake whoever waits for that.

        False if it has not lost its turn after all.
        """
        with self.gate:
            if thread not in self.out:
                return False
            self.out.remove(thread)
            self.arrivals.append(thread)
            if self._bell.locked():
                self._bell.release()
        return True

    def await_one(self) -> bool:
        """Wait for real until somebody has arrived; False if nobody did in time."""
        while not self.arrivals:
            if not self._bell.acquire(timeout=self.patience):
                return bool(self.arrivals)
        return True
