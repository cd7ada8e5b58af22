"""Findings as lines for people, and losses for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from simulator.base.trace import Noted
from simulator.check.lost import Loss


def finding_lines(findings: Iterable[Noted]) -> list[str]:
    """Return a line per finding, equal ones told once with their number: a loop would repeat them."""
    counted = Counter((found.finding, found.text, found.rule, found.site) for found in findings)
    lines = []
    for (finding, text, rule, site), count in counted.items():
        where = f"{site}: " if site else ""
        times = f", {count:,} times" if count > 1 else ""
        lines.append(f"{where}{finding}: {text} (rule {rule}{times})")
    return lines


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
