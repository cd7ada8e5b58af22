"""Races, against a check that is too simple to be wrong: all paths of the happens-before graph, tried one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from itertools import combinations
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from acl_api import rt
from acl_api.session import Session
from simulator.check.memory import check_memory
from simulator.engine.choice import Seeded

SIZE, STREAMS, BUFFERS, EVENTS = 32, 3, 3, 2


class Do(Enum):
    """What a step does; see `play` for what it takes."""

    FILL = "fill"
    COPY = "copy"
    RECORD = "record"
    WAIT = "wait"
    SYNC = "sync"
    SYNC_ALL = "sync all"
    SYNC_EVENT = "sync event"
    HOST_WRITE = "host write"
    HOST_READ = "host read"


class Step(NamedTuple):
    """One call of the program: a stream, a buffer or event, and another buffer."""

    do: Do
    stream: int
    thing: int
    other: int


steps = st.builds(
    Step, st.sampled_from(Do), st.integers(0, STREAMS - 1), st.integers(0, BUFFERS - 1), st.integers(1, 2)
)


@dataclass
class Graph:
    """Accesses as nodes; `before[n]` are the nodes that come right before n."""

    before: list[set[int]] = field(default_factory=list)
    accesses: list[tuple[int, int, bool]] = field(default_factory=list)

    def node(self, *before: int | None) -> int:
        self.before.append({each for each in before if each is not None})
        return len(self.before) - 1

    def reaches(self, first: int, second: int) -> bool:
        seen: set[int] = set()
        todo = [second]
        while todo:
            here = todo.pop()
            if here == first:
                return True
            todo += self.before[here] - seen
            seen |= self.before[here]
        return False

    def raced(self) -> set[int]:
        """The buffers with two accesses, one of them writing, that no path joins."""
        return {
            buffer
            for (one, buffer, writes), (two, same, also) in combinations(self.accesses, 2)
            if buffer == same
            and (writes or also)
            and not self.reaches(one, two)
            and not self.reaches(two, one)
        }


def graph_of(program: list[Step]) -> Graph:
    """Say what the calls of one thread order, in the words of the rules."""
    graph = Graph()
    host = graph.node()
    last: list[int | None] = [None] * STREAMS
    recorded: list[int | None] = [None] * EVENTS
    for do, stream, thing, other in program:
        host = graph.node(host)
        event = thing % EVENTS
        match do:
            case Do.FILL | Do.COPY:
                task = last[stream] = graph.node(host, last[stream])
                graph.accesses.append((task, thing, True))
                if do is Do.COPY:
                    graph.accesses.append((task, (thing + other) % BUFFERS, False))
            case Do.RECORD:
                recorded[event] = last[stream] = graph.node(host, last[stream])
            case Do.WAIT:
                last[stream] = graph.node(host, last[stream], recorded[event])
            case Do.SYNC:
                host = graph.node(host, last[stream])
            case Do.SYNC_ALL:
                host = graph.node(host, *last)
            case Do.SYNC_EVENT:
                host = graph.node(host, recorded[event])
            case Do.HOST_WRITE | Do.HOST_READ:
                graph.accesses.append((host, thing, do is Do.HOST_WRITE))
    return graph


def play(program: list[Step], seed: int) -> set[int]:
    """Run the program, and return the buffers that the check calls raced."""
    with Session(chooser=Seeded(seed)) as session:
        assert rt.set_device(0) == 0
        streams = [rt.create_stream()[0] for _ in range(STREAMS)]
        events = [rt.create_event_ex_with_flag(1)[0] for _ in range(EVENTS)]
        buffers = [rt.malloc(SIZE, 0)[0] for _ in range(BUFFERS)]
        landing = rt.malloc_host(SIZE)[0]
        for buffer in buffers:
            assert rt.memset(buffer, SIZE, 0, SIZE) == 0
        for step in program:
            stream, buffer = streams[step.stream], buffers[step.thing]
            event, other = events[step.thing % EVENTS], buffers[(step.thing + step.other) % BUFFERS]
            calls: dict[Do, Callable[[], object]] = {
                Do.FILL: partial(rt.memset_async, buffer, SIZE, 1, SIZE, stream),
                Do.COPY: partial(rt.memcpy_async, buffer, SIZE, other, SIZE, 3, stream),
                Do.RECORD: partial(rt.record_event, event, stream),
                Do.WAIT: partial(rt.stream_wait_event, stream, event),
                Do.SYNC: partial(rt.synchronize_stream, stream),
                Do.SYNC_ALL: rt.synchronize_device,
                Do.SYNC_EVENT: partial(rt.synchronize_event, event),
                Do.HOST_WRITE: partial(rt.memset, buffer, SIZE, 2, SIZE),
                Do.HOST_READ: partial(rt.memcpy, landing, SIZE, buffer, SIZE, 2),
            }
            assert calls[step.do]() == 0
        assert rt.synchronize_device() == 0
    found = check_memory(session.trace or ())
    assert {finding.id for finding in found} <= {"race"}
    return {int(finding.sentence.partition("buffer #")[2].split()[0]) - 1 for finding in found}


@given(st.lists(steps, max_size=14), st.integers(0, 3))
def test_the_check_finds_a_race_on_a_buffer_exactly_where_no_path_joins_two_accesses(program, seed):
    assert play(program, seed) == graph_of(program).raced()


@given(st.lists(steps, max_size=10))
def test_whether_there_is_a_race_does_not_depend_on_the_order_that_the_run_took(program):
    assert len({frozenset(play(program, seed)) for seed in range(4)}) == 1


@given(st.lists(steps, max_size=10), st.integers(0, 3))
def test_a_program_that_synchronises_after_every_call_has_no_race(program, seed):
    everything = Step(Do.SYNC_ALL, 0, 0, 1)
    assert play([each for step in program for each in (step, everything)], seed) == set()
