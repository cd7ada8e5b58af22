"""Whether a schedule decides a run: the same choices twice, and the first step where the two runs differ.

A run depends on its choices alone as far as the program asks nothing of the world outside. When it does, replay and
proof are worth nothing, and the user should hear which step it was and what the likely cause is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from simulator.base.trace import Chosen, Record
from simulator.engine.choice import Replay
from simulator.explore.deviations import Deviating, Deviation
from simulator.explore.subject import Seen, Subject

_ADDRESS: Final = re.compile(r"0x[0-9a-f]{6,}|\bat [0-9]{9,}")
OUTSIDE: Final = (
    "something from outside decides: random numbers without a seed, real time, the environment, or a file that the "
    "run before left behind"
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Step `step` (from 1) of two runs of one schedule: what each did there, and the likely cause."""

    step: int
    first: str
    second: str
    cause: str

    def __str__(self) -> str:
        return (
            f"two runs of the same choices differ first in step {self.step}: "
            f"{self.first} in one, {self.second} in the other; likely cause: {self.cause}"
        )


def run_twice(subject: Subject, deviations: Iterable[Deviation]) -> tuple[Seen, Difference | None]:
    """Return the run of *deviations*, with detail, and where a second one differs from it."""
    schedule = tuple(deviations)
    first = subject.run(Deviating(schedule), detail=True)
    second = subject.run(Deviating(schedule), detail=True)
    return first, first_difference(first, second)


def different_runs(subject: Subject, values: Sequence[int], most: int) -> Difference | None:
    """Run *subject* with the answers *values* up to *most* times; return where one differs from the first."""
    first = subject.run(Replay(values), detail=True)
    others = (subject.run(Replay(values), detail=True) for _ in range(most - 1))
    return next((found for other in others if (found := first_difference(first, other)) is not None), None)


def first_difference(one: Seen, other: Seen) -> Difference | None:
    """Return the first step where two runs differ; None when they are equal in all that was recorded."""
    if one.trace is not None and other.trace is not None:
        pairs = zip_longest(one.trace, other.trace)
        for step, (left, right) in enumerate(pairs, start=1):
            if _kept(left) != _kept(right):
                return Difference(step, _told(left), _told(right), _cause(left, right))
    for step, (here, there) in enumerate(zip_longest(one.choices, other.choices), start=1):
        if here != there:
            return Difference(step, _told(here), _told(there), OUTSIDE)
    if (difference := different_ends(one, other)) is not None:
        return difference
    if one.fingerprint != other.fingerprint:
        return Difference(len(one.choices), "one trace", "another", OUTSIDE)
    return None


def different_ends(one: Seen, other: Seen) -> Difference | None:
    """Return how the ends of two runs differ; None when both passed, or failed in the same way."""
    if _signature(one) == _signature(other):
        return None
    return Difference(max(len(one.choices), len(other.choices)) + 1, _ended(one), _ended(other), OUTSIDE)


def _signature(seen: Seen) -> tuple[str, ...] | None:
    return None if seen.failure is None else seen.failure.signature


def _ended(seen: Seen) -> str:
    if seen.failure is None:
        return "a pass"
    return ": ".join([seen.failure.kind, *seen.failure.sentences[:1]])


def _kept(record: Record | None) -> tuple[object, ...] | None:
    """A record with its type: two of different types may hold the same values."""
    return None if record is None else (type(record), *record)


def _told(record: tuple[object, ...] | None) -> str:
    return "the end" if record is None else repr(record)


def _cause(one: Record | None, other: Record | None) -> str:
    if one is None or other is None or type(one) is not type(other):
        return OUTSIDE
    if _ADDRESS.search(repr(one)) or _ADDRESS.search(repr(other)):
        return "an address: id(), or the plain repr of an object"
    if isinstance(one, Chosen) and isinstance(other, Chosen) and set(one.among) == set(other.among):
        return "the order of a set, or of whatever was collected in one (PYTHONHASHSEED, id())"
    if tuple(one)[1:] == tuple(other)[1:]:
        return "a time that is not simulated: it was measured, or drawn at random"
    return f"the order of a set (PYTHONHASHSEED, id()), or {OUTSIDE}"
