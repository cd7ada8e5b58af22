"""Giving things up while work is pending: what is found, and that the order the vendor asks for is found right."""

from __future__ import annotations

import pytest

import acl_api as acl
from tests.unit.found import checked, notes, polls, serious, tear_down
from tests.unit.hangs import BLOCK, NO_BLOCK, Program, nothing

SOCS = ["Ascend310P", "Ascend910B", "Ascend950"]


@pytest.mark.parametrize("soc", SOCS)
@pytest.mark.parametrize("block", [BLOCK, NO_BLOCK])
def test_the_six_steps_in_their_order_are_right(soc, block):
    def main(program: Program) -> None:
        stop: list[bool] = []
        seen = program.flag("seen")
        reporter = program.thread("reporter", polls(stop))
        stream = program.stream(reporter)
        assert acl.rt.launch_callback(lambda _: seen.set(), None, block, stream) == 0
        assert acl.rt.synchronize_stream(stream) == 0
        seen.wait()
        assert acl.rt.unsubscribe_report(reporter.ident, stream) == 0
        stop.append(True)
        program.host.join(reporter)
        tear_down(stream)

    found = checked(main, soc)
    assert serious(found) == {}
    assert notes(found) == set()


@pytest.mark.parametrize("soc", SOCS)
def test_unsubscribing_under_a_blocking_callback_can_deadlock(soc):
    def main(program: Program) -> None:
        reporter = program.thread("reporter", polls([]))
        stream = program.stream(reporter, "s")
        assert acl.rt.launch_callback(nothing, None, BLOCK, stream) == 0
        assert acl.rt.unsubscribe_report(reporter.ident, stream) == 0

    found = serious(checked(main, soc))["unsubscribe-can-deadlock"]
    assert found.severity == "error"
    assert "stream s" in found.sentence
    assert "'nothing'" in found.sentence
    assert "in main" in found.lines[0]


def test_unsubscribing_before_a_non_blocking_callback_has_run_loses_it():
    def main(program: Program) -> None:
        reporter = program.thread("reporter")
        stream = program.stream(reporter, "s")
        assert acl.rt.launch_callback(nothing, None, NO_BLOCK, stream) == 0
        assert acl.rt.synchronize_stream(stream) == 0
        assert acl.rt.unsubscribe_report(reporter.ident, stream) == 0
        tear_down(stream)

    found = serious(checked(main))
    assert set(found) == {"unsubscribed-too-early"}
    unsubscribed, launched = found["unsubscribed-too-early"].lines
    assert unsubscribed != launched


def test_a_stream_destroyed_under_a_blocking_callback_can_deadlock_even_where_it_did_not():
    def main(program: Program) -> None:
        stop: list[bool] = []
        reporter = program.thread("reporter", polls(stop))
        stream = program.stream(reporter, "s")
        assert acl.rt.launch_callback(nothing, None, BLOCK, stream) == 0
        assert acl.rt.destroy_stream(stream) == 0  # the GIL is not modelled here, so this returns
        stop.append(True)
        program.host.join(reporter)
        tear_down()

    assert set(serious(checked(main))) == {"destroy-can-deadlock"}


def test_the_same_is_found_where_it_did_deadlock():
    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter", polls([])), "s")
        assert acl.rt.launch_callback(nothing, None, BLOCK, stream) == 0
        acl.rt.destroy_stream(stream)

    assert set(serious(checked(main, gil=True))) == {"destroy-can-deadlock"}


@pytest.mark.parametrize("force", [False, True])
def test_a_stream_destroyed_with_tasks_pending(force):
    def main(program: Program) -> None:
        stream = program.stream()
        pointer, _ = acl.rt.malloc(64, 0)
        assert acl.rt.memset_async(pointer, 64, 1, 64, stream) == 0
        destroy = acl.rt.destroy_stream_force if force else acl.rt.destroy_stream
        assert destroy(stream) == 0
        assert acl.rt.free(pointer) == 0
        tear_down()

    assert "destroyed-with-work" in serious(checked(main))


def test_finalize_with_tasks_pending_loses_them():
    def main(program: Program) -> None:
        pointer, _ = acl.rt.malloc(64, 0)
        assert acl.rt.memset_async(pointer, 64, 1, 64, program.stream(name="s")) == 0
        assert acl.finalize() == 0

    found = serious(checked(main))["early-finalize"]
    assert (found.severity, found.rule) == ("error", "g2")
    assert "stream s" in found.sentence


def test_a_device_reset_before_its_callbacks_have_run():
    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter"), "s")
        for _ in range(3):
            assert acl.rt.launch_callback(nothing, None, NO_BLOCK, stream) == 0
        tear_down()

    found = serious(checked(main))
    assert set(found) == {"never-synchronised"}
    assert "and 2 more of stream s" in found["never-synchronised"].sentence


def test_callbacks_that_ran_without_a_sync_are_a_note():
    def main(program: Program) -> None:
        stop: list[bool] = []
        seen = program.flag("seen")
        reporter = program.thread("reporter", polls(stop))
        stream = program.stream(reporter)
        assert acl.rt.launch_callback(lambda _: seen.set(), None, NO_BLOCK, stream) == 0
        seen.wait()
        assert acl.rt.unsubscribe_report(reporter.ident, stream) == 0
        stop.append(True)
        program.host.join(reporter)
        tear_down(stream)

    found = checked(main)
    assert serious(found) == {}
    assert notes(found) == {"not-synchronised"}


def test_a_callback_that_has_set_its_flag_may_be_left_alone_even_before_it_returns():
    def main(program: Program) -> None:
        seen, go = program.flag("seen"), program.flag("go")

        def callback(_data: object) -> None:
            seen.set()
            go.wait()

        stop: list[bool] = []
        reporter = program.thread("reporter", polls(stop))
        stream = program.stream(reporter)
        assert acl.rt.launch_callback(callback, None, NO_BLOCK, stream) == 0
        seen.wait()
        assert acl.rt.unsubscribe_report(reporter.ident, stream) == 0
        go.set()
        stop.append(True)
        program.host.join(reporter)
        tear_down(stream)

    assert serious(checked(main)) == {}


def test_a_program_that_ends_before_its_callbacks_have_run():
    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter"), "s")
        assert acl.rt.launch_callback(nothing, None, NO_BLOCK, stream) == 0

    found = serious(checked(main))
    assert set(found) == {"never-synchronised"}
    assert found["never-synchronised"].sentence.startswith("the program ended before callback 'nothing'")
    assert len(found["never-synchronised"].lines) == 1
