"""Oracles of the rules about streams (rules e)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from simulator.app.kit.oracles.bench import MS, NO_BLOCK, Bench, Broken, Oracle

_AICORE = 507015
_TIMED_OUT = 507046


def _priority(bench: Bench) -> None:
    cores = bench.session.profile.engines.ai_cores
    first, low, high = (bench.model(cores=cores) for _ in range(3))
    streams = [bench.stream(priority) for priority in (0, 7, 0)]
    for run, stream in zip((first, low, high), streams, strict=True):
        run(stream)
    bench.equal("synchronize_device", bench.rt.synchronize_device(), 0)
    bench.equal("the order of three models on all cores", bench.ran(), ["model1", "model3", "model2"])


def _competition(bench: Bench) -> None:
    run = bench.model(cores=bench.session.profile.engines.ai_cores)
    streams = [bench.stream(), bench.stream()]
    began = bench.now
    for stream in streams:
        run(stream)
    for stream in streams:
        bench.sync(stream)
    if bench.now - began < 2 * MS:
        raise Broken(f"two models of 1 ms on all cores took {bench.now - began} ns")


def _fifo(bench: Bench) -> None:
    long, short = bench.model(MS), bench.model(1_000)
    stream = bench.gated()
    long(stream)
    short(stream)
    bench.open_gate()
    bench.sync(stream)
    bench.equal("the order of two models on a stream", bench.ran()[-2:], ["model1", "model2"])


def _stream_limit(bench: Bench) -> None:
    codes = [bench.rt.create_stream()[1] for _ in range(4)]
    bench.equal("the codes of four create_stream where three are left", codes, [0, 0, 0, 207008])


def _full_queue(bench: Bench) -> None:
    stream = bench.gated()
    run = bench.model(1_000)
    codes: list[int] = []

    def launch() -> None:
        bench.rt.set_device(0)
        codes.extend(run(stream) for _ in range(4))

    worker = bench.start(launch)
    bench.host.sleep(MS)
    bench.open_gate()
    bench.host.join(worker)
    bench.equal("the codes of launches into a full queue", codes, [0, 0, 0, 0])
    bench.sync(stream)
    bench.equal("how many models have run", bench.ran().count("model1"), 4)


def _destroy_waits(bench: Bench) -> None:
    stream = bench.stream()
    bench.model()(stream)
    bench.equal("destroy_stream", bench.rt.destroy_stream(stream), 0)
    bench.equal("what the stream has run", bench.ran(), ["model1"])


def _stale_handle(bench: Bench) -> None:
    stream = bench.stream()
    bench.equal("destroy_stream", bench.rt.destroy_stream(stream), 0)
    code = bench.rt.synchronize_stream(stream)
    bench.equal("synchronize_stream of a destroyed stream", code, 107017)


def _earlier_tasks_only(bench: Bench) -> None:
    me = bench.host.current().ident
    stream = bench.stream(reporter=me)
    bench.model(2 * MS)(stream)

    def add() -> None:
        bench.host.sleep(MS)
        bench.rt.set_device(0)
        bench.launch(stream, lambda _: None)

    worker = bench.start(add)
    bench.sync(stream)  # what was added meanwhile only the caller itself could run
    bench.open_gate()
    bench.host.join(worker)


def _sync_gives_up(bench: Bench) -> None:
    stream = bench.gated()
    began = bench.now
    code = bench.rt.synchronize_stream_with_timeout(stream, 2)
    bench.equal("a sync of a stream that is held", code, _TIMED_OUT)
    if bench.now - began < 2 * MS:
        raise Broken(f"the sync gave up after {bench.now - began} ns instead of 2 ms")
    bench.equal("a device sync of the same", bench.rt.synchronize_device_with_timeout(2), _TIMED_OUT)
    code = bench.rt.synchronize_stream_with_timeout(stream, 0)
    bench.equal("a sync with timeout 0", code, 107000)


def _tasks_go_on(bench: Bench) -> None:
    stream = bench.gated()
    bench.model()(stream)
    bench.rt.synchronize_stream_with_timeout(stream, 1)
    bench.open_gate()
    bench.sync(stream)
    bench.equal("how often a model ran after a sync had given up", bench.ran().count("model1"), 1)


def _failure_once(bench: Bench) -> None:
    stream = bench.stream()
    bench.model(fails_with=_AICORE)(stream)
    bench.equal("the sync after a failure", bench.rt.synchronize_stream(stream), _AICORE)
    bench.equal("the next sync", bench.rt.synchronize_stream(stream), 0)


def _query(bench: Bench) -> None:
    stream = bench.gated()
    bench.equal("stream_query of a stream that is held", bench.rt.stream_query(stream), (1, 0))
    bench.open_gate()
    bench.sync(stream)
    bench.equal("stream_query of a stream that is done", bench.rt.stream_query(stream), (0, 0))


def _query_of_failure(bench: Bench) -> None:
    stream = bench.stream()
    bench.model(fails_with=_AICORE)(stream)
    bench.host.sleep(2 * MS)
    while bench.rt.stream_query(stream) == (1, 0):
        bench.host.sleep(MS)
    bench.equal("stream_query after a failure", bench.rt.stream_query(stream), (0, 0))


def _device_sync(bench: Bench) -> None:
    streams = [bench.stream(), bench.stream()]
    for stream, latency in zip(streams, (MS, 3 * MS), strict=True):
        bench.model(latency)(stream)
    bench.equal("synchronize_device", bench.rt.synchronize_device(), 0)
    found = [bench.rt.stream_query(stream) for stream in streams]
    bench.equal("both streams after a device sync", found, [(0, 0), (0, 0)])


def _stop_mode(bench: Bench) -> None:
    stream = bench.gated()
    run = bench.model()
    bench.equal("set_stream_failure_mode", bench.rt.set_stream_failure_mode(stream, 1), 0)
    bench.model(fails_with=_AICORE)(stream)
    run(stream)
    bench.open_gate()
    codes = [bench.rt.synchronize_stream(stream) for _ in range(2)]
    bench.equal("two syncs after a failure in stop mode", codes, [_AICORE, _AICORE])
    bench.equal("a launch after it", run(stream), _AICORE)
    bench.equal("how often a model ran behind it", bench.ran().count("model1"), 0)


def _continue_mode(bench: Bench) -> None:
    stream = bench.gated()
    run = bench.model()
    bench.model(fails_with=_AICORE)(stream)
    run(stream)
    bench.open_gate()
    bench.equal("the sync after a failure", bench.rt.synchronize_stream(stream), _AICORE)
    bench.equal("a launch after it", run(stream), 0)
    bench.sync(stream)
    bench.equal("how often a model ran behind it", bench.ran().count("model1"), 2)


def _full_report_queue(bench: Bench) -> None:
    got: list[object] = []
    stream = bench.stream(reporter=bench.host.current().ident)
    numbers = list(range(5))
    for number in numbers:
        bench.launch(stream, got.append, number, NO_BLOCK)
    while len(got) < len(numbers):  # each poll runs what is there
        bench.open_gate()
    bench.sync(stream)
    bench.equal("what came through a report queue of 2 places", got, numbers)


ORACLES: Final = (
    Oracle("e5", "the stream of higher priority gets the engine first", _priority, friendly=True),
    Oracle("e5b", "streams compete for the cores", _competition),
    Oracle("e1", "a stream is a FIFO", _fifo),
    Oracle("e6", "a device has so many streams", _stream_limit, limits=MappingProxyType({"streams": 4})),
    Oracle(
        "e8", "a launch into a full queue waits", _full_queue, limits=MappingProxyType({"queue_depth": 2})
    ),
    Oracle("e9", "destroying a stream waits for its tasks", _destroy_waits),
    Oracle("e10", "a destroyed stream is known no more", _stale_handle),
    Oracle("e11b", "a sync leaves out what is launched later", _earlier_tasks_only, friendly=True),
    Oracle("e12", "a sync gives up in time, with its code", _sync_gives_up),
    Oracle("e12b", "a sync that gives up changes nothing", _tasks_go_on),
    Oracle("e13", "a failure is returned once", _failure_once),
    Oracle("e14", "a query looks at the whole queue", _query),
    Oracle("e14b", "a query does not show failures", _query_of_failure),
    Oracle("e15", "a device sync covers every stream of its context", _device_sync),
    Oracle("e19", "in stop mode a failure stops the context", _stop_mode),
    Oracle("e18", "in continue mode a failure stops nothing", _continue_mode),
    Oracle(
        "c9",
        "a full report queue lets its streams wait",
        _full_report_queue,
        limits=MappingProxyType({"callback_cq_depth": 2}),
    ),
)
