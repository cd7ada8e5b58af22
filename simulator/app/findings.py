"""Findings as lines for people, and findings and losses for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from simulator.check.finding import SEVERITIES, Finding, Severity
from simulator.check.lost import Loss


def finding_lines(findings: Iterable[Finding]) -> list[str]:
    """Return a line per finding; those of one kind and the same lines are told once, as a loop would repeat them."""
    alike: dict[object, list[Finding]] = {}
    for found in findings:
        alike.setdefault((found.id, found.lines) if found.lines else found, []).append(found)
    return [_line(group) for group in alike.values()]


def lines_by_severity(findings: Iterable[Finding], *, notes: bool) -> Iterator[tuple[Severity, list[str]]]:
    """Yield the lines of errors, of warnings and, if they are wanted, of notes."""
    found = list(findings)
    for severity in SEVERITIES if notes else SEVERITIES[:-1]:
        yield severity, finding_lines(each for each in found if each.severity == severity)


def counted(findings: Iterable[Finding], *, notes: bool) -> list[str]:
    """Return how many there are of each severity, and how to read the notes that were not told."""
    counts = Counter(found.severity for found in findings)
    texts = []
    for severity in SEVERITIES:
        if count := counts[severity]:
            hidden = "" if notes or severity != "note" else " (-v tells)"
            texts.append(f"{count:,} {severity}{'s' if count > 1 else ''}{hidden}")
    return texts


def _line(alike: list[Finding]) -> str:
    found, count = alike[0], len(alike)
    where = f"{found.lines[0]}: " if found.lines else ""
    others = [line for line in found.lines[1:] if line not in found.sentence]
    also = f", also {', '.join(others)}" if others else ""
    same = all(each == found for each in alike)
    times = "" if count == 1 else f", {count:,} times" if same else f"; {count - 1:,} more like it"
    mend = "" if found.fix in found.sentence else f"; to mend: {found.fix}"
    return f"{where}{found.id}: {found.sentence} (rule {found.rule}{also}{times}){mend}"


def finding_json(found: Finding) -> dict[str, object]:
    """Return a finding as JSON-ready values."""
    return {
        "id": found.id,
        "severity": found.severity,
        "sentence": found.sentence,
        "lines": list(found.lines),
        "rule": found.rule,
        "fix": found.fix,
    }


def loss_json(loss: Loss) -> dict[str, object]:
    """Return what was launched in vain as JSON-ready values."""
    return {
        "what": loss.what,
        "name": loss.name,
        "stream": loss.stream,
        "task": loss.seq,
        "reason": loss.reason,
        "site": loss.site,
    }
