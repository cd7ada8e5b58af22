"""Each deviation of a run in sentences: who overtook whom, with what, and why nothing forbade it.

Both were enabled at one choice point, so neither had to come after the other: there is no happens-before edge from
the next step of the one who was overtaken to the step that the other took. That is exact, not a guess. Which edge is
missing depends on who the two are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from simulator.base.trace import (
    Blocked,
    CallbackEnded,
    CallbackReleased,
    CallbackStarted,
    Called,
    Chosen,
    EventRecorded,
    Record,
    ReportPosted,
    ReportsTaken,
    StreamCreated,
    Submitted,
    TaskRan,
    ThreadEnded,
    ThreadStarted,
    Trace,
)
from simulator.base.units import format_duration
from simulator.explore.deviations import Deviation
from simulator.explore.history import TIMER

_ASLEEP: Final = " in sleep"


class _Sort(Enum):
    """What an option of a choice point is."""

    THREAD = "thread"
    STREAM = "stream"
    TIMER = "timer"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Overtake:
    """One deviation, told. `time` is simulated ns, None when the run was not traced in detail."""

    deviation: Deviation
    time: int | None
    sentence: str
    reason: str

    def __str__(self) -> str:
        return f"{self.sentence}; {self.reason}"


def overtakes(trace: Trace | None, deviations: Iterable[Deviation]) -> tuple[Overtake, ...]:
    """Tell each of *deviations*, which are all of the run that *trace* recorded in detail."""
    teller = _Teller(trace or Trace())
    return tuple(teller.tell(number, each) for number, each in enumerate(deviations))


class _Teller:
    """Finds out what the actors of a choice did next."""

    def __init__(self, trace: Trace) -> None:
        self._records = trace.records
        self._points = [
            index for index, record in enumerate(self._records) if isinstance(record, Chosen) and record.value
        ]
        self._sorts: dict[str, _Sort] = {}
        for record in self._records:
            if isinstance(record, StreamCreated):
                self._sorts[record.stream] = _Sort.STREAM
            elif isinstance(
                record, ThreadStarted | Called | Blocked
            ):  # nobody starts the first thread of a program
                self._sorts[record.thread] = _Sort.THREAD

    def tell(self, number: int, what: Deviation) -> Overtake:
        """Tell deviation *number* of the run, counted from 0."""
        at = self._points[number] if number < len(self._points) else None
        time = None if at is None else self._records[at].time
        step = self._next(what.taken, at)
        then = self._next(what.actor, at if step is None else step[0])
        sentence = _SENTENCES.get(what.kind, _went_first)(what, _told(step), _told(then))
        when = "" if time is None else f"at {format_duration(time)}, "
        return Overtake(what, time, f"{when}{sentence}", self._reason(what, step and step[1]))

    def _next(self, name: str, after: int | None) -> tuple[int, Record] | None:
        """Return the first record of *name* behind index *after* that tells what it did."""
        if after is None:
            return None
        for index in range(after + 1, len(self._records)):
            record = self._records[index]
            of_stream = isinstance(record, _OF_STREAMS)
            doer = getattr(record, "stream" if of_stream else "thread", None)
            if type(record) in _STEPS and doer == name:
                return index, record
        return None

    def _sort(self, name: str) -> _Sort:
        return _Sort.TIMER if name.startswith(TIMER) else self._sorts.get(name, _Sort.OTHER)

    def _reason(self, what: Deviation, step: Record | None) -> str:
        if what.kind in _FREE:
            return _FREE[what.kind]
        if what.taken.startswith(TIMER) and what.taken.endswith(_ASLEEP):
            return _SLEPT
        pair = (self._sort(what.actor), self._sort(what.taken))
        return _REASONS.get(pair, _UNORDERED).format(
            overtaken=what.actor, taken=what.taken, step=_told_step(step) if step else "what it did"
        )


def _told(found: tuple[int, Record] | None) -> str | None:
    return None if found is None else _told_step(found[1])


def _told_step(record: Record) -> str:
    return _STEPS[type(record)](record)


def _went_first(what: Deviation, step: str | None, then: str | None) -> str:
    did = f" ({step})" if step else ""
    before = f" ({then})" if then and what.taken != what.actor else ""
    return f"{what.taken}{did} went before {what.actor}{before}, at {what.kind}"


def _lasted(what: Deviation, _step: str | None, _then: str | None) -> str:
    return what.taken


def _failed(what: Deviation, _step: str | None, _then: str | None) -> str:
    return f"the fault {what.taken} happened"


_SENTENCES: Final[Mapping[str, Callable[[Deviation, str | None, str | None], str]]] = {
    "duration": _lasted,
    "fault": _failed,
}
_FREE: Final = {
    "duration": "durations are free within the interval that --timing gives",
    "fault": "the declared faults allow it",
}
_SLEPT: Final = "how long a thread computes or sleeps orders nothing: others may be slower"
_UNORDERED: Final = "nothing orders the two: neither has to wait for the other"
_REASONS: Final = {
    (_Sort.THREAD, _Sort.THREAD): (
        "no join, flag, lock or sync makes {taken} wait for {overtaken} before {step}"
    ),
    (_Sort.THREAD, _Sort.STREAM): (
        "it had been launched, no event held {taken} back, and the device does not wait for {overtaken}"
    ),
    (_Sort.STREAM, _Sort.THREAD): (
        "{taken} had not synchronised with {overtaken}: before {step} there is no sync of that stream, nor of an "
        "event recorded on it"
    ),
    (_Sort.STREAM, _Sort.STREAM): (
        "no event joins the two streams: no record on {overtaken} that a wait on {taken} refers to"
    ),
    (_Sort.THREAD, _Sort.TIMER): "a timeout may run out before others go on: a timed wait orders nothing",
    (
        _Sort.STREAM,
        _Sort.TIMER,
    ): "a timeout may run out before the device is done: a timed wait orders nothing",
    (_Sort.TIMER, _Sort.TIMER): "timeouts have no order among each other",
}


def _called(record: Record) -> str:
    assert isinstance(record, Called)  # noqa: S101 - the table below says so
    code = f" returned {record.code}" if record.code else ""
    return f"{record.op}{f' of {record.on}' if record.on else ''}{code}"


def _blocked(record: Record) -> str:
    assert isinstance(record, Blocked)  # noqa: S101 - same
    return f"wait in {record.op}{f' for {record.on}' if record.on else ''}"


def _submitted(record: Record) -> str:
    assert isinstance(record, Submitted)  # noqa: S101 - same
    return f"launch of {record.name or record.kind} on {record.stream}"


def _task(record: Record) -> str:
    assert isinstance(record, TaskRan)  # noqa: S101 - same
    return f"{record.name or record.kind}, task {record.seq} of {record.stream}"


def _callback(word: str) -> Callable[[Record], str]:
    return lambda record: f"{word} of callback {getattr(record, 'name', '')}".rstrip()


_STEPS: Final[Mapping[type[Record], Callable[[Record], str]]] = {
    Called: _called,
    Blocked: _blocked,
    Submitted: _submitted,
    TaskRan: _task,
    EventRecorded: lambda record: f"record of {getattr(record, 'event', 'an event')}",
    ReportPosted: _callback("report"),
    ReportsTaken: lambda _record: "it took its reports",
    CallbackStarted: _callback("start"),
    CallbackEnded: _callback("end"),
    CallbackReleased: lambda _record: "its callback let it go on",
    ThreadEnded: lambda _record: "it ended",
}
_OF_STREAMS: Final = (TaskRan, EventRecorded, ReportPosted, CallbackReleased)
