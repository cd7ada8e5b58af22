"""The rows of host threads: API calls, and inside process_report the callbacks with their own calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simulator.base.trace import (
    Blocked,
    CallbackEnded,
    CallbackStarted,
    Called,
    Record,
    ReportsTaken,
    Submitted,
    ThreadEnded,
    ThreadStarted,
)
from simulator.export.timeline import Slice, Track, at, before


@dataclass(slots=True, eq=False)
class HostRows:
    """`launched` maps (stream, first seq) to the call that made it, `callbacks` (stream, seq) to its run."""

    tracks: list[Track] = field(default_factory=list)
    slices: list[Slice] = field(default_factory=list)
    launched: dict[tuple[str, int], Slice] = field(default_factory=dict)
    callbacks: dict[tuple[str, int], Slice] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<host rows {len(self.tracks)} threads, {len(self.slices)} slices>"


class _Level:
    """What a thread has done since its last finished call, inside one callback or outside of all of them."""

    __slots__ = ("blocked", "callback", "first", "submitted", "taken")

    def __init__(self, callback: Slice | None = None) -> None:
        self.callback = callback
        self.clear()

    def clear(self) -> None:
        # `first` is the earliest record of the call under way: a call is recorded when it returns, but must
        # be drawn before everything that it caused.
        self.first: int | None = None
        self.blocked: list[Blocked] = []
        self.submitted: list[Submitted] = []
        self.taken = 0


class _Reader:
    """One pass over the trace."""

    __slots__ = ("levels", "names", "rows")

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self.rows = HostRows()
        self.levels: dict[str, list[_Level]] = {}

    def stack(self, thread: str) -> list[_Level]:
        stack = self.levels.get(thread)
        if stack is None:
            stack = self.levels[thread] = [_Level()]
            self.rows.tracks.append(Track(None, thread))
        return stack

    def called(self, index: int, record: Called) -> None:
        level = self.stack(record.thread)[-1]
        about = {"on": record.on, "value": record.value, "site": record.site}
        args: dict[str, object] = {"code": record.code}
        args |= {label: text for label, text in about.items() if text is not None}
        key = before(index if level.first is None else level.first)
        name = f"AscendCL@{self.names.get(record.op, record.op)}"
        call = Slice(Track(None, record.thread), record.began, record.time, key, name, "AscendCL", args)
        self.add_call(level, call)
        level.clear()

    def add_call(self, level: _Level, call: Slice) -> None:
        blocked = [wait for wait in level.blocked if wait.time >= call.start]
        if blocked:
            call.args["blocked"] = [
                {
                    "at_ns": wait.time,
                    "in": wait.op,
                    "on": wait.on or "nothing",
                    "timeout_ns": "none" if wait.timeout is None else wait.timeout,
                }
                for wait in blocked
            ]
        if level.taken:
            call.args["reports"] = level.taken
        self.rows.slices.append(call)
        for launch in level.submitted:
            self.rows.launched[launch.stream, launch.first] = call

    def callback_started(self, index: int, record: CallbackStarted) -> None:
        stack = self.stack(record.thread)
        if stack[-1].first is None:
            stack[-1].first = index
        args: dict[str, object] = {"stream": record.stream, "Task Id": record.seq}
        run = Slice(
            Track(None, record.thread), record.time, record.time, at(index), record.name, "callback", args
        )
        self.rows.callbacks[record.stream, record.seq] = run
        self.rows.slices.append(run)
        stack.append(_Level(run))

    def callback_ended(self, record: CallbackEnded) -> None:
        stack = self.stack(record.thread)
        run = stack.pop().callback
        if run is not None:
            run.end = record.time
            if record.error is not None:
                run.args["error"] = record.error

    def close(self, now: int) -> None:
        """Draw what has not returned by the end of the trace: calls and callbacks that a hang consists of."""
        for thread, stack in self.levels.items():
            for level in stack:
                if level.callback is not None:
                    level.callback.end = now
                    level.callback.args["returned"] = "not recorded"
                last = level.blocked[-1] if level.blocked else None
                if last is None or level.first is None:
                    continue
                if last.timeout is not None and last.time + last.timeout <= now:
                    continue  # it has run out: the thread went on without another record
                name = f"AscendCL@{self.names[last.op]}" if last.op in self.names else last.op
                args: dict[str, object] = {"returned": "not recorded"}
                call = Slice(Track(None, thread), last.time, now, before(level.first), name, "AscendCL", args)
                self.add_call(level, call)


def host_rows(records: Iterable[Record], now: int, names: Mapping[str, str]) -> HostRows:
    """Read the rows of all threads; *now* ends what never returned, *names* maps operations to C names."""
    reader = _Reader(names)
    for index, record in enumerate(records):
        match record:
            case Called():
                reader.called(index, record)
            case Blocked():
                level = reader.stack(record.thread)[-1]
                level.blocked.append(record)
                level.first = index if level.first is None else level.first
            case Submitted():
                level = reader.stack(record.thread)[-1]
                level.submitted.append(record)
                level.first = index if level.first is None else level.first
            case CallbackStarted():
                reader.callback_started(index, record)
            case CallbackEnded():
                reader.callback_ended(record)
            case ReportsTaken():
                reader.stack(record.thread)[-1].taken += len(record.reports)
            case ThreadStarted():
                reader.stack(record.thread)
            case ThreadEnded():
                reader.stack(record.thread)[-1].clear()
            case _:
                continue
    reader.close(now)
    return reader.rows
