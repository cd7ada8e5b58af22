"""Whether equal answers make equal runs, watched over all runs of an exploration.

What a search proves is about the runs that it made: it stands for all orders only as far as a schedule decides a run.
A program that asks the world outside (random numbers without a seed, real time, a set in the order of addresses)
breaks that, and so its pass is no proof. Two signs give it away: after equal answers two runs come to different
questions, or to different ends; and runs that are made again are not what they were.
"""

from __future__ import annotations

from typing import Final

from simulator.engine.choice import Replay
from simulator.explore.determinism import OUTSIDE, different_runs
from simulator.explore.search import Result
from simulator.explore.subject import Subject

# How many runs are made again at the end, the friendly one first; and how often one that is in doubt.
_AGAIN: Final = 5
_DOUBTED: Final = 8
# Points after which it is remembered what came: beyond so many, runs are compared with those known already.
_MOST_POINTS: Final = 200_000


class Steadiness:
    """What has come after which answers. *opaque*: host threads share what no trace shows.

    Of any other subject nearly all is our own work: for it, the runs that are made again are enough.
    """

    def __init__(self, *, opaque: bool) -> None:
        self._opaque = opaque
        self._came: dict[int, int] = {}
        self._first: list[Result] = []
        self._doubted: tuple[int, ...] | None = None

    def __repr__(self) -> str:
        doubt = "" if self._doubted is None else ", in doubt"
        return f"<steadiness: {len(self._came)} points known{doubt}>"

    def add(self, result: Result) -> None:
        """Compare a run with those before it."""
        if result.inconclusive is not None:
            return
        if len(self._first) < _AGAIN:
            self._first.append(result)
        if self._opaque and self._doubted is None and self._differs(result):
            self._doubted = result.values

    def _differs(self, result: Result) -> bool:
        """Tell whether the run came to something else than one before it that had the same answers so far."""
        answered = 0
        for point, options, value in zip(result.points, result.options, result.values, strict=True):
            if self._is_new(answered, hash((point, options))):
                return True
            answered = hash((answered, value))
        return self._is_new(answered, hash(result.fingerprint))

    def _is_new(self, answered: int, came: int) -> bool:
        """Tell whether something else than *came* has come after these answers before; remember it if nothing has."""
        known = self._came.get(answered)
        if known is None and len(self._came) < _MOST_POINTS:
            self._came[answered] = came
        return known is not None and known != came

    def doubt(self, subject: Subject) -> str | None:
        """Make some runs again; return a sentence when equal answers did not make equal runs, else None."""
        if self._doubted is None:
            self._doubted = next(
                (each.values for each in self._first if _came_otherwise(subject, each)), None
            )
        if self._doubted is None:
            return None
        difference = different_runs(subject, self._doubted, _DOUBTED)
        if difference is not None:
            return str(difference)
        return f"two runs of the same choices differed, and did not differ again; likely cause: {OUTSIDE}"


def _came_otherwise(subject: Subject, result: Result) -> bool:
    """Run *result* again; tell whether it was another run."""
    seen = subject.run(Replay(result.values))
    if seen.inconclusive is not None:
        return False  # a busy machine ended it, which says nothing of the program
    values = tuple(choice.value for choice in seen.choices)
    return (values, seen.fingerprint) != (result.values, result.fingerprint)
