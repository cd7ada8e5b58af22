"""What a guarantee is: a sentence, and a watch that reads a trace once and notes every violation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final

from simulator.base.trace import Record
from simulator.base.units import format_duration
from simulator.check.ordering.facts import Facts, Reader, read_all


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise: which guarantee ("O3"), a sentence, and the places in the trace that show it."""

    guarantee: str
    text: str
    records: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.guarantee}: {self.text}"


class Watch(Reader):
    """The state machine of one guarantee; while a handler sees a record, `facts` holds what came before."""

    guarantee: ClassVar[str]

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self.facts: Final = facts
        self.found: list[Violation] = []

    def __repr__(self) -> str:
        return f"<watch {self.guarantee}, {len(self.found)} violations>"

    def at_end(self) -> None:
        """Judge what a closed trace has left over."""

    def complain(self, text: str, *records: int) -> None:
        """Note a violation; places that are unknown (-1) are left out."""
        places = tuple(sorted({place for place in records if place >= 0}))
        self.found.append(Violation(self.guarantee, text, places))


@dataclass(frozen=True, slots=True)
class Guarantee:
    """One promise about order: its name ("O1"), the sentence, and how it is watched."""

    name: str
    title: str
    watch: Callable[[Facts], Watch]

    def __str__(self) -> str:
        return f"{self.name}: {self.title}"

    def check(self, trace: Iterable[Record], *, closed: bool = True) -> tuple[Violation, ...]:
        """Return what in *trace* breaks this guarantee alone; parameters as in `check_ordering`."""
        return run_watches(trace, (self,), closed=closed)


def run_watches(
    trace: Iterable[Record], guarantees: Iterable[Guarantee], *, closed: bool
) -> tuple[Violation, ...]:
    """Read *trace* once for all *guarantees*; violations come in the order of the trace."""
    facts = Facts.of(trace)
    watches = [guarantee.watch(facts) for guarantee in guarantees]
    read_all(trace, (*watches, facts))
    return violations_of(watches, closed=closed)


def violations_of(watches: Iterable[Watch], *, closed: bool) -> tuple[Violation, ...]:
    """Return what *watches* have found in a trace that they have read, in the order of the trace."""
    if closed:
        for watch in watches:
            watch.at_end()
    found = [violation for watch in watches for violation in watch.found]
    # The sort is stable: at one place the guarantees stay in their own order.
    return tuple(sorted(found, key=lambda violation: violation.records[-1:]))


# Watches tell the time of much that turns out to be right, and explorers see the same times in every run.
@lru_cache(maxsize=1024)
def duration(time: int) -> str:
    """Return "3us" for 3000 ns."""
    return format_duration(time) if time >= 0 else f"{time}ns"


def at(time: int) -> str:
    """Return "at 3us" for 3000 ns."""
    return f"at {duration(time)}"
