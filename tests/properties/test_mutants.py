"""The property kit bites: every runtime that is wrong on purpose is noticed, and the true one is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import acl_api as acl
from simulator.app.kit.busy import busy_plan
from simulator.app.kit.oracles import ORACLES, Oracle
from simulator.app.kit.programs import SOCS
from simulator.app.kit.world import run
from simulator.app.mutants.catalogue import CATALOGUE, find_mutant, mutant
from simulator.app.mutants.hunt import hunt
from simulator.app.mutants.mutant import Mutant
from simulator.base.errors import UserError
from simulator.base.trace import Trace
from simulator.check.ordering import GUARANTEES, check_ordering
from simulator.engine.choice import Chooser, First, Seeded

ENOUGH = 40


@given(seed=st.integers(0, 1 << 16), soc=st.sampled_from(SOCS))
def test_the_true_runtime_keeps_the_guarantees_in_busy_programs(seed: int, soc: str):
    outcome = run(busy_plan(seed), soc, Seeded(seed))
    assert outcome.errors == {}
    assert [str(violation) for violation in check_ordering(outcome.trace)] == []


@pytest.mark.parametrize("oracle", ORACLES.values(), ids=str)
def test_the_true_runtime_satisfies_every_oracle_in_every_order(oracle: Oracle):
    for soc in ("Ascend310P", "Ascend910", "Ascend910B", "Ascend950"):
        choosers: list[Chooser] = [First()]
        if not oracle.friendly:
            choosers += map(Seeded, range(8))
        assert [oracle.judge(soc, chooser) for chooser in choosers] == [None] * len(choosers)


@pytest.mark.parametrize("wrong", CATALOGUE.values(), ids=str)
def test_every_mutant_is_noticed(wrong: Mutant):
    row = hunt(wrong)
    assert row.killed
    assert row.property in wrong.breaks


def test_there_are_many_mutants_and_each_guarantee_and_oracle_has_some():
    assert len(CATALOGUE) >= ENOUGH
    broken = frozenset[str]().union(*(wrong.breaks for wrong in CATALOGUE.values()))
    # Models of generated programs do not fail: for O11 see below.
    assert frozenset(GUARANTEES) - {"O11"} <= broken
    assert frozenset(ORACLES) - broken == frozenset({"a18b", "a16"})


@pytest.mark.parametrize("name", ["failure-not-returned", "failure-returned-again"])
def test_mistakes_about_failures_break_the_guarantee_about_failures(name: str):
    def trace() -> Trace:
        with acl.Session() as session:
            session.declare_model(acl.ModelSpec("bad", 1_000, fails_with=507015))
            acl.rt.set_device(0)
            model, dataset = acl.mdl.load_from_file("bad.om")[0], acl.mdl.create_dataset()
            acl.mdl.execute_async(model, dataset, dataset, 0)
            acl.rt.synchronize_stream(0)
            acl.rt.synchronize_stream(0)
        assert session.trace is not None
        return session.trace

    assert GUARANTEES["O11"].check(trace()) == ()
    with mutant(name):
        assert GUARANTEES["O11"].check(trace()) != ()


def test_behind_a_mutant_everything_is_as_before():
    def digest() -> str:
        return run(busy_plan(7), "Ascend910B", Seeded(7)).trace.digest()

    before = digest()
    for name in CATALOGUE:
        with mutant(name):
            pass
    assert digest() == before


def test_a_name_that_is_no_mutant_is_refused_with_the_nearest_one():
    with pytest.raises(UserError, match="did you mean lifo-reports"):
        find_mutant("lifo-report")
