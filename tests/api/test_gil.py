"""The interpreter lock: calls of the vendor's binding that keep it while they wait for a Python callback hang.

Source: pyacl.md, GIL; rules e8, e9, g6, g10, h5, e15.
"""

from __future__ import annotations

import ctypes

import pytest

import acl_api as acl
from simulator.base.trace import Noted
from simulator.engine.hosts.ends import RunKind
from tests.unit.hangs import BLOCK, MS, Hang, Program, nothing, poll, run, small

HOSTS = pytest.mark.parametrize("host", ["greenlets", "baton"])
SOMETHING = ctypes.create_string_buffer(64)
HERE = " at test_gil.py:"
KEEPS = "and keeps the GIL (Python's interpreter lock), so no other thread of the program runs meanwhile."


def polling(program: Program) -> int:
    """Return stream s, whose reporter is in process_report already."""
    stream = program.stream(program.thread("reporter", poll_only), "s")
    program.host.sleep(MS)
    return stream


def poll_only() -> None:
    while True:
        acl.rt.process_report(100)


def destroys_the_stream(program: Program) -> None:
    stream = polling(program)
    acl.rt.launch_callback(nothing, None, BLOCK, stream)
    acl.rt.destroy_stream(stream)


def resets_the_device(program: Program) -> None:
    stream = polling(program)
    acl.rt.launch_callback(nothing, None, BLOCK, stream)
    acl.rt.reset_device(0)


def destroys_the_context(program: Program) -> None:
    context, _ = acl.rt.create_context(0)
    stream = polling(program)
    acl.rt.launch_callback(nothing, None, BLOCK, stream)
    acl.rt.destroy_context(context)


def copies_pageable_memory(program: Program) -> None:
    stream = polling(program)
    device, _ = acl.rt.malloc(64, 0)
    acl.rt.launch_callback(nothing, None, BLOCK, stream)
    acl.rt.memcpy_async(device, 64, ctypes.addressof(SOMETHING), 64, 1, stream)


def fills_the_queue(program: Program) -> None:
    stream = polling(program)
    for _ in range(4):
        acl.rt.launch_callback(nothing, None, BLOCK, stream)


def syncs_the_device_with_an_endless_timeout(program: Program) -> None:
    stream = polling(program)
    acl.rt.launch_callback(nothing, None, BLOCK, stream)
    acl.rt.synchronize_device_with_timeout(-1)


HANGS = {
    destroys_the_stream: ("destroy_stream", "before destroy_stream"),
    resets_the_device: ("reset_device", "before reset_device"),
    destroys_the_context: ("destroy_context", "before destroy_context"),
    copies_pageable_memory: ("memcpy_async", "or use pinned memory from acl.rt.malloc_host"),
    fills_the_queue: ("launch into a full queue", "so that its queue (9 tasks) never fills"),
    syncs_the_device_with_an_endless_timeout: (
        "synchronize_device_with_timeout",
        "call acl.rt.synchronize_device, which lets go of the GIL, instead of synchronize_device_with_timeout",
    ),
}


