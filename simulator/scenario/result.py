"""What a scenario run was, and whether it was what the file expects."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from simulator.base.trace import Trace
from simulator.check.finding import Finding
from simulator.check.lost import Loss
from simulator.check.ordering import Violation
from simulator.engine.choice import ChoiceRecord
from simulator.engine.hosts.ends import RunKind
from simulator.scenario.problems import Position


class Status(Enum):
    """What became of one expectation."""

    HELD = "held"
    FAILED = "failed"
    REPORTED = "reported"
    UNCHECKED = "unchecked"


class Aspect(Enum):
    """What an expectation is about: on hardware the aspect TIME is reported and never fails a run."""

    STEP = "step"
    ORDER = "order"
    TIME = "time"
    END = "end"


class Verdict(Enum):
    """What the run says as a whole; each has an exit code of its own."""

    PASSED = "passed"
    FAILED = "failed"
    DEADLOCK = "deadlock"
    STALLED = "stalled"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """One expectation, or one step that did not do what it should: the sentences say what was seen."""

    name: str
    aspect: Aspect
    status: Status
    sentences: tuple[str, ...]
    position: Position

    def __str__(self) -> str:
        return f"{self.position}: {self.name} {self.status.value}: {'; '.join(self.sentences)}"


@dataclass(frozen=True, slots=True, repr=False)
class ScenarioResult:
    """One run of a scenario. `chain` explains a deadlock or stall; times are simulated ns, on a library real ones.

    `end_expected` tells whether the file expects the run to end as it did.
    """

    title: str
    file: str
    soc: str
    devices: int
    seed: int | None
    end: RunKind
    end_text: str
    end_expected: bool
    simulated_ns: int
    chain: tuple[str, ...]
    expectations: tuple[ExpectationResult, ...]
    violations: tuple[Violation, ...]
    losses: tuple[Loss, ...]
    findings: tuple[Finding, ...]
    choices: tuple[ChoiceRecord, ...]
    trace: Trace | None
    trace_hash: str | None
    images_per_run: int | None
    """What the file says under `summary`; None: it asks for no summary."""
    cost_report: tuple[str, ...] = ()
    """What of a recorded profile was replayed; nothing with other costs."""
    fault_report: tuple[str, ...] = ()
    """Which declared faults have struck, and which had no occasion."""
    unexpected: tuple[Finding, ...] = ()
    """The findings that the file does not name under `findings`; none when it expects that the run hangs."""
    library: str | None = None
    """The real library that it ran on, in words; None: the simulator."""

    def __repr__(self) -> str:
        return f"<result of {self.title!r}: {self.verdict.value} after {self.simulated_ns} ns>"

    @property
    def failures(self) -> tuple[ExpectationResult, ...]:
        """The expectations that failed."""
        return tuple(result for result in self.expectations if result.status is Status.FAILED)

    @property
    def verdict(self) -> Verdict:
        """How the run is judged: an unexpected end outweighs failed expectations."""
        if self.end is not RunKind.DONE and not self.end_expected:
            return Verdict(self.end.value)
        if self.failures or self.violations:
            return Verdict.FAILED
        return Verdict.PASSED

    @property
    def passed(self) -> bool:
        """True when everything the file expects, and the ordering guarantees, hold."""
        return self.verdict is Verdict.PASSED
