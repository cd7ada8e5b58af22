"""What a run did, in numbers: work and delays per stream, device, report thread and callback function.

Times and percentiles are integer nanoseconds; shares and rates are divided once, at the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from simulator.base.trace import CallbackEnded, CallbackStarted, Record, ReportPosted, TaskRan
from simulator.base.units import NS_PER_S, format_duration
from simulator.export.stream_rows import device_of_streams

# Kinds of tasks that keep an engine of the device busy; all others only hold their stream.
EXECUTING: Final = frozenset({"execute", "copy", "set", "reduce", "cache"})
AI_CORE_KIND: Final = "execute"
_NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Delays:
    """How long something took to happen, in ns: nearest-rank percentiles of `count` values."""

    count: int
    p50: int
    p99: int
    longest: int


@dataclass(frozen=True, slots=True)
class StreamSummary:
    """`busy` ns of a stream went into executing kinds; `utilisation` is their share of the makespan."""

    stream: str
    device: int
    tasks: int
    busy: int
    utilisation: float


@dataclass(frozen=True, slots=True)
class DeviceSummary:
    """`busy` ns in which at least one run was on the AI cores of `device`."""

    device: int
    runs: int
    busy: int
    utilisation: float


@dataclass(frozen=True, slots=True)
class ThreadSummary:
    """`busy` ns of a report thread went into callback functions."""

    thread: str
    callbacks: int
    busy: int
    utilisation: float


@dataclass(frozen=True, slots=True)
class CallbackSummary:
    """`delays` from the time a report is in its queue to the time the function is entered."""

    function: str
    delays: Delays


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole run: `makespan` in ns, `units` finished tasks of kind `unit`, `images` None if not asked."""

    makespan: int
    unit: str
    units: int
    units_per_second: float
    images: int | None
    images_per_second: float | None
    streams: tuple[StreamSummary, ...]
    devices: tuple[DeviceSummary, ...]
    threads: tuple[ThreadSummary, ...]
    callbacks: tuple[CallbackSummary, ...]


