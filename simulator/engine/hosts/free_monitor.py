"""The monitor around the core on the free host: one thread is inside at a time, the others wait or are parked."""

from __future__ import annotations

import threading
from _thread import allocate_lock
from collections.abc import Callable
from types import CodeType
from typing import Final


class Seat:
    """Where one thread is parked: a lock that is held, except between a ring and the thread's waking up."""

    __slots__ = ("entry", "lock")

    def __init__(self) -> None:
        self.lock = allocate_lock()
        self.lock.acquire()
        # What a thread of the host's own will run; None while nobody has started it.
        self.entry: Callable[[], object] | None = None

    def __repr__(self) -> str:
        return f"<seat {'quiet' if self.lock.locked() else 'rung'}>"

    def park(self) -> None:
        """Wait outside of the monitor until somebody rings."""
        self.lock.acquire()

    def ring(self) -> None:
        """Wake the thread, or let its next try to park return at once. Called inside the monitor only."""
        if self.lock.locked():
            self.lock.release()


class Monitor:
    """A lock that knows its owner, without which nobody touches the core.

    Finalizers and signal handlers run anywhere, also in the middle of an operation of the very thread they run
    on. What they call then is put off until that thread is between two operations.
    """

    __slots__ = ("_put_off", "inside", "lock")

    def __init__(self) -> None:
        self.lock = threading.RLock()
        # Tells whether the calling thread is inside; C code, so no signal handler comes between.
        self.inside: Callable[[], bool] = self.lock._is_owned  # type: ignore[attr-defined]  # noqa: SLF001
        self._put_off: list[Callable[[], object]] = []

    def __repr__(self) -> str:
        return f"<monitor {'held' if self.inside() else 'not held'} by the caller>"

    def hold(self) -> bool:
        """Come in unless the caller is inside; tell whether it was not, and so must `lock.release()`."""
        if self.inside():
            return False
        self.lock.acquire()
        return True

    def rest(self, seat: Seat, seconds: float = -1) -> bool:
        """Let others in until *seat* is rung, or for so many real seconds; tell whether it was rung.

        The census knows resting threads by this function's frame, so it calls nothing written in Python.
        """
        lock, acquire = seat.lock, self.lock.acquire
        self.lock.release()
        try:
            return lock.acquire(timeout=seconds)
        finally:
            acquire()

    def put_off(self, call: Callable[[], object]) -> None:
        """Keep *call*, made in the middle of another of the same thread, for when that one lets others in."""
        self._put_off.append(call)

    def take_put_off(self) -> list[Callable[[], object]]:
        """Return the calls that were put off, for the caller, who is inside, to make outside."""
        calls, self._put_off = self._put_off, []
        return calls

    @property
    def behind(self) -> bool:
        """True while calls of the thread that is inside are put off."""
        return bool(self._put_off)


RESTING: Final[CodeType] = Monitor.rest.__code__
