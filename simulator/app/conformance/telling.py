"""What people and machines read about a library and the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.app.conformance.probing import Settled
from simulator.app.conformance.running import Row, Verdict
from simulator.app.exits import ExitCode
from simulator.app.terminal import columns, out, tinted

if TYPE_CHECKING:
    from simulator.app.conformance.outcome import Outcome
    from simulator.app.conformance.probing import Answer

_WIDTH = max(len(verdict.value) for verdict in Verdict)
_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Compared:
    """What was compared with what: the library, and the SoC and options of the model."""

    backend: str
    library: str
    version: str
    soc: str
    devices: int
    options: tuple[str, ...]


def show_row(row: Row) -> None:
    """Write one row, with what differs below it."""
    mark = tinted(row.verdict.value, _WIDTH)
    out(f"  {mark}  {row.rule:<5} {row.does or row.why}{f' ({row.why})' if row.does and row.why else ''}")
    for each in row.differences[:_MOST_SHOWN]:
        out(f"  {'':{_WIDTH}}        {each.about}: the model {each.model}, the library {each.library}")
    if len(row.differences) > _MOST_SHOWN:
        out(f"  {'':{_WIDTH}}        … and {len(row.differences) - _MOST_SHOWN} more")


def show_answers(answers: Iterable[Answer]) -> None:
    """Write what was settled, a line each."""
    out("what is not known of the runtime, and what this library does:")
    for line in columns([(answer.rule, answer.option, str(answer)) for answer in answers]):
        out(line)


def show_head(compared: Compared) -> None:
    """Write what is compared."""
    model = f"{compared.soc}{''.join(f', {option}' for option in compared.options)}"
    facts = [("library", f"{compared.library}, version {compared.version}, {compared.devices} devices")]
    for line in columns([*facts, ("model", model)], indent=""):
        out(line)


def exit_code(rows: Sequence[Row], answers: Sequence[Answer]) -> ExitCode:
    """Return what the command ends with: what differs outweighs what could not be said."""
    verdicts = {row.verdict for row in rows}
    unexplained = any(answer.settled in {Settled.NEITHER, Settled.HANG} for answer in answers)
    if unexplained or Verdict.DIFFERENT in verdicts:
        return ExitCode.FAILED
    return ExitCode.INCONCLUSIVE if Verdict.INCONCLUSIVE in verdicts else ExitCode.PASSED


def closing_text(rows: Sequence[Row], answers: Sequence[Answer]) -> str:
    """Return what the last line says."""
    counts = Counter(row.verdict for row in rows)
    parts = [f"{count} {verdict.value}" for verdict in Verdict if (count := counts[verdict])]
    if answers:
        settled = sum(answer.value is not None for answer in answers)
        parts.append(f"{settled} of {len(answers)} unknowns settled")
    different = dict.fromkeys(row.rule for row in rows if row.verdict is Verdict.DIFFERENT)
    return ", ".join(parts) + (f": {', '.join(different)}" if different else "")


def report_head(compared: Compared, rows: Sequence[Row], answers: Sequence[Answer]) -> dict[str, object]:
    """Return what the JSON report says besides its rows; docs/switch.md has the keys."""
    counts = Counter(row.verdict for row in rows)
    return {
        "conformance": 1,
        "exit_code": int(exit_code(rows, answers)),
        "backend": compared.backend,
        "library": compared.library,
        "version": compared.version,
        "devices": compared.devices,
        "model": {"soc": compared.soc, "options": list(compared.options)},
        "counts": {verdict.value: counts[verdict] for verdict in Verdict},
        "unknowns": [_answer_json(answer) for answer in answers],
    }


def row_json(row: Row) -> dict[str, object]:
    """Return one case as JSON-ready values; keys of times end in `_ns`, and no time is ever judged."""
    return {
        "case": row.name,
        "rule": row.rule,
        "does": row.does,
        "result": row.verdict.value,
        "why": row.why,
        "model": _outcome_json(row.model),
        "library": _outcome_json(row.library),
        "differences": [each._asdict() for each in row.differences],
        "simulated_ns": None if row.model is None else row.model.elapsed_ns,
        "elapsed_ns": None if row.library is None else row.library.elapsed_ns,
    }


def _outcome_json(outcome: Outcome | None) -> object:
    return None if outcome is None else dict(outcome.facts)


def _answer_json(answer: Answer) -> dict[str, object]:
    return {
        "option": answer.option,
        "rule": answer.rule,
        "does": answer.does,
        "result": answer.settled.value,
        "value": answer.value,
        "default": answer.is_default,
        "seen": list(answer.seen),
    }