def percentile(ordered: Sequence[int], percent: int) -> int:
    """Return the nearest-rank percentile: the smallest value that *percent* % of *ordered* do not exceed.

    *ordered* is sorted and not empty, *percent* goes from 1 to 100; the rank is ceil(percent * count / 100).
    """
    return ordered[-(-percent * len(ordered) // 100) - 1]


def summarise(
    trace: Iterable[Record],
    *,
    until: int | None = None,
    unit: str = AI_CORE_KIND,
    images_per_unit: int | None = None,
    devices: Mapping[str, int] = _NOTHING,
    executing: frozenset[str] = EXECUTING,
) -> Summary:
    """Summarise a run up to *until* ns: what is under way then counts up to it.

    By default up to the end of the last task or callback: report threads that poll on do not lengthen the
    run. Throughput counts finished tasks of kind *unit* per second of simulated time, and with
    *images_per_unit* also images; failed tasks take time but do not count. *devices* maps streams to devices
    (default: as they were created), *executing* are the kinds that make a stream busy.
    """
    records = list(trace)
    if until is None:
        until = max(
            (record.time for record in records if isinstance(record, TaskRan | CallbackEnded)), default=0
        )
    streams = _Streams(device_of_streams(records, devices), executing, unit)
    hosts = _Hosts()
    for record in records:
        if isinstance(record, TaskRan):
            streams.ran(record)
        elif isinstance(record, ReportPosted):
            hosts.posted[record.stream, record.seq] = record.time
        elif isinstance(record, CallbackStarted):
            hosts.started(record)
        elif isinstance(record, CallbackEnded):
            hosts.ended(record)
    images = None if images_per_unit is None else streams.units * images_per_unit
    return Summary(
        makespan=until,
        unit=unit,
        units=streams.units,
        units_per_second=_per_second(streams.units, until),
        images=images,
        images_per_second=None if images is None else _per_second(images, until),
        streams=streams.rows(until),
        devices=streams.device_rows(until),
        threads=hosts.threads(until),
        callbacks=hosts.callbacks(),
    )


class _Streams:
    """What the task records add up to."""

    __slots__ = ("busy", "devices", "executing", "runs", "tasks", "unit", "units")

    def __init__(self, devices: Mapping[str, int], executing: frozenset[str], unit: str) -> None:
        self.devices = devices
        self.executing = executing
        self.unit = unit
        self.units = 0
        self.tasks: dict[str, int] = dict.fromkeys(devices, 0)
        self.busy: dict[str, int] = dict.fromkeys(devices, 0)
        self.runs: dict[int, list[tuple[int, int]]] = {device: [] for device in devices.values()}

    def ran(self, record: TaskRan) -> None:
        self.tasks[record.stream] += 1
        if record.kind in self.executing:
            self.busy[record.stream] += record.time - record.start
        if record.kind == AI_CORE_KIND:
            self.runs[self.devices[record.stream]].append((record.start, record.time))
        if record.kind == self.unit and record.code == 0:
            self.units += 1

    def rows(self, until: int) -> tuple[StreamSummary, ...]:
        return tuple(
            StreamSummary(
                stream, device, self.tasks[stream], self.busy[stream], _share(self.busy[stream], until)
            )
            for stream, device in self.devices.items()
        )

    def device_rows(self, until: int) -> tuple[DeviceSummary, ...]:
        rows = []
        for device, runs in sorted(self.runs.items()):
            busy = _union(runs)
            rows.append(DeviceSummary(device, len(runs), busy, _share(busy, until)))
        return tuple(rows)


class _Hosts:
    """What the report and callback records add up to."""

    __slots__ = ("busy", "counts", "delays", "posted", "running")

    def __init__(self) -> None:
        self.posted: dict[tuple[str, int], int] = {}
        self.running: dict[str, list[int]] = defaultdict(list)
        self.counts: dict[str, int] = defaultdict(int)
        self.busy: dict[str, int] = defaultdict(int)
        self.delays: dict[str, list[int]] = defaultdict(list)

    def started(self, record: CallbackStarted) -> None:
        self.running[record.thread].append(record.time)
        self.counts[record.thread] += 1
        posted = self.posted.get((record.stream, record.seq))
        if posted is not None:
            self.delays[record.name].append(record.time - posted)

    def ended(self, record: CallbackEnded) -> None:
        starts = self.running[record.thread]
        began = starts.pop()
        # A callback run by a process_report inside another callback is part of the outer one's time.
        if not starts:
            self.busy[record.thread] += record.time - began

    def threads(self, until: int) -> tuple[ThreadSummary, ...]:
        rows = []
        for thread, count in self.counts.items():
            unfinished = self.running[thread]
            busy = self.busy[thread] + (until - unfinished[0] if unfinished else 0)
            rows.append(ThreadSummary(thread, count, busy, _share(busy, until)))
        return tuple(rows)

    def callbacks(self) -> tuple[CallbackSummary, ...]:
        rows = []
        for function, delays in self.delays.items():
            delays.sort()
            spread = Delays(len(delays), percentile(delays, 50), percentile(delays, 99), delays[-1])
            rows.append(CallbackSummary(function, spread))
        return tuple(rows)


def _union(intervals: list[tuple[int, int]]) -> int:
    total = reached = 0
    for start, end in sorted(intervals):
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _per_second(count: int, makespan: int) -> float:
    return count * NS_PER_S / makespan if makespan else 0.0


def summary_lines(summary: Summary) -> list[str]:
    """Return the summary as plain text: a line of totals, then an aligned table per subject with rows."""
    rate = f"{summary.units} {summary.unit} runs ({summary.units_per_second:.1f} /s)"
    if summary.images is not None and summary.images_per_second is not None:
        rate += f", {summary.images} images ({summary.images_per_second:.1f} /s)"
    lines = [f"{format_duration(summary.makespan)} simulated: {rate}"]
    lines += _table(
        ("stream", "device", "tasks", "busy", "utilisation"),
        [
            (row.stream, str(row.device), str(row.tasks), format_duration(row.busy), f"{row.utilisation:.1%}")
            for row in summary.streams
        ],
    )
    lines += _table(
        ("device", "runs", "AI core busy", "utilisation"),
        [
            (str(row.device), str(row.runs), format_duration(row.busy), f"{row.utilisation:.1%}")
            for row in summary.devices
        ],
    )
    lines += _table(
        ("report thread", "callbacks", "busy", "utilisation"),
        [
            (row.thread, str(row.callbacks), format_duration(row.busy), f"{row.utilisation:.1%}")
            for row in summary.threads
        ],
    )
    lines += _table(
        ("callback", "count", "delay p50", "p99", "max"),
        [
            (
                row.function,
                str(row.delays.count),
                format_duration(row.delays.p50),
                format_duration(row.delays.p99),
                format_duration(row.delays.longest),
            )
            for row in summary.callbacks
        ],
    )
    return lines


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    table = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [""]
    for first, *numbers in table:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True)]
        lines.append("  ".join(cells))
    return lines


def summary_json(summary: Summary) -> dict[str, object]:
    """Return the summary as JSON-ready values; keys of times end in `_ns`, shares run from 0 to 1."""
    return {
        "makespan_ns": summary.makespan,
        "throughput": {
            "unit": summary.unit,
            "units": summary.units,
            "units_per_second": summary.units_per_second,
            "images": summary.images,
            "images_per_second": summary.images_per_second,
        },
        "streams": [
            {
                "stream": row.stream,
                "device": row.device,
                "tasks": row.tasks,
                "busy_ns": row.busy,
                "utilisation": row.utilisation,
            }
            for row in summary.streams
        ],
        "devices": [
            {"device": row.device, "runs": row.runs, "busy_ns": row.busy, "utilisation": row.utilisation}
            for row in summary.devices
        ],
        "report_threads": [
            {
                "thread": row.thread,
                "callbacks": row.callbacks,
                "busy_ns": row.busy,
                "utilisation": row.utilisation,
            }
            for row in summary.threads
        ],
        "callbacks": [
            {
                "function": row.function,
                "count": row.delays.count,
                "delay_p50_ns": row.delays.p50,
                "delay_p99_ns": row.delays.p99,
                "delay_max_ns": row.delays.longest,
            }
            for row in summary.callbacks
        ],
    }
