"""`explore`: verdicts, what they say, budgets, and any number of processes."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

import pytest

from simulator.base.errors import InternalError, UserError
from simulator.engine.choice import Chooser, Replay
from simulator.explore import Bounds, Progress, Seen, Verdict, explore
from simulator.explore.workers import Workers
from tests.explore.toys import Toy, program

RIGHT = Toy(program(["write x", "set done", "read y"], ["read y", "await done", "read x"]), "right")
LOST_UPDATE = Toy(program(["read x", "write x", "read x"], ["write x", "write x", "write x"]), "fine")
CRASHES = Toy(program(["read a", "crash x", "read b"], ["write b", "write x", "read a"]), "crashes")
HANGS = Toy(program(["read x", "await go"], ["read x", "write x"]), "hangs")
LADDER = Toy(program(["climb 2/4", "climb 4/4"], ["climb 1/4", "climb 3/4"]), "ladder")


def test_a_right_program_holds_and_the_verdict_says_within_what():
    result = explore(RIGHT, strategy="bounded", bounds=Bounds(deviations=9), jobs=1)
    assert result.verdict is Verdict.HOLDS
    assert result.proof == f"no failure in all orders: {result.schedules} runs"
    assert result.failure is None


def test_bounds_are_named_when_orders_are_left_out():
    result = explore(LOST_UPDATE, strategy="bounded", bounds=Bounds(deviations=1), jobs=1)
    assert result.verdict is Verdict.HOLDS
    assert "all orders with at most 1 deviation from the friendly one" in str(result)


def test_partial_order_search_proves_all_orders():
    result = explore(LOST_UPDATE, strategy="dpor", jobs=1)
    assert result.verdict is Verdict.HOLDS
    assert "all orders, up to that of independent steps" in result.proof
    assert explore(RIGHT, strategy="dpor").schedules < explore(RIGHT, strategy="exhaustive").schedules


@pytest.mark.parametrize(
    "strategy", ["portfolio", "bounded", "exhaustive", "dpor", "uniform", "pct", "random"]
)
def test_every_strategy_finds_a_bug_and_the_run_repeats_it(strategy: str):
    result = explore(CRASHES, strategy=strategy, jobs=1)
    assert result.verdict is Verdict.COUNTEREXAMPLE
    assert result.failure is not None
    assert result.failure.signature == ("crash", "crash x")
    assert result.seen is not None
    assert result.seen.trace is not None
    assert CRASHES.run(Replay(result.seen.choices)).failure == result.failure


def test_bounded_search_finds_the_failure_with_the_fewest_deviations():
    result = explore(LADDER, strategy="bounded", bounds=Bounds(deviations=4), jobs=1)
    assert result.seen is not None
    assert result.seen.deviations == 3
    assert explore(LADDER, strategy="bounded", jobs=1).verdict is Verdict.HOLDS


def test_a_deadlock_in_the_friendly_order_needs_one_run():
    result = explore(HANGS)
    assert (result.verdict, result.schedules, result.found_by) == (Verdict.COUNTEREXAMPLE, 1, "friendly")
    assert result.failure is not None
    assert result.failure.kind == "deadlock"


def test_sampling_alone_proves_nothing():
    result = explore(RIGHT, strategy="random", bounds=Bounds(schedules=20), jobs=1)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.proof == "no failure, but the budget of 20 runs was used up"
    friendly = explore(RIGHT, strategy="friendly", jobs=1)
    assert (friendly.schedules, friendly.proof) == (1, "no failure, but one order proves nothing")


@pytest.mark.parametrize("strategy", ["portfolio", "bounded", "exhaustive", "dpor"])
def test_a_budget_is_kept(strategy: str):
    result = explore(LOST_UPDATE, strategy=strategy, bounds=Bounds(schedules=5), jobs=1)
    assert result.schedules == 5
    assert result.verdict is Verdict.INCONCLUSIVE


def test_no_time_is_a_budget_too():
    result = explore(RIGHT, bounds=Bounds(seconds=0), jobs=1)
    assert result.proof == "no failure, but the budget of 0 s was used up after 1 runs"


@pytest.mark.parametrize("toy", [RIGHT, LOST_UPDATE, CRASHES, LADDER])
def test_the_result_does_not_depend_on_the_number_of_processes(toy: Toy, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("simulator.explore.exploring._ALONE_SECONDS", -1.0)
    bounds = Bounds(deviations=4)
    one, three = (explore(toy, bounds=bounds, seed=7, jobs=jobs) for jobs in (1, 3))
    assert (one.verdict, one.proof, one.schedules) == (three.verdict, three.proof, three.schedules)
    assert one.distinct_traces == three.distinct_traces
    assert str(one.coverage) == str(three.coverage)
    assert (one.seen and one.seen.choices) == (three.seen and three.seen.choices)


class Doubtful(Toy):
    """Loses sight of a thread in every run that deviates."""

    def run(self, chooser: Chooser, *, detail: bool = False) -> Seen:
        seen = super().run(chooser, detail=detail)
        return replace(seen, inconclusive="a thread was out of sight") if seen.deviations else seen


@pytest.mark.parametrize("toy", [RIGHT, CRASHES])
def test_one_run_that_cannot_be_judged_makes_the_whole_inconclusive(toy: Toy):
    result = explore(Doubtful(toy.program), strategy="exhaustive", jobs=1)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.proof == "a run was inconclusive: a thread was out of sight"


class Dies(Toy):
    """Ends its process in every run but those of the process that made it."""

    home = os.getpid()

    def run(self, chooser: Chooser, *, detail: bool = False) -> Seen:
        if os.getpid() != self.home:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().run(chooser, detail=detail)


def test_a_worker_that_dies_makes_the_result_inconclusive(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("simulator.explore.exploring._ALONE_SECONDS", -1.0)
    result = explore(Dies(RIGHT.program), jobs=2)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "a worker process died of signal SIGKILL" in result.proof


class Breaks(Toy):
    """Raises what no subject should, once somebody deviates."""

    def run(self, chooser: Chooser, *, detail: bool = False) -> Seen:
        seen = super().run(chooser, detail=detail)
        if seen.deviations:
            raise ZeroDivisionError
        return seen


def test_a_subject_that_raises_is_our_bug_and_comes_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("simulator.explore.exploring._ALONE_SECONDS", -1.0)
    with pytest.raises(InternalError, match="ZeroDivisionError"):
        explore(Breaks(RIGHT.program), strategy="exhaustive", jobs=2)


def test_ctrl_c_ends_the_workers_and_comes_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("simulator.explore.exploring._ALONE_SECONDS", -1.0)
    begun: list[int] = []
    end = Workers.__exit__

    def interrupt(progress: Progress) -> None:
        if progress.schedules > 3:
            raise KeyboardInterrupt

    def ended(self: Workers, *how: object) -> None:
        begun.extend(self.pids)
        end(self, *how)  # type: ignore[arg-type]

    monkeypatch.setattr(Workers, "__exit__", ended)
    with pytest.raises(KeyboardInterrupt):
        explore(LOST_UPDATE, jobs=2, progress=interrupt)
    assert len(begun) == 2
    for pid in begun:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_progress_counts_every_run():
    told: list[Progress] = []
    result = explore(RIGHT, jobs=1, progress=told.append)
    assert [each.schedules for each in told] == list(range(1, result.schedules + 1))
    assert str(Progress(3, 2, 0.5, "dpor")) == "3 runs, 2 different, dpor"


@pytest.mark.parametrize("strategy", ["", "pct0", "pctx", "guess"])
def test_an_unknown_strategy_is_refused(strategy: str):
    with pytest.raises(UserError, match="does not exist: choose one of portfolio"):
        explore(RIGHT, strategy=strategy)


def test_bounds_below_nothing_are_refused():
    with pytest.raises(UserError, match="deviations is -1: a bound is 0 or more"):
        Bounds(deviations=-1)
    with pytest.raises(UserError, match="jobs is 0"):
        explore(RIGHT, jobs=0)


def test_coverage_tells_which_options_were_tried():
    result = explore(RIGHT, strategy="friendly", jobs=1)
    tried, options = result.coverage.values
    assert 0 < tried < options
    full = explore(RIGHT, strategy="exhaustive", jobs=1)
    assert str(
        full.coverage
    ) == f"{full.coverage.points} choice points seen, " + "{} of {} options tried".format(
        *full.coverage.values
    )
    assert full.coverage.values[0] == full.coverage.values[1]
