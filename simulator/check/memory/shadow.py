"""What happened to the bytes of one buffer: who wrote each last, and who has read it since."""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from simulator.base.memory_records import Allocated, Freed, HostAccess, TaskAccess
from simulator.base.trace import Submitted
from simulator.check.memory.clocks import Actor


class Access(NamedTuple):
    """One reading or writing: who, when by its own count, and the records that tell about it.

    `place` is that in the trace, of a task's access that of its launch; `by` is the record of the access,
    `launch` that of the launch of the task, `callback` the stream and task of the callback that the host thread
    was in.
    """

    actor: Actor
    epoch: int
    writes: bool
    place: int
    by: TaskAccess | HostAccess | Freed
    launch: Submitted | None
    callback: tuple[str, int] | None


class Segment:
    """Bytes start..end of a buffer, which have one history."""

    __slots__ = ("end", "reads", "start", "write")

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end
        self.write: Access | None = None
        # The last reading by each actor since then.
        self.reads: dict[Actor, Access] = {}

    def __repr__(self) -> str:
        return f"<bytes {self.start} to {self.end}, read by {len(self.reads)} since written>"

    def split(self, at: int) -> Segment:
        """Keep the bytes before *at*; return the others."""
        rest = Segment(at, self.end)
        rest.write, rest.reads = self.write, dict(self.reads)
        self.end = at
        return rest


class Shadow:
    """The history of one buffer, in segments that rise and do not overlap."""

    __slots__ = ("_segments", "_starts", "birth", "freed")

    def __init__(self, birth: Allocated) -> None:
        self.birth = birth
        self.freed: Access | None = None
        self._starts: list[int] = []
        self._segments: list[Segment] = []

    def __repr__(self) -> str:
        return f"<shadow of {self.birth.buffer}: {len(self._segments)} segments>"

    @property
    def touched(self) -> list[Segment]:
        """All that somebody has read or written."""
        return self._segments

    def touch(self, start: int, end: int) -> list[Segment]:
        """Return the segments that make up start..end, which are split off and made as needed."""
        starts, segments = self._starts, self._segments
        at = bisect_left(starts, start)
        if at < len(starts) and starts[at] == start and segments[at].end == end:
            return [segments[at]]  # by far the most common: programs use the same ranges again and again
        if at and segments[at - 1].end > start:
            self._insert(at, segments[at - 1].split(start))
        found = []
        while start < end:
            if at == len(starts) or starts[at] > start:
                gap = end if at == len(starts) else min(end, starts[at])
                self._insert(at, Segment(start, gap))
            segment = segments[at]
            if segment.end > end:
                self._insert(at + 1, segment.split(end))
            found.append(segment)
            start = segment.end
            at += 1
        return found

    def _insert(self, at: int, segment: Segment) -> None:
        self._starts.insert(at, segment.start)
        self._segments.insert(at, segment)
