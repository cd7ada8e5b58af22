"""The one scheduler behind the deterministic hosts.

Exactly one host thread runs. The thread that blocks drives the event queue until somebody is ready: there is no
engine thread, and a waker only appends to the ready list, it never switches. Greenlets and real threads under a
baton are two drivers of this class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from threading import get_ident
from typing import TYPE_CHECKING, Final

from simulator.base.errors import InternalError
from simulator.base.trace import Blocked, ThreadEnded, ThreadStarted, Trace
from simulator.engine.hosts.stall import StallLimits, StallWatch
from simulator.engine.wait import Outcome, Wait

if TYPE_CHECKING:
    from simulator.engine.hosts.protocol import Driver
    from simulator.engine.kernel import Kernel

# Thread ids the program sees; shaped like pthread_self() values, and the same in every process.
_FIRST_IDENT: Final = 0x7F10_0000_0000
_IDENT_STEP: Final = 0x1000


class ThreadState(Enum):
    """Where a host thread is in its life."""

    DECLARED = "not started"
    READY = "ready"
    RUNNING = "running"
    BLOCKED = "blocked"
    SPINNING = "spinning"
    ENDED = "ended"


class RunKind(Enum):
    """How a run ended."""

    DONE = "done"
    DEADLOCK = "deadlock"
    STALLED = "stalled"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended, at which simulated time in ns, and one line that says what was observed."""

    kind: RunKind
    now: int
    text: str


class Stuck(Exception):  # noqa: N818 - a result, not an error
    """Raised out of a wait of the thread that drives the run itself, when the run cannot go on."""

    def __init__(self, end: RunEnd) -> None:
        super().__init__(end)
        self.end = end


class ThreadKilled(BaseException):
    """Unwinds a host thread that is still blocked when the run is over."""


class HostThread:
    """One thread of the program. Everything that belongs to a thread hangs here, never on threading.local.

    `site` says for people where the thread is (a scenario step, a source line); `runtime` is the slot in which the
    core keeps what the vendor keeps per thread: current context and last error.
    """

    __slots__ = (
        "carrier",
        "daemon",
        "doing",
        "error",
        "ident",
        "index",
        "internal",
        "joiners",
        "name",
        "names_next",
        "poll_epoch",
        "polls",
        "runtime",
        "site",
        "spun_at",
        "state",
        "wait",
    )

    def __init__(self, name: str, index: int, ident: int, *, daemon: bool, internal: bool) -> None:
        self.name = name
        self.index = index
        self.ident = ident
        self.daemon = daemon
        self.internal = internal
        self.state = ThreadState.DECLARED
        self.wait: Wait | None = None
        self.joiners: list[Wait] = []
        self.error: BaseException | None = None
        self.site: str | None = None
        # What the scenario wants to call the next object this thread creates.
        self.names_next: str | None = None
        # A stack of what the thread is inside of, for the wait-for chain: callbacks it runs.
        self.doing: list[object] = []
        self.spun_at = -1
        self.polls = 0
        self.poll_epoch = -1
        self.carrier: object = None
        self.runtime: object = None

    @property
    def ended(self) -> bool:
        """True once the thread has returned or was ended by an exception."""
        return self.state is ThreadState.ENDED

    def __repr__(self) -> str:
        where = f" in {self.wait.op}" if self.wait is not None else ""
        return f"<thread {self.name} {self.state.value}{where}>"


