"""All checks of one run in a single pass over its trace: explorers judge thousands of runs a second.

What is found is what `check_ordering`, `check_trace` and `find_lost` find one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.base.trace import Trace
from simulator.check.finding import Finding
from simulator.check.leaks import Leaks
from simulator.check.lost import Loss, losses_of
from simulator.check.memory import check_memory
from simulator.check.misuse import misuse_found, misuse_readers
from simulator.check.ordering import watches_of
from simulator.check.ordering.facts import Facts, read_all
from simulator.check.ordering.guarantee import Violation, violations_of


@dataclass(frozen=True, slots=True)
class Judgement:
    """What all checks say of one run: broken guarantees, mistakes of the program, and what was launched in vain."""

    violations: tuple[Violation, ...]
    findings: tuple[Finding, ...]
    losses: tuple[Loss, ...]


def judge(trace: Trace, *, closed: bool = True) -> Judgement:
    """Check a run that has ended; `closed=False` if not by itself: then what is left over is no finding."""
    facts = Facts.of(trace)
    promises = watches_of(facts)
    misuse, pending = misuse_readers(facts)
    leaks = Leaks()
    # Facts behind those that ask what was before a record, and before what asks what is with it.
    count = read_all(trace, (*promises, *misuse, leaks, facts, pending))
    findings = (*misuse_found(misuse, count, closed=closed), *check_memory(trace, closed=closed))
    return Judgement(
        violations_of(promises, closed=True),
        (*findings, *leaks.findings()) if closed else findings,
        losses_of(facts),
    )
