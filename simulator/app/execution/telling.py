"""What is said of a run: on stderr, since stdout is the program's, and in files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TextIO

import click

from simulator import __version__
from simulator.app.choices import about_replay, choices_text
from simulator.app.execution.outcome import Outcome, judge
from simulator.app.execution.world import World
from simulator.app.exits import ExitCode
from simulator.app.files import marked, save_trace, write_whole
from simulator.app.findings import counted, finding_json, lines_by_severity, loss_json
from simulator.app.terminal import tinted, wants_colour
from simulator.base.errors import UserError
from simulator.base.units import format_duration
from simulator.check.lost import in_sentences
from simulator.export.tracefile import Ending

if TYPE_CHECKING:
    from simulator.app.execution.running import Running

_MOST_SHOWN: Final = 20


class Voice:
    """Writes to the stderr that the process was started with, whatever the program has put in its place."""

    def __init__(self) -> None:
        encoding = sys.stderr.encoding or "utf-8"
        self._stream: TextIO = os.fdopen(os.dup(2), "w", encoding=encoding, errors="backslashreplace")

    def say(self, line: str = "") -> None:
        """Write one line; nobody listening is no reason to fail."""
        with suppress(OSError):
            click.echo(line, file=self._stream, color=wants_colour())

    def closing(self, word: str, text: str) -> None:
        """Write the last line."""
        self.say(f"aclsim: {tinted(word)}: {text}")


class Told:
    """Tells people how a run has ended, with what *notes* returns then."""

    def __init__(self, notes: Callable[[], list[str]] = list) -> None:
        # Now: the program may close its stderr.
        self._voice = Voice()
        self._notes = notes

    def end(self, running: Running) -> int:
        """Write the files that were asked for and what people should know; return the exit code."""
        outcome = judge(running.world, running.target, running.code)
        return _tell(outcome, running.world, self._voice, self._notes())

    def bug(self, error: BaseException, running: Running) -> int:
        """Say that *error* is a mistake of ours."""
        from simulator.app.cli import report_bug

        return report_bug(error, running.world.options.command(running.target.words))


def _tell(outcome: Outcome, world: World, voice: Voice, more: list[str]) -> int:
    code: int = outcome.exit_code
    notes = [
        *more,
        *world.session.fault_report(),
        *world.session.cost_report(),
        *about_replay(world.chooser, outcome.trace_hash, world.recorded_hash),
    ]
    for write in (_write_trace, _save_trace, _write_choices, _write_json):
        try:
            notes += write(outcome)
        except UserError as error:
            voice.say(f"{tinted('error')}: {error}")
            code = code or ExitCode.USAGE
    if outcome.is_stuck:  # why comes first, and what else there is behind it
        _tell_end(outcome, voice)
    if not outcome.options.quiet:
        _tell_findings(outcome, voice)
        for note in notes:
            voice.say(f"note: {note}")
        if outcome.options.summary:
            _tell_summary(outcome, voice)
    if not outcome.is_stuck:
        _tell_end(outcome, voice)
    if outcome.is_stuck or outcome.violations or not outcome.options.quiet:
        voice.closing(outcome.word, _closing_text(outcome))
    return code


def _tell_findings(outcome: Outcome, voice: Voice) -> None:
    _some(voice, "lost", in_sentences(outcome.losses))
    for severity, lines in lines_by_severity(outcome.findings, notes=outcome.options.verbose):
        _some(voice, severity, lines)


def _tell_end(outcome: Outcome, voice: Voice) -> None:
    for violation in outcome.violations:
        voice.say(f"failed: {violation}")
    if outcome.left and not outcome.options.quiet:
        _some(voice, "note", outcome.left)
    if outcome.remarks and not (outcome.options.quiet or outcome.is_stuck):  # the chain has them too
        _some(voice, "inconclusive", outcome.remarks)
    if outcome.is_stuck and outcome.end is not None:
        kind, when = outcome.end.kind.value, format_duration(outcome.simulated_ns)
        voice.say(f"{tinted(kind)} at {when}: {outcome.end.text}")
        for number, sentence in enumerate(outcome.chain, start=1):
            voice.say(f"  {number}. {sentence}")


def _tell_summary(outcome: Outcome, voice: Voice) -> None:
    from simulator.export.summary import summarise, summary_lines

    for line in summary_lines(summarise(outcome.trace)):
        voice.say(f"  {line}".rstrip())


def _some(voice: Voice, word: str, lines: Sequence[str]) -> None:
    for line in lines[:_MOST_SHOWN]:
        voice.say(f"{tinted(word)}: {line}")
    if len(lines) > _MOST_SHOWN:
        voice.say(f"{tinted(word)}: … and {len(lines) - _MOST_SHOWN:,} more")


def _closing_text(outcome: Outcome) -> str:
    parts = [str(outcome.target)]
    if outcome.program_code:
        parts[0] += f" ended with code {outcome.program_code}"
    parts.append(f"{format_duration(outcome.simulated_ns)} simulated")
    parts += counted(outcome.findings, notes=outcome.options.verbose)
    if outcome.losses:
        parts.append(f"{len(outcome.losses):,} lost")
    text = ", ".join(parts)
    if outcome.violations:
        text += f". This is a bug of aclsim {__version__}, not of your program"
    return text if outcome.exit_code == ExitCode.PASSED else f"{text}; replay: {outcome.replay}"


def _write_trace(outcome: Outcome) -> list[str]:
    file = outcome.options.trace
    if file is None:
        return []
    from acl_api.table import by_op
    from simulator.export.chrome import write_chrome

    names = {op: row.c_name for op, row in by_op().items()}
    count = write_chrome(file, outcome.trace, profile_name=outcome.soc, names=names)
    return [f"{count:,} events written to {file}; open it at https://ui.perfetto.dev"]


def _save_trace(outcome: Outcome) -> list[str]:
    file, end = outcome.options.save_trace, outcome.end
    if file is None:
        return []
    kind, text = ("done", "the program has ended") if end is None else (end.kind.value, end.text)
    ending = Ending(kind, outcome.simulated_ns, text, outcome.chain, whole=end is None)
    about = {"program": outcome.target.words, "soc": outcome.soc, "devices": outcome.devices}
    return save_trace(file, outcome.trace, ending, {**about, "seed": outcome.options.seed})


def _write_choices(outcome: Outcome) -> list[str]:
    file = outcome.options.choices
    if file is None:
        return []
    about: dict[str, object] = {
        "program": outcome.target.words,
        "soc": outcome.soc,
        "devices": outcome.devices,
        "seed": outcome.options.seed,
        "trace_hash": outcome.trace_hash,
    }
    write_whole("--choices", file, choices_text(about, outcome.choices))
    return [f"{len(outcome.choices):,} choices written to {file}; replay with --replay"]


def _write_json(outcome: Outcome) -> list[str]:
    if outcome.options.json is not None:
        write_whole("--json", outcome.options.json, marked(outcome_json(outcome)))
    return []


def outcome_json(outcome: Outcome) -> dict[str, object]:
    """Return all that is known of the run as JSON-ready values; keys of times end in `_ns`."""
    end = outcome.end
    return {
        "report": 1,
        "program": outcome.target.words,
        "result": outcome.word,
        "exit_code": outcome.exit_code,
        "program_code": outcome.program_code,
        "host": outcome.options.host,
        "soc": outcome.soc,
        "devices": outcome.devices,
        "seed": outcome.options.seed,
        "simulated_ns": outcome.simulated_ns,
        "end": None if end is None else {"kind": end.kind.value, "text": end.text},
        "chain": list(outcome.chain),
        "remarks": list(outcome.remarks),
        "left": list(outcome.left),
        "findings": [finding_json(found) for found in outcome.findings],
        "lost": [loss_json(loss) for loss in outcome.losses],
        "violations": [str(violation) for violation in outcome.violations],
        "choices": len(outcome.choices),
        "trace_records": len(outcome.trace),
        "trace_hash": outcome.trace_hash,
        "replay": outcome.replay,
    }
