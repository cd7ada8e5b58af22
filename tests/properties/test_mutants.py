"""The property kit bites: every runtime that is wrong on purpose is caught within a few hundred programs."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from simulator.base.trace import Trace
from simulator.check.ordering import check_ordering
from simulator.engine.choice import Seeded
from tests.properties.mutants import MUTANTS, Mutant
from tests.properties.programs import Plan, busy_plans
from tests.properties.world import run

_HUNT = settings(
    max_examples=300,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def _run(plan: Plan, soc: str) -> Trace:
    # Any seed will do, as long as it is not always the same one.
    return run(plan, soc, Seeded(sum(map(len, plan.launchers)))).trace


@given(plan=busy_plans, soc=st.sampled_from(sorted({mutant.soc for mutant in MUTANTS})))
@settings(max_examples=100)
def test_the_true_runtime_is_not_caught(plan: Plan, soc: str):
    assert check_ordering(_run(plan, soc)) == ()


def test_every_guarantee_about_order_has_its_mutants():
    caught = frozenset[str]().union(*(mutant.caught_by for mutant in MUTANTS))
    assert caught >= {"O1", "O2", "O3", "O4", "O5", "O6", "O7", "O8", "O9", "O10", "O12"}


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_every_mutant_is_caught(mutant: Mutant):
    def caught(plan: Plan) -> bool:
        with pytest.MonkeyPatch.context() as patch:
            mutant.apply(patch)
            trace = _run(plan, mutant.soc)
        return any(violation.guarantee in mutant.caught_by for violation in check_ordering(trace))

    find(busy_plans, caught, settings=_HUNT)
