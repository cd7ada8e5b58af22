"""The critical transition: the last point of a failing run from which a pass was still seen.

What can pass after n steps can pass after fewer, so the point is found by halving. Whether anything can still pass
is tried with a few continuations, the friendly one first: that one passed is certain, that none can is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from simulator.base.trace import Chosen
from simulator.base.units import format_duration
from simulator.engine.choice import ChoiceRecord, Chooser, First, Seeded
from simulator.explore.subject import Seen, Subject

CONTINUATIONS: Final = 6


@dataclass(frozen=True, slots=True)
class Critical:
    """Choice `step` of `steps` (from 1) took the last chance; 0: no continuation passed even from the beginning.

    `time` is simulated ns, None when unknown; `tried` is the number of continuations at each point.
    """

    step: int
    steps: int
    choice: ChoiceRecord | None
    time: int | None
    tried: int

    def __str__(self) -> str:
        if self.choice is None:
            return f"no pass was seen in any order: {self.tried} continuations were tried from the beginning"
        when = "" if self.time is None else f" at {format_duration(self.time)}"
        taken = self.choice.taken or self.choice.actor
        return (
            f"choice {self.step} of {self.steps}{when}, {taken} first at {self.choice.kind}: "
            f"until there a pass was seen, after it {self.tried} continuations all failed (seen, not proved)"
        )


class Then:
    """Gives the answers of a prefix by position, then lets another chooser decide."""

    friendly = False

    def __init__(self, prefix: Sequence[int], rest: Chooser) -> None:
        self._prefix = prefix
        self._rest = rest
        self._next = 0

    def __repr__(self) -> str:
        return f"Then({len(self._prefix)} answers, {self._rest!r})"

    def choose(self, kind: str, among: Sequence[object]) -> int:
        """Return the next answer of the prefix, clamped; then the other chooser's."""
        if self._next >= len(self._prefix):
            return self._rest.choose(kind, among)
        answer = self._prefix[self._next]
        self._next += 1
        return min(answer, len(among) - 1)


def critical_transition(
    subject: Subject, failing: Seen, *, continuations: int = CONTINUATIONS, seed: int = 0
) -> Critical:
    """Return the last choice of *failing* before which one of a few continuations passes."""
    answers = [choice.value for choice in failing.choices]

    def passes(length: int) -> bool:
        rests: list[Chooser] = [First(), *(Seeded(seed + number) for number in range(1, continuations))]
        runs = (subject.run(Then(answers[:length], rest)) for rest in rests)
        return any(seen.failure is None and seen.inconclusive is None for seen in runs)

    if not passes(0):
        return Critical(0, len(answers), None, None, continuations)
    # A pass was seen after `low` choices, and none after `high`: all of them is the failing run itself.
    low, high = 0, len(answers)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if passes(middle) else (low, middle)
    choice = failing.choices[low] if low < len(answers) else None
    return Critical(low + 1, len(answers), choice, _time_of(failing, low), continuations)


def _time_of(seen: Seen, index: int) -> int | None:
    # With detail the trace also tells who went on where nobody else could: those are no choices.
    chosen = seen.trace.of(Chosen) if seen.trace is not None else []
    times = [record.time for record in chosen if len(record.among) > 1]
    return times[index] if index < len(times) else None
