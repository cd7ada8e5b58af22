"""What a program never releases is found when it has finalised, with the line that made it."""

from __future__ import annotations

import pytest

import acl_api as acl
from tests.unit.found import checked, notes, serious, tear_down
from tests.unit.hangs import Program

EX_SYNC = 1


def make_event() -> object:
    return acl.rt.create_event_ex_with_flag(EX_SYNC)


def make_context() -> object:
    return acl.rt.create_context(0)


def make_pinned() -> object:
    return acl.rt.malloc_host(4096)


def make_device_memory() -> object:
    return acl.rt.malloc(4096, 0)


def make_dataset() -> object:
    return acl.mdl.create_dataset()


LEAKS = {
    "event-leaked": make_event,
    "context-leaked": make_context,
    "memory-leaked": make_pinned,
    "handle-leaked": make_dataset,
}


@pytest.mark.parametrize(("kind", "make"), [*LEAKS.items(), ("memory-leaked", make_device_memory)])
def test_what_is_never_released_is_found_with_the_line_that_made_it(kind, make):
    def main(_program: Program) -> None:
        context, _ = acl.rt.get_context()
        make()
        assert acl.rt.set_context(context) == 0
        tear_down()

    found = serious(checked(main))
    assert set(found) == {kind}
    assert found[kind].severity == "warning"
    assert found[kind].lines[0].endswith(f"in {make.__name__}")


def test_what_is_released_is_not():
    def main(program: Program) -> None:
        primary, _ = acl.rt.get_context()
        context, _ = acl.rt.create_context(0)
        assert acl.rt.destroy_context(context) == 0
        assert acl.rt.set_context(primary) == 0
        event, _ = acl.rt.create_event()
        pinned, _ = acl.rt.malloc_host(64)
        device, _ = acl.rt.malloc(64, 0)
        dataset = acl.mdl.create_dataset()
        assert acl.rt.destroy_event(event) == 0
        assert acl.rt.free_host(pinned) == 0
        assert acl.rt.free(device) == 0
        assert acl.mdl.destroy_dataset(dataset) == 0
        tear_down(program.stream())

    found = checked(main)
    assert serious(found) == {}
    assert notes(found) == {"code-unread"}


def test_equal_leaks_of_one_line_are_one_finding_with_their_number():
    def main(_program: Program) -> None:
        for _ in range(7):
            assert acl.rt.malloc_host(100)[1] == 0
        tear_down()

    found = serious(checked(main))["memory-leaked"]
    assert (
        found.sentence
        == "7 buffers (#1, #2, #3, #4, #5 and 2 more) (700 bytes) are still allocated after finalize"
    )


def test_what_goes_with_its_device_is_a_note():
    def main(program: Program) -> None:
        program.stream(name="a")
        program.stream(name="b")
        tear_down()

    found = checked(main)
    assert serious(found) == {}
    assert notes(found) == {"left-to-the-reset"}


def test_finalize_without_a_reset_leaves_streams_and_subscriptions():
    def main(program: Program) -> None:
        program.stream(program.thread("reporter"), "s")
        assert acl.finalize() == 0

    assert set(serious(checked(main))) == {"stream-leaked", "subscription-leaked"}


def test_a_program_that_never_finalises_gets_one_note():
    def main(program: Program) -> None:
        program.stream()
        make_event()

    found = checked(main)
    assert serious(found) == {}
    (left,) = (each for each in found if each.id == "left-to-the-process")
    assert "stream" in left.sentence
    assert "event" in left.sentence


def test_a_run_that_hangs_leaks_nothing():
    def main(program: Program) -> None:
        stream = program.stream()
        event, _ = acl.rt.create_event_with_flag(1)
        assert acl.rt.stream_wait_event(stream, event) == 0
        acl.rt.synchronize_stream(stream)

    assert not [each for each in checked(main) if each.id.endswith("-leaked") or each.id.startswith("left")]


def test_counting_down_finalises_with_the_last_one():
    def main(count: int) -> None:
        for _ in range(count):
            acl.init()
        make_event()
        acl.rt.reset_device(0)
        acl.finalize_reference()

    assert "event-leaked" in serious(checked(lambda _: main(0)))
    assert serious(checked(lambda _: main(1))) == {}
