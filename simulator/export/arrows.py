"""The arrows of a timeline: launch to task, report to callback, release to the stream's next task."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from simulator.base.trace import CallbackReleased, Record
from simulator.export.host_rows import HostRows
from simulator.export.stream_rows import StreamRows
from simulator.export.timeline import Arrow


def link(records: Iterable[Record], host: HostRows, streams: StreamRows) -> int:
    """Attach every arrow to the slices at its ends and return how many there are.

    Launches come first, so that the number of a launch's arrow is also its connection id.
    """
    numbers = count(1)
    for place, launch in streams.launches.items():
        source, target = host.launched.get(place), streams.tasks.get(place)
        if source is not None and target is not None:
            number = next(numbers)
            source.args.setdefault("connection_id", number)
            for seq in range(launch.first, launch.last + 1):
                task = streams.tasks.get((launch.stream, seq))
                if task is not None:
                    task.args["connection_id"] = number
            _join(Arrow(number, f"HostToDevice{number}", source, target))
    for place, run in host.callbacks.items():
        task = streams.tasks.get(place)
        if task is not None:
            _join(Arrow(next(numbers), "report", task, run))
    behind = {(launch.stream, launch.first): launch.last + 1 for launch in streams.launches.values()}
    for record in records:
        if isinstance(record, CallbackReleased):
            place = (record.stream, record.seq)
            following = (record.stream, behind.get(place, record.seq + 1))
            if _held_up(record, host, streams, following):
                _join(Arrow(next(numbers), "release", host.callbacks[place], streams.tasks[following]))
    return next(numbers) - 1


def _held_up(
    release: CallbackReleased, host: HostRows, streams: StreamRows, following: tuple[str, int]
) -> bool:
    """Tell a task that waited for the callback from one that came later or lost no time."""
    place = (release.stream, release.seq)
    run, task, held = host.callbacks.get(place), streams.tasks.get(place), streams.tasks.get(following)
    if run is None or task is None or held is None:
        return False
    launch = streams.launches.get(following)
    queued = launch is None or launch.time <= release.time
    # In a chain of callbacks that take no time, arrows both ways at one instant cannot be told apart.
    answer = host.callbacks.get(following)
    chained = held.start == run.start and answer is not None and answer.start == run.start
    return queued and not chained and task.start < held.start >= release.time


def _join(arrow: Arrow) -> None:
    arrow.source.outgoing.append(arrow)
    arrow.target.incoming.append(arrow)
