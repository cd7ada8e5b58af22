"""Histories: runs that were seen from outside only, such as those on hardware, judged by what must hold of them.

Recorded are calls and callbacks with the times at which they began and ended, and nothing of the device. So only what
certainly came one after the other is judged: a call that had returned before another one began. What overlaps may
have come either way. Times are those of the host; how long things took is never judged.
"""

from __future__ import annotations

from collections.abc import Iterable

from simulator.base.trace import Record
from simulator.check.history.answers import wrong_answers
from simulator.check.history.facts import History
from simulator.check.history.order import wrong_order
from simulator.check.history.reports import wrong_reports
from simulator.check.ordering.guarantee import Violation

__all__ = ["History", "check_history"]


def check_history(trace: Iterable[Record]) -> tuple[Violation, ...]:
    """Return what in an observed trace no right runtime can have done, in the order of the trace; empty: nothing."""
    history = History.of(trace)
    found = [*wrong_reports(history), *wrong_order(history), *wrong_answers(history)]
    return tuple(sorted(found, key=lambda violation: violation.records[-1:]))
