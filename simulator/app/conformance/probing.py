"""Settling what is not known: a library has the value of an option whose outcome it shares with the model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from simulator.app.conformance.outcome import HANGS, Outcome, differences
from simulator.core.options import UNKNOWNS

if TYPE_CHECKING:
    from simulator.app.conformance.cases import Case, Suite
    from simulator.app.conformance.running import Candidate, Model


class Settled(Enum):
    """What became of one question."""

    VALUE = "value"
    NEITHER = "neither"
    HANG = "hang"
    ALIKE = "alike"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a library does where one option leaves it open; `seen` is what it did when no value tells that."""

    option: str
    rule: str
    does: str
    settled: Settled
    value: str | None = None
    seen: tuple[str, ...] = ()

    @property
    def setting(self) -> str | None:
        """The answer as NAME=VALUE; None when there is none."""
        return None if self.value is None else f"{self.option}={self.value}"

    @property
    def is_default(self) -> bool:
        """Whether it is what the model does anyway."""
        return self.value == UNKNOWNS[self.option].default

    def __str__(self) -> str:
        if self.value is not None:
            says = UNKNOWNS[self.option].values[self.value]
            return f"{self.value}: {says}" + (" (as assumed)" if self.is_default else "")
        if self.settled is Settled.ALIKE:
            return "makes no difference on this product, as it is otherwise"
        return f"{self.settled.value}: {'; '.join(self.seen)}"


def probe(suite: Suite, model: Model, candidate: Candidate) -> Iterator[Answer]:
    """Answer every question that a case of *suite* is about; later ones know the answers of those before."""
    for case in suite.cases:
        if case.option:
            answer = _answer(case, model, candidate)
            if answer.setting is not None:
                model = replace(model, options=(*model.options, answer.setting))
            yield answer


def _answer(case: Case, model: Model, candidate: Candidate) -> Answer:
    def told(settled: Settled, value: str | None = None, seen: Iterable[str] = ()) -> Answer:
        return Answer(case.option, case.rule, case.does, settled, value, tuple(seen))

    why = candidate.refuses(case)
    if why is not None:
        return told(Settled.SKIPPED, seen=[why])
    settings = {f"{case.option}={value}": value for value in UNKNOWNS[case.option].values}
    outcomes = {settings[each]: found for each, found in model.by_option(case, [*settings]).items()}
    first = next(iter(outcomes.values()))
    if all(outcome.facts == first.facts for outcome in outcomes.values()):
        return told(Settled.ALIKE)
    seen = candidate.run(case)
    for value, outcome in outcomes.items():
        if not differences(outcome, seen):
            return told(Settled.VALUE, value)
    return told(Settled.HANG if seen.end == HANGS else Settled.NEITHER, seen=_against(outcomes, seen))


def _against(outcomes: Mapping[str, Outcome], seen: Outcome) -> Iterator[str]:
    """Say what the library did otherwise than with each value."""
    for value, outcome in outcomes.items():
        first = differences(outcome, seen)[0]
        yield f"not {value}, with which {first.about} would be {first.model} and not {first.library}"


_HEAD: Final = """\
# What aclsim conformance --probe found out about {library}.
# Take it with --profile FILE (run, exec, explore), or ACLSIM_SOC=FILE.

key = {key}
extends = {soc}

[options]
"""


def profile_text(answers: Iterable[Answer], *, library: str, soc: str) -> str:
    """Return a profile of the machine: *soc*, a built-in name, and every answer; `load_profile` reads it."""
    lines = [
        _HEAD.format(library=library.replace("\n", " "), key=json.dumps("measured"), soc=json.dumps(soc))
    ]
    for answer in answers:
        if answer.value is None:
            lines.append(f"# rule {answer.rule}, {answer.option}: {answer}".replace("\n", " "))
        else:
            lines.append(f"# rule {answer.rule}: {UNKNOWNS[answer.option].values[answer.value]}")
            lines.append(f"{answer.option} = {json.dumps(answer.value)}")
    return "\n".join(lines) + "\n"
