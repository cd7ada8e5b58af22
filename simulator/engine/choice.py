"""One object decides everything that is not determined.

At a choice point the engine asks `choose(kind, among)`: `among` are the options, and the answer is an index.
Index 0 is always what a friendly runtime does, so any list of integers is a valid run: missing answers are 0 and too
large ones are clamped. What is offered at which kind of point is told in docs/hosts.md.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final, NamedTuple, Protocol

from simulator.engine.hosts.thread import HostThread
from simulator.engine.wait import Wait


class ChoiceRecord(NamedTuple):
    """One decision: at a choice point of `kind`, `value` was taken among `options`.

    `actor` is the name of what stands at index 0, `taken` of what was taken; "" where nobody noted it.
    """

    kind: str
    actor: str
    options: int
    value: int
    taken: str = ""


class Chooser(Protocol):
    """Answers choice points."""

    @property
    def friendly(self) -> bool:
        """True when every answer is 0 and nobody listens: the engine then need not even ask."""

    def choose(self, kind: str, among: Sequence[object]) -> int:
        """Return an index into *among*, which has at least 2 options; see `name_of` for what they are called."""


def name_of(option: object) -> str:
    """Return what an option is called: the same for the same thing in every run.

    A thread has its name, an entry of the event queue the label of its owner (a stream, a report agent), a wait
    whose time may be up "timeout of reporter in process_report"; a text is itself.
    """
    if option.__class__ is HostThread:  # by far the most common
        return option.name
    if isinstance(option, str):
        return option
    if isinstance(option, Wait):
        who = "nobody" if option.thread is None else option.thread.name
        return f"timeout of {who} in {option.op}"
    owner = getattr(option, "__self__", option)
    for attribute in ("label", "name"):
        name = getattr(owner, attribute, None)
        if isinstance(name, str):
            return name
    return type(owner).__name__


class First:
    """The friendly runtime: always index 0."""

    friendly = True

    def choose(self, kind: str, among: Sequence[object]) -> int:  # noqa: ARG002 - the protocol's signature
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
        self._draw = random.Random(seed).random

    def choose(self, kind: str, among: Sequence[object]) -> int:  # noqa: ARG002 - the protocol's signature
        """Return one of the options, all equally likely."""
        # Three times as fast as `randrange`; what it favours is out of reach of any count of runs.
        return int(self._draw() * len(among))

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

    def choose(self, kind: str, among: Sequence[object]) -> int:
        """Return the recorded answer, clamped to the options there are now; 0 when there is none."""
        if self._next >= len(self._answers) or (kind not in self._kinds and "" not in self._kinds):
            return 0
        answer = self._answers[self._next].value
        self._next += 1
        return max(0, min(answer, len(among) - 1))

    def __repr__(self) -> str:
        return f"Replay({len(self._answers)} answers, {self.left} left)"


# As `ChoiceRecord(...)`, without a function of Python's own in between.
_record: Final = partial(tuple.__new__, ChoiceRecord)


class Recorder:
    """Writes down every answer of another chooser.

    With *detail* the engine also puts a `Chosen` into the trace at each point, with the names of all options.
    """

    friendly = False

    def __init__(self, inner: Chooser, *, detail: bool = False) -> None:
        self.inner = inner
        self.detail = detail
        self.records: list[ChoiceRecord] = []
        # Bound once: explorers ask some thirty times in half a millisecond.
        self._ask, self._note = inner.choose, self.records.append

    def choose(self, kind: str, among: Sequence[object]) -> int:
        """Ask the inner chooser and record its answer."""
        value = self._ask(kind, among)
        actor = name_of(among[0])
        taken = name_of(among[value]) if value else actor
        self._note(_record((kind, actor, len(among), value, taken)))
        return value

    def __repr__(self) -> str:
        return f"Recorder({self.inner!r}, {len(self.records)} records)"
