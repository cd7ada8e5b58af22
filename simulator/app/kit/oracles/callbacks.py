"""Oracles of the rules about callbacks, report threads and host functions (rules a to d)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import acl_api as acl
from simulator.app.kit.oracles.bench import BLOCK, FORGED, MS, NO_BLOCK, Bench, Broken, Oracle


def _nothing(_data: object) -> None:
    """Do nothing."""


def _slowly(bench: Bench, ran: list[object]) -> Callable[[object], None]:
    def callback(_data: object) -> None:
        bench.host.sleep(MS)
        ran.append(1)

    return callback


def _block_types(bench: Bench) -> None:
    stream = bench.stream(reporter=1)
    for block in (-1, 2):
        code = bench.rt.launch_callback(_nothing, None, block, stream)
        bench.equal(f"launch_callback with block type {block}", code, 100000)


def _order_of_checks(bench: Bench) -> None:
    code = bench.rt.launch_callback(_nothing, None, 2, FORGED)
    bench.equal("launch_callback with two wrong arguments", code, 100000)
    stream = bench.stream()
    code = bench.in_thread(lambda: bench.rt.launch_callback(_nothing, None, BLOCK, stream))
    bench.equal("launch_callback without a context and without a subscription", code, 107002)


def _unsubscribed_stream(bench: Bench) -> None:
    code = bench.rt.launch_callback(_nothing, None, BLOCK, bench.stream())
    bench.equal("launch_callback on a stream that nobody is subscribed to", code, 107015)


def _sync_leaves_no_block_out(bench: Bench) -> None:
    stream = bench.stream(reporter=bench.host.current().ident)
    bench.launch(stream, _nothing, block=NO_BLOCK)
    bench.sync(stream)  # only the caller itself could run it


def _sync_includes_block(bench: Bench) -> None:
    ran: list[object] = []
    worker = bench.host.thread("reporter", daemon=True)
    stream = bench.stream(reporter=worker.ident)
    bench.launch(stream, _slowly(bench, ran))
    bench.host.start(worker, lambda: bench.rt.process_report(-1))
    bench.sync(stream)
    bench.equal("what has run of a blocking callback after the sync", ran, [1])


def _own_data(bench: Bench) -> None:
    got: list[object] = []
    stream = bench.stream(reporter=bench.host.current().ident)
    for number in range(3):
        bench.launch(stream, got.append, number, NO_BLOCK)
    bench.sync(stream)
    bench.open_gate()
    bench.equal("the data that the callbacks got", got, [0, 1, 2])


def _arrival_order(bench: Bench) -> None:
    got: list[object] = []
    me = bench.host.current().ident
    for name, priority in (("low", 7), ("high", 0)):
        stream = bench.stream(priority, reporter=me)
        bench.launch(stream, got.append, name, NO_BLOCK)
        bench.sync(stream)
    bench.open_gate()
    bench.equal("the order of two reports", got, ["low", "high"])


def _one_thread_per_stream(bench: Bench) -> None:
    stream = bench.stream(reporter=1)
    bench.equal("the second subscription of a stream", bench.rt.subscribe_report(2, stream), 107011)


def _one_device_per_thread(bench: Bench) -> None:
    bench.stream(reporter=1)
    bench.rt.set_device(1)
    stream = bench.stream()
    code = bench.rt.subscribe_report(1, stream)
    bench.equal("a thread's subscription on a second device", code, 107012)


def _unsubscribing_waits(bench: Bench) -> None:
    codes: list[int] = []
    stream = bench.stream(reporter=1)  # a thread that never polls
    bench.launch(stream, _nothing)

    def unsubscribe() -> None:
        bench.rt.set_device(0)
        codes.append(bench.rt.unsubscribe_report(1, stream))

    bench.start(unsubscribe, daemon=True)
    bench.rt.synchronize_stream_with_timeout(stream, 5)
    bench.equal("what unsubscribing has returned while a blocking callback was pending", codes, [])


def _unsubscribed_thread(bench: Bench) -> None:
    me = bench.host.current().ident
    bench.equal("process_report of a thread without a stream", bench.rt.process_report(1), 107012)
    stream = bench.stream(reporter=me)
    bench.launch(stream, _nothing, block=NO_BLOCK)
    bench.sync(stream)
    bench.equal("unsubscribe_report", bench.rt.unsubscribe_report(me, stream), 0)
    bench.equal("process_report after the last stream was unsubscribed", bench.rt.process_report(1), 107012)


def _timeouts_of_reports(bench: Bench) -> None:
    bench.stream(reporter=bench.host.current().ident)
    bench.equal("process_report with timeout 0", bench.rt.process_report(0), 100000)
    began = bench.now
    bench.equal("process_report without a report", bench.rt.process_report(3), 507012)
    if bench.now - began < 3 * MS:
        raise Broken(f"process_report gave up after {bench.now - began} ns instead of 3 ms")


def _one_by_one(bench: Bench) -> None:
    seen: list[object] = []
    me = bench.host.current().ident
    first, second = bench.stream(reporter=me), bench.stream(reporter=me)
    run = bench.model(1_000)

    def other_went_on(_data: object) -> None:
        seen.append(bench.rt.synchronize_stream_with_timeout(first, 5))

    bench.launch(first, _nothing)
    run(first)
    bench.launch(second, other_went_on)
    bench.host.sleep(MS)  # both reports come meanwhile
    bench.open_gate()
    bench.equal("a sync, in the second callback, of the stream that the first one held", seen, [0])


def _host_function_holds(bench: Bench) -> None:
    ran: list[object] = []
    stream = bench.stream()
    code = acl.c.aclrtLaunchHostFunc(stream, _slowly(bench, ran), None)
    bench.equal("aclrtLaunchHostFunc", code, 0)
    bench.sync(stream)
    bench.equal("what has run of a host function after the sync", ran, [1])


def _families_apart(bench: Bench) -> None:
    stream = bench.stream()
    bench.equal("aclrtLaunchHostFunc", acl.c.aclrtLaunchHostFunc(stream, _nothing, None), 0)
    code = bench.rt.subscribe_report(1, stream)
    bench.equal("subscribe_report on a stream of host functions", code, 107011)


ORACLES: Final = (
    Oracle("a1", "block types other than 0 and 1 are refused", _block_types),
    Oracle("a9", "launch_callback makes its checks in order", _order_of_checks),
    Oracle("a8", "a stream without a subscription takes no callback", _unsubscribed_stream),
    Oracle("a18", "a sync does not wait for non-blocking callbacks", _sync_leaves_no_block_out),
    Oracle("a18b", "a sync waits for blocking callbacks", _sync_includes_block),
    Oracle("a16", "each blocking callback releases its stream at once", _one_by_one, friendly=True),
    Oracle("a20", "reports of several streams run in the order of their arrival", _arrival_order),
    Oracle("a3b", "each callback gets its own data", _own_data),
    Oracle("b3", "a stream has one report thread", _one_thread_per_stream),
    Oracle("b4", "a report thread has one device", _one_device_per_thread),
    Oracle("b14", "unsubscribing waits for blocking callbacks on STARS", _unsubscribing_waits, "Ascend910B"),
    Oracle("c2", "a thread without a subscription polls in vain", _unsubscribed_thread),
    Oracle("c3", "process_report gives up in time, with its code", _timeouts_of_reports),
    Oracle("d2", "host functions hold their stream", _host_function_holds),
    Oracle("d4", "a stream of host functions takes no subscription", _families_apart),
)
