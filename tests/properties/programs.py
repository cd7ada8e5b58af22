"""Generated programs over the public API, as plain data: what hypothesis draws, shrinks and prints.

Numbers that name a stream, an event or a callback are taken modulo how many there are, so that every step
stays meaningful while a program shrinks.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from hypothesis import strategies as st

SOCS = ("Ascend310", "Ascend310P", "Ascend310B", "Ascend910", "Ascend910B", "Ascend910_93", "Ascend950")
# What a program waits for when it waits for ever.
UNTIMED = -1


class Launch(NamedTuple):
    """Launch a callback: which body, blocking or not."""

    stream: int
    body: int
    block: bool


class Kind(Enum):
    """What a fan launches."""

    NO_BLOCK = 0
    BLOCK = 1
    HOST_FUNC = 2


class Fan(NamedTuple):
    """Launch one callback on every stream, so that report threads find several reports at once."""

    body: int
    kind: Kind


class HostFunc(NamedTuple):
    """Launch a function for the runtime's own thread."""

    stream: int
    body: int


class Execute(NamedTuple):
    """Queue a model run."""

    stream: int
    model: int


class Copy(NamedTuple):
    """Queue a copy: 0 to the device, 1 from it, 2 inside it, 3 to it from pageable memory (rule h5)."""

    stream: int
    way: int


class Fill(NamedTuple):
    """Queue a memset of device memory."""

    stream: int


class Record(NamedTuple):
    """Record an event."""

    event: int
    stream: int


class WaitEvent(NamedTuple):
    """Make a stream wait for an event."""

    stream: int
    event: int


class Relay(NamedTuple):
    """Run a model on one stream, record an event behind it, and make another busy stream wait for that.

    `again` records the event once more elsewhere, which must not matter to the wait (rule f6).
    """

    event: int
    first: int
    second: int
    again: int | None


class ResetEvent(NamedTuple):
    """Reset an event's flag."""

    event: int
    stream: int


class Sync(NamedTuple):
    """Synchronise a stream, -1 ms for ever."""

    stream: int
    timeout: int


class SyncEvent(NamedTuple):
    """Synchronise an event."""

    event: int
    timeout: int


class SyncDevice(NamedTuple):
    """Synchronise the context of a stream."""

    stream: int
    timeout: int


class Query(NamedTuple):
    """Query a stream so many times at most, until it is complete."""

    stream: int
    times: int


class QueryEvent(NamedTuple):
    """Query an event."""

    event: int


class Sleep(NamedTuple):
    """Work on the host for so many microseconds."""

    us: int


class Passing(NamedTuple):
    """Create a stream beside another one, run a model there, and destroy it."""

    stream: int
    force: bool


class Rebind(NamedTuple):
    """Unsubscribe a stream and subscribe it to another report thread."""

    stream: int
    reporter: int


Step = (
    Launch
    | Fan
    | HostFunc
    | Execute
    | Copy
    | Fill
    | Record
    | WaitEvent
    | Relay
    | ResetEvent
    | Sync
    | SyncEvent
    | SyncDevice
    | Query
    | QueryEvent
    | Sleep
    | Passing
    | Rebind
)
Steps = tuple[Step, ...]


class EventChoice(Enum):
    """How an event is created."""

    DEFAULT = "create_event"
    OLD_SYNC = "create_event_with_flag(SYNC)"
    NEW = "create_event_ex_with_flag(SYNC)"


class StreamPlan(NamedTuple):
    """A stream: its context, its report thread (None: nobody), and whether it is the context's default stream."""

    context: int
    reporter: int | None
    default: bool


class ReporterPlan(NamedTuple):
    """A report thread: its timeout per poll, how often it polls (None: until told to stop), and from when on."""

    timeout: int
    polls: int | None
    late_us: int


class Ending(Enum):
    """What the program does when its launchers have ended."""

    DRAIN = "synchronise until every callback has run"
    RESET = "reset the devices at once"
    FINALIZE = "finalize at once"
    QUIT = "just end"


class Plan(NamedTuple):
    """A whole program. `contexts` gives each context's device; the first on a device is its primary one."""

    contexts: tuple[int, ...]
    streams: tuple[StreamPlan, ...]
    reporters: tuple[ReporterPlan, ...]
    events: tuple[EventChoice, ...]
    bodies: tuple[Steps, ...]
    launchers: tuple[Steps, ...]
    ending: Ending
    queue_depth: int | None
    report_depth: int | None


_NUMBER = st.integers(0, 5)
_TIMEOUT = st.sampled_from((UNTIMED, 1, 5))
_US = st.sampled_from((0, 1, 40, 1000))

# Steps after which a program may still be sure to end.
_CALM: dict[type[NamedTuple], st.SearchStrategy[Step]] = {
    Launch: st.builds(Launch, _NUMBER, _NUMBER, st.booleans()),
    Fan: st.builds(Fan, _NUMBER, st.sampled_from(Kind)),
    HostFunc: st.builds(HostFunc, _NUMBER, _NUMBER),
    Execute: st.builds(Execute, _NUMBER, st.integers(0, 1)),
    Copy: st.builds(Copy, _NUMBER, st.integers(0, 3)),
    Fill: st.builds(Fill, _NUMBER),
    Record: st.builds(Record, _NUMBER, _NUMBER),
    WaitEvent: st.builds(WaitEvent, _NUMBER, _NUMBER),
    Relay: st.builds(Relay, _NUMBER, _NUMBER, _NUMBER, st.none() | _NUMBER),
    Sync: st.builds(Sync, _NUMBER, _TIMEOUT),
    SyncEvent: st.builds(SyncEvent, _NUMBER, _TIMEOUT),
    SyncDevice: st.builds(SyncDevice, _NUMBER, _TIMEOUT),
    Query: st.builds(Query, _NUMBER, st.sampled_from((1, 3, 40))),
    QueryEvent: st.builds(QueryEvent, _NUMBER),
    Sleep: st.builds(Sleep, _US),
    Passing: st.builds(Passing, _NUMBER, st.booleans()),
}
_IN_CALLBACKS = (Launch, Execute, Fill, Record, Query, QueryEvent, Sleep)
# Callbacks are what this is about, and those that take time let reports gather behind them.
_USUAL = st.one_of(_CALM[Launch], _CALM[Fan], _CALM[Relay])
_TAKES_TIME = _CALM[Sleep]


