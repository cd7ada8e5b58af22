"""Every rule of the sections e to h has a test that names it, or a reason why it cannot have one here."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

RULES = (
    *(f"e{number}" for number in range(1, 23)),
    "e11b",
    *(f"f{number}" for number in range(1, 19)),
    *(f"g{number}" for number in range(1, 16)),
    *(f"h{number}" for number in range(1, 8)),
)

NOT_MODELLED: dict[str, str] = {}

# Parts of rules that have tests otherwise.
PARTS = {
    "e1": "an output pointer that is NULL cannot be passed: outputs are returned",
    "e4": "old firmware and the failure mode of a device are not modelled",
    "e6": "the second, internal figure of each product is not what users meet",
    "e8": "model-bound streams are planned",
    "e9": "captured streams are planned",
    "e11": "captured streams are planned",
    "e13": "no modelled task ends with one of the codes that are passed through",
    "e15": "captured streams are planned",
    "e16": "streams that are bound to a model are planned",
    "e18": "model-bound streams and old firmware are not modelled",
    "e21": "switching and activating streams needs streams of models",
    "f1": "which chips refuse IPC events is not known",
    "f8": "whether a wait across devices works on a product is not in its profile",
    "f11": "captured events and events of a model's streams are planned",
    "f15": "nothing captures yet, so external flags always fail",
    "f14": "the event id is free at once, not when the event finishes",
    "g2": "the content of a configuration has no effect",
    "g5": "setting up a device does not fail",
    "g8": "a default device cannot be configured",
    "g13": "flags of the primary context are always 0",
    "h1": "policies have no effect, and there are no pages of 1G",
    "h2": "the form that synchronises first is planned",
    "h5": "large copies are one task, registered memory is planned, captured streams are planned",
}


def named_rules() -> set[str]:
    """The rules that names of test functions in the files of these sections begin with."""
    found = set()
    for path in Path(__file__).parent.glob("test_[efgh]_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                words = node.name.removeprefix("test_").split("_")
                rules = [word for word in words if re.fullmatch(r"[e-h]\d+b?", word)]
                # Only those the name begins with, so that a number inside a sentence does not count.
                found |= {rule for rule, word in zip(rules, words, strict=False) if rule == word}
    return found


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_named_by_a_test_or_said_to_be_not_modelled(rule):
    assert (rule in named_rules()) != (rule in NOT_MODELLED)


def test_no_test_names_a_rule_that_does_not_exist():
    assert named_rules() <= set(RULES)


def test_every_test_of_these_sections_names_the_rule_it_is_about():
    for path in Path(__file__).parent.glob("test_[efgh]_*.py"):
        section = path.name.removeprefix("test_")[0]
        for name in re.findall(r"^def test_(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            assert re.match(rf"{section}\d+b?_", name), f"{path.name}: {name}"


@pytest.mark.parametrize("reasons", [NOT_MODELLED, PARTS], ids=["rules", "parts"])
def test_what_is_left_out_has_a_reason_and_is_a_rule(reasons):
    assert set(reasons) <= set(RULES)
    assert all(len(reason.split()) >= 4 for reason in reasons.values())
    assert not set(PARTS) & set(NOT_MODELLED)
