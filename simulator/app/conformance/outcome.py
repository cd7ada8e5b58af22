"""What a case has come to, in facts that the model and a library can both tell: codes, callbacks, and how it ended.

A fact is about something, such as "main step 4: launch_callback", and says what was seen of it, such as "107015".
What depends on the clock, loops that poll, is left out; so are addresses, and messages in the backend's own words.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from acl_api.table import by_op
from simulator.base.trace import CallbackEnded, CallbackStarted, Called, Record
from simulator.engine.hosts.ends import RunKind
from simulator.scenario.result import Aspect, ExpectationResult, Status

if TYPE_CHECKING:
    from simulator.app.conformance.cases import Case
    from simulator.scenario.result import ScenarioResult

HANGS: Final = "hangs"
END: Final = "end"
_STEP: Final = re.compile(r"(?P<step>.* step (?P<number>[\d.]+)) \(.*")
_POLL: Final = "process_report"
_EXPECTED: Final = "as expected"
_ENDS: Final = {RunKind.DONE: "done", RunKind.DEADLOCK: HANGS, RunKind.STALLED: HANGS}


class Difference(NamedTuple):
    """One fact that the two do not share; "nothing" for one that only the other has."""

    about: str
    model: str
    library: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The facts of one run, in order; `broken` are guarantees that its history does not keep, with the text."""

    facts: Mapping[str, str]
    broken: tuple[tuple[str, str], ...] = ()
    elapsed_ns: int = 0

    @property
    def end(self) -> str:
        """How the run ended: "done", "hangs", or in other words."""
        return self.facts.get(END, "")

    @property
    def told(self) -> list[str]:
        """The facts as texts."""
        return [f"{about}: {seen}" for about, seen in self.facts.items()]


def differences(model: Outcome, library: Outcome) -> tuple[Difference, ...]:
    """Return what the two do not share."""
    abouts = dict.fromkeys((*model.facts, *library.facts))
    found = [
        Difference(about, seen, got)
        for about in abouts
        if (seen := _seen(model, about)) != (got := _seen(library, about))
    ]
    return (*found, *(Difference(guarantee, "holds", text) for guarantee, text in library.broken))


def _seen(outcome: Outcome, about: str) -> str:
    return outcome.facts.get(about, _EXPECTED if about.startswith(_LINE) else "nothing")


def outcome_of(case: Case, result: ScenarioResult) -> Outcome:
    """Return the facts of a run of *case*."""
    trace = [*result.trace] if result.trace is not None else []
    scenario = case.loaded.scenario
    facts = dict(_codes(trace))
    facts |= _callbacks(trace, set(scenario.threads), _streams(case), set(scenario.callbacks))
    facts |= dict(_judged(result.expectations))
    facts[END] = _ENDS.get(result.end, result.end_text)
    broken = tuple((each.guarantee, each.text) for each in result.violations)
    return Outcome(facts, broken, result.simulated_ns)


def lost_outcome(text: str) -> Outcome:
    """Return what is known of a run whose process has died or does not answer."""
    return Outcome({END: text})


def _codes(trace: Iterable[Record]) -> Iterator[tuple[str, str]]:
    codes: dict[str, list[str]] = defaultdict(list)
    for record in trace:
        found = _STEP.fullmatch(record.site or "") if isinstance(record, Called) else None
        if found is None or not isinstance(record, Called):
            continue
        if record.op == _POLL and "." in found["number"]:  # how often a loop polls is up to the clock
            continue
        row = by_op().get(record.op)
        # What returns no code tells its one value by `gives`.
        seen = "called" if row is not None and row.bare else str(record.code)
        codes[f"{found['step']}: {record.op}"].append(seen)
    for about in sorted(codes, key=_by_step):
        yield about, _shortened(codes[about])


def _by_step(about: str) -> tuple[object, ...]:
    """Sort main first, and steps by their numbers."""
    found = re.fullmatch(r"(?P<who>.*) step (?P<number>[\d.]+): .*", about)
    if found is None:
        return (about,)
    numbers = tuple(int(number) for number in found["number"].split("."))
    return found["who"] != "main", found["who"], numbers


def _callbacks(
    trace: Iterable[Record], threads: set[str], streams: set[str], functions: set[str]
) -> dict[str, str]:
    """Tell by stream which callbacks began, in which order, and on which threads; and what they raised."""
    names: dict[str, list[str]] = defaultdict(list)
    on: dict[str, dict[str, None]] = defaultdict(dict)
    facts: dict[str, str] = {}
    for record in trace:
        if isinstance(record, CallbackStarted) and record.name not in functions:
            continue  # the runtime's own, which nobody sees from outside
        if isinstance(record, CallbackStarted):
            stream = record.stream if record.stream in streams else "the default stream"
            names[stream].append(record.name)
            on[stream][record.thread if record.thread in threads else "a thread of the runtime"] = None
        elif isinstance(record, CallbackEnded) and record.error is not None:
            facts[f"callback {record.name}"] = f"raised {record.error}"
    for stream in sorted(names):
        facts[f"callbacks of {stream}"] = f"{_shortened(names[stream])} on {', '.join(on[stream])}"
    return facts


def _streams(case: Case) -> set[str]:
    from simulator.scenario.references import every_step
    from simulator.scenario.steps import CallStep

    return {
        name for _, step in every_step(case.loaded.scenario) if isinstance(step, CallStep) for name in step.binds
    }  # fmt: skip


_LINE: Final = "line "


def _judged(expectations: Iterable[ExpectationResult]) -> Iterator[tuple[str, str]]:
    """Tell which steps gave other values than the case has in mind, and whether its order was kept."""
    for each in expectations:
        if each.aspect is Aspect.STEP and each.status is Status.FAILED:
            text = each.sentences[0]
            if "the step returned" not in text:  # codes are facts of their own
                # A text may be anybody's own words: that it is another one is enough.
                yield f"{_LINE}{each.position.line}: {each.name}", "another text" if "'" in text else text
        elif each.name == "order" and each.status in {Status.HELD, Status.FAILED}:
            yield "order", each.status.value


def _shortened(words: Iterable[str]) -> str:
    runs = ((word, len([*same])) for word, same in groupby(words))
    return ", ".join(f"{word} x{count}" if count > 1 else word for word, count in runs)
