"""How threads of C wait: as those of the free host, but so that the watch over the clock passes on in their sleep.

One of the blocked threads drives: it sleeps until the next event is due. Another one, the standby, sleeps no longer
than that either. When the driver has got what it waited for, the standby drives, and need not be woken for it: a
thread that hands work to another one and waits for it costs two wake-ups, and no third.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.base.trace import Blocked
from simulator.engine.hosts.free import FreeHost
from simulator.engine.hosts.free_census import Rest
from simulator.engine.hosts.free_drive import LONGEST_NAP_S, SHORTEST_NAP_S
from simulator.engine.hosts.free_gate import NOBODY, Held
from simulator.engine.hosts.thread import BLOCKED, READY, RUNNING, HostThread
from simulator.engine.wait import EXPIRED, Outcome, Wait

if TYPE_CHECKING:
    from simulator.base.trace import Trace
    from simulator.engine.hosts.free_patience import StallOptions
    from simulator.engine.hosts.stall import StallLimits
    from simulator.engine.kernel import Kernel

_NEVER: Final = float("inf")
_NS_PER_S: Final = 1_000_000_000
_SLACK_NS: Final = 20_000
# Compiled rows count calls down for hosts that give turns; here nobody looks.
_ENDLESS: Final = 1 << 62


class Standby(FreeHost):
    """The calls and waits of `ForeignHost`, behind a gate. What threads there are is told by that class."""

    monitored = False

    def __init__(
        self,
        kernel: Kernel,
        *,
        trace: Trace | None,
        limits: StallLimits | None,
        speed: float,
        stall: StallOptions | None,
    ) -> None:
        # Says that somebody is in the middle of a call.
        self.held = Held()
        super().__init__(kernel, trace=trace, limits=limits, speed=speed, stall=stall)
        # Whose call has gone on last; compiled rows ask whether it is the caller's.
        self.running: HostThread | None = None
        self.calls_left = _ENDLESS
        # All that have called and have not ended, by their ids.
        self._living: dict[int, HostThread] = {}
        # What the device does within so many simulated ns happens with the call that brings it about: to sleep for
        # it would take longer. And until when, during this call.
        self._slack = int(_SLACK_NS * speed)
        self._soon = 0
        self._standby: HostThread | None = None
        # The simulated instant until which it sleeps.
        self._standby_wakes_at: float = _NEVER

    def __repr__(self) -> str:
        return f"<standby of {len(self._living)} threads, {len(self._blocked)} blocked>"

    # -- calls ---------------------------------------------------------------------------------------------------

    def come_in(self) -> HostThread:
        """Begin a call of the program's: let happen what is due by the clock, and return the thread that calls."""
        try:
            me: HostThread = self._mine.thread
        except AttributeError:
            me = self._adopt()
        self.held.owner = me.os_ident
        self.running = me
        due = self._pace.due()
        self._soon = due + self._slack
        kernel = self.kernel
        heap, timers = kernel.heap, kernel.timers
        # `advance` written out: mostly nothing is due.
        if (heap and heap[0][0] <= due) or (timers and timers[0][0] <= due):
            kernel.advance(due)
        elif due > kernel._now:  # noqa: SLF001 - its hot-path name
            kernel._now = due  # noqa: SLF001
        return me

    def go_out(self) -> None:
        """End a call: whoever watches the clock looks again if something is due earlier now."""
        heap = self.kernel.heap
        if heap and heap[0][0] <= self._soon:
            self.kernel.happen(self._soon)
        if heap and heap[0][0] < self._wakes_at:
            self._ring_driver()
        self.held.owner = NOBODY

    def enter(self) -> None:
        """Begin something that is no call of the program's."""
        self.come_in()

    def leave(self) -> None:
        """End it."""
        self.go_out()

    # -- waits ---------------------------------------------------------------------------------------------------

    def wait(self, wait: Wait, *, keeps_gil: bool = False) -> Outcome:  # noqa: ARG002 - C has no GIL
        """Block the caller until *wait* ends, driving the event queue if nobody else does."""
        outcome = wait.outcome
        if outcome is not None:
            return outcome
        me: HostThread = self._mine.thread
        outer, kernel = me.wait, self.kernel
        wait.thread, wait.wake = me, self._wake
        if wait.timeout is not None:
            kernel.timer(wait, wait.timeout)
            if kernel._now + wait.timeout < self._wakes_at:  # noqa: SLF001 - its hot-path name
                self._ring_driver()
        if self.trace is not None:
            on = None if wait.on is None else str(wait.on)
            self.trace.append(Blocked(kernel.now, me.name, wait.op, on, wait.timeout))
        blocked, ident = self._blocked, me.os_ident
        while outcome is None:
            me.wait, me.state = wait, BLOCKED
            blocked[ident] = me
            resting = Rest.NO if len(blocked) < len(self._living) else self._rest(me)
            if resting is Rest.NO or not self._jump():
                self._doze(me, resting)
            outcome = wait.outcome
        self._go_on(me, outer)
        self.running = me
        return outcome

    def _doze(self, me: HostThread, resting: Rest) -> None:
        """Sleep until the next event is due, or until somebody rings; who watches the clock, at most for a nap."""
        kernel = self.kernel
        heap, timers = kernel.heap, kernel.timers
        following: float = heap[0][0] if heap else _NEVER
        if timers and timers[0][0] < following:
            following = kernel.peek()
        left = _NEVER
        if following != _NEVER:
            left = following - self._pace.due()
            if left <= (self._slack if heap and heap[0][0] <= following else 0):
                kernel.advance(int(following))
                return
        if self._driver is None:
            self._driver, self._nap = me, SHORTEST_NAP_S
        if self._driver is me:
            self._wakes_at = following
        elif self._standby is None or self._standby is me:
            self._standby, self._standby_wakes_at = me, following
        else:
            self.monitor.rest(me.carrier)  # type: ignore[arg-type]
            return
        rung = self.monitor.rest(me.carrier, min(self._nap, left / self._pace.speed / _NS_PER_S))  # type: ignore[arg-type]
        if self._driver is me:
            self._wakes_at = -1
            if rung:
                self._nap = SHORTEST_NAP_S
            else:
                self._nap = min(2 * self._nap, LONGEST_NAP_S)
                self._look(resting)

    def _look(self, resting: Rest) -> None:
        """See who has ended, and whether nothing moves any more. Not before a nap is over: most waits are, too."""
        self.bury()
        mark, pending = (self._changes, self.kernel.events_run), bool(self.kernel.heap)
        if self._patience.used_up(mark, self._blocked.values(), resting, pending=pending):
            self._tell_of_stall()

    def _go_on(self, me: HostThread, outer: Wait | None) -> None:
        """Take *me* out of those who wait; if it drove, somebody else must watch the clock."""
        me.wait, me.state = outer, RUNNING
        self._blocked.pop(me.os_ident, None)
        self._coming.discard(me)
        while self._polite:
            self._polite.pop().carrier.ring()  # type: ignore[attr-defined]
        if self._standby is me:
            self._standby = None
        if self._driver is me:
            self._driver = None
        if self._driver is None and self._blocked:
            self._appoint()

    def _appoint(self) -> None:
        """Let another thread drive: the standby, in its sleep, or one that is woken for it."""
        heir, heap = self._standby, self.kernel.heap
        if heir is not None and heir.os_ident in self._blocked:
            self._standby, self._driver = None, heir
            self._wakes_at = self._standby_wakes_at
            if heap and heap[0][0] < self._wakes_at:
                self._ring_driver()
            return
        heir = next((each for each in self._blocked.values() if each not in self._spinning), None)
        if heir is not None:
            heir.carrier.ring()  # type: ignore[attr-defined]

    def _wake(self, thread: HostThread) -> None:
        self._blocked.pop(thread.os_ident, None)
        self._coming.add(thread)
        if self._jumping:
            self._woken.append(thread)
        thread.state = READY
        wait = thread.wait
        if wait is not None and wait.outcome is not EXPIRED:
            self._changes += 1
            self.watch.fresh, self.watch.since = True, self.kernel._now  # noqa: SLF001 - `changed` written out
        thread.carrier.ring()  # type: ignore[attr-defined]
