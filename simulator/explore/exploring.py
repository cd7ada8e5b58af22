"""`explore`: runs a subject in one order after the other until one fails, all are covered, or the budget ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from time import monotonic
from typing import Final

from simulator.base.errors import UserError
from simulator.engine.choice import First, Replay
from simulator.explore.bounds import Bounds
from simulator.explore.coverage import Coverage
from simulator.explore.portfolio import search_by
from simulator.explore.search import Job, Result, Search, result_of, run_job
from simulator.explore.steadiness import Steadiness
from simulator.explore.strategies.profile import profile_of
from simulator.explore.subject import Seen, Subject
from simulator.explore.verdict import Exploration, Verdict
from simulator.explore.workers import WorkerDiedError, Workers

# So long one process does alone what it can: starting others takes as long.
_ALONE_SECONDS: Final = 0.15
_TRIAL: Final = Job("friendly", First)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an exploration is: runs made and different ones, real seconds, and what it is at."""

    schedules: int
    distinct: int
    seconds: float
    strategy: str

    def __str__(self) -> str:
        return f"{self.schedules} runs, {self.distinct} different, {self.strategy}"


def explore(
    subject: Subject,
    *,
    strategy: str = "portfolio",
    bounds: Bounds | None = None,
    seed: int = 0,
    jobs: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Exploration:
    """Run *subject* in many orders and say what that shows.

    *strategy*: "portfolio" (random walks and PCT for a while, then all orders within the bounds), "bounded",
    "exhaustive", "dpor", or one that only samples: "friendly", "random", "uniform", "pct", "pct3". The first failure
    in the order of the strategy is the counterexample; it does not depend on *jobs*, the number of processes (None:
    one per core). *progress* is called after each run. Raises UserError for a strategy that does not exist.
    """
    bounds = bounds or Bounds()
    if jobs is not None and jobs < 1:
        raise UserError(f"jobs is {jobs}: at least one process must do the work")
    return _Exploring(subject, strategy, bounds, seed, progress).run(jobs or len(os.sched_getaffinity(0)))


class _Exploring:
    """One exploration under way."""

    def __init__(
        self,
        subject: Subject,
        strategy: str,
        bounds: Bounds,
        seed: int,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.subject = subject
        self.strategy = strategy
        self.bounds = bounds
        self.seed = seed
        self.progress = progress
        self.coverage = Coverage()
        self.began = monotonic()
        self.doubts: str | None = None
        self.steadiness = Steadiness(opaque=False)

    def run(self, processes: int) -> Exploration:
        trial = self.subject.run(First(), detail=True)
        self.steadiness = Steadiness(opaque=trial.trace is None or not trial.trace.isolated)
        search = search_by(self.strategy, self.bounds, self.seed, profile_of(trial))
        result = result_of(trial, _TRIAL, timed=self.subject.timed)
        self._count(_TRIAL, result)
        if trial.failure is not None and trial.inconclusive is None:
            return self._counterexample(trial, "friendly")
        with ExitStack() as stack:
            try:
                found = self._search(search, processes, stack)
            except WorkerDiedError as died:
                return self._end(Verdict.INCONCLUSIVE, str(died))
        if found is not None:
            return self._counterexample(self._again(found[1]), found[0].strategy)
        return self._conclude(search)

    def _search(self, search: Search, processes: int, stack: ExitStack) -> tuple[Job, Result] | None:
        """Make runs until one fails, the search is over or the budget is; return the failing one."""
        workers: Workers | None = None
        while not self._spent() and (batch := search.batch()):
            if workers is None and processes > 1 and len(batch) > 1 and self._seconds() > _ALONE_SECONDS:
                workers = stack.enter_context(Workers(self.subject, processes))
            for job, result in zip(batch, self._results(workers, batch), strict=True):
                self._count(job, result)
                search.take(job, result)
                if result.failure is not None and result.inconclusive is None:
                    return job, result
                if self._spent():
                    return None
        return None

    def _results(self, workers: Workers | None, batch: Sequence[Job]) -> Iterator[Result]:
        if workers is not None and len(batch) > 1:
            return workers.run(batch)
        return (run_job(self.subject, job) for job in batch)

    def _count(self, job: Job, result: Result) -> None:
        self.coverage.add(result)
        self.steadiness.add(result)
        if result.inconclusive is not None and self.doubts is None:
            self.doubts = result.inconclusive
        if self.progress is not None:
            coverage = self.coverage
            self.progress(Progress(coverage.schedules, coverage.distinct, self._seconds(), job.strategy))

    def _seconds(self) -> float:
        return monotonic() - self.began

    def _spent(self) -> bool:
        bounds = self.bounds
        return (bounds.schedules is not None and self.coverage.schedules >= bounds.schedules) or (
            bounds.seconds is not None and self._seconds() >= bounds.seconds
        )

    def _again(self, result: Result) -> Seen:
        """Repeat a failing run, for its trace; as it was first seen if it does not fail in the same way again."""
        seen = self.subject.run(Replay([choice.value for choice in result.choices]), detail=True)
        failure = seen.failure
        if (
            failure is not None
            and result.failure is not None
            and failure.signature == result.failure.signature
        ):
            return seen
        return Seen(
            failure=result.failure,
            inconclusive=None,
            choices=result.choices,
            trace=None,
            fingerprint=result.fingerprint,
            end_state=result.end_state,
            steps=0,
        )

    def _counterexample(self, seen: Seen, found_by: str) -> Exploration:
        count = seen.deviations
        deviations = "1 deviation" if count == 1 else f"{count} deviations"
        kind = "failure" if seen.failure is None else seen.failure.kind
        proof = f"{kind} with {deviations} from the friendly order, in run {self.coverage.schedules}"
        return self._end(Verdict.COUNTEREXAMPLE, proof, seen, found_by)

    def _conclude(self, search: Search) -> Exploration:
        proof = search.proof()
        if self.doubts is not None:
            return self._end(Verdict.INCONCLUSIVE, f"a run was inconclusive: {self.doubts}")
        if proof is not None and (unsteady := self.steadiness.doubt(self.subject)) is not None:
            return self._end(Verdict.INCONCLUSIVE, f"a schedule does not decide a run: {unsteady}")
        if proof is not None:
            count = self.coverage.schedules
            runs = "1 run" if count == 1 else f"{count} runs"
            return self._end(Verdict.HOLDS, f"no failure in {proof}{self._timeouts()}: {runs}")
        return self._end(Verdict.INCONCLUSIVE, f"no failure, but {self._why_no_proof()}")

    def _timeouts(self) -> str:
        """Say how often timeouts may have come early, if there were any."""
        if not self.coverage.timeouts:
            return ""
        times = self.bounds.timeouts
        once = "at most once" if times == 1 else f"at most {times} times"
        return f", each timeout {once} before what is pending"

    def _why_no_proof(self) -> str:
        runs, bounds = self.coverage.schedules, self.bounds
        if bounds.schedules is not None and runs >= bounds.schedules:
            return f"the budget of {bounds.schedules} runs was used up"
        if bounds.seconds is not None and self._seconds() >= bounds.seconds:
            return f"the budget of {bounds.seconds:g} s was used up after {runs} runs"
        return "one order proves nothing" if runs == 1 else f"{runs} sampled orders prove nothing"

    def _end(self, verdict: Verdict, proof: str, seen: Seen | None = None, found_by: str = "") -> Exploration:
        return Exploration(
            subject=self.subject.name,
            strategy=self.strategy,
            seed=self.seed,
            bounds=self.bounds,
            verdict=verdict,
            proof=proof,
            coverage=self.coverage,
            seconds=self._seconds(),
            seen=seen,
            found_by=found_by,
        )