def _steps(options: list[st.SearchStrategy[Step]], most: int) -> st.SearchStrategy[Steps]:
    rare = st.one_of(*options)
    return st.lists(st.one_of(_USUAL, rare), max_size=most).map(tuple)


def _bodies(options: list[st.SearchStrategy[Step]], most: int) -> st.SearchStrategy[tuple[Steps, ...]]:
    body = st.lists(st.one_of(_TAKES_TIME, *options), max_size=most).map(tuple)
    return st.lists(body, min_size=1, max_size=3).map(tuple)


def _streams(reporter: st.SearchStrategy[int | None]) -> st.SearchStrategy[tuple[StreamPlan, ...]]:
    plan = st.builds(StreamPlan, _NUMBER, reporter, st.booleans())
    return st.lists(plan, min_size=1, max_size=4).map(tuple)


_LATE = st.sampled_from((0, 0, 500))
_CONTEXTS = st.lists(st.integers(0, 1), min_size=1, max_size=3).map(tuple)

calm_plans: st.SearchStrategy[Plan] = st.builds(
    Plan,
    contexts=_CONTEXTS,
    streams=_streams(_NUMBER),
    reporters=st.lists(
        st.builds(ReporterPlan, st.sampled_from((1, 5, 100)), st.none(), _LATE), min_size=1, max_size=3
    ).map(tuple),
    events=st.lists(st.sampled_from((EventChoice.DEFAULT, EventChoice.NEW)), max_size=3).map(tuple),
    bodies=_bodies([_CALM[kind] for kind in _IN_CALLBACKS], 2),
    launchers=st.lists(_steps(list(_CALM.values()), 12), min_size=1, max_size=3).map(tuple),
    ending=st.just(Ending.DRAIN),
    queue_depth=st.none(),
    report_depth=st.none(),
)
"""Programs that end on every profile and in every order: nobody waits for what only he could do himself."""

_WILD: list[st.SearchStrategy[Step]] = [
    *_CALM.values(),
    st.builds(ResetEvent, _NUMBER, _NUMBER),
    st.builds(Rebind, _NUMBER, _NUMBER),
]

wild_plans: st.SearchStrategy[Plan] = st.builds(
    Plan,
    contexts=_CONTEXTS,
    streams=_streams(st.none() | _NUMBER),
    reporters=st.lists(
        st.builds(ReporterPlan, st.sampled_from((UNTIMED, 1, 5, 100)), st.none() | st.integers(0, 4), _LATE),
        min_size=1,
        max_size=3,
    ).map(tuple),
    events=st.lists(st.sampled_from(EventChoice), max_size=3).map(tuple),
    bodies=_bodies(_WILD, 3),
    launchers=st.lists(_steps(_WILD, 12), min_size=1, max_size=3).map(tuple),
    ending=st.sampled_from(Ending),
    queue_depth=st.none() | st.integers(1, 4),
    report_depth=st.none() | st.integers(1, 2),
)
"""Programs that may deadlock: callbacks that synchronise, queues that fill up, threads that stop polling."""


def _busy(
    reporter: st.SearchStrategy[int | None],
    steps: list[st.SearchStrategy[Step]],
    endings: tuple[Ending, ...],
    devices: tuple[int, ...] = (0,),
) -> st.SearchStrategy[Plan]:
    stream = st.builds(StreamPlan, st.just(0), reporter, st.just(value=False))
    thread = st.builds(ReporterPlan, st.just(5), st.none(), st.sampled_from((0, 500)))
    launcher = st.lists(st.one_of(_USUAL, _CALM[Copy], _CALM[Sync], *steps), min_size=4, max_size=12)
    return st.builds(
        Plan,
        contexts=st.just(devices),
        streams=st.lists(stream, min_size=3, max_size=5).map(tuple),
        reporters=st.lists(thread, min_size=1, max_size=2).map(tuple),
        events=st.just((EventChoice.NEW, EventChoice.DEFAULT)),
        bodies=st.lists(st.tuples(_TAKES_TIME), min_size=2, max_size=2).map(tuple),
        launchers=st.lists(launcher.map(tuple), min_size=1, max_size=2).map(tuple),
        ending=st.sampled_from(endings),
        queue_depth=st.none(),
        report_depth=st.none(),
    )


busy_plans = _busy(st.sampled_from((0, 0, 1, None)), [_WILD[-1]], (Ending.DRAIN, Ending.QUIT))
"""Programs in which many callbacks meet on few report threads: where mistakes about order show soonest."""

steady_plans = _busy(st.integers(0, 1), [], (Ending.DRAIN,))
"""Programs whose calls succeed or fail alike in every order: what they do depends on nothing but themselves."""

steady_plans_elsewhere = _busy(st.integers(0, 1), [], (Ending.DRAIN,), devices=(1,))
"""The same on the other device."""
