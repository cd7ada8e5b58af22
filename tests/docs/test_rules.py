"""docs/rules.md has every rule that code, profiles and scenarios cite."""

from __future__ import annotations

import re
from pathlib import Path

import acl_api
import simulator
from acl_api.table import ROWS
from tests.naming import entries
from tests.together import each_row

ROOT = Path(__file__).parents[2]
KNOWN = {name for name in entries() if not name.startswith("item")}
CITED = re.compile(r"\brules? ((?:0\.\d|[a-kp]\d+b?)(?:(?:, | and |-)(?:0\.\d|[a-kp]\d+b?))*)")
ONE = re.compile(r"0\.\d|[a-kp]\d+b?")


def cited_in(text: str) -> set[str]:
    return {rule for group in CITED.findall(text) for rule in ONE.findall(group)}


def test_the_page_has_the_sections_the_model_follows() -> None:
    assert len(KNOWN) > 100
    assert {"0.3", "a1", "a1b", "b7b", "c12", "d9", "e11b", "f14", "g13", "h7"} <= KNOWN


@each_row(ROWS.values())
def test_every_check_names_a_rule_of_the_page(row) -> None:
    assert {check.rule for check in row.checks} <= KNOWN
    assert cited_in(row.source) <= KNOWN


def test_every_rule_cited_in_source_profiles_scenarios_and_pages_is_there() -> None:
    files = [
        file
        for package in (acl_api, simulator)
        for pattern in ("*.py", "*.toml")
        for file in Path(str(package.__file__)).parent.rglob(pattern)
    ]
    files += [*(ROOT / "scenarios").glob("*.yaml"), *(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    unknown = {file.name: cited_in(file.read_text("utf-8")) - KNOWN for file in files}
    assert {name: rules for name, rules in unknown.items() if rules} == {}
