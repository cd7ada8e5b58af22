"""Fewer deviations, the same failure.

A schedule that was found by chance deviates from the friendly order in dozens of places, nearly all of which do not
matter. Candidates are tried from the boldest to the smallest; one counts when it fails with the same signature. Fewer
deviations are better, then smaller values, then earlier points. Faults and durations are deviations like any other,
and the first to go: a failure of the plain runtime tells more than one that needs help.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from simulator.base.errors import UserError
from simulator.explore.deviations import Deviating, Deviation, deviations_of
from simulator.explore.subject import Seen, Subject

Schedule: TypeAlias = tuple[Deviation, ...]

ATTEMPTS: Final = 400
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
    while search.improve(_without_a_block) or search.improve(_lower) or search.improve(_earlier):
        pass
    search.improve(search.alone)
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
        seen = self._subject.run(Deviating(schedule))
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

    def alone(self, best: Schedule) -> Iterator[Schedule]:
        """Yield every single deviation from the friendly order: what many do together, one may do alone."""
        if len(best) <= 1 or self.spent >= self._attempts:
            return
        self.spent += 1
        yield from single_deviations(self._subject.run(Deviating(())))


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
