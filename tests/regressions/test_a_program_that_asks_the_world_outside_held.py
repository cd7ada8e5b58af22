"""A program that picked a stream at random passed in all its runs, and was said to hold in all orders."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count, cycle

import pytest

import acl_api as acl
from simulator.explore import FunctionSubject, Verdict, explore


def picks_a_stream(number: Callable[[], int]) -> Callable[[], None]:
    """Return a program that fills a buffer on one of two streams: which one, *number* says."""

    def program() -> None:
        acl.rt.set_device(0)
        streams = [acl.rt.create_stream()[0] for _ in range(2)]
        buffer, _ = acl.rt.malloc(64, 0)
        acl.rt.memset_async(buffer, 64, 1, 64, streams[number() % 2])
        acl.rt.synchronize_device()

    return program


@pytest.mark.parametrize("strategy", ["portfolio", "bounded", "exhaustive", "dpor"])
@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param(lambda: cycle((0, 1)), id="every-second-run-is-another"),
        pytest.param(lambda: (int(run == 2) for run in count()), id="one-run-is-another"),
    ],
)
def test_a_pass_of_what_a_schedule_does_not_decide_is_inconclusive(strategy, numbers):
    drawn = numbers()
    result = explore(FunctionSubject(picks_a_stream(lambda: next(drawn))), strategy=strategy, jobs=1)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.proof.startswith("a schedule does not decide a run: two runs of the same choices differ")
    assert "random numbers without a seed" in result.proof


@pytest.mark.parametrize("strategy", ["portfolio", "bounded", "exhaustive", "dpor"])
def test_a_program_that_a_schedule_decides_holds(strategy):
    assert explore(FunctionSubject(picks_a_stream(lambda: 0)), strategy=strategy).verdict is Verdict.HOLDS


def test_the_step_that_differs_is_named():
    drawn = cycle((0, 1))
    result = explore(FunctionSubject(picks_a_stream(lambda: next(drawn))), strategy="bounded", jobs=1)
    assert "stream='stream-0.1'" in result.proof
    assert "stream='stream-0.2'" in result.proof
