"""Locks inside the runtime that callers can hang on: the stream list, the send lock, the subscription lock."""

from __future__ import annotations

import pytest

import acl_api as acl
from simulator.engine.hosts.ends import RunKind
from tests.unit.hangs import BLOCK, MS, NO_BLOCK, Program, nothing, poll, run, small

HOSTS = pytest.mark.parametrize("host", ["greenlets", "baton"])


def busy_stream(program: Program, name: str, runs: int) -> int:
    """Return a stream with *runs* model runs of 10 ms on it."""
    program.session.declare_model(acl.ModelSpec("net", latency_ns=10 * MS))
    net, _ = acl.mdl.load_from_file("net.om")
    data = acl.mdl.create_dataset()
    stream = program.stream(name=name)
    for _ in range(runs):
        acl.mdl.execute_async(net, data, data, stream)
    return stream


@HOSTS
def test_a_device_sync_holds_up_creating_and_destroying_streams_in_other_threads(host):
    """Rule e15."""
    done = {}

    def main(program: Program) -> None:
        busy_stream(program, "busy", 3)
        other = program.stream(name="other")

        def creates() -> None:
            acl.rt.set_device(0)
            acl.rt.create_stream()
            done["create_stream"] = program.session.kernel.now

        def destroys() -> None:
            acl.rt.set_device(0)
            acl.rt.destroy_stream(other)
            done["destroy_stream"] = program.session.kernel.now

        threads = [program.thread("creates", creates), program.thread("destroys", destroys)]
        assert acl.rt.synchronize_device() == 0
        done["synchronize_device"] = program.session.kernel.now
        for thread in threads:
            program.host.join(thread)

    assert run(main, host=host).kind is RunKind.DONE
    assert done["synchronize_device"] >= 30 * MS
    assert done["create_stream"] == done["destroy_stream"] == done["synchronize_device"]


@HOSTS
@pytest.mark.parametrize("block", [BLOCK, NO_BLOCK])
def test_a_callback_that_creates_a_stream_hangs_a_device_sync_only_if_the_sync_waits_for_it(host, block):
    """Rule e15 from inside a callback."""

    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter", poll(-1, times=1)), "s")

        def makes(_data: object) -> None:
            assert acl.rt.create_stream()[1] == 0

        acl.rt.launch_callback(makes, None, block, stream)
        acl.rt.synchronize_device()

    hang = run(main, host=host)
    if block == NO_BLOCK:
        assert hang.kind is RunKind.DONE, str(hang)
        return
    assert hang.kind is RunKind.DEADLOCK
    hang.says("Stream list of primary-0 is held by main while it waits in synchronize_device.")
    hang.mends("call create_stream before synchronize_device at test_hidden_locks.py:", "(rule e15)")


@HOSTS
def test_a_launch_that_is_half_way_into_a_full_queue_holds_the_send_lock(host):
    """Rule e8: others wait behind it, though the queue has room again, until all its tasks are in."""
    order = []

    def main(program: Program) -> None:
        program.session.declare_model(acl.ModelSpec("net", latency_ns=10 * MS))
        net, _ = acl.mdl.load_from_file("net.om")
        data = acl.mdl.create_dataset()
        stream = program.stream(program.thread("reporter", poll(-1, times=1)), "s")
        for _ in range(3):
            acl.mdl.execute_async(net, data, data, stream)

        def other() -> None:
            acl.rt.set_device(0)
            acl.mdl.execute_async(net, data, data, stream)
            order.append(("other", program.session.kernel.now // MS))

        def launches() -> None:
            acl.rt.set_device(0)
            acl.rt.launch_callback(nothing, None, BLOCK, stream)
            order.append(("launches", program.session.kernel.now // MS))

        first = program.thread("launches", launches)
        program.host.sleep(MS)
        second = program.thread("other", other)
        program.host.join(first)
        program.host.join(second)
        assert acl.rt.synchronize_stream(stream) == 0

    assert run(main, small("Ascend910B", queue=4), host=host).kind is RunKind.DONE
    assert order == [("launches", 20), ("other", 30)]


@HOSTS
def test_unsubscribing_holds_a_lock_that_the_release_of_the_callback_needs(host):
    """Rule b14."""

    def main(program: Program) -> None:
        reporter = program.thread("reporter", poll(-1))
        stream = program.stream(reporter, "s")
        acl.rt.launch_callback(nothing, None, BLOCK, stream)
        acl.rt.unsubscribe_report(reporter.ident, stream)

    hang = run(main, host=host)
    assert hang.kind is RunKind.DEADLOCK
    hang.says("The subscription lock is held by main while it waits in unsubscribe_report.")
    hang.mends(
        "call acl.rt.synchronize_stream on stream s before unsubscribe_report at test_hidden_locks.py:"
    )


@HOSTS
def test_unsubscribing_one_stream_holds_up_the_callbacks_of_another_thread(host):
    """Rule b14: there is one subscription lock for all."""

    def main(program: Program) -> None:
        slow, quick = program.thread("slow", poll(-1)), program.thread("quick", poll(-1))
        first, second = program.stream(slow, "s1"), program.stream(quick, "s2")
        acl.rt.launch_callback(nothing, None, BLOCK, first)

        def launches() -> None:
            acl.rt.set_device(0)
            program.host.sleep(MS)
            acl.rt.launch_callback(nothing, None, BLOCK, second)
            acl.rt.synchronize_stream(second)

        program.thread("launches", launches)
        acl.rt.unsubscribe_report(slow.ident, first)

    hang = run(main, host=host)
    assert hang.kind is RunKind.DEADLOCK
    hang.says(
        "launches waits in synchronize_stream on stream s2",
        "which quick has run; to release the stream it needs the subscription lock",
    )


@HOSTS
def test_unsubscribing_after_a_sync_takes_the_lock_and_gives_it_back(host):
    """Rule b14: the right order."""
    codes = []

    def main(program: Program) -> None:
        reporter = program.thread("reporter", poll(-1, times=2))
        first, second = program.stream(reporter, "s1"), program.stream(reporter, "s2")
        for stream in (first, second):
            acl.rt.launch_callback(nothing, None, BLOCK, stream)
            codes.append(acl.rt.synchronize_stream(stream))
            codes.append(acl.rt.unsubscribe_report(reporter.ident, stream))

    assert run(main, host=host).kind is RunKind.DONE
    assert codes == [0, 0, 0, 0]
