"""The hunt: how many runs the kit needs to notice each mutant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from time import perf_counter
from typing import Final

from simulator.app.kit.busy import busy_plan
from simulator.app.kit.oracles import ORACLES, Oracle
from simulator.app.kit.world import run
from simulator.app.mutants.catalogue import mutant
from simulator.app.mutants.mutant import Mutant
from simulator.base.errors import InternalError
from simulator.check.ordering import GUARANTEES, check_ordering
from simulator.engine.choice import First, Seeded

MOST_SCHEDULES: Final = 200
# Takes the number of a schedule; returns the property that it breaks.
Trial = Callable[[int], str | None]


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one mutant: which property noticed it, after how many runs; "" and all of them when none did."""

    name: str
    mistake: str
    property: str
    schedules: int
    seconds: float
    killed: bool


def hunt(hunted: Mutant, most: int = MOST_SCHEDULES) -> Row:
    """Run the kit against a mutant until one of the properties that it breaks notices, *most* runs at most."""
    began = perf_counter()
    with mutant(hunted.name):
        for number, trial in zip(range(most), cycle(list(_trials(hunted))), strict=False):
            broken = trial(number)
            if broken is not None:
                took = perf_counter() - began
                return Row(hunted.name, hunted.mistake, broken, number + 1, took, killed=True)
    return Row(hunted.name, hunted.mistake, "", most, perf_counter() - began, killed=False)


def _trials(hunted: Mutant) -> Iterator[Trial]:
    ordering = frozenset(name for name in hunted.breaks if name in GUARANTEES)
    if ordering:
        yield lambda number: _program(hunted.soc, ordering, number)
    for rule in hunted.breaks:
        if rule in ORACLES:
            yield _asking(ORACLES[rule], hunted.soc)
        elif rule not in GUARANTEES:
            raise InternalError(
                f"mutant {hunted} breaks {rule}, which is neither a guarantee nor an oracle's rule"
            )


def _program(soc: str, ordering: frozenset[str], number: int) -> str | None:
    """Run a generated program in an order of its own, and return which guarantee its trace breaks."""
    outcome = run(busy_plan(number), soc, Seeded(number))
    for error in outcome.errors.values():  # of the mutant itself: it is wrong in another way than it should
        raise error
    return next(
        (each.guarantee for each in check_ordering(outcome.trace) if each.guarantee in ordering), None
    )


def _asking(oracle: Oracle, soc: str) -> Trial:
    def trial(number: int) -> str | None:
        chooser = First() if number == 0 or oracle.friendly else Seeded(number)
        return oracle.rule if oracle.judge(soc, chooser) else None

    return trial
