"""Mutants of subscriptions, report queues and process_report (rules b and c)."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any, Final

from acl_api import codes
from simulator.app.mutants.mutant import Mutant
from simulator.app.mutants.patches import Function, Patches
from simulator.base.errors import Fault
from simulator.core.operations import reports
from simulator.core.reports import Batch, ReportQueue
from simulator.core.streams import Stream
from simulator.core.tasks import CallbackTask
from simulator.engine.wait import EXPIRED, Outcome, Wait

# Private names are cut where it hurts, and the model's objects go through unchanged.
# ruff: noqa: SLF001, ANN401

_POLL: Final = "acl.rt.process_report"


def _lifo(patch: Patches) -> None:
    def taking(right: Function) -> Function:
        def take(queue: ReportQueue) -> object:
            queue.ready.reverse()
            return right(queue)

        return take

    patch.method(ReportQueue, "take", taking)


def _one_per_call(patch: Patches) -> None:
    def taking(right: Function) -> Function:
        def take(queue: ReportQueue) -> object:
            rest = deque(list(queue.ready)[1:])
            queue.ready = Batch(list(queue.ready)[:1])
            batch = right(queue)
            queue.ready.extend(rest)
            return batch

        return take

    patch.method(ReportQueue, "take", taking)


def _vanishes(patch: Patches) -> None:
    def posting(right: Function) -> Function:
        def post(queue: ReportQueue, task: CallbackTask) -> object:
            done = right(queue, task)
            if not task.block and task.seq % 3 == 0 and task in queue.ready:
                queue.ready.remove(task)
            return done

        return post

    patch.method(ReportQueue, "post", posting)


def _doubled(patch: Patches) -> None:
    def posting(right: Function) -> Function:
        def post(queue: ReportQueue, task: CallbackTask) -> object:
            done = right(queue, task)
            if not task.block and task in queue.ready:
                queue.ready.append(task)
            return done

        return post

    patch.method(ReportQueue, "post", posting)


def _lost_at_close(patch: Patches) -> None:
    def closing(right: Function) -> Function:
        def close(queue: ReportQueue, reason: str) -> None:
            queue.ready.clear()
            right(queue, reason)

        return close

    patch.method(ReportQueue, "close", closing)


def _dropped_when_full(patch: Patches) -> None:
    def posting(right: Function) -> Function:
        def post(queue: ReportQueue, task: CallbackTask) -> object:
            full = len(queue.ready) + queue.held >= queue.depth
            return not task.waits_for_host if full else right(queue, task)

        return post

    patch.method(ReportQueue, "post", posting)


def _by_priority(patch: Patches) -> None:
    def taking(right: Function) -> Function:
        def take(queue: ReportQueue) -> object:
            queue.ready = Batch(sorted(queue.ready, key=lambda task: task.stream.priority))
            return right(queue)

        return take

    patch.method(ReportQueue, "take", taking)


def _nested(patch: Patches) -> None:
    def nesting(right: Function) -> Function:
        def run_one(rt: Any, me: Any, task: CallbackTask) -> object:
            queue = task.queue
            if not queue.ready:
                return right(rt, me, task)
            inner = queue.ready.popleft()
            queue.held += 1
            fn = task.fn

            def both(data: object) -> object:
                right(rt, me, inner)
                return fn(data)

            task.fn = both
            return right(rt, me, task)

        return run_one

    patch.function(reports._run_one, nesting)


def _twice(patch: Patches) -> None:
    def running(right: Function) -> Function:
        def run_one(*args: object) -> object:
            right(*args)
            return right(*args)

        return run_one

    patch.function(reports._run_one, running)


def _anybody(patch: Patches) -> None:
    def taking(right: Function) -> Function:
        def process_report(rt: Any, me: Any, timeout_ms: int) -> object:
            own = rt.reports.by_ident[me.thread.ident]
            for queue in rt.reports.by_ident.values():
                if queue.ready and queue.device is own.device and not own.ready:
                    return queue.take()
            return right(rt, me, timeout_ms)

        return process_report

    patch.function(reports.process_report, taking)


def _timeout_ignored(patch: Patches) -> None:
    patch.function(reports.process_report, lambda right: lambda rt, me, _timeout_ms: right(rt, me, -1))


def _gives_up_at_once(patch: Patches) -> None:
    def hasty(right: Function) -> Function:
        def process_report(rt: Any, me: Any, timeout_ms: int) -> object:
            result = right(rt, me, timeout_ms)
            if isinstance(result, Wait) and result.timeout is not None:
                result.timeout = 1
            return result

        return process_report

    patch.function(reports.process_report, hasty)


def _arrived(answer: Fault | None) -> Any:
    def apply(patch: Patches) -> None:
        def wrong(right: Function) -> Function:
            def arrived(queue: ReportQueue, outcome: Outcome) -> object:
                return answer if outcome is EXPIRED and not queue.ready else right(queue, outcome)

            return arrived

        patch.method(ReportQueue, "arrived", wrong)

    return apply


def _zero_accepted(patch: Patches) -> None:
    patch.checks(_POLL, lambda checks: [check for check in checks if check.rule != "c1"])


def _wrong_code(patch: Patches) -> None:
    code = codes.ACL_ERROR_RT_REPORT_TIMEOUT
    patch.checks(_POLL, lambda checks: [replace(c, code=code) if c.rule == "c2" else c for c in checks])


def _subscribed_again(patch: Patches) -> None:
    def moving(right: Function) -> Function:
        def subscribe_report(rt: Any, ident: int, stream: Stream) -> object:
            reports.unsubscribe_stream(rt, stream, "another thread was subscribed to it")
            return right(rt, ident, stream)

        return subscribe_report

    patch.function(reports.subscribe_report, moving)


def _families_mixed(patch: Patches) -> None:
    def lenient(right: Function) -> Function:
        def subscribe_report(rt: Any, ident: int, stream: Stream) -> object:
            if stream.subscription is not None and stream.subscription.internal:
                stream.subscription = None
            return right(rt, ident, stream)

        return subscribe_report

    patch.checks("acl.rt.subscribe_report", lambda checks: [check for check in checks if check.rule != "b5"])
    patch.function(reports.subscribe_report, lenient)


def _two_devices(patch: Patches) -> None:
    def anywhere(right: Function) -> Function:
        def subscribe_report(rt: Any, ident: int, stream: Stream) -> object:
            queue = rt.reports.by_ident.get(ident)
            if queue is not None and queue.device is not stream.context.device:
                reports.subscribe_stream(rt, stream, queue, internal=False)
                return None
            return right(rt, ident, stream)

        return subscribe_report

    patch.function(reports.subscribe_report, anywhere)


def _leaves_at_once(patch: Patches) -> None:
    def hasty(right: Function) -> Function:
        def unsubscribe_report(rt: Any, me: Any, stream: Stream) -> object:
            stream.last_blocking = 0
            return right(rt, me, stream)

        return unsubscribe_report

    patch.function(reports.unsubscribe_report, hasty)


MUTANTS: Final = (
    Mutant("lifo-reports", "reports are taken last in, first out", _lifo, ("O5", "O9")),
    Mutant("one-report-per-call", "process_report takes one report", _one_per_call, ("O9",)),
    Mutant("reports-vanish", "some reports vanish", _vanishes, ("O5", "O9", "O12")),
    Mutant("reports-doubled", "reports come twice", _doubled, ("O5",)),
    Mutant("reports-lost-on-unsubscribe", "unsubscribing loses reports silently", _lost_at_close, ("O12",)),
    Mutant("full-queue-drops-reports", "a full report queue drops what comes", _dropped_when_full, ("c9",)),
    Mutant("priority-orders-reports", "the report of a higher priority goes first", _by_priority, ("a20",)),
    Mutant("callbacks-nest", "a callback starts inside another one", _nested, ("O6", "O5", "O9")),
    Mutant("callbacks-run-twice", "callbacks run twice", _twice, ("O5",)),
    Mutant("anybody-runs-callbacks", "a report thread runs callbacks of another one", _anybody, ("O5", "O9")),
    Mutant("report-timeout-ignored", "process_report waits for ever", _timeout_ignored, ("c3",)),
    Mutant("report-timeout-too-early", "process_report hardly waits", _gives_up_at_once, ("c3",)),
    Mutant("report-timeout-is-success", "process_report in vain returns 0", _arrived(None), ("c3",)),
    Mutant(
        "report-timeout-code",
        "process_report in vain returns the code of a sync",
        _arrived(Fault.STREAM_SYNC_TIMEOUT),
        ("c3",),
    ),
    Mutant("report-timeout-zero", "process_report takes the timeout 0", _zero_accepted, ("c3",)),
    Mutant(
        "unsubscribed-thread-code",
        "polling without a subscription looks like polling in vain",
        _wrong_code,
        ("c2",),
    ),
    Mutant("second-subscription-accepted", "a subscription replaces another one", _subscribed_again, ("b3",)),
    Mutant("families-mixed", "a stream of host functions takes a subscription", _families_mixed, ("d4",)),
    Mutant("thread-on-two-devices", "a report thread serves two devices", _two_devices, ("b4",)),
    Mutant(
        "unsubscribe-does-not-wait",
        "unsubscribing does not wait for blocking callbacks",
        _leaves_at_once,
        ("b14",),
        "Ascend910B",
    ),
)
