"""The vocabulary of a timeline; knows no file format.

A *slice* is a stretch of simulated time on a *track* (a host thread or a stream), an *arrow* leads from the
slice that caused something to the slice that it caused, a *point* is a step of a counter. Times are integer
nanoseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Track(NamedTuple):
    """One row: stream `name` of device `device`, or host thread `name` when `device` is None."""

    device: int | None
    name: str


@dataclass(slots=True, eq=False)
class Slice:
    """`name` had `track` from `start` to `end`; `key` orders what begins at one instant, causes first."""

    track: Track
    start: int
    end: int
    key: int
    name: str
    category: str
    args: dict[str, object]
    incoming: list[Arrow] = field(default_factory=list)
    outgoing: list[Arrow] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<slice {self.name} on {self.track.name} {self.start}..{self.end}>"


class Arrow(NamedTuple):
    """`source` caused `target`; `number` is unique in its timeline."""

    number: int
    name: str
    source: Slice
    target: Slice

    def __repr__(self) -> str:
        return f"<arrow {self.name} from {self.source.name} to {self.target.name}>"


class Point(NamedTuple):
    """Counter `counter` takes `value`, a number of `unit`, at `time`."""

    time: int
    counter: str
    unit: str
    value: int


# Its place in the trace orders a record; the odd numbers between are for slices that begin just before the
# record that tells of them (a call and its first effect) or just after it (a task and its predecessor's end).
def before(index: int) -> int:
    """Return the key of a slice that begins just before record number *index*."""
    return 2 * index - 1


def at(index: int) -> int:
    """Return the key of a slice that begins with record number *index*."""
    return 2 * index


def after(index: int) -> int:
    """Return the key of a slice that begins just after record number *index*."""
    return 2 * index + 1
