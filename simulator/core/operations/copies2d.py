"""Copies of rows that lie a pitch apart (aclrtMemcpy2d and its asynchronous form, rules h4 and h5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.base.errors import Fault
from simulator.core.accesses import Touches, note_host_access, ranges_of_rows, views_at
from simulator.core.memory import Place
from simulator.core.operations.memory import after_stream, direction_of, in_callers_time, out_of_range
from simulator.core.operations.submit import submit
from simulator.core.tasks import RowsCopyTask
from simulator.costs.protocol import Direction

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream


@dataclass(frozen=True, slots=True)
class Rows:
    """`height` rows of `width` bytes; the next one begins a pitch after the one before."""

    destination: int
    destination_pitch: int
    source: int
    source_pitch: int
    width: int
    height: int

    @property
    def size(self) -> int:
        """How many bytes are copied."""
        return self.width * self.height

    def fit(self, rt: Runtime) -> bool:
        """Tell whether all rows lie in memory that can be meant."""
        last = self.height - 1
        return rt.memory.fits(
            self.destination, last * self.destination_pitch + self.width
        ) and rt.memory.fits(self.source, last * self.source_pitch + self.width)

    def touches(self, rt: Runtime) -> Touches | None:
        """Return what is read and written, for a trace; None when there is none."""
        if rt.trace is None:
            return None
        memory, width, height = rt.memory, self.width, self.height
        reads = (
            *ranges_of_rows(memory, self.source, self.source_pitch, width, height),
            *(found for at in (self.source, self.destination) for found in views_at(memory, at, width)),
        )
        return reads, ranges_of_rows(memory, self.destination, self.destination_pitch, width, height), True

    def land(self, rt: Runtime) -> Fault | None:
        """Copy the rows, one after the other."""
        if not self.fit(rt):
            return out_of_range(rt, "memcpy2d")
        for row in range(self.height):
            destination = self.destination + row * self.destination_pitch
            if not rt.memory.copy(destination, self.source + row * self.source_pitch, self.width):
                return out_of_range(rt, "memcpy2d")
        return None


def memcpy2d(rt: Runtime, rows: Rows) -> object:
    """Copy now, in the caller's time: one copy as far as its cost goes. Host to host is refused."""
    way = direction_of(rt, rows.destination, rows.source)
    if way in (Direction.HOST_TO_HOST, Direction.DEVICE_TO_DEVICE):
        return Fault.PARAM_INVALID
    return _copy_now(rt, rows)


def memcpy2d_async(rt: Runtime, me: Caller, rows: Rows, stream: Stream) -> object:
    """Queue a copy; with pageable memory, synchronise the stream and copy in the caller's time (rule h5)."""
    if stream.context.stop_code:
        return stream.context.stop_code
    way = direction_of(rt, rows.destination, rows.source)
    if way is Direction.HOST_TO_HOST:
        return Fault.PARAM_INVALID
    if Place.PAGEABLE in (rt.memory.place_of(rows.source), rt.memory.place_of(rows.destination)):
        return after_stream(rt, stream, lambda: _copy_now(rt, rows))
    if not rows.fit(rt):
        return out_of_range(rt, "memcpy2d_async")
    name = f"{way.value} {rows.size} bytes in {rows.height} rows"
    engine = stream.context.device.copy_engines.get(way)
    duration = rt.costs.copy_ns(way, rows.size)

    def land() -> int:
        return rt.code_of(rows.land(rt))

    return submit(
        rt,
        me,
        stream,
        lambda: (RowsCopyTask(name, duration, land, engine),),
        "copy",
        name,
        touches=rows.touches(rt),
    )


def _copy_now(rt: Runtime, rows: Rows) -> object:
    touches = rows.touches(rt)
    if touches is not None:
        note_host_access(rt, "memcpy2d", *touches[:2])
    if not rows.fit(rt):
        return out_of_range(rt, "memcpy2d")
    duration = rt.costs.copy_ns(direction_of(rt, rows.destination, rows.source), rows.size)
    return in_callers_time(rt, "memcpy2d", duration, lambda: rows.land(rt))
