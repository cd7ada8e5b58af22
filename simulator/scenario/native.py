"""Scenarios on a real library: OS threads, the real clock, and nothing of the device.

Times are real, in ns since the run began. A run that hangs cannot be taken back: its process has to end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from acl_api.session import install_backend
from simulator.base.memory_records import FlagSeen, FlagSet
from simulator.base.trace import ThreadEnded, ThreadStarted
from simulator.base.units import NS_PER_S, format_duration
from simulator.check.history import check_history
from simulator.engine.hosts.ends import RunEnd, RunKind
from simulator.engine.hosts.native import NativeHost
from simulator.engine.hosts.thread import HostThread, ThreadState
from simulator.scenario.expect import Observed, evaluate
from simulator.scenario.interpret import compile_program, prepare
from simulator.scenario.result import ScenarioResult

if TYPE_CHECKING:
    from acl_api.backends.recording import RecordingBackend
    from simulator.scenario.load import LoadedScenario
    from simulator.scenario.program import Program
    from simulator.scenario.stage import Flag

TIME_LIMIT_NS: Final = 60 * NS_PER_S
QUIET_NS: Final = 30 * NS_PER_S


@dataclass(frozen=True, slots=True)
class NativeLimits:
    """Real ns: after `quiet` without anything happening a run hangs; after `whole` nobody waits for it any more."""

    quiet: int = QUIET_NS
    whole: int = TIME_LIMIT_NS


@dataclass(frozen=True, slots=True)
class Machine:
    """What a scenario ran on: the library in words, its SoC and how many devices it has."""

    library: str
    soc: str
    devices: int


class NativeStage:
    """A library that records; *model_path* finds the files of the models that a scenario declares."""

    def __init__(self, recording: RecordingBackend, model_path: Callable[[str], str]) -> None:
        self._recording = recording
        self.trace = recording.trace
        self.model_path = model_path
        self.host = NativeHost(self._started, self._ended)
        recording.site = lambda: self.host.current().site
        recording.labels.wanted = lambda: self.host.current().names_next
        # What threads that never come back may still write to.
        self.keeps: list[object] = []

    def __repr__(self) -> str:
        return f"<stage on {self._recording!r}>"

    def now(self) -> int:
        """Return the real time since the run began."""
        return self._recording.now()

    def set_flag(self, flag: Flag, *, value: bool) -> None:
        """Set or clear a flag."""
        self._recording.note(FlagSet(self.now(), self.host.current().name, flag.name, value))
        with self.host.changed:
            flag.is_set = value
            self.host.changed.notify_all()

    def wait_flag(self, flag: Flag, timeout: int | None) -> bool:
        """Block the caller until *flag* is set; False when the time was up first."""
        seconds = None if timeout is None else timeout / NS_PER_S
        with self.host.waiting(f"flag {flag}"), self.host.changed:
            seen = self.host.changed.wait_for(lambda: flag.is_set, seconds)
        self._recording.note(FlagSeen(self.now(), self.host.current().name, flag.name, seen))
        return seen

    def made(self, value: object) -> str | None:
        """Return the recording's name of a stream, event or context."""
        return self._recording.labels.known(value)

    def touches(self, op: str, address: int, size: int, *, writes: bool = False) -> None:
        """Nothing: what the device does with memory is not seen."""

    def implies(self, dataset: int) -> None:
        """Nothing: what is left over at the end is not looked for."""

    def _started(self, thread: HostThread) -> None:
        self._recording.note(ThreadStarted(self.now(), thread.name, thread.internal))

    def _ended(self, thread: HostThread) -> None:
        error = thread.error
        text = None if error is None else f"{type(error).__name__}: {error}"
        self._recording.note(ThreadEnded(self.now(), thread.name, text))

    # -- how it ends -----------------------------------------------------------------------------------------

    def run(self, limits: NativeLimits) -> RunEnd:
        """Wait for the end of the run, which has been begun."""
        watch = _Watch(self._recording, limits)
        if self.host.wait_for_end(watch.gives_up):
            return RunEnd(RunKind.DONE, self.now(), "all threads have ended")
        if watch.quiet:
            text = f"nothing has happened for {format_duration(limits.quiet)}"
            return RunEnd(RunKind.STALLED, self.now(), text)
        text = f"the time limit of {format_duration(limits.whole)} was reached"
        return RunEnd(RunKind.INCONCLUSIVE, self.now(), text)

    def left(self) -> tuple[str, ...]:
        """Say what each thread that has not ended is doing."""
        return tuple(
            self._doing(each)
            for each in self.host.threads
            if each.state is not ThreadState.ENDED and not each.internal
        )

    def _doing(self, thread: HostThread) -> str:
        at = f" at {thread.site}" if thread.site else ""
        waits = self.host.waits.get(thread)
        inside = self._recording.inside.get(thread.name)
        if thread.state is ThreadState.DECLARED:
            return f"{thread.name} was never started"
        if waits is not None:
            return f"{thread.name} waits for {waits}{at}"
        if inside:
            call = inside[-1]
            on = f" of {call.on}" if call.on else ""
            return f"{thread.name} is in {call.op}{on} for {format_duration(self.now() - call.began)}{at}"
        return f"{thread.name} runs{at}"

    def states(self) -> dict[str, str]:
        """Return the state of each thread of the scenario, as far as it is seen."""
        states = {}
        for thread in self.host.threads:
            busy = self.host.waits.get(thread) or self._recording.inside.get(thread.name)
            seen = ThreadState.BLOCKED if thread.state is ThreadState.RUNNING and busy else thread.state
            states[thread.name] = seen.value
        return states


class _Watch:
    """Sees that something happens, and that it does not take too long."""

    def __init__(self, recording: RecordingBackend, limits: NativeLimits) -> None:
        self._recording = recording
        self._limits = limits
        self._moves, self._since = recording.moves, recording.now()
        self.quiet = False

    def gives_up(self) -> bool:
        now, moves = self._recording.now(), self._recording.moves
        if moves != self._moves:
            self._moves, self._since = moves, now
        self.quiet = now - self._since >= self._limits.quiet
        return self.quiet or now >= self._limits.whole


def run_on_library(
    loaded: LoadedScenario,
    recording: RecordingBackend,
    machine: Machine,
    *,
    model_path: Callable[[str], str],
    limits: NativeLimits,
) -> ScenarioResult:
    """Run a scenario on a library, and judge what can be seen of it from outside.

    When the run has not ended by itself, its threads are still inside the library: end the process.
    """
    program = compile_program(loaded)
    stage = NativeStage(recording, model_path)
    install_backend(recording)
    program.begin(stage)
    stage.keeps = prepare(program)
    end = stage.run(limits)
    chain = stage.left() if end.kind is not RunKind.DONE else ()
    observed = Observed(end, chain, recording.trace, stage.states(), program.labels, program.meant)
    return _result(loaded, program, observed, machine)


def _result(loaded: LoadedScenario, program: Program, observed: Observed, machine: Machine) -> ScenarioResult:
    judged, expected = evaluate(loaded, observed)
    end = observed.end
    return ScenarioResult(
        title=loaded.scenario.title,
        file=loaded.file,
        soc=machine.soc,
        devices=machine.devices,
        seed=None,
        end=end.kind,
        end_text=end.text,
        end_expected=expected,
        simulated_ns=end.now,
        chain=observed.chain,
        expectations=(*program.failures(), *judged),
        violations=check_history(observed.records),
        losses=(),
        findings=(),
        choices=(),
        trace=observed.trace,
        trace_hash=None,
        images_per_run=None,
        library=machine.library,
    )
