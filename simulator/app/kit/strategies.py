"""Hypothesis strategies: programs over the public API, the orders they run in, and what goes wrong in them.

Hypothesis shrinks a program. A schedule is drawn as one seed or as few answers, and shrunk by `shrink_schedule`:
the choices of a run are too many for a test case, and mean something else in every other program.
"""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from simulator.app.kit.programs import (
    UNTIMED,
    Copy,
    Ending,
    EventChoice,
    Execute,
    Fan,
    Fill,
    HostFunc,
    Kind,
    Launch,
    Passing,
    Plan,
    Query,
    QueryEvent,
    Rebind,
    Record,
    Relay,
    ReporterPlan,
    ResetEvent,
    Sleep,
    Step,
    Steps,
    StreamPlan,
    Sync,
    SyncDevice,
    SyncEvent,
    WaitEvent,
)
from simulator.engine.choice import Chooser, Replay, Seeded

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


def _steady(device: int) -> st.SearchStrategy[Plan]:
    stream = st.builds(StreamPlan, st.just(0), st.integers(0, 1), st.just(value=False))
    thread = st.builds(ReporterPlan, st.just(5), st.none(), st.sampled_from((0, 500)))
    launcher = st.lists(st.one_of(_USUAL, _CALM[Copy], _CALM[Sync]), min_size=4, max_size=12)
    return st.builds(
        Plan,
        contexts=st.just((device,)),
        streams=st.lists(stream, min_size=3, max_size=5).map(tuple),
        reporters=st.lists(thread, min_size=1, max_size=2).map(tuple),
        events=st.just((EventChoice.NEW, EventChoice.DEFAULT)),
        bodies=st.lists(st.tuples(_TAKES_TIME), min_size=2, max_size=2).map(tuple),
        launchers=st.lists(launcher.map(tuple), min_size=1, max_size=2).map(tuple),
        ending=st.just(Ending.DRAIN),
        queue_depth=st.none(),
        report_depth=st.none(),
    )


steady_plans = _steady(0)
"""Programs whose calls succeed or fail alike in every order: what they do depends on nothing but themselves."""

steady_plans_elsewhere = _steady(1)
"""The same on the other device."""


def programs(*, hanging: bool = False) -> st.SearchStrategy[Plan]:
    """Programs over the API, for `run_program`.

    Those that end in every order, or with *hanging* also those that may deadlock or stall, which is then explained.
    """
    return wild_plans if hanging else calm_plans


def schedules(most: int = 4) -> st.SearchStrategy[Chooser]:
    """Orders to run in: those of a seed, and those with up to *most* deviations from the friendly one.

    They shrink towards the friendly order. A schedule is used up by its run: draw one for each.
    """
    deviation = st.tuples(st.integers(0, 60), st.integers(1, 3))
    few = st.lists(deviation, max_size=most).map(_replay)
    return few | st.builds(Seeded, st.integers(0, 1 << 16))


def _replay(deviations: list[tuple[int, int]]) -> Chooser:
    """Return the order that deviates after so many friendly choices each time."""
    return Replay([answer for friendly, taken in deviations for answer in (*[0] * friendly, taken)])
