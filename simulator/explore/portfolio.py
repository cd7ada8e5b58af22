"""The default search: what finds most bugs soonest first, then what proves something."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.base.errors import UserError
from simulator.explore.bounds import Bounds
from simulator.explore.dfs import DeviationSearch
from simulator.explore.dpor import DporSearch
from simulator.explore.sampling import Sampling
from simulator.explore.search import Job, Result, Search
from simulator.explore.strategies.profile import Profile

# What is sampled before the systematic part: long walks find bugs that many deviations hide.
_MIXTURE = ("uniform", "pct1", "uniform", "pct2", "uniform", "pct3")
_SAMPLES = 60
# How many orders a strategy tries that would else never end.
ENDLESS = 1_000
STRATEGIES = ("portfolio", "friendly", "random", "uniform", "pct", "bounded", "exhaustive", "dpor")


class InTurn:
    """One search after the other."""

    def __init__(self, *searches: Search) -> None:
        self._searches = searches
        self._now = 0

    def __repr__(self) -> str:
        return f"<{self._now + 1}. of {len(self._searches)} searches: {self._searches[self._now]!r}>"

    def batch(self) -> Sequence[Job]:
        """Return the jobs of the search that is at work."""
        while True:
            jobs = self._searches[self._now].batch()
            if jobs or self._now == len(self._searches) - 1:
                return jobs
            self._now += 1

    def take(self, job: Job, result: Result) -> None:
        """Pass the result on to it."""
        self._searches[self._now].take(job, result)

    def proof(self) -> str | None:
        """Return what the last one has proved."""
        return self._searches[-1].proof()


def search_by(strategy: str, bounds: Bounds, seed: int, profile: Profile) -> Search:
    """Return the search called *strategy*; "pct3" is "pct" of depth 3. Raises UserError for others."""
    count = bounds.schedules or ENDLESS
    if strategy == "portfolio":
        # Never more than a tenth of a budget.
        samples = min(_SAMPLES, count // 10) if bounds.schedules else _SAMPLES
        return InTurn(Sampling(_MIXTURE, samples, seed, profile), DeviationSearch(bounds.deviations))
    if strategy == "bounded":
        return DeviationSearch(bounds.deviations)
    if strategy == "exhaustive":
        return DeviationSearch(None, merge=False)
    if strategy == "dpor":
        return DporSearch()
    if strategy == "friendly":
        return Sampling(("friendly",), 0, seed, profile)  # the trial run was it
    if strategy == "pct":
        return Sampling(("pct1", "pct2", "pct3"), count, seed, profile)
    depth = strategy.removeprefix("pct")
    if strategy in ("random", "uniform") or (depth != strategy and depth.isdecimal() and int(depth) > 0):
        return Sampling((strategy,), count, seed, profile)
    raise UserError(
        f"strategy {strategy!r} does not exist: choose one of {', '.join(STRATEGIES)}, or pct1 to pct9"
    )
