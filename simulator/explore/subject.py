"""What is explored: something that runs from the start, in the order a chooser decides, and says how it went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from simulator.base.trace import CallbackStarted, Called, Chosen, TaskRan, Trace
from simulator.engine.choice import ChoiceRecord, Chooser
from simulator.explore.dependence import content_of


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong in a run: "deadlock", "stalled", "error", "expectation", "guarantee", "finding" or "lost".

    The same bug has the same `signature` (type, place, participants) in every order that shows it, so that a
    shrunk run can be told from one that fails otherwise. `sentences` are for people.
    """

    kind: str
    signature: tuple[str, ...]
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind}: {'; '.join(self.sentences)}"


@dataclass(frozen=True, slots=True, repr=False)
class Seen:
    """One run as its explorer sees it.

    `inconclusive` says why nothing can be concluded from it; None when it counts. `choices` are all its decisions,
    `trace` is kept on request. Runs that differ in nothing but times have one `fingerprint`; `end_state` is what is
    left of a run when the order of what does not depend on each other is forgotten. `steps` are device events.
    """

    failure: Failure | None
    inconclusive: str | None
    choices: tuple[ChoiceRecord, ...]
    trace: Trace | None
    fingerprint: int | str
    end_state: str
    steps: int

    def __repr__(self) -> str:
        how = "inconclusive" if self.inconclusive else self.failure.kind if self.failure else "passed"
        deviations = sum(choice.value != 0 for choice in self.choices)
        return f"<run with {deviations} deviations in {len(self.choices)} choices: {how}>"

    @property
    def deviations(self) -> int:
        """How many of its choices are not what a friendly runtime does."""
        return sum(choice.value != 0 for choice in self.choices)


class Subject(Protocol):
    """Something that can be run again and again, each time from the same beginning.

    Whether its host threads share what no trace shows, variables of Python for instance, its traces say
    (`Trace.isolated`).
    """

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def timed(self) -> bool:
        """True when simulated time decides what can happen: with every timing but "untimed"."""

    def run(self, chooser: Chooser, *, detail: bool = False) -> Seen:
        """Run it once in the order *chooser* decides.

        With *detail* the run keeps its trace, with a `Chosen` for every step that somebody took.
        """


def end_state_of(trace: Trace) -> str:
    """Return what every participant of a run did, each by itself: calls with their codes, callbacks, tasks.

    Times are left out, and so is the order between participants: orders that differ only in what is independent
    end in the same state.
    """
    did: dict[str, list[str]] = {}
    for record in trace.records:
        match record:
            case Called():
                did.setdefault(record.thread, []).append(f"{record.op}={record.code}")
            case CallbackStarted():
                did.setdefault(record.thread, []).append(
                    f"runs {record.name} of {record.stream} {record.seq}"
                )
            case TaskRan():
                did.setdefault(record.stream, []).append(f"{record.kind} {record.name}={record.code}")
            case _:
                pass
    return "; ".join(f"{who}: {', '.join(did[who])}" for who in sorted(did))


def fingerprint_of(trace: Trace) -> int:
    """Return a number that runs share, but for chance, when they do the same in the same order, at whatever times.

    It is one of this process and its children: texts are hashed as Python does.
    """
    return hash(
        tuple((type(record), content_of(record)) for record in trace.records if type(record) is not Chosen)
    )
