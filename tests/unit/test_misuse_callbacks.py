"""What callbacks do that they had better not, streams of two families, and events nobody records."""

from __future__ import annotations

import pytest

import acl_api as acl
from acl_api import c
from simulator.check.finding import Finding
from tests.unit.found import checked, notes, polls, serious, tear_down
from tests.unit.hangs import BLOCK, NO_BLOCK, Program, nothing


def with_callback(callback, block: int = BLOCK, *, more: int = 0) -> tuple[Finding, ...]:
    """Launch *callback*, which gets the stream, and *more* blocking ones behind it on stream t of the same thread."""

    def main(program: Program) -> None:
        stop: list[bool] = []

        def loop() -> None:
            acl.rt.set_device(0)
            polls(stop)()

        reporter = program.thread("reporter", loop)
        stream, other = program.stream(reporter, "s"), program.stream(reporter, "t")
        assert acl.rt.launch_callback(lambda _: callback(stream, other), None, block, stream) == 0
        for _ in range(more):
            assert acl.rt.launch_callback(nothing, None, BLOCK, other) == 0
        assert acl.rt.synchronize_stream(stream) == 0
        assert acl.rt.synchronize_stream(other) == 0
        stop.append(True)
        program.host.join(reporter)
        assert acl.rt.destroy_stream(other) == 0
        tear_down(stream)

    return checked(main)


def test_a_blocking_callback_that_syncs_its_own_stream():
    def selfish(stream: int, _other: int) -> None:
        acl.rt.synchronize_stream(stream)

    found = serious(with_callback(selfish))
    assert set(found) == {"callback-waits-for-itself"}
    assert "stream s goes on only when" in found["callback-waits-for-itself"].sentence


def test_a_callback_that_syncs_a_stream_whose_callback_needs_its_own_thread():
    def waits(_stream: int, other: int) -> None:
        acl.rt.synchronize_stream(other)

    found = serious(with_callback(waits, NO_BLOCK, more=1))
    assert set(found) == {"callback-waits-for-itself"}
    assert "callback 'nothing', which must run on reporter too" in found["callback-waits-for-itself"].sentence


def test_a_sync_inside_a_callback_that_cannot_deadlock_is_a_note():
    def harmless(_stream: int, other: int) -> None:
        assert acl.rt.synchronize_stream(other) == 0

    found = with_callback(harmless)
    assert serious(found) == {}
    assert "forbidden-in-callback" in notes(found)


@pytest.mark.parametrize("op", ["malloc_host", "free_host", "memset_async"])
def test_calls_that_the_page_forbids_are_notes_with_their_line(op):
    def forbidden(stream: int, _other: int) -> None:
        pointer, code = acl.rt.malloc_host(64)
        assert code == 0
        assert acl.rt.memset_async(pointer, 64, 0, 64, stream) == 0
        assert acl.rt.synchronize_stream(_other) == 0
        assert acl.rt.free_host(pointer) == 0

    found = [each for each in with_callback(forbidden, NO_BLOCK) if f"calls {op}:" in each.sentence]
    assert [(each.id, each.severity) for each in found] == [("forbidden-in-callback", "note")]
    assert found[0].lines[0].endswith("in forbidden")


def test_both_families_on_one_stream():
    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter"), "s")
        assert c.aclrtLaunchHostFunc(stream, nothing, None) == 107011
        assert acl.rt.unsubscribe_report(program.host.threads[1].ident, stream) == 0
        tear_down(stream)

    found = serious(checked(main))
    assert set(found) == {"mixed-callback-families"}
    assert found["mixed-callback-families"].severity == "error"


def test_one_family_after_the_other_is_right():
    def main(program: Program) -> None:
        reporter = program.thread("reporter")
        stream = program.stream(reporter)
        assert acl.rt.unsubscribe_report(reporter.ident, stream) == 0
        assert c.aclrtLaunchHostFunc(stream, nothing, None) == 0
        assert acl.rt.synchronize_stream(stream) == 0
        tear_down(stream)

    assert serious(checked(main)) == {}


def new_event() -> int:
    event, code = acl.rt.create_event_ex_with_flag(1)
    assert code == 0
    return event


@pytest.mark.parametrize("recorded", [False, True])
def test_a_wait_before_the_record_is_empty(recorded):
    def main(program: Program) -> None:
        first, second = program.stream(name="a"), program.stream(name="b")
        event = new_event()
        assert acl.rt.stream_wait_event(second, event) == 0
        if recorded:
            assert acl.rt.record_event(event, first) == 0
        assert acl.rt.synchronize_device() == 0
        assert acl.rt.destroy_event(event) == 0
        assert acl.rt.destroy_stream(first) == 0
        tear_down(second)

    found = serious(checked(main))
    assert set(found) == {"wait-before-record"}
    assert "stream b was to wait for event event" in found["wait-before-record"].sentence
    assert len(found["wait-before-record"].lines) == 1 + recorded


def test_the_empty_wait_of_a_loops_first_round_is_a_note():
    def main(program: Program) -> None:
        first, second = program.stream(), program.stream()
        event = new_event()
        for _ in range(3):
            assert acl.rt.stream_wait_event(second, event) == 0
            assert acl.rt.record_event(event, first) == 0
        assert acl.rt.synchronize_device() == 0
        assert acl.rt.destroy_event(event) == 0
        assert acl.rt.destroy_stream(first) == 0
        tear_down(second)

    found = checked(main)
    assert serious(found) == {}
    assert notes(found) == {"first-wait-empty"}


def test_an_event_destroyed_under_a_wait_that_nobody_can_end():
    def main(program: Program) -> None:
        event, _ = acl.rt.create_event_with_flag(1)
        assert acl.rt.stream_wait_event(program.stream(name="s"), event) == 0
        assert acl.rt.destroy_event(event) == 0

    found = serious(checked(main))
    assert set(found) == {"event-destroyed-in-use"}
    assert "stream s waits" in found["event-destroyed-in-use"].sentence


def test_an_event_destroyed_while_its_record_is_queued_is_right():
    def main(program: Program) -> None:
        event, _ = acl.rt.create_event_with_flag(1)
        first, second = program.stream(), program.stream()
        assert acl.rt.stream_wait_event(second, event) == 0
        assert acl.rt.record_event(event, first) == 0
        assert acl.rt.destroy_event(event) == 0
        assert acl.rt.synchronize_device() == 0
        assert acl.rt.destroy_stream(first) == 0
        tear_down(second)

    assert serious(checked(main)) == {}
