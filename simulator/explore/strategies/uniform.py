"""The uniform random walk: whoever has more left to do is more likely to go on (ASPLOS 2025).

Picking uniformly at each point favours orders in which short participants end early. Weighting by what is left
makes all interleavings about equally likely; how much there is, one trial run tells.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from simulator.engine.choice import name_of
from simulator.explore.strategies.profile import DATA, Profile, rare_value


class UniformWalk:
    """Chooses among participants in proportion to the events they have left; equal seeds give equal runs."""

    friendly = False

    def __init__(self, seed: int, profile: Profile) -> None:
        self.seed = seed
        self._random = random.Random(seed)
        self._occasions = profile.occasions
        self._left = dict(profile.events)

    def __repr__(self) -> str:
        return f"UniformWalk({self.seed})"

    def choose(self, kind: str, among: Sequence[object]) -> int:
        """Return an option; one whose events are used up, or that the trial run never saw, counts as one event."""
        if kind in DATA:
            return rare_value(self._random.random(), len(among), self._occasions)
        names = [name_of(option) for option in among]
        left = self._left
        value = self._random.choices(range(len(names)), [max(1, left.get(name, 1)) for name in names])[0]
        left[names[value]] = left.get(names[value], 1) - 1
        return value
