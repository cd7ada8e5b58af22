"""How the threads of the free host wait: parked in the monitor, one of them driving the world."""

from __future__ import annotations

import atexit
import sys
import threading
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Final, Never

from simulator.base.trace import Trace
from simulator.engine.hosts.ends import RunEnd, RunKind, Stuck, ThreadKilled
from simulator.engine.hosts.free_census import Rest, current_frames, main_is_over, rest
from simulator.engine.hosts.free_crowd import Crowd, seat_of
from simulator.engine.hosts.free_monitor import RESTING
from simulator.engine.hosts.free_pace import Pace
from simulator.engine.hosts.free_patience import (
    Patience,
    StallOptions,
    leave_process,
    needs_rescue,
    stalled,
    tell,
)
from simulator.engine.hosts.stall import StallLimits, StallWatch
from simulator.engine.hosts.thread import HostThread, ThreadState
from simulator.engine.wait import Outcome, Wait

if TYPE_CHECKING:
    from simulator.engine.kernel import Kernel

_NEVER: Final = float("inf")
# Nobody tells when a thread ends or falls asleep elsewhere: the driver looks again, soon and then less often.
SHORTEST_NAP_S: Final = 0.001
LONGEST_NAP_S: Final = 0.05
# A thread made in C has no frame before its first line: everybody must have rested so long before an alarm.
_CONFIRM_S: Final = 0.1
# A server may poll for days: its clock alone is no reason to stop it.
_UNBOUNDED: Final = StallLimits(budget=sys.maxsize)
# How often on average a thread may swallow the end of the run and wait again, before it is left alone.
MOST_REFUSALS: Final = 100


