"""Searches that try orders at random: they find much quickly, and prove nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from simulator.engine.choice import Chooser, First, Seeded
from simulator.explore.search import Job, Result
from simulator.explore.strategies.pct import Pct
from simulator.explore.strategies.profile import Profile
from simulator.explore.strategies.uniform import UniformWalk

# Makes the chooser of a seed.
Maker = Callable[[int], Callable[[], Chooser]]


class Sampling:
    """Tries *count* orders with the strategies named, in turns: "friendly", "random", "uniform", "pct 1" to "pct 9".

    Equal seeds try the same orders; what a trial run taught is in *profile*.
    """

    def __init__(self, names: Sequence[str], count: int, seed: int, profile: Profile) -> None:
        self._names = names
        self._count = count
        self._seed = seed
        self._profile = profile
        self._made = 0

    def __repr__(self) -> str:
        return f"<sampling by {', '.join(self._names)}: {self._made} of {self._count}>"

    def batch(self) -> Sequence[Job]:
        """Return the next orders to try."""
        first, self._made = self._made, min(self._count, self._made + 128)
        return [self._job(number) for number in range(first, self._made)]

    def take(self, job: Job, result: Result) -> None:
        """Learn nothing: what one run shows has no bearing on the next."""

    def proof(self) -> str | None:
        """Prove nothing."""
        return None

    def _job(self, number: int) -> Job:
        name = self._names[number % len(self._names)]
        # Far apart for different seeds, so that exploring again with the next one tries other orders.
        return Job(name, chooser_maker(name, self._seed * 1_000_003 + number, self._profile))


def chooser_maker(name: str, seed: int, profile: Profile) -> Callable[[], Chooser]:
    """Return what makes the chooser of one run of the strategy *name*; it can be sent to another process."""
    if name == "friendly":
        return First
    if name == "random":
        return partial(Seeded, seed)
    if name == "uniform":
        return partial(UniformWalk, seed, profile)
    return partial(Pct, seed, int(name.removeprefix("pct")), profile)
