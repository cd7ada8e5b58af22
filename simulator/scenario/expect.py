"""Whether a run was what its scenario expects: each expectation becomes a result with sentences and its
place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, cast

from simulator.base.lifecycle import TABLES
from simulator.base.trace import (
    CallbackEnded,
    CallbackStarted,
    Called,
    Moved,
    Submitted,
    ThreadEnded,
    Trace,
)
from simulator.base.units import format_duration
from simulator.check.catalogue import KINDS, Family
from simulator.check.finding import Finding
from simulator.check.lost import Loss, in_sentences
from simulator.check.ordering import Violation
from simulator.check.together import Judgement, judge
from simulator.engine.hosts.ends import RunEnd, RunKind
from simulator.scenario.expectations import (
    Expectation,
    ExpectCallbacks,
    ExpectCodes,
    ExpectEnds,
    ExpectExplains,
    ExpectFindings,
    ExpectFinishesAt,
    ExpectFinishesWithin,
    ExpectLost,
    ExpectNo,
    ExpectOrder,
    ExpectState,
    Timed,
)
from simulator.scenario.load import LoadedScenario
from simulator.scenario.occurrences import Occurrence, Occurrences
from simulator.scenario.outside import Visible, visible
from simulator.scenario.problems import Position
from simulator.scenario.program import code_number, told
from simulator.scenario.result import Aspect, ExpectationResult, Status
from simulator.scenario.values import DEFAULT_STREAM

_SHOWN_CODES: Final = 20
_LONGEST_PHRASE: Final = 500


class NeedsTrace(Exception):  # noqa: N818 - an answer, not an error
    """The run was not traced, and this expectation is about what its trace would say."""


@dataclass(frozen=True, repr=False)
class Observed:
    """What is known of a run that has ended. `labels` are the names in the trace of each name of the
    scenario, `meant` the places of steps that say with which code they fail.
    """

    end: RunEnd
    chain: tuple[str, ...]
    trace: Trace | None
    threads: Mapping[str, str]
    labels: Mapping[str, list[str]]
    meant: AbstractSet[str] = frozenset()

    def __repr__(self) -> str:
        return f"<observed {self.end!r}>"

    @property
    def records(self) -> Trace:
        """The trace; raises `NeedsTrace` when there is none."""
        if self.trace is None:
            raise NeedsTrace
        return self.trace

    @cached_property
    def occurrences(self) -> Occurrences:
        """When everything happened."""
        return Occurrences(self.records)

    @cached_property
    def _judgement(self) -> Judgement:
        return judge(self.records, closed=self.end.kind is RunKind.DONE)

    @property
    def outside(self) -> bool:
        """Whether the run was seen from outside only."""
        return self.trace is not None and self.trace.observed

    @property
    def violations(self) -> tuple[Violation, ...]:
        """What broke a guarantee about order."""
        return self._judgement.violations

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What was launched in vain, as far as that is seen."""
        return () if self.outside else self._judgement.losses

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the checks of the trace found; what a step does on purpose is a note."""
        return tuple(
            replace(each, severity="note") if each.lines and each.lines[0] in self.meant else each
            for each in self._judgement.findings
        )

    def labels_of(self, name: str) -> list[str]:
        """Return what *name* is called in the trace; a thread is called what the scenario calls it."""
        return [name] if name in self.threads else self.labels.get(name, [])

    def places(self, name: str) -> list[str]:
        """Return the trace's names for a stream or thread; `default` stands for every default stream."""
        if name != DEFAULT_STREAM:
            return self.labels_of(name) or [name]
        made = {label for labels in self.labels.values() for label in labels}
        used = {record.stream for record in self.records.of(Submitted)}
        return sorted(used - made) or [name]


def evaluate(loaded: LoadedScenario, observed: Observed) -> tuple[list[ExpectationResult], bool]:
    """Return the result of every expectation, and whether the run was expected to end as it did."""
    results = []
    wanted: tuple[str, ...] = ()
    for index, expectation in enumerate(loaded.scenario.expect):
        at = loaded.at(("expect", index))
        results.append(_result(expectation, observed, loaded, at))
        if isinstance(expectation, ExpectEnds):
            wanted += expectation.ends
        elif isinstance(expectation, ExpectExplains):
            wanted += (RunKind.DEADLOCK.value, RunKind.STALLED.value)
    ended = observed.end.kind.value
    if observed.outside and RunKind.DEADLOCK.value in wanted:
        wanted += (RunKind.STALLED.value,)
    expected = ended in (wanted or (RunKind.DONE.value,))
    if not wanted and not expected:
        sentence = f"the run ended {ended} at {format_duration(observed.end.now)}: {observed.end.text}"
        at = Position(loaded.file)
        results.append(ExpectationResult("ends", Aspect.END, Status.FAILED, (sentence, "expected: done"), at))
    return results, expected


