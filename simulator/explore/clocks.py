"""Which steps of a run come after which, and which pairs depend on each other without need of their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from simulator.explore.dependence import Thing
from simulator.explore.history import Step


class Race(NamedTuple):
    """Step `first` came before a step of `second`, on which it depends, and nothing else puts them in this order.

    `initials` are those who could go instead of the first step on the way to the other order.
    """

    first: int
    second: str
    initials: frozenset[str]


# For each participant the number, from 1, of the last step of the run that is his and comes before.
Clock = dict[str, int]


def races_of(steps: Sequence[Step]) -> list[Race]:
    """Return the races of a run, in the order of their second steps."""
    clocks: list[Clock] = []
    written: dict[Thing, int] = {}
    read: dict[Thing, list[int]] = {}
    races = []
    for at, step in enumerate(steps):
        before = _touched_before(step, written, read)
        clock: Clock = {}
        for earlier in before:
            for who, number in clocks[earlier].items():
                if number > clock.get(who, 0):
                    clock[who] = number
        clock[step.who] = at + 1
        clocks.append(clock)
        races += [
            Race(first, step.who, _initials(steps, clocks, first, at))
            for first in sorted(before)
            if steps[first].who != step.who and not _between(steps, clocks, first, before)
        ]
        for thing in step.footprint.reads:
            read.setdefault(thing, []).append(at)
        for thing in step.footprint.writes:
            written[thing], read[thing] = at, []
    return races


def _touched_before(step: Step, written: dict[Thing, int], read: dict[Thing, list[int]]) -> set[int]:
    """Return the last steps that wrote what *step* touches, and those that have read since what it writes."""
    before = {written[thing] for thing in step.footprint.reads if thing in written}
    for thing in step.footprint.writes:
        if thing in written:
            before.add(written[thing])
        before.update(read.get(thing, ()))
    return before


def _between(steps: Sequence[Step], clocks: Sequence[Clock], first: int, before: set[int]) -> bool:
    """Tell whether *first* comes before another of the steps *before*, and so by way of it."""
    who = steps[first].who
    return any(other != first and clocks[other].get(who, 0) > first for other in before)


def _initials(steps: Sequence[Step], clocks: Sequence[Clock], first: int, second: int) -> frozenset[str]:
    """Return who takes the first steps on the way to *second* without *first*.

    On that way are the steps between them that do not come after the first one.
    """
    ahead = steps[first].who
    begun: dict[str, int] = {}
    initials = set()
    for at in range(first + 1, second + 1):
        clock = clocks[at]
        if at != second and clock.get(ahead, 0) > first:
            continue
        who = steps[at].who
        if not any(clock.get(other, 0) >= number for other, number in begun.items()):
            initials.add(who)
        begun.setdefault(who, at + 1)
    return frozenset(initials)
