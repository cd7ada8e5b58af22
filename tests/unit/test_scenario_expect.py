"""Expectations: each holds where it should and says what it saw where it should not."""

from __future__ import annotations

import pytest

from simulator.scenario.interpret import run_scenario
from simulator.scenario.load import parse_scenario
from simulator.scenario.result import Aspect, Status, Verdict

PROGRAM = """\
schema_version: 1
title: two streams, one report thread, an event between them
costs: null
models:
  first: {latency: 1ms}
  second: {latency: 1ms}
callbacks:
  post: {takes: 1ms}
  late: {takes: 1ms}
threads:
  main:
    - init
    - set_device: {device: 0}
    - create_stream: {as: a}
    - create_stream: {as: b}
    - create_event_ex_with_flag: {flag: sync, as: e}
    - start_thread: reporter
    - subscribe_report: {thread: reporter, stream: a}
    - repeat: 3
      steps:
        - execute_async: {model: first, stream: a}
        - launch_callback: {fn: post, block: true, stream: a}
    - record_event: {event: e, stream: a}
    - stream_wait_event: {stream: b, event: e}
    - execute_async: {model: second, stream: b}
    - synchronize_stream: {stream: b}
    - launch_callback: {fn: late, block: false, stream: b, returns: 107015}
    - set_flag: done
    - join_thread: reporter
    - destroy_event: {event: e}
  reporter:
    - until: done
      steps: [{process_report: {timeout: 1ms}}]
expect:
"""


def judge(expectation, program=PROGRAM):
    result = run_scenario(parse_scenario(f"{program}  - {expectation}\n"))
    return next(
        judged for judged in result.expectations if judged.aspect is not Aspect.STEP or judged.name != "ends"
    )


@pytest.mark.parametrize(
    "expectation",
    [
        "callbacks: {fn: post, count: 3, thread: reporter, stream: a}",
        "callbacks: {fn: late, count: 0}",
        "order: [first, post]",
        "order: [execute_async@a, post]",
        "order: [post@a, second@b]",
        "order: [post@reporter, execute_async@b, synchronize_stream]",
        "order: [first, post, record_event, stream_wait_event, second]",
        "codes: {thread: main, op: launch_callback, codes: [0, 0, 0, ACL_ERROR_RT_STREAM_NO_CB_REG]}",
        "state: {thread: reporter, is: ended}",
        "state: {stream: a, is: live}",
        "state: {event: e, is: destroyed}",
        "finishes_within: 20ms",
        "lost: {count: 0}",
        "ends: done",
        "no: [deadlock, stall, inconclusive, lost, finding, misuse, race, leak, raised]",
    ],
)
def test_it_holds(expectation):
    judged = judge(expectation)
    assert judged.status is Status.HELD, judged
    assert judged.sentences[0]


@pytest.mark.parametrize(
    ("expectation", "sentence"),
    [
        ("callbacks: {fn: post, count: 4}", "post ran 3 times, expected 4"),
        ("callbacks: {fn: post, thread: main}", "post ran on reporter, expected only main"),
        (
            "order: [post, first]",
            "post (from 0s to 1ms) was not over when first (at 0s) began (repetition 1 of 3)",
        ),
        (
            "order: [second, post]",
            "second (at 3ms) was not over when post (from 0s to 1ms) began",
        ),
        ("order: [late, post]", "late never happened"),
        (
            "codes: {op: launch_callback, codes: [0, 0]}",
            "launch_callback returned 0, 0, 0, 107015, expected 0, 0",
        ),
        ("codes: {op: finalize, codes: [0]}", "finalize returned nothing: it was not called, expected 0"),
        ("state: {stream: a, is: destroyed}", "stream a is live, expected destroyed"),
        ("state: {thread: reporter, is: blocked}", "thread reporter is ended, expected blocked"),
        ("finishes_within: 1ms", "the run took 4ms, allowed are 1ms"),
        ("finishes_at: 1ms", "the run took 4ms, expected 1ms"),
        ("lost: {count: 1, fn: post}", "0 callbacks never ran, expected 1"),
        (
            "findings: [no-block-reserved]",
            "no finding no-block-reserved; findings: left-to-the-process, not-synchronised",
        ),
        ("ends: stalled", "the run ended done: all threads have ended, expected stalled"),
        ("explains: [who]", "the explanation does not say 'who'"),
    ],
)
def test_it_fails_and_says_what_was_seen(expectation, sentence):
    judged = judge(expectation)
    assert judged.status is Status.FAILED
    assert judged.sentences[0] == sentence
    assert judged.position.line == 35


def test_codes_name_the_first_call_that_differs():
    judged = judge("codes: {op: launch_callback, codes: [0, 107017, 0, 107015]}")
    assert judged.sentences[1].startswith("call 2 returned 0, expected 107017 (ACL_ERROR_RT_INVALID_HANDLE")


def test_repetitions_that_cannot_be_paired_are_said():
    judged = judge("order: [post, execute_async]")
    assert judged.sentences[0].startswith(
        "post happened 3 times and execute_async 4 times: their repetitions"
    )


def test_a_callback_after_every_second_run_is_paired_with_both():
    text = PROGRAM.replace(
        "        - launch_callback: {fn: post",
        "        - execute_async: {model: first, stream: a}\n        - launch_callback: {fn: post",
    )
    assert judge("order: [first, post]", text).status is Status.HELD
    assert judge("order: [post, first]", text).status is Status.FAILED


def test_time_can_be_reported_without_failing():
    judged = judge("finishes_at: 1ms\n    timing: report")
    assert (judged.status, judged.aspect) == (Status.REPORTED, Aspect.TIME)
    assert judged.sentences[0] == "the run took 4ms, expected 1ms"


def test_time_and_order_are_different_aspects():
    assert judge("finishes_within: 20ms").aspect is Aspect.TIME
    assert judge("order: [first, post]").aspect is Aspect.ORDER


def test_lost_callbacks_are_counted_and_told():
    program = PROGRAM.replace("    - set_flag: done\n", "").replace(
        "reporter:\n    - until: done\n      steps: ", "reporter: "
    )
    program = program.replace("block: true", "block: false")
    result = run_scenario(parse_scenario(f"{program}  - lost: {{count: 2}}\n  - no: [lost]\n"))
    held, failed = result.expectations
    assert (held.status, failed.status) == (Status.HELD, Status.FAILED)
    assert "callbacks 'post'" in failed.sentences[0]
    assert len(result.losses) == 2
    assert result.verdict is Verdict.FAILED
