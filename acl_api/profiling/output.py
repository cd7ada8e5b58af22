"""The files that profiling leaves, as the vendor's exporter shapes them.

OUT/PROF_000001_<stamp>_SIM/mindstudio_profiler_output/ has op_summary, task_time and api_statistic (CSV) and msprof
(JSON, an array of events with times as text). Columns, names and sort indices are those of msprof's documents;
what the simulation does not know is N/A.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from acl_api.profiling.settings import ACL_API, METRICS, MSPROFTX, TASK_TIME

if TYPE_CHECKING:
    from acl_api.profiling.records import CallRecord, Records, StampRecord, TaskRecord

_NS: Final = 1000
_UNKNOWN: Final = "N/A"
_NO_MODEL: Final = 0xFFFF_FFFF
_HOST: Final = 31
_APPLICATION, _CANN, _HARDWARE = 6, 7, 14
_KERNELS: Final = {
    "execute": "KERNEL_AICORE",
    "copy": "MEMCPY_ASYNC",
    "set": "MEMSET_ASYNC",
    "record": "EVENT_RECORD",
    "wait": "EVENT_WAIT",
    "reset": "EVENT_RESET",
    "notify-wait": "NOTIFY_WAIT",
    "callback": "HOSTFUNC_CALLBACK",
    "mark": "PROFILER_TRACE_EX",
}
_OP_SUMMARY: Final = (
    *("Device_id", "Model ID", "Task ID", "Stream ID", "Op Name", "OP Type", "OP State", "Task Type"),
    *("Task Start Time(us)", "Task Duration(us)", "Task Wait Time(us)", "Block Num", "Mix Block Num"),
    *("HF32 Eligible", "Input Shapes", "Input Data Types", "Input Formats", "Output Shapes"),
    *("Output Data Types", "Output Formats", "Context ID"),
)
_TASK_TIME: Final = (
    *("Device_id", "kernel_name", "kernel_type", "stream_id", "task_id", "task_time(us)"),
    *("task_start(us)", "task_stop(us)"),
)
_API_STATISTIC: Final = (
    *("Device_id", "Level", "API Name", "Time(us)", "Count", "Avg(us)", "Min(us)", "Max(us)", "Variance"),
)
_LEVEL: Final = "AscendCL"

Event = dict[str, object]
Line = Sequence[object]
# By device, stream and number of a task: the call that queued it.
Queued = dict[tuple[int, int, int] | None, int]


def write_results(folder: Path, stamp: str, number: int, records: Records, data: int) -> Path:
    """Write what was recorded of the kinds *data*, and return the folder of this interval. May raise OSError."""
    home = folder / f"PROF_{number:06}_{stamp}_SIM"
    output = home / "mindstudio_profiler_output"
    output.mkdir(parents=True, exist_ok=True)
    tasks = sorted(records.tasks, key=attrgetter("device", "start", "stream", "task"))
    if not data & (TASK_TIME | METRICS):
        tasks = []
    calls = records.calls if data & ACL_API else []
    stamps = records.stamps if data & MSPROFTX else []
    if tasks:
        _table(output / f"op_summary_{stamp}.csv", _OP_SUMMARY, _op_summary(tasks))
        _table(output / f"task_time_{stamp}.csv", _TASK_TIME, _task_time(tasks))
    if calls:
        _table(output / f"api_statistic_{stamp}.csv", _API_STATISTIC, _api_statistic(calls))
    events = list(_timeline(tasks, calls, stamps))
    with (output / f"msprof_{stamp}.json").open("w", encoding="ascii") as file:
        json.dump(events, file, separators=(",", ":"), allow_nan=False)
    return home


def _table(path: Path, columns: Sequence[str], lines: Iterable[Line]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(columns)
        table.writerows(lines)


def _us(time: int) -> str:
    """Write nanoseconds as microseconds, exactly."""
    return f"{time // _NS}.{time % _NS:03}"


def _op_summary(tasks: Sequence[TaskRecord]) -> Iterator[Line]:
    """Yield the tasks that are operators; waiting is what lies between one and the task before it on its stream."""
    ends: dict[tuple[int, int], int] = {}
    for task in tasks:
        place = task.device, task.stream
        waited = max(task.start - ends.get(place, task.start), 0)
        ends[place] = task.end
        if task.kind == "execute":
            yield (
                *(
                    task.device,
                    task.model or _NO_MODEL,
                    task.task,
                    task.stream,
                    task.name,
                    _UNKNOWN,
                    _UNKNOWN,
                ),
                *("AI_CORE", _us(task.start), _us(task.end - task.start), _us(waited), task.cores, 0),
                *(_UNKNOWN,) * 8,
            )


def _task_time(tasks: Sequence[TaskRecord]) -> Iterator[Line]:
    for task in tasks:
        name = task.name if task.kind == "execute" else _UNKNOWN
        kind = _KERNELS.get(task.kind, task.kind.upper())
        times = _us(task.end - task.start), _us(task.start), _us(task.end)
        yield task.device, name, kind, task.stream, task.task, *times


def _api_statistic(calls: Sequence[CallRecord]) -> Iterator[Line]:
    by_api: dict[str, list[int]] = defaultdict(list)
    for call in calls:
        by_api[call.api].append(call.end - call.start)
    for api, times in sorted(by_api.items(), key=lambda entry: (-sum(entry[1]), entry[0])):
        mean = sum(times) / len(times)
        variance = sum((time - mean) ** 2 for time in times) / len(times) / _NS**2
        figures = _us(sum(times)), len(times), f"{mean / _NS:.3f}", _us(min(times)), _us(max(times))
        yield "host", _LEVEL, api, *figures, f"{variance:.3f}"


def _pid(sort: int, device: int = _HOST) -> int:
    # (real pid << 10) | (sort index << 5) | device: no pid is real here.
    return sort << 5 | device


def _timeline(
    tasks: Sequence[TaskRecord], calls: Sequence[CallRecord], stamps: Sequence[StampRecord]
) -> Iterator[Event]:
    names = dict.fromkeys([*(call.thread for call in calls), *(stamp.thread for stamp in stamps)])
    threads = {name: number for number, name in enumerate(names, 1)}
    if stamps:
        yield from _process(_pid(_APPLICATION), "MsprofTx", "CPU", _APPLICATION)
        yield from _threads(_pid(_APPLICATION), {threads[each.thread]: each.thread for each in stamps})
    if calls:
        yield from _process(_pid(_CANN), "CANN", "CPU", _CANN)
        yield from _threads(_pid(_CANN), {threads[call.thread]: call.thread for call in calls})
    for device in sorted({task.device for task in tasks}):
        pid = _pid(_HARDWARE, device)
        yield from _process(pid, "Ascend Hardware", "NPU", _HARDWARE)
        streams = sorted({task.stream for task in tasks if task.device == device})
        yield from _threads(pid, {stream: f"Stream {stream}" for stream in streams})
    queued: Queued = {call.queued: number for number, call in enumerate(calls, 1) if call.queued is not None}
    events = [
        *(
            event
            for number, call in enumerate(calls, 1)
            for event in _call(call, number, threads[call.thread])
        ),
        *(event for task in tasks for event in _task(task, queued)),
        *(_stamp(stamp, threads[stamp.thread]) for stamp in stamps),
    ]
    yield from (event for _, event in sorted(events, key=lambda each: each[0]))


def _process(pid: int, name: str, label: str, sort: int) -> Iterator[Event]:
    for what, args in (
        ("process_name", {"name": name}),
        ("process_labels", {"labels": label}),
        ("process_sort_index", {"sort_index": sort}),
    ):
        yield {"name": what, "ph": "M", "pid": pid, "tid": 0, "args": args}


def _threads(pid: int, names: dict[int, str]) -> Iterator[Event]:
    for tid, name in names.items():
        title = name if name.startswith("Stream ") else f"Thread {tid} ({name})"
        yield {"name": "thread_name", "ph": "M", "pid": pid, "tid": tid, "args": {"name": title}}
        yield {"name": "thread_sort_index", "ph": "M", "pid": pid, "tid": tid, "args": {"sort_index": tid}}


def _slice(name: str, pid: int, tid: int, start: int, end: int, args: dict[str, object]) -> tuple[int, Event]:
    duration = (end - start) / _NS
    return start, {
        "name": name,
        "ph": "X",
        "pid": pid,
        "tid": tid,
        "ts": _us(start),
        "dur": duration,
        "args": args,
    }


def _flow(phase: str, number: int, pid: int, tid: int, time: int) -> tuple[int, Event]:
    event: Event = {
        "name": f"HostToDevice{number}",
        "ph": phase,
        "cat": "HostToDevice",
        "id": str(number),
        "pid": pid,
        "tid": tid,
        "ts": _us(time),
    }
    return time, event | ({"bp": "e"} if phase == "f" else {})


def _call(call: CallRecord, number: int, tid: int) -> Iterator[tuple[int, Event]]:
    args: dict[str, object] = {"Thread Id": tid, "Mode": "launch", "level": "acl", "connection_id": number}
    yield _slice(f"{_LEVEL}@{call.api}", _pid(_CANN), tid, call.start, call.end, args)
    if call.queued is not None:
        yield _flow("s", number, _pid(_CANN), tid, call.start)


def _task(task: TaskRecord, queued: Queued) -> Iterator[tuple[int, Event]]:
    pid, number = _pid(_HARDWARE, task.device), queued.get((task.device, task.stream, task.task))
    kind = _KERNELS.get(task.kind, task.kind.upper())
    args: dict[str, object] = {
        "Model Id": task.model or _NO_MODEL,
        "Task Type": kind,
        "Physic Stream Id": task.stream,
        "Task Id": task.task,
        "Batch Id": 0,
        "Subtask Id": _NO_MODEL,
        "connection_id": number or _NO_MODEL,
    }
    if task.kind == "copy" and task.way:
        taken = task.end - task.start
        args["size(B)"] = task.size
        args["bandwidth(GB/s)"] = round(task.size / taken, 3) if taken else 0
        args["operation"] = task.way
    yield _slice(task.name if task.kind == "execute" else kind, pid, task.stream, task.start, task.end, args)
    if number is not None:
        yield _flow("f", number, pid, task.stream, task.start)


def _stamp(stamp: StampRecord, tid: int) -> tuple[int, Event]:
    args: dict[str, object] = {"Thread Id": tid, "event_type": stamp.kind}
    return _slice(stamp.message, _pid(_APPLICATION), tid, stamp.start, stamp.end, args)
