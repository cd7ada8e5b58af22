"""Handing over: who runs now, how a thread blocks, and how its turn comes back."""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from typing import TYPE_CHECKING, Final

from simulator.base.errors import InternalError, UserError
from simulator.base.trace import Blocked, Trace
from simulator.engine.hosts.ends import Stuck, ThreadKilled
from simulator.engine.hosts.lives import Lives
from simulator.engine.hosts.sites import call_site
from simulator.engine.hosts.thread import BLOCKED, READY, RUNNING, HostThread, ThreadState
from simulator.engine.hosts.turns import MOST_CALLS
from simulator.engine.wait import EXPIRED, Outcome, Wait

if TYPE_CHECKING:
    from simulator.engine.hosts.protocol import Driver
    from simulator.engine.hosts.stall import StallLimits
    from simulator.engine.kernel import Kernel

# How often a thread that is being unwound may swallow the fact and wait again, before it is left alone.
_MOST_REFUSALS: Final = 100
# By how much the clock moves for one that waits by reading it, in ns: that, or a 64th of what has passed so.
_SHORTEST: Final = 1_000
_PART: Final = 64


class Handing(Lives):
    """Blocks the running thread and lets others run until its turn comes back; drives the world meanwhile."""

    def __init__(
        self,
        kernel: Kernel,
        driver: Driver,
        limits: StallLimits | None,
        trace: Trace | None,
        *,
        gil: bool,
    ) -> None:
        super().__init__(kernel, limits, trace)
        self.driver = driver
        self.models_gil = gil
        # What the program's first thread gets raised when the run cannot go on and it drives the run itself.
        self.error_of: Callable[[Stuck], Exception] = _itself
        self._main: HostThread | None = None
        self._stopping = False
        self._refusals = 0
        # One bound method for all waits.
        self._wakes = self._wake

    def wait(self, wait: Wait, keeps_gil: bool = False) -> Outcome:  # noqa: FBT001, FBT002 - `*` costs a call's time
        """Block the caller until *wait* ends, driving the event queue meanwhile.

        With the GIL model on and *keeps_gil*, no other thread runs before the caller goes on.
        """
        if self.before_wait is not None:
            self.before_wait()
        if wait.outcome is not None:
            return wait.outcome
        me = self.running
        if me is None or me.os_ident != get_ident():
            me = self._must_run()
        if self._stopping:
            self._refuse()
        me.wait = wait
        me.state = BLOCKED
        me.hurried = 0
        self.calls_left = MOST_CALLS
        me.asked_after = -1
        wait.thread = me
        wait.wake = self._wakes
        if wait.timeout is not None:
            self.kernel.timer(wait, wait.timeout)
        else:  # whoever should end it has had no time yet (`StallWatch.changed` written out)
            self.watch.fresh = True
            self.watch.since = self.kernel._now  # noqa: SLF001 - no call on the hot path
        if not self.quiet:
            self.progress += 1
            me.waits_at = None if wait.timeout is None else call_site(me)
        if self.trace is not None:
            on = None if wait.on is None else str(wait.on)
            self.trace.append(Blocked(self.kernel.now, me.name, wait.op, on, wait.timeout))
        if not self.quiet or self.models_gil or self.spinning or self.pollers or self.outside.arrivals:
            self._wait_for_turn(me, keeps_gil=keeps_gil)
        else:
            self._hand_over(me)
        outcome: Outcome | None = wait.outcome
        if outcome is None:
            msg = f"{self.running!r} came back from {wait!r}"
            raise InternalError(msg)
        return outcome

    def point(self, kind: str) -> None:
        """Offer everybody a turn; the caller stands first, so the friendly order keeps it running."""
        pending = self.kernel.pending
        if pending is None or self._stopping or self.driving:
            return
        me = self.running
        if me is None or me.os_ident != get_ident():
            me = self._arrived()
            if me is not self.running:  # in a signal handler: nobody else can go on before it returns
                return
        me.asked_after = -1
        if me.in_vain >= 0:
            me.in_vain = -1
        else:
            self.progress += 1
        if self.ready or self.spinning or self.kernel.heap or self.kernel.timers:
            self._pass_turn(me, self.decide(pending, kind, me))

    def give_way(self, kind: str) -> None:
        """Offer the other ready threads a turn; the caller stands last, as synchronize and join do."""
        if not self.ready or self._stopping or self.driving:
            return
        me = self._must_run()
        pending = self.kernel.pending
        if pending is None:
            self._pass_turn(me, self.ready.pop(0))
        else:
            self._pass_turn(me, self.decide(pending, kind, me, me_last=True))

    # -- inside --------------------------------------------------------------------------------------------------

    def _arrived(self) -> HostThread:
        """Return the thread that calls when it is not the one known to run.

        The program's first thread is adopted at its first call. One that has lost its turn queues up here. A
        parked one can only be inside a signal handler, and goes on.
        """
        me = self.driver.caller()
        if me is None:
            me = self._main = self.declare("main")
            self.driver.enlist_main(me)
        if me.state is ThreadState.OUTSIDE:
            self._come_in(me)
        elif self.running is None and me is self._main:
            me.state = ThreadState.RUNNING
            self.running = me
        return me

    def _come_in(self, me: HostThread) -> None:
        """Queue the calling thread up, which had lost its turn, and wait for its next one."""
        if not self.outside.arrive(me):
            return
        self.driver.park(me)
        while self.running is not me:
            if me is self._main and self.end is not None:
                self.running = me
                me.state = ThreadState.RUNNING
                raise self.error_of(Stuck(self.end))
            self.driver.park(me)

    def _must_run(self) -> HostThread:
        """Return the thread that calls and is about to block."""
        me = self.running
        if me is None or me.os_ident != get_ident():
            me = self._arrived()
        if me is not self.running:
            msg = f"a signal handler may not wait: thread {me.name} has not got its turn back"
            raise UserError(msg)
        return me

    def _spin(self, me: HostThread) -> None:
        if self._stopping:
            self._refuse()
        me.state = ThreadState.SPINNING
        me.in_vain = self.progress
        self.watch.spun(me)
        self.spinning.append(me)
        tick = self._tick(me) if me.read_at == self.kernel.now else None
        try:
            self._leave(me, self.pick())
        finally:
            if tick is not None:
                tick.cancel()

    def _tick(self, me: HostThread) -> Wait:
        """Let the clock move in small steps while *me* spins, which also reads it: it may wait for a time.

        Else the next event could be another thread's, far beyond that.
        """
        tick = Wait("clock", timeout=self.soon(me) - self.kernel.now)
        self.kernel.timer(tick, tick.timeout or 0)
        return tick

    def soon(self, me: HostThread) -> int:
        """Return the next instant, in ns, for one that waits by reading clocks: further, the longer it does so."""
        now = self.kernel.now
        if not me.hurried:
            me.waits_since = now
        me.hurried += 1
        return now + max(_SHORTEST, (now - me.waits_since) // _PART)

    def _refuse(self) -> None:
        """Unwind the thread that is being stopped; one that catches even that is left where it is."""
        self._refusals += 1
        while self._refusals > _MOST_REFUSALS:
            self.driver.home(self.running)
        raise ThreadKilled

    def _wake(self, thread: HostThread) -> None:
        thread.state = READY
        self.ready.append(thread)
        wait = thread.wait
        if wait is not None and wait.outcome is not EXPIRED:
            watch = self.watch
            watch.fresh = True
            watch.since = self.kernel._now  # noqa: SLF001 - no call on the hot path

    def _pass_turn(self, me: HostThread, following: HostThread | None) -> None:
        """Let *following* go on, and the caller when it is chosen again."""
        if following is not me:
            self.become_ready(me)
            self._leave(me, following)

    def _wait_for_turn(self, me: HostThread, *, keeps_gil: bool) -> None:
        if self.spinning:
            self.news = True
        if not keeps_gil or not self.models_gil or self.gil is not None:
            self._leave(me, self.pick())
            return
        self.gil = me
        try:
            self._leave(me, self.pick())
        finally:
            self.gil = None

    def _hand_over(self, me: HostThread) -> None:
        """Do what `pick` and `_leave` come to for nearly all waits: nobody has to be asked, admitted or polled."""
        ready = self.ready
        try:
            if not ready and self.end is None:
                self.driving = True
                self.kernel.drain(ready)
                self.driving = False
            if not ready or self.end is not None:
                self._leave(me, self.pick())
            elif (following := ready.pop(0)) is not me:
                following.state = RUNNING
                self.running = following
                resume = following.resume  # in two steps: CPython 3.11 looks for a method elsewhere first
                resume(me)
                if self.running is not me:  # home, which a thread that has ended falls back to
                    self._leave(me, self.pick())
        finally:
            self.driving = False
            self.running = me
            me.state = RUNNING
            me.wait = None

    def _leave(self, me: HostThread, following: HostThread | None) -> None:
        """Let *following* and others run until *me* is picked again.

        The home greenlet also comes back here when a thread has ended, and must then pick the next one.
        """
        try:
            while following is not me:
                if following is not None:
                    following.state = RUNNING
                    self.running = following
                    following.resume(me)
                elif me is self._main and self.end is not None:
                    raise self.error_of(Stuck(self.end))
                else:
                    self.driver.home(me)
                following = me if self.running is me else self.pick()
        finally:  # also when the run's end, or a Ctrl-C that ended another thread, comes out here
            self.running = me
            me.state = RUNNING
            me.wait = None


def _itself(stuck: Stuck) -> Exception:
    return stuck
