"""Whatever is declared to go wrong, generated programs keep the guarantees, but for what the fault itself breaks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.app.kit.faults import fault_plans
from simulator.app.kit.programs import SOCS, Plan
from simulator.app.kit.strategies import calm_plans, wild_plans
from simulator.app.kit.world import TIMINGS, Outcome, run
from simulator.base.remarks import FaultInjected
from simulator.base.trace import ReportLost, TaskDropped
from simulator.check.ordering import check_ordering
from simulator.core.faults import DeclaredFault
from simulator.core.faults.runtime import ReporterDied
from simulator.engine.choice import First, Recorder, Replay, Seeded

Faults = tuple[DeclaredFault, ...]
SOC = "Ascend910B"

plans = fault_plans()
socs = st.sampled_from(SOCS)
seeds = st.none() | st.integers(0, 1 << 16)
timings = st.sampled_from(TIMINGS)


def check(plan: Plan, faults: Faults, soc: str, seed: int | None, timing: str) -> None:
    chooser = First() if seed is None else Seeded(seed)
    outcome: Outcome = run(plan, soc, chooser, timing=timing, faults=faults)
    assert [error for error in outcome.errors.values() if not isinstance(error, ReporterDied)] == []
    assert [str(violation) for violation in check_ordering(outcome.trace)] == []
    assert all(lost.reason for lost in outcome.trace.of(ReportLost))
    assert all(dropped.reason for dropped in outcome.trace.of(TaskDropped))


@given(plan=calm_plans, faults=plans, soc=socs, seed=seeds, timing=timings)
@settings(max_examples=100)
def test_calm_programs_keep_the_guarantees(
    plan: Plan, faults: Faults, soc: str, seed: int | None, timing: str
):
    check(plan, faults, soc, seed, timing)


@given(plan=wild_plans, faults=plans, soc=socs, seed=seeds, timing=timings)
@settings(max_examples=100)
def test_wild_programs_keep_the_guarantees(
    plan: Plan, faults: Faults, soc: str, seed: int | None, timing: str
):
    check(plan, faults, soc, seed, timing)


@pytest.mark.slow
@given(plan=calm_plans | wild_plans, faults=plans, soc=socs, seed=seeds, timing=timings)
@settings(max_examples=2000)
def test_many_programs_keep_the_guarantees(
    plan: Plan, faults: Faults, soc: str, seed: int | None, timing: str
):
    check(plan, faults, soc, seed, timing)


@given(plan=calm_plans, faults=plans, seed=st.integers(0, 1 << 16), timing=timings)
@settings(max_examples=40)
def test_a_run_with_faults_is_replayed_from_its_choices(plan: Plan, faults: Faults, seed: int, timing: str):
    recorder = Recorder(Seeded(seed))
    first = run(plan, SOC, recorder, timing=timing, faults=faults)
    again = run(plan, SOC, Replay(recorder.records), timing=timing, faults=faults)
    assert first.trace.digest() == again.trace.digest()


@given(plan=calm_plans, faults=plans)
@settings(max_examples=40)
def test_faults_that_only_may_happen_leave_the_friendly_run_as_it_is(plan: Plan, faults: Faults):
    # The instant at which a timed one might happen is an event all the same: loops that only ask see it go by.
    optional = tuple(each for each in faults if each.maybe and each.at is None)
    assert run(plan, SOC, First(), faults=optional).trace.digest() == run(plan, SOC, First()).trace.digest()


@given(faults=fault_plans(most=1).filter(lambda faults: not faults[0].maybe), plan=calm_plans)
@settings(max_examples=40)
def test_a_fault_that_changes_a_run_has_left_a_record(faults: Faults, plan: Plan):
    faulty = run(plan, SOC, First(), faults=faults).trace
    if faulty.digest() != run(plan, SOC, First()).trace.digest():
        assert {each.fault for each in faulty.of(FaultInjected)} == {faults[0].spec}
