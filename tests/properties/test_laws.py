"""Laws that relate two runs: repetition, replay, and what must not depend on time or on strangers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.app.kit.programs import SOCS, Plan
from simulator.app.kit.strategies import steady_plans, steady_plans_elsewhere, wild_plans
from simulator.app.kit.world import TIMINGS, run
from simulator.base.trace import CallbackStarted, TaskRan, Trace
from simulator.check.ordering import check_ordering
from simulator.core.options import RuntimeOptions
from simulator.engine.choice import First, Recorder, Replay, Seeded
from simulator.engine.hosts.ends import RunKind

socs = st.sampled_from(SOCS)
seeds = st.integers(0, 1 << 16)
timings = st.sampled_from(TIMINGS)


class Contrary:
    """Takes the first option for a while, then always the last."""

    friendly = False

    def __init__(self, late: int) -> None:
        self._late = late

    def choose(self, _kind: str, among: Sequence[object]) -> int:
        self._late -= 1
        return 0 if self._late >= 0 else len(among) - 1


@given(plan=wild_plans, soc=socs, seed=seeds)
@settings(max_examples=60)
def test_a_seed_gives_the_same_trace_every_time(plan: Plan, soc: str, seed: int):
    first = run(plan, soc, Seeded(seed))
    assert run(plan, soc, Seeded(seed)).trace.digest() == first.trace.digest()


@given(plan=wild_plans, soc=socs, seed=seeds, timing=timings)
@settings(max_examples=60)
def test_recorded_choices_replay_to_the_same_trace(plan: Plan, soc: str, seed: int, timing: str):
    recorder = Recorder(Seeded(seed))
    digest = run(plan, soc, recorder, timing=timing).trace.digest()
    replay = Replay(recorder.records)
    assert run(plan, soc, replay, timing=timing).trace.digest() == digest
    assert replay.left == 0
    numbers = Replay([record.value for record in recorder.records])
    assert run(plan, soc, numbers, timing=timing).trace.digest() == digest


@given(plan=wild_plans, soc=socs, costs=st.sampled_from(("profile", "null")), timing=timings)
@settings(max_examples=120)
def test_the_friendly_order_is_the_one_in_which_every_answer_is_the_first(
    plan: Plan, soc: str, costs: str, timing: str
):
    """The friendly run takes shortcuts past the choice points; they must lead to the same place."""
    friendly = run(plan, soc, First(), costs, timing=timing)
    assert run(plan, soc, First(), costs, timing=timing).trace.digest() == friendly.trace.digest()
    asked = run(plan, soc, Replay([]), costs, timing=timing)
    assert list(asked.trace) == list(friendly.trace)


@given(plan=wild_plans, soc=socs)
@settings(max_examples=40)
def test_the_friendly_order_is_the_same_whatever_of_time_may_be_chosen(plan: Plan, soc: str):
    """Untimed, nobody waits for engines: then it is compared with a machine on which nobody does."""
    alone = RuntimeOptions(compete=False)
    for timing, options in (("untimed", alone), ("0.5..2", None), ("0.5..2", alone)):
        friendly = run(plan, soc, First(), options=options)
        assert list(run(plan, soc, Replay([]), timing=timing, options=options).trace) == list(friendly.trace)


@given(plan=wild_plans, soc=socs, answers=st.lists(st.integers(0, 3), max_size=30), timing=timings)
@settings(max_examples=60)
def test_any_list_of_answers_is_a_sound_run(plan: Plan, soc: str, answers: list[int], timing: str):
    outcome = run(plan, soc, Replay(answers), timing=timing)
    times = [record.time for record in outcome.trace]
    assert times == sorted(times)
    assert [str(violation) for violation in check_ordering(outcome.trace)] == []


@given(plan=wild_plans, soc=socs, timing=timings, late=st.integers(0, 40))
@settings(max_examples=60)
def test_the_most_contrary_answers_come_to_an_end_too(plan: Plan, soc: str, timing: str, late: int):
    """From some point on always the last option: threads that poll or ask in vain go on for no longer."""
    outcome = run(plan, soc, Contrary(late), timing=timing)
    assert outcome.end.kind in (RunKind.DONE, RunKind.DEADLOCK, RunKind.STALLED)
    assert [str(violation) for violation in check_ordering(outcome.trace)] == []


@given(plan=steady_plans, soc=socs, seed=seeds, costs=st.sampled_from(("profile", "null")), timing=timings)
@settings(max_examples=80)
def test_time_and_order_do_not_change_which_callbacks_run(
    plan: Plan, soc: str, seed: int, costs: str, timing: str
):
    friendly = run(plan, soc, First(), "profile")
    other = run(plan, soc, Seeded(seed), costs, timing=timing)
    assert friendly.end.kind is other.end.kind is RunKind.DONE
    assert other.ran == friendly.ran == friendly.launched


@given(plan=steady_plans, stranger=steady_plans_elsewhere, soc=socs)
@settings(max_examples=80)
def test_a_program_on_another_device_changes_nothing(plan: Plan, stranger: Plan, soc: str):
    alone = run(plan, soc, First())
    together = run(plan, soc, First(), beside=stranger)
    assert together.ran == alone.ran
    expected = _by_stream(alone.trace)
    assert {
        stream: ran for stream, ran in _by_stream(together.trace).items() if stream in expected
    } == expected


@given(plan=steady_plans, soc=socs, seed=seeds, timing=timings)
@settings(max_examples=60)
def test_one_launcher_alone_decides_the_order_of_callbacks_on_each_stream(
    plan: Plan, soc: str, seed: int, timing: str
):
    plan = plan._replace(launchers=plan.launchers[:1])
    other = run(plan, soc, Seeded(seed), timing=timing)
    assert _callbacks(other.trace) == _callbacks(run(plan, soc, First(), "null").trace)


def _by_stream(trace: Trace) -> dict[str, list[tuple[int, int, str]]]:
    """Return what each stream ran and when."""
    ran = defaultdict(list)
    for task in trace.of(TaskRan):
        ran[task.stream].append((task.time, task.seq, task.kind))
    return ran


def _callbacks(trace: Trace) -> dict[str, list[str]]:
    order = defaultdict(list)
    for callback in trace.of(CallbackStarted):
        order[callback.stream].append(callback.name)
    return order
