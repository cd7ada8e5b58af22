"""What a trial run teaches: how long a run is, and how much each participant has to do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from simulator.base.trace import Chosen
from simulator.explore.subject import Seen

# Points at which nobody goes ahead of anybody: the question is what happens.
DATA: Final = frozenset(("fault", "duration"))


@dataclass(frozen=True, slots=True)
class Profile:
    """Of one run: how many steps it had (at least 1), how many each participant took, how many faults could be.

    A small value that goes to worker processes with every job.
    """

    horizon: int
    events: tuple[tuple[str, int], ...]
    occasions: int

    def __str__(self) -> str:
        return f"{self.horizon} steps of {len(self.events)} participants"


def profile_of(seen: Seen) -> Profile:
    """Return what a friendly run teaches, which should have been made with detail: else forced steps are missing."""
    if seen.trace is not None and (steps := seen.trace.of(Chosen)):
        told = [(step.kind, step.among[step.value]) for step in steps]
    else:
        told = [(choice.kind, choice.taken or choice.actor) for choice in seen.choices]
    scheduling = [who for kind, who in told if kind not in DATA]
    return Profile(
        max(1, len(scheduling)), tuple(sorted(Counter(scheduling).items())), len(told) - len(scheduling)
    )


def rare_value(roll: float, options: int, occasions: int) -> int:
    """Return which of *options* happens at a point that is no question of order; *roll* is from 0 to 1.

    About one of the occasions of a run comes out otherwise than usual: a fault each time would hide all others.
    """
    share = 1 / (1 + max(occasions, 1))
    return 0 if roll >= share else 1 + int(roll / share * (options - 1))
