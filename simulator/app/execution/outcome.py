"""What became of a run of a program: how it ended, what was found, and which exit code that asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.app.exits import ExitCode
from simulator.base.trace import Trace
from simulator.check.finding import Finding, has_severity
from simulator.check.lost import Loss, find_lost
from simulator.check.ordering import Violation, check_ordering
from simulator.check.suite import check_trace
from simulator.engine.choice import ChoiceRecord, Recorder
from simulator.engine.hosts.ends import RunEnd, RunKind

if TYPE_CHECKING:
    from simulator.app.execution.options import ExecOptions
    from simulator.app.execution.target import Target
    from simulator.app.execution.world import World
    from simulator.engine.hosts.thread import HostThread


@dataclass(frozen=True, slots=True, repr=False)
class Outcome:
    """One run. `program_code` is how the program itself ended, None when the run ended it; times are ns.

    `left` are sentences about threads that a process on hardware would wait for in vain.
    """

    target: Target
    options: ExecOptions
    program_code: int | None
    end: RunEnd | None
    simulated_ns: int
    chain: tuple[str, ...]
    remarks: tuple[str, ...]
    left: tuple[str, ...]
    findings: tuple[Finding, ...]
    losses: tuple[Loss, ...]
    violations: tuple[Violation, ...]
    choices: tuple[ChoiceRecord, ...]
    trace: Trace
    trace_hash: str | None
    soc: str
    devices: int

    def __repr__(self) -> str:
        return f"<outcome of {self.target}: {self.word} after {self.simulated_ns} ns>"

    @property
    def is_stuck(self) -> bool:
        """Whether the run could not go on, and that is what ended the program."""
        return self.end is not None and not self.left

    @property
    def exit_code(self) -> int:
        """The program's own code, unless the run says worse."""
        if self.violations:
            return ExitCode.BUG
        if self.is_stuck and self.end is not None:
            inconclusive = self.end.kind is RunKind.INCONCLUSIVE
            return ExitCode.INCONCLUSIVE if inconclusive else ExitCode.DEADLOCK
        if self.program_code:
            return self.program_code
        if self.remarks:
            return ExitCode.INCONCLUSIVE
        wrong = has_severity(self.findings, "error", "warning") or self.losses
        return ExitCode.FAILED if self.options.strict and wrong else ExitCode.PASSED

    @property
    def word(self) -> str:
        """The result in a word."""
        if self.violations:
            return "internal error"
        if self.is_stuck and self.end is not None:
            return self.end.kind.value
        if self.program_code == ExitCode.INTERRUPTED:
            return "interrupted"
        code = self.exit_code
        if code == ExitCode.INCONCLUSIVE and not self.program_code:
            return RunKind.INCONCLUSIVE.value
        return RunKind.DONE.value if code == ExitCode.PASSED else "failed"

    @property
    def replay(self) -> str:
        """The command that does it again."""
        return self.options.command(self.target.words)


def judge(world: World, target: Target, program_code: int | None) -> Outcome:
    """Look at a run that is over; *program_code* is None when the program did not come to its own end."""
    session, options = world.session, world.options
    trace = session.trace or Trace()
    end = session.host.end if session.stuck is not None else None
    wants_hash = options.json is not None or options.choices is not None or world.recorded_hash is not None
    deterministic = options.host != "free"
    return Outcome(
        target=target,
        options=options,
        program_code=program_code,
        end=end,
        simulated_ns=session.kernel.now if world.failed_at is None else world.failed_at,
        chain=session.explain(),
        remarks=tuple(session.host.remarks),
        left=_left(world) if program_code and end is not None else (),
        findings=check_trace(trace, closed=end is None),
        losses=find_lost(trace) if end is None else (),
        # Threads that ran on while the run was being ended may have been cut off in the middle of a call.
        violations=check_ordering(trace, closed=end is None),
        choices=tuple(world.chooser.records) if isinstance(world.chooser, Recorder) else (),
        trace=trace,
        trace_hash=trace.digest() if wants_hash and deterministic else None,
        soc=session.profile.key,
        devices=len(session.runtime.devices),
    )


def _left(world: World) -> tuple[str, ...]:
    """Name the threads that the process would wait for at its end."""
    host = world.session.host
    others = [
        thread
        for thread in host.threads
        if not (thread.ended or thread.daemon or thread.internal) and thread is not host.threads[0]
    ]
    return tuple(_still(thread, host.where(thread)) for thread in others)


def _still(thread: HostThread, place: object) -> str:
    doing = f"is still in {thread.wait.op}" if thread.wait is not None else "still runs"
    where = f" at {place}" if place is not None else ""
    return f"{thread.name} {doing}{where}; on hardware the process would not end"
