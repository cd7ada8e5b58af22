"""What people and machines read about an exploration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from simulator.app.exits import ExitCode
from simulator.app.exploring.subjects import Explored
from simulator.app.findings import finding_json, lines_by_severity
from simulator.app.terminal import columns, err, out, tinted
from simulator.check.finding import Finding
from simulator.check.suite import check_trace
from simulator.explore.history import TIMER
from simulator.explore.report import Counterexample
from simulator.explore.tokens import LONGEST_LINE, Token
from simulator.explore.verdict import Exploration, Verdict

Json = dict[str, object]
_STUCK: Final = ("deadlock", "stalled")
_MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, repr=False)
class Explained:
    """An exploration that is over, with its counterexample if it found one.

    `idle_faults` are declared faults that had no occasion in the friendly order.
    """

    explored: Explored
    exploration: Exploration
    counterexample: Counterexample | None
    token: Token | None
    idle_faults: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<exploration of {self.explored.name}: {self.verdict}>"

    @property
    def verdict(self) -> str:
        """The verdict: holds, counterexample or inconclusive."""
        return self.exploration.verdict.value

    @property
    def exit_code(self) -> ExitCode:
        """The exit code it asks for: a counterexample that cannot go on is told apart."""
        if self.counterexample is not None:
            stuck = self.counterexample.failure.kind in _STUCK
            return ExitCode.DEADLOCK if stuck else ExitCode.FAILED
        holds = self.exploration.verdict is Verdict.HOLDS
        return ExitCode.PASSED if holds else ExitCode.INCONCLUSIVE

    @property
    def replay(self) -> str | None:
        """The command that runs the counterexample again; a very long token is told as a file."""
        if self.token is None:
            return None
        word = str(self.token)
        return f"aclsim replay {word if len(word) <= LONGEST_LINE else 'FILE  (write it with --token FILE)'}"


def _came_about(found: Counterexample) -> Iterator[str]:
    yield from found.lines()
    if any(deviation.taken.startswith(TIMER) for deviation in found.deviations):
        yield "a timeout came early here: --timeouts 0 leaves such orders out, where they are certainly long enough"


def show(done: Explained, *, table: bool) -> None:
    """Write the result to stdout if *table*, and to stderr what is wrong and in which order it comes about."""
    if table:
        out(f"{tinted(done.verdict)}  {_title(done.explored)}")
        for line in columns(list(_facts(done))):
            out(line)
    for fault in done.idle_faults:
        err(f"note: declared fault {fault} had no occasion in the friendly order (is a name wrong?)")
    if done.counterexample is not None:
        _show_counterexample(done, done.counterexample)


def _show_counterexample(done: Explained, found: Counterexample) -> None:
    first, *more = found.failure.sentences or ("",)
    err(f"{tinted(found.failure.kind)}: {first}")
    for number, sentence in enumerate(more[:_MOST_SHOWN], start=1):
        err(f"  {number}. {sentence}")
    if len(more) > _MOST_SHOWN:
        err(f"  … and {len(more) - _MOST_SHOWN:,} more")
    for line in _came_about(found):
        err(line)
    for severity, lines in lines_by_severity(findings_beside(found), notes=False):
        for line in lines[:_MOST_SHOWN]:
            err(f"{tinted(severity)}: {line}")
    if done.token is not None and len(str(done.token)) <= LONGEST_LINE:
        err(f"token: {done.token}")


def findings_beside(found: Counterexample) -> tuple[Finding, ...]:
    """Return what else is wrong with the run: often the cause of a failure that is told as it was met.

    A failure that is a finding itself has told them. What a run that was cut short had not released is no leak.
    """
    if found.failure.kind == "finding" or found.seen.trace is None:
        return ()
    return check_trace(found.seen.trace, closed=False)


def _title(explored: Explored) -> str:
    return " ".join([explored.name or "the built-in example", *explored.arguments])


def _facts(done: Explained) -> Iterator[tuple[str, str]]:
    result, settings = done.exploration, done.explored.settings
    orders = f"{result.schedules:,} schedule{'' if result.schedules == 1 else 's'}"
    traces = f"{result.distinct_traces:,} distinct trace{'' if result.distinct_traces == 1 else 's'}"
    found_by = f", found by {result.found_by}" if result.found_by not in {"", result.strategy} else ""
    yield "explored", f"{orders}, {traces}, {result.rate:,.0f} per second; {result.strategy}{found_by}"
    more = f"{_more('faults', settings.faults)}{_more('options', settings.unknowns)}"
    yield "bounds", f"{result.bounds}; {settings.timing} timing{more}"
    yield "covered", str(result.coverage)
    yield "means", result.proof


def _more(what: str, texts: tuple[str, ...]) -> str:
    return f", {what} {', '.join(texts)}" if texts else ""


def closing_text(done: Explained) -> str:
    """Return the text of the last line; a counterexample ends with the command that replays it."""
    result = done.exploration
    title = _title(done.explored)
    if done.counterexample is None:
        return f"{title}, {result.schedules:,} schedules: {result.proof}"
    found = done.counterexample
    return f"{title}, {found.failure.kind}, {found.distance}; replay: {done.replay}"


def exploration_json(done: Explained) -> Json:
    """Return all that is known of an exploration as JSON-ready values."""
    result, explored = done.exploration, done.explored
    return {
        "report": 1,
        "explored": explored.name,
        "arguments": list(explored.arguments),
        "verdict": done.verdict,
        "exit_code": int(done.exit_code),
        "proof": result.proof,
        "strategy": result.strategy,
        "bounds": {
            "deviations": result.bounds.deviations,
            "schedules": result.bounds.schedules,
            "seconds": result.bounds.seconds,
            "timeouts": result.bounds.timeouts,
        },
        "settings": {name: _plain(value) for name, value in explored.settings.of_token()},
        "timing": explored.settings.timing,
        "idle_faults": list(done.idle_faults),
        "schedules": result.schedules,
        "distinct_traces": result.distinct_traces,
        "coverage": _coverage(result),
        "rate": round(result.rate, 1),
        "seconds": round(result.seconds, 3),
        "counterexample": None if done.counterexample is None else _counterexample(done.counterexample),
        "token": None if done.token is None else str(done.token),
        "replay": done.replay,
    }


def _coverage(result: Exploration) -> Json:
    tried, options = result.coverage.values
    return {"points": result.coverage.points, "options_tried": tried, "options": options}


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _counterexample(found: Counterexample) -> Json:
    critical, difference = found.critical, found.difference
    return {
        "kind": found.failure.kind,
        "signature": list(found.failure.signature),
        "sentences": list(found.failure.sentences),
        "findings": [finding_json(each) for each in findings_beside(found)],
        "deviations": [
            {
                **overtake.deviation._asdict(),
                "time_ns": overtake.time,
                "sentence": overtake.sentence,
                "reason": overtake.reason,
            }
            for overtake in found.overtakes
        ],
        "mends": list(found.mends),
        "minimal": found.minimal,
        "attempts": found.attempts,
        "choices": [choice.value for choice in found.seen.choices],
        "critical": None
        if critical is None
        else {
            "step": critical.step,
            "steps": critical.steps,
            "time_ns": critical.time,
            "tried": critical.tried,
            "sentence": str(critical),
        },
        "not_repeatable": None if difference is None else str(difference),
    }
