"""Every rule of the sections a to d has a test that names it, or a reason why it cannot have one here."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from acl_api.table import ROWS

RULES = (
    *("a1", "a1b", *(f"a{number}" for number in range(2, 25))),
    *(f"b{number}" for number in range(1, 20)),
    *("b7b", "b8b"),
    *(f"c{number}" for number in range(1, 13)),
    *(f"d{number}" for number in range(1, 10)),
)

NOT_MODELLED = {
    "a23": "graph capture is planned",
    "a24": "the C library for small products is another implementation, which this surface does not offer",
    "b19": "graph capture is planned",
    "d9": "these functions exist in the C library for small products only",
}

# What a program would have to call to meet one of them.
ABSENT = {
    "a23": ("aclmdlRICaptureBegin", "aclmdlRICaptureEnd"),
    "b19": ("aclmdlRICaptureBegin", "aclmdlRICaptureEnd"),
    "d9": ("aclrtSubscribeHostFunc", "aclrtProcessHostFunc", "aclrtUnSubscribeHostFunc"),
}


def named_rules() -> dict[str, list[str]]:
    """The rules that names of test functions beside this file begin with, such as test_a13_a14_this."""
    found: dict[str, list[str]] = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                words = node.name.removeprefix("test_").split("_")
                for word in words:
                    if not re.fullmatch(r"[a-d]\d+b?", word):
                        break
                    found.setdefault(word, []).append(f"{path.name}::{node.name}")
    return found


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_named_by_a_test_or_said_to_be_not_modelled(rule):
    tests = named_rules().get(rule, [])
    assert bool(tests) != (rule in NOT_MODELLED), f"rule {rule}: {tests or 'no test names it'}"


def test_no_test_names_a_rule_that_does_not_exist():
    assert set(named_rules()) <= set(RULES)


def test_what_is_not_modelled_has_a_reason_and_is_a_rule():
    assert set(NOT_MODELLED) <= set(RULES)
    assert all(len(reason.split()) >= 4 for reason in NOT_MODELLED.values())


@pytest.mark.parametrize(("rule", "name"), [(rule, name) for rule, names in ABSENT.items() for name in names])
def test_a_function_of_a_rule_that_is_not_modelled_is_not_there_and_so_cannot_answer_wrongly(rule, name):
    assert rule in NOT_MODELLED
    assert name not in {row.c_name for row in ROWS.values()}
