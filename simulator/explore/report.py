"""From a failing run to a counterexample that a person can use: repeatable, small, and told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from simulator.explore.critical import Critical, critical_transition
from simulator.explore.determinism import Difference, different_ends, run_twice
from simulator.explore.deviations import Deviating, Deviation
from simulator.explore.mends import mends
from simulator.explore.overtakes import Overtake, overtakes
from simulator.explore.shrink import ATTEMPTS, shrink_schedule
from simulator.explore.subject import Failure, Seen, Subject

# Hangs, guarantees and findings say themselves what to do.
_UNEXPLAINED: Final = ("error", "expectation", "lost")


@dataclass(frozen=True, slots=True, repr=False)
class Counterexample:
    """A failing run with as few deviations as were found, told step by step.

    `seen` was recorded in detail. `difference` is set when two runs of these deviations were not the same; then
    nothing was shrunk. `attempts` counts the runs that shrinking took; `minimal` tells that none of the deviations
    can be left out. `critical` is None when it was not looked for. `mends` say what came otherwise than in the
    friendly order, and which line would have kept it; of failures that tell that themselves there are none.
    """

    seen: Seen
    failure: Failure
    deviations: tuple[Deviation, ...]
    overtakes: tuple[Overtake, ...]
    critical: Critical | None
    difference: Difference | None
    attempts: int
    minimal: bool
    mends: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<counterexample: {self.failure.kind}, {self.distance}>"

    @property
    def distance(self) -> str:
        """How far the run is from the friendly order, in words."""
        count = len(self.deviations)
        if not count:
            return "the friendly order itself"
        return f"{count} deviation{'s' if count > 1 else ''} from the friendly order"

    def lines(self) -> Iterator[str]:
        """Yield how it came about: the distance, each deviation, the last chance, what could not be repeated."""
        yield f"{self.distance}{'' if self.minimal or not self.deviations else ' (fewer may do)'}"
        for number, overtake in enumerate(self.overtakes, start=1):
            yield f"  {number}. {overtake}"
        for mend in self.mends:
            yield f"otherwise than in the friendly order: {mend}"
        if self.critical is not None:
            yield f"last chance: {self.critical}"
        if self.difference is not None:
            yield f"not repeatable: {self.difference}"


def examine(
    subject: Subject, failing: Seen, *, attempts: int = ATTEMPTS, critical: bool = True, seed: int = 0
) -> Counterexample:
    """Run *failing*, a run of *subject* that failed, again until it is small and explained.

    At most *attempts* runs go into shrinking, and a few dozen into the critical transition unless it is not wanted.
    A failure that does not come again is reported as it was first seen.
    """
    shrunk = shrink_schedule(subject, failing, attempts=attempts)
    again, difference = run_twice(subject, shrunk.deviations)
    same = again.failure is not None and again.failure.signature == _failure(shrunk.seen).signature
    seen = again if same else shrunk.seen
    if difference is None:  # twice the same, and yet not what was found
        difference = different_ends(shrunk.seen, again)
    found = Counterexample(
        seen=seen,
        failure=_failure(seen),
        deviations=shrunk.deviations,
        overtakes=overtakes(seen.trace, shrunk.deviations),
        critical=None,
        difference=difference,
        attempts=shrunk.attempts,
        minimal=shrunk.minimal and shrunk.reproduced,
    )
    found = replace(found, mends=_mends(subject, found))
    if not critical or difference is not None or not same:
        return found
    return replace(found, critical=critical_transition(subject, seen, seed=seed))


def _mends(subject: Subject, found: Counterexample) -> tuple[str, ...]:
    if found.failure.kind not in _UNEXPLAINED or not found.deviations or found.difference is not None:
        return ()
    if any(each.kind == "fault" for each in found.deviations):
        return ()  # the fault is what went wrong
    friendly = subject.run(Deviating(()), detail=True)
    return mends(friendly.trace, found.seen.trace) if friendly.failure is None else ()


def _failure(seen: Seen) -> Failure:
    assert seen.failure is not None  # noqa: S101 - shrinking begins and ends with a failing run
    return seen.failure
