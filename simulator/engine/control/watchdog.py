"""A real thread that looks whether the program's threads come back, and lets the others go on if one does not.

Virtual locks and clocks cannot stop a thread that blocks in a foreign call (a pipe, a lock from before the
scope, an import that another thread is in) or computes without end. It holds the turn, so nobody else runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.engine.control.originals import allocate_lock, real_monotonic, start_new_thread
from simulator.engine.hosts.thread import HostThread, ThreadState

if TYPE_CHECKING:
    from simulator.engine.hosts.baton import BatonDriver
    from simulator.engine.hosts.scheduler import Scheduler

# Between two looks, in real seconds.
_LOOKS: Final = 0.1
# What must stand still: who runs, its calls, its looks at clocks, the simulated time.
_Signs = tuple[HostThread | None, int, int, int, int]


class Watchdog:
    """Watches one host, and revokes the turn of a thread that shows no sign of life for *limit* real seconds.

    A thread that is alone may compute as long as it likes. A thread inside our own code is left alone too.
    """

    def __init__(self, host: Scheduler, driver: BatonDriver, limit: float) -> None:
        self.limit = limit
        self._host = host
        self._driver = driver
        self._bell = allocate_lock()
        self._bell.acquire()

    def __repr__(self) -> str:
        return f"<watchdog of {self._host!r}, {self.limit:g} s>"

    def start(self) -> None:
        """Begin to look, in a thread that the program does not see."""
        start_new_thread(self._watch, ())

    def stop(self) -> None:
        """End the watch."""
        if self._bell.locked():
            self._bell.release()

    def _watch(self) -> None:
        seen, since = self._signs(), real_monotonic()
        while not self._bell.acquire(timeout=min(_LOOKS, self.limit / 2)):
            signs = self._signs()
            if signs != seen:
                seen, since = signs, real_monotonic()
            elif real_monotonic() - since >= self.limit:
                self._look_closer()

    def _signs(self) -> _Signs:
        host = self._host
        me = host.running
        return (me, host.calls_left, 0 if me is None else me.reads, host.kernel.now, host.kernel.events_run)

    def _look_closer(self) -> None:
        host = self._host
        me = host.running
        if me is None or me.state is not ThreadState.RUNNING or host.driving or host.end is not None:
            return
        if self._driver.gone(me):
            host.bury(me)
        elif host.others(me) and not self._driver.inside(me):
            host.revoke(me, self._remark(me))

    def _remark(self, me: HostThread) -> str:
        blocked = self._driver.is_blocked(me)
        doing = "is blocked in a foreign call" if blocked else "computes without a call of ours"
        mend = "" if blocked else "; a longer --watchdog lets it come to an end"
        if blocked is None:
            doing = "makes no progress"
        return (
            f"{me.name} {doing} at {self._host.where(me)}, for {self.limit:g} s of real time: "
            f"the others went on without it, in an order that nothing determined{mend}"
        )
