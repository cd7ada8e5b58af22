"""What the free host does when nothing moves: tell the chain once, or end the process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final, Never

from simulator.engine.hosts.ends import RunEnd, RunKind, Stuck
from simulator.engine.hosts.free_census import Rest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.engine.hosts.thread import HostThread

DEFAULT_AFTER: Final = 5.0
# The same as of any command.
DEADLOCK_CODE: Final = 3
INCONCLUSIVE_CODE: Final = 4
# A thread in there without a timeout waits for work, not for a rescue.
_FOR_WORK: Final = "process_report"


@dataclass(frozen=True, slots=True)
class StallOptions:
    """After how many real seconds without progress the chain is told, and whether the process then ends."""

    after: float = DEFAULT_AFTER
    aborts: bool = False


class Patience:
    """Watches real time since the last progress; looked at by whichever thread watches the clock."""

    def __init__(self, options: StallOptions, clock: Callable[[], float] = monotonic) -> None:
        self.options = options
        self._clock = clock
        self._mark: object = None
        self._since = clock()
        self._told = False

    def __repr__(self) -> str:
        return f"<patience of {self.options.after:g} s{', used up' if self._told else ''}>"

    def used_up(self, mark: object, threads: Iterable[HostThread], rest: Rest, *, pending: bool) -> bool:
        """Tell, once, that nothing has changed *mark* for too long although somebody waits to be rescued.

        *pending* says that device work is under way: it will be progress when it ends.
        """
        now = self._clock()
        if pending or mark != self._mark:
            self._mark, self._since = mark, now
            return False
        if self._told or now - self._since < self.options.after:
            return False
        self._told = any(needs_rescue(thread) or (rest and _waits(thread)) for thread in threads)
        return self._told

    def text(self) -> str:
        """Return what was observed."""
        then = "the process ends" if self.options.aborts else "the program runs on"
        return f"no progress for {self.options.after:g} s of real time while a thread waits without a timeout; {then}"


def needs_rescue(thread: HostThread) -> bool:
    """Tell whether *thread* waits without a timeout for something another thread has to bring about."""
    return _waits(thread) and thread.wait is not None and thread.wait.op != _FOR_WORK


def _waits(thread: HostThread) -> bool:
    wait = thread.wait
    return not thread.internal and wait is not None and wait.outcome is None and wait.timeout is None


def tell(error_of: Callable[[Stuck], Exception], end: RunEnd) -> None:
    """Write the chain of *end* on stderr."""
    sys.stderr.write(f"aclsim: {error_of(Stuck(end))}\n")
    sys.stderr.flush()


def stalled(now: int, text: str) -> RunEnd:
    """Return how a run looks in which nothing moves, at the simulated time *now* in ns."""
    return RunEnd(RunKind.STALLED, now, text)


def leave_process(kind: RunKind) -> Never:
    """End the process with the code of *kind*, 3 or 4, as threads that never return allow no other way."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody reads it any more
            stream.flush()
    os._exit(INCONCLUSIVE_CODE if kind is RunKind.INCONCLUSIVE else DEADLOCK_CODE)
