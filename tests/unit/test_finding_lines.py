"""Findings as lines for people: a loop finds the same again and again, and people read it once."""

from __future__ import annotations

from simulator.app.findings import finding_lines
from simulator.check.finding import Finding


def found(sentence: str, *lines: str, kind: str = "race") -> Finding:
    return Finding(kind, "error", sentence, lines, "f4", "order them")


def test_equal_findings_are_told_once_with_their_number():
    assert finding_lines([found("a", "p.py:1")] * 3) == [
        "p.py:1: race: a (rule f4, 3 times); to mend: order them"
    ]


def test_those_of_the_same_lines_are_told_by_the_first():
    told = finding_lines([found("task 1", "p.py:1"), found("task 2", "p.py:1"), found("task 3", "p.py:1")])
    assert told == ["p.py:1: race: task 1 (rule f4; 2 more like it); to mend: order them"]


def test_other_lines_other_kinds_and_findings_without_a_line_are_told_by_themselves():
    findings = [
        found("a", "p.py:1"),
        found("a", "p.py:2"),
        found("a", "p.py:1", kind="leak"),
        found("b"),
        found("c"),
    ]
    assert len(finding_lines(findings)) == 5
