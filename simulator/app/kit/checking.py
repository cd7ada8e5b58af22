"""Generated programs as what is explored and shrunk: hypothesis makes the program small, this the schedule."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Final

from simulator.app.kit.programs import Plan
from simulator.app.kit.world import Outcome, run
from simulator.base.profile import DEFAULT_SOC
from simulator.base.trace import Record
from simulator.check.ordering import check_ordering
from simulator.core.faults import DeclaredFault
from simulator.core.faults.runtime import ReporterDied
from simulator.engine.choice import Chooser, First, Recorder
from simulator.engine.hosts.ends import RunKind
from simulator.explore.deviations import Deviating
from simulator.explore.report import examine
from simulator.explore.subject import Failure, Seen, end_state_of, fingerprint_of
from simulator.explore.tokens import Token, read_token

_KIND: Final = "plan"


class ProgramOfKit:
    """A generated program as a subject: it fails when it raises, hangs, breaks a guarantee or leaves callbacks out.

    With *hanging* programs may hang, and callbacks then stay.
    """

    def __init__(
        self,
        plan: Plan,
        soc: str = DEFAULT_SOC,
        *,
        timing: str = "nominal",
        hanging: bool = False,
        faults: Sequence[str | DeclaredFault] = (),
    ) -> None:
        self.name = "program"
        self.timed = timing != "untimed"
        self._plan = plan
        self._soc = soc
        self._timing = timing
        self._hanging = hanging
        self._faults = faults

    def __repr__(self) -> str:
        return f"<program of {len(self._plan.launchers)} launchers as subject>"

    def run(self, chooser: Chooser, *, detail: bool = False) -> Seen:
        """Run it once, and judge what happened."""
        recorder = Recorder(chooser, detail=detail)
        outcome = run(self._plan, self._soc, recorder, timing=self._timing, faults=self._faults)
        failure = self._judge(outcome)
        end = outcome.end
        return Seen(
            failure=failure,
            inconclusive=end.text if end.kind is RunKind.INCONCLUSIVE else None,
            choices=tuple(recorder.records),
            trace=outcome.trace if detail else None,
            fingerprint=fingerprint_of(outcome.trace),
            end_state=f"{end.kind.value}; {end_state_of(outcome.trace)}",
            steps=len(outcome.trace.records),
        )

    def _judge(self, outcome: Outcome) -> Failure | None:
        for name, error in outcome.errors.items():
            if isinstance(error, ReporterDied):  # as its fault says
                continue
            kind = type(error).__name__
            return Failure("error", (kind, name), (f"thread {name} ended by {kind}: {error}",))
        for violation in check_ordering(outcome.trace):
            return Failure("guarantee", (violation.guarantee,), (str(violation),))
        if self._hanging:
            return None
        if outcome.explanation:
            return Failure(outcome.end.kind.value, (), (outcome.end.text, *outcome.explanation))
        missing = outcome.launched - outcome.ran
        if missing and not self._faults:
            names = ", ".join(sorted(missing))
            return Failure("lost", tuple(sorted(missing)), (f"callbacks never ran: {names}",))
        return None


def check_program(
    plan: Plan,
    soc: str = DEFAULT_SOC,
    schedule: Chooser | None = None,
    *,
    timing: str = "nominal",
    hanging: bool = False,
    faults: Sequence[str | DeclaredFault] = (),
) -> None:
    """Run *plan* in the order of *schedule*, and raise AssertionError when that goes wrong.

    The schedule is then made as small as possible; the text has what is left of it, and a token for `schedule_of`.
    *hanging* programs may deadlock or stall.
    """
    subject = ProgramOfKit(plan, soc, timing=timing, hanging=hanging, faults=faults)
    seen = subject.run(schedule or First())
    if seen.failure is not None:
        # One line raises both: hypothesis takes it for the same failure.
        raise AssertionError(_told(subject, seen) if _is_final() else str(seen.failure))


def _told(subject: ProgramOfKit, seen: Seen) -> str:
    found = examine(subject, seen)
    token = Token(_KIND, "program", found.deviations)
    return "\n".join([str(found.failure), *found.lines(), f"token: {token}"])


def _is_final() -> bool:
    """Tell whether anybody will read of this failure: hypothesis makes hundreds while it shrinks a program."""
    control = sys.modules.get("hypothesis.control")
    if control is None or not control.currently_in_test_context():
        return True
    return bool(getattr(control.current_build_context(), "is_final", True))


def schedule_of(token: str) -> Chooser:
    """Return the schedule of a token, as `check_program` takes it."""
    return Deviating(read_token(token).deviations)


def assert_ordered(trace: Iterable[Record], *, closed: bool = True) -> None:
    """Raise AssertionError with every violation of the guarantees O1 to O12 in *trace*; none: return.

    `closed=False` is for a run that still goes on.
    """
    found = check_ordering(trace, closed=closed)
    if found:
        raise AssertionError("\n".join(map(str, found)))
