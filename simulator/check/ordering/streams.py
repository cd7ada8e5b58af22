"""Guarantees about streams: their own order (O1), syncs (O7), waits for events and notifies (O8)."""

from __future__ import annotations

from typing import ClassVar

from simulator.base.trace import EventBound, EventRecorded, ReportPosted, Synchronized, TaskRan
from simulator.base.wait_records import Passed
from simulator.check.ordering.facts import Facts, Key
from simulator.check.ordering.guarantee import Watch, at, duration
from simulator.check.ordering.notifies import NotifyWaits


class Fifo(Watch):
    """O1."""

    guarantee: ClassVar[str] = "O1"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        # One lost record would otherwise accuse every later task of the stream.
        self._overtaken: set[Key] = set()
        self.on(TaskRan, self._ran)
        self.on(ReportPosted, self._posted)

    def _ran(self, index: int, task: TaskRan) -> None:
        stream = self.facts.stream(task.stream)
        before = stream.last_ran
        if task.start > task.time:
            text = f"{stream.describe(task.seq)} started {at(task.start)} but left {at(task.time)}"
            self.complain(text, index)
        if before is not None and task.seq <= before.seq:
            text = f"{stream.describe(task.seq)} ran {at(task.time)}, after {stream.describe(before.seq)}"
            self.complain(text, stream.last_ran_index, index)
        elif before is not None and task.start < before.time:
            text = (
                f"{stream.describe(task.seq)} started {at(task.start)} while {stream.describe(before.seq)}"
                f" held the stream until {duration(before.time)}"
            )
            self.complain(text, stream.last_ran_index, index)
        self._behind(index, task.stream, task.seq, f"left {at(task.time)}")

    def _posted(self, index: int, record: ReportPosted) -> None:
        self._behind(index, record.stream, record.seq, f"posted its report {at(record.time)}")

    def _behind(self, index: int, name: str, seq: int, did: str) -> None:
        stream = self.facts.stream(name)
        ahead = stream.oldest_queued()
        if ahead is None or ahead >= seq or (name, ahead) in self._overtaken:
            return
        self._overtaken.add((name, ahead))
        text = f"{stream.describe(seq)} {did} while {stream.describe(ahead)} was still ahead of it"
        self.complain(text, stream.by_seq[ahead].index, index)


class SyncWaits(Watch):
    """O7; what counts is the last task at the sync's entry (rule e11b)."""

    guarantee: ClassVar[str] = "O7"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.on(Synchronized, self._synchronized)

    def _synchronized(self, index: int, sync: Synchronized) -> None:
        # Another code: its time was over, or its context had failed (rules e12, e19).
        if sync.code != 0:
            return
        returned = f"{sync.op} of {sync.thread} returned 0 {at(sync.time)}"
        for name, last in sync.targets:
            stream = self.facts.stream(name)
            left_over = stream.oldest_queued()
            if left_over is not None and left_over <= last:
                text = f"{returned}, but {stream.describe(left_over)}, submitted before the call, had not run"
                self.complain(text, stream.by_seq[left_over].index, index)
            callback = stream.oldest_blocking()
            if callback is not None and callback.submitted.last <= last:
                text = f"{returned}, but blocking {callback} had not returned"
                self.complain(text, callback.index, callback.started_index, index)


class WaitsForRecord(Watch):
    """O8 (rules f4-f7, f17)."""

    guarantee: ClassVar[str] = "O8"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self._bound: dict[Key, tuple[int, EventBound]] = {}
        self._recorded: set[tuple[str, str | None, int]] = set()
        # Per event, where it was last recorded and last reset: the flag that waits of the old kind look at.
        self._set: dict[str, int] = {}
        self._reset: dict[str, int] = {}
        self._notifies = NotifyWaits(facts, self.complain)
        self.on(EventBound, self._bind)
        self.on(EventRecorded, self._record)
        self.on(Passed, self._notifies.passed)
        self.on(TaskRan, self._ran)

    def _bind(self, index: int, bound: EventBound) -> None:
        if bound.seq:
            self._bound[bound.stream, bound.seq] = (index, bound)
        elif bound.source is not None and bound.source != bound.stream and not self._is_complete(bound):
            # Rules f6, f7: no task only when the record is done, or stands on the waiting stream itself.
            text = (
                f"the wait of {bound.stream} for event {bound.event} {at(bound.time)} added no task, although"
                f" its record ({self.facts.describe(bound.source, bound.source_seq)}) was not complete"
            )
            self.complain(text, index)

    def _is_complete(self, bound: EventBound) -> bool:
        return (bound.event, bound.source, bound.source_seq) in self._recorded

    def _record(self, index: int, record: EventRecorded) -> None:
        self._recorded.add((record.event, record.stream, record.seq))
        self._set[record.event] = index
        stream = self.facts.stream(record.stream)
        ahead = stream.oldest_queued()
        if ahead is not None and ahead < record.seq:
            text = (
                f"event {record.event} was complete {at(record.time)} while {stream.describe(ahead)},"
                " which its record captured, had not run"
            )
            self.complain(text, stream.by_seq[ahead].index, index)

    def _ran(self, index: int, task: TaskRan) -> None:
        self._notifies.ran(index, task)
        stream = self.facts.stream(task.stream)
        launch = stream.by_seq.get(task.seq)
        if launch is not None and launch.submitted.kind == "reset":
            self._reset[launch.submitted.name] = index
        place, bound = self._bound.pop((task.stream, task.seq), (-1, None))
        # A wait that ends in a failure, such as its own timeout, promises nothing about the event.
        if bound is None or task.code != 0:
            return
        what = f"task {task.seq} of {task.stream} passed its wait for event {bound.event} {at(task.time)}"
        if bound.source is None:
            recorded = self._set.get(bound.event, -1)
            # A reset may already have followed the record that let the wait pass (rule f12).
            reached = max(place, stream.last_ran_index)
            if recorded < 0 or recorded < min(reached, self._reset.get(bound.event, -1)):
                self.complain(f"{what}, but the event was not recorded then", place, index)
        elif not self._is_complete(bound):
            record = self.facts.describe(bound.source, bound.source_seq)
            self.complain(f"{what}, before its record ({record}) was complete", place, index)
