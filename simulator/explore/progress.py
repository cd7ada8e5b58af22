"""How far threads and callbacks had come, read from a trace so that two runs of one program can be compared."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TypeAlias

from simulator.base.trace import Blocked, CallbackEnded, CallbackStarted, Called, Submitted, Trace
from simulator.check.ordering.launches import BLOCKING, CALLBACKS

# By which thread something was launched, and as its how manieth: the same in every order.
Key: TypeAlias = tuple[str, int]


@dataclass(slots=True)
class RanCallback:
    """A callback of one run: its launch, the thread that ran it, and where in the trace it began and ended."""

    launch: Submitted
    thread: str = ""
    began: int | None = None
    ended: int | None = None

    def __str__(self) -> str:
        return f"{self.name}, launched at {self.launch.site} with block {int(self.blocks)}"

    @property
    def name(self) -> str:
        """What people call it."""
        return f"callback {self.launch.name}"

    @property
    def blocks(self) -> bool:
        """Whether its stream waits for it."""
        return self.launch.kind in BLOCKING

    def until(self, run: Run) -> int:
        """Return where in the trace of *run* it ended, or that of a run in which it did not."""
        return run.length if self.ended is None else self.ended


class Run:
    """What each thread of a run launched and called, with the places in the trace, and how its callbacks went.

    `marks` are the places where a thread began to wait in a call and where its calls returned, each with the number
    of calls that had returned by then.
    """

    def __init__(self, trace: Trace) -> None:
        self.launches: dict[Key, tuple[int, Submitted]] = {}
        self.callbacks: dict[Key, RanCallback] = {}
        self.calls: dict[str, list[tuple[int, Called]]] = {}
        self.marks: dict[str, list[tuple[int, int]]] = {}
        self.length = len(trace)
        self._count: Counter[str] = Counter()
        self._by_task: dict[tuple[str, int], RanCallback] = {}
        for index, record in enumerate(trace.records):
            match record:
                case Submitted():
                    self._submitted(index, record)
                case Blocked(op=op) if op.startswith("synchronize"):
                    calls = self.calls.get(record.thread, [])
                    self.marks.setdefault(record.thread, []).append((index, len(calls)))
                case Called():
                    self._called(index, record)
                case CallbackStarted() | CallbackEnded():
                    self._ran(index, record)
                case _:
                    pass

    def __repr__(self) -> str:
        return f"<run of {len(self.calls)} threads, {len(self.callbacks)} callbacks>"

    def _submitted(self, index: int, record: Submitted) -> None:
        self._count[record.thread] += 1
        key = record.thread, self._count[record.thread]
        self.launches[key] = index, record
        self.marks.setdefault(record.thread, [])
        if record.kind in CALLBACKS:
            self.callbacks[key] = self._by_task[record.stream, record.first] = RanCallback(record)

    def _called(self, index: int, record: Called) -> None:
        if record.site is None:  # its launch tells the place
            _, launch = self.launches.get((record.thread, self._count[record.thread]), (0, None))
            record = record._replace(site=launch.site if launch is not None else None)
        calls = self.calls.setdefault(record.thread, [])
        calls.append((index, record))
        self.marks.setdefault(record.thread, []).append((index, len(calls)))

    def _ran(self, index: int, record: CallbackStarted | CallbackEnded) -> None:
        callback = self._by_task.get((record.stream, record.seq))
        if callback is None:
            return
        if isinstance(record, CallbackEnded):
            callback.ended = index
        else:
            callback.thread, callback.began = record.thread, index

    def past(self, thread: str, mark: int) -> str:
        """Return the call that *thread* had behind it at its mark with that number, the last one if there is none."""
        marks = self.marks[thread]
        count = marks[mark][1] if mark < len(marks) else len(self.calls.get(thread, ()))
        if not count:
            return "its launch"
        _, call = self.calls[thread][count - 1]
        return f"{call.op} at {call.site}"
