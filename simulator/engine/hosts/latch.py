"""A raw lock that lets go of the GIL before it wakes whoever waits.

`_thread.lock.release` wakes a thread while its caller still has the GIL. On one core the system likes to run the
woken one at once: it finds the GIL taken and sleeps again, and a hand-over comes to up to three switches of threads.
The interpreter's own lock functions, called through ctypes, run without the GIL; then it is one.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Final

_handle: Final = ctypes.pythonapi._handle  # noqa: SLF001 - its documented name
# The same functions twice: without the GIL, for hand-overs, and with it, where nothing is waited for.
_without_gil: Final = ctypes.CDLL(None, handle=_handle)
_with_gil: Final = ctypes.PyDLL(None, handle=_handle)
_allocate: Final = _with_gil.PyThread_allocate_lock
_allocate.restype = ctypes.c_void_p
_try: Final = _with_gil.PyThread_acquire_lock
_release: Final = _with_gil.PyThread_release_lock
_release.restype = None
_free: Final = _with_gil.PyThread_free_lock
_free.restype = None


class Latch(ctypes.c_void_p):
    """A lock that one thread parks on, taken from the beginning; to ctypes it is the address of the lock."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(_allocate())
        _try(self, 0)

    def __repr__(self) -> str:
        return f"<latch {self.value or 0:#x}>"

    def __del__(self, free: Callable[[Latch], None] = _free) -> None:
        # Whoever is inside one of the functions keeps the latch. The default is still there when modules are gone.
        free(self)

    def park(self) -> None:
        """Wait until the latch is opened; signals are handled meanwhile."""
        while acquire(self, FOREVER, BY_SIGNALS) != TAKEN:
            pass

    def park_for(self, seconds: float) -> None:
        """Wait until the latch is opened, at most so long; a signal is handled, and the time starts again."""
        patience = ctypes.c_longlong(int(seconds * _US_PER_S))
        while acquire(self, patience, BY_SIGNALS) == _INTERRUPTED:
            pass

    def open(self) -> None:
        """Let go on whoever parks here, or parks here next; to open it twice counts once."""
        _try(self, 0)
        _release(self)


# `park` written out is `while acquire(latch, FOREVER, BY_SIGNALS) != TAKEN: pass`: it also comes back when there is a
# signal that Python should handle. No argument types are declared, as ctypes would then take twice as long.
acquire: Final[Callable[[Latch, ctypes.c_longlong, int], int]] = _without_gil.PyThread_acquire_lock_timed
FOREVER: Final = ctypes.c_longlong(-1)
BY_SIGNALS: Final = 1
TAKEN: Final = 1
_INTERRUPTED: Final = 2
_US_PER_S: Final = 1_000_000
# Opens a latch that is known to be closed, and lets another thread run meanwhile.
release: Final[Callable[[Latch], None]] = _without_gil.PyThread_release_lock
_without_gil.PyThread_release_lock.restype = None
