"""Systematic search by deviations: every order that deviates from the friendly one at most so often, each once.

A run with a given list of deviations continues as a friendly runtime would. Each of its later choices is then
branched at: the same list and one deviation more. So each list is run exactly once, those with fewer deviations
first, and the first failure has the fewest.

Runs that meet do not part again: when all that has happened before a choice is, up to the order of what is
independent, what had happened at a choice of an earlier run, and the options are the same, then what follows is
the same too, and that run was branched from there already, with no more deviations than this one (as runs come in
the order of their deviations). Such a branch is left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Final

from simulator.explore.search import Job, Result
from simulator.explore.strategies.guided import Guided

# How many runs may be under way together. Fixed: what is tried, and in which order, must not depend on the machine.
_BATCH: Final = 128
Deviations = tuple[tuple[int, int], ...]


class DeviationSearch:
    """All orders with at most *limit* deviations (None: any number); *merge* leaves out what meets earlier runs.

    Without a limit the newest branches go first, which needs little memory.
    """

    def __init__(self, limit: int | None, *, merge: bool = True) -> None:
        self._limit = limit
        self._merge = merge
        self._waiting: deque[Deviations] = deque([()])
        self._running: deque[Deviations] = deque()
        self._seen: set[int] = set()
        # Whether an order was left out because it would deviate too often.
        self._cut = False
        self._runs = 0

    def __repr__(self) -> str:
        return f"<search by deviations: {self._runs} runs, {len(self._waiting)} waiting>"

    @property
    def level(self) -> int:
        """How many deviations the runs have that are next."""
        return len(self._waiting[0]) if self._waiting else 0

    def batch(self) -> Sequence[Job]:
        """Return the jobs of the next branches."""
        count = min(_BATCH, len(self._waiting))
        take = self._waiting.pop if self._limit is None else self._waiting.popleft
        self._running.extend(take() for _ in range(count))
        return [
            Job(f"deviations {len(deviations)}", partial(Guided, deviations), states=self._asks(deviations))
            for deviations in self._running
        ]

    def _asks(self, deviations: Deviations) -> bool:
        """Tell whether a run's states matter: nearly all runs have as many deviations as may be, and no branches.

        Theirs would only show that what is left out would have been nothing new, until something was.
        """
        return self._merge and not (self._cut and len(deviations) == self._limit)

    def take(self, job: Job, result: Result) -> None:  # noqa: ARG002 - the protocol's signature
        """Branch from the run at each choice after its last deviation."""
        deviations = self._running.popleft()
        self._runs += 1
        start = deviations[-1][0] + 1 if deviations else 0
        states = result.states
        for position in range(start, len(result.options)):
            if states:
                if states[position] in self._seen:
                    return
                self._seen.add(states[position])
            if self._limit is not None and len(deviations) >= self._limit:
                self._cut = True
                return
            self._waiting.extend(
                (*deviations, (position, value)) for value in range(1, result.options[position])
            )

    def proof(self) -> str | None:
        """Say what is covered once nothing is left to be run."""
        if self._waiting or self._running:
            return None
        if self._limit is None or not self._cut:
            return "all orders"
        deviations = "deviation" if self._limit == 1 else "deviations"
        return f"all orders with at most {self._limit} {deviations} from the friendly one"
