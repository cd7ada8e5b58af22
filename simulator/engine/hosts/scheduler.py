"""The one scheduler behind the deterministic hosts.

Exactly one host thread runs. The thread that blocks drives the event queue until somebody is ready: there is
no engine thread, and a waker only appends to the ready list, it never switches. Greenlets and real threads
under a baton are two drivers of this class.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from typing import TYPE_CHECKING, Final

from simulator.base.errors import InternalError, UserError
from simulator.base.trace import Blocked, ThreadEnded, ThreadStarted, Trace
from simulator.engine.hosts.ends import RunEnd, RunKind, Stuck, ThreadKilled
from simulator.engine.hosts.stall import StallLimits, StallWatch
from simulator.engine.hosts.thread import HostThread, Place, ThreadState
from simulator.engine.wait import Outcome, Wait

if TYPE_CHECKING:
    from simulator.engine.hosts.protocol import Driver
    from simulator.engine.kernel import Kernel

# How often a thread that is being unwound may swallow the fact and wait again, before it is left alone.
_MOST_REFUSALS: Final = 100
# Frames of these packages are ours, not the program's.
_OURS: Final = ("simulator.", "acl_api.")


class Scheduler:
    """Host threads, exactly one of which runs; implements `protocol.Host`."""

    def __init__(
        self,
        kernel: Kernel,
        driver: Driver,
        *,
        limits: StallLimits | None = None,
        trace: Trace | None = None,
        gil: bool = False,
    ) -> None:
        self.kernel = kernel
        self.trace = trace
        self.threads: list[HostThread] = []
        self.ready: list[HostThread] = []
        self.spinning: list[HostThread] = []
        self.end: RunEnd | None = None
        self.running: HostThread | None = None
        # With the GIL model on: the thread that waits in a call which keeps the interpreter lock. Until it goes
        # on, no other thread of the program may run (pyacl.md, GIL).
        self.models_gil = gil
        self.gil: HostThread | None = None
        # True while the world is moved: the thread that blocked is then in our code, however long it takes.
        self.driving = False
        # Called when the run cannot go on: the core takes its snapshot here.
        self.on_stuck: Callable[[], None] | None = None
        # What the program's first thread gets raised then, when it drives the run itself.
        self.error_of: Callable[[Stuck], Exception] = _itself
        self._driver = driver
        self._main: HostThread | None = None
        self._names: set[str] = set()
        self._stopping = False
        self._refusals = 0
        self.watch = StallWatch(limits or StallLimits(), self)
        kernel.on_timer = self.watch.timer_expired

    def __repr__(self) -> str:
        return f"<scheduler {len(self.threads)} threads, running {self.running!r}>"

    # -- what the model asks (protocol.Host) ---------------------------------------------------------------------

    def current(self) -> HostThread:
        """Return the calling thread; the program's own first thread is adopted as `main` at its first call."""
        running = self.running
        if running is not None and running.os_ident == get_ident():
            return running
        return self._arrived()

    def wait(self, wait: Wait, *, keeps_gil: bool = False) -> Outcome:
        """Block the caller until *wait* ends, driving the event queue meanwhile.

        With the GIL model on and *keeps_gil*, no other thread runs before the caller goes on.
        """
        if wait.outcome is None:
            me = self.current()
            if self._stopping:
                self._refuse()
            me.wait = wait
            me.state = ThreadState.BLOCKED
            wait.thread = me
            wait.wake = self._wake
            if wait.timeout is not None:
                self.kernel.timer(wait, wait.timeout)
            if self.trace is not None:
                on = None if wait.on is None else str(wait.on)
                self.trace.append(Blocked(self.kernel.now, me.name, wait.op, on, wait.timeout))
            if keeps_gil and self.models_gil and self.gil is None:
                self.gil = me
            try:
                self._leave(me, self._pick())
            finally:
                if self.gil is me:
                    self.gil = None
        if wait.outcome is None:
            msg = f"{self.running!r} came back from {wait!r}"
            raise InternalError(msg)
        return wait.outcome

    def thread(self, name: str, *, daemon: bool = False, internal: bool = False) -> HostThread:
        """Declare a thread; names are made unique, idents are never reused in one run."""
        thread = self._new(self._unique(name), daemon=daemon, internal=internal)
        self._driver.enlist(thread)
        return thread

    def start(self, thread: HostThread, entry: Callable[[], object]) -> None:
        """Make *thread* ready to run *entry*; it first runs when somebody else blocks or a choice says so.

        Raises UserError for a thread that was started before.
        """
        self._driver.check_caller()
        if thread.state is not ThreadState.DECLARED:
            msg = f"thread {thread.name} was started before: declare another one with session.host.thread()"
            raise UserError(msg)

        def body() -> None:
            self._body(thread, entry)

        self._driver.spawn(thread, body)
        self._become_ready(thread)
        self.watch.changed()

    def join(self, thread: HostThread) -> None:
        """Block the caller until *thread* has ended; threads already ready go first."""
        self.give_way("join")
        if not thread.ended:
            wait = Wait("join_thread", on=thread)
            thread.joiners.append(wait)
            self.wait(wait)

    def sleep(self, duration: int) -> None:
        """Block the caller for *duration* ns of simulated time: host work, or waiting."""
        self.wait(Wait("sleep", timeout=duration))

    def point(self, kind: str) -> None:
        """Offer a turn to the ready threads; the caller stands first, so the friendly order keeps it running."""
        if self.ready and not self.kernel.chooser.friendly and not self._stopping:
            self._offer(kind, caller_first=True)

    def give_way(self, kind: str) -> None:
        """Offer a turn to the ready threads; the caller stands last, as synchronize and join do."""
        if self.ready and not self._stopping:
            self._offer(kind, caller_first=False)

    def spin(self, op: str = "", on: object = None) -> None:
        """Let the world move if the caller has asked *op* about *on* in vain at this instant before."""
        me = self.current()
        me.asked = (op, on)
        if me.spun_at != self.kernel.now:
            me.spun_at = self.kernel.now
            return
        if self._stopping:
            self._refuse()
        me.state = ThreadState.SPINNING
        self.watch.spun(me)
        self.spinning.append(me)
        self._leave(me, self._pick())

    # -- running a whole program ---------------------------------------------------------------------------------

    def run(self) -> RunEnd:
        """Drive the declared and started threads until all but daemons have ended, or nothing can go on."""
        self._driver.check_caller()
        if self.running is not None:
            msg = (
                f"run() was called inside a run: thread {self.running.name} has called the API before, so it drives "
                "the run itself; let it wait with session.host.join(thread), or move its calls into a thread"
            )
            raise UserError(msg)
        try:
            while self.end is None and self._alive():
                following = self._pick()
                if following is not None:
                    self._switch(following)
        except BaseException:  # Ctrl-C in a thread, or a broken invariant: nobody is left half-way
            self.stop()
            raise
        finally:
            self.running = None
        if self.end is None:
            self.end = RunEnd(RunKind.DONE, self.kernel.now, "all threads have ended")
        return self.end

    def stop(self) -> None:
        """Unwind every thread that is still blocked; the run is over and nobody comes back."""
        self._stopping = True
        for thread in self.threads:
            if thread.carrier is not None and not thread.ended:
                self.running = thread
                self._refusals = 0
                self._driver.kill(thread)
                thread.state = ThreadState.ENDED
        self.running = None

    def stuck(self, kind: RunKind, text: str) -> None:
        """End the run: it is deadlocked, stalled or out of budget."""
        if self.end is None:
            self.end = RunEnd(kind, self.kernel.now, text)
            if self.on_stuck is not None:
                self.on_stuck()

    def where(self, thread: HostThread) -> str | Place | None:
        """Return where in the program *thread* is: its `site`, else the innermost frame that is not ours.

        None when there is no such frame, or the thread has not begun or is over.
        """
        if thread.site is not None or thread.ended or thread.internal:
            return thread.site
        frame = self._driver.frame(thread)
        while frame is not None and frame.f_globals.get("__name__", "").startswith(_OURS):
            frame = frame.f_back
        return None if frame is None else Place(frame.f_code, frame.f_lineno)

    # -- inside --------------------------------------------------------------------------------------------------

    def _arrived(self) -> HostThread:
        """Adopt the program's first thread at its first call; the driver refuses others it does not know."""
        self._driver.check_caller()
        if self.running is not None:
            return self.running
        if self._main is None:
            self._main = self._new(self._unique("main"), daemon=False, internal=False)
            self._driver.enlist_main(self._main)
            self._main.state = ThreadState.RUNNING
        self.running = self._main
        return self._main

    def _new(self, name: str, *, daemon: bool, internal: bool) -> HostThread:
        thread = HostThread(name, len(self.threads), daemon=daemon, internal=internal)
        self.threads.append(thread)
        self._names.add(name)
        return thread

    def _unique(self, name: str) -> str:
        unique, copy = name, 2
        while unique in self._names:
            unique, copy = f"{name}-{copy}", copy + 1
        return unique

    def _refuse(self) -> None:
        """Unwind the thread that is being stopped; one that catches even that is left where it is."""
        self._refusals += 1
        while self._refusals > _MOST_REFUSALS:
            self._driver.home()
        raise ThreadKilled

    def _alive(self) -> bool:
        return any(
            thread.carrier is not None and not thread.ended and not thread.daemon for thread in self.threads
        )

    def _body(self, thread: HostThread, entry: Callable[[], object]) -> None:
        if self.trace is not None:
            self.trace.append(ThreadStarted(self.kernel.now, thread.name, thread.internal))
        error = None
        try:
            entry()
        except (ThreadKilled, SystemExit) as ended:  # as in a real thread, SystemExit ends it without a word
            if isinstance(ended, ThreadKilled):
                return
        except (KeyboardInterrupt, InternalError) as raised:  # the run's end, not the thread's alone
            thread.error = raised
            thread.state = ThreadState.ENDED
            raise
        except Exception as raised:  # noqa: BLE001 - it ends this thread only, as it would a real one
            thread.error = raised
            error = f"{type(raised).__name__}: {raised}"
        thread.state = ThreadState.ENDED
        if self.trace is not None:
            self.trace.append(ThreadEnded(self.kernel.now, thread.name, error))
        for wait in thread.joiners:
            wait.fire()
        self.watch.changed()
        self.running = None

    def _wake(self, thread: HostThread) -> None:
        self._become_ready(thread)
        if thread.wait is not None and thread.wait.outcome is not Outcome.EXPIRED:
            self.watch.changed()

    def _become_ready(self, thread: HostThread) -> None:
        thread.state = ThreadState.READY
        self.ready.append(thread)

    def _offer(self, kind: str, *, caller_first: bool) -> None:
        me = self.current()
        count = len(self.ready) + 1
        first = me if caller_first else self.ready[0]
        chosen = 0 if self.kernel.chooser.friendly else self.kernel.chooser.choose(kind, first.name, count)
        if caller_first:
            chosen -= 1
        if chosen in (-1, len(self.ready)):
            return
        following = self.ready.pop(chosen)
        self._become_ready(me)
        self._leave(me, following)

    def _leave(self, me: HostThread, following: HostThread | None) -> None:
        """Let *following* and others run until *me* is picked again.

        The home greenlet also comes back here when a thread has ended, and must then pick the next one.
        """
        try:
            while following is not me:
                if following is not None:
                    self._switch(following)
                elif me is self._main and self.end is not None:
                    raise self.error_of(Stuck(self.end))
                else:
                    self._driver.home()
                following = me if self._was_picked(me) else self._pick()
        finally:  # also when the run's end, or a Ctrl-C that ended another thread, comes out here
            self.running = me
            me.state = ThreadState.RUNNING
            me.wait = None

    def _was_picked(self, me: HostThread) -> bool:
        return self.running is me

    def _switch(self, following: HostThread) -> None:
        following.state = ThreadState.RUNNING
        self.running = following
        self._driver.switch(following)

    def _pick(self) -> HostThread | None:
        """Return the thread that goes next, moving the world until there is one; None when the run has ended."""
        self.driving = True
        try:
            return self._next() if self.gil is None else self._holder()
        finally:
            self.driving = False

    def _next(self) -> HostThread | None:
        kernel = self.kernel
        while not self._over():
            if not self.ready and not self.spinning:
                kernel.drain(self.ready)
            elif not self.ready:
                self._step_for_spinners()
            if self._over():
                break
            if self.ready:
                chosen = 0
                if len(self.ready) > 1 and not kernel.chooser.friendly:
                    chosen = kernel.chooser.choose("thread", self.ready[0].name, len(self.ready))
                return self.ready.pop(chosen)
            if kernel.peek() == float("inf"):
                self.stuck(
                    RunKind.DEADLOCK, "nothing can happen any more: no thread is ready, no event is pending"
                )
        return None

    def _holder(self) -> HostThread | None:
        """Return the thread that keeps the GIL once its wait has ended; None when nothing can end it.

        Device events and the holder's own timeout count. Timers of other threads do not: whoever they wake
        would need the GIL.
        """
        holder = self.gil
        while not self._over() and holder is not None:
            if holder in self.ready:
                self.ready.remove(holder)
                return holder
            timed = holder.wait is not None and holder.wait.timeout is not None
            if self.kernel.heap or timed:
                self.kernel.step()
            else:
                self.stuck(
                    RunKind.DEADLOCK,
                    f"{holder.name} keeps the GIL while it waits, and no device event is pending that could end it",
                )
        return None

    def _over(self) -> bool:
        return self.end is not None

    def _step_for_spinners(self) -> None:
        # Re-admitted after every step: else a report thread that polls with timeouts would starve them for
        # ever.
        if self.kernel.peek() != float("inf"):
            self.kernel.step()
        for thread in self.spinning:
            self._become_ready(thread)
        self.spinning.clear()


def _itself(stuck: Stuck) -> Exception:
    return stuck
