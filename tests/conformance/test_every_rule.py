"""Every rule, every statement about the binding and every conformance case has a test, or a reason why not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulator.core.options import UNKNOWNS
from tests.docs.fidelity import MARKED, marks_of
from tests.naming import OPEN, PARTS, entries, shown
from tests.together import for_each


@for_each("name", entries(), ids=str)
def test_what_the_pages_number_is_shown_by_a_test_or_said_to_be_open(name):
    tests = shown().get(name, ())
    assert bool(tests) != (name in OPEN), f"{name}: {tests or 'no test shows it'}"


def test_no_test_names_what_the_pages_do_not_number():
    assert set(shown()) <= set(entries())


@pytest.mark.parametrize("reasons", [OPEN, PARTS], ids=["open", "parts"])
def test_what_is_left_out_has_a_reason_and_is_numbered(reasons):
    assert set(reasons) <= set(entries())
    assert all(len(reason.split()) >= 4 for reason in reasons.values())
    assert not set(PARTS) & set(OPEN)


def test_every_test_of_a_section_names_a_rule_of_it():
    for path in Path(__file__).parent.glob("test_[efghikp]_*.py"):
        section = path.name.removeprefix("test_")[0]
        for name in re.findall(r"^def test_(\w+)", path.read_text("utf-8"), re.MULTILINE):
            assert re.match(rf"({section}\d+[a-z]?|items?_\d+)_", name), f"{path.name}: {name}"


@pytest.mark.parametrize("unknown", UNKNOWNS.values(), ids=lambda unknown: unknown.name)
def test_what_can_be_chosen_is_a_rule_that_leaves_it_open(unknown):
    texts = [entries()[rule] for rule in unknown.rule.split(", ")]
    marks = (
        "INFERRED",
        "UNVERIFIED",
        "DOC",
        "option",
        "by driver code",
        "vendor's page",
        "Effect on scheduling",
        "its name",
        "unsupported",
    )
    assert all(any(mark in text for mark in marks) for text in texts), texts


@for_each("rule", [name for name in entries() if re.fullmatch(r"0\.\d|[a-ik]\d+[a-z]?", name)], ids=str)
def test_a_rule_that_is_inferred_or_unverified_says_so_on_the_page_and_what_is_done_about_it(rule):
    """Either the other behaviour can be chosen, or the page says why there is no other."""
    if rule not in OPEN:
        assert bool(marks_of(rule)) == (rule in MARKED)


def test_the_page_says_what_can_be_chosen_instead_or_why_there_is_no_other_way():
    chosen = {rule for unknown in UNKNOWNS.values() for rule in unknown.rule.split(", ")}
    assert [rule for rule, says in MARKED.items() if rule not in chosen and len(says.split()) < 8] == []
