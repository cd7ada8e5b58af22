"""Fewer deviations, the same failure.

A schedule that was found by chance deviates from the friendly order in dozens of places, nearly all of which do not
matter. Candidates are tried from the boldest to the smallest; one counts when it fails with the same signature. Fewer
deviations are better, then smaller values, then earlier points. Faults and durations are deviations like any other,
and the first to go: a failure of the plain runtime tells more than one that needs help.

Leaving out and moving ends where every deviation is needed, which may be far from the fewest: a walk can come to a
failure in four steps that two others reach. So schedules with fewer deviations are then looked for from scratch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from simulator.base.errors import UserError
from simulator.explore.deviations import Deviating, Deviation, deviations_of
from simulator.explore.dfs import DeviationSearch
from simulator.explore.search import result_of
from simulator.explore.subject import Seen, Subject

Schedule: TypeAlias = tuple[Deviation, ...]

ATTEMPTS: Final = 600
# Up to so many deviations all schedules are tried, as far as the attempts go: one more would be too many to finish.
_MOST_FROM_SCRATCH: Final = 2
# Left out as a whole before anything else is tried.
_HELPS: Final = ("fault", "duration", "timeout", "tie")


@dataclass(frozen=True, slots=True, repr=False)
class Shrunk:
    """A failing run that deviates as little as was found within the attempts.

    `minimal` tells that leaving out any one deviation loses the failure; `reproduced` that the failure came again
    from its deviations at all. If it did not, `seen` is the original run.
    """

    seen: Seen
    deviations: Schedule
    attempts: int
    minimal: bool
    reproduced: bool

    def __repr__(self) -> str:
        return f"<shrunk to {len(self.deviations)} deviations in {self.attempts} attempts>"


def shrink_schedule(subject: Subject, failing: Seen, *, attempts: int = ATTEMPTS) -> Shrunk:
    """Return the run with the fewest deviations that fails as *failing* did, after at most *attempts* runs."""
    search = _Search(subject, failing, attempts)
    whole = deviations_of(failing.choices)
    if not search.fails(whole):
        return Shrunk(failing, whole, search.spent, minimal=False, reproduced=False)
    search.improve(_without_helps)
    search.descend()
    if search.start_again():
        search.descend()
    minimal = search.spent < attempts
    return Shrunk(search.seen, search.best, search.spent, minimal=minimal, reproduced=True)


class _Search:
    """The best schedule so far, and what has been tried."""

    def __init__(self, subject: Subject, failing: Seen, attempts: int) -> None:
        if failing.failure is None:
            raise UserError("there is nothing to shrink: the run did not fail")
        self._subject = subject
        self._signature = failing.failure.signature
        self._attempts = attempts
        self._tried: set[Schedule] = set()
        self.spent = 0
        self.seen = failing
        self.best = deviations_of(failing.choices)

    def fails(self, schedule: Schedule) -> bool:
        """Run *schedule*; tell whether it fails in the same way, and keep it if so."""
        if schedule in self._tried or self.spent >= self._attempts:
            return False
        self._tried.add(schedule)
        self.spent += 1
        return self._keeps(self._subject.run(Deviating(schedule)))

    def _keeps(self, seen: Seen) -> bool:
        """Keep a run that fails in the same way; tell whether it does."""
        if seen.failure is None or seen.failure.signature != self._signature:
            return False
        # What was really done: deviations that were not offered have fallen away.
        self.seen, self.best = seen, deviations_of(seen.choices)
        return True

    def improve(self, candidates: Callable[[Schedule], Iterator[Schedule]]) -> bool:
        """Try candidates until none of them is better than the best; tell whether one was."""
        improved = False
        while any(_size(each) < _size(self.best) and self.fails(each) for each in candidates(self.best)):
            improved = True
        return improved

    def descend(self) -> None:
        """Leave out and make smaller until nothing more can be."""
        while self.improve(_without_a_block) or self.improve(_lower) or self.improve(_earlier):
            pass

    def start_again(self) -> bool:
        """Look for a schedule with fewer deviations than the best, those with the fewest first; tell if one fails."""
        fewer = DeviationSearch(min(len(self.best) - 1, _MOST_FROM_SCRATCH)) if len(self.best) > 1 else None
        while fewer is not None and (jobs := fewer.batch()):
            for job in jobs:
                if self.spent >= self._attempts:
                    return False
                self.spent += 1
                seen = self._subject.run(job.make(), detail=job.states)
                if self._keeps(seen):
                    return True
                fewer.take(job, result_of(seen, job, timed=self._subject.timed))
        return False


def single_deviations(friendly: Seen) -> Iterator[Schedule]:
    """Yield every schedule that deviates once from a friendly run, earlier points first."""
    seen: Counter[tuple[str, str]] = Counter()
    for choice in friendly.choices:
        point = (choice.kind, choice.actor)
        seen[point] += 1
        for value in range(1, choice.options):
            yield (Deviation(*point, seen[point], "", value),)


def _size(schedule: Schedule) -> tuple[int, int, int]:
    return len(schedule), sum(each.value for each in schedule), sum(each.nth for each in schedule)


def _without_helps(best: Schedule) -> Iterator[Schedule]:
    yield ()
    for kind in _HELPS:
        yield tuple(each for each in best if each.kind != kind)


def _without_a_block(best: Schedule) -> Iterator[Schedule]:
    """Leave out halves, quarters … and at last each one: later ones first, which often only follow."""
    length = len(best) // 2
    while length:
        for end in range(len(best), 0, -length):
            yield (*best[: max(0, end - length)], *best[end:])
        length //= 2
    if len(best) == 1:
        yield ()


def _lower(best: Schedule) -> Iterator[Schedule]:
    for at, each in enumerate(best):
        for value in range(1, each.value):
            yield _with(best, at, each._replace(value=value, taken=""))


def _earlier(best: Schedule) -> Iterator[Schedule]:
    for at, each in enumerate(best):
        for nth in sorted({1, each.nth // 2, each.nth - 1}):
            if 0 < nth < each.nth:
                yield _with(best, at, each._replace(nth=nth))


def _with(schedule: Sequence[Deviation], at: int, other: Deviation) -> Schedule:
    return (*schedule[:at], other, *schedule[at + 1 :])
