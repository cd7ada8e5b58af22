"""A scenario as something to explore: each run is fresh, and judged by what the file expects."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from simulator.app.exploring.settings import RunSettings
from simulator.base.trace import (
    Blocked,
    CallbackEnded,
    CallbackStarted,
    Called,
    Record,
    ReportsTaken,
    Submitted,
    ThreadEnded,
    Trace,
)
from simulator.check.finding import Finding
from simulator.engine.choice import Chooser, Recorder
from simulator.engine.hosts.ends import RunKind
from simulator.engine.timing import timing_of
from simulator.explore.subject import Failure, Seen, end_state_of, fingerprint_of
from simulator.scenario.interpret import Played, compile_program, play, settings_for
from simulator.scenario.load import LoadedScenario
from simulator.scenario.nodes import Plain
from simulator.scenario.problems import Position
from simulator.scenario.references import every_step
from simulator.scenario.result import ScenarioResult

_HASH_DIGITS: Final = 8
_NUMBER: Final = re.compile(r"\d+(\.\d+)?")
# What a thread does itself; the last such record tells what it is in the middle of.
_ACTIONS: Final = (Blocked, Called, CallbackStarted, CallbackEnded, ReportsTaken, Submitted, ThreadEnded)


class ScenarioSubject:
    """Runs one loaded scenario under any chooser; implements `simulator.explore.subject.Subject`."""

    def __init__(self, loaded: LoadedScenario, settings: RunSettings) -> None:
        self.loaded = loaded
        self.settings = settings
        self.name = loaded.file
        self.timed = settings.timing != "untimed"
        self._places = _places(loaded)
        self._program = compile_program(loaded)
        # Fingerprints of runs that have passed all checks, and what their ends are: nobody need judge them again.
        self._sound: dict[int, str] = {}

    def __repr__(self) -> str:
        return f"<subject {self.loaded!r}>"

    def run(self, chooser: Chooser, *, detail: bool = False) -> Seen:
        """Run the scenario once, from the beginning."""
        recorder = Recorder(chooser, detail=detail)
        played = self._play(recorder, digest=False)
        trace = played.observed.trace or Trace()
        fingerprint = fingerprint_of(trace)
        failure, inconclusive = None, None
        end_state = self._sound.get(fingerprint) if played.timeless and played.passed_steps else None
        if end_state is None:
            result = played.result()
            failure = self.failure(result)
            if result.end is RunKind.INCONCLUSIVE and not result.end_expected:
                inconclusive = result.end_text
            end_state = f"{result.end.value}; {end_state_of(trace)}"
            if failure is None and played.timeless and played.passed_steps:
                self._sound[fingerprint] = end_state
        return Seen(
            failure=failure,
            inconclusive=inconclusive,
            choices=tuple(recorder.records),
            trace=trace,
            fingerprint=fingerprint,
            end_state=end_state,
            steps=len(trace),
        )

    def result(self, chooser: Chooser, *, digest: bool = True) -> ScenarioResult:
        """Run the scenario once and return all that is known of it."""
        return self._play(chooser, digest=digest).result()

    def _play(self, chooser: Chooser, *, digest: bool) -> Played:
        settings, scenario = self.settings, self.loaded.scenario
        return play(
            self._program,
            replace(
                settings_for(
                    scenario,
                    soc=settings.soc,
                    devices=settings.devices,
                    chooser=chooser,
                    costs=settings.costs,
                    stall=settings.stall(scenario.budget),
                ),
                timing=timing_of(settings.timing, settings.timeouts),
                faults=settings.faults,
                options=settings.unknowns,
                digest=digest,
            ),
        )

    def failure(self, result: ScenarioResult) -> Failure | None:
        """Return what is wrong with a run, the weightiest kind first; None when all is as the file expects."""
        if result.violations:
            broken = sorted({violation.guarantee for violation in result.violations})
            return Failure("guarantee", tuple(broken), tuple(map(str, result.violations)))
        if result.end in {RunKind.DEADLOCK, RunKind.STALLED} and not result.end_expected:
            blocked = _blocked(result.trace or Trace())
            return Failure(result.end.value, (result.end.value, *blocked), (result.end_text, *result.chain))
        if result.failures and result.end is not RunKind.INCONCLUSIVE:
            signature = {f"{failed.name} {self._place(failed.position)}" for failed in result.failures}
            sentences = [
                f"{failed.position}: {failed.name}: {'; '.join(failed.sentences)}"
                for failed in result.failures
            ]
            return Failure("expectation", tuple(sorted(signature)), tuple(sentences))
        return self._finding(result.unexpected)

    def _finding(self, findings: Iterable[Finding]) -> Failure | None:
        severities = {"error", "warning"} if self.settings.strict else {"error"}
        found = [each for each in findings if each.severity in severities]
        if not found:
            return None
        sentences = tuple(f"{each}; to mend: {each.fix}" for each in found)
        return Failure("finding", tuple(sorted({each.id for each in found})), sentences)

    def _place(self, position: Position) -> str:
        """Return what stands at *position*: the same in a file that has lost other lines."""
        return self._places.get(position, "")


def content_hash(loaded: LoadedScenario) -> str:
    """Return a hash of what a scenario says, whatever its comments and layout."""
    text = json.dumps(Plain().value(loaded.root), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]


def _blocked(trace: Trace) -> list[str]:
    """Return who waits for ever at the end of a run that could not go on, and in what."""
    last: dict[str, Record] = {}
    for record in trace:
        if isinstance(record, _ACTIONS):
            last[record.thread] = record
    waiting = (record for record in last.values() if isinstance(record, Blocked) and record.timeout is None)
    return sorted(f"{record.thread} in {record.op}" for record in waiting)


def _places(loaded: LoadedScenario) -> dict[Position, str]:
    """Return what stands at the place of each step and expectation, as text without numbers."""
    plain = Plain().value(loaded.root)
    paths: list[tuple[int | str, ...]] = [path for path, _ in every_step(loaded.scenario)]
    paths += [("expect", index) for index in range(len(loaded.scenario.expect))]
    return {loaded.at(path): _NUMBER.sub("", _text(plain, path)) for path in paths}


def _text(plain: object, path: Iterable[int | str]) -> str:
    value = plain
    for key in path:
        # A thread's "steps" may be implied: its value is then the list itself.
        if isinstance(value, dict):
            value = value.get(key, value)
        elif isinstance(value, list) and isinstance(key, int):
            value = value[key]
    return json.dumps(value, ensure_ascii=False, default=str)
