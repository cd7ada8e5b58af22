"""When the things that an `order` expectation names happened, read from a trace in one pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from simulator.base.trace import CallbackEnded, CallbackStarted, Called, Record, Submitted, TaskRan
from simulator.base.units import format_duration

# Launches of these are dated by the call itself: what they queue is the callback, which has a name of its
# own.
_DATED_BY_CALL: Final = frozenset({"launch_callback", "launch_host_func"})
_UNKNOWN: Final = -1


class Occurrence(NamedTuple):
    """One time that something happened; places in the trace decide among equal times.

    A call happens when it returns; a step that queues device work when its tasks run; a callback while its
    function runs. `start_index` is -1 for tasks: the trace tells a task's start only by its time.
    """

    start: int
    start_index: int
    end: int
    end_index: int
    where: frozenset[str]

    def precedes(self, other: Occurrence) -> bool:
        """Tell whether this was over when *other* began."""
        if other.start_index == _UNKNOWN:
            return self.end <= other.start and self.end_index < other.end_index
        return self.end_index < other.start_index

    def __str__(self) -> str:
        if self.start == self.end:
            return f"at {format_duration(self.end)}"
        return f"from {format_duration(self.start)} to {format_duration(self.end)}"


class Occurrences:
    """Everything in a trace that can be named, by name."""

    def __init__(self, trace: Iterable[Record]) -> None:
        self._by_name: dict[str, list[Occurrence]] = defaultdict(list)
        self._pending: dict[str, list[Submitted]] = defaultdict(list)
        self._launches: list[tuple[str, Submitted]] = []
        self._ran: dict[tuple[str, int], tuple[TaskRan, int]] = {}
        self._running: dict[tuple[str, int], tuple[int, int]] = {}
        for index, record in enumerate(trace):
            self._note(index, record)
        for op, submitted in self._launches:
            self._launch(op, submitted)
        for found in self._by_name.values():
            found.sort(key=lambda occurrence: (occurrence.end, occurrence.end_index))

    def __repr__(self) -> str:
        return f"<occurrences of {len(self._by_name)} names>"

    def of(self, name: str, places: Sequence[str] = ()) -> list[Occurrence]:
        """Return the occurrences of *name* by their ends; only those at one of *places* if given."""
        found = self._by_name.get(name, [])
        return [occurrence for occurrence in found if occurrence.where & set(places)] if places else found

    def _note(self, index: int, record: Record) -> None:
        match record:
            case Submitted():
                self._pending[record.thread].append(record)
            case Called():
                self._call(index, record)
            case TaskRan():
                self._ran[record.stream, record.seq] = (record, index)
            case CallbackStarted():
                self._running[record.stream, record.seq] = (record.time, index)
            case CallbackEnded():
                start, start_index = self._running.pop((record.stream, record.seq), (record.time, index))
                where = frozenset({record.stream, record.thread})
                self._by_name[record.name].append(Occurrence(start, start_index, record.time, index, where))
            case _:
                pass

    def _call(self, index: int, record: Called) -> None:
        """A thread's launches stand in the trace before the call that made them returns."""
        launches = self._pending.pop(record.thread, [])
        if launches and record.op not in _DATED_BY_CALL:
            self._launches += [(record.op, submitted) for submitted in launches]
        else:
            where = frozenset({record.thread, record.on or record.thread})
            self._by_name[record.op].append(Occurrence(record.time, index, record.time, index, where))

    def _launch(self, op: str, submitted: Submitted) -> None:
        first = self._ran.get((submitted.stream, submitted.first))
        last = self._ran.get((submitted.stream, submitted.last))
        if first is None or last is None:
            return
        where = frozenset({submitted.stream, submitted.thread})
        # A wait happens when it lets its stream go on; that it stood at the head before says nothing.
        start = last[0].time if submitted.kind == "wait" else first[0].start
        occurrence = Occurrence(start, _UNKNOWN, last[0].time, last[1], where)
        self._by_name[op].append(occurrence)
        if submitted.kind == "execute":
            self._by_name[submitted.name].append(occurrence)
