"""Host threads as greenlets: deterministic, cheap (0.2 us a switch), thousands at a time, one OS thread."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Final, cast

from greenlet import getcurrent, greenlet

from simulator.base.errors import InternalError, UserError
from simulator.engine.hosts.ends import ThreadKilled

if TYPE_CHECKING:
    from simulator.engine.hosts.thread import HostThread

# Thread ids the program sees; shaped like pthread_self() values, and the same in every process.
_FIRST_IDENT: Final = 0x7F10_0000_0000
_IDENT_STEP: Final = 0x1000
_BESIDE: Final = "greenlets share one OS thread: none can lose its turn, or run beside another"


class GreenletDriver:
    """Runs host threads as greenlets of the OS thread, and of the greenlet, that made the driver."""

    def __init__(self) -> None:
        self._home = getcurrent()
        self._starter = greenlet(_start_others, self._home)
        self._starter.switch()
        self._ident = threading.get_ident()
        self._main: HostThread | None = None

    def __repr__(self) -> str:
        return "<greenlet driver>"

    def enlist(self, thread: HostThread) -> None:
        """Give a declared thread its id, which is never used again in one run."""
        thread.ident = _FIRST_IDENT + _IDENT_STEP * thread.index
        thread.os_ident = self._ident

    def enlist_main(self, thread: HostThread) -> None:
        """Give the program's first thread the id that `threading.get_ident()` tells it; home is its greenlet."""
        thread.ident = thread.os_ident = self._ident
        thread.resume = self._home.switch
        self._main = thread

    def spawn(self, thread: HostThread, body: Callable[[], None]) -> None:
        """Make a greenlet whose end falls back to the home greenlet."""
        carrier = thread.carrier = greenlet(body, self._home)

        def begin(_me: HostThread | None) -> None:
            thread.resume = carrier.switch
            self._starter.switch(carrier)

        thread.resume = begin

    def home(self, _me: HostThread | None) -> None:
        """Switch to the greenlet that made the driver."""
        self._home.switch()

    def kill(self, thread: HostThread) -> None:
        """Raise `ThreadKilled` inside the thread's greenlet, or drop one that never ran."""
        carrier = cast("greenlet", thread.carrier)
        # False for one that has not begun (throwing into it would raise here) and for one that is over.
        if carrier:
            carrier.throw(ThreadKilled)

    def on_end(self, _pass_on: Callable[[], None]) -> None:
        """Do nothing: a greenlet that ends falls home, where the next one is picked."""

    def wake(self, _thread: HostThread | None) -> None:
        """Refuse: a greenlet cannot run beside its caller."""
        raise InternalError(_BESIDE)

    def park(self, _me: HostThread) -> None:
        """Refuse: no greenlet ever loses its turn."""
        raise InternalError(_BESIDE)

    def inside(self, _thread: HostThread) -> bool:
        """Say so: the caller is the one that runs."""
        return True

    def interrupt_home(self) -> None:
        """Refuse: home is the caller's own OS thread."""
        raise InternalError(_BESIDE)

    def fail(self, error: BaseException) -> None:
        """Raise *error* here: there is only one OS thread."""
        raise error

    def close(self) -> None:
        """Do nothing: a thread that was declared and never started has no greenlet."""

    def frame(self, thread: HostThread) -> FrameType | None:
        """Return the innermost frame of the thread; None for one that has not begun or is over."""
        carrier = self._home if thread.carrier is None else cast("greenlet", thread.carrier)
        return sys._getframe(2) if carrier is getcurrent() else carrier.gr_frame  # noqa: SLF001 - its documented name

    def known(self) -> HostThread | None:
        """Return nobody: the program's OS threads are not under the control of this host."""
        return None

    def carry(self, _thread: HostThread) -> None:
        """Refuse: an OS thread is no greenlet."""
        raise InternalError(_BESIDE)

    def caller(self) -> HostThread | None:
        """Return the program's first thread: it is the one that calls when nobody is known to run.

        Raises UserError on other OS threads: this host cannot block them.
        """
        if threading.get_ident() != self._ident:
            msg = (
                "this simulator session belongs to another OS thread: on the greenlet host a program's threads are "
                "made with session.host.thread() and .start(); for a program's own OS threads there are "
                'acl_api.Session(host="free") and aclsim exec'
            )
            raise UserError(msg)
        return self._main


def _start_others() -> None:
    """Switch to greenlets for the first time, on behalf of others.

    A greenlet inherits the depth of recursion of the one that first switches to it: if each thread started
    the next one, the hundredth would have no room left.
    """
    begun = cast("greenlet", cast("greenlet", getcurrent().parent).switch())
    while True:
        begun = cast("greenlet", begun.switch())
