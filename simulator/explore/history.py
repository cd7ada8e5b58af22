"""A run as a partial order: the steps that were taken, by whom, and what each of them touched.

A step goes from one `Chosen` of the trace to the next. Its records say what it read and wrote (`dependence`); who
touched a thing last decides what a step comes after. Two runs whose steps are ordered alike in this sense end in
the same state, whatever else was otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from simulator.base.trace import (
    CallbackReleased,
    Chosen,
    EventBound,
    EventRecorded,
    Record,
    ReportPosted,
    Submitted,
    TaskDropped,
    TaskRan,
    Trace,
)
from simulator.explore.dependence import (
    ALL,
    CLOCK,
    ENDS,
    HOST,
    Dependence,
    Footprint,
    Thing,
    Things,
    content_of,
    thread_of,
)
from simulator.explore.strategies.profile import DATA

# How `name_of` begins for a wait whose time may be up.
TIMER: Final = "timeout of "
_MASK: Final = (1 << 64) - 1
_BEGINNING: Final = Footprint((), (ALL,))


@dataclass(frozen=True, slots=True)
class Step:
    """What `who` did in one go. It was option `value` of `among`; a single option is no choice.

    `state` stands for everything that had happened before, up to the order of what is independent.
    """

    who: str
    kind: str
    among: tuple[str, ...]
    value: int
    state: int
    footprint: Footprint

    @property
    def is_choice(self) -> bool:
        """Whether somebody else could have gone, or something else have happened."""
        return len(self.among) > 1

    @property
    def is_data(self) -> bool:
        """Whether the question was not who goes on."""
        return self.kind in DATA


class History:
    """The steps of one run, and a `fingerprint` that runs share, but for chance, if they are ordered alike.

    Fingerprints and states are numbers of this process and its children. *timed* tells that simulated time decides
    what can happen.
    """

    def __init__(self, trace: Trace, *, timed: bool = True, footprints: bool = True) -> None:
        self.steps: list[Step] = []
        self.fingerprint = 0
        self._timed = timed
        self._dependence = Dependence(isolated=trace.isolated, timed=timed)
        # What wrote each thing last, and what has read it since, as hashes of all that came before.
        self._written: dict[Thing, int] = {}
        self._read: dict[Thing, int] = {}
        self._line = DeviceLine()
        records = trace.records
        self._threads = {str(getattr(record, "thread", "")) for record in records}
        self._cut(records, footprints=footprints)
        if footprints:
            self.steps = [self._with_forestalled(at) for at in range(len(self.steps))]

    def __repr__(self) -> str:
        return f"<history of {len(self.steps)} steps>"

    def _cut(self, records: Sequence[Record], *, footprints: bool) -> None:
        """Cut *records* into steps; what stands before the first `Chosen` is the same in every run."""
        who, own, touches = "", _BEGINNING, self._dependence.of
        step: Step | None = None
        reads: set[Thing] = set()
        writes: set[Thing] = set()
        for record in records:
            if type(record) is Chosen:
                if step is not None:
                    self._add(step, reads, writes)
                    reads, writes = set(), set()
                names = _told_apart(record.among)
                # A question about what happens is asked on behalf of whoever is at it.
                who = who if record.kind in DATA else names[record.value]
                own = self._own(who, record)
                step = Step(who, record.kind, names, record.value, self._state(record), own)
                self._happen(who, record, own, own)
                continue
            touched = touches(record)
            self._happen(who, record, own, touched)
            if footprints:
                reads.update(touched.reads)
                writes.update(touched.writes)
        if step is not None:
            self._add(step, reads, writes)

    def _add(self, step: Step, reads: set[Thing], writes: set[Thing]) -> None:
        """Add a step that, besides what it touches whatever it does, has touched this."""
        own = step.footprint
        if reads or writes:
            writes.update(own.writes)
            reads.update(own.reads)
            step = replace(step, footprint=Footprint(tuple(reads - writes), tuple(writes)))
        self.steps.append(step)

    def _with_forestalled(self, at: int) -> Step:
        """Return step *at* with what it did to those who then could not go any more."""
        step = self.steps[at]
        changed: Things = tuple(map(thread_of, forestalled(self.steps, at)))
        if at == len(self.steps) - 1 and ENDS in step.footprint.writes:
            changed = (*changed, ALL)  # the end of the program: what had not happened before never will
        if not changed:
            return step
        reads, writes = step.footprint
        return replace(step, footprint=Footprint(reads, (*writes, *changed)))

    def _own(self, who: str, chosen: Chosen) -> Footprint:
        """Return what a step touches whatever it does."""
        if chosen.kind in DATA or who.startswith(TIMER):
            return Footprint((), (thread_of(who), ALL))
        reads: Things = (ALL,)
        writes: Things = (thread_of(who),)
        if who not in self._threads:
            return Footprint(reads, (*writes, CLOCK) if self._timed else writes)
        if not self._dependence.isolated:
            writes = (*writes, HOST)
        return Footprint((*reads, CLOCK) if self._timed else reads, writes)

    def _state(self, chosen: Chosen) -> int:
        # Timers may be compared with the times of what is pending, which the records do not tell.
        now = chosen.time if self._timed or self._dependence.waits_timed else 0
        return hash((self.fingerprint, chosen.kind, chosen.among, now, self._line.order))

    def _happen(self, who: str, record: Record, own: Footprint, touched: Footprint) -> None:
        """Add *record* to what has happened: its hash covers what it says and all that it comes after."""
        note = _LINE.get(type(record))
        if note is not None:
            note(self._line, record)
        written, read = self._written, self._read
        said = _choice(record) if isinstance(record, Chosen) else content_of(record)
        reads, writes = own.reads + touched.reads, own.writes + touched.writes
        event = hash(
            (
                who,
                type(record).__name__,
                said,
                *map(written.get, reads),
                *map(written.get, writes),
                *map(read.get, writes),
            )
        )
        for thing in reads:
            read[thing] = (read.get(thing, 0) + event) & _MASK
        for thing in writes:
            written[thing], read[thing] = event, 0
        # A sum, so that it does not matter in which order independent records stand.
        self.fingerprint = (self.fingerprint + event) & _MASK


def forestalled(steps: Sequence[Step], at: int) -> list[str]:
    """Return who could have gone instead of step *at*, and cannot any more once it is done.

    A timeout that an arrival comes before, or whoever is left when the program ends.
    """
    step = steps[at]
    if step.is_data or not step.is_choice:
        return []
    following = next((each for each in steps[at + 1 :] if not each.is_data), None)
    still = () if following is None else following.among
    return [name for name in step.among if name != step.who and name not in still]


class DeviceLine:
    """In which order busy streams got what they do next: at equal times, the friendly runtime goes by that.

    Independent steps in another order lead to the same state, but for this: it decides nothing that can happen, and
    yet what happens by default.
    """

    def __init__(self) -> None:
        self._left: dict[str, int] = {}
        self._bound: dict[str, list[str]] = {}

    def __repr__(self) -> str:
        return f"<device line {', '.join(self.order)}>"

    @property
    def order(self) -> tuple[str, ...]:
        """The busy streams, the one that moved last at the end."""
        return tuple(self._left)

    def submitted(self, record: Submitted) -> None:
        """Follow a launch."""
        left = self._left
        left[record.stream] = left.get(record.stream, 0) + 1 + record.last - record.first

    def left(self, record: TaskRan | TaskDropped) -> None:
        """Follow the end of a task."""
        left = self._left.pop(record.stream, 0) - 1
        if left > 0:
            self._left[record.stream] = left

    def reported(self, record: CallbackReleased | ReportPosted) -> None:
        """Follow what a callback task does before its end."""
        self._moved(record.stream)

    def bound(self, record: EventBound) -> None:
        """Remember who waits for an event."""
        self._bound.setdefault(record.event, []).append(record.stream)

    def recorded(self, record: EventRecorded) -> None:
        """Follow those who waited for it."""
        for stream in self._bound.pop(record.event, ()):
            self._moved(stream)

    def _moved(self, stream: str) -> None:
        left = self._left.pop(stream, 0)
        if left:
            self._left[stream] = left


def _choice(record: Chosen) -> object:
    return record.kind in DATA, record.among[record.value]


_LINE: Final[dict[type, Callable[[DeviceLine, Any], None]]] = {
    Submitted: DeviceLine.submitted,
    TaskRan: DeviceLine.left,
    TaskDropped: DeviceLine.left,
    ReportPosted: DeviceLine.reported,
    CallbackReleased: DeviceLine.reported,
    EventBound: DeviceLine.bound,
    EventRecorded: DeviceLine.recorded,
}


def _told_apart(among: tuple[str, ...]) -> tuple[str, ...]:
    """Return the options' names, numbered where several have the same."""
    if len(set(among)) == len(among):
        return among
    return tuple(
        name if name not in among[:at] else f"{name} #{among[:at].count(name) + 1}"
        for at, name in enumerate(among)
    )
