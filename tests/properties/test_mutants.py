"""The property kit bites: every runtime that is wrong on purpose is caught within a few hundred programs."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, find, settings

from simulator.check.ordering import check_ordering
from simulator.engine.choice import Seeded
from tests.properties.mutants import MUTANTS, Mutant
from tests.properties.programs import Plan, wild_plans
from tests.properties.world import run

_HUNT = settings(
    max_examples=600,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_every_mutant_is_caught(mutant: Mutant):
    def caught(plan: Plan) -> bool:
        with pytest.MonkeyPatch.context() as patch:
            mutant.apply(patch)
            # Any seed will do, as long as it is not always the same one.
            trace = run(plan, mutant.soc, Seeded(sum(map(len, plan.launchers)))).trace
        return any(violation.guarantee in mutant.caught_by for violation in check_ordering(trace))

    find(wild_plans, caught, settings=_HUNT)
