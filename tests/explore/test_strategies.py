"""Choosers for sampling: the same for a seed, and as likely to hit a bug as their theory says."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.engine.choice import First
from simulator.explore.sampling import chooser_maker
from simulator.explore.strategies.guided import Guided
from simulator.explore.strategies.profile import Profile, profile_of
from tests.explore.toys import Toy, program

STRATEGIES = ("random", "uniform", "pct1", "pct2", "pct3")


def ladder(depth: int, padding: int = 1) -> Toy:
    """Return two threads that must take steps in turns, so often, for the run to crash; thread 1 begins."""
    steps: list[list[str]] = [[], []]
    for step in range(1, depth + 2):
        steps[step % 2] += [f"climb {step}/{depth + 1}", *["read x"] * padding]
    return Toy(program(*steps))


def hit_rate(toy: Toy, strategy: str, runs: int) -> float:
    profile = profile_of(toy.run(First(), detail=True))
    makers = (chooser_maker(strategy, seed, profile) for seed in range(runs))
    return sum(toy.run(make()).failure is not None for make in makers) / runs


def assert_bound(depth: int, runs: int) -> None:
    toy = ladder(depth)
    length = profile_of(toy.run(First(), detail=True)).horizon
    bound = 1 / (2 * length ** (depth - 1))
    assert hit_rate(toy, f"pct{depth}", runs) >= bound


@pytest.mark.parametrize("depth", [1, 2])
def test_pct_hits_a_bug_of_its_depth_as_often_as_its_bound_says(depth: int):
    assert_bound(depth, 400)


@pytest.mark.slow
@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_pct_hits_deeper_bugs_as_often_as_its_bound_says(depth: int):
    assert_bound(depth, 20_000)


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(seed=st.integers(0, 1 << 32))
def test_a_seed_decides_the_same_run_every_time(strategy: str, seed: int):
    toy = ladder(3)
    profile = profile_of(toy.run(First(), detail=True))
    first, second = (toy.run(chooser_maker(strategy, seed, profile)()) for _ in range(2))
    assert first.choices == second.choices


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_seeds_differ(strategy: str):
    toy = ladder(3)
    profile = profile_of(toy.run(First(), detail=True))
    runs = {toy.run(chooser_maker(strategy, seed, profile)()).choices for seed in range(40)}
    assert len(runs) > 1


def test_the_uniform_walk_does_not_favour_orders_in_which_the_short_thread_ends_early():
    toy = Toy(program(["read x"] * 6, ["write x"]))
    profile = Profile(6, (("t0", 6), ("t1", 1)), 0)

    def places(strategy: str) -> Counter[str]:
        runs = (toy.run(chooser_maker(strategy, seed, profile)()) for seed in range(2_000))
        return Counter(run.end_state for run in runs)

    evenly, by_pick = places("uniform"), places("random")
    assert len(evenly) == len(by_pick) == 7
    assert min(evenly.values()) > 2_000 / 7 / 2
    assert min(by_pick.values()) < 2_000 / 7 / 4


def test_faults_happen_about_once_a_run():
    profile = Profile(1, (), 20)
    for strategy in ("uniform", "pct2"):
        counts = []
        for seed in range(200):
            chooser = chooser_maker(strategy, seed, profile)()
            counts.append(sum(chooser.choose("fault", ("none", "lost")) for _ in range(20)))
        assert 0.5 < sum(counts) / 200 < 2


def test_one_that_polls_for_ever_lets_others_go_on():
    for seed in range(20):
        chooser = chooser_maker("pct1", seed, Profile(10, (), 0))()
        taken = {chooser.choose("thread", ("poller", "worker")) for _ in range(1_000)}
        assert taken == {0, 1}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), max_size=4, unique_by=lambda pair: pair[0]))
def test_guided_runs_deviate_where_they_are_told_to(deviations):
    chooser = Guided(deviations)
    wanted = dict(deviations)
    for position in range(10):
        assert chooser.choose("thread", ("a", "b", "c")) == min(wanted.get(position, 0), 2)


def test_guided_runs_pass_over_what_sleeps_after_their_last_deviation():
    chooser = Guided([(1, 1)], avoid={"a"})
    assert [chooser.choose("thread", ("a", "b")) for _ in range(3)] == [0, 1, 1]
    assert chooser.choose("thread", ("a",)) == 0
