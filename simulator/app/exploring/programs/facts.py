"""What the process of a run tells of it: enough to judge it elsewhere, where the code that judges is warm."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from simulator.app.execution.running import Raised
from simulator.base.trace import Record, Trace
from simulator.engine.choice import ChoiceRecord, Recorder
from simulator.engine.hosts.ends import RunEnd

if TYPE_CHECKING:
    from simulator.app.execution.running import Running
    from simulator.engine.hosts.thread import HostThread

# Records without their own way of being sent, which takes three times as long.
Rows = list[tuple[type[Record], tuple[object, ...]]]


class Facts(NamedTuple):
    """One run. `code` is how the program itself ended, None when the run ended it, and then `end` says how.

    `waiting` are the places of threads that wait without a timeout; `chain` explains in sentences what they wait
    for. `events` counts the events of the devices.
    """

    code: int | None
    raised: Raised | None
    end: RunEnd | None
    chain: tuple[str, ...]
    waiting: tuple[str, ...]
    remarks: tuple[str, ...]
    choices: tuple[ChoiceRecord, ...]
    rows: Rows
    untimed: bool
    events: int

    @classmethod
    def of(cls, running: Running) -> Self:
        """Return what there is to tell of a run that is over."""
        session, chooser = running.world.session, running.world.chooser
        host, stuck, trace = session.host, session.stuck is not None, session.trace or Trace()
        waiting = {_waits(each, host.where(each)) for each in host.threads if stuck and _waits_for_ever(each)}
        return cls(
            code=running.code,
            raised=running.raised,
            end=host.end if stuck else None,
            chain=session.explain(),
            waiting=tuple(sorted(waiting)),
            remarks=tuple(host.remarks),
            choices=tuple(chooser.records) if isinstance(chooser, Recorder) else (),
            rows=[(type(record), tuple(record)) for record in trace],
            untimed=trace.untimed,
            events=session.kernel.events_run,
        )

    def trace(self) -> Trace:
        """Return the trace of the run."""
        trace = Trace()
        trace.untimed = self.untimed
        for kind, fields in self.rows:
            trace.append(kind._make(fields))
        return trace


def _waits_for_ever(thread: HostThread) -> bool:
    wait = thread.wait
    return not (thread.internal or wait is None) and wait.outcome is None and wait.timeout is None


def _waits(thread: HostThread, place: object) -> str:
    op = "" if thread.wait is None else thread.wait.op
    return f"{thread.name} in {op}" if place is None else f"{op} at {place}"
