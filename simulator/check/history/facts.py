"""What a history holds: launches, runs of callbacks, subscriptions, calls, each with its beginning and its end."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from simulator.base.subscription_records import Subscribed, Unsubscribed
from simulator.base.trace import CallbackEnded, CallbackStarted, Called, Record, Submitted

Key = tuple[str, int]
LAUNCHES: Final = frozenset({"launch_callback", "launch_host_func"})
POLL: Final = "process_report"
# What takes subscriptions away besides unsubscribing: its own stream's, or those of some context (rule b17).
_TAKES_ITS_OWN: Final = frozenset({"destroy_stream", "destroy_stream_force"})
_TAKES_SOME: Final = frozenset({"destroy_context", "reset_device", "reset_device_force", "finalize"})
# What makes a stream with flags, and the flags of those whose syncs and queries do not wait (rules e2, e11).
MAKES_FLAGGED: Final = frozenset({"create_stream_with_config"})
_NOT_WAITED_FOR: Final = 0x4 | 0x10 | 0x20
_FLAGS: Final = "flags "
# How many calls of a thread may lie between one and those inside of the callbacks that it runs.
NESTED: Final = 64


def flags_text(value: object) -> str:
    """Return what a recording says about a stream that was made with flags."""
    return f"{_FLAGS}{value}"


@dataclass(frozen=True, slots=True)
class Launch:
    """A callback that was accepted, between two times; `index` is its place in the trace."""

    stream: str
    seq: int
    name: str
    thread: str
    block: bool
    hidden: bool
    began: int
    ended: int
    site: str | None
    index: int

    @property
    def where(self) -> str:
        """Where it was launched, for people."""
        return f"launched at {self.site}" if self.site else f"launch {self.seq}"


@dataclass(slots=True)
class Run:
    """One run of a callback; `end` is None when it was not seen to return."""

    stream: str
    seq: int
    name: str
    thread: str
    start: int
    index: int
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Bond:
    """A subscription: certainly there from `since` to `until`, perhaps from `asked` to `gone` (None: to the end)."""

    stream: str
    thread: str
    asked: int
    since: int
    until: int | None = None
    gone: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call that has returned, what it has queued, and its place in the trace."""

    record: Called
    index: int
    queued: Submitted | None = None
    launch: Launch | None = None


