"""Locks of the program in simulated time.

A virtual lock wraps a real one, whose state is the truth: threads the host does not know, and everybody once
the scope is closed, simply use that. Controlled threads never block on it; they wait in the host, and a release
hands the lock to the first of them.
"""

from __future__ import annotations

from collections import deque
from sys import _getframe
from threading import TIMEOUT_MAX
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from simulator.engine.control.active import active, by_program, here, nanoseconds
from simulator.engine.control.originals import allocate_lock, c_rlock, python_rlock
from simulator.engine.hosts.places import program_frame
from simulator.engine.hosts.thread import HostThread, Place
from simulator.engine.wait import Outcome, Wait

if TYPE_CHECKING:
    from simulator.engine.hosts.scheduler import Scheduler

_REAL: Final = type(allocate_lock())
# A thread takes locks in a row to look at queues and futures; so many calls of the API one counts for.
_WEIGHT: Final = 8


class _LockType(type):
    """Lets `isinstance(lock, threading.Lock)` hold for real locks too, as it does on Python 3.13."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _REAL) or super().__instancecheck__(instance)


class VirtualLock(metaclass=_LockType):
    """What `threading.Lock()` makes on a controlled thread.

    `owner` is the controlled thread that took it last and has not released it; `waits` those that wait, in
    order; `place` where the program made it, None for locks inside Event, Condition and their like.
    """

    __slots__ = ("__weakref__", "_real", "owner", "place", "waits")

    _real: Any
    owner: HostThread | None
    place: Place | None
    waits: deque[Wait]

    def __new__(cls) -> VirtualLock:  # noqa: PYI034 - a plain one, not a subclass's
        """Make a lock; on a thread the host does not know, a real one."""
        if here() is None:
            return allocate_lock()  # type: ignore[return-value]  # it looks the same from outside
        return _make(_made_at())

    def __repr__(self) -> str:
        state = "locked" if self._real.locked() else "unlocked"
        return f"<{state} {self.label or 'lock'}>"

    def __str__(self) -> str:
        return self.label or "a lock of the standard library"

    @property
    def label(self) -> str:
        """What to call it: "lock made at prog.py:12 in main"; empty for one the program does not know of."""
        return "" if self.place is None else f"lock made at {self.place}"

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:  # noqa: FBT001, FBT002 - as theirs
        """Take the lock, waiting in simulated time; the same arguments and errors as the real one."""
        me, host, real = here(), active.host, self._real
        if me is None or host is None:
            return bool(real.acquire(blocking, timeout))
        if not host.quiet and by_program():
            host.point("lock")
        host.calls_left -= _WEIGHT
        if host.calls_left <= 0:
            host.hurry(me)
        if real.acquire(blocking=False):
            self.owner = me
            return True
        if not blocking and timeout == -1 and by_program():  # else it is Condition, asking whether it owns it
            host.spin("Lock.acquire", self)
            return self._taken(me)
        # Held by a thread outside our control: only the real lock knows when it ends.
        if not blocking or self.owner is None or not _is_wait(timeout):
            return bool(real.acquire(blocking, timeout))
        return self._wait(host, None if timeout == -1 else nanoseconds(timeout))

    def release(self) -> None:
        """Hand the lock to one who waits, else free it. Raises RuntimeError when nobody holds it.

        Real locks keep no order: among those who wait for a lock of the program the first is only the friendly one.
        """
        waits, host = self.waits, active.host
        while waits:
            at = 0
            if len(waits) > 1 and host is not None and self.place is not None:
                at = host.kernel.choose("waiter", [wait.thread for wait in waits])
            wait = waits[at]
            del waits[at]
            if wait.fire():
                self.owner = wait.thread
                return
        self.owner = None
        self._real.release()

    def locked(self) -> bool:
        """Tell whether somebody holds it."""
        held = bool(self._real.locked())
        if held and here() is not None and active.host is not None and by_program():
            active.host.peeked("Lock.locked", self)
            held = bool(self._real.locked())
        return held

    def _wait(self, host: Scheduler, timeout: int | None) -> bool:
        wait = Wait("Lock.acquire", self, timeout)
        self.waits.append(wait)
        try:
            return host.wait(wait) is Outcome.FIRED
        except BaseException:  # unwound at the end of the run, or Ctrl-C
            if not wait.cancel() and wait.outcome is Outcome.FIRED:
                self.release()  # it was handed over all the same
            raise
        finally:
            if wait.outcome is not Outcome.FIRED and wait in self.waits:
                self.waits.remove(wait)

    def _taken(self, me: HostThread) -> bool:
        if not self._real.acquire(blocking=False):
            return False
        self.owner = me
        return True

    def _at_fork_reinit(self) -> None:
        self._real._at_fork_reinit()  # noqa: SLF001 - what threading and logging call after a fork
        self.owner = None
        self.waits.clear()

    __enter__ = acquire

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.release()


def allocate_virtual() -> VirtualLock:
    """Make a lock that the program does not know of: what threading.py takes for its own purposes."""
    return allocate_lock() if here() is None else _make(None)  # type: ignore[return-value]


def virtual_rlock(*args: object, **kwargs: object) -> object:
    """Make a re-entrant lock: Python's own implementation, over a virtual lock."""
    if here() is None:
        return c_rlock(*args, **kwargs)
    lock = python_rlock(*args, **kwargs)
    lock._block = _make(_made_at())  # noqa: SLF001 - threading's own attribute, in all versions
    return lock


def _make(place: Place | None) -> VirtualLock:
    lock = object.__new__(VirtualLock)
    lock._real = allocate_lock()
    lock.owner = None
    lock.place = place
    lock.waits = deque()
    return lock


def _is_wait(timeout: object) -> bool:
    """Tell whether *timeout* is one to wait for; for 0 and for wrong ones the real lock has an answer."""
    return timeout == -1 or (isinstance(timeout, int | float) and 0 < timeout <= TIMEOUT_MAX)


def _made_at() -> Place | None:
    """Return the line of the program that makes a lock; None if the library makes one for itself."""
    frame = program_frame(_getframe(2))
    return None if frame is None else Place(frame.f_code, frame.f_lineno)
