"""What is said of a run: on stderr, since stdout is the program's, and in files."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, TextIO

import click

from simulator import __version__
from simulator.app.choices import about_replay, choices_text
from simulator.app.execution.outcome import Outcome
from simulator.app.execution.world import World
from simulator.app.exits import ExitCode
from simulator.app.files import marked, write_whole
from simulator.app.findings import finding_lines, loss_json
from simulator.app.terminal import tinted, wants_colour
from simulator.base.errors import UserError
from simulator.base.units import format_duration
from simulator.check.lost import in_sentences

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


def tell(outcome: Outcome, world: World, voice: Voice) -> int:
    """Write the files that were asked for and what people should know; return the exit code."""
    code: int = outcome.exit_code
    notes = [
        *world.session.cost_report(),
        *about_replay(world.chooser, outcome.trace_hash, world.recorded_hash),
    ]
    for write in (_write_trace, _write_choices, _write_json):
        try:
            notes += write(outcome)
        except UserError as error:
            voice.say(f"{tinted('error')}: {error}")
            code = code or ExitCode.USAGE
    if not outcome.options.quiet:
        _tell_findings(outcome, voice)
        for note in notes:
            voice.say(f"note: {note}")
        if outcome.options.summary:
            _tell_summary(outcome, voice)
    _tell_end(outcome, voice)
    if outcome.is_stuck or outcome.violations or not outcome.options.quiet:
        voice.closing(outcome.word, _closing_text(outcome))
    return code


def _tell_findings(outcome: Outcome, voice: Voice) -> None:
    _some(voice, "lost", in_sentences(outcome.losses))
    _some(voice, "finding", finding_lines(outcome.findings))


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
    if outcome.findings:
        parts.append(f"{len(outcome.findings):,} finding{'s' if len(outcome.findings) > 1 else ''}")
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
    from acl_api.table import BY_OP
    from simulator.export.chrome import write_chrome

    names = {op: row.c_name for op, row in BY_OP.items()}
    count = write_chrome(file, outcome.trace, profile_name=outcome.soc, names=names)
    return [f"{count:,} events written to {file}; open it at https://ui.perfetto.dev"]


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
        "findings": [finding._asdict() for finding in outcome.findings],
        "lost": [loss_json(loss) for loss in outcome.losses],
        "violations": [str(violation) for violation in outcome.violations],
        "choices": len(outcome.choices),
        "trace_records": len(outcome.trace),
        "trace_hash": outcome.trace_hash,
        "replay": outcome.replay,
    }