def _result(
    expectation: Expectation, observed: Observed, loaded: LoadedScenario, at: Position
) -> ExpectationResult:
    tag = type(expectation).tag
    check, aspect = _CHECKS[type(expectation)]
    part, remark = visible(expectation, loaded.scenario) if observed.outside else Visible(expectation)
    if part is None:
        return ExpectationResult(tag, aspect, Status.UNCHECKED, (remark,), at)
    try:
        wrong, seen = check(part, observed)
    except NeedsTrace:
        return ExpectationResult(tag, aspect, Status.UNCHECKED, ("the run was not traced",), at)
    status = Status.FAILED if wrong else Status.HELD
    if isinstance(part, Timed) and (observed.outside or part.timing == "report"):
        status = Status.REPORTED
    sentences = tuple(wrong) or (f"{seen} ({remark})" if remark else seen,)
    return ExpectationResult(tag, aspect, status, sentences, at)


# Each check returns what is wrong (empty when it holds) and one sentence that says what was seen.
_Answer = tuple[list[str], str]


def _callbacks(expectation: Expectation, observed: Observed) -> _Answer:
    wanted = cast("ExpectCallbacks", expectation).callbacks
    places = observed.places(wanted.stream) if wanted.stream is not None else None
    runs = [
        record
        for record in observed.records.of(CallbackStarted)
        if record.name == wanted.fn and (places is None or record.stream in places)
    ]
    wrong = []
    if wanted.count is not None and len(runs) != wanted.count:
        wrong.append(f"{wanted.fn} ran {len(runs)} times, expected {wanted.count}")
        wrong += in_sentences(loss for loss in observed.losses if loss.is_callback and loss.name == wanted.fn)
    elsewhere = sorted({record.thread for record in runs} - {wanted.thread or ""}) if wanted.thread else []
    if elsewhere:
        wrong.append(f"{wanted.fn} ran on {', '.join(elsewhere)}, expected only {wanted.thread}")
    threads = ", ".join(sorted({record.thread for record in runs})) or "no thread"
    return wrong, f"{wanted.fn} ran {len(runs)} times on {threads}"


def _order(expectation: Expectation, observed: Observed) -> _Answer:
    names = cast("ExpectOrder", expectation).order
    found = [_named(name, observed) for name in names]
    wrong = [f"{name} never happened" for name, times in zip(names, found, strict=True) if not times]
    for index in range(len(names) - 1):
        earlier, later = found[index], found[index + 1]
        if earlier and later:
            wrong += _out_of_order(names[index], earlier, names[index + 1], later)
    return wrong, f"{' → '.join(names)} held {max(map(len, found))} times"


def _named(item: str, observed: Observed) -> list[Occurrence]:
    name, _, where = item.partition("@")
    return observed.occurrences.of(name, observed.places(where) if where else ())


