"""The rows of streams: one slice per task, from the time it had the head of its stream to its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simulator.base.trace import Record, ReportPosted, StreamCreated, Submitted, TaskDropped, TaskRan
from simulator.export.timeline import Slice, Track, after


@dataclass(slots=True, eq=False)
class StreamRows:
    """`tasks` maps (stream, seq) to the slice of the task, `launches` (stream, first seq) to its launch."""

    tracks: list[Track]
    slices: list[Slice] = field(default_factory=list)
    tasks: dict[tuple[str, int], Slice] = field(default_factory=dict)
    launches: dict[tuple[str, int], Submitted] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<stream rows {len(self.tracks)} streams, {len(self.slices)} slices>"


@dataclass(slots=True, eq=False)
class _Progress:
    """How far a stream has come: `ready` is the record and the time at which its head could begin."""

    track: Track
    ready: tuple[int, int] = (-1, 0)
    submitted: int = 0
    done: int = 0
    stuck: tuple[int, int] | None = None
    dropped: TaskDropped | None = None


def device_of_streams(records: Iterable[Record], known: Mapping[str, int]) -> dict[str, int]:
    """Map every stream that has work to its device: what *known* says, else how it was created, else 0."""
    devices: dict[str, int] = {}
    created: dict[str, int] = {}
    for record in records:
        if isinstance(record, StreamCreated):
            created[record.stream] = record.device
        elif isinstance(record, Submitted | TaskRan | TaskDropped):
            devices.setdefault(record.stream, created.get(record.stream, 0))
        elif isinstance(record, ReportPosted):  # a trace from elsewhere may begin after the creation
            devices[record.stream] = record.device
    return devices | {stream: known[stream] for stream in devices if stream in known}


def stream_rows(records: Iterable[Record], devices: Mapping[str, int]) -> StreamRows:
    """Read the rows of all streams; *devices* names every stream of the trace and its device."""
    progress = {stream: _Progress(Track(device, stream)) for stream, device in devices.items()}
    rows = StreamRows([state.track for state in progress.values()])
    for index, record in enumerate(records):
        if isinstance(record, TaskRan):
            state = progress[record.stream]
            _add(rows, state, record, record.start, after(state.ready[0]), {"code": record.code})
            state.ready = (index, record.time)
            state.done = record.seq
            state.dropped = None
        elif isinstance(record, Submitted):
            state = progress[record.stream]
            if state.done >= state.submitted:
                state.ready = (index, record.time)
            state.submitted = record.last
            rows.launches[record.stream, record.first] = record
        elif isinstance(record, TaskDropped):
            state = progress[record.stream]
            state.done = record.seq
            if state.dropped is None:
                state.dropped, state.stuck = record, state.ready
    for state in progress.values():
        # The first task that a stream lost was its head: in a hang, what everything behind it waited for.
        if state.dropped is not None and state.stuck is not None:
            place, since = state.stuck
            _add(rows, state, state.dropped, since, after(place), {"dropped": state.dropped.reason})
    return rows


def _add(
    rows: StreamRows,
    state: _Progress,
    record: TaskRan | TaskDropped,
    start: int,
    key: int,
    args: dict[str, object],
) -> None:
    args = {"Task Type": record.kind, "Task Id": record.seq} | args
    name = record.name or record.kind
    task = Slice(state.track, start, record.time, key, name, record.kind, args)
    rows.slices.append(task)
    rows.tasks[record.stream, record.seq] = task
