"""Searches that leave orders out see the same ends as the one that leaves out none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.explore.dfs import DeviationSearch
from simulator.explore.dpor import DporSearch
from simulator.explore.search import result_of
from simulator.explore.subject import Subject
from tests.explore.machines import CallOf, Machine, Plan, plans
from tests.explore.searching import all_three, cover
from tests.explore.toys import Op, Program, Toy, program

_ops = st.builds(
    Op, st.sampled_from(("read", "read", "write", "write", "set", "await", "crash")), st.sampled_from("xy")
)


def toys(threads: int, steps: int) -> st.SearchStrategy[Program]:
    thread = st.lists(_ops, min_size=1, max_size=steps).map(tuple)
    return st.lists(thread, min_size=threads, max_size=threads).map(tuple)


def assert_agreement(subject: Subject, most: int = 100_000) -> None:
    covered = all_three(subject, most)
    if covered is None:
        return
    dfs, dpor, merged = covered
    assert dpor.ends == dfs.ends
    assert merged.ends == dfs.ends
    assert dpor.runs <= dfs.runs
    assert merged.runs <= dfs.runs
    assert (dfs.proof, merged.proof) == ("all orders", "all orders")


@given(toys(2, 3) | toys(3, 2))
@settings(max_examples=80)
def test_three_searches_see_the_same_ends_of_toys(steps: Program):
    assert_agreement(Toy(steps))


@given(plans(1, 2))
@settings(max_examples=6)
def test_three_searches_see_the_same_ends_of_programs_of_calls(plan: Plan):
    assert_agreement(Machine(plan), most=400)


@given(plans(1, 2))
@settings(max_examples=4)
def test_they_do_so_when_time_decides(plan: Plan):
    assert_agreement(Machine(plan, "nominal"), most=400)


@pytest.mark.slow
@given(toys(3, 3) | toys(2, 4) | toys(4, 2))
@settings(max_examples=200)
def test_three_searches_see_the_same_ends_of_larger_toys(steps: Program):
    assert_agreement(Toy(steps))


@pytest.mark.slow
@pytest.mark.timeout(600)
@given(plans(1, 3) | plans(2, 1))
@settings(max_examples=25)
def test_three_searches_see_the_same_ends_of_larger_programs_of_calls(plan: Plan):
    assert_agreement(Machine(plan), most=1_500)


def test_threads_that_share_nothing_need_one_run():
    apart = Toy(program(["write a"] * 3, ["write b"] * 3, ["write c"] * 3))
    assert cover(apart, DporSearch()).runs == 1
    assert cover(apart, DeviationSearch(None, merge=False)).runs == 1680


def test_each_order_of_what_depends_is_run_once():
    together = Toy(program(["write x"] * 2, ["write x"] * 2))
    dfs, dpor = cover(together, DeviationSearch(None, merge=False)), cover(together, DporSearch())
    assert dfs.runs == dpor.runs == 6


def test_no_schedule_is_run_twice():
    toy = Toy(program(["read x", "write x"], ["write x", "read y"]))
    seen, search = [], DeviationSearch(None, merge=False)
    while jobs := search.batch():
        for job in jobs:
            run = toy.run(job.make())
            seen.append(tuple(choice.taken for choice in run.choices))
            search.take(job, result_of(run, job, timed=False))
    assert len(seen) == len(set(seen)) > 1


@given(toys(3, 2), st.integers(0, 3))
@settings(max_examples=40)
def test_bounded_search_sees_every_end_that_so_many_deviations_reach(steps: Program, limit: int):
    toy = Toy(steps)
    merged, plain = (cover(toy, DeviationSearch(limit, merge=merge)) for merge in (True, False))
    assert merged.ends == plain.ends
    assert merged.runs <= plain.runs


@given(plans(2, 2), st.sampled_from(("untimed", "nominal")))
@settings(max_examples=5)
def test_merging_loses_no_end_of_programs_of_calls_within_the_bound(plan: Plan, timing: str):
    machine = Machine(plan, timing)
    merged, plain = (cover(machine, DeviationSearch(1, merge=merge)) for merge in (True, False))
    assert merged.ends == plain.ends


@pytest.mark.slow
@pytest.mark.timeout(600)
@given(plans(2, 2), st.sampled_from(("untimed", "nominal", "0.5..2")))
@settings(max_examples=30)
def test_merging_loses_no_end_within_larger_bounds(plan: Plan, timing: str):
    machine = Machine(plan, timing)
    merged, plain = (cover(machine, DeviationSearch(2, merge=merge), 3_000) for merge in (True, False))
    if plain.proof is not None:
        assert merged.ends == plain.ends


def test_a_timeout_that_an_arrival_forestalls_is_tried():
    """The timer leaves no record when it does not fire: it is known by having been offered."""
    machine = Machine(((CallOf("no block", 0), CallOf("sync 1ms", 0)),))
    dpor, merged = cover(machine, DporSearch()), cover(machine, DeviationSearch(1_000))
    assert dpor.ends == merged.ends
    for code in (0, 507046):
        assert any(f"synchronize_stream_with_timeout={code};" in end for end in dpor.ends)
