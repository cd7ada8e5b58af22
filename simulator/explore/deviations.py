"""A schedule as people and tokens tell it: what was done otherwise than a friendly runtime would.

A run is its list of choices, and nearly all of them are 0. What is left are deviations. Each is told by what it was
about, not by its place in the list: the n-th time that this kind of point came up with this actor in front. So a
recorded schedule survives a program that has gained a call elsewhere, and one deviation can be left out without
moving the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from simulator.engine.choice import ChoiceRecord, name_of


class Deviation(NamedTuple):
    """At the `nth` point of `kind` where `actor` would have gone on, `taken` did (option `value`).

    `nth` counts from 1. An empty `taken` stands for whatever is option `value`.
    """

    kind: str
    actor: str
    nth: int
    taken: str
    value: int

    def __str__(self) -> str:
        instead = self.taken or f"option {self.value}"
        return f"{instead} instead of {self.actor} at {self.kind} {self.nth}"


class Missed(NamedTuple):
    """A deviation that could not be taken: its point came, and did not offer it, or never came (`among` empty)."""

    deviation: Deviation
    among: tuple[str, ...]

    def __str__(self) -> str:
        what = self.deviation
        point = f"{what.kind} {what.nth} of {what.actor}"
        if not self.among:
            return f"the recorded path was left: {point}, where {what.taken} went first, never came"
        offered = ", ".join(self.among)
        return f"the recorded path was left at {point}: {what.taken} could not go there, only {offered}"


def deviations_of(choices: Iterable[ChoiceRecord]) -> tuple[Deviation, ...]:
    """Return what of *choices* is not the friendly answer, in the order it happened."""
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for choice in choices:
        point = (choice.kind, choice.actor)
        seen[point] += 1
        if choice.value:
            found.append(Deviation(choice.kind, choice.actor, seen[point], choice.taken, choice.value))
    return tuple(found)


class Deviating:
    """Takes the friendly answer everywhere but at the given deviations; afterwards `missed` says which failed."""

    friendly = False

    def __init__(self, deviations: Iterable[Deviation]) -> None:
        self.deviations = tuple(deviations)
        self._left = {(each.kind, each.actor, each.nth): each for each in self.deviations}
        self._seen: Counter[tuple[str, str]] = Counter()
        self._refused: list[Missed] = []

    def __repr__(self) -> str:
        return f"Deviating({len(self.deviations)} deviations, {len(self._left)} left)"

    @property
    def missed(self) -> tuple[Missed, ...]:
        """What could not be taken so far, points that never came last."""
        never = [Missed(each, ()) for each in self.deviations if each in self._left.values()]
        return (*self._refused, *never)

    def choose(self, kind: str, among: Sequence[object]) -> int:
        """Return the recorded deviation of this point if there is one and it is offered, else 0."""
        point = (kind, name_of(among[0]))
        self._seen[point] += 1
        wanted = self._left.pop((*point, self._seen[point]), None)
        if wanted is None:
            return 0
        return self._among(wanted, tuple(map(name_of, among)))

    def _among(self, wanted: Deviation, names: tuple[str, ...]) -> int:
        if not wanted.taken:
            return min(wanted.value, len(names) - 1)
        # Several options may share a name: the recorded place decides between them.
        if wanted.value < len(names) and names[wanted.value] == wanted.taken:
            return wanted.value
        if wanted.taken in names:
            return names.index(wanted.taken)
        self._refused.append(Missed(wanted, names))
        return 0
