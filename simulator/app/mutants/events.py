"""Mutants of events (rules f)."""

from __future__ import annotations

from typing import Any, Final

from simulator.app.mutants.mutant import Mutant
from simulator.app.mutants.patches import Function, Patches
from simulator.core.devices import Device
from simulator.core.events import Event, EventKind
from simulator.core.operations import events
from simulator.core.signals import Signal
from simulator.core.streams import Stream
from simulator.core.tasks import RecordTask, WaitTask, record_of

# Private names are cut where it hurts, and the model's objects go through unchanged.
# ruff: noqa: SLF001, ANN401


def _one_flag(patch: Patches) -> None:
    def shared(right: Function) -> Function:
        def wait_task(rt: Any, stream: Stream, event: Event, *rest: Any) -> tuple[WaitTask]:
            (task,) = right(rt, stream, event, *rest)
            task.signal = event.flag
            return (task,)

        return wait_task

    patch.function(events._wait_task, shared)


def _bound_late(patch: Patches) -> None:
    def late(right: Function) -> Function:
        def begin(task: WaitTask, stream: Stream) -> object:
            signal = task.signal
            if isinstance(signal, RecordTask) and signal.event.latest is not None:
                task.signal = signal.event.latest
            return right(task, stream)

        return begin

    patch.method(WaitTask, "begin", late)


def _complete_at_once(patch: Patches) -> None:
    def hasty(right: Function) -> Function:
        def recorded(event: Event, stream: Stream, seq: int) -> RecordTask:
            recording: RecordTask = right(event, stream, seq)
            event.complete(recording, stream)
            return recording

        return recorded

    patch.function(record_of, hasty)


def _first_record_stays(patch: Patches) -> None:
    def stubborn(right: Function) -> Function:
        def record_event(rt: Any, me: Any, event: Event, stream: Stream) -> object:
            before = event.latest
            result = right(rt, me, event, stream)
            event.latest = before or event.latest
            return result

        return record_event

    patch.function(events.record_event, stubborn)


def _always_reached(patch: Patches) -> None:
    patch.function(events.query_event_status, lambda _right: lambda _rt, _event: (1,))


def _waits_for_the_first(patch: Patches) -> None:
    def patient(right: Function) -> Function:
        def binding(event: Event, stream: Stream) -> object:
            return event.flag if event.latest is None else right(event, stream)

        return binding

    patch.function(events._binding, patient)


def _early_waits_pass(patch: Patches) -> None:
    def hasty(right: Function) -> Function:
        def binding(event: Event, stream: Stream) -> object:
            return None if event.latest is None else right(event, stream)

        return binding

    patch.function(events._binding, hasty)


def _waits_pass(patch: Patches) -> None:
    patch.function(events._binding, lambda _right: lambda _event, _stream: None)


def _sync_returns(patch: Patches) -> None:
    patch.function(events.synchronize_event, lambda _right: lambda *_call: None)


def _sync_for_ever(patch: Patches) -> None:
    patch.function(
        events.synchronize_event, lambda right: lambda rt, me, event, *_timeout: right(rt, me, event)
    )


def _reset_ignored(patch: Patches) -> None:
    patch.function(events.reset_event, lambda _right: lambda _rt, _me, _event, _stream: None)


def _reset_at_once(patch: Patches) -> None:
    patch.function(events.reset_event, lambda _right: lambda _rt, _me, event, _stream: event.flag.clear())


def _backwards(patch: Patches) -> None:
    patch.function(events.elapsed_ms, lambda right: lambda start, end: right(end, start))


def _ids_kept(patch: Patches) -> None:
    patch.attribute(Device, "give_event_id_back", lambda _device, _number: None)


def _any_flags(patch: Patches) -> None:
    patch.checks(
        "acl.rt.create_event_with_flag", lambda checks: [check for check in checks if check.rule != "f1"]
    )


def _no_wake_up(patch: Patches) -> None:
    def forgetful(right: Function) -> Function:
        def hold(signal: Signal, stream: Stream) -> None:
            if signal.waiters:
                signal.waiters.clear()
            right(signal, stream)

        return hold

    patch.method(Signal, "hold", forgetful)


def _new_kind_is_old(patch: Patches) -> None:
    def create(right: Function) -> Function:
        def create_event(rt: Any, me: Any, _kind: EventKind, flags: int) -> object:
            return right(rt, me, EventKind.OLD, flags)

        return create_event

    patch.function(events.create_event, create)


MUTANTS: Final = (
    Mutant("one-flag-per-event", "an event has one flag for all its records", _one_flag, ("O8",)),
    Mutant(
        "wait-bound-when-it-runs", "a wait is bound when it runs, not when called", _bound_late, ("O8", "f6")
    ),
    Mutant(
        "record-runs-early", "an event is complete before its record is reached", _complete_at_once, ("O8",)
    ),
    Mutant("first-record-stays", "an event is its first record for ever", _first_record_stays, ("f4",)),
    Mutant("event-always-reached", "query_event_status says complete too early", _always_reached, ("f4",)),
    Mutant("waits-for-the-first-record", "a wait waits for a record to come", _waits_for_the_first, ("f5",)),
    Mutant("new-events-are-old", "events of the new kind behave as the old", _new_kind_is_old, ("f5",)),
    Mutant("early-waits-pass", "a wait before the record passes", _early_waits_pass, ("f5b",)),
    Mutant("waits-pass", "waits for events do nothing", _waits_pass, ("f6b",)),
    Mutant(
        "one-waiter-wakes",
        "of several streams that wait for an event the last wakes up",
        _no_wake_up,
        ("f6c",),
    ),
    Mutant("event-sync-returns-early", "synchronize_event does not wait", _sync_returns, ("f11",)),
    Mutant("event-timeout-ignored", "synchronize_event never gives up", _sync_for_ever, ("f11",)),
    Mutant("reset-ignored", "reset_event does nothing", _reset_ignored, ("f12",)),
    Mutant("reset-at-once", "reset_event does not wait for its place", _reset_at_once, ("f12",)),
    Mutant("elapsed-backwards", "elapsed time goes from end to start", _backwards, ("f13",)),
    Mutant("event-ids-kept", "the id of a destroyed event stays taken", _ids_kept, ("f3",)),
    Mutant("any-event-flags", "flags of events need not stand alone", _any_flags, ("f1",)),
)
