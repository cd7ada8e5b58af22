"""Chrome trace JSON, for the Perfetto UI, chrome://tracing and MindStudio Insight.

Processes, names and sort indices are msprof's: process "CANN" has a row per host thread, "Ascend Hardware
device N" a row per stream. msprof writes an array, with `ts` as text. This is the object form, with `ts` as
number: the format defines it so, and Perfetto, which reads either, rounds it to whole nanoseconds.
Microseconds with three decimals are exact below 10**15 ns, eleven days of simulated time.
"""

from __future__ import annotations

import json
import os
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import Final, TextIO

from simulator.base.errors import UserError
from simulator.base.trace import Noted, Record, StreamFailed
from simulator.export.arrows import link
from simulator.export.counters import counter_points
from simulator.export.drawing import drawing_order
from simulator.export.host_rows import host_rows
from simulator.export.stream_rows import device_of_streams, stream_rows
from simulator.export.timeline import Slice, Track

Event = dict[str, object]

_NOTHING: Final[Mapping[str, int]] = MappingProxyType({})
_NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
# msprof: pid = (real pid << 10) | (sort index << 5) | device, with 31 for the host. No pid is real here.
_CANN: Final = (7 << 5) | 31
_HARDWARE: Final = 14 << 5
_SIMULATOR: Final = (20 << 5) | 31
# Above every pid: Perfetto takes a thread with the number of its process for the main thread.
_FINDINGS: Final = 1000
_FIRST_TID: Final = 1001
# Perfetto stacks the zero-length slices of one instant on top of each other and drops those deeper than 512.
_STACK: Final = 200
# Viewers know one category of arrows, msprof's, whichever way they point.
_ARROWS: Final = "HostToDevice"


def chrome_events(
    trace: Iterable[Record],
    *,
    profile_name: str,
    devices: Mapping[str, int] = _NOTHING,
    names: Mapping[str, str] = _NO_NAMES,
) -> Iterator[Event]:
    """Yield the trace events of a run: metadata, then everything else in the order of time.

    *devices* maps streams to devices (default: what reports tell, else 0); *names* maps operations, as they
    stand in `Called.op`, to their C names.
    """
    records = list(trace)
    now = max((record.time for record in records), default=0)
    host = host_rows(records, now, names)
    streams = stream_rows(records, device_of_streams(records, devices))
    link(records, host, streams)
    tracks = host.tracks + sorted(streams.tracks, key=lambda track: track.device or 0)
    tids = {track: _FIRST_TID + place for place, track in enumerate(tracks)}
    yield from _metadata(tids, profile_name)

    timed: list[tuple[int, list[Event]]] = []
    slices = sorted([*host.slices, *streams.slices], key=attrgetter("start", "key"))
    for start, group in groupby(slices, key=attrgetter("start")):
        timed += [(start, events) for events in _instant(list(group), tids)]
    timed += [
        (record.time, [_mark(record)]) for record in records if isinstance(record, Noted | StreamFailed)
    ]
    for point in counter_points(records):
        counter = _event("C", point.counter, point.time, _SIMULATOR, _FINDINGS)
        timed.append((point.time, [counter | {"args": {point.unit: point.value}}]))
    timed.sort(key=itemgetter(0))
    for _, events in timed:
        yield from events


def write_chrome(
    path: str | os.PathLike[str],
    trace: Iterable[Record],
    *,
    profile_name: str,
    devices: Mapping[str, int] = _NOTHING,
    names: Mapping[str, str] = _NO_NAMES,
) -> int:
    """Write the trace to *path*, whole or not at all, and return the number of events.

    The events go to a file beside *path* that takes its place at the end. Parameters as in `chrome_events`.
    Raises `UserError` when the file cannot be written; what stood at *path* before is then still there.
    """
    target = Path(path).resolve()
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    events = chrome_events(trace, profile_name=profile_name, devices=devices, names=names)
    try:
        if target.exists() and not target.is_file():
            raise UserError(f"trace {target}: not a regular file; name a file to write, such as run.json")
        try:
            with beside.open("x", encoding="ascii") as file:
                written = _write(file, events, profile_name)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        hint = "name a file in a folder that exists and that you may write to"
        raise UserError(f"trace {target}: cannot write it ({error.strerror or error}); {hint}") from error
    return written


