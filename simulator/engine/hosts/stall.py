"""When a run that never goes quiet is called stalled.

Report loops poll with timeouts, so the common hang still ticks. Nothing about a program proves "for ever";
the criterion is a stated bound: only timers of host threads are left, at least one thread waits
without a timeout, and nothing has changed for a given simulated time *and* a given number of polls, or for
very many polls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from simulator.base.units import format_duration
from simulator.engine.hosts.ends import RunKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulator.engine.hosts.thread import HostThread
    from simulator.engine.kernel import Kernel
    from simulator.engine.wait import Wait

_HOUR: Final = 3_600_000_000_000
_FEWEST_POLLS: Final = 1000


@dataclass(frozen=True, slots=True)
class StallLimits:
    """Bounds in simulated ns and polls: `after` and `polls` call a stall, `budget` ends a run in which all poll.

    `standing` is for polls at one instant, when not even a timeout is pending: only the program's own counting
    could end them.
    """

    after: int = _HOUR
    polls: int = 200_000
    standing: int = 20_000
    budget: int = 4 * _HOUR


class Watched(Protocol):
    """What the watch needs of a host."""

    kernel: Kernel

    @property
    def threads(self) -> Sequence[HostThread]:
        """All threads there are or were."""

    def stuck(self, kind: RunKind, text: str) -> None:
        """End the run."""


class StallWatch:
    """Counts polls since the last change and ends the run when a bound is reached."""

    def __init__(self, limits: StallLimits, scheduler: Watched) -> None:
        self.limits = limits
        self._scheduler = scheduler
        # Tells whether a thread is an executor's without work, which waits for ever by design.
        self.idles: Callable[[HostThread], bool] = lambda _thread: False
        self._events = 0
        self._epoch = 0
        self._polls = 0
        # Of them, those since the clock last moved.
        self._standing = 0
        self._instant = 0
        # Written by hosts on every wake-up, so as cheaply as can be: something has changed, at that instant.
        self.fresh = False
        self.since = 0

    def __repr__(self) -> str:
        return f"<stall watch {self._polls} polls since {self.since} ns>"

    def changed(self) -> None:
        """Start over: a thread was woken by a signal, started or ended, or a device event ran."""
        self.fresh = True
        self.since = self._scheduler.kernel.now

    def timer_expired(self, wait: Wait) -> None:
        """Expire a host thread's wait, and end the run if that was one fruitless poll too many."""
        if wait.expire() and wait.thread is not None:
            self._count(wait.thread)

    def spun(self, thread: HostThread) -> None:
        """Count a query that found nothing, at an instant at which it had found nothing before."""
        self._count(thread)

    def _count(self, thread: HostThread) -> None:
        kernel = self._scheduler.kernel
        if kernel.now > self.limits.budget:
            self._out_of_budget(
                f"the time budget of {format_duration(self.limits.budget)} simulated is used up"
            )
        elif not kernel.only_timers or kernel.events_run != self._events:
            self._events = kernel.events_run
            self.changed()
        else:
            if self.fresh:
                self.fresh = False
                self._epoch += 1
                self._polls = 0
                self._standing = 0
            self._polls += 1
            thread.polls = thread.polls + 1 if thread.poll_epoch == self._epoch else 1
            thread.poll_epoch = self._epoch
            if kernel.now != self._instant:
                self._instant = kernel.now
                self._standing = 0
            self._standing += 1
            quiet = kernel.now - self.since
            if self._polls_used_up() or (quiet >= self.limits.after and self._all_polled()):
                self._decide(quiet)

    def _polls_used_up(self) -> bool:
        return self._polls >= self.limits.polls or self._standing >= self.limits.standing

    def _all_polled(self) -> bool:
        """Tell whether every thread that still acts has polled often enough to have shown what it does."""
        return all(
            thread.poll_epoch == self._epoch and thread.polls >= _FEWEST_POLLS
            for thread in self._scheduler.threads
            if thread.carrier is not None and not thread.ended and not _waits_for_ever(thread)
        )

    def _decide(self, quiet: int) -> None:
        seen = f"no progress in {self._polls} polls and {format_duration(quiet)} of simulated time"
        if any(_waits_for_ever(thread) and not self.idles(thread) for thread in self._scheduler.threads):
            self._scheduler.stuck(
                RunKind.STALLED, f"{seen} (bounded: a later rescue would not have been seen)"
            )
        elif self._polls_used_up():
            self._out_of_budget(f"{seen}, and nobody waits without a timeout")

    def _out_of_budget(self, text: str) -> None:
        self._scheduler.stuck(RunKind.INCONCLUSIVE, text)


def _waits_for_ever(thread: HostThread) -> bool:
    # The runtime's own callback threads idle for ever by design (rule d3): nobody hopes for them.
    if thread.internal:
        return False
    return thread.wait is not None and thread.wait.outcome is None and thread.wait.timeout is None