def _out_of_order(first: str, earlier: list[Occurrence], second: str, later: list[Occurrence]) -> list[str]:
    rounds, fewer = max(len(earlier), len(later)), min(len(earlier), len(later))
    if rounds % fewer:
        counts = f"{first} happened {len(earlier)} times and {second} {len(later)} times"
        return [f"{counts}: their repetitions cannot be paired (narrow them down with 'name@stream')"]
    # A name that occurs m times as often as the other does so m times in each repetition of the other.
    for number in range(rounds):
        one, other = earlier[number * len(earlier) // rounds], later[number * len(later) // rounds]
        if not one.precedes(other):
            which = f" (repetition {number * fewer // rounds + 1} of {fewer})" if fewer > 1 else ""
            return [f"{first} ({one}) was not over when {second} ({other}) began{which}"]
    return []


def _codes(expectation: Expectation, observed: Observed) -> _Answer:
    wanted = cast("ExpectCodes", expectation).codes
    expected = [code_number(code) for code in wanted.codes]
    seen = [
        record.code
        for record in observed.records.of(Called)
        if record.op == wanted.op and wanted.thread in (None, record.thread)
    ]
    if seen == expected:
        return [], f"{wanted.op} returned {', '.join(map(str, seen))}"
    at = next((n for n, (a, b) in enumerate(zip(seen, expected, strict=False)) if a != b), None)
    shown = ", ".join(map(str, seen[:_SHOWN_CODES])) + (" …" if len(seen) > _SHOWN_CODES else "")
    listed = ", ".join(map(str, expected))
    wrong = [f"{wanted.op} returned {shown or 'nothing: it was not called'}, expected {listed}"]
    if at is not None:
        wrong.append(f"call {at + 1} returned {told(seen[at])}, expected {told(expected[at])}")
    return wrong, ""


def _state(expectation: Expectation, observed: Observed) -> _Answer:
    wanted = cast("ExpectState", expectation).state
    kind, name = wanted.subject
    if kind == "thread":
        seen: str | None = observed.threads[name]
    else:
        labels = observed.labels_of(name)
        moves = {record.name: record.after for record in observed.records.of(Moved) if record.kind == kind}
        seen = moves.get(labels[-1], next(iter(TABLES[kind]))) if labels else None
    sentence = f"{kind} {name} is {seen}" if seen is not None else f"{kind} {name} was never made"
    return ([] if seen == wanted.state else [f"{sentence}, expected {wanted.state}"]), sentence


def _within(expectation: Expectation, observed: Observed) -> _Answer:
    limit = cast("ExpectFinishesWithin", expectation).finishes_within
    seen = f"the run took {format_duration(observed.end.now)}"
    return ([f"{seen}, allowed are {format_duration(limit)}"] if observed.end.now > limit else []), seen


def _exactly(expectation: Expectation, observed: Observed) -> _Answer:
    wanted = cast("ExpectFinishesAt", expectation).finishes_at
    seen = f"the run took {format_duration(observed.end.now)}"
    return ([f"{seen}, expected {format_duration(wanted)}"] if observed.end.now != wanted else []), seen


def _lost(expectation: Expectation, observed: Observed) -> _Answer:
    wanted = cast("ExpectLost", expectation).lost
    losses = [loss for loss in observed.losses if loss.is_callback and wanted.fn in (None, loss.name)]
    seen = f"{len(losses)} callbacks never ran"
    if len(losses) == wanted.count:
        return [], seen
    return [f"{seen}, expected {wanted.count}", *in_sentences(losses)], seen


def _findings(expectation: Expectation, observed: Observed) -> _Answer:
    wanted = cast("ExpectFindings", expectation).findings
    seen = sorted({found.id for found in observed.findings})
    text = f"findings: {', '.join(seen) or 'none'}"
    return [f"no finding {name}; {text}" for name in wanted if name not in seen], text


def _ends(expectation: Expectation, observed: Observed) -> _Answer:
    wanted = cast("ExpectEnds", expectation)
    ended = observed.end.kind.value
    seen = f"the run ended {ended}: {observed.end.text}"
    wrong = [] if ended in wanted.ends else [f"{seen}, expected {' or '.join(wanted.ends)}"]
    return wrong + _unexplained(wanted.explains or (), observed), seen


def _explains(expectation: Expectation, observed: Observed) -> _Answer:
    wanted = cast("ExpectExplains", expectation).explains
    return _unexplained(wanted, observed), f"the explanation says {', '.join(map(repr, wanted))}"


def _unexplained(phrases: tuple[str, ...], observed: Observed) -> list[str]:
    sentences = [*observed.chain, observed.end.text]
    missing = [phrase for phrase in phrases if not any(_matches(phrase, sentence) for sentence in sentences)]
    if not missing:
        return []
    said = [f"it says: {sentence}" for sentence in sentences]
    return [*(f"the explanation does not say {phrase!r}" for phrase in missing), *said]


def _matches(phrase: str, sentence: str) -> bool:
    if phrase in sentence:
        return True
    try:
        return len(phrase) <= _LONGEST_PHRASE and re.search(phrase, sentence) is not None
    except re.error:
        return False


def _no(expectation: Expectation, observed: Observed) -> _Answer:
    wanted = cast("ExpectNo", expectation).no
    return [text for trouble in wanted for text in _TROUBLES[trouble](observed)], f"no {', '.join(wanted)}"


def _ended(kind: RunKind) -> Callable[[Observed], list[str]]:
    return lambda observed: (
        [f"the run ended {kind.value}: {observed.end.text}"] if observed.end.kind is kind else []
    )


def _found(*families: Family) -> Callable[[Observed], list[str]]:
    """Return what tells findings of those families; notes are no trouble."""

    def tell(observed: Observed) -> list[str]:
        serious = [found for found in observed.findings if found.severity != "note"]
        told = (f"{each.id}: {each.sentence}" for each in serious if KINDS[each.id].family in families)
        return list(dict.fromkeys(told))

    return tell


def _lost_callbacks(observed: Observed) -> list[str]:
    return list(in_sentences(loss for loss in observed.losses if loss.is_callback))


def _raised(observed: Observed) -> list[str]:
    seen = [f"callback {r.name} raised {r.error}" for r in observed.records.of(CallbackEnded) if r.error]
    seen += [f"thread {r.thread} ended by {r.error}" for r in observed.records.of(ThreadEnded) if r.error]
    return list(dict.fromkeys(seen))


_TROUBLES: Final[Mapping[str, Callable[[Observed], list[str]]]] = {
    "deadlock": _ended(RunKind.DEADLOCK),
    "stall": _ended(RunKind.STALLED),
    "inconclusive": _ended(RunKind.INCONCLUSIVE),
    "lost": _lost_callbacks,
    "finding": _found(*Family),
    "misuse": _found(Family.MISUSE, Family.MEMORY),
    "race": _found(Family.RACE),
    "leak": _found(Family.LEAK),
    "raised": _raised,
}
_CHECKS: Final[Mapping[type[Expectation], tuple[Callable[[Expectation, Observed], _Answer], Aspect]]] = {
    ExpectCallbacks: (_callbacks, Aspect.ORDER),
    ExpectOrder: (_order, Aspect.ORDER),
    ExpectCodes: (_codes, Aspect.STEP),
    ExpectState: (_state, Aspect.END),
    ExpectFinishesWithin: (_within, Aspect.TIME),
    ExpectFinishesAt: (_exactly, Aspect.TIME),
    ExpectLost: (_lost, Aspect.ORDER),
    ExpectFindings: (_findings, Aspect.ORDER),
    ExpectEnds: (_ends, Aspect.END),
    ExpectExplains: (_explains, Aspect.END),
    ExpectNo: (_no, Aspect.END),
}
