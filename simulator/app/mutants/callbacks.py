"""Mutants of how callbacks are launched, hold their streams, and let them go (rules a and d)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from simulator.app.mutants.mutant import Mutant
from simulator.app.mutants.patches import Function, Patches
from simulator.core import lowering
from simulator.core.operations import launches, reports
from simulator.core.reports import Subscription
from simulator.core.streams import Stream
from simulator.core.tasks import CallbackTask, EffectTask, HeldCallbackTask, Task

# Private names are cut where it hurts, and the model's objects go through unchanged.
# ruff: noqa: SLF001, ANN401


def _release_after_the_batch(patch: Patches) -> None:
    late: list[Callable[[], object]] = []

    def later(right: Function) -> Function:
        def acknowledge(rt: Any, me: Any, task: CallbackTask) -> bool:
            late.append(lambda: right(rt, me, task))
            return True

        return acknowledge

    def with_all(right: Function) -> Function:
        def run_all(*args: object) -> object:
            try:
                return right(*args)
            finally:
                for release in late:
                    release()
                late.clear()

        return run_all

    patch.function(reports._acknowledge, later)
    patch.function(reports.run_all, with_all)


def _release_before_the_function(patch: Patches) -> None:
    def early(right: Function) -> Function:
        def run_one(rt: Any, me: Any, task: CallbackTask) -> object:
            if task.block:
                task.release()
            return right(rt, me, task)

        return run_one

    patch.function(reports._run_one, early)
    patch.function(reports._acknowledge, lambda _right: lambda *_args: True)


def _no_block_holds(patch: Patches) -> None:
    class Holding(HeldCallbackTask):
        """A non-blocking callback that leaves its stream only when it has run."""

        __slots__ = ()

    def holding(
        stream: Stream,
        subscription: Subscription,
        fn: Function,
        data: object,
        site: Any,
    ) -> tuple[Task]:
        return (Holding().launched(fn, data, stream, subscription, site),)

    patch.function(lowering.no_block, lambda _right: holding)


def _held_by_nobody(patch: Patches) -> None:
    patch.attribute(HeldCallbackTask, "waits_for_host", value=False)


def _without_wait_task(patch: Patches) -> None:
    patch.function(lowering._stars, lambda right: lambda *args: right(*args)[:1])
    patch.function(lowering._notify, lambda right: lambda *args: right(*args)[:1])


def _report_overtakes(patch: Patches) -> None:
    def overtaking(right: Function) -> Function:
        def no_block(stream: Stream, subscription: Subscription, *args: object) -> tuple[Task]:
            (task,) = right(stream, subscription, *args)
            if stream.queue and isinstance(stream.queue[-1], EffectTask):
                stream.kernel.after(0, partial(subscription.queue.post, task))
            return (task,)

        return no_block

    patch.function(lowering.no_block, overtaking)


def _two_hidden_threads(patch: Patches) -> None:
    def another(right: Function) -> Function:
        def hidden_queue(rt: Any, context: Any) -> object:
            context.hidden_queue = None
            return right(rt, context)

        return hidden_queue

    patch.function(launches._hidden_queue, another)


def _host_functions_pass(patch: Patches) -> None:
    def passing(right: Function) -> Function:
        def launch(
            rt: Any,
            me: Any,
            fn: Function,
            data: object,
            block: int,
            stream: Stream,
            kind: str = "callback",
        ) -> object:
            return right(rt, me, fn, data, 0 if kind == "host-func" else block, stream, kind)

        return launch

    patch.function(launches.launch_callback, passing)


def _unsubscribed_accepted(patch: Patches) -> None:
    def lenient(right: Function) -> Function:
        def launch(
            rt: Any, me: Any, fn: Function, data: object, block: int, stream: Stream, *kind: str
        ) -> object:
            return None if stream.subscription is None else right(rt, me, fn, data, block, stream, *kind)

        return launch

    patch.checks("acl.rt.launch_callback", lambda checks: [each for each in checks if each.rule != "a8"])
    patch.function(launches.launch_callback, lenient)


def _any_block_type(patch: Patches) -> None:
    patch.checks("acl.rt.launch_callback", lambda checks: [each for each in checks if each.rule != "a1"])


def _first_check_last(patch: Patches) -> None:
    patch.checks("acl.rt.launch_callback", lambda checks: [*checks[1:], checks[0]])


def _subscription_first(patch: Patches) -> None:
    def sooner(checks: list[Any]) -> list[Any]:
        places = {check.rule: place for place, check in enumerate(checks)}
        checks.insert(places["a5"], checks.pop(places["a8"]))
        return checks

    patch.checks("acl.rt.launch_callback", sooner)


def _data_of_the_last(patch: Patches) -> None:
    before: list[object] = []

    def stale(right: Function) -> Function:
        def launched(task: CallbackTask, fn: Function, data: object, *args: object) -> object:
            before.append(data)
            return right(task, fn, before[-2] if before[1:] else data, *args)

        return launched

    patch.method(CallbackTask, "launched", stale)


MUTANTS: Final = (
    Mutant(
        "release-after-batch",
        "blocking callbacks are released after the batch",
        _release_after_the_batch,
        ("O3",),
    ),
    Mutant(
        "release-after-batch-on-stars",
        "on STARS, blocking callbacks are released after the batch",
        _release_after_the_batch,
        ("O3",),
        "Ascend910B",
    ),
    Mutant(
        "release-after-batch-on-950",
        "on the 950, blocking callbacks are released after the batch",
        _release_after_the_batch,
        ("O3",),
        "Ascend950",
    ),
    Mutant(
        "release-before-function",
        "blocking callbacks are released before they run",
        _release_before_the_function,
        ("O3", "O7"),
    ),
    Mutant("block-does-not-hold", "a blocking callback does not hold its stream", _held_by_nobody, ("O3",)),
    Mutant(
        "block-does-not-hold-on-stars",
        "on STARS, a blocking callback does not hold its stream",
        _without_wait_task,
        ("O3",),
        "Ascend910B",
    ),
    Mutant(
        "block-does-not-hold-on-950",
        "on the 950, a blocking callback does not hold its stream",
        _without_wait_task,
        ("O3",),
        "Ascend950",
    ),
    Mutant("no-block-holds", "a non-blocking callback holds its stream", _no_block_holds, ("O4",)),
    Mutant("report-overtakes-copy", "a report overtakes a copy", _report_overtakes, ("O1", "O2", "O5", "O9")),
    Mutant("two-hidden-threads", "host functions run on two threads", _two_hidden_threads, ("O10",)),
    Mutant(
        "host-function-does-not-hold",
        "a host function does not hold its stream",
        _host_functions_pass,
        ("d2",),
    ),
    Mutant(
        "unsubscribed-stream-accepted",
        "callbacks nobody can run are accepted",
        _unsubscribed_accepted,
        ("a8",),
    ),
    Mutant("any-block-type", "any block type is accepted", _any_block_type, ("a1",)),
    Mutant(
        "block-type-checked-last", "the block type is checked after the handle", _first_check_last, ("a9",)
    ),
    Mutant(
        "subscription-checked-first",
        "the subscription is looked for before the context",
        _subscription_first,
        ("a9",),
    ),
    Mutant("data-of-the-last", "a callback gets the data of the one before", _data_of_the_last, ("a3b",)),
)
