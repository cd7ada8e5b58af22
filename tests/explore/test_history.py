"""Runs as partial orders: what is the same when independent steps change places, and what is not."""

from __future__ import annotations

from hypothesis import given, settings

from simulator.base.memory_records import FlagSeen, FlagSet, HostAccess, TaskAccess
from simulator.base.remarks import FaultInjected
from simulator.base.trace import Blocked, Called, Record, Submitted, TaskRan, Trace
from simulator.explore.clocks import races_of
from simulator.explore.dependence import Dependence, Footprint
from simulator.explore.dfs import DeviationSearch
from simulator.explore.dpor import DporSearch
from simulator.explore.history import History, Step, forestalled
from simulator.explore.search import Search, result_of
from tests.explore.test_agreement import toys
from tests.explore.toys import Program, Toy, program


def orders(toy: Toy, search: Search) -> dict[int, set[str]]:
    """Return, by the fingerprints of all runs of *search*, the ends they came to."""
    found: dict[int, set[str]] = {}
    while jobs := search.batch():
        for job in jobs:
            seen = toy.run(job.make(), detail=True)
            assert seen.trace is not None
            found.setdefault(History(seen.trace, timed=False).fingerprint, set()).add(seen.end_state)
            search.take(job, result_of(seen, job, timed=False))
    return found


@given(toys(3, 2))
@settings(max_examples=40)
def test_runs_with_one_fingerprint_end_alike_and_dpor_sees_every_fingerprint(steps: Program):
    toy = Toy(steps)
    every = orders(toy, DeviationSearch(None, merge=False))
    assert all(len(ends) == 1 for ends in every.values())
    assert orders(toy, DporSearch()).keys() == every.keys()


def test_dpor_of_threads_that_only_write_makes_no_run_in_vain():
    toy = Toy(program(["write x", "write y"], ["write y", "write x"]))
    search, runs = DporSearch(), 0
    fingerprints = set()
    while jobs := search.batch():
        for job in jobs:
            seen = toy.run(job.make(), detail=True)
            assert seen.trace is not None
            fingerprints.add(History(seen.trace, timed=False).fingerprint)
            search.take(job, result_of(seen, job, timed=False))
            runs += 1
    assert runs == len(fingerprints)


def footprint(record: Record, *, isolated: bool = True) -> Footprint:
    return Dependence(isolated=isolated, timed=False).of(record)


def test_tasks_of_different_streams_are_independent():
    first, second = (footprint(TaskRan(5, stream, 1, "execute", "m", 0, 0)) for stream in ("s1", "s2"))
    again = footprint(TaskRan(9, "s1", 2, "execute", "m", 5, 0))
    assert not first.depends_on(second)
    assert first.depends_on(again)


def test_a_launch_depends_on_the_stream_it_is_for_and_a_record_on_its_event():
    def launch(stream: str, kind: str, name: str) -> Footprint:
        return footprint(Submitted(0, "main", stream, 1, 1, kind, name, None))

    assert not launch("s1", "execute", "net").depends_on(launch("s2", "execute", "net"))
    assert launch("s1", "execute", "net").depends_on(launch("s1", "execute", "other"))
    assert launch("s1", "record", "e").depends_on(launch("s2", "record", "e"))


def test_a_copy_between_unknown_places_depends_on_everything():
    copy = footprint(TaskRan(5, "s1", 1, "copy", "c", 0, 0))
    assert copy.depends_on(Footprint(("everything",), ()))


def test_a_kernel_of_which_nobody_says_what_it_touches_depends_on_everything():
    known, unknown = Dependence(isolated=True, timed=False), Dependence(isolated=True, timed=False)
    ran, other = TaskRan(5, "s1", 1, "execute", "add", 0, 0), Footprint(("everything",), ())
    known.of(TaskAccess(0, "s1", 1, (("#1", 0, 4),), (), True))
    unknown.of(TaskAccess(0, "s1", 1, (), (), False))
    assert not known.of(ran).depends_on(other)
    assert unknown.of(ran).depends_on(other)


def test_a_record_that_nobody_knows_depends_on_everything():
    struck = footprint(FaultInjected(0, "call", "call:x", "main", None, 0, 0, "it failed"))
    assert struck.depends_on(Footprint(("everything",), ()))
    odd = footprint(Called(0, "main", "some_new_call", 0, 0, None, None, None))
    assert odd == struck


def test_looking_at_a_flag_depends_on_setting_it_and_on_no_other_flag():
    looks = footprint(FlagSeen(0, "a", "done", False))
    assert looks.depends_on(footprint(FlagSet(0, "b", "done", True)))
    assert not looks.depends_on(footprint(FlagSet(0, "b", "go", True)))
    assert not looks.depends_on(looks)


def test_who_comes_first_to_wait_for_a_thing_matters():
    first, second = (footprint(Blocked(0, thread, "synchronize_stream", "s1", None)) for thread in "ab")
    assert first.depends_on(second)


def test_reads_of_one_buffer_are_independent_and_a_write_is_not():
    read = footprint(HostAccess(0, "a", "read", (("#1", 0, 4),), (), None))
    write = footprint(HostAccess(0, "b", "fill", (), (("#1", 0, 4),), None))
    assert not read.depends_on(read)
    assert read.depends_on(write)


def test_threads_that_may_share_python_depend_on_each_other_in_all_they_do():
    toy = Toy(program(["read x"], ["read y"]))
    assert len(orders(toy, DeviationSearch(None, merge=False))) == 1

    class Opaque(Toy):
        def run(self, *how: object, **more: object):
            seen = super().run(*how, **more)  # type: ignore[arg-type]
            if seen.trace is not None:
                seen.trace.isolated = False
            return seen

    assert len(orders(Opaque(toy.program), DeviationSearch(None, merge=False))) == 2


def step(who: str, among: str, *, writes: str = "") -> Step:
    touched = Footprint((), (("progress", who), *writes.split()))
    return Step(who, "thread", tuple(among.split()), among.split().index(who), 0, touched)


def test_whoever_cannot_go_any_more_after_a_step_was_forestalled_by_it():
    steps = [step("a", "a b c"), step("b", "b d"), step("d", "d")]
    assert forestalled(steps, 0) == ["c"]
    assert forestalled(steps, 1) == []
    assert forestalled([step("a", "a b")], 0) == ["b"]


def test_a_race_is_a_pair_that_nothing_else_puts_in_order():
    steps = [step("a", "a b", writes="x"), step("a", "a b", writes="y"), step("b", "b", writes="x")]
    assert [(race.first, race.second, race.initials) for race in races_of(steps)] == [
        (0, "b", frozenset("b"))
    ]
    chain = [step("a", "a b", writes="x"), step("c", "c", writes="x y"), step("b", "b", writes="y")]
    assert [(race.first, race.second) for race in races_of(chain)] == [(0, "c"), (1, "b")]


def test_an_empty_trace_has_no_steps():
    history = History(Trace())
    assert (history.steps, repr(history)) == ([], "<history of 0 steps>")
