"""A plain Python function as what is explored: it runs as the main thread of a fresh simulated machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, Final, cast

from acl_api.session import Session
from simulator.base.errors import InternalError
from simulator.base.trace import Trace
from simulator.check.lost import in_sentences
from simulator.check.together import judge
from simulator.engine.choice import Chooser, Recorder
from simulator.engine.hosts.ends import RunEnd, RunKind
from simulator.engine.hosts.places import is_ours
from simulator.engine.hosts.stall import StallLimits
from simulator.engine.hosts.thread import HostThread
from simulator.engine.timing import Timing, timing_of
from simulator.explore.bounds import STALL_POLLS
from simulator.explore.subject import Failure, Seen, end_state_of, fingerprint_of

_NO_SETTINGS: Final[Mapping[str, Any]] = MappingProxyType({})


class FunctionSubject:
    """Runs `function()` as thread main; it starts others with `acl.util.start_thread`.

    What it prints, writes or keeps in global variables it does in every run: it must begin afresh each time. It fails
    when a thread's function raises (AssertionError, usually), when the run cannot go on, when a guarantee is broken,
    by a finding that is an error (*strict*: or a warning), and with *lost* when a callback never ran. *timing* is as
    in `acl_api.Session`, and *settings* are its other arguments (soc, devices, faults, …).
    """

    def __init__(
        self,
        function: Callable[[], object],
        *,
        name: str | None = None,
        timing: str | Timing = "untimed",
        lost: bool = False,
        strict: bool = False,
        settings: Mapping[str, Any] = _NO_SETTINGS,
    ) -> None:
        self.function = function
        self.name: str = name or str(getattr(function, "__name__", "function"))
        self.timing = timing_of(timing) if isinstance(timing, str) else timing
        self.timed: bool = str(self.timing) != "untimed"
        self._lost = lost
        self._severities = ("error", "warning") if strict else ("error",)
        self._settings = {"stall": StallLimits(polls=STALL_POLLS), **settings}
        # Fingerprints of runs that have passed all checks: most schedules only repeat them.
        self._sound: set[int] = set()

    def __repr__(self) -> str:
        return f"<function {self.name} as subject>"

    def run(self, chooser: Chooser, *, detail: bool = False) -> Seen:
        """Run the function once, on greenlets, and judge what happened."""
        recorder = Recorder(chooser, detail=detail)
        session = Session(chooser=recorder, timing=self.timing, **self._settings)
        values: list[object] = []
        with session:
            end = self.drive(session, values)
        trace = session.trace
        if trace is None:
            raise InternalError("a session for exploration keeps its trace")
        fingerprint = fingerprint_of(trace)
        failure = self.judge(session, end, trace, fingerprint)
        state = end_state_of(trace)
        return Seen(
            failure=failure,
            inconclusive=end.text if end.kind is RunKind.INCONCLUSIVE else None,
            choices=tuple(recorder.records),
            trace=trace if detail else None,
            fingerprint=fingerprint,
            end_state=f"{end.kind.value} {failure.signature if failure else values}; {state}",
            steps=session.kernel.events_run,
        )

    def drive(self, session: Session, values: list[object]) -> RunEnd:
        """Run the function in *session*, which is open, until no thread goes on; what it returns goes to *values*."""
        # Declared before the first call, which would take the name for the caller.
        main = session.host.thread("main")
        session.host.start(main, lambda: values.append(self.function()))
        return session.host.run()

    def judge(self, session: Session, end: RunEnd, trace: Trace, fingerprint: int) -> Failure | None:
        """Return what went wrong in a run that ended so; *fingerprint* is that of its trace."""
        raised = next((thread for thread in session.host.threads if thread.error is not None), None)
        if raised is not None:
            return _error(raised)
        if end.kind in (RunKind.DEADLOCK, RunKind.STALLED):
            return _stuck(session, end)
        if fingerprint not in self._sound:
            failure = self._check(trace)
            if failure is not None:
                return failure
            self._sound.add(fingerprint)
        return None

    def _check(self, trace: Trace) -> Failure | None:
        judgement = judge(trace)
        for violation in judgement.violations:
            return Failure("guarantee", (violation.guarantee,), (str(violation),))
        for finding in judgement.findings:
            if finding.severity in self._severities:
                return Failure("finding", (finding.id, *finding.lines), (str(finding), finding.fix))
        losses = [loss for loss in judgement.losses if loss.is_callback] if self._lost else []
        if losses:
            return Failure("lost", (losses[0].name, losses[0].stream), in_sentences(losses))
        return None


def _error(thread: HostThread) -> Failure:
    """Return what a thread's exception comes to: its type, and the program's line that raised it."""
    error = cast("BaseException", thread.error)
    if isinstance(error, InternalError):
        raise error
    step, place = error.__traceback__, ""
    while step is not None:
        if not is_ours(step.tb_frame):
            code = step.tb_frame.f_code
            place = f"{PurePath(code.co_filename).name}:{step.tb_lineno} in {code.co_name}"
        step = step.tb_next
    kind = type(error).__name__
    text = f"thread {thread.name} ended by {kind}: {error}" + (f" at {place}" if place else "")
    return Failure("error", (kind, place, thread.name), (text,))


def _stuck(session: Session, end: RunEnd) -> Failure:
    """Return what a run that could not go on comes to: who waits for ever, and in what."""
    threads = () if session.stuck is None else session.stuck.threads
    waiting = tuple(
        f"{thread.name} in {thread.op} on {thread.on}"
        for thread in threads
        if thread.op is not None and thread.timeout is None and not thread.internal
    )
    return Failure(end.kind.value, waiting, (end.text, *session.explain()))
