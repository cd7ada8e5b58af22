"""What stands behind a blocking callback comes after it: callbacks, syncs, queries, also through events (O3, O7, O8).

For each stream it is known, at every time, which blocking callbacks stand certainly before what is queued now: those
whose launch had returned by then. A record passes that on to its event, and a wait to another stream.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from simulator.check.ordering.guarantee import Violation

if TYPE_CHECKING:
    from simulator.base.trace import Called
    from simulator.check.history.facts import Call, History, Launch, Run

_SYNCS: Final = frozenset({"synchronize_stream", "synchronize_stream_with_timeout"})
_EVENT_SYNCS: Final = frozenset({"synchronize_event", "synchronize_event_with_timeout"})
# After one of these, what was queued need not run: nothing is concluded from callbacks that never ran.
_DROPS: Final = frozenset({
    "stream_abort", "device_task_abort", "destroy_stream", "destroy_stream_force", "destroy_context", "reset_device",
    "reset_device_force", "finalize", "unsubscribe_report", "set_stream_failure_mode",
})  # fmt: skip
_COMPLETE: Final = "0"
# How many records of an event may have been under way at the same time: more threads than anybody has.
_NEAR: Final = 64
# Codes of syncs that say nothing of the device: success, and a time that ran out (rules e12, f11).
_HARMLESS: Final = frozenset({0, 507046, 507047})


class _Before(NamedTuple):
    """A blocking callback that whatever is queued now waits for: its launch, and its run (None: never seen)."""

    launch: Launch
    run: Run | None

    @property
    def end(self) -> float:
        """When it returned; never, when that was not seen."""
        return float("inf") if self.run is None or self.run.end is None else self.run.end


class _Line:
    """One stream: by the time at which a call had returned, the latest end of what stands before."""

    def __init__(self) -> None:
        self._times: list[int] = []
        self._latest: list[_Before] = []

    def add(self, time: int, before: _Before) -> None:
        """Let *before* stand before everything that is queued after *time*; times come in order."""
        last = self._latest[-1] if self._latest else None
        # Threads write down what they did at nearly the same time in any order: later is on the safe side.
        self._times.append(max(time, self._times[-1]) if self._times else time)
        self._latest.append(before if last is None or before.end > last.end else last)

    def before(self, time: int) -> _Before | None:
        """Return, of all that stands before what is queued from *time* on, what ends last."""
        at = bisect_right(self._times, time)
        return self._latest[at - 1] if at else None


def wrong_order(history: History) -> Iterator[Violation]:
    """Find what came before a blocking callback that it stands behind had returned."""
    return _Reading(history).violations()


class _Reading:
    """Goes through the calls of one history in the order in which they returned."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._lines: dict[str, _Line] = defaultdict(_Line)
        # By event, its records: all of them, and those that have been read, with what stood before each.
        self._every: dict[str, list[Call]] = defaultdict(list)
        self._records: dict[str, list[tuple[Call, _Before | None]]] = defaultdict(list)
        for call in history.calls:
            if call.queued is not None and call.queued.kind == "record":
                self._every[call.queued.name].append(call)
        self._drops = any(call.record.op in _DROPS or _failed(call) for call in history.calls)

    def violations(self) -> Iterator[Violation]:
        """Find what came too early."""
        for call in self._history.calls:
            record, queued = call.record, call.queued
            if call.launch is not None:
                yield from self._launched(call.launch)
            elif queued is not None and queued.kind == "record":
                self._records[queued.name].append((call, self._lines[queued.stream].before(record.began)))
            elif queued is not None and queued.kind == "wait":
                before = self._of_event(queued.name, record.began, record.time)
                if before is not None:
                    self._lines[queued.stream].add(record.time, before)
            elif not record.code and record.on in self._history.unwaited:
                continue
            elif not record.code and (record.op in _SYNCS or _says_complete(record)):
                yield from self._came_back(call, self._lines[record.on or ""].before(record.began), "O7")
            elif not record.code and record.op in _EVENT_SYNCS:
                yield from self._came_back(
                    call, self._of_event(record.on or "", record.began, record.time), "O8"
                )

    def _launched(self, launch: Launch) -> Iterator[Violation]:
        line, run = self._lines[launch.stream], self._run_of(launch)
        before = line.before(launch.began)
        if before is not None and run is not None and run.start < before.end and self._counts(before):
            text = (
                f"callback {run.name} of {run.stream} began before the blocking callback {_told(before)} had "
                "returned, which it stands behind"
            )
            yield Violation("O3", text, (_place(before), run.index))
        if launch.block:
            line.add(launch.ended, _Before(launch, run))

    def _came_back(self, call: Call, before: _Before | None, guarantee: str) -> Iterator[Violation]:
        if before is not None and call.record.time < before.end and self._counts(before):
            record = call.record
            text = (
                f"{record.op} of {record.on} came back in {record.thread} before the blocking callback "
                f"{_told(before)} had returned, which was launched before the call"
            )
            yield Violation(guarantee, text, (_place(before), call.index))

    def _of_event(self, event: str, began: int, ended: int) -> _Before | None:
        """Return what stood before the record that is certainly the event's latest one at that time."""
        records, every = self._records.get(event, []), self._every.get(event, [])
        if not records or began < records[-1][0].record.time:
            return None
        last, before = records[-1]
        # Two records at the same time: either may be the latest. So may one that had not returned yet.
        near = every[max(len(records) - 1 - _NEAR, 0) : len(records) - 1]
        behind = every[len(records) : len(records) + _NEAR]
        doubtful = any(call.record.time > last.record.began for call in near)
        return None if doubtful or any(call.record.began < ended for call in behind) else before

    def _run_of(self, launch: Launch) -> Run | None:
        runs = self._history.runs.get((launch.stream, launch.seq))
        return runs[0] if runs else None

    def _counts(self, before: _Before) -> bool:
        """Tell whether a callback that was never seen to run is more than one that was dropped."""
        return before.run is not None or not self._drops


def _failed(call: Call) -> bool:
    """Tell whether a call tells of a failure on the device: behind it, what is queued may be given up."""
    return call.record.op in _SYNCS | _EVENT_SYNCS and call.record.code not in _HARMLESS


def _says_complete(record: Called) -> bool:
    return record.op == "stream_query" and record.value == _COMPLETE


def _told(before: _Before) -> str:
    return f"{before.launch.name} of {before.launch.stream}, {before.launch.where},"


def _place(before: _Before) -> int:
    return before.launch.index if before.run is None else before.run.index
