"""Findings as lines for people, and findings and losses for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from simulator.check.finding import SEVERITIES, Finding, Severity
from simulator.check.lost import Loss


def finding_lines(findings: Iterable[Finding]) -> list[str]:
    """Return a line per finding, equal ones told once with their number: a loop would repeat them."""
    return [_line(found, count) for found, count in Counter(findings).items()]


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


def _line(found: Finding, count: int) -> str:
    where = f"{found.lines[0]}: " if found.lines else ""
    others = [line for line in found.lines[1:] if line not in found.sentence]
    also = f", also {', '.join(others)}" if others else ""
    times = f", {count:,} times" if count > 1 else ""
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
