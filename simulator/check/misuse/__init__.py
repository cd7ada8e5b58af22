"""Misuse of the runtime: what goes wrong in another order, on another product, or without a word.

The checks read a trace once and reason from its records only, so they judge a stored trace as they judge a run.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from simulator.base.remarks import Unread
from simulator.base.trace import Noted, Record
from simulator.check.catalogue import finding, noted
from simulator.check.finding import Finding
from simulator.check.misuse.callbacks import Callbacks, Families
from simulator.check.misuse.events import Events
from simulator.check.misuse.reporters import Reporters
from simulator.check.misuse.teardown import Teardown
from simulator.check.misuse.watch import Pending, Watch
from simulator.check.ordering.facts import PROCESS_REPORT, Facts, read_all

__all__ = ["find_misuse", "misuse_found", "misuse_readers"]


class _Told(Watch):
    """What the model itself noted while it ran."""

    def __init__(self, facts: Facts, pending: Pending) -> None:
        super().__init__(facts, pending)
        self.on(Noted, self._noted)
        self.on(Unread, self._unread)

    def _noted(self, index: int, record: Noted) -> None:
        self.found.append((index, noted(record)))

    def _unread(self, index: int, record: Unread) -> None:
        if record.code:
            says = f"{record.op} returned {record.code}, and the program does not look at it"
            self.found.append((index, finding("code-discarded", says, record.site)))
        elif record.op not in PROCESS_REPORT:  # which mostly says that there is nothing to do yet
            says = f"the program does not look at the code that {record.op} returns"
            self.found.append((index, finding("code-unread", says, record.site)))


_WATCHES: Final[tuple[type[Watch], ...]] = (_Told, Teardown, Reporters, Callbacks, Families, Events)


def find_misuse(trace: Iterable[Record], *, closed: bool = True) -> tuple[Finding, ...]:
    """Return what *trace* shows of misuse, in the order of the trace, and what the model noted.

    `closed=False` is for a run that still goes on or was cut off: what is left over is then no finding.
    """
    facts = Facts.of(trace)
    watches, pending = misuse_readers(facts)
    return misuse_found(watches, read_all(trace, (*watches, facts, pending)), closed=closed)


def misuse_readers(facts: Facts) -> tuple[tuple[Watch, ...], Pending]:
    """Return what has to read each record before *facts* does, and after it."""
    pending = Pending(facts)
    return tuple(watch(facts, pending) for watch in _WATCHES), pending


def misuse_found(watches: Iterable[Watch], count: int, *, closed: bool) -> tuple[Finding, ...]:
    """Return what *watches* have found in a trace of *count* records that they have read."""
    watches = tuple(watches)
    for watch in watches:
        watch.at_cut()
        if closed:
            watch.at_end(count)
    found = [entry for watch in watches for entry in watch.found]
    return tuple(each for _, each in sorted(found, key=lambda entry: entry[0]))
