"""Runs a search to its end, without an explorer: what states there are, and how many runs that took."""

from __future__ import annotations

from typing import NamedTuple

from simulator.explore.dfs import DeviationSearch
from simulator.explore.dpor import DporSearch
from simulator.explore.search import Search, run_job
from simulator.explore.subject import Subject


class Covered(NamedTuple):
    """All end states that were seen, the runs it took, and the proof of completeness."""

    ends: set[str]
    runs: int
    proof: str | None


def cover(subject: Subject, search: Search, most: int = 100_000) -> Covered:
    """Run *search* to its end, or for *most* runs."""
    ends, runs = set(), 0
    while runs < most and (jobs := search.batch()):
        for job in jobs:
            result = run_job(subject, job)
            ends.add(result.end_state)
            search.take(job, result)
            runs += 1
    return Covered(ends, runs, search.proof())


def all_three(subject: Subject, most: int = 100_000) -> tuple[Covered, Covered, Covered] | None:
    """Return what DFS, DPOR and the search by deviations that merges make of *subject*; None: too many orders."""
    dfs = cover(subject, DeviationSearch(None, merge=False), most)
    if dfs.proof is None:
        return None
    return dfs, cover(subject, DporSearch()), cover(subject, DeviationSearch(1_000))