def _write(file: TextIO, events: Iterable[Event], profile_name: str) -> int:
    encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
    # The unit stands first: Perfetto reads the top level in one pass.
    header = {"displayTimeUnit": "ns", "otherData": {"producer": "aclsim", "profile": profile_name}}
    file.write(encode(header)[:-1] + ',"traceEvents":[')
    written = 0
    for event in events:
        file.write((",\n" if written else "\n") + encode(event))
        written += 1
    file.write("\n]}\n")
    return written


def _metadata(tids: Mapping[Track, int], profile_name: str) -> Iterator[Event]:
    numbers = sorted({track.device for track in tids if track.device is not None})
    processes = [(_CANN, "CANN", "CPU", 7)]
    processes += [(_HARDWARE + device, f"Ascend Hardware device {device}", "NPU", 14) for device in numbers]
    processes += [(_SIMULATOR, "Simulator", profile_name, 20)]
    for pid, name, label, place in processes:
        yield _about("process_name", pid, 0, name=name)
        yield _about("process_labels", pid, 0, labels=label)
        yield _about("process_sort_index", pid, 0, sort_index=place)
    rows = [(_pid(track), tid, _title(track)) for track, tid in tids.items()]
    for pid, tid, title in [*rows, (_SIMULATOR, _FINDINGS, "Findings")]:
        yield _about("thread_name", pid, tid, name=title)
        yield _about("thread_sort_index", pid, tid, sort_index=tid)


def _about(what: str, pid: int, tid: int, **args: object) -> Event:
    return {"name": what, "ph": "M", "pid": pid, "tid": tid, "args": args}


def _pid(track: Track) -> int:
    return _CANN if track.device is None else _HARDWARE + track.device


def _title(track: Track) -> str:
    return f"Thread {track.name}" if track.device is None else f"Stream {track.name}"


def _instant(slices: list[Slice], tids: Mapping[Track, int]) -> Iterator[list[Event]]:
    """Yield the events of the slices that begin at one instant, given in the order of their keys.

    Each slice carries its arrows right behind it, at its start: viewers bind an arrow to the slice of its
    track that began last.
    """
    if len(slices) > 1:
        slices = drawing_order(slices)
    stacked: Counter[Track] = Counter()
    excess: dict[Track, Event] = {}
    for piece in slices:
        arrows = _arrow_events(piece, tids)
        if piece.start == piece.end:
            stacked[piece.track] += 1
        if piece.track in excess and piece.start == piece.end:
            # Counted in the one slice that stands for the excess, and so are its arrows.
            excess[piece.track]["args"] = {"slices": stacked[piece.track] - _STACK}
            yield arrows
            continue
        event = _event("X", piece.name, piece.start, _pid(piece.track), tids[piece.track])
        event |= {"cat": piece.category, "dur": _microseconds(piece.end - piece.start), "args": piece.args}
        if stacked[piece.track] > _STACK:
            event |= {"name": "more at this instant", "cat": "more", "args": {"slices": 1}}
            excess[piece.track] = event
        yield [event, *arrows]


def _arrow_events(piece: Slice, tids: Mapping[Track, int]) -> list[Event]:
    events = []
    for arrow in piece.incoming:
        event = _event("f", arrow.name, piece.start, _pid(piece.track), tids[piece.track])
        events.append(event | {"cat": _ARROWS, "id": arrow.number, "bp": "e"})
    for arrow in piece.outgoing:
        event = _event("s", arrow.name, piece.start, _pid(piece.track), tids[piece.track])
        events.append(event | {"cat": _ARROWS, "id": arrow.number})
    return events


def _mark(record: Noted | StreamFailed) -> Event:
    if isinstance(record, Noted):
        name = record.finding
        args: dict[str, object] = {
            "text": record.text,
            "rule": record.rule,
            "thread": record.thread or "none",
        }
    else:
        name = f"stream {record.stream} failed"
        args = {"Task Id": record.seq, "code": record.code}
    return _event("i", name, record.time, _SIMULATOR, _FINDINGS) | {"s": "t", "args": args}


def _event(phase: str, name: str, time: int, pid: int, tid: int) -> Event:
    return {"name": name, "ph": phase, "ts": _microseconds(time), "pid": pid, "tid": tid}


def _microseconds(ns: int) -> int | float:
    whole, rest = divmod(ns, 1000)
    return ns / 1000 if rest else whole
