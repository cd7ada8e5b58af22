"""Mutants of streams: their order, their syncs, their failures (rules e)."""

from __future__ import annotations

from typing import Any, Final

from simulator.app.mutants.mutant import Mutant
from simulator.app.mutants.patches import Function, Patches
from simulator.base.errors import Fault
from simulator.base.ids import HandleTable
from simulator.core.engines import Engine
from simulator.core.operations import attributes, streams
from simulator.core.operations import submit as submitting
from simulator.core.streams import Stream
from simulator.core.tasks import ExecuteTask
from simulator.engine.wait import EXPIRED, FIRED, Outcome, Wait

# The model's objects go through unchanged.
# ruff: noqa: ANN401

_MS: Final = 1_000_000


def _one_task_early(patch: Patches) -> None:
    def early(right: Function) -> Function:
        def wait_settled(stream: Stream, op: str, target: int, timeout: int | None = None) -> object:
            return right(stream, op, max(stream.done + 1, target - 1), timeout)

        return wait_settled

    patch.method(Stream, "wait_settled", early)


def _later_tasks_too(patch: Patches) -> None:
    def greedy(right: Function) -> Function:
        def synchronize(rt: Any, me: Any, stream: Stream, *timeout: Any) -> object:
            result = right(rt, me, stream, *timeout)
            if isinstance(result, Wait) and result.then is not None:
                result.then = _until_idle(stream, result.then)
            return result

        return synchronize

    patch.function(streams.synchronize_stream, greedy)


def _until_idle(stream: Stream, then: Function) -> Function:
    def again(outcome: Outcome) -> object:
        if outcome is not FIRED or stream.idle:
            return then(outcome)
        wait = stream.wait_settled("synchronize_stream", stream.submitted)
        wait.then = again
        return wait

    return again


def _no_block_too(patch: Patches) -> None:
    def patient(right: Function) -> Function:
        def synchronize(
            rt: Any, me: Any, stream: Stream, timeout: int | None = None, op: str = "synchronize_stream"
        ) -> object:
            subscription = stream.subscription
            if subscription is not None and any(task.stream is stream for task in subscription.queue.ready):
                return Wait(op, stream, _MS, lambda _: synchronize(rt, me, stream, timeout, op))
            if not stream.idle:
                wait = stream.wait_settled(op, stream.submitted, timeout)
                wait.then = lambda _: synchronize(rt, me, stream, timeout, op)
                return wait
            return right(rt, me, stream, timeout, op)

        return synchronize

    patch.function(streams.synchronize_stream, patient)


def _shortest_first(patch: Patches) -> None:
    def sorting(right: Function) -> Function:
        def finish(stream: Stream) -> None:
            waiting = [task for task in list(stream.queue)[1:3] if isinstance(task, ExecuteTask)]
            if [task.duration for task in waiting[1:]] < [task.duration for task in waiting[:-1]]:
                stream.queue[1], stream.queue[2] = stream.queue[2], stream.queue[1]
            right(stream)

        return finish

    patch.method(Stream, "finish", sorting)


def _lowest_first(patch: Patches) -> None:
    def upside_down(right: Function) -> Function:
        def request(engine: Engine, stream: Stream, *args: object) -> None:
            stream.priority = -stream.priority
            right(engine, stream, *args)
            stream.priority = -stream.priority

        return request

    patch.method(Engine, "request", upside_down)


def _enough_for_all(patch: Patches) -> None:
    def generous(right: Function) -> Function:
        def request(engine: Engine, *args: object) -> None:
            engine.free = engine.capacity
            right(engine, *args)

        return request

    patch.method(Engine, "request", generous)


def _endless_streams(patch: Patches) -> None:
    def generous(right: Function) -> Function:
        def make_stream(rt: Any, context: Any, *args: object, **settings: object) -> object:
            used, context.device.streams_used = context.device.streams_used, 0
            stream = right(rt, context, *args, **settings)
            context.device.streams_used = used + 1
            return stream

        return make_stream

    patch.function(streams.make_stream, generous)


def _full_refused(patch: Patches) -> None:
    patch.function(submitting.stream_room, lambda _right: lambda _stream, _retry: Fault.INTERNAL)


def _destroyed_at_once(patch: Patches) -> None:
    patch.function(streams.destroy_stream, lambda _right: streams.destroy_stream_force)


def _handles_live_on(patch: Patches) -> None:
    patch.attribute(HandleTable, "remove", lambda _table, _handle: None)


def _for_ever(patch: Patches) -> None:
    patch.function(
        streams.synchronize_stream, lambda right: lambda rt, me, stream, *_timeout: right(rt, me, stream)
    )


def _device_for_ever(patch: Patches) -> None:
    patch.function(
        streams.synchronize_device,
        lambda right: lambda rt, me, context, *_timeout: right(rt, me, context),
    )


def _drops_at_timeout(patch: Patches) -> None:
    def impatient(right: Function) -> Function:
        def settled(stream: Stream, outcome: Outcome) -> object:
            if outcome is EXPIRED:
                stream.drop("a sync had waited too long")
            return right(stream, outcome)

        return settled

    patch.method(Stream, "settled", impatient)