@pytest.mark.shows("p24", "item 56")
@HOSTS
@pytest.mark.parametrize(("main", "said"), HANGS.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_call_that_keeps_the_lock_and_waits_for_a_callback_is_a_deadlock_naming_both(main, said, host):
    call, mend = said
    hang = run(main, small("Ascend910B", queue=9), gil=True, host=host)
    assert hang.kind is RunKind.DEADLOCK, str(hang)
    assert hang.text == "main keeps the GIL while it waits, and no device event is pending that could end it"
    assert call in hang.sentences[0]
    assert HERE in hang.sentences[0]
    assert hang.sentences[0].endswith(KEEPS)
    hang.says("reporter needs the GIL to run callback nothing of stream s", "; main keeps it.")
    hang.mends(mend, HERE)


@HOSTS
@pytest.mark.parametrize("main", list(HANGS), ids=lambda main: main.__name__)
def test_without_the_model_of_the_lock_the_same_programs_go_on(main, host):
    hang = run(main, small("Ascend910B", queue=9), host=host)
    assert hang.kind is not RunKind.DEADLOCK, str(hang)
    assert "GIL" not in str(hang)


@pytest.mark.shows("p24")
@HOSTS
def test_the_sync_that_keeps_the_lock_returns_its_code_at_its_timeout_and_says_why(host):
    codes, found = [], list[Noted]()

    def main(program: Program) -> None:
        stream = polling(program)
        acl.rt.launch_callback(nothing, None, BLOCK, stream)
        codes.append(acl.rt.synchronize_device_with_timeout(5))
        found.extend(program.findings())
        codes.append(acl.rt.synchronize_stream(stream))

    run(main, gil=True, host=host)
    assert codes == [507046, 0]
    assert [each.finding for each in found] == ["gil-kept"]
    assert "callback nothing of stream s needed it to run on reporter" in found[0].text


def test_syncs_that_let_go_of_the_lock_let_the_callbacks_run():
    codes = []

    def main(program: Program) -> None:
        stream = polling(program)
        for sync in (acl.rt.synchronize_stream, lambda _: acl.rt.synchronize_device()):
            acl.rt.launch_callback(nothing, None, BLOCK, stream)
            codes.append(sync(stream))
        codes.append(acl.rt.destroy_stream(stream))

    run(main, gil=True)
    assert codes == [0, 0, 0]


def test_the_lock_is_kept_through_all_the_waits_of_one_call():
    """reset_device waits for one stream after the other; nobody runs in between."""
    ticks = []

    def main(program: Program) -> None:
        kernel = program.session.kernel

        def ticking() -> None:
            while True:
                program.host.sleep(MS)
                ticks.append(kernel.now)

        program.session.declare_model(acl.ModelSpec("net", latency_ns=10 * MS))
        net, _ = acl.mdl.load_from_file("net.om")
        data = acl.mdl.create_dataset()
        for length in (1, 2, 3):
            stream = program.stream(name=f"s{length}")
            for _ in range(length):
                acl.mdl.execute_async(net, data, data, stream)
        thread = program.host.thread("ticking", daemon=True)
        program.host.start(thread, ticking)
        program.host.sleep(5 * MS + 1)
        before = kernel.now
        assert acl.rt.reset_device(0) == 0
        assert not [tick for tick in ticks if tick >= before]
        assert kernel.now >= before + 20 * MS

    assert run(main, gil=True).kind is RunKind.DONE
    assert ticks


def test_a_hang_that_has_nothing_to_do_with_the_lock_is_mended_otherwise():
    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter"), "s")
        acl.rt.launch_callback(nothing, None, BLOCK, stream)
        acl.rt.destroy_stream(stream)

    hang = run(main, gil=True)
    hang.says(KEEPS, "reporter was never started, so it never calls process_report.")
    hang.mends("start reporter before destroy_stream at test_gil.py:")


@pytest.mark.shows("p25")
def test_a_callback_that_is_interrupted_in_a_sleep_needs_the_lock_to_go_on():
    def main(program: Program) -> None:
        stream = polling(program)

        def slow(_data: object) -> None:
            program.host.sleep(20 * MS)

        acl.rt.launch_callback(slow, None, BLOCK, stream)
        program.host.sleep(2 * MS)
        acl.rt.destroy_stream(stream)

    hang: Hang = run(main, gil=True)
    assert hang.kind is RunKind.DEADLOCK
    hang.says("reporter, inside callback slow, needs the GIL to go on")
    hang.mends("call acl.rt.synchronize_stream on stream s, which lets go of the GIL, before destroy_stream")


def test_a_poll_with_a_short_timeout_waits_for_the_lock_too():
    """A report thread that does not look for this stream changes nothing about the deadlock."""

    def main(program: Program) -> None:
        program.stream(program.thread("other", poll(1)), "other")
        destroys_the_stream(program)

    hang = run(main, gil=True)
    assert hang.kind is RunKind.DEADLOCK
    hang.says("reporter needs the GIL to run callback nothing of stream s")