@dataclass
class History:
    """Everything that was seen, sorted out."""

    launches: dict[Key, Launch] = field(default_factory=dict)
    runs: dict[Key, list[Run]] = field(default_factory=lambda: defaultdict(list))
    bonds: dict[str, list[Bond]] = field(default_factory=lambda: defaultdict(list))
    calls: list[Call] = field(default_factory=list)
    # Streams whose syncs do not wait, and since when each stream may be served by the runtime's own thread.
    unwaited: set[str] = field(default_factory=set)
    hidden: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, trace: Iterable[Record]) -> History:
        """Read a trace."""
        history = cls()
        # What a thread's call has brought about is written down just before the call itself.
        submitted: dict[str, tuple[Submitted, int]] = {}
        bound: dict[str, Subscribed | Unsubscribed] = {}
        for index, record in enumerate(trace):
            match record:
                case Submitted():
                    submitted[record.thread] = record, index
                case Subscribed() | Unsubscribed():
                    bound[record.stream] = record
                case CallbackStarted():
                    run = Run(record.stream, record.seq, record.name, record.thread, record.time, index)
                    history.runs[record.stream, record.seq].append(run)
                case CallbackEnded():
                    history._end(record)
                case Called():
                    history._call(record, index, submitted, bound)
                case _:
                    pass
        return history

    def _end(self, record: CallbackEnded) -> None:
        for run in self.runs.get((record.stream, record.seq), ()):
            if run.end is None and run.thread == record.thread:
                run.end = record.time

    def _call(
        self,
        record: Called,
        index: int,
        submitted: dict[str, tuple[Submitted, int]],
        bound: dict[str, Subscribed | Unsubscribed],
    ) -> None:
        queued, place = submitted.pop(record.thread, (None, -1))
        launch = None
        if queued is not None and record.op in LAUNCHES:
            launch = Launch(
                queued.stream, queued.first, queued.name, record.thread,
                queued.kind != "callback-no-block", record.op != "launch_callback",
                record.began, record.time, queued.site, place,
            )  # fmt: skip
            self.launches[queued.stream, queued.first] = launch
            if launch.hidden:
                self.hidden.setdefault(launch.stream, launch.began)
        self.calls.append(Call(record, index, queued, launch))
        change = bound.pop(record.on, None) if record.on and record.op.endswith("subscribe_report") else None
        if change is not None and not record.code:
            self._bind(record, change)
        elif not record.code:
            self._take(record)
            self._note_flags(record)

    def _bind(self, record: Called, change: Subscribed | Unsubscribed) -> None:
        bonds = self.bonds[change.stream]
        if isinstance(change, Subscribed):
            bonds.append(Bond(change.stream, change.thread, record.began, record.time))
        elif bonds and bonds[-1].until is None:
            last = bonds.pop()
            bonds.append(Bond(last.stream, last.thread, last.asked, last.since, record.began, record.time))

    def _take(self, record: Called) -> None:
        """End the subscriptions that a call has taken away, or may have."""
        if record.op in _TAKES_SOME:
            for bonds in self.bonds.values():
                bonds[:] = [
                    replace(bond, until=record.began) if bond.until is None else bond for bond in bonds
                ]
        elif record.op in _TAKES_ITS_OWN:
            bonds = self.bonds[record.on or ""]
            bonds[:] = [
                replace(bond, until=record.began, gone=record.time) if bond.until is None else bond
                for bond in bonds
            ]

    def _note_flags(self, record: Called) -> None:
        if record.op in MAKES_FLAGGED and record.on is not None and record.value is not None:
            flags = record.on.removeprefix(_FLAGS)
            if flags.isdecimal() and int(flags) & _NOT_WAITED_FOR:
                self.unwaited.add(record.value)

    def may_be_hidden(self, stream: str, time: int) -> bool:
        """Tell whether the runtime's own thread may serve *stream* at that time (rule a10)."""
        return self.hidden.get(stream, time + 1) <= time

    def all_runs(self) -> Iterator[Run]:
        """Return every run of a callback."""
        return (run for runs in self.runs.values() for run in runs)

    def polls_around(self, thread: str, start: int, end: int) -> Iterator[Call]:
        """Return the calls of process_report on *thread* that were under way all the time from *start* to *end*."""
        polls, begins = self._polls[thread]
        at = bisect_right(begins, start)
        return (poll for poll in polls[max(at - NESTED, 0) : at] if poll.record.time >= end)

    def calls_around(self, thread: str, start: int, end: int) -> Iterator[Call]:
        """Return the calls of *thread* that were under way all the time from *start* to *end*."""
        calls, begins = self._threads[thread]
        at = bisect_right(begins, start)
        return (call for call in calls[max(at - NESTED, 0) : at] if call.record.time >= end)

    def calls_after(self, thread: str, start: int) -> bool:
        """Tell whether *thread* began a call at *start* or later."""
        begins = self._threads[thread][1]
        return bool(begins) and begins[-1] >= start

    def runs_within(self, thread: str, began: int, ended: int) -> bool:
        """Tell whether a callback began on *thread* between two times."""
        starts = self._starts[thread]
        at = bisect_left(starts, began)
        return at < len(starts) and starts[at] <= ended

    @cached_property
    def _threads(self) -> Mapping[str, tuple[list[Call], list[int]]]:
        return _by_thread(self.calls)

    @cached_property
    def _polls(self) -> Mapping[str, tuple[list[Call], list[int]]]:
        return _by_thread(self.of_op(POLL))

    @cached_property
    def _starts(self) -> Mapping[str, list[int]]:
        starts: dict[str, list[int]] = defaultdict(list)
        for run in self.all_runs():
            starts[run.thread].append(run.start)
        for each in starts.values():
            each.sort()
        return starts

    def of_op(self, *ops: str) -> Iterator[Call]:
        """Return the calls of some functions, in the order in which they returned."""
        return (call for call in self.calls if call.record.op in ops)


def _by_thread(calls: Iterable[Call]) -> Mapping[str, tuple[list[Call], list[int]]]:
    """Return the calls of each thread in the order in which they began, and these times."""
    found: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        found[call.record.thread].append(call)
    sorted_calls = defaultdict[str, tuple[list[Call], list[int]]](lambda: ([], []))
    for thread, mine in found.items():
        mine.sort(key=lambda call: call.record.began)
        sorted_calls[thread] = mine, [call.record.began for call in mine]
    return sorted_calls
