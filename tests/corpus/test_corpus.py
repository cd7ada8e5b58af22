"""The corpus of classic faults: each is found, small and explained, and its twin holds, as the table says."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from simulator.app.exploring.settings import RunSettings
from simulator.app.exploring.telling import findings_beside
from simulator.engine.choice import First
from simulator.explore import Verdict
from tests.corpus.cases import CASES, CORPUS, Case, explored, found_cells, held_cell, rows, subject_of

TABLE = rows()
MOST_DEVIATIONS = 3
MANY_RUNS = 250


def slow_if_many(cases: Iterable[Case]) -> list[object]:
    """Mark the twins that take seconds: each run of a program is a process of its own."""
    many = {case: case.is_program or runs_of_twin(case) > MANY_RUNS for case in cases}
    return [
        pytest.param(case, marks=pytest.mark.slow if slow else (), id=str(case))
        for case, slow in many.items()
    ]


def runs_of_twin(case: Case) -> int:
    return int(TABLE[str(case)][6].split()[0])


def test_the_table_has_every_case_and_every_case_a_twin():
    files = {file.name for file in CORPUS.glob("*.*")} - {"README.md"}
    assert set(TABLE) == {str(case) for case in CASES}
    assert files == {file.name for case in CASES for file in (case.file, case.twin)}


def test_there_are_scenarios_and_programs_and_most_hide_in_the_friendly_order():
    assert len(CASES) >= 15
    assert sum(case.is_program for case in CASES) >= 5
    hidden = [name for name, cells in TABLE.items() if cells[3] != "0"]
    assert len(hidden) > len(CASES) / 2


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_row_says_what_the_files_say(case: Case):
    cells = TABLE[str(case)]
    assert cells[1] == case.fault
    assert cells[5] == f"`{case.mend}`"
    assert case.mend


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_fault_is_found_and_small_and_the_same_each_time(case: Case):
    result, found = explored(case.file)
    assert result.verdict is Verdict.COUNTEREXAMPLE, result
    assert found is not None
    assert found.minimal
    assert found.difference is None
    assert len(found.deviations) <= MOST_DEVIATIONS
    assert tuple(TABLE[str(case)][2:5]) == found_cells(case), "run python -m tests.corpus.cases"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_fault_is_explained_with_its_place_and_what_to_do(case: Case):
    _, found = explored(case.file)
    assert found is not None
    said = "\n".join(found.failure.sentences)
    assert f"{case}:" in said
    assert [each for each in found.overtakes if not each.reason] == []
    # The line to add stands in the failure itself, in what came otherwise, or in a finding beside it.
    beside = [each.fix for each in findings_beside(found) if each.severity != "note"]
    assert "o mend: " in "\n".join((said, *found.mends)) or beside, said


@pytest.mark.parametrize("case", slow_if_many(CASES))
def test_a_twin_holds_within_the_bounds_that_the_table_names(case: Case):
    result, _ = explored(case.twin)
    assert result.verdict is Verdict.HOLDS, result
    assert TABLE[str(case)][6] == held_cell(case), "run python -m tests.corpus.cases"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_twin_gives_the_checks_nothing_to_warn_of(case: Case):
    assert subject_of(case.twin, RunSettings(strict=True)).subject.run(First()).failure is None


@pytest.mark.parametrize("case", [case for case in CASES if TABLE[str(case)][3] != "0"], ids=str)
def test_a_hidden_fault_passes_in_the_friendly_order(case: Case):
    assert subject_of(case.file).subject.run(First()).failure is None
