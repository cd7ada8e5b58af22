"""A plain Python function, written as users write it, in all orders."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import acl_api as acl
from simulator.base.errors import InternalError
from simulator.engine.choice import First, Seeded
from simulator.explore import Bounds, Exploration, FunctionSubject, Verdict, explore

SMALL = Bounds(deviations=1)


def with_report_thread(body: Callable[[int, list[int]], None]) -> Callable[[], None]:
    """Return a program that serves one stream's callbacks in a thread of its own while *body* runs."""

    def program() -> None:
        done: list[int] = []
        stopping: list[bool] = []
        acl.init()
        acl.rt.set_device(0)
        context, _ = acl.rt.get_context()
        stream, _ = acl.rt.create_stream()

        def report(_argument: object = None) -> None:
            acl.rt.set_context(context)
            while not stopping:
                ret = acl.rt.process_report(100)
                assert ret in (0, 107012, 507012)

        thread, _ = acl.util.start_thread(report, None)
        acl.rt.subscribe_report(thread, stream)
        body(stream, done)
        acl.rt.unsubscribe_report(thread, stream)
        stopping.append(True)
        acl.util.stop_thread(thread)
        acl.rt.destroy_stream(stream)
        acl.rt.reset_device(0)
        acl.finalize()

    return program


def launches(block: int) -> Callable[[int, list[int]], None]:
    """Return a body that expects a callback to have run when the stream is synchronised."""

    def body(stream: int, done: list[int]) -> None:
        acl.rt.launch_callback(done.append, 1, block, stream)
        acl.rt.synchronize_stream(stream)
        assert done == [1]

    return body


def explored(function: Callable[[], object], **options: object) -> Exploration:
    return explore(FunctionSubject(function), bounds=SMALL, jobs=1, **options)  # type: ignore[arg-type]


def test_a_result_that_is_read_although_nobody_waits_for_its_callback_is_found():
    result = explored(with_report_thread(launches(0)), strategy="bounded")
    assert result.verdict is Verdict.COUNTEREXAMPLE
    assert result.failure is not None
    assert result.failure.kind == "error"
    kind, place, thread = result.failure.signature
    assert (kind, thread) == ("AssertionError", "main")
    assert place.startswith("test_function.py:")
    assert result.seen is not None
    assert result.seen.deviations == 1


def test_the_same_program_with_a_blocking_callback_holds():
    result = explored(with_report_thread(launches(1)), strategy="bounded")
    assert result.verdict is Verdict.HOLDS, result.failure
    assert "each timeout at most once" in result.proof


def test_a_deadlock_that_only_one_order_has_is_found_and_told():
    """Each thread waits for the stream whose callback the other one should run."""

    def program() -> None:
        acl.init()
        acl.rt.set_device(0)
        context, _ = acl.rt.get_context()
        stream, _ = acl.rt.create_stream()
        event, _ = acl.rt.create_event()

        def records(_argument: object = None) -> None:
            acl.rt.set_context(context)
            acl.rt.record_event(event, stream)

        thread, _ = acl.util.start_thread(records, None)
        status = 0
        while not status:
            status, _ = acl.rt.query_event_status(event)
            if not status:
                acl.rt.subscribe_report(thread, stream)
                acl.rt.launch_callback(print, 1, 1, stream)
                acl.rt.synchronize_stream(stream)

    result = explored(program)
    assert result.failure is not None
    assert result.failure.kind in ("deadlock", "stalled")
    assert any("main" in part for part in result.failure.signature)
    assert len(result.failure.sentences) > 1


def test_a_callback_that_never_runs_is_a_failure_on_request():
    def program() -> None:
        acl.init()
        acl.rt.set_device(0)
        stream, _ = acl.rt.create_stream()
        thread, _ = acl.util.start_thread(print, None)
        acl.rt.subscribe_report(thread, stream)
        acl.rt.launch_callback(print, 1, 0, stream)
        acl.rt.unsubscribe_report(thread, stream)
        acl.rt.destroy_stream(stream)
        acl.rt.reset_device(0)
        acl.finalize()

    silent = FunctionSubject(program).run(First())
    assert silent.failure is None or silent.failure.kind == "finding"
    seen = FunctionSubject(program, lost=True).run(First())
    assert seen.failure is not None
    assert seen.failure.kind in ("lost", "finding")


def test_what_the_first_thread_of_a_program_raises_in_every_order_is_found_at_once():
    def program() -> None:
        raise ValueError("wrong from the start")

    result = explored(program)
    assert result.schedules == 1
    assert result.failure is not None
    assert result.failure.sentences[0].startswith("thread main ended by ValueError: wrong from the start at ")


def test_our_own_bugs_are_no_counterexamples():
    def program() -> None:
        raise InternalError("an invariant")

    with pytest.raises(InternalError, match="an invariant"):
        explored(program)


def test_runs_are_judged_alike_every_time():
    subject = FunctionSubject(with_report_thread(launches(1)))
    for seed in range(5):
        first, second = (subject.run(Seeded(seed), detail=True) for _ in range(2))
        assert first.trace is not None
        assert second.trace is not None
        assert first.trace.digest() == second.trace.digest()
        assert (first.choices, first.end_state) == (second.choices, second.end_state)


def test_settings_choose_the_machine():
    def program() -> None:
        assert acl.get_soc_name().startswith("Ascend310P")

    assert FunctionSubject(program, settings={"soc": "Ascend310P"}).run(First()).failure is None
