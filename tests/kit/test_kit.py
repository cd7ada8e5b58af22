"""The kit through its public door: programs, schedules and faults drawn, judged, shrunk and replayed."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

import simulator.testing
from acl_api.session import Session
from simulator.app.kit.busy import busy_plan
from simulator.core.faults import DeclaredFault
from simulator.engine.choice import Chooser, First, Replay, Seeded
from simulator.testing import (
    GUARANTEES,
    AclMachine,
    Plan,
    assert_ordered,
    check_program,
    fault_plans,
    mutant,
    programs,
    run_program,
    schedule_of,
    schedules,
)

FEW = settings(max_examples=25, stateful_step_count=15)
# Enough to see that something is found; making it small is hypothesis' own affair. One example in 40 finds the rarer
# of the two mutants, so that one search in 100,000 would miss it.
FINDING = settings(max_examples=500, stateful_step_count=15, phases=[Phase.generate])


@given(plan=programs(), schedule=schedules())
@settings(max_examples=40)
def test_calm_programs_pass_in_every_schedule(plan: Plan, schedule: Chooser):
    check_program(plan, schedule=schedule)


@given(
    plan=programs(hanging=True),
    schedule=schedules(),
    faults=fault_plans(),
    soc=st.sampled_from(["Ascend910", "Ascend950"]),
)
@settings(max_examples=40)
def test_programs_that_may_hang_keep_the_guarantees_with_faults(
    plan: Plan, schedule: Chooser, faults: tuple[DeclaredFault, ...], soc: str
):
    check_program(plan, soc, schedule, hanging=True, faults=faults)


def test_schedules_shrink_to_the_friendly_order():
    smallest = find(schedules(), lambda _: True)
    assert isinstance(smallest, Replay)
    assert smallest.left == 0


@given(faults=fault_plans())
@settings(max_examples=60)
def test_fault_plans_are_plans_of_a_session(faults: tuple[DeclaredFault, ...]):
    assert faults
    with Session(faults=faults):
        pass


def test_a_program_that_goes_wrong_is_told_with_a_token_that_repeats_it():
    plan, schedule = busy_plan(3), Seeded(3)
    check_program(plan, "Ascend910", schedule)
    with mutant("callbacks-run-twice"):
        with pytest.raises(AssertionError, match="guarantee: O") as raised:
            check_program(plan, "Ascend910", schedule)
        text = str(raised.value)
        assert "the friendly order" in text
        found = re.search(r"token: (\S+)", text)
        assert found is not None
        with pytest.raises(AssertionError, match="guarantee: O"):
            check_program(plan, "Ascend910", schedule_of(found[1]))


def test_under_hypothesis_only_the_smallest_failure_is_shrunk_and_explained():
    told: list[str] = []

    @given(seed=st.integers(0, 9))
    @settings(max_examples=20, database=None)
    def wrong(seed: int):
        try:
            check_program(busy_plan(seed), "Ascend910", Seeded(seed))
        except AssertionError as error:
            told.append(str(error))
            raise

    with mutant("callbacks-run-twice"), pytest.raises(AssertionError, match="token: acl1"):
        wrong()
    assert len(told) > 1
    assert ["token" in text for text in told[:-1]].count(True) == 0


def test_a_guarantee_is_an_assertion():
    trace = run_program(busy_plan(0), "Ascend910", First()).trace
    assert_ordered(trace)
    with mutant("lifo-reports"):
        traces = [run_program(busy_plan(seed), "Ascend910", First()).trace for seed in range(10)]
    wrong = next(trace for trace in traces if GUARANTEES["O9"].check(trace))
    with pytest.raises(AssertionError, match="O9: "):
        assert_ordered(wrong)


def test_the_state_machine_finds_nothing_wrong_with_the_true_runtime():
    run_state_machine_as_test(AclMachine, settings=FEW)


@pytest.mark.parametrize("name", ["callbacks-run-twice", "sync-returns-early"])
def test_the_state_machine_finds_a_mutant(name: str):
    with mutant(name), pytest.raises(AssertionError):
        run_state_machine_as_test(AclMachine, settings=FINDING)


def test_subclasses_of_the_state_machine_choose_the_machine():
    class OnA950(AclMachine):
        profile = "Ascend950"

        def teardown(self):
            seen.append("" if self.session is None else self.session.profile.key)
            super().teardown()

    seen: list[str] = []
    run_state_machine_as_test(OnA950, settings=settings(FEW, max_examples=3))
    assert set(seen) == {"Ascend950"}


def test_every_name_of_the_door_opens():
    assert all(getattr(simulator.testing, name) is not None for name in simulator.testing.__all__)
    assert set(dir(simulator.testing)) == set(simulator.testing.__all__)
    with pytest.raises(AttributeError, match="no attribute 'program'"):
        simulator.testing.program  # noqa: B018 - looking is the test


def test_the_door_and_the_plugin_import_nothing_that_is_heavy():
    heavy = (
        "hypothesis",
        "numpy",
        "simpy",
        "pydantic",
        "acl_api.session",
        "simulator.engine",
        "simulator.core",
    )
    program = f"""
import sys, simulator.testing, simulator.app.kit.plugin
print([name for name in {heavy!r} if name in sys.modules])
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_without_hypothesis_its_names_say_what_to_install():
    program = """
import sys
sys.modules["hypothesis"] = None
import simulator.testing
simulator.testing.GUARANTEES
try:
    simulator.testing.programs
except ImportError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "simulator.testing.programs needs hypothesis: pip install 'aclsim[test]'"
