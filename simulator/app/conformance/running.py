"""Running cases: on the model, and on the backend that is compared with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol

from simulator.app.conformance.outcome import (
    HANGS,
    Difference,
    Outcome,
    differences,
    lost_outcome,
    outcome_of,
)
from simulator.app.mutants.environment import apply_from_environment
from simulator.app.native.children import ChildLostError, in_child
from simulator.app.native.scenarios import play_on_library
from simulator.scenario.interpret import run_scenario

if TYPE_CHECKING:
    from simulator.app.conformance.cases import Case, Suite
    from simulator.app.native.scenarios import NativeRun


class Verdict(Enum):
    """How a case came out."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_SEEN = "not seen"
    SKIPPED = "skipped"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Row:
    """One case, compared: `why` says what stood against it, where it is neither same nor different."""

    name: str
    rule: str
    does: str
    verdict: Verdict
    why: str = ""
    model: Outcome | None = None
    library: Outcome | None = None
    differences: tuple[Difference, ...] = ()
    option: str = ""


class Candidate(Protocol):
    """What is compared with the model."""

    def refuses(self, case: Case) -> str | None:
        """Say why it cannot run *case*; None: it can."""

    def run(self, case: Case) -> Outcome:
        """Run *case*."""


@dataclass(frozen=True, slots=True)
class Model:
    """The simulator, as a SoC and with options, NAME=VALUE; in processes of its own: this one stays as it is."""

    soc: str
    options: tuple[str, ...] = ()

    def outcomes(self, cases: Sequence[Case]) -> Mapping[str, Outcome]:
        """Run *cases* in simulated time: their outcomes by name."""
        return in_child(lambda: {case.name: self.play(case) for case in cases}, _MODEL_PATIENCE_S)

    def by_option(self, case: Case, settings: Sequence[str]) -> Mapping[str, Outcome]:
        """Run *case* with each of *settings*, which beat its own: the outcomes by setting."""
        return in_child(
            lambda: {setting: self.play(case, (setting,)) for setting in settings}, _MODEL_PATIENCE_S
        )

    def play(self, case: Case, options: Sequence[str] = ()) -> Outcome:
        """Run *case* in this process, with *options* that beat its own."""
        result = run_scenario(case.loaded, soc=self.soc, options=(*self.options, *options), digest=False)
        return outcome_of(case, result)


@dataclass(frozen=True, slots=True)
class OnSimulator:
    """The simulator as the environment has it, with its options, its SoC and its mutant."""

    soc: str
    options: tuple[str, ...] = ()

    def refuses(self, case: Case) -> str | None:  # noqa: ARG002 - whatever there is
        """Return None: it runs every case."""
        return None

    def run(self, case: Case) -> Outcome:
        """Run *case* in simulated time."""
        return in_child(lambda: self._play(case), _MODEL_PATIENCE_S)

    def _play(self, case: Case) -> Outcome:
        apply_from_environment()
        return Model(self.soc, self.options).play(case)


@dataclass(frozen=True, slots=True)
class OnLibrary:
    """A library: each case has a process of its own there."""

    way: NativeRun

    def refuses(self, case: Case) -> str | None:
        """Say what the library's machine lacks."""
        facts = self.way.facts
        if case.needs_model and not facts.simulated:
            return "it takes a model that fails on purpose"
        if case.devices > facts.devices and not facts.simulated:
            return f"it takes {case.devices} devices, and there are {facts.devices}"
        return None

    def run(self, case: Case) -> Outcome:
        """Run *case* on the library, in real time."""
        try:
            result, _ = play_on_library(case.loaded, self.way)
        except ChildLostError as error:
            return lost_outcome(HANGS if error.hangs else error.text)
        return outcome_of(case, result)


@dataclass(frozen=True, slots=True)
class Comparing:
    """A model, and what is compared with it."""

    model: Model
    candidate: Candidate

    def rows(self, suite: Suite) -> Iterator[Row]:
        """Compare all cases, one after the other; rules that none can show come last."""
        possible = [case for case in suite.cases if self.candidate.refuses(case) is None]
        models = self.model.outcomes(possible)
        for case in suite.cases:
            yield self._row(case, models.get(case.name))
        for rule, why in suite.unseen.items():
            yield Row(rule, rule, "", Verdict.NOT_SEEN, why)

    def _row(self, case: Case, model: Outcome | None) -> Row:
        if model is None:
            why = self.candidate.refuses(case) or ""
            return Row(case.name, case.rule, case.does, Verdict.SKIPPED, why, option=case.option)
        library = self.candidate.run(case)
        found = differences(model, library)
        verdict = Verdict.DIFFERENT if found else Verdict.SAME
        why = ""
        if found and library.end not in _KNOWN_ENDS and "time limit" in library.end:
            verdict, why = Verdict.INCONCLUSIVE, library.end
        return Row(case.name, case.rule, case.does, verdict, why, model, library, found, case.option)


# Real seconds; the model needs some hundredths of one for a case.
_MODEL_PATIENCE_S: Final = 300.0
_KNOWN_ENDS: Final = frozenset({"done", HANGS})
