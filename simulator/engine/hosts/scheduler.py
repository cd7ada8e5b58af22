"""The one scheduler behind the deterministic hosts.

Exactly one host thread runs. The thread that blocks drives the event queue until somebody is ready: there is
no engine thread, and a waker only appends to the ready list, it never switches. Greenlets and real threads
under a baton are two drivers of this class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.base.errors import UserError
from simulator.base.trace import Trace
from simulator.engine.hosts.ends import RunEnd, RunKind
from simulator.engine.hosts.places import idles, place_of, primitive_of
from simulator.engine.hosts.spins import Spins
from simulator.engine.hosts.thread import HostThread, Place, ThreadState
from simulator.engine.wait import Wait

if TYPE_CHECKING:
    from simulator.engine.hosts.protocol import Driver
    from simulator.engine.hosts.stall import StallLimits
    from simulator.engine.kernel import Kernel


class Scheduler(Spins):
    """Host threads, exactly one of which runs; implements `protocol.Host`."""

    # Exactly one thread runs, so nobody can be in the way: `enter` and `leave` are the free host's.
    monitored = False
    uncontrolled = False

    def __init__(
        self,
        kernel: Kernel,
        driver: Driver,
        *,
        limits: StallLimits | None = None,
        trace: Trace | None = None,
        gil: bool = False,
    ) -> None:
        super().__init__(kernel, driver, limits, trace, gil=gil)
        # True while `run` drives: then the run ends with the last thread that is no daemon.
        self._run_from_home = False
        driver.on_end(self.pass_on)
        self.watch.idles = lambda thread: not thread.internal and idles(driver.frame(thread))

    def __repr__(self) -> str:
        return f"<scheduler {len(self.threads)} threads, running {self.running!r}>"

    # -- what the model asks (protocol.Host) ---------------------------------------------------------------------

    def thread(self, name: str, *, daemon: bool = False, internal: bool = False) -> HostThread:
        """Declare a thread; names are made unique, idents are never reused in one run."""
        thread = self.declare(name, daemon=daemon, internal=internal)
        self.driver.enlist(thread)
        return thread

    def expect(self, name: str, *, daemon: bool) -> HostThread:
        """Declare a thread whose OS thread the program makes itself; it has no ident before it runs."""
        return self.declare(name, daemon=daemon)

    def forget(self, thread: HostThread) -> None:
        """Take back a start: the OS thread could not be made."""
        if thread in self.ready:  # else it has begun, and something else came out of its start: a Ctrl-C
            thread.state = ThreadState.ENDED
            self.ready.remove(thread)

    def carry(self, thread: HostThread) -> None:
        """Run, on the OS thread that calls, the thread that was expected; return when that is over."""
        self.driver.carry(thread)

    def known_caller(self) -> HostThread | None:
        """Return the thread that calls; None, without a word, for one the host does not know.

        One that has lost its turn waits for the next one here.
        """
        me = self.driver.known()
        return me if me is None or me is self.running else self._arrived()

    def meet(self, ident: int) -> HostThread | None:
        """Return the thread with that id; the newest, as systems use ids again."""
        return next((thread for thread in reversed(self.threads) if thread.ident == ident), None)

    def start(self, thread: HostThread, entry: Callable[[], object], *, first: bool = False) -> None:
        """Make *thread* ready to run *entry*; it first runs when somebody else blocks or a choice says so.

        *first* puts it before the others that are ready. Raises UserError for a thread that was started before.
        """
        self.driver.caller()
        if thread.state is not ThreadState.DECLARED:
            msg = f"thread {thread.name} was started before: declare another one with session.host.thread()"
            raise UserError(msg)

        def whole() -> None:
            try:
                entry()
            finally:
                if thread.state is ThreadState.OUTSIDE:  # its end is a step like any other: it needs its turn
                    self._come_in(thread)

        def body() -> None:
            self.live(thread, whole)

        self.driver.spawn(thread, body)
        self.become_ready(thread)
        if first:
            self.ready.insert(0, self.ready.pop())
        self.watch.changed()

    def join(self, thread: HostThread, timeout: int | None = None) -> bool:
        """Block the caller until *thread* has ended, or *timeout* ns have passed; tell whether it has ended.

        Threads that are ready go first.
        """
        self.give_way("join")
        if not thread.ended:
            wait = Wait("join_thread", on=thread, timeout=timeout)
            thread.joiners.append(wait)
            self.wait(wait)
        return thread.ended

    def sleep(self, duration: int) -> None:
        """Block the caller for *duration* ns of simulated time: host work, or waiting."""
        self.wait(Wait("sleep", timeout=duration))

    def pass_on(self) -> None:
        """Let the next thread go on, on behalf of one that has ended or has lost its turn."""
        try:
            over = self._run_from_home and not self.alive()
            following = None if over else self.pick()
        except BaseException as error:  # noqa: BLE001 - a broken invariant: it must come out at home
            self.driver.fail(error)
            return
        if following is None:
            self.driver.wake(None)
            if self._main is not None and self._main.state is ThreadState.OUTSIDE:
                self.driver.interrupt_home()
        else:
            following.state = ThreadState.RUNNING
            self.running = following
            self.driver.wake(following)

    def enter(self) -> None:
        """Do nothing: who runs is inside."""

    def leave(self) -> None:
        """Do nothing: a function of the user's runs like everything else."""

    def inside(self) -> bool:
        """Return False: nobody is in anybody's way."""
        return False

    def put_off(self, call: Callable[[], object]) -> None:
        """Make *call* at once."""
        call()

    # -- running a whole program ---------------------------------------------------------------------------------

    def run(self) -> RunEnd:
        """Drive the declared and started threads until all but daemons have ended, or nothing can go on."""
        self.driver.caller()
        if self.running is not None:
            msg = (
                f"run() was called inside a run: thread {self.running.name} has called the API before, so it drives "
                "the run itself; let it wait with session.host.join(thread), or move its calls into a thread"
            )
            raise UserError(msg)
        self._run_from_home = True
        try:
            while self.end is None and self.alive():
                following = self.pick()
                if following is not None:
                    following.state = ThreadState.RUNNING
                    self.running = following
                    following.resume(None)
        except BaseException:  # Ctrl-C in a thread, or a broken invariant: nobody is left half-way
            self.stop()
            raise
        finally:
            self.running = None
            self._run_from_home = False
        return self.finish()

    def finish(self) -> RunEnd:
        """Say that the program is over: its end is fine unless the host has had to leave a thread alone."""
        if self.end is None:
            kind = RunKind.INCONCLUSIVE if self.remarks else RunKind.DONE
            self.end = RunEnd(kind, self.kernel.now, "; ".join(self.remarks) or "all threads have ended")
        return self.end

    def stop(self) -> None:
        """Unwind every thread that is still blocked; the run is over and nobody comes back."""
        self._stopping = True
        for thread in self.threads:
            if thread.carrier is not None and not thread.ended:
                self.running = thread
                self._refusals = 0
                self.driver.kill(thread)
                thread.state = ThreadState.ENDED
        self.running = None
        self.driver.close()

    @property
    def remarks(self) -> list[str]:
        """Sentences about what the host had no control of; a run that has one is inconclusive."""
        return self.outside.remarks

    def where(self, thread: HostThread) -> str | Place | None:
        """Return where in the program *thread* is: its `site`, else the innermost frame that is not ours.

        None when there is no such frame, or the thread has not begun or is over.
        """
        if thread.site is not None or thread.ended or thread.internal:
            return thread.site
        return place_of(self.driver.frame(thread))

    def primitive(self, thread: HostThread) -> str | None:
        """Return what of the standard library *thread* is inside of, such as "Event.wait"; None for nothing."""
        if thread.ended or thread.internal:
            return None
        return primitive_of(self.driver.frame(thread))

    # -- for the watchdog ----------------------------------------------------------------------------------------

    def revoke(self, me: HostThread, remark: str) -> bool:
        """Take the turn of *me*, which never calls us, and let the others go on; False if it is in our code.

        Called by the watchdog, beside the running thread. Once the turn is nobody's, *me* cannot come in: it
        would wait for the gate. If it was in already, everything stays as it was.
        """
        with self.outside.gate:
            me.state, self.running = ThreadState.OUTSIDE, None
            if self.driver.inside(me):
                if me.state is ThreadState.OUTSIDE:
                    me.state, self.running = ThreadState.RUNNING, me
                return False
            self.outside.leave(me, remark)
        self.pass_on()
        return True

    def bury(self, me: HostThread) -> None:
        """Note that the OS thread of *me*, whose turn it is, is gone, and let the others go on."""
        me.state, self.running = ThreadState.ENDED, None
        self.pass_on()
