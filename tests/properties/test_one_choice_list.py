"""A run is its list of choices: the same list gives the same trace, whatever the threads are made of."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.app.kit.programs import SOCS, Plan
from simulator.app.kit.strategies import calm_plans, wild_plans
from simulator.app.kit.world import TIMINGS, run
from simulator.engine.choice import First, Recorder, Replay, Seeded

socs = st.sampled_from(SOCS)
seeds = st.none() | st.integers(0, 1 << 16)
timings = st.sampled_from(TIMINGS)


def check_hosts_agree(plan: Plan, soc: str, seed: int | None, timing: str) -> None:
    """Record a run on greenlets; repeat it there and on OS threads."""
    recorder = Recorder(First() if seed is None else Seeded(seed))
    recorded = run(plan, soc, recorder, timing=timing)
    for host in ("greenlets", "baton"):
        again = Recorder(Replay(recorder.records))
        outcome = run(plan, soc, again, host=host, timing=timing)
        assert again.records == recorder.records
        assert outcome.trace.records == recorded.trace.records
        assert outcome.trace.digest() == recorded.trace.digest()
        assert (outcome.end, outcome.ran, outcome.launched) == (recorded.end, recorded.ran, recorded.launched)
        assert {name: repr(error) for name, error in outcome.errors.items()} == {
            name: repr(error) for name, error in recorded.errors.items()
        }


@given(plan=calm_plans, soc=socs, seed=seeds, timing=timings)
@settings(max_examples=60)
def test_calm_programs_run_alike_on_greenlets_and_under_the_baton(
    plan: Plan, soc: str, seed: int | None, timing: str
):
    check_hosts_agree(plan, soc, seed, timing)


@given(plan=wild_plans, soc=socs, seed=seeds, timing=timings)
@settings(max_examples=60)
def test_wild_programs_run_alike_on_greenlets_and_under_the_baton(
    plan: Plan, soc: str, seed: int | None, timing: str
):
    check_hosts_agree(plan, soc, seed, timing)


@given(plan=wild_plans, soc=socs, timing=timings)
@settings(max_examples=20)
def test_the_friendly_order_is_one_order(plan: Plan, soc: str, timing: str):
    """Also on the paths on which nobody is asked."""
    greenlets, baton = (run(plan, soc, First(), host=host, timing=timing) for host in ("greenlets", "baton"))
    assert greenlets.trace.records == baton.trace.records
    assert greenlets.end == baton.end


@pytest.mark.slow
@given(plan=calm_plans | wild_plans, soc=socs, seed=seeds, timing=timings)
@settings(max_examples=600)
def test_many_programs_run_alike_on_greenlets_and_under_the_baton(
    plan: Plan, soc: str, seed: int | None, timing: str
):
    check_hosts_agree(plan, soc, seed, timing)
