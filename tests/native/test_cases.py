"""The cases of the conformance suite, on the model alone: each holds, and together they leave no rule out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulator.app.conformance.cases import Case, suite
from simulator.app.conformance.outcome import differences, outcome_of
from simulator.check.ordering import GUARANTEES
from simulator.core.options import UNKNOWNS
from simulator.scenario.interpret import run_scenario
from simulator.scenario.result import ScenarioResult

CASES = suite().cases
RULES = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
# The products on which an option makes a difference, where that is not the default one.
ABOUT = {"no_block": "Ascend310"}


def run(case: Case, soc: str = "Ascend910B", *options: str) -> ScenarioResult:
    return run_scenario(case.loaded, soc=soc, options=options, digest=False)


@pytest.mark.parametrize("soc", ["Ascend910B", "Ascend310P", "Ascend950"])
def test_every_case_holds_on_the_model(soc):
    wrong = {case.name: run(case, soc).failures for case in CASES if not run(case, soc).passed}
    assert wrong == {}


def test_every_rule_has_a_case_or_a_reason_why_none_can_show_it():
    rules = set(re.findall(r"^- \*\*([a-i]\d+b?)\*\*", RULES, re.MULTILINE)) | set(GUARANTEES)
    shown = {case.rule for case in CASES}
    reasons = set(suite().unseen)
    settled = {rule for unknown in UNKNOWNS.values() for rule in unknown.rule.split(", ")}
    assert rules - shown - reasons - settled == set()
    assert reasons - rules == set()
    assert reasons & shown == set()


def test_every_unknown_has_one_case_and_belongs_to_its_rule():
    options = [case.option for case in CASES if case.option]
    assert sorted(options) == sorted(UNKNOWNS)
    for case in CASES:
        assert not case.option or case.rule in UNKNOWNS[case.option].rule


@pytest.mark.parametrize("case", [each for each in CASES if each.option], ids=lambda case: case.name)
def test_the_values_of_an_option_have_outcomes_of_their_own(case):
    soc = ABOUT.get(case.option, "Ascend910B")
    values = UNKNOWNS[case.option].values
    outcomes = [outcome_of(case, run(case, soc, f"{case.option}={value}")) for value in values]
    for number, one in enumerate(outcomes):
        for other in outcomes[number + 1 :]:
            assert differences(one, other)


def test_names_are_unique_and_rules_choose():
    assert len({case.name for case in CASES}) == len(CASES)
    assert {case.rule for case in suite().about(["a8", "O5"]).cases} == {"a8", "O5"}
    assert {case.rule[0] for case in suite().about(["c"]).cases} == {"c"}
    assert suite().about([]) == suite()


def test_what_a_case_tells_is_the_same_each_time():
    for case in CASES[::9]:
        assert outcome_of(case, run(case)).facts == outcome_of(case, run(case)).facts


def test_facts_are_codes_callbacks_and_the_end():
    case = next(each for each in CASES if each.name == "a20")
    facts = outcome_of(case, run(case)).facts
    assert facts["main step 6: launch_callback"] == "0"
    assert facts["callbacks of s"] == "f, g, h, f, g on reporter"
    assert facts["end"] == "done"
    assert not any("process_report" in about for about in facts)
