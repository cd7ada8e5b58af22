"""Whose turn is next, and moving the world until somebody's is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from simulator.engine.hosts.ends import RunEnd, RunKind
from simulator.engine.hosts.outside import Outside
from simulator.engine.hosts.stall import StallLimits, StallWatch
from simulator.engine.hosts.thread import READY, HostThread

if TYPE_CHECKING:
    from simulator.engine.kernel import Kernel


class Poller(Protocol):
    """An event loop that waits for files."""

    @property
    def outside(self) -> bool:
        """True when it watches more than its own pipe: something may come from the outside world."""

    def look(self, real_seconds: float) -> bool:
        """Look, for at most *real_seconds*, whether one is ready; end the loop's wait then."""


# After how many calls at one instant, without a wait, a thread is taken to wait for others: it lets the world
# move. Above what programs launch in one go, and a quarter of a second of real time.
MOST_CALLS: Final = 250_000
# So often, between two steps of the world, others may block and those who ask in vain ask again: two threads
# could go on like that with each other for ever.
_MOST_ROUNDS: Final = 16


class Turns:
    """The threads that could go on, and how the next one is found."""

    def __init__(self, kernel: Kernel, limits: StallLimits | None) -> None:
        self.kernel = kernel
        self.threads: list[HostThread] = []
        self.ready: list[HostThread] = []
        self.spinning: list[HostThread] = []
        # True when a thread has blocked or ended since those who spin asked: it may have done what they ask about.
        self.news = False
        self._rounds = 0
        self.end: RunEnd | None = None
        # True when every choice is the first and nobody listens: then nobody need be asked (else see `Choosing`).
        self.quiet = kernel.chooser.friendly
        # Counts down to the next `hurry` of the thread that runs.
        self.calls_left = MOST_CALLS
        # Event loops that wait for files, which only the operating system knows of.
        self.pollers: list[Poller] = []
        # Called at the beginning of each wait: where a controlled scope collects garbage.
        self.before_wait: Callable[[], None] | None = None
        # With the GIL model on: the thread that waits in a call which keeps the interpreter lock. Until it goes
        # on, no other thread of the program may run (pyacl.md, GIL).
        self.gil: HostThread | None = None
        # True while the world is moved: the thread that blocked is then in our code, however long it takes.
        self.driving = False
        # Called when the run cannot go on: the core takes its snapshot here.
        self.on_stuck: Callable[[], None] | None = None
        # Threads the host cannot see now, and what the run must own up to because of them.
        self.outside = Outside()
        self.watch = StallWatch(limits or StallLimits(), self)
        kernel.on_timer = self.watch.timer_expired

    def __repr__(self) -> str:
        return f"<turns: {len(self.ready)} ready, {len(self.spinning)} spinning>"

    def become_ready(self, thread: HostThread) -> None:
        """Let *thread* have a turn; it does not begin before somebody blocks or a choice says so."""
        thread.state = READY
        self.ready.append(thread)

    def stuck(self, kind: RunKind, text: str) -> None:
        """End the run: it is deadlocked, stalled or out of budget."""
        if self.end is None:
            self.end = RunEnd(kind, self.kernel.now, text)
            if self.on_stuck is not None:
                self.on_stuck()

    def pick(self) -> HostThread | None:
        """Return the thread that goes next, moving the world until there is one; None when the run has ended."""
        self.driving = True
        try:
            return self._next() if self.gil is None else self._holder()
        finally:
            self.driving = False

    def _next(self) -> HostThread | None:
        kernel = self.kernel
        outside = self.outside
        while not self._over():
            if outside.arrivals:
                self._admit()
            if self.pollers:
                self._poll(0)
            if not self.ready and not self.spinning:
                kernel.drain(self.ready)
            elif not self.ready and not self._ask_again():
                self._step_for_spinners()
            if self._over():
                break
            if self.ready:
                return self.ready.pop(0)
            if kernel.peek() == float("inf"):
                self._nothing_left()
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
            if not self._kept_for_ever(holder):
                self.kernel.step()
        return None

    def _kept_for_ever(self, holder: HostThread) -> bool:
        """Tell whether nothing can end the wait in which *holder* keeps the GIL, and call that a deadlock."""
        timed = holder.wait is not None and holder.wait.timeout is not None
        if self.kernel.heap or timed:
            return False
        self.stuck(
            RunKind.DEADLOCK,
            f"{holder.name} keeps the GIL while it waits, and no device event is pending that could end it",
        )
        return True

    def _admit(self) -> None:
        """Let those who have come back from outside have turns again."""
        while self.outside.arrivals:
            self.become_ready(self.outside.arrivals.popleft())
        self.watch.changed()

    def _poll(self, real_seconds: float) -> bool:
        """Ask what event loops wait for; tell whether one of them has got something."""
        found = [poller for poller in self.pollers if poller.look(real_seconds)]
        return bool(found)

    def _nothing_left(self) -> None:
        """Call a deadlock, unless somebody is outside who may still bring a change: then wait, for real."""
        outside = self.outside
        watching = [poller for poller in self.pollers if poller.outside]
        if watching and watching[0].look(outside.patience):
            outside.remarks.append("an event loop waited for files of the outside world, in real time")
        elif not outside.out and not outside.arrivals:
            self.stuck(
                RunKind.DEADLOCK, "nothing can happen any more: no thread is ready, no event is pending"
            )
        elif not outside.await_one():
            who = " and ".join(thread.name for thread in outside.out)
            self.stuck(
                RunKind.INCONCLUSIVE,
                f"everybody waits for {who}, which did not come back within {outside.patience:g} s of real time",
            )

    def _over(self) -> bool:
        return self.end is not None

    def _ask_again(self) -> bool:
        """Let those who asked in vain ask again at this instant, when somebody may have done something about it."""
        if not self.news or not self.spinning or self._rounds >= _MOST_ROUNDS:
            return False
        self._rounds += 1
        self._readmit()
        return True

    def _world_moved(self) -> None:
        """Let those who asked in vain ask again: whatever has happened may be what they wait for."""
        self._rounds = 0
        self._readmit()

    def _step_for_spinners(self) -> None:
        if self.kernel.peek() != float("inf"):
            self.kernel.step()
        self._world_moved()

    def _readmit(self) -> None:
        """Let those who asked in vain ask again.

        After every step: else a report thread that polls with timeouts would starve them for ever.
        """
        for thread in self.spinning:
            self.become_ready(thread)
        self.spinning.clear()
        self.news = False
