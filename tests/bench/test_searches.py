"""How many runs searches need for the same ends, how often PCT hits, and what exploring adds to a run."""

from __future__ import annotations

import random
from collections.abc import Callable
from time import perf_counter
from typing import Final

import pytest

from simulator.engine.choice import First
from simulator.explore import Bounds, FunctionSubject, explore
from simulator.explore.strategies.profile import profile_of
from tests.explore.machines import CallOf, Machine
from tests.explore.searching import all_three
from tests.explore.test_function import launches, with_report_thread
from tests.explore.test_strategies import hit_rate, ladder
from tests.explore.toys import Op, Toy

pytestmark = pytest.mark.bench
_DOES: Final = ("read", "read", "write", "write", "set", "await", "crash")
_RUNS: Final = 200


def sampled_toys(count: int) -> list[Toy]:
    chance = random.Random(4)
    return [
        Toy(tuple(tuple(Op(chance.choice(_DOES), chance.choice("xy")) for _ in range(3)) for _ in range(3)))
        for _ in range(count)
    ]


def machines() -> list[Machine]:
    calls = [CallOf(do, 0) for do in ("block", "no block", "record", "query event", "sync 1ms")]
    return [Machine(((first, second),)) for first in calls for second in calls]


@pytest.mark.parametrize(
    ("what", "make"),
    [
        ("toys of 3 threads x 3 steps", lambda: sampled_toys(60)),
        ("programs of 2 calls, a report thread and the device", machines),
    ],
)
def test_partial_orders_need_fewer_runs(what: str, make: Callable[[], list[Toy | Machine]]):
    dfs = dpor = merged = ends = 0
    for subject in make():
        covered = all_three(subject, 3_000)
        if covered is not None:
            assert covered[0].ends == covered[1].ends == covered[2].ends
            dfs, dpor, merged = (
                total + each.runs for total, each in zip((dfs, dpor, merged), covered, strict=True)
            )
            ends += len(covered[0].ends)
    print(f"\n{what}: {ends} ends; DFS {dfs} runs, deviations that merge {merged}, DPOR {dpor}")
    assert dpor < dfs
    assert merged < dfs


@pytest.mark.timeout(300)
@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_pct_hits_ladders_as_often_as_its_bound_says(depth: int):
    toy = ladder(depth)
    steps = profile_of(toy.run(First(), detail=True)).horizon
    bound, rate = 1 / (2 * steps ** (depth - 1)), hit_rate(toy, f"pct{depth}", 20_000)
    walks = {name: hit_rate(toy, name, 20_000) for name in ("random", "uniform")}
    print(f"\nbug of depth {depth}, {steps} steps: PCT {rate:.4f} (bound {bound:.4f}), {walks}")
    assert rate >= bound


def test_exploring_costs_less_than_the_runs_it_makes():
    """Choosing, cutting the trace into steps, and remembering states, against plain runs."""
    subject = FunctionSubject(with_report_thread(launches(1)))
    bounds = Bounds(deviations=None, schedules=_RUNS)
    explore(subject, strategy="bounded", bounds=bounds, jobs=1)
    began = perf_counter()
    result = explore(subject, strategy="bounded", bounds=bounds, jobs=1)
    explored = (perf_counter() - began) / result.schedules
    began = perf_counter()
    for _ in range(_RUNS):
        subject.run(First(), detail=True)
    plain = (perf_counter() - began) / _RUNS
    print(f"\none schedule: {explored * 1e3:.2f} ms explored, {plain * 1e3:.2f} ms the friendly run alone")
    assert explored < 3 * plain
