"""Oracles of the rules about events (rules f)."""

from __future__ import annotations

from typing import Final

from simulator.app.kit.oracles.bench import MS, SYNC_FLAG, Bench, Broken, Oracle

_TIMED_OUT = 507047
_TOOK_MS = 3


def _event(bench: Bench, *, new: bool = False) -> int:
    create = bench.rt.create_event_ex_with_flag if new else bench.rt.create_event_with_flag
    event, code = create(SYNC_FLAG)
    bench.equal("creating an event", code, 0)
    return int(event)


def _rerecorded(bench: Bench) -> None:
    event, free, held = _event(bench), bench.stream(), bench.gated()
    bench.rt.record_event(event, free)
    bench.sync(free)
    bench.equal("an event that was reached", bench.rt.query_event_status(event), (1, 0))
    bench.rt.record_event(event, held)
    bench.equal("the event when it is recorded again", bench.rt.query_event_status(event), (0, 0))
    bench.open_gate()
    bench.sync(held)
    bench.equal("the event when that is reached", bench.rt.query_event_status(event), (1, 0))


def _never_recorded(bench: Bench) -> None:
    event, stream = _event(bench, new=True), bench.stream()
    bench.equal("waiting for what is not recorded", bench.rt.stream_wait_event(stream, event), 0)
    bench.sync(stream)
    bench.equal("synchronize_event of the same", bench.rt.synchronize_event(event), 0)


def _early_wait(bench: Bench) -> None:
    event, waits, records = _event(bench), bench.stream(), bench.stream()
    bench.equal("waiting for what is not recorded yet", bench.rt.stream_wait_event(waits, event), 0)
    code = bench.rt.synchronize_stream_with_timeout(waits, 2)
    bench.equal("a sync of the stream that waits", code, 507046)
    bench.rt.record_event(event, records)
    bench.sync(waits)


def _wait_holds(bench: Bench) -> None:
    event, held, waits = _event(bench, new=True), bench.gated(), bench.stream()
    bench.rt.record_event(event, held)
    bench.rt.stream_wait_event(waits, event)
    code = bench.rt.synchronize_stream_with_timeout(waits, 2)
    bench.equal("a sync of a stream that waits for a record", code, 507046)
    bench.open_gate()
    bench.sync(waits)


def _all_waiters(bench: Bench) -> None:
    event, held, waits = _event(bench, new=True), bench.gated(), [bench.stream(), bench.stream()]
    bench.rt.record_event(event, held)
    for stream in waits:
        bench.rt.stream_wait_event(stream, event)
        bench.rt.synchronize_stream_with_timeout(stream, 1)
    bench.open_gate()
    for stream in waits:
        bench.sync(stream)


def _bound_when_called(bench: Bench) -> None:
    event, free, held, waits = _event(bench, new=True), bench.stream(), bench.gated(), bench.gated()
    bench.model(1_000)(free)
    bench.rt.record_event(event, free)
    bench.rt.stream_wait_event(waits, event)
    bench.rt.record_event(event, held)  # not what the wait is for
    bench.launch(held, lambda _: None)
    bench.open_gate()
    while bench.rt.stream_query(waits) == (1, 0):
        if bench.rt.stream_query(held) == (0, 0):
            raise Broken("a wait went on only when a later record was reached")
        bench.rt.process_report(1)


def _sync(bench: Bench) -> None:
    event, held = _event(bench), bench.gated()
    bench.rt.record_event(event, held)
    began = bench.now
    code = bench.rt.synchronize_event_with_timeout(event, 2)
    bench.equal("synchronize_event of what is not reached", code, _TIMED_OUT)
    if bench.now - began < 2 * MS:
        raise Broken(f"synchronize_event gave up after {bench.now - began} ns instead of 2 ms")
    bench.open_gate()
    bench.equal("synchronize_event of what will be", bench.rt.synchronize_event(event), 0)
    bench.equal("the event then", bench.rt.query_event_status(event), (1, 0))


def _reset(bench: Bench) -> None:
    event, records, waits = _event(bench), bench.stream(), bench.stream()
    bench.rt.record_event(event, records)
    bench.rt.reset_event(event, records)
    bench.sync(records)
    bench.rt.stream_wait_event(waits, event)
    code = bench.rt.synchronize_stream_with_timeout(waits, 2)
    bench.equal("a sync of a stream that waits for what was reset", code, 507046)
    bench.rt.record_event(event, records)
    bench.sync(waits)


def _elapsed(bench: Bench) -> None:
    stream, (start, _), (end, _) = bench.stream(), bench.rt.create_event(), bench.rt.create_event()
    bench.equal("the time of what is not recorded", bench.rt.event_elapsed_time(start, end)[1], 507000)
    bench.rt.record_event(start, stream)
    bench.model(_TOOK_MS * MS)(stream)
    bench.rt.record_event(end, stream)
    bench.sync(stream)
    took, code = bench.rt.event_elapsed_time(start, end)
    bench.equal("event_elapsed_time around 3 ms", (took >= _TOOK_MS, code), (True, 0))


def _ids(bench: Bench) -> None:
    before = bench.rt.get_event_avail_num()
    event = _event(bench)
    bench.equal("destroy_event", bench.rt.destroy_event(event), 0)
    bench.equal("the events that are left after one was destroyed", bench.rt.get_event_avail_num(), before)
    bench.equal("using it", bench.rt.record_event(event, bench.stream()), 107017)


def _flags_alone(bench: Bench) -> None:
    bench.equal(
        "an event with flags that must stand alone", bench.rt.create_event_with_flag(0x11), (0, 107000)
    )


ORACLES: Final = (
    Oracle("f1", "some flags of events stand alone", _flags_alone),
    Oracle("f3", "the id of an event comes back", _ids),
    Oracle("f4", "an event is its latest record", _rerecorded),
    Oracle("f5", "nobody waits for a new event that is not recorded", _never_recorded),
    Oracle("f5b", "a wait for an old event can come before its record", _early_wait),
    Oracle("f6", "a wait keeps to the record that was latest when it was called", _bound_when_called),
    Oracle("f6b", "a wait holds its stream until the record", _wait_holds),
    Oracle("f6c", "a record lets all streams go on that wait for it", _all_waiters),
    Oracle("f11", "synchronize_event waits, and gives up in time", _sync),
    Oracle("f12", "a reset takes the flag back", _reset),
    Oracle("f13", "elapsed time goes from start to end", _elapsed),
)
