"""A scenario compiled once and run again and again, as explorers do: each run is as if it were the first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from simulator.check.lost import find_lost
from simulator.check.ordering import check_ordering
from simulator.check.suite import check_trace
from simulator.check.together import judge
from simulator.engine.choice import Chooser, First, Recorder, Seeded
from simulator.scenario.interpret import Played, compile_program, play, run_scenario, settings_for
from simulator.scenario.load import load_scenario, parse_scenario
from simulator.scenario.program import Program
from tests.scenarios.test_course import COURSE, LONG, short

SHORT = [file for file in COURSE if file.stem not in LONG]


def played(program: Program, chooser: Chooser) -> Played:
    settings = settings_for(program.loaded.scenario)
    return play(program, replace(settings, chooser=Recorder(chooser)))


@pytest.mark.parametrize("file", SHORT, ids=short)
def test_a_run_is_not_changed_by_those_before_it(file: Path) -> None:
    loaded = load_scenario(file)
    program = compile_program(loaded)
    for seed in (3, 4, 3):
        again = played(program, Seeded(seed)).result()
        fresh = run_scenario(loaded, chooser=Recorder(Seeded(seed)))
        assert again.trace_hash == fresh.trace_hash
        assert again.expectations == fresh.expectations
        assert again.findings == fresh.findings


@pytest.mark.parametrize("file", SHORT, ids=short)
def test_checks_find_together_what_they_find_alone(file: Path) -> None:
    program = compile_program(load_scenario(file))
    for chooser in (First(), Seeded(1), Seeded(2)):
        observed = played(program, chooser).observed
        trace = observed.records
        for closed in (True, False):
            together = judge(trace, closed=closed)
            assert together.violations == check_ordering(trace)
            assert together.findings == check_trace(trace, closed=closed)
            assert together.losses == find_lost(trace)


def test_a_thread_can_be_started_once_in_every_run() -> None:
    program = compile_program(
        parse_scenario(
            """
            schema_version: 1
            title: started twice
            threads:
              main: [{start_thread: helper}, {start_thread: helper}]
              helper: [{sleep: 1ms}]
            """,
            "twice.yaml",
        )
    )
    for _ in range(2):
        result = played(program, First()).result()
        assert [failed.sentences for failed in result.failures] == [("thread 'helper' was started before",)]
