"""The pass over a trace that finds what is wrong with the use of memory: races, freed buffers, bytes nobody wrote.

Each access is compared with what happened to the same bytes before. Two that conflict and that nothing orders are a
race, in whichever order this run had them; giving a buffer back conflicts with everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from simulator.base.memory_records import Allocated, Freed, HostAccess, PoisonRead, Range, TaskAccess
from simulator.base.trace import Submitted, TaskDropped, TaskRan
from simulator.check.memory.clocks import Actor, Clock
from simulator.check.memory.order import Order
from simulator.check.memory.shadow import Access, Segment, Shadow
from simulator.check.ordering.facts import Reader

# Who has so many has one mistake in a loop.
_MOST: Final = 200
_DEVICE: Final = "device"
# Looking through a view comes later, and is not seen: the call that makes one counts as reading.
VIEWS: Final = frozenset({"ptr_to_numpy"})
_INEXACT: Final = VIEWS | {"execute"}
# Launches that are run as soon as it is their turn. Others may wait for something that comes later in the trace.
_FREE_RUNNING: Final = frozenset(
    {"execute", "copy", "set", "record", "reduce", "cache", "notify-record", "value-write"}
)

Pair = tuple[str, str, object, object]


@dataclass(frozen=True, slots=True)
class Clash:
    """Two accesses of bytes start..end that nothing orders; of a freed buffer, `first` or `second` freed it."""

    buffer: Allocated
    start: int
    end: int
    first: Access
    second: Access


@dataclass(frozen=True, slots=True)
class Stale:
    """An access that comes after the buffer was given back."""

    buffer: Allocated
    freed: Access
    access: Access


@dataclass(frozen=True, slots=True)
class Blank:
    """A reading of bytes start..end, which nobody had written."""

    buffer: Allocated
    start: int
    end: int
    access: Access


class MemoryReader(Reader):
    """Reads a trace behind `order`, which must have seen each record first."""

    def __init__(self, order: Order) -> None:
        super().__init__()
        self._order = order
        self._shadows: dict[str, Shadow] = {}
        # Accesses of tasks that are still queued: by stream and task, with the place of the launch.
        self._queued: dict[str, dict[int, tuple[int, TaskAccess, Submitted]]] = {}
        self.clashes: dict[Pair, Clash] = {}
        self.stale: dict[Pair, Stale] = {}
        self._blanks: dict[Pair, Blank] = {}
        # Bytes that the access told next reads, and that still were as they were made.
        self._poison: Range | None = None
        # The tasks of each stream that may hold back those behind them, as long as they are queued.
        self._gates: dict[str, set[int]] = {}
        self.on(Submitted, self._launched)
        self.on(TaskAccess, self._announced)
        self.on(TaskRan, self._ran)
        self.on(TaskDropped, self._dropped)
        self.on(Allocated, self._allocated)
        self.on(Freed, self._freed)
        self.on(HostAccess, self._by_host)
        self.on(PoisonRead, self._poisoned)

    def __repr__(self) -> str:
        return f"<memory reader of {len(self._shadows)} buffers>"

    @property
    def blanks(self) -> list[Blank]:
        """Readings of bytes that nobody wrote, less those that raced with the writing."""
        raced = {(clash.buffer.buffer, access.by) for clash in self.clashes.values()
                 for access in (clash.first, clash.second)}  # fmt: skip
        return [
            blank for blank in self._blanks.values() if (blank.buffer.buffer, blank.access.by) not in raced
        ]

    def at_end(self) -> None:
        """Judge the tasks that were left over: they may run at any time."""
        for stream, queued in self._queued.items():
            for seq in list(queued):
                self._never_ran(stream, seq)

    # -- handlers ----------------------------------------------------------------------------------------------------

    def _launched(self, index: int, record: Submitted) -> None:
        del index
        if record.kind not in _FREE_RUNNING:
            self._gates.setdefault(record.stream, set()).update(range(record.first, record.last + 1))

    def _announced(self, index: int, record: TaskAccess) -> None:
        launch = self._order.stream(record.stream).launch
        if launch is None or not launch.first <= record.seq <= launch.last:
            return  # no trace of ours: who it belongs to is not known
        self._queued.setdefault(record.stream, {})[record.seq] = (index, record, launch)

    def _ran(self, index: int, record: TaskRan) -> None:
        del index
        if record.stream in self._gates:
            self._gates[record.stream].discard(record.seq)
        queued = self._queued.get(record.stream)
        announced = None if queued is None else queued.pop(record.seq, None)
        if announced is None:
            return
        place, by, launch = announced
        actor = self._order.stream(record.stream)
        clock = actor.at(record.seq)
        for ranges, writes in ((by.reads, False), (by.writes, True)):
            if ranges:
                access = Access(actor, record.seq, writes, place, by, launch, None)
                for where in ranges:
                    self._touch(where, access, clock)

    def _dropped(self, index: int, record: TaskDropped) -> None:
        del index
        if record.seq in self._queued.get(record.stream, ()):
            self._never_ran(record.stream, record.seq)

    def _never_ran(self, stream: str, seq: int) -> None:
        """Judge a task that never ran by what others did to its bytes while it might have run.

        They gave them back; or, when nothing in front of it held it back, a host thread used them. What the device or
        a callback did may have come before it by a wait or a release that the run did not get to.
        """
        place, by, launch = self._queued[stream].pop(seq)
        actor = self._order.stream(stream)
        clock = actor.at(seq)
        held_back = any(gate < seq for gate in self._gates.get(stream, ()))
        for ranges, writes in ((by.reads, False), (by.writes, True)):
            for buffer, offset, length in ranges:
                shadow = self._shadows.get(buffer)
                if shadow is None:
                    continue
                access = Access(actor, seq, writes, place, by, launch, None)
                if shadow.freed is not None:
                    self._freed_before(shadow, shadow.freed, access, clock)
                elif not held_back and length > 0:
                    for segment in shadow.touch(offset, offset + length):
                        self._compare_queued(shadow, segment, access, clock)

    def _compare_queued(self, shadow: Shadow, segment: Segment, access: Access, clock: Clock) -> None:
        """Compare a task that never ran with what host threads did behind its launch."""
        others = [segment.write] if segment.write is not None else []
        if access.writes:
            others += segment.reads.values()
        for other in others:
            by_host = isinstance(other.by, HostAccess) and other.callback is None
            if by_host and other.place > access.place and not _ordered(other, access.actor, clock):
                self._clash(shadow, segment, other, access)

    def _allocated(self, index: int, record: Allocated) -> None:
        del index
        self._shadows[record.buffer] = Shadow(record)

    def _freed(self, index: int, record: Freed) -> None:
        shadow = self._shadows.get(record.buffer)
        if shadow is None or shadow.freed is not None:
            return
        access = self._host_access(index, record, writes=True)
        shadow.freed = access
        for segment in shadow.touched:
            self._compare(shadow, segment, access, access.actor.clock)

    def _by_host(self, index: int, record: HostAccess) -> None:
        for ranges, writes in ((record.reads, False), (record.writes, True)):
            access = self._host_access(index, record, writes=writes)
            for where in ranges:
                self._touch(where, access, access.actor.clock)

    def _poisoned(self, index: int, record: PoisonRead) -> None:
        del index
        self._poison = record[1:]

    # -- judging -----------------------------------------------------------------------------------------------------

    def _host_access(self, index: int, record: HostAccess | Freed, *, writes: bool) -> Access:
        host, inside = self._order.host(record.thread), self._order.callback_of(record.thread)
        return Access(host, host.act(), writes, index, record, None, inside)

    def _touch(self, where: Range, access: Access, clock: Clock) -> None:
        buffer, offset, length = where
        shadow = self._shadows.get(buffer)
        if shadow is None or length <= 0:
            return
        if shadow.freed is not None and self._freed_before(shadow, shadow.freed, access, clock):
            return
        for segment in shadow.touch(offset, offset + length):
            self._compare(shadow, segment, access, clock)
            if access.writes:
                segment.write = access
                if segment.reads:
                    segment.reads = {}
            else:
                fresh = shadow.birth.place == _DEVICE or where == self._poison
                if segment.write is None and fresh and _needs_all(access):
                    blank = Blank(shadow.birth, segment.start, segment.end, access)
                    if len(self._blanks) < _MOST:
                        self._blanks.setdefault(_pair(shadow, access, access), blank)
                segment.reads[access.actor] = access
        self._poison = None

    def _compare(self, shadow: Shadow, segment: Segment, access: Access, clock: Clock) -> None:
        before = segment.write
        if before is not None and not _ordered(before, access.actor, clock):
            self._clash(shadow, segment, before, access)
        if access.writes:
            for before in segment.reads.values():
                if not _ordered(before, access.actor, clock):
                    self._clash(shadow, segment, before, access)

    def _clash(self, shadow: Shadow, segment: Segment, first: Access, second: Access) -> None:
        if len(self.clashes) < _MOST:
            clash = Clash(shadow.birth, segment.start, segment.end, first, second)
            self.clashes.setdefault(_pair(shadow, first, second), clash)

    def _freed_before(self, shadow: Shadow, freed: Access, access: Access, clock: Clock) -> bool:
        """Judge an access to a buffer that is gone by now; True when it was gone for certain."""
        if _ordered(freed, access.actor, clock):
            if len(self.stale) < _MOST:
                self.stale.setdefault(_pair(shadow, freed, access), Stale(shadow.birth, freed, access))
            return True
        if len(self.clashes) < _MOST:
            clash = Clash(shadow.birth, 0, shadow.birth.size, access, freed)
            self.clashes.setdefault(_pair(shadow, access, freed), clash)
        return False


def is_view(access: Access) -> bool:
    """Tell whether an access only makes a view of the bytes, through which they are read when nobody sees it."""
    return isinstance(access.by, HostAccess) and access.by.op in VIEWS


def _needs_all(access: Access) -> bool:
    """Tell whether every byte that is read matters: with some, a part of them may have no meaning."""
    by = access.by
    return by.exact if isinstance(by, TaskAccess) else not isinstance(by, HostAccess) or by.op not in _INEXACT


def _ordered(before: Access, actor: Actor, clock: Clock) -> bool:
    return before.actor is actor or clock.get(before.actor, 0) >= before.epoch


def _pair(shadow: Shadow, first: Access, second: Access) -> Pair:
    """Return what equal findings have in common: the buffer, by its birth line if that is known, and both lines."""
    birth = shadow.birth
    return birth.buffer, birth.site or "", _line(first), _line(second)


def _line(access: Access) -> object:
    """Return the line of an access; without one, what tells it from others of its actor."""
    if access.launch is not None:
        return access.launch.site or (access.launch.stream, access.launch.first)
    by = access.by
    if isinstance(by, TaskAccess):
        return by.stream, by.seq
    return by.site or (by.thread, access.place)