class Drive(Crowd):
    """The threads that are parked, and how the world moves meanwhile. All but `stuck` is for `FreeHost`.

    Every method is called inside the monitor. One of the parked threads drives: it sleeps until the next event
    is due. Whoever finds that all threads of the process rest moves the world ahead at once.
    """

    def __init__(
        self,
        kernel: Kernel,
        trace: Trace | None,
        limits: StallLimits | None,
        pace: Pace,
        stall: StallOptions | None,
    ) -> None:
        super().__init__(kernel, trace)
        self.end: RunEnd | None = None
        # Called when the run cannot go on: the core takes its snapshot here.
        self.on_stuck: Callable[[], None] | None = None
        # What the program's first thread gets raised then.
        self.error_of: Callable[[Stuck], Exception] = _itself
        self.watch = StallWatch(limits or _UNBOUNDED, self)
        self.watch.sees_clocks = False
        self.watch.at_end = lambda: main_is_over(current_frames())
        self._pace = pace
        self._patience = Patience(stall or StallOptions())
        self._blocked: dict[int, HostThread] = {}
        # Woken and not back yet; and who lets them go first.
        self._coming: set[HostThread] = set()
        self._polite: list[HostThread] = []
        self._spinning: set[HostThread] = set()
        self._woken: list[HostThread] = []
        self._driver: HostThread | None = None
        # The simulated instant the driver sleeps until; before any event while nobody sleeps.
        self._wakes_at: float = -1
        self._nap = SHORTEST_NAP_S
        self._jumping = False
        self._changes = 0
        self._resting_since: float | None = None
        self._stopping = False
        self._refusals = 0
        # A deadlock was found beside the main thread, which has heard nothing of it yet.
        self._owes = False
        atexit.register(self._settle)
        kernel.on_timer = self._timer_expired

    def __repr__(self) -> str:
        return f"<drive of {len(self._blocked)} blocked threads>"

    def stuck(self, kind: RunKind, text: str) -> None:
        """End the run: every wait is given up, and the program's first thread is told why."""
        if self.end is not None:
            return
        self.end = end = RunEnd(kind, self.kernel.now, text)
        self.bury()
        if self.on_stuck is not None:
            self.on_stuck()
        over = main_is_over(current_frames())
        aborts = self._patience.options.aborts
        # In the API, the main thread raises it. Else nobody who matters would say a word, and the program that
        # can go on only because its threads were unwound would end well.
        self._owes = not any(_is_main(thread) for thread in self._blocked.values())
        if over or aborts or self._owes:
            tell(self.error_of, end)
        if over or aborts:
            leave_process(kind)
        for thread in self._blocked.values():
            seat_of(thread).ring()

    def changed(self) -> None:
        """Note a change that polls and clocks do not make."""
        self._changes += 1
        self.watch.changed()

    # -- parked --------------------------------------------------------------------------------------------------

    def _pause(self, me: HostThread, wait: Wait) -> None:
        """Let something happen: what is due, what comes next if nobody else can act, or what others do."""
        me.wait, me.state = wait, ThreadState.BLOCKED
        self._blocked[me.os_ident] = me
        self.kernel.advance(self._pace.due())
        if wait.outcome is not None:
            return
        if self.end is not None or self._stopping:
            self._refuse(me)
        resting = self._rest(me)
        if resting is Rest.NO:
            self._resting_since = None
        elif self._jump():
            return
        elif self._driver is me and self._is_dead(resting):
            self.stuck(
                RunKind.DEADLOCK, "nothing can happen any more: every thread waits, and no event is pending"
            )
            return
        if self._driver is None:
            self._driver, self._nap = me, SHORTEST_NAP_S
        if self._driver is me:
            self._drive(me, resting)
        else:
            self.monitor.rest(seat_of(me))
        if self.monitor.behind:
            self._catch_up()

    def _drive(self, me: HostThread, resting: Rest) -> None:
        """Sleep until the next event is due, or until somebody rings, at most for a nap."""
        following = self.kernel.peek()
        if self._patience.used_up(
            (self._changes, self.kernel.events_run),
            self._blocked.values(),
            resting,
            pending=bool(self.kernel.heap),
        ):
            self._tell_of_stall()
        self._wakes_at = following
        seconds = self._nap if following == _NEVER else min(self._nap, self._pace.seconds_until(following))
        try:
            rung = self.monitor.rest(seat_of(me), seconds)
        finally:
            self._wakes_at = -1
        self._nap = SHORTEST_NAP_S if rung else min(2 * self._nap, LONGEST_NAP_S)

    def _go_on(self, me: HostThread, outer: Wait | None) -> None:
        """Take *me* out of those who wait; if it drove, somebody else must watch the clock."""
        me.wait, me.state = outer, ThreadState.RUNNING
        self._blocked.pop(me.os_ident, None)
        self._coming.discard(me)
        while self._polite:
            seat_of(self._polite.pop()).ring()
        if self._driver is me:
            self._driver = None
        if self._driver is None:  # also when one that was rung to drive has got what it waited for instead
            following = next((each for each in self._blocked.values() if each not in self._spinning), None)
            if following is not None:
                seat_of(following).ring()

    def _wake(self, thread: HostThread) -> None:
        came_in = self.monitor.hold()
        self._resting_since = None
        self._blocked.pop(thread.os_ident, None)
        self._coming.add(thread)
        self._woken.append(thread)
        thread.state = ThreadState.READY
        if thread.wait is not None and thread.wait.outcome is not Outcome.EXPIRED:
            self.changed()
        seat_of(thread).ring()
        if came_in:
            self.leave()

    def _ring_driver(self) -> None:
        self._wakes_at = -1
        if self._driver is not None:
            seat_of(self._driver).ring()

    def _catch_up(self) -> None:
        """Make the calls that finalizers of this thread have made meanwhile, outside."""
        calls = self.monitor.take_put_off()
        self.monitor.lock.release()
        try:
            for call in calls:
                call()
        finally:
            self.monitor.hold()

    def _refuse(self, me: HostThread) -> Never:
        """Raise what ends the caller's wait now that the run is over."""
        self._refusals += 1
        swallowed = self._refusals > MOST_REFUSALS * len(self.threads)
        if self.end is not None and not self._stopping and _is_main(me):
            if swallowed:  # by a loop that would never end
                tell(self.error_of, self.end)
                leave_process(self.end.kind)
            self._owes = False
            raise self.error_of(Stuck(self.end))
        while swallowed:
            self.monitor.rest(seat_of(me))
        # The program's own threads end without a word, too: `threading` is silent about SystemExit.
        raise ThreadKilled if seat_of(me).entry is not None else SystemExit

    # -- moving the world ahead ----------------------------------------------------------------------------------

    def _rest(self, me: HostThread) -> Rest:
        """Tell whether all threads of the process rest, the caller (who is awake in here) left aside."""
        if self.beginning:
            return Rest.NO
        frames = current_frames()
        # One whose signal handler or finalizer runs where it was parked is busy. One parked in another session's
        # monitor is none of this program's.
        parked = {
            ident
            for ident, frame in frames.items()
            if frame.f_code is RESTING
            and (ident in self._blocked or frame.f_locals["self"] is not self.monitor)
        }
        parked.add(me.os_ident)
        return rest(frames, parked, self.dormant)

    def _jump(self) -> bool:
        """Let happen what comes next although it is not due; False when nothing will."""
        kernel = self.kernel
        if kernel.peek() == _NEVER:
            return False
        self._jumping = True
        self._woken.clear()
        try:
            if self._spinning:
                # One step, then all that ask in vain ask again: else one that polls would starve them for ever.
                kernel.step()
                for thread in self._spinning:
                    self._blocked.pop(thread.os_ident, None)
                    seat_of(thread).ring()
            else:
                kernel.drain(self._woken)
        finally:
            self._jumping = False
            self._pace.restart(kernel.now)
        return True

    def _is_dead(self, resting: Rest) -> bool:
        """Tell whether the rest is that of a deadlock: it lasts, and no signal could be what is waited for."""
        now = monotonic()
        if self._spinning or self._resting_since is None:
            self._resting_since = now
        if resting is Rest.ALMOST and not any(needs_rescue(thread) for thread in self._blocked.values()):
            return False
        return now - self._resting_since >= _CONFIRM_S

    def _timer_expired(self, wait: Wait) -> None:
        # By the clock, a poll that ends in vain is nothing to be counted: the program waits for the world.
        if self._jumping:
            self.watch.timer_expired(wait)
        else:
            wait.expire()

    def _tell_of_stall(self) -> None:
        tell(self.error_of, stalled(self.kernel.now, self._patience.text()))
        if self._patience.options.aborts:
            leave_process(RunKind.STALLED)

    def _forgive(self) -> None:
        """Let the process end as it will: who ends the run knows how it went."""
        atexit.unregister(self._settle)

    def _settle(self) -> None:
        """At the end of the process: if its main thread was never told of a deadlock, the exit code tells."""
        if self._owes and self.end is not None:
            leave_process(self.end.kind)


def _is_main(thread: HostThread) -> bool:
    return thread.os_ident == threading.main_thread().ident


def _itself(stuck: Stuck) -> Exception:
    return stuck