class Scheduler:
    """Host threads, exactly one of which runs; implements `protocol.Host`."""

    def __init__(
        self, kernel: Kernel, driver: Driver, *, limits: StallLimits | None = None, trace: Trace | None = None
    ) -> None:
        self.kernel = kernel
        self.trace = trace
        self.threads: list[HostThread] = []
        self.ready: list[HostThread] = []
        self.spinning: list[HostThread] = []
        self.end: RunEnd | None = None
        self.running: HostThread | None = None
        # Called on the first thread when the run cannot go on: the core takes its snapshot here.
        self.on_stuck: Callable[[], None] | None = None
        self._driver = driver
        self._owner = driver.main_ident()
        self._main: HostThread | None = None
        self._names: set[str] = set()
        self._stopping = False
        self.watch = StallWatch(limits or StallLimits(), self)
        kernel.on_timer = self.watch.timer_expired

    def __repr__(self) -> str:
        return f"<scheduler {len(self.threads)} threads, running {self.running!r}>"

    # -- what the model asks (protocol.Host) ---------------------------------------------------------------------

    def current(self) -> HostThread:
        """Return the calling thread; the program's own first thread is adopted as `main` at its first call."""
        running = self.running
        if get_ident() != self._owner:
            self._driver.check_caller()
        if running is not None:
            return running
        if self._main is None:
            self._main = self._new("main", self._driver.main_ident(), daemon=False, internal=False)
            self._main.state = ThreadState.RUNNING
        self.running = self._main
        return self._main

    def wait(self, wait: Wait) -> Outcome:
        """Block the caller until *wait* ends, driving the event queue meanwhile."""
        if wait.outcome is None:
            me = self.current()
            if self._stopping:
                raise ThreadKilled
            me.wait = wait
            me.state = ThreadState.BLOCKED
            wait.thread = me
            wait.wake = self._wake
            if wait.timeout is not None:
                self.kernel.timer(wait, wait.timeout)
            if self.trace is not None:
                on = None if wait.on is None else str(wait.on)
                self.trace.append(Blocked(self.kernel.now, me.name, wait.op, on, wait.timeout))
            self._leave(me, self._pick())
            me.wait = None
        if wait.outcome is None:
            msg = f"{self.running!r} came back from {wait!r}"
            raise InternalError(msg)
        return wait.outcome

    def thread(self, name: str, *, daemon: bool = False, internal: bool = False) -> HostThread:
        """Declare a thread; names are made unique, idents are never reused in one run."""
        unique, copy = name, 2
        while unique in self._names:
            unique, copy = f"{name}-{copy}", copy + 1
        ident = _FIRST_IDENT + _IDENT_STEP * len(self.threads)
        return self._new(unique, ident, daemon=daemon, internal=internal)

    def start(self, thread: HostThread, entry: Callable[[], object]) -> None:
        """Make *thread* ready to run *entry*; it first runs when somebody else blocks or a choice says so."""
        if thread.state is not ThreadState.DECLARED:
            msg = f"{thread!r} was started before"
            raise InternalError(msg)

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
        if self.ready and not self.kernel.chooser.friendly:
            self._offer(kind, caller_first=True)

    def give_way(self, kind: str) -> None:
        """Offer a turn to the ready threads; the caller stands last (hosts.md §3.4: synchronize and join)."""
        if self.ready:
            self._offer(kind, caller_first=False)

    def spin(self) -> None:
        """Let the world move if the caller has asked in vain at this instant before (hosts.md §3.5)."""
        me = self.current()
        if me.spun_at != self.kernel.now:
            me.spun_at = self.kernel.now
            return
        self.watch.spun(me)
        me.state = ThreadState.SPINNING
        self.spinning.append(me)
        self._leave(me, self._pick())

    # -- running a whole program ---------------------------------------------------------------------------------

    def run(self) -> RunEnd:
        """Drive the declared and started threads until all but daemons have ended, or nothing can go on."""
        if self.running is not None:
            msg = f"run() called from inside {self.running!r}"
            raise InternalError(msg)
        while self.end is None and self._alive():
            following = self._pick()
            if following is not None:
                self._switch(following)
        if self.end is None:
            self.end = RunEnd(RunKind.DONE, self.kernel.now, "all threads have ended")
        return self.end

    def stop(self) -> None:
        """Unwind every thread that is still blocked; the run is over and nobody comes back."""
        self._stopping = True
        for thread in self.threads:
            if thread.carrier is not None and not thread.ended:
                self.running = thread
                self._driver.kill(thread)
                thread.state = ThreadState.ENDED
        self.running = None

    def stuck(self, kind: RunKind, text: str) -> None:
        """End the run: it is deadlocked, stalled or out of budget."""
        if self.end is None:
            self.end = RunEnd(kind, self.kernel.now, text)
            if self.on_stuck is not None:
                self.on_stuck()

    # -- inside --------------------------------------------------------------------------------------------------

    def _new(self, name: str, ident: int, *, daemon: bool, internal: bool) -> HostThread:
        thread = HostThread(name, len(self.threads), ident, daemon=daemon, internal=internal)
        self.threads.append(thread)
        self._names.add(name)
        return thread

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
        except ThreadKilled:
            return
        except InternalError:
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
        while following is not me:
            if following is not None:
                self._switch(following)
            elif me is self._main and self.end is not None:
                self.running = me
                raise Stuck(self.end)
            else:
                self._driver.home()
            following = me if self._was_picked(me) else self._pick()
        self.running = me
        me.state = ThreadState.RUNNING

    def _was_picked(self, me: HostThread) -> bool:
        return self.running is me

    def _switch(self, following: HostThread) -> None:
        following.state = ThreadState.RUNNING
        self.running = following
        self._driver.switch(following)

    def _pick(self) -> HostThread | None:
        """Return the thread that goes next, moving the world until there is one; None when the run has ended."""
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
                self.stuck(RunKind.DEADLOCK, "nothing can happen any more: no thread is ready, no event is pending")
        return None

    def _over(self) -> bool:
        return self.end is not None

    def _step_for_spinners(self) -> None:
        # Re-admitted after every step: else a report thread that polls with timeouts would starve them for ever.
        if self.kernel.peek() != float("inf"):
            self.kernel.step()
        for thread in self.spinning:
            self._become_ready(thread)
        self.spinning.clear()
