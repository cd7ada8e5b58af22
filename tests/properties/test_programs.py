"""Generated programs keep the ordering guarantees on every profile, in every order that a chooser can make."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.app.kit.programs import SOCS, Plan
from simulator.app.kit.strategies import calm_plans, wild_plans
from simulator.app.kit.world import TIMINGS, Outcome, run
from simulator.base.errors import InternalError
from simulator.base.lifecycle import TABLES
from simulator.base.trace import Moved, Trace
from simulator.check.ordering import check_ordering
from simulator.engine.choice import First, Seeded
from simulator.engine.hosts.ends import RunKind

socs = st.sampled_from(SOCS)
seeds = st.integers(0, 1 << 16)
costs = st.sampled_from(("profile", "null"))
timings = st.sampled_from(TIMINGS)


def assert_sound(outcome: Outcome) -> None:
    """Check what holds of every run, however it ended."""
    assert [error for error in outcome.errors.values() if isinstance(error, InternalError)] == []
    assert outcome.errors == {}
    assert [str(violation) for violation in check_ordering(outcome.trace)] == []
    assert_lifecycles(outcome.trace)


def assert_lifecycles(trace: Trace) -> None:
    """Each object moves along its table, from where it was before; a dead one's name may be used again."""
    states: dict[tuple[str, str], str] = {}
    for moved in trace.of(Moved):
        key, table = (moved.kind, moved.name), TABLES[moved.kind]
        before = states.get(key)
        if before is None or not table[before]:
            before = next(iter(table))
        assert before == moved.before, moved
        assert moved.after in table[before].values(), moved
        states[key] = moved.after


def assert_explained(outcome: Outcome) -> None:
    """A run that could not go on names everybody who waits for ever, and says nothing twice."""
    if outcome.end.kind is RunKind.DONE:
        assert outcome.explanation == ()
        return
    assert outcome.stuck is not None
    text = "\n".join(outcome.explanation)
    for thread in outcome.stuck.threads:
        if thread.op is not None and thread.timeout is None and not thread.internal:
            assert thread.name in text, f"{thread.name} is not explained by\n{text}"
    assert outcome.explanation
    assert len(set(outcome.explanation)) == len(outcome.explanation)


def check_calm(plan: Plan, soc: str, seed: int, costs: str, timing: str) -> None:
    outcome = run(plan, soc, Seeded(seed), costs, timing=timing)
    assert outcome.explanation == ()
    assert outcome.end.kind is RunKind.DONE
    assert outcome.ran == outcome.launched
    assert_sound(outcome)


def check_wild(plan: Plan, soc: str, seed: int | None, costs: str, timing: str) -> None:
    outcome = run(plan, soc, First() if seed is None else Seeded(seed), costs, timing=timing)
    assert outcome.end.kind in (RunKind.DONE, RunKind.DEADLOCK, RunKind.STALLED)
    assert_sound(outcome)
    assert_explained(outcome)


@given(plan=calm_plans, soc=socs, seed=seeds, costs=costs, timing=timings)
@settings(max_examples=250)
def test_calm_programs_end_and_run_every_callback_once(
    plan: Plan, soc: str, seed: int, costs: str, timing: str
):
    check_calm(plan, soc, seed, costs, timing)


@given(plan=wild_plans, soc=socs, seed=st.none() | seeds, costs=costs, timing=timings)
@settings(max_examples=300)
def test_wild_programs_keep_the_guarantees_or_are_explained(
    plan: Plan, soc: str, seed: int | None, costs: str, timing: str
):
    check_wild(plan, soc, seed, costs, timing)


@pytest.mark.slow
@given(plan=calm_plans, soc=socs, seed=seeds, costs=costs, timing=timings)
@settings(max_examples=1500)
def test_many_calm_programs(plan: Plan, soc: str, seed: int, costs: str, timing: str):
    check_calm(plan, soc, seed, costs, timing)


@pytest.mark.slow
@given(plan=wild_plans, soc=socs, seed=st.none() | seeds, costs=costs, timing=timings)
@settings(max_examples=3000)
def test_many_wild_programs(plan: Plan, soc: str, seed: int | None, costs: str, timing: str):
    check_wild(plan, soc, seed, costs, timing)
