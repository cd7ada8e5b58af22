"""What an exploration comes to: it holds, here is a counterexample, or nothing can be concluded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from simulator.explore.bounds import Bounds
from simulator.explore.coverage import Coverage
from simulator.explore.subject import Failure, Seen


class Verdict(Enum):
    """The three values; "holds" always says within which bounds."""

    HOLDS = "holds"
    COUNTEREXAMPLE = "counterexample"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, repr=False)
class Exploration:
    """The result of `explore`.

    `proof` says in one sentence what was shown, or why nothing was. `seen` is the failing run, repeated with its
    trace; its choices are the counterexample. `found_by` names the strategy that found it. `seconds` are real.
    """

    subject: str
    strategy: str
    seed: int
    bounds: Bounds
    verdict: Verdict
    proof: str
    coverage: Coverage
    seconds: float
    seen: Seen | None = None
    found_by: str = ""

    def __repr__(self) -> str:
        return f"<exploration of {self.subject}: {self}>"

    def __str__(self) -> str:
        return f"{self.verdict.value}: {self.proof}"

    @property
    def failure(self) -> Failure | None:
        """What went wrong in the counterexample."""
        return None if self.seen is None else self.seen.failure

    @property
    def schedules(self) -> int:
        """How many runs were made."""
        return self.coverage.schedules

    @property
    def distinct_traces(self) -> int:
        """How many of them did not just repeat another one."""
        return self.coverage.distinct

    @property
    def rate(self) -> float:
        """Runs per real second."""
        return self.schedules / self.seconds if self.seconds > 0 else 0.0
