"""A stored trace, judged as if the run had just ended: what `aclsim check` says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from simulator.app.exits import ExitCode
from simulator.app.findings import counted, finding_json, lines_by_severity, loss_json
from simulator.app.terminal import columns, err, out, tinted
from simulator.base.units import format_duration
from simulator.check.finding import Finding, has_severity
from simulator.check.history import check_history
from simulator.check.lost import Loss, find_lost, in_sentences
from simulator.check.ordering import GUARANTEES, Violation, check_ordering
from simulator.check.suite import check_trace
from simulator.export.tracefile import StoredTrace, read_trace

if TYPE_CHECKING:
    from collections.abc import Sequence

# How a stored run ended, other than by itself.
_STUCK: Final = {
    "deadlock": ExitCode.DEADLOCK,
    "stalled": ExitCode.DEADLOCK,
    "inconclusive": ExitCode.INCONCLUSIVE,
}
_MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Checked:
    """One stored trace and what was found in it; `strict`: errors and warnings make it fail."""

    file: str
    stored: StoredTrace
    violations: tuple[Violation, ...]
    findings: tuple[Finding, ...]
    losses: tuple[Loss, ...]
    strict: bool

    @property
    def exit_code(self) -> ExitCode:
        """A broken guarantee is no fault of the program's, and outweighs how its run ended."""
        stuck = _STUCK.get(self.stored.ending.kind, ExitCode.PASSED)
        if self.violations:
            return ExitCode.FAILED
        if stuck is not ExitCode.PASSED:
            return stuck
        too_loose = self.strict and has_severity(self.findings, "error", "warning")
        return ExitCode.FAILED if too_loose else ExitCode.PASSED

    @property
    def word(self) -> str:
        """The result in a word."""
        code = self.exit_code
        if code is ExitCode.PASSED:
            return "passed"
        return "failed" if code is ExitCode.FAILED else self.stored.ending.kind


def check_file(name: str, *, strict: bool) -> Checked:
    """Return what is found in the trace that the file *name* keeps. Raises `UserError` for a file that is none."""
    stored = read_trace(name)
    trace, whole = stored.trace, stored.ending.whole
    if trace.observed:
        return Checked(name, stored, check_history(trace), (), (), strict)
    return Checked(
        name,
        stored,
        check_ordering(trace, closed=whole),
        check_trace(trace, closed=stored.is_closed),
        find_lost(trace) if whole else (),
        strict,
    )


def show(checked: Checked, *, quiet: bool, verbose: bool) -> None:
    """Write the result to stdout, and what is remarkable to stderr; notes only when asked for."""
    ending = checked.stored.ending
    if not quiet:
        out(f"{tinted(checked.word)}  {checked.file}")
        for line in columns(list(_facts(checked))):
            out(line)
    if not checked.stored.is_closed:
        err(f"{ending.kind} at {format_duration(ending.now)}: {ending.text}")
        for number, sentence in enumerate(ending.chain, start=1):
            err(f"  {number}. {sentence}")
    _some("failed", [str(violation) for violation in checked.violations])
    for severity, lines in lines_by_severity(checked.findings, notes=verbose):
        _some(severity, lines)
    if not quiet:
        _some("lost", in_sentences(checked.losses))


def _facts(checked: Checked) -> list[tuple[str, str]]:
    ending, about, trace = checked.stored.ending, checked.stored.about, checked.stored.trace
    of = about.get("scenario") or " ".join(str(word) for word in _words(about.get("program")))
    if trace.observed:
        wrong = len(checked.violations)
        seen = f"{wrong} cannot be right" if wrong else "nothing that cannot be right"
        return [
            ("run", f"{of or 'unknown'} on {about.get('library', 'an unknown library')}"),
            ("seen", f"{len(trace):,} records over {format_duration(ending.now)}, from outside: {seen}"),
        ]
    held = len(GUARANTEES) - len({violation.guarantee for violation in checked.violations})
    return [
        ("run", f"{of or 'unknown'} on {about.get('soc', 'an unknown SoC')}"),
        ("ended", f"{ending.kind} after {format_duration(ending.now)} simulated"),
        ("ordering", f"{held} of {len(GUARANTEES)} guarantees hold over {len(trace):,} records"),
        ("findings", ", ".join(counted(checked.findings, notes=True)) or "none"),
    ]


def _words(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _some(word: str, lines: Sequence[str]) -> None:
    for line in lines[:_MOST_SHOWN]:
        err(f"{word}: {line}")
    if len(lines) > _MOST_SHOWN:
        err(f"{word}: … and {len(lines) - _MOST_SHOWN:,} more")


def closing_text(checked: Sequence[Checked]) -> str:
    """Return what the last line says of all files together."""
    if len(checked) == 1:
        return ", ".join([checked[0].file, *counted(checked[0].findings, notes=False)])
    wrong = [each.file for each in checked if each.exit_code is not ExitCode.PASSED]
    return f"{len(checked)} traces" + (f", not as they should be: {', '.join(wrong)}" if wrong else "")


def checked_json(checked: Checked) -> dict[str, object]:
    """Return all of it as JSON-ready values; keys of times end in `_ns`."""
    ending = checked.stored.ending
    return {
        "file": checked.file,
        "result": checked.word,
        "exit_code": int(checked.exit_code),
        "about": dict(checked.stored.about),
        "end": {
            "kind": ending.kind,
            "text": ending.text,
            "simulated_ns": ending.now,
            "chain": list(ending.chain),
        },
        "records": len(checked.stored.trace),
        "trace_hash": checked.stored.trace.digest(),
        "violations": [str(violation) for violation in checked.violations],
        "findings": [finding_json(each) for each in checked.findings],
        "lost": [loss_json(loss) for loss in checked.losses],
    }
