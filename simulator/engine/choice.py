"""One object decides everything that is not determined.

A choice point has a kind ("tie", "thread", …), the name of the actor that index 0 would favour, and a number
of options; the answer is an index. Index 0 is always what a friendly runtime does, so any list of integers is
a valid run: missing answers are 0 and too large ones are clamped.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import NamedTuple, Protocol


class ChoiceRecord(NamedTuple):
    """One decision: at a choice point of `kind`, `value` was taken among `options`; `actor` stands at index 0."""

    kind: str
    actor: str
    options: int
    value: int


class Chooser(Protocol):
    """Answers choice points."""

    @property
    def friendly(self) -> bool:
        """True when every answer is 0 and nobody listens: the engine then need not even ask."""

    def choose(self, kind: str, actor: str, options: int) -> int:
        """Return an index below *options*; *options* is at least 2."""


class First:
    """The friendly runtime: always index 0."""

    friendly = True

    def choose(self, kind: str, actor: str, options: int) -> int:  # noqa: ARG002 - the protocol's signature
        """Return 0."""
        return 0

    def __repr__(self) -> str:
        return "First()"


class Seeded:
    """Uniform pseudo-random answers; equal seeds give equal runs on every platform."""

    friendly = False

    def __init__(self, seed: int) -> None:
        self.seed = seed
        # Mersenne twister seeded with an int is specified by Python and the same on all versions we support.
        self._random = random.Random(seed)

    def choose(self, kind: str, actor: str, options: int) -> int:  # noqa: ARG002 - the protocol's signature
        """Return one of the options, all equally likely."""
        return self._random.randrange(options)

    def __repr__(self) -> str:
        return f"Seeded({self.seed})"


class Replay:
    """Repeats recorded answers.

    From records, a point whose kind the recording never saw takes the default without using up an answer, so
    that a recording survives a version that asks more questions. From bare integers, answers are taken by
    position.
    """

    friendly = False

    def __init__(self, answers: Iterable[ChoiceRecord] | Iterable[int]) -> None:
        self._answers = [
            answer if isinstance(answer, ChoiceRecord) else ChoiceRecord("", "", 0, answer)
            for answer in answers
        ]
        self._kinds = {answer.kind for answer in self._answers}
        self._next = 0

    @property
    def left(self) -> int:
        """How many recorded answers have not been used."""
        return len(self._answers) - self._next

    def choose(self, kind: str, actor: str, options: int) -> int:  # noqa: ARG002 - the protocol's signature
        """Return the recorded answer, clamped to the options there are now; 0 when there is none."""
        if self._next >= len(self._answers) or (kind not in self._kinds and "" not in self._kinds):
            return 0
        answer = self._answers[self._next].value
        self._next += 1
        return max(0, min(answer, options - 1))

    def __repr__(self) -> str:
        return f"Replay({len(self._answers)} answers, {self.left} left)"


class Recorder:
    """Writes down every answer of another chooser."""

    friendly = False

    def __init__(self, inner: Chooser) -> None:
        self.inner = inner
        self.records: list[ChoiceRecord] = []

    def choose(self, kind: str, actor: str, options: int) -> int:
        """Ask the inner chooser and record its answer."""
        value = self.inner.choose(kind, actor, options)
        self.records.append(ChoiceRecord(kind, actor, options, value))
        return value

    def __repr__(self) -> str:
        return f"Recorder({self.inner!r}, {len(self.records)} records)"
