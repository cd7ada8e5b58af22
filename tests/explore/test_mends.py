"""A failing run beside the friendly one: what came otherwise is told with the line that would have kept the order."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import acl_api as acl
from simulator.explore import Bounds, FunctionSubject, explore
from simulator.explore.mends import mends
from simulator.explore.report import Counterexample, examine

NO_BLOCK, BLOCK = 0, 1
HERE = Path(__file__).name


def set_up(streams: int, reporters: int = 1) -> list[int]:
    """Make so many streams, served by so many report threads in turn."""
    acl.rt.set_device(0)
    made = [acl.rt.create_stream()[0] for _ in range(streams)]

    def serve(_arguments: object) -> None:
        while acl.rt.process_report(-1) == 0:
            pass

    threads = [acl.util.start_thread(serve, [])[0] for _ in range(reporters)]
    for number, stream in enumerate(made):
        acl.rt.subscribe_report(threads[number % reporters], stream)
    return made


def counterexample(function: Callable[[], object], **settings: object) -> Counterexample:
    subject = FunctionSubject(function, settings=settings)
    result = explore(subject, strategy="bounded", jobs=1)
    assert result.seen is not None, result
    return examine(subject, result.seen)


def line_of(function: Callable[..., object], text: str) -> str:
    """Return the place of the line of *function* with *text*, as findings tell it."""
    first = function.__code__.co_firstlineno
    lines = Path(__file__).read_text("utf-8").splitlines()[first - 1 :]
    return f"{HERE}:{first + next(at for at, line in enumerate(lines) if text in line)}"


def reads_after_a_sync() -> None:
    (stream,) = set_up(1)
    results: list[str] = []
    acl.rt.launch_callback(results.append, "cat", NO_BLOCK, stream)
    acl.rt.synchronize_stream(stream)
    assert results == ["cat"]


def counts_on_the_order_of_streams() -> None:
    one, other = set_up(2, reporters=2)
    results: list[str] = []
    event, _ = acl.rt.create_event_ex_with_flag(1)
    acl.rt.launch_callback(results.append, "first", NO_BLOCK, one)
    acl.rt.record_event(event, one)
    acl.rt.stream_wait_event(other, event)
    acl.rt.launch_callback(results.append, "second", BLOCK, other)
    acl.rt.synchronize_stream(other)
    assert results[0] == "first"


def counts_on_a_subscription() -> None:
    acl.rt.set_device(0)
    stream, _ = acl.rt.create_stream()

    def serve(_arguments: object) -> None:
        acl.rt.set_device(0)
        acl.rt.subscribe_report(reporter, stream)
        while acl.rt.process_report(-1) == 0:
            pass

    reporter, _ = acl.util.start_thread(serve, [])
    acl.rt.synchronize_stream(stream)
    assert acl.rt.launch_callback(print, None, BLOCK, stream) == 0


def test_a_callback_that_no_sync_waits_for_is_told_with_both_places():
    found = counterexample(reads_after_a_sync)
    (mend,) = found.mends
    launch, sync = (line_of(reads_after_a_sync, text) for text in ("launch_callback", "synchronize_stream"))
    assert f"launched at {launch} in reads_after_a_sync with block 0, had not run when main went on" in mend
    assert f"behind synchronize_stream at {sync}" in mend
    assert "rule a18" in mend
    assert f"otherwise than in the friendly order: {mend}" in list(found.lines())


def test_callbacks_of_two_streams_that_changed_places_are_told_with_record_and_wait():
    found = counterexample(counts_on_the_order_of_streams)
    first, second = (line_of(counts_on_the_order_of_streams, text) for text in ('"first"', '"second"'))
    assert any(
        "launch the latter with block 1" in mend and first in mend and second in mend and "rule a20" in mend
        for mend in found.mends
    ), found.mends


def test_a_refused_call_is_told_with_the_call_it_came_before():
    found = counterexample(counts_on_a_subscription)
    (mend,) = found.mends
    launch = line_of(counts_on_a_subscription, "launch_callback")
    subscribe = line_of(counts_on_a_subscription, "acl.rt.subscribe_report")
    assert "had not called subscribe_report" in mend
    assert "which returned 107015" in mend
    assert re.search(rf"let main wait at {launch} .* until .* has come past {subscribe}", mend)


def test_a_failure_that_a_fault_made_gets_no_such_advice():
    def needs_memory() -> None:
        acl.rt.set_device(0)
        assert acl.rt.malloc(64, 0)[1] == 0

    found = counterexample(needs_memory, faults=["call:malloc#1?"])
    assert found.failure.kind == "error"
    assert [each.kind for each in found.deviations] == ["fault"]
    assert found.mends == ()


def test_equal_runs_give_nothing_to_tell():
    subject = FunctionSubject(reads_after_a_sync)
    result = explore(subject, strategy="friendly", bounds=Bounds(schedules=1), jobs=1)
    assert result.failure is None
    found = counterexample(reads_after_a_sync)
    assert mends(found.seen.trace, found.seen.trace) == ()
    assert mends(None, found.seen.trace) == ()


def test_a_hang_tells_its_mend_itself():
    def waits_for_itself() -> None:
        (stream,) = set_up(1)
        acl.rt.launch_callback(lambda _: acl.rt.synchronize_stream(stream), None, BLOCK, stream)
        acl.rt.synchronize_stream(stream)

    found = counterexample(waits_for_itself)
    assert found.failure.kind == "deadlock"
    assert found.mends == ()
