"""The performance goals, as ratios inside one run: the quick form of `python -m tests.bench`."""

from __future__ import annotations

import pytest

from tests.bench import figures, workload
from tests.bench.one import measure

pytestmark = pytest.mark.bench
_QUICK = 5


@pytest.fixture(scope="module")
def results():
    return figures.repeats(_QUICK)


@pytest.mark.timeout(300)
def test_all_variants_give_the_same_finish_times(results):
    assert len(figures.answers(results)) == 1


@pytest.mark.timeout(300)
def test_every_goal_holds(results):
    made = figures.figures(results)
    print("\n" + figures.table(made))
    assert [figure.says for figure in made if not figure.holds] == []


@pytest.mark.parametrize("variant", figures.VARIANTS)
def test_the_workload_has_one_answer_at_a_small_size_too(variant):
    assert measure(variant, 8, 160)["answer"] == measure("heap", 8, 160)["answer"]


def test_of_sixteen_tasks_ten_are_kernels_and_four_callbacks():
    kinds = [launch.kind for launch in workload.program(4, 16)]
    counted = [kinds.count(kind) // 4 for kind in range(5)]
    assert counted == [10, 2, 2, 1, 1]