def _timeout_code(patch: Patches) -> None:
    def wrong(right: Function) -> Function:
        def settled(stream: Stream, outcome: Outcome) -> object:
            return Fault.EVENT_SYNC_TIMEOUT if outcome is EXPIRED else right(stream, outcome)

        return settled

    patch.method(Stream, "settled", wrong)


def _failure_forgotten(patch: Patches) -> None:
    def silent(right: Function) -> Function:
        def take_error(stream: Stream) -> int:
            right(stream)
            return 0

        return take_error

    patch.method(Stream, "take_error", silent)


def _failure_again(patch: Patches) -> None:
    def keeping(right: Function) -> Function:
        def take_error(stream: Stream) -> object:
            error = right(stream)
            stream.error = error
            return error

        return take_error

    patch.method(Stream, "take_error", keeping)


def _always_complete(patch: Patches) -> None:
    patch.function(streams.query_stream, lambda _right: lambda _rt, _stream: (streams.COMPLETE,))


def _query_fails(patch: Patches) -> None:
    patch.function(streams.query_stream, lambda right: lambda rt, stream: stream.error or right(rt, stream))


def _without_the_last(patch: Patches) -> None:
    def skipping(right: Function) -> Function:
        def synchronize(rt: Any, me: Any, context: Any, *timeout: Any) -> object:
            every, context.streams = context.streams, context.streams[:-1]
            result = right(rt, me, context, *timeout)
            context.streams = every
            return result

        return synchronize

    patch.function(streams.synchronize_device, skipping)


def _stop_mode_ignored(patch: Patches) -> None:
    patch.function(attributes.set_failure_mode, lambda _right: lambda _me, _stream, _mode: None)


def _stops_one_stream(patch: Patches) -> None:
    def narrow(right: Function) -> Function:
        def fail_head(stream: Stream, *args: object) -> None:
            right(stream, *args)
            stream.context.stop_code = 0

        return fail_head

    patch.method(Stream, "fail_head", narrow)


def _always_stops(patch: Patches) -> None:
    def stopping(right: Function) -> Function:
        def fail_head(stream: Stream, *args: object) -> None:
            stream.stop_on_failure = True
            right(stream, *args)

        return fail_head

    patch.method(Stream, "fail_head", stopping)


def _drops_silently(patch: Patches) -> None:
    def silent(right: Function) -> Function:
        def drop(stream: Stream, reason: str) -> None:
            stream.queue.clear()
            right(stream, reason)

        return drop

    patch.method(Stream, "drop", silent)


MUTANTS: Final = (
    Mutant("sync-returns-early", "a sync returns one task early", _one_task_early, ("O7",)),
    Mutant("sync-covers-later-tasks", "a sync waits for tasks launched later", _later_tasks_too, ("e11b",)),
    Mutant("sync-waits-for-no-block", "a sync waits for non-blocking callbacks", _no_block_too, ("a18",)),
    Mutant(
        "shortest-task-first", "a short task overtakes a long one on its stream", _shortest_first, ("e1",)
    ),
    Mutant("priority-inversion", "the stream of lowest priority goes first", _lowest_first, ("e5",)),
    Mutant("no-competition", "every model finds all cores free", _enough_for_all, ("e5b",)),
    Mutant("endless-streams", "a device never runs out of streams", _endless_streams, ("e6",)),
    Mutant("full-queue-refuses", "a launch into a full queue fails", _full_refused, ("e8",)),
    Mutant("destroy-does-not-wait", "destroying a stream drops its tasks", _destroyed_at_once, ("e9",)),
    Mutant("handles-live-on", "a destroyed stream can still be used", _handles_live_on, ("e10",)),
    Mutant("sync-timeout-ignored", "a sync of a stream never gives up", _for_ever, ("e12",)),
    Mutant("device-sync-timeout-ignored", "a sync of a device never gives up", _device_for_ever, ("e12",)),
    Mutant("sync-timeout-code", "a sync gives up with the code of events", _timeout_code, ("e12",)),
    Mutant("sync-timeout-drops", "a sync that gives up drops the tasks", _drops_at_timeout, ("e12b",)),
    Mutant("failure-not-returned", "no sync returns a failure", _failure_forgotten, ("e13",)),
    Mutant("failure-returned-again", "every sync returns an old failure", _failure_again, ("e13",)),
    Mutant("query-always-complete", "stream_query says complete too early", _always_complete, ("e14",)),
    Mutant("query-shows-failures", "stream_query returns the failure of a task", _query_fails, ("e14b",)),
    Mutant("device-sync-skips-a-stream", "a device sync skips a stream", _without_the_last, ("e15",)),
    Mutant("stop-mode-ignored", "stop mode changes nothing", _stop_mode_ignored, ("e19",)),
    Mutant("stop-mode-one-stream", "stop mode stops one stream only", _stops_one_stream, ("e19",)),
    Mutant("continue-mode-stops", "a failure stops the context in any mode", _always_stops, ("e18",)),
    Mutant("drops-silently", "what is dropped is not said", _drops_silently, ("O12",)),
)
