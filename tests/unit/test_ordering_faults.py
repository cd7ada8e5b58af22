"""The checks excuse what a declared fault has recorded, and nothing besides."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.base.remarks import FaultInjected
from simulator.base.trace import CallbackEnded, CallbackStarted, Record, ReportsTaken
from simulator.check.ordering import check_ordering
from simulator.scenario.interpret import run_scenario
from simulator.scenario.load import parse_scenario

PROGRAM = """\
schema_version: 1
title: blocking callbacks
models: {step: {latency: 1ms}}
callbacks: {post: {takes: 1ms}}
threads:
  main:
    - init
    - set_device: {device: 0}
    - create_stream: {as: s}
    - start_thread: reporter
    - subscribe_report: {thread: reporter, stream: s}
    - repeat: 3
      steps:
        - execute_async: {model: step, stream: s, returns: [0, 507010]}
        - launch_callback: {fn: post, block: true, stream: s, returns: [0, 507010]}
    - synchronize_stream: {stream: s, returns: [0, 507010]}
    - synchronize_stream: {stream: s, returns: [0, 507010]}
  reporter:
    daemon: true
    steps:
      - until: never
        steps: [{process_report: {timeout: 100ms}}]
"""


def records(fault: str) -> list[Record]:
    """Return what a run with *fault* recorded; it keeps the guarantees."""
    trace = run_scenario(parse_scenario(PROGRAM), faults=[fault]).trace
    assert trace is not None
    assert check_ordering(trace) == ()
    return list(trace)


def broken(trace: Sequence[Record]) -> set[str]:
    return {violation.guarantee for violation in check_ordering(trace)}


def test_a_doubled_report_without_a_declared_fault_is_excused_by_nothing():
    trace = records("report.doubled:post#2")
    assert broken([record for record in trace if not isinstance(record, FaultInjected)]) == {"O5", "O9"}


def test_everybody_who_waits_gets_the_code_of_a_lost_device():
    waiter = "  waiter:\n    - set_device: {device: 0}\n    - synchronize_device: {returns: 507010}\n"
    program = PROGRAM.replace(
        "    - synchronize_stream", "    - start_thread: waiter\n    - synchronize_stream", 1
    )
    result = run_scenario(parse_scenario(program + waiter), faults=["device.lost@1.5ms"])
    assert result.passed
    assert result.trace is not None
    without = [record for record in result.trace if not isinstance(record, FaultInjected)]
    assert broken(without) == {"O11"}


def test_a_doubled_report_may_not_run_three_times():
    trace = records("report.doubled:post#2")
    last = max(at for at, record in enumerate(trace) if isinstance(record, CallbackEnded) and record.seq == 6)
    again = [
        record for record in trace if isinstance(record, CallbackStarted | CallbackEnded) and record.seq == 6
    ]
    assert broken([*trace[: last + 1], *again[-2:], *trace[last + 1 :]]) >= {"O5"}


def test_another_report_may_not_run_twice():
    trace = records("report.doubled:post#2")
    moved = [
        record._replace(seq=2)
        if isinstance(record, FaultInjected)
        else record  # it says so of another report
        for record in trace
    ]
    assert broken(moved) >= {"O5", "O9"}


def test_a_doubled_report_that_is_taken_thrice_is_seen():
    trace = records("report.doubled:post#2")
    thrice = [
        record._replace(reports=(*record.reports, record.reports[0]))
        if isinstance(record, ReportsTaken) and len(record.reports) > 1
        else record
        for record in trace
    ]
    assert thrice != trace
    assert "O9" in broken(thrice)
