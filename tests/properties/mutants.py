"""Runtimes that are wrong on purpose: each shows that the property kit would notice that mistake.

A mutant changes what the model does, never what it records: the trace stays the truth about a wrong run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest

from simulator.core import lowering
from simulator.core.events import Event
from simulator.core.operations import events, launches, reports
from simulator.core.reports import Batch, ReportQueue
from simulator.core.streams import Stream
from simulator.core.tasks import CallbackTask, EffectTask, HeldCallbackTask, RecordTask, WaitTask

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Mutant:
    """A mistake: what it is, how to make it, on which profile, and which guarantees may notice it."""

    mistake: str
    apply: Patch
    caught_by: frozenset[str]
    soc: str = "Ascend910"

    def __str__(self) -> str:
        return self.mistake.replace(" ", "-")


def _lifo_reports(patch: pytest.MonkeyPatch) -> None:
    take = ReportQueue.take

    def taken(queue: ReportQueue):
        queue.ready.reverse()
        return take(queue)

    patch.setattr(ReportQueue, "take", taken)


def _one_report_per_call(patch: pytest.MonkeyPatch) -> None:
    take = ReportQueue.take

    def taken(queue: ReportQueue):
        rest = deque(list(queue.ready)[1:])
        queue.ready = Batch(list(queue.ready)[:1])
        batch = take(queue)
        queue.ready.extend(rest)
        return batch

    patch.setattr(ReportQueue, "take", taken)


def _release_after_the_batch(patch: pytest.MonkeyPatch) -> None:
    acknowledge, run_all = reports._acknowledge, reports.run_all  # noqa: SLF001 - a mutant cuts where it hurts
    late: list[Callable[[], object]] = []

    def later(rt, me, task) -> bool:
        late.append(lambda: acknowledge(rt, me, task))
        return True

    def run(rt, me, batch):
        try:
            return run_all(rt, me, batch)
        finally:
            for release in late:
                release()
            late.clear()

    patch.setattr(reports, "_acknowledge", later)
    patch.setattr(reports, "run_all", run)


def _release_before_the_function(patch: pytest.MonkeyPatch) -> None:
    acknowledge, run_one = reports._acknowledge, reports._run_one  # noqa: SLF001 - see above

    def run(rt, me, task: CallbackTask):
        if task.block:
            acknowledge(rt, me, task)
        return run_one(rt, me, task)

    patch.setattr(reports, "_run_one", run)
    patch.setattr(reports, "_acknowledge", lambda _rt, _me, _task: True)


def _no_block_holds(patch: pytest.MonkeyPatch) -> None:
    class Holding(HeldCallbackTask):
        """A non-blocking callback that leaves its stream only when it has run."""

        __slots__ = ()

    def lower(stream, subscription, fn, data, site):
        return (Holding(fn, data, stream, stream.submitted + 1, subscription, site),)

    patch.setattr(lowering, "no_block", lower)


def _silent_loss(patch: pytest.MonkeyPatch) -> None:
    close = ReportQueue.close

    def closed(queue: ReportQueue, reason: str) -> None:
        queue.ready.clear()
        close(queue, reason)

    patch.setattr(ReportQueue, "close", closed)


def _report_lost_at_post(patch: pytest.MonkeyPatch) -> None:
    post = ReportQueue.post

    def posted(queue: ReportQueue, task: CallbackTask) -> bool:
        done = post(queue, task)
        if not task.block and task.seq % 3 == 0 and task in queue.ready:
            queue.ready.remove(task)
        return done

    patch.setattr(ReportQueue, "post", posted)


def _two_hidden_threads(patch: pytest.MonkeyPatch) -> None:
    hidden = launches._hidden_queue  # noqa: SLF001 - see above

    def another(rt, context):
        context.hidden_queue = None
        return hidden(rt, context)

    patch.setattr(launches, "_hidden_queue", another)


def _sync_returns_early(patch: pytest.MonkeyPatch) -> None:
    settled = Stream.wait_settled

    def one_less(stream: Stream, op: str, target: int, timeout: int | None = None):
        return settled(stream, op, max(stream.done + 1, target - 1), timeout)

    patch.setattr(Stream, "wait_settled", one_less)


def _drops_silently(patch: pytest.MonkeyPatch) -> None:
    drop = Stream.drop

    def dropped(stream: Stream, reason: str) -> None:
        stream.queue.clear()
        drop(stream, reason)

    patch.setattr(Stream, "drop", dropped)


def _owners(patch: pytest.MonkeyPatch) -> dict[int, Event]:
    """Return whose recording each signal is, by id; events live as long as the run."""
    owners: dict[int, Event] = {}

    def recorded(event: Event, stream: Stream, seq: int) -> RecordTask:
        recording = RecordTask(event, stream, seq)
        owners[id(recording)] = event
        return recording

    patch.setattr(events, "RecordTask", recorded)
    return owners


def _shared_event_flag(patch: pytest.MonkeyPatch) -> None:
    owners = _owners(patch)

    def wait(signal):
        event = owners.get(id(signal))
        return WaitTask(signal if event is None else event.flag)

    patch.setattr(events, "WaitTask", wait)


def _wait_bound_when_it_runs(patch: pytest.MonkeyPatch) -> None:
    owners = _owners(patch)
    begin = WaitTask.begin

    def begun(task: WaitTask, stream: Stream) -> bool:
        event = owners.get(id(task.signal))
        if event is not None and event.latest is not None:
            task.signal = event.latest
        return begin(task, stream)

    patch.setattr(WaitTask, "begin", begun)


def _record_runs_early(patch: pytest.MonkeyPatch) -> None:
    def record(event: Event, stream: Stream, seq: int) -> RecordTask:
        recording = RecordTask(event, stream, seq)
        event.complete(recording, stream)
        return recording

    patch.setattr(events, "RecordTask", record)


def _report_overtakes(patch: pytest.MonkeyPatch) -> None:
    no_block = lowering.no_block

    def lower(stream, subscription, fn, data, site):
        (task,) = no_block(stream, subscription, fn, data, site)
        if stream.queue and isinstance(stream.queue[-1], EffectTask):
            stream.kernel.after(0, partial(subscription.queue.post, task))
        return (task,)

    patch.setattr(lowering, "no_block", lower)


def _callbacks_nest(patch: pytest.MonkeyPatch) -> None:
    run_one = reports._run_one  # noqa: SLF001 - see above

    def run(rt, me, task: CallbackTask):
        queue = task.queue
        if not queue.ready:
            return run_one(rt, me, task)
        inner = queue.ready.popleft()
        queue.held += 1
        fn = task.fn

        def both(data: object) -> object:
            run_one(rt, me, inner)
            return fn(data)

        task.fn = both
        return run_one(rt, me, task)

    patch.setattr(reports, "_run_one", run)


def _runs_twice(patch: pytest.MonkeyPatch) -> None:
    run_one = reports._run_one  # noqa: SLF001 - see above

    def run(rt, me, task: CallbackTask):
        run_one(rt, me, task)
        return run_one(rt, me, task)

    patch.setattr(reports, "_run_one", run)


def _of(*names: str) -> frozenset[str]:
    return frozenset(names)


MUTANTS = (
    Mutant("reports are taken last in first out", _lifo_reports, _of("O5", "O9")),
    Mutant("one report per process_report", _one_report_per_call, _of("O9")),
    Mutant("blocking callbacks are released after the batch", _release_after_the_batch, _of("O3")),
    Mutant("the same on STARS", _release_after_the_batch, _of("O3"), "Ascend910B"),
    Mutant("the same on 950", _release_after_the_batch, _of("O3"), "Ascend950"),
    Mutant("blocking callbacks are released before they run", _release_before_the_function, _of("O3", "O7")),
    Mutant("a non-blocking callback holds its stream", _no_block_holds, _of("O4")),
    Mutant("unsubscribing loses reports silently", _silent_loss, _of("O12")),
    Mutant("some reports vanish", _report_lost_at_post, _of("O5", "O9", "O12")),
    Mutant("host functions run on two threads", _two_hidden_threads, _of("O10")),
    Mutant("a sync returns one task early", _sync_returns_early, _of("O7")),
    Mutant("what is dropped is not said", _drops_silently, _of("O12")),
    Mutant("an event has one flag for all its records", _shared_event_flag, _of("O8")),
    Mutant("a wait is bound when it runs, not when it is called", _wait_bound_when_it_runs, _of("O8")),
    Mutant("an event is complete before its record is reached", _record_runs_early, _of("O8")),
    Mutant("a report overtakes a copy", _report_overtakes, _of("O1", "O2", "O5", "O9")),
    Mutant("a callback starts inside another one", _callbacks_nest, _of("O6", "O5", "O9")),
    Mutant("callbacks run twice", _runs_twice, _of("O5")),
)
