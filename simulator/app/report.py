"""What people read about a run: the result on stdout, what is remarkable on stderr."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from simulator.app.exits import ExitCode
from simulator.app.findings import counted, lines_by_severity
from simulator.app.runner import Finished
from simulator.app.terminal import columns, err, out, tinted
from simulator.base.trace import CallbackStarted, Called, TaskRan, ThreadStarted, Trace
from simulator.base.units import format_duration
from simulator.check.lost import in_sentences
from simulator.check.ordering import GUARANTEES
from simulator.engine.hosts.ends import RunKind
from simulator.export.summary import summarise, summary_lines
from simulator.scenario.problems import Position
from simulator.scenario.result import ExpectationResult, ScenarioResult, Status

_STATUS_WIDTH: Final = max(len(status.value) for status in Status)
_MOST_SHOWN: Final = 20


def show_result(done: Finished, *, summary: bool) -> None:
    """Write the table of one run to stdout."""
    result = done.result
    out(f"{tinted(done.word)}  {result.title}")
    for line in columns(list(_facts(result))):
        out(line)
    rows = [_row(expectation) for expectation in result.expectations]
    rows.append(_ordering_row(result))
    for expectation_row, line in zip(rows, columns([row[1:] for row in rows], indent=""), strict=True):
        out(f"  {tinted(expectation_row[0], _STATUS_WIDTH)}  {line}")
    if (summary or result.images_per_run is not None) and result.trace is not None and not result.library:
        out()
        images = result.images_per_run
        summed = summarise(result.trace, images_per_unit=images)
        for line in summary_lines(summed):
            out(f"  {line}".rstrip())


def show_result_line(done: Finished) -> None:
    """Write one line about a run to stdout: one of many, and nothing is wrong with it."""
    result = done.result
    out(f"{tinted(done.word)}  {result.file}: {result.title} ({_time(result)})")


def _facts(result: ScenarioResult) -> Iterable[tuple[str, str]]:
    if result.library is not None:
        yield "file", f"{result.file} on {result.soc}, {_devices(result)}"
        yield "library", result.library
    else:
        yield "file", f"{result.file} on {result.soc}, {_devices(result)}, {_order(result)}"
    if result.trace is not None:
        yield "ran", _what_ran(result.trace)
    yield "ended", f"{result.end.value} after {_time(result)}"
    if result.trace_hash is not None:
        yield "trace", result.trace_hash


def _order(result: ScenarioResult) -> str:
    order = "friendly order" if result.seed is None else f"seed {result.seed}"
    if result.seed is None and (away := sum(choice.value != 0 for choice in result.choices)):
        order = f"{away} deviation{'s' if away > 1 else ''} from the friendly order"
    return order


def _devices(result: ScenarioResult) -> str:
    return f"{result.devices} device{'' if result.devices == 1 else 's'}"


def _what_ran(trace: Trace) -> str:
    kinds = Counter(type(record) for record in trace)
    counted = {"thread": ThreadStarted, "call": Called, "task": TaskRan, "callback": CallbackStarted}
    if trace.observed:  # what the device does is not seen
        del counted["task"]
    return ", ".join(
        f"{kinds[kind]:,} {noun}{'' if kinds[kind] == 1 else 's'}" for noun, kind in counted.items()
    )


def _time(result: ScenarioResult) -> str:
    return f"{format_duration(result.simulated_ns)} {'simulated' if result.library is None else 'real'}"


def _row(expectation: ExpectationResult) -> tuple[str, str, str, str]:
    first = expectation.sentences[0] if expectation.sentences else ""
    return expectation.status.value, expectation.name, place(expectation.position), first


def _ordering_row(result: ScenarioResult) -> tuple[str, str, str, str]:
    names = list(GUARANTEES)
    checked = f"{names[0]}-{names[-1]}"
    if result.trace is None:
        return "unchecked", "ordering", checked, "the run was not traced"
    if not result.violations and result.library is not None:
        text = f"nothing that cannot be right in {len(result.trace):,} records, seen from outside"
        return "held", "ordering", checked, text
    if not result.violations:
        return (
            "held",
            "ordering",
            checked,
            f"{len(names)} guarantees over {len(result.trace):,} trace records",
        )
    broken = ", ".join(sorted({violation.guarantee for violation in result.violations}))
    return "failed", "ordering", checked, f"broken: {broken}"


def place(position: Position) -> str:
    """Return "file:line", which terminals and editors make a link of."""
    return f"{position.file}:{position.line}" if position.line else position.file


def show_remarks(done: Finished, *, notes: bool = False) -> None:
    """Write to stderr why the run could not go on, what failed, what was lost, and what was found."""
    result = done.result
    if result.end is not RunKind.DONE:
        expected = " (expected)" if result.end_expected else ""
        err(f"{result.end.value}{expected} at {format_duration(result.simulated_ns)}: {result.end_text}")
        for number, sentence in enumerate(result.chain, start=1):
            err(f"  {number}. {sentence}")
    for expectation in _told_apart(result):
        err(f"failed: {place(expectation.position)}: {expectation.name}: {'; '.join(expectation.sentences)}")
    _some("failed", [str(violation) for violation in result.violations])
    _some("lost", in_sentences(result.losses))
    for severity, lines in lines_by_severity(result.findings, notes=notes):
        _some(severity, lines)
    for note in done.notes:
        err(f"note: {note}")


def _told_apart(result: ScenarioResult) -> list[ExpectationResult]:
    """The failed expectations without the one that only says how the run ended: the chain told that."""
    return [failure for failure in result.failures if failure.position.line or result.end is RunKind.DONE]


def _some(word: str, lines: Sequence[str]) -> None:
    for line in lines[:_MOST_SHOWN]:
        err(f"{word}: {line}")
    if len(lines) > _MOST_SHOWN:
        err(f"{word}: … and {len(lines) - _MOST_SHOWN:,} more")


def closing_text(finished: Sequence[Finished], code: ExitCode, *, notes: bool = False) -> tuple[str, str]:
    """Return the word and the text of the last line; a failure ends with the command that repeats it."""
    if len(finished) == 1:
        done = finished[0]
        word = done.word
        found = counted(done.result.findings, notes=notes)
        text = ", ".join([Path(done.result.file).name, _time(done.result), *found])
        return word, text if code is ExitCode.PASSED else f"{text}{_why(done)}; replay: {done.replay}"
    wrong = [done for done in finished if done.exit_code is not ExitCode.PASSED]
    if not wrong:
        return "passed", f"{len(finished)} scenarios"
    worst = next(done for done in wrong if done.exit_code is code)
    names = ", ".join(f"{Path(done.result.file).name} {done.word}" for done in wrong)
    text = f"{len(wrong)} of {len(finished)} scenarios are not as expected ({names}); replay: {worst.replay}"
    return worst.word, text


def _why(done: Finished) -> str:
    failures = len(_told_apart(done.result)) + len(done.result.violations)
    return f", {failures} not as expected" if failures else ""
