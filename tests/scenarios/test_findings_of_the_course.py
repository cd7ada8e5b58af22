"""What the checks find in the course: nothing in the programs that are right, the mistake in those that show one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from simulator.check.catalogue import KINDS
from simulator.check.suite import check_trace
from simulator.scenario.interpret import run_scenario
from simulator.scenario.load import load_scenario
from simulator.scenario.result import ScenarioResult

COURSE = sorted((Path(__file__).parents[2] / "scenarios").glob("[0-9]*.yaml"))
# The scenarios that show a mistake; all others are right.
ABOUT = {
    "07_no_block_on_310": {"no-block-reserved"},
    "08_process_report_once": {"report-thread-gone"},
    "09_never_synchronised": {"never-synchronised", "stream-leaked", "subscription-leaked"},
    "10_reset_loses_reports": {"never-synchronised"},
    "11_unsubscribed_too_early": {"unsubscribe-can-deadlock"},
    "12_unsubscribed_too_early_950": {"unsubscribe-can-deadlock"},
    "14_wrong_thread_polls": {"report-thread-gone"},
    "15_callback_syncs_own_stream": {"callback-waits-for-itself"},
    "26_gil_and_destroy_stream": {"destroy-can-deadlock"},
}


@cache
def result_of(stem: str) -> ScenarioResult:
    return run_scenario(load_scenario(next(file for file in COURSE if file.stem == stem)))


@pytest.mark.parametrize("stem", [file.stem for file in COURSE])
def test_a_scenario_has_the_findings_that_it_is_about(stem: str) -> None:
    found = {each.id for each in result_of(stem).findings if each.severity != "note"}
    assert found == ABOUT.get(stem, set())


@pytest.mark.parametrize("stem", [file.stem for file in COURSE])
def test_whatever_strict_would_end_a_run_for_is_expected_by_the_file(stem: str) -> None:
    assert [str(each) for each in result_of(stem).unexpected if each.severity != "note"] == []


@pytest.mark.parametrize("stem", [file.stem for file in COURSE if "resnet50" not in file.stem])
def test_every_finding_names_its_rule_its_mend_and_the_lines_of_the_file(stem: str) -> None:
    for found in result_of(stem).findings:
        assert found.severity in {KINDS[found.id].severity, "note"}
        assert found.rule
        assert found.fix
        assert found.lines
        assert all(f"({stem}.yaml:" in line for line in found.lines)


@pytest.mark.parametrize(
    "stem", ["02_six_steps", "06_event_chain", "09_never_synchronised", "16_codes_of_launch"]
)
def test_a_run_that_is_cut_off_anywhere_is_judged_by_what_is_there(stem: str) -> None:
    trace = result_of(stem).trace
    assert trace is not None
    whole = {each.id for each in check_trace(trace)}
    for length in range(len(trace)):
        assert {each.id for each in check_trace(trace.records[:length], closed=False)} <= whole
