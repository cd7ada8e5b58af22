"""A trace that went through a file is the trace that it was: every check says the same of both."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.app.kit.programs import SOCS, Plan
from simulator.app.kit.strategies import wild_plans
from simulator.app.kit.world import run
from simulator.base.trace import Trace
from simulator.check.lost import find_lost
from simulator.check.memory import check_memory
from simulator.check.ordering import check_ordering
from simulator.check.suite import check_trace
from simulator.engine.choice import Seeded
from simulator.export.tracefile import Ending, read_trace, write_trace


def through_a_file(trace: Trace) -> Trace:
    with TemporaryDirectory() as folder:
        file = str(Path(folder) / "run.jsonl")
        write_trace("--save-trace", file, trace, Ending("done", 0, "over"), {})
        return read_trace(file).trace


@given(plan=wild_plans, soc=st.sampled_from(SOCS), seed=st.integers(0, 1 << 16), closed=st.booleans())
@settings(max_examples=40)
def test_every_check_finds_the_same_in_a_stored_trace(plan: Plan, soc: str, seed: int, *, closed: bool):
    live = run(plan, soc, Seeded(seed)).trace
    stored = through_a_file(live)
    assert stored.records == live.records
    assert stored.digest() == live.digest()
    assert check_trace(stored, closed=closed) == check_trace(live, closed=closed)
    assert check_ordering(stored, closed=closed) == check_ordering(live, closed=closed)
    assert find_lost(stored) == find_lost(live)


@given(plan=wild_plans, soc=st.sampled_from(SOCS), draw=st.data())
@settings(max_examples=40)
def test_records_of_whatever_origin_are_judged_without_an_accident(plan: Plan, soc: str, draw: st.DataObject):
    records = run(plan, soc, Seeded(0)).trace.records
    mixed = draw.draw(st.lists(st.sampled_from(records), max_size=60))
    for isolated in (False, True):
        check_memory(mixed, isolated=isolated)
