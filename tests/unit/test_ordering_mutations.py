"""A correct trace of many parts, damaged record by record: the right guarantee complains."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import pytest

from simulator.base.subscription_records import Subscribed
from simulator.base.trace import (
    CallbackEnded,
    CallbackReleased,
    CallbackStarted,
    Called,
    EventBound,
    EventRecorded,
    Record,
    ReportPosted,
    ReportsTaken,
    StreamFailed,
    Submitted,
    Synchronized,
    TaskRan,
    ThreadStarted,
)
from simulator.check.ordering import check_ordering

HIDDEN = "callback thread"
PROCESS = "acl.rt.process_report"


def correct_trace() -> list[Record]:
    """Blocking (STARS) and non-blocking callbacks, an event, a host function, a failing task."""
    return [
        ThreadStarted(0, "main", internal=False),
        ThreadStarted(0, "reporter", internal=False),
        Subscribed(0, "reporter", "a", internal=False),
        Subscribed(0, "reporter", "b", internal=False),
        Submitted(0, "main", "a", 1, 1, "execute", "net", None),
        Submitted(0, "main", "a", 2, 4, "callback", "block", None),
        Submitted(0, "main", "a", 5, 5, "record", "e", None),
        Submitted(0, "main", "b", 1, 1, "callback-no-block", "pass", None),
        EventBound(0, "b", 2, "e", "a", 5),
        Submitted(0, "main", "b", 2, 2, "wait", "e", None),
        Submitted(0, "main", "b", 3, 3, "callback-no-block", "pass", None),
        ReportPosted(5, "b", 1, "pass", "reporter", 0, block=False),
        TaskRan(5, "b", 1, "callback", "pass", 0, 0),
        TaskRan(10, "a", 1, "execute", "net", 0, 0),
        ReportPosted(10, "a", 2, "block", "reporter", 0, block=True),
        TaskRan(10, "a", 2, "callback", "block", 10, 0),
        ReportsTaken(10, "reporter", 0, (("b", 1), ("a", 2))),
        CallbackStarted(10, "reporter", "b", 1, "pass"),
        CallbackEnded(15, "reporter", "b", 1, "pass", None),
        CallbackStarted(15, "reporter", "a", 2, "block"),
        CallbackEnded(20, "reporter", "a", 2, "block", None),
        CallbackReleased(20, "a", 2),
        Called(20, "reporter", PROCESS, 0, 0, None, None, None),
        TaskRan(20, "a", 3, "wait", "signal", 10, 0),
        TaskRan(20, "a", 4, "reset", "signal", 20, 0),
        EventRecorded(20, "e", "a", 5),
        TaskRan(20, "a", 5, "record", "e", 20, 0),
        TaskRan(20, "b", 2, "wait", "e", 5, 0),
        ReportPosted(20, "b", 3, "pass", "reporter", 0, block=False),
        TaskRan(20, "b", 3, "callback", "pass", 20, 0),
        Synchronized(20, "main", "synchronize_device", 0, (("a", 5), ("b", 3)), 0),
        ReportsTaken(20, "reporter", 0, (("b", 3),)),
        CallbackStarted(20, "reporter", "b", 3, "pass"),
        CallbackEnded(25, "reporter", "b", 3, "pass", None),
        Called(25, "reporter", PROCESS, 20, 0, None, None, None),
        Subscribed(25, HIDDEN, "c", internal=True),
        ThreadStarted(25, HIDDEN, internal=True),
        Submitted(25, "main", "c", 1, 3, "host-func", "log", None),
        Submitted(25, "main", "c", 4, 4, "execute", "broken", None),
        ReportPosted(25, "c", 1, "log", HIDDEN, 0, block=True),
        TaskRan(25, "c", 1, "callback", "log", 25, 0),
        ReportsTaken(25, HIDDEN, 0, (("c", 1),)),
        CallbackStarted(25, HIDDEN, "c", 1, "log"),
        CallbackEnded(27, HIDDEN, "c", 1, "log", None),
        CallbackReleased(27, "c", 1),
        TaskRan(27, "c", 2, "wait", "signal", 25, 0),
        TaskRan(27, "c", 3, "reset", "signal", 27, 0),
        StreamFailed(30, "c", 4, 507015),
        TaskRan(30, "c", 4, "execute", "broken", 27, 507015),
        Synchronized(30, "main", "synchronize_stream", 25, (("c", 4),), 507015),
        Synchronized(30, "main", "synchronize_stream", 30, (("c", 4),), 0),
    ]


TRACE = correct_trace()


def place_of(kind: type, /, **fields: object) -> int:
    """The place of the only record of *kind* with these fields."""
    places = [
        place
        for place, record in enumerate(TRACE)
        if type(record) is kind and all(getattr(record, name) == value for name, value in fields.items())
    ]
    assert len(places) == 1, places
    return places[0]


def drop(place: int) -> list[Record]:
    return TRACE[:place] + TRACE[place + 1 :]


def move(place: int, before: int) -> list[Record]:
    rest = drop(place)
    rest.insert(before if before < place else before - 1, TRACE[place])
    return rest


def swap(one: int, other: int) -> list[Record]:
    records = list(TRACE)
    records[one], records[other] = records[other], records[one]
    return records


def change(place: int, **fields: object) -> list[Record]:
    replaced = TRACE[place]._replace(**fields)  # type: ignore[arg-type]
    return [*TRACE[:place], replaced, *TRACE[place + 1 :]]


def broken(records: list[Record]) -> set[str]:
    return {violation.guarantee for violation in check_ordering(records)}


def test_the_trace_is_correct_as_it_stands():
    assert check_ordering(TRACE) == ()


DROPPED = {
    TaskRan: "O12",
    Submitted: "O12",
    ReportPosted: "O5",
    ReportsTaken: "O5",
    CallbackStarted: "O6",
    CallbackReleased: "O3",
    EventRecorded: "O8",
    StreamFailed: "O11",
}


@pytest.mark.parametrize(
    ("place", "guarantee"),
    [(place, DROPPED[type(record)]) for place, record in enumerate(TRACE) if type(record) in DROPPED],
)
def test_no_record_that_carries_order_can_be_missing(place, guarantee):
    assert guarantee in broken(drop(place))


@pytest.mark.parametrize(
    "place", [place for place, record in enumerate(TRACE) if type(record) in (TaskRan, CallbackStarted)]
)
def test_nothing_can_happen_twice(place):
    expected = "O12" if type(TRACE[place]) is TaskRan else "O5"
    assert expected in broken([*TRACE[: place + 1], *TRACE[place:]])


RAN = {
    (record.stream, record.seq): place for place, record in enumerate(TRACE) if isinstance(record, TaskRan)
}
STARTED = {
    (record.stream, record.seq): place
    for place, record in enumerate(TRACE)
    if isinstance(record, CallbackStarted)
}
ENDED = {
    (record.stream, record.seq): place
    for place, record in enumerate(TRACE)
    if isinstance(record, CallbackEnded)
}
FIRST_TAKEN = place_of(ReportsTaken, time=10)
RELEASED = place_of(CallbackReleased, stream="a")
DEVICE_SYNC = place_of(Synchronized, op="synchronize_device")

MUTATIONS: dict[str, tuple[str, Callable[[], list[Record]]]] = {
    "two tasks of a stream change places": ("O1", lambda: swap(RAN["a", 3], RAN["a", 4])),
    "a task starts before its predecessor finished": ("O1", lambda: change(RAN["a", 2], start=3)),
    "a callback starts before the model run": (
        "O2",
        lambda: move(RAN["a", 1], before=STARTED["a", 2] + 1),
    ),
    "the wait behind a callback passes before it returned": (
        "O3",
        lambda: move(RAN["a", 3], before=ENDED["a", 2]),
    ),
    "the stream is released before the callback returned": (
        "O3",
        lambda: move(RELEASED, before=ENDED["a", 2]),
    ),
    "the stream is released only after the batch": ("O3", lambda: swap(RELEASED, RELEASED + 1)),
    "the stream goes on later than its release": ("O3", lambda: change(RAN["a", 3], time=22)),
    "a task starts while the callback still runs": ("O3", lambda: change(RAN["a", 5], start=17)),
    "a host function does not hold its stream": (
        "O3",
        lambda: move(RAN["c", 2], before=ENDED["c", 1]),
    ),
    "a non-blocking callback holds its stream": ("O4", lambda: change(RAN["b", 1], time=9)),
    "a callback runs on another thread": ("O5", lambda: change(STARTED["b", 3], thread="main")),
    "a callback runs before process_report took it": (
        "O5",
        lambda: move(FIRST_TAKEN, before=STARTED["b", 1] + 1),
    ),
    "a callback runs after its process_report returned": (
        "O5",
        lambda: move(place_of(Called, time=25), before=STARTED["b", 3]),
    ),
    "a report goes to a thread that was never subscribed": (
        "O5",
        lambda: change(place_of(ReportPosted, stream="b", seq=3), thread="main"),
    ),
    "two callbacks of a thread overlap": ("O6", lambda: move(ENDED["b", 1], before=ENDED["a", 2])),
    "a sync returns before the last task": ("O7", lambda: move(DEVICE_SYNC, before=RAN["b", 3])),
    "a sync returns before the blocking callback": (
        "O7",
        lambda: move(DEVICE_SYNC, before=ENDED["a", 2]),
    ),
    "a wait passes before the record": (
        "O8",
        lambda: move(RAN["b", 2], before=place_of(EventRecorded)),
    ),
    "a wait is bound to another record": ("O8", lambda: change(place_of(EventBound), source_seq=6)),
    "an event is complete before the work it captured": (
        "O8",
        lambda: move(place_of(EventRecorded), before=RAN["a", 3]),
    ),
    "a report is left behind": ("O9", lambda: change(FIRST_TAKEN, reports=(("b", 1),))),
    "reports are taken out of order": ("O9", lambda: change(FIRST_TAKEN, reports=(("a", 2), ("b", 1)))),
    "a batch is cut short": (
        "O9",
        lambda: move(place_of(Called, time=20), before=STARTED["a", 2]),
    ),
    "a host function runs on a user's thread": (
        "O10",
        lambda: change(STARTED["c", 1], thread="reporter"),
    ),
    "the hidden thread is a user's": (
        "O10",
        lambda: change(place_of(ThreadStarted, thread=HIDDEN), internal=False),
    ),
    "a sync swallows the failure": ("O11", lambda: change(len(TRACE) - 2, code=0)),
    "a sync returns the failure twice": ("O11", lambda: change(len(TRACE) - 1, code=507015)),
    "a launch takes numbers that are taken": (
        "O12",
        lambda: change(place_of(Submitted, stream="a", kind="record"), first=4),
    ),
}


@pytest.mark.parametrize(("guarantee", "mutate"), MUTATIONS.values(), ids=MUTATIONS)
def test_a_mutation_is_noticed_by_the_right_guarantee(guarantee, mutate):
    assert guarantee in broken(mutate())


def test_every_guarantee_notices_some_mutation():
    assert {name for name, _ in MUTATIONS.values()} == {f"O{number}" for number in range(1, 13)}


def long_trace(launches: int, *, behind: int) -> list[Record]:
    """A stream of non-blocking callbacks, taken in batches of *behind* and all submitted at the start."""
    records: list[Record] = [Subscribed(0, "reporter", "a", internal=False)]
    records += [
        Submitted(0, "main", "a", seq, seq, "callback-no-block", "f", None) for seq in range(1, launches + 1)
    ]
    for first in range(1, launches + 1, behind):
        batch = range(first, min(first + behind, launches + 1))
        for seq in batch:
            records.append(ReportPosted(0, "a", seq, "f", "reporter", 0, block=False))
            records.append(TaskRan(0, "a", seq, "callback", "f", 0, 0))
        records.append(ReportsTaken(0, "reporter", 0, tuple(("a", seq) for seq in batch)))
        for seq in batch:
            records.append(CallbackStarted(0, "reporter", "a", seq, "f"))
            records.append(CallbackEnded(0, "reporter", "a", seq, "f", None))
        records.append(Called(0, "reporter", PROCESS, 0, 0, None, None, None))
    return records


@pytest.mark.bench
@pytest.mark.parametrize("behind", [1, 500])
def test_checking_takes_time_in_proportion_to_the_trace(behind):
    def seconds(launches: int) -> float:
        records = long_trace(launches, behind=behind)
        best = float("inf")
        for _ in range(3):
            began = process_time()
            assert check_ordering(records) == ()
            best = min(best, process_time() - began)
        return best / len(records)

    # Quadratic work would cost sixteen times as much per record; caches and the collector cost up to three.
    assert seconds(16_000) < 5 * seconds(1_000)
