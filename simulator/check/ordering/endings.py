"""Guarantees about how work ends: errors surface once (O11), nothing is lost without a reason (O12)."""

from __future__ import annotations

from typing import ClassVar, Final

from simulator.base.trace import (
    Called,
    ReportLost,
    StreamFailed,
    Submitted,
    Synchronized,
    TaskDropped,
    TaskRan,
)
from simulator.check.ordering.facts import Facts, Key, op_name
from simulator.check.ordering.guarantee import Watch, at
from simulator.check.ordering.launches import Launch, StreamFacts

# A sync that gave up says nothing about the stream's error and leaves it stored (rule e12).
GAVE_UP: Final = frozenset({507046, 507047})
# Rule h5: with pageable memory they synchronise their stream first, and return its error.
_SYNCING_COPIES: Final = frozenset({"memcpy_async", "aclrtMemcpyAsync", "memset_async", "aclrtMemsetAsync"})
_STOP_MODE: Final = frozenset({"set_stream_failure_mode", "aclrtSetStreamFailureMode"})


class ErrorsSurface(Watch):
    """O11 (rules e13, e19, i3); syncs of events do not return a stream's error."""

    guarantee: ClassVar[str] = "O11"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        # Failures per stream that no sync has returned yet: (task, code, place).
        self._stored: dict[str, list[tuple[int, int, int]]] = {}
        # Failures that a sync over several streams may have returned or left: both are right.
        self._unsure: dict[str, set[int]] = {}
        self._returned: dict[str, tuple[int, int]] = {}
        self._failed: dict[Key, tuple[int, TaskRan]] = {}
        self._kept: set[Key] = set()
        self._codes: set[int] = set()
        self._stop_mode = False
        self.on(TaskRan, self._ran)
        self.on(StreamFailed, self._stream_failed)
        self.on(Called, self._called)
        self.on(Synchronized, self._synchronized)

    def at_end(self) -> None:
        """Complain about failures that no stream kept."""
        for key, (place, task) in self._failed.items():
            if key not in self._kept:
                text = (
                    f"{self.facts.describe(*key)} failed with {task.code} {at(task.time)}, but no failure was"
                    f" stored on {task.stream}"
                )
                self.complain(text, place)

    def _ran(self, index: int, record: TaskRan) -> None:
        if record.code != 0:
            self._failed[record.stream, record.seq] = (index, record)

    def _stream_failed(self, index: int, record: StreamFailed) -> None:
        self._stored.setdefault(record.stream, []).append((record.seq, record.code, index))
        self._kept.add((record.stream, record.seq))
        self._codes.add(record.code)

    def _called(self, index: int, record: Called) -> None:
        del index
        op = op_name(record.op)
        if record.code == 0 and op in _STOP_MODE:
            self._stop_mode = True
        elif record.code and op in _SYNCING_COPIES and record.on is not None and not self._stop_mode:
            stored = self._stored.get(record.on, [])
            if record.code in [code for _, code, _ in stored]:
                del self._stored[record.on]

    def _synchronized(self, index: int, sync: Synchronized) -> None:
        op = op_name(sync.op).lower()
        if "synchronize" not in op or "event" in op or sync.code in GAVE_UP:
            return
        names = [name for name, _ in sync.targets]
        stored = [(name, *failure) for name in names for failure in self._stored.get(name, ())]
        # A failure behind the sync's last task may come in the same instant, before or after.
        targets = dict(sync.targets)
        due = [failure for failure in stored if failure[1] <= targets[failure[0]]]
        expected = {code for _, _, code, _ in stored}.union(*(self._unsure.get(name, ()) for name in names))
        expected |= self.facts.lost_devices  # rule i5
        if self._stop_mode:
            # Rule e19: every sync of the context returns the first failure, whichever stream it was on.
            expected |= self._codes
        if due and sync.code not in expected:
            name, seq, code, place = due[0]
            text = (
                f"{sync.op} of {sync.thread} returned {sync.code} {at(sync.time)}, although"
                f" {self.facts.describe(name, seq)} had failed with {code}"
            )
            self.complain(text, place, index)
        elif sync.code != 0 and sync.code not in expected:
            self._again(index, sync, names)
        if sync.code != 0 or due:
            self._clear(index, sync, names)

    def _again(self, index: int, sync: Synchronized, names: list[str]) -> None:
        for name in names:
            code, place = self._returned.get(name, (0, -1))
            if code == sync.code:
                text = (
                    f"{sync.op} of {sync.thread} returned {code} {at(sync.time)} again, although the"
                    f" failure of {name} had been returned and cleared"
                )
                self.complain(text, place, index)

    def _clear(self, index: int, sync: Synchronized, names: list[str]) -> None:
        if self._stop_mode:
            return
        # Rule e15: a device sync returns one code for all streams of its context.
        over_many = "device" in sync.op.lower() or len(names) > 1
        for name in names:
            codes = {code for _, code, _ in self._stored.pop(name, ())} | self._unsure.pop(name, set())
            if over_many and codes:
                self._unsure[name] = codes
            elif sync.code in codes:
                self._returned[name] = (sync.code, index)


