"""The ordering guarantees O1-O12 as executable checks over a trace, simulated or recorded.

In a test: `assert ordering.check_ordering(session.trace) == ()`; one guarantee alone:
`ordering.GUARANTEES["O3"].check(trace)`. The checks reason from the records only, never from the model, and
read them once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from simulator.base.trace import Record
from simulator.check.ordering.callbacks import AfterEarlierWork, BlockingHolds, NonBlockingPasses
from simulator.check.ordering.endings import ErrorsSurface, NothingLost
from simulator.check.ordering.facts import Facts
from simulator.check.ordering.guarantee import Guarantee, Violation, Watch, run_watches
from simulator.check.ordering.reports import AllReadyReports, HiddenThread, LaunchOrder, OneAtATime
from simulator.check.ordering.streams import Fifo, SyncWaits, WaitsForRecord

__all__ = ["GUARANTEES", "Guarantee", "Violation", "check_ordering", "watches_of"]

_TITLES: Final[Mapping[type[Watch], str]] = {
    Fifo: "One stream is a FIFO: a task starts after its predecessor finished.",
    AfterEarlierWork: "A callback starts after all earlier work of its stream.",
    BlockingHolds: (
        "Nothing later on the stream starts before a blocking callback returned; the stream goes on right"
        " after each one, not after the batch."
    ),
    NonBlockingPasses: "A non-blocking callback holds its stream only until its report is posted.",
    LaunchOrder: (
        "Callbacks of one stream run in launch order, once each, on the subscribed thread, only inside its"
        " process_report."
    ),
    OneAtATime: "One report thread runs one callback at a time.",
    SyncWaits: "A sync returns after the tasks submitted before the call, blocking callbacks included.",
    WaitsForRecord: (
        "A wait for an event goes on after exactly what its record captured; a record of a notify lets one wait"
        " pass."
    ),
    AllReadyReports: "One process_report takes and runs every report ready at wake-up, in order.",
    HiddenThread: "Host functions run on the runtime's hidden thread, one at a time.",
    ErrorsSurface: "A task's failure is stored on its stream and returned by the next sync, once.",
    NothingLost: "Every accepted task ends as run, failed or dropped with a recorded reason.",
}

GUARANTEES: Final[Mapping[str, Guarantee]] = MappingProxyType(
    {watch.guarantee: Guarantee(watch.guarantee, title, watch) for watch, title in _TITLES.items()}
)


def watches_of(facts: Facts) -> tuple[Watch, ...]:
    """Return one watch for each guarantee; they have to read a record before *facts* does."""
    return tuple(guarantee.watch(facts) for guarantee in GUARANTEES.values())


def check_ordering(trace: Iterable[Record], *, closed: bool = True) -> tuple[Violation, ...]:
    """Return every violation of O1-O12 in *trace*, in the order of the trace; empty means that all hold.

    The records must stand in causal order: at equal times their place decides. Names of streams, events and
    threads must be unique in the trace. `closed=False` is for a run that still goes on: what is left over is
    then no violation.
    """
    return run_watches(trace, GUARANTEES.values(), closed=closed)
