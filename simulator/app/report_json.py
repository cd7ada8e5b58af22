"""What machines read about a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simulator.app.exits import ExitCode
from simulator.app.findings import finding_json, loss_json
from simulator.app.runner import Finished
from simulator.check.ordering import GUARANTEES
from simulator.export.summary import summarise, summary_json
from simulator.scenario.result import ExpectationResult, ScenarioResult

Json = dict[str, object]


def report_head(finished: Sequence[Finished], code: ExitCode) -> Json:
    """Return what a report says of all runs together."""
    wrong = sum(done.exit_code is not ExitCode.PASSED for done in finished)
    return {"report": 1, "exit_code": int(code), "runs": len(finished), "wrong": wrong}


def scenario_json(done: Finished) -> Json:
    """Return all that is known of one run as JSON-ready values; keys of times end in `_ns`."""
    result = done.result
    return {
        "title": result.title,
        "file": result.file,
        "result": done.word,
        "exit_code": int(done.exit_code),
        "soc": result.soc,
        "devices": result.devices,
        "seed": result.seed,
        "library": result.library,
        "end": {
            "kind": result.end.value,
            "text": result.end_text,
            "expected": result.end_expected,
            "simulated_ns" if result.library is None else "real_ns": result.simulated_ns,
            "chain": list(result.chain),
        },
        "expectations": [_expectation(expectation) for expectation in result.expectations],
        "ordering": _ordering(result),
        "lost": [loss_json(loss) for loss in result.losses],
        "findings": [finding_json(found) for found in result.findings],
        "choices": len(result.choices),
        "trace": None if result.trace is None else {"records": len(result.trace), "hash": result.trace_hash},
        "summary": _summary(result),
        "notes": list(done.notes),
        "replay": done.replay,
    }


def _expectation(expectation: ExpectationResult) -> Json:
    return {
        "name": expectation.name,
        "aspect": expectation.aspect.value,
        "status": expectation.status.value,
        "sentences": list(expectation.sentences),
        "at": expectation.position._asdict(),
    }


def _ordering(result: ScenarioResult) -> Json:
    checked: Iterable[str] = GUARANTEES if result.trace is not None else ()
    return {
        "checked": list(checked),
        "violations": [
            {"guarantee": violation.guarantee, "text": violation.text, "records": list(violation.records)}
            for violation in result.violations
        ],
    }


def _summary(result: ScenarioResult) -> Json | None:
    if result.trace is None or result.library is not None:
        return None
    images = result.images_per_run
    return summary_json(summarise(result.trace, images_per_unit=images))