class NothingLost(Watch):
    """O12; whether work that is left over is lost can only be said of a closed trace."""

    guarantee: ClassVar[str] = "O12"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.on(Submitted, self._submitted)
        self.on(TaskRan, self._ran)
        self.on(TaskDropped, self._dropped)
        self.on(ReportLost, self._lost)

    def at_end(self) -> None:
        """Complain about what has no end, launch by launch."""
        for stream in self.facts.streams.values():
            for launch in stream.launches:
                self._end_of(stream, launch)

    def _ran(self, index: int, record: TaskRan) -> None:
        self._left(index, record, "ran")

    def _dropped(self, index: int, record: TaskDropped) -> None:
        self._left(index, record, "was dropped")
        if not record.reason:
            what = self.facts.describe(record.stream, record.seq)
            self.complain(f"{what} was dropped {at(record.time)} without a reason", index)

    def _submitted(self, index: int, record: Submitted) -> None:
        stream = self.facts.stream(record.stream)
        if record.first <= stream.last or record.last < record.first:
            text = (
                f"{record.thread} launched {record.kind} {record.name!r} {at(record.time)} as tasks"
                f" {record.first} to {record.last} of {record.stream}, whose last task was {stream.last}"
            )
            self.complain(text, index)

    def _left(self, index: int, record: TaskRan | TaskDropped, how: str) -> None:
        stream = self.facts.stream(record.stream)
        what = f"{stream.describe(record.seq)} {how} {at(record.time)}"
        before = stream.left.get(record.seq)
        if before is not None:
            self.complain(f"{what}, although it had left its stream before", before, index)
        elif record.seq not in stream.by_seq:
            self.complain(f"{what}, but nobody submitted it", index)

    def _lost(self, index: int, record: ReportLost) -> None:
        stream = self.facts.stream(record.stream)
        what = f"the report of {stream.describe(record.seq)} was lost {at(record.time)}"
        launch = stream.by_seq.get(record.seq)
        if launch is not None and launch.started and (record.stream, record.seq) not in self.facts.doubled:
            self.complain(f"{what}, although its function had started", launch.started_index, index)
        if not record.reason:
            self.complain(f"{what} without a reason", index)

    def _end_of(self, stream: StreamFacts, launch: Launch) -> None:
        first, last = launch.submitted.first, launch.submitted.last
        open_tasks = [seq for seq in range(first, last + 1) if seq not in stream.left]
        if open_tasks:
            text = f"{stream.describe(open_tasks[0])} neither ran nor was dropped with a reason"
            self.complain(text, launch.index)
        if not launch.is_callback or launch.started or launch.lost is not None:
            return
        if launch.posted is not None:
            to = f"{launch} posted its report to {launch.posted.thread}"
            self.complain(f"{to}, but it was neither run nor lost with a reason", launch.posted_index)
        elif first in stream.left and launch.dropped is None and not launch.failed:
            text = f"{launch} left its stream, but its report was neither posted nor lost with a reason"
            self.complain(text, launch.index, stream.left[first])
