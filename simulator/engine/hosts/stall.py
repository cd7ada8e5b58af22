"""When a run that never goes quiet is called stalled.

Report loops poll with timeouts, so the common hang still ticks. Nothing about a program proves "for ever";
the criterion is a stated bound: only timers of host threads are left, at least one thread waits
without a timeout, and nothing has changed for a given simulated time *and* a given number of polls, or for
very many polls.
"""

from __future__ import annotations

import sys
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
_UNASKED: Final = 50_000
# What hosts call the program's first thread.
_MAIN: Final = "main"


@dataclass(frozen=True, slots=True)
class StallLimits:
    """Bounds in simulated ns and polls: `after` and `polls` call a stall, `budget` ends a run in which all poll.

    `agreed` polls are enough when every thread that acts polls and none has looked at a clock, and `standing` ones at
    one instant, when not even a timeout is pending: only the program's own counting could end them.
    """

    after: int = _HOUR
    polls: int = 200_000
    agreed: int = _UNASKED
    standing: int = 20_000
    budget: int = 4 * _HOUR

    @staticmethod
    def asked(*, after: int | None, polls: int | None, budget: int | None) -> StallLimits:
        """Return the defaults but for what somebody asked for; who names a bound is not given a smaller one."""
        given = {"after": after, "polls": polls, "budget": budget}
        agreed = _UNASKED if after is None and polls is None else sys.maxsize
        return StallLimits(
            agreed=agreed, **{name: value for name, value in given.items() if value is not None}
        )


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
        # Tells whether the program has come to its end and waits there for its threads.
        self.at_end: Callable[[], bool] = lambda: False
        # False where the program reads clocks that the host does not see.
        self.sees_clocks = True
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
            enough = quiet >= self.limits.after or self._polls >= self.limits.agreed
            if self._polls_used_up() or (enough and self._all_polled() and self._long_enough(quiet)):
                self._decide(quiet)

    def _polls_used_up(self) -> bool:
        return self._polls >= self.limits.polls or self._standing >= self.limits.standing

    def _all_polled(self) -> bool:
        """Tell whether every thread that still acts has polled often enough to have shown what it does."""
        over = self.at_end()
        return all(
            thread.poll_epoch == self._epoch and thread.polls >= _FEWEST_POLLS
            for thread in self._scheduler.threads
            if thread.carrier is not None
            and not (thread.ended or _waits_for_ever(thread) or (over and thread.name == _MAIN))
        )

    def _long_enough(self, quiet: int) -> bool:
        """Tell whether the simulated time that has passed without a change says something, or need not."""
        return quiet >= self.limits.after or (
            self.sees_clocks
            and all(thread.read_at < self.since for thread in self._scheduler.threads)
            and self._somebody_waits()
        )

    def _somebody_waits(self) -> bool:
        waits = any(_waits_for_ever(thread) and not self.idles(thread) for thread in self._scheduler.threads)
        return waits or self.at_end()

    def _decide(self, quiet: int) -> None:
        seen = f"no progress in {self._polls} polls and {format_duration(quiet)} of simulated time"
        if self._somebody_waits():
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
