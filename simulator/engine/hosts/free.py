"""The free host: the program's own OS threads, uncontrolled, for a plain `import acl_api as acl`.

Every call of the API comes into one monitor. A thread that must wait is parked there; one of those parked
drives: it sleeps until the next event is due by the clock. When every thread of the process rests, whoever sees
that moves the world ahead without waiting for the clock, and when nothing can happen any more, the run is over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Never

from simulator.base.errors import InternalError, UserError
from simulator.base.trace import Blocked, Trace
from simulator.engine.hosts.ends import RunKind
from simulator.engine.hosts.free_census import Rest
from simulator.engine.hosts.free_crowd import seat_of
from simulator.engine.hosts.free_drive import MOST_REFUSALS, SHORTEST_NAP_S, Drive
from simulator.engine.hosts.free_pace import Pace
from simulator.engine.hosts.thread import HostThread, ThreadState
from simulator.engine.wait import Outcome, Wait

if TYPE_CHECKING:
    from simulator.engine.hosts.free_patience import StallOptions
    from simulator.engine.hosts.stall import StallLimits
    from simulator.engine.kernel import Kernel

# How long one that asks in vain lets others run, and how long one that gives way does.
_SPIN_S: Final = 0.001
_POLITE_S: Final = 0.005


class FreeHost(Drive):
    """Host threads as they please under one monitor; implements `protocol.Host`.

    `speed` is simulated over real time; `stall` says when to tell that nothing moves. Raises UserError for a
    speed that is not positive.
    """

    monitored = True
    uncontrolled = True

    def __init__(
        self,
        kernel: Kernel,
        *,
        trace: Trace | None = None,
        limits: StallLimits | None = None,
        speed: float = 1.0,
        gil: bool = False,
        stall: StallOptions | None = None,
    ) -> None:
        super().__init__(kernel, trace, limits, Pace(speed), stall)
        # Tells whether the caller is in the middle of a call.
        self.inside: Callable[[], bool] = self.monitor.inside
        # What could not be controlled would stand here; nothing is controlled, so nothing is remarkable.
        self.remarks: list[str] = []
        self.models_gil = gil
        # The thread that waits in a call which keeps the interpreter lock: it stays inside the monitor.
        self.gil: HostThread | None = None

    def __repr__(self) -> str:
        return f"<free host with {len(self.threads)} threads, {len(self._blocked)} blocked>"

    # -- coming and going ----------------------------------------------------------------------------------------

    def enter(self) -> None:
        """Come in, and let happen what is due by the clock."""
        self.monitor.lock.acquire()
        self._resting_since = None
        if self._departed:
            self.bury()
        self.kernel.advance(self._pace.due())

    def leave(self) -> None:
        """Let others in; the driver sleeps less long if an earlier event was made. Nothing for one outside."""
        monitor = self.monitor
        if not monitor.inside():
            return
        heap = self.kernel.heap
        if heap and heap[0][0] < self._wakes_at:
            self._ring_driver()
        calls = monitor.take_put_off() if monitor.behind else ()
        monitor.lock.release()
        for call in calls:
            call()

    def put_off(self, call: Callable[[], object]) -> None:
        """Make *call*, which came in the middle of another one of the caller's, when that lets others in."""
        self.monitor.put_off(call)

    # -- what the model asks (protocol.Host) ---------------------------------------------------------------------

    def wait(self, wait: Wait, *, keeps_gil: bool = False) -> Outcome:
        """Block the caller until *wait* ends, driving the event queue if nobody else does.

        With the GIL model on and *keeps_gil*, no other thread comes in before the caller goes on.
        """
        came_in = self.monitor.hold()
        try:
            if wait.outcome is None:
                self._block(self.current(), wait, keeps_gil=keeps_gil)
        finally:
            if came_in:
                self.leave()
        if wait.outcome is None:
            msg = f"{self.current()!r} came back from {wait!r}"
            raise InternalError(msg)
        return wait.outcome

    def join(self, thread: HostThread) -> None:
        """Block the caller until *thread* has ended."""
        came_in = self.monitor.hold()
        try:
            if not thread.ended:
                wait = Wait("join_thread", on=thread)
                thread.joiners.append(wait)
                self.wait(wait)
        finally:
            if came_in:
                self.leave()

    def sleep(self, duration: int) -> None:
        """Block the caller for *duration* ns of simulated time."""
        self.wait(Wait("sleep", timeout=duration))

    def point(self, kind: str) -> None:
        """Do nothing: the operating system chooses who runs."""

    def give_way(self, kind: str) -> None:  # noqa: ARG002 - the protocol's signature
        """Let threads that were woken and are on their way come in first, if they do so at once."""
        me = self.current()
        if self._coming and self.end is None:
            self._polite.append(me)
            self.monitor.rest(seat_of(me), _POLITE_S)

    def spin(self, op: str = "", on: object = None) -> None:
        """Let the world move, or others run, if the caller has asked *op* about *on* in vain before."""
        me = self.current()
        if me.asked != (op, on):
            me.asked = (op, on)
            return
        if self.end is not None or self._stopping:
            self._refuse(me)
        me.state = ThreadState.SPINNING
        self._blocked[me.os_ident] = me
        self._spinning.add(me)
        try:
            if self._rest(me) is Rest.NO:
                due = self._pace.seconds_until(self.kernel.peek())
                self.monitor.rest(seat_of(me), min(_SPIN_S, due))
                self.kernel.advance(self._pace.due())
            else:
                self._jump()
                self.watch.spun(me)
            if self.end is not None:
                self._refuse(me)
        finally:
            self._spinning.discard(me)
            self._blocked.pop(me.os_ident, None)
            me.state = ThreadState.RUNNING

    # -- the run -------------------------------------------------------------------------------------------------

    def run(self) -> Never:
        """Raise UserError: nobody runs these threads, they run."""
        msg = "the free host does not run a program: start its threads, and let the API's calls wait for each other"
        raise UserError(msg)

    def stop(self) -> None:
        """Unwind every thread that is blocked inside the API; the run is over and nobody comes back.

        The host's own threads are waited for a while, wherever they are: one that polls on would else come to
        whatever session is opened next.
        """
        came_in = self.monitor.hold()
        self._stopping = True
        self._forgive()
        self.dismiss_dormant()
        me = self.current()
        for _ in range(MOST_REFUSALS):
            if not self._blocked and not self._has_own_beside(me):
                break
            for thread in self._blocked.values():
                seat_of(thread).ring()
            self.monitor.rest(seat_of(me), SHORTEST_NAP_S)
        if came_in:
            self.leave()

    def _has_own_beside(self, me: HostThread) -> bool:
        return any(
            seat_of(thread).entry is not None and not thread.ended and thread is not me
            for thread in self.threads
        )

    # -- blocking ------------------------------------------------------------------------------------------------

    def _block(self, me: HostThread, wait: Wait, *, keeps_gil: bool) -> None:
        if self.monitor.behind:
            self._catch_up()
        outer = me.wait
        wait.thread, wait.wake = me, self._wake
        if wait.timeout is not None:
            self.kernel.timer(wait, wait.timeout)
            if self.kernel.now + wait.timeout < self._wakes_at:
                self._ring_driver()
        if self.trace is not None:
            on = None if wait.on is None else str(wait.on)
            self.trace.append(Blocked(self.kernel.now, me.name, wait.op, on, wait.timeout))
        try:
            if keeps_gil and self.models_gil:
                self._hold_gil(me, wait)
            while wait.outcome is None:
                self._pause(me, wait)
        finally:
            self.monitor.hold()
            self._go_on(me, outer)
            if wait.outcome is None:  # Ctrl-C, or the end of the run: nobody may hand us anything any more
                wait.wake = None
                wait.cancel()

    def _hold_gil(self, me: HostThread, wait: Wait) -> None:
        """Move the world without letting anybody in, who would need the GIL, until *wait* ends.

        Device events and the wait's own timeout count. Other threads' timers do not: whoever they wake would
        need the GIL. Python code between calls runs on, which on hardware it would not.
        """
        self.gil = me
        me.wait, me.state = wait, ThreadState.BLOCKED
        try:
            while wait.outcome is None and self.end is None:
                if self.kernel.heap or wait.timeout is not None:
                    self._jumping = True
                    self.kernel.step()
                else:
                    text = f"{me.name} keeps the GIL while it waits, and no device event is pending that could end it"
                    self._blocked[me.os_ident] = me
                    self.stuck(RunKind.DEADLOCK, text)
        finally:
            self._jumping = False
            self.gil = None
            self._pace.restart(self.kernel.now)
