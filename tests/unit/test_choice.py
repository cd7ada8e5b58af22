"""Choosers: every list of integers is a run, and a recorded run can be repeated."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulator.base.profile import load_profile
from simulator.core.devices import Device
from simulator.core.reports import ReportQueue
from simulator.engine.choice import ChoiceRecord, First, Recorder, Replay, Seeded, name_of
from simulator.engine.hosts.thread import HostThread
from simulator.engine.kernel import Kernel
from simulator.engine.wait import Wait

points = st.lists(st.tuples(st.sampled_from(["tie", "thread"]), st.integers(2, 9)), max_size=40)


def ask(chooser, questions):
    return [chooser.choose(kind, ["somebody", *range(1, options)]) for kind, options in questions]


@given(points)
def test_the_friendly_runtime_always_takes_the_first(questions):
    assert ask(First(), questions) == [0] * len(questions)
    assert First().friendly


@given(st.integers(), points)
def test_equal_seeds_give_equal_answers_within_the_options(seed, questions):
    answers = ask(Seeded(seed), questions)
    assert answers == ask(Seeded(seed), questions)
    assert all(0 <= answer < options for answer, (_, options) in zip(answers, questions, strict=True))


def test_a_seed_gives_the_same_answers_on_every_platform():
    assert ask(Seeded(7), [("thread", 10)] * 8) == [3, 1, 6, 0, 5, 3, 0, 5]


@given(st.integers(), points)
def test_what_was_recorded_is_replayed(seed, questions):
    recorder = Recorder(Seeded(seed))
    answers = ask(recorder, questions)
    assert [record.value for record in recorder.records] == answers
    replay = Replay(recorder.records)
    assert ask(replay, questions) == answers
    assert replay.left == 0


@given(st.lists(st.integers(-3, 20)), points)
def test_any_list_of_integers_is_a_run(numbers, questions):
    answers = ask(Replay(numbers), questions)
    assert all(0 <= answer < options for answer, (_, options) in zip(answers, questions, strict=True))


def test_missing_answers_are_the_default_and_large_ones_are_clamped():
    replay = Replay([9, 1])
    assert ask(replay, [("tie", 3), ("tie", 3), ("tie", 3)]) == [2, 1, 0]


def test_a_kind_that_was_not_recorded_uses_no_answer_up():
    replay = Replay([ChoiceRecord("thread", "main", 3, 2), ChoiceRecord("thread", "main", 3, 1)])
    assert ask(replay, [("tie", 5), ("thread", 3), ("tie", 5), ("thread", 3)]) == [0, 2, 0, 1]


def test_a_recording_names_who_would_have_been_first_and_who_was():
    recorder = Recorder(Replay([1, 0]))
    for _ in range(2):
        recorder.choose("thread", ["reporter", "launcher"])
    assert recorder.records == [
        ChoiceRecord("thread", "reporter", 2, 1, "launcher"),
        ChoiceRecord("thread", "reporter", 2, 0, "reporter"),
    ]


def test_options_are_called_by_names_that_are_the_same_in_every_run():
    waiting = Wait("process_report", timeout=5)
    waiting.thread = thread = HostThread("reporter", 0, daemon=False, internal=False)
    queue = ReportQueue(1, "reporter", Device(0, load_profile("Ascend910B"), Kernel(), None), 0)
    options = (thread, waiting, Wait("sleep"), queue, queue.take, "a loss", object())
    assert [name_of(option) for option in options] == [
        "reporter",
        "timeout of reporter in process_report",
        "timeout of nobody in sleep",
        "report queue of reporter on device 0",
        "report queue of reporter on device 0",
        "a loss",
        "object",
    ]


def test_choosers_say_what_they_are():
    assert [repr(each) for each in (First(), Seeded(3), Replay([1, 2]), Recorder(First()))] == [
        "First()",
        "Seeded(3)",
        "Replay(2 answers, 2 left)",
        "Recorder(First(), 0 records)",
    ]
