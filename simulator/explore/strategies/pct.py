"""PCT: random priorities, and a few points at which whoever runs drops behind everybody (ASPLOS 2010).

A bug that needs d things to happen in one order is hit by a run with probability at least 1/(n·k^(d-1)), with n
participants and k choices.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

from simulator.engine.choice import name_of
from simulator.explore.strategies.profile import DATA, Profile, rare_value

# So many times in a row one participant goes ahead of others that could: it polls for what they would do.
_STARVING: Final = 200


class Pct:
    """Lets the option of the highest priority go on; equal seeds give equal runs.

    Participants get a random priority when first seen. At `depth` - 1 random choices of the run, as long as the trial
    run was, the one that would go on drops below all others. One that goes on for ever drops, too: a loop that polls
    would else keep from going whoever it waits for.
    """

    friendly = False

    def __init__(self, seed: int, depth: int, profile: Profile) -> None:
        self.seed = seed
        self.depth = depth
        self._random = random.Random(seed)
        self._occasions = profile.occasions
        self._priorities: dict[str, float] = {}
        horizon = range(profile.horizon)
        count = min(depth - 1, profile.horizon)
        # Where, and how low: a later point does not always drop below an earlier one.
        points = self._random.sample(horizon, count)
        self._drops = {point: float(-at - 1) for at, point in enumerate(points)}
        self._bottom = float(-count - 1)
        self._position = -1
        self._last, self._in_a_row = "", 0

    def __repr__(self) -> str:
        return f"Pct({self.seed}, depth {self.depth})"

    def choose(self, kind: str, among: Sequence[object]) -> int:
        """Return the option of the highest priority."""
        if kind in DATA:
            return rare_value(self._random.random(), len(among), self._occasions)
        self._position += 1
        names = [name_of(option) for option in among]
        first = self._highest(names)
        drop = self._drops.get(self._position)
        if drop is not None:
            self._priorities[first] = drop
            first = self._highest(names)
        if self._starves(first):
            self._bottom -= 1
            self._priorities[first] = self._bottom
            first = self._highest(names)
        return names.index(first)

    def _highest(self, names: Sequence[str]) -> str:
        priorities = self._priorities
        for name in names:
            if name not in priorities:
                priorities[name] = self._random.random()
        return max(names, key=priorities.__getitem__)

    def _starves(self, name: str) -> bool:
        self._in_a_row = self._in_a_row + 1 if name == self._last else 0
        self._last = name
        return self._in_a_row >= _STARVING
