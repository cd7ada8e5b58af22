"""What searches are made of: jobs that are run, the results that come back, and who decides what is next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from simulator.engine.choice import ChoiceRecord, Chooser
from simulator.explore.history import History, Step
from simulator.explore.subject import Failure, Seen, Subject

# A kind of choice point and whose it is; how many options it has had, and which values were tried.
Point = tuple[str, str]


class Job(NamedTuple):
    """One run to make: by which strategy, with which chooser, and how much must be known of it afterwards.

    Jobs go to other processes, choosers need not. `states` asks for the state before each choice, `steps` for the
    whole history.
    """

    strategy: str
    make: Callable[[], Chooser]
    states: bool = False
    steps: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """What is kept of a run: small enough to be sent from process to process thousands of times a second.

    `options` are the numbers of options of its choices, `values` what was taken. `choices` are there for the trial
    run and for failures only.
    """

    failure: Failure | None
    inconclusive: str | None
    fingerprint: int | str
    end_state: str
    options: tuple[int, ...]
    values: tuple[int, ...]
    points: tuple[Point, ...]
    choices: tuple[ChoiceRecord, ...]
    states: tuple[int, ...]
    steps: tuple[Step, ...]

    def __repr__(self) -> str:
        how = "inconclusive" if self.inconclusive else self.failure.kind if self.failure else "passed"
        return f"<result: {how}, {len(self.options)} choices>"


class Search(Protocol):
    """Decides what to run next from what has been run. What it decides must not depend on how fast runs are."""

    def batch(self) -> Sequence[Job]:
        """Return jobs that may run in any order, or beside each other; none when the search is over."""

    def take(self, job: Job, result: Result) -> None:
        """Learn from the result of *job*; results come in the order of the jobs."""

    def proof(self) -> str | None:
        """Return in a sentence what the search has proved if no run failed; None if it proves nothing."""


def run_job(subject: Subject, job: Job) -> Result:
    """Make the run of *job* and keep of it what was asked for."""
    detail = job.states or job.steps
    return result_of(subject.run(job.make(), detail=detail), job, timed=subject.timed)


def result_of(seen: Seen, job: Job, *, timed: bool) -> Result:
    """Return what is kept of a run."""
    choices = seen.choices
    steps: tuple[Step, ...] = ()
    states: tuple[int, ...] = ()
    if seen.trace is not None and (job.states or job.steps):
        history = History(seen.trace, timed=timed, footprints=job.steps)
        states = tuple(step.state for step in history.steps if step.is_choice)
        if len(states) != len(choices):  # the trace does not tell of all choices: it cannot be cut at them
            states = ()
        steps = tuple(history.steps) if job.steps else ()
    return Result(
        failure=seen.failure,
        inconclusive=seen.inconclusive,
        fingerprint=seen.fingerprint,
        end_state=seen.end_state,
        options=tuple([choice.options for choice in choices]),
        values=tuple([choice.value for choice in choices]),
        points=tuple([(choice.kind, choice.actor) for choice in choices]),
        choices=choices if seen.failure is not None else (),
        states=states,
        steps=steps,
    )
