"""Run a scenario: on the greenlet host, through the public API, exactly as a user's program would."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, replace

from acl_api.session import Session
from simulator.base.profile import DEFAULT_SOC
from simulator.check.finding import Finding
from simulator.core.faults import DeclaredFault
from simulator.core.models import ModelSpec
from simulator.core.tensors import TensorSpec
from simulator.engine.choice import Chooser, First, Recorder, Seeded
from simulator.engine.hosts.ends import RunKind
from simulator.engine.hosts.stall import StallLimits
from simulator.engine.timing import NOMINAL, Order, Timing, timing_of
from simulator.scenario.compiler import Compiler
from simulator.scenario.expect import Observed, evaluate
from simulator.scenario.expectations import ExpectFindings
from simulator.scenario.load import LoadedScenario
from simulator.scenario.model import ModelDef, Scenario, TensorDef
from simulator.scenario.program import Program, code_number
from simulator.scenario.result import Aspect, ExpectationResult, ScenarioResult, Status
from simulator.scenario.stage import SimulatedStage

_DEFAULT_DEVICES = 8


@dataclass(frozen=True, slots=True)
class PlaySettings:
    """How to run a scenario, after arguments have beaten the file and the file the defaults."""

    soc: str
    devices: int
    seed: int | None
    costs: str
    chooser: Chooser
    stall: StallLimits
    timing: Timing = NOMINAL
    faults: tuple[str | DeclaredFault, ...] = ()
    options: tuple[str, ...] = ()
    trace: bool = True
    digest: bool = True


@dataclass(frozen=True, repr=False)
class Played:
    """A run of a scenario that has ended and is not judged yet; it can be judged until the next one begins."""

    settings: PlaySettings
    program: Program
    observed: Observed
    cost_report: tuple[str, ...] = ()
    fault_report: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<played {self.observed!r}>"

    @property
    def passed_steps(self) -> bool:
        """Whether the run came to its own end and no step of it failed."""
        return self.observed.end.kind is RunKind.DONE and not self.program.failures()

    @property
    def timeless(self) -> bool:
        """Whether the clock has no say in the result."""
        return _strays(self.settings)

    def result(self) -> ScenarioResult:
        """Judge the run."""
        return _result(self)


def run_scenario(  # noqa: PLR0913 - one parameter per thing that may be chosen
    scenario: LoadedScenario,
    *,
    seed: int | None = None,
    soc: str | None = None,
    devices: int | None = None,
    chooser: Chooser | None = None,
    costs: str | None = None,
    trace: bool = True,
    stall: StallLimits | None = None,
    timing: str | Timing = NOMINAL,
    faults: Sequence[str | DeclaredFault] = (),
    options: Sequence[str] = (),
    digest: bool = True,
) -> ScenarioResult:
    """Run a loaded scenario and judge it. An argument beats what the file says.

    Without a trace only steps, the end and the time are judged; the rest is reported as unchecked. With a *timing*
    other than nominal (see `Session`), expectations about time are reported only. *faults* come on top of those
    that the file declares; *options* ("no_block=reject") beat its own. *digest* asks for the hash.
    Raises `UserError` for an unknown SoC or more devices than it can have. Deadlocks are results, not errors.
    """
    settings = replace(
        settings_for(
            scenario.scenario,
            seed=seed,
            soc=soc,
            devices=devices,
            chooser=chooser,
            costs=costs,
            stall=stall,
        ),
        timing=timing_of(timing) if isinstance(timing, str) else timing,
        faults=tuple(faults),
        options=tuple(options),
        trace=trace,
        digest=digest,
    )
    return play(compile_program(scenario), settings).result()


def compile_program(loaded: LoadedScenario) -> Program:
    """Return the scenario with its steps compiled: it can be run any number of times, one after the other."""
    program = Program(loaded)
    compiler = Compiler(program)
    for name, callback in loaded.scenario.callbacks.items():
        program.callbacks[name] = compiler.callback(name, callback)
    for name, thread in loaded.scenario.threads.items():
        program.entries[name] = compiler.thread(name, thread.steps)
    return program


def play(program: Program, settings: PlaySettings) -> Played:
    """Run a compiled scenario once, from the beginning. Raises as `run_scenario` does."""
    scenario = program.loaded.scenario
    session = Session(
        soc=settings.soc,
        devices=settings.devices,
        chooser=settings.chooser,
        timing=settings.timing,
        costs=settings.costs,
        trace=settings.trace,
        stall=settings.stall,
        options=(*scenario.settings, *settings.options),
        faults=(*(fault.declared for fault in scenario.faults), *settings.faults),
        gil=scenario.gil,
    )
    with session:
        program.begin(SimulatedStage(session))
        for name, model in scenario.models.items():
            session.declare_model(spec_of(name, model))
        keep_alive = prepare(program)
        end = session.host.run()
        chain = session.explain()
        threads = {name: thread.state.value for name, thread in program.threads.items()}
    del keep_alive
    observed = Observed(end, chain, session.trace, threads, program.labels, program.meant)
    return Played(settings, program, observed, session.cost_report(), session.fault_report())


def settings_for(
    scenario: Scenario,
    *,
    seed: int | None = None,
    soc: str | None = None,
    devices: int | None = None,
    chooser: Chooser | None = None,
    costs: str | None = None,
    stall: StallLimits | None = None,
) -> PlaySettings:
    """Return how to run *scenario*: what is not None beats what it says."""
    seed = scenario.seed if seed is None else seed
    if chooser is None:
        # The friendly order is not recorded: the engine need not even ask for it.
        chooser = First() if seed is None else Recorder(Seeded(seed))
    elif not chooser.friendly and not isinstance(chooser, Recorder):
        chooser = Recorder(chooser)
    if stall is None:
        stall = StallLimits()
        if scenario.budget is not None:
            stall = replace(stall, budget=scenario.budget)
    return PlaySettings(
        soc=soc or scenario.soc or DEFAULT_SOC,
        devices=devices or scenario.devices or _DEFAULT_DEVICES,
        seed=seed,
        costs=costs or scenario.costs,
        chooser=chooser,
        stall=stall,
    )


def prepare(program: Program) -> list[object]:
    """Declare memory and threads, and start the threads that start by themselves.

    Returns what must live as long as the run: the memory of the scenario's buffers.
    """
    scenario = program.loaded.scenario
    # Threads first: the first call from here would take the name main for the caller.
    for name, thread in scenario.threads.items():
        program.threads[name] = program.host.thread(name, daemon=thread.daemon)
    buffers: list[object] = []
    for name, buffer in scenario.buffers.items():
        memory = (ctypes.c_ubyte * buffer.size)()
        address = ctypes.addressof(memory)
        ctypes.memset(address, buffer.fill, buffer.size)
        program.memory[name] = (address, buffer.size)
        buffers.append(memory)
    # main goes first, whatever the order in the file.
    for name in sorted(scenario.threads, key=lambda name: name != "main"):
        if name == "main" or scenario.threads[name].autostart:
            program.start(name, program.loaded.at(("threads", name)), by_program=False)
    return buffers


def spec_of(name: str, model: ModelDef) -> ModelSpec:
    """Return what the simulator needs to know of a declared model."""

    def tensors(definitions: tuple[TensorDef, ...]) -> tuple[TensorSpec, ...]:
        return tuple(TensorSpec(tensor.shape, tensor.dtype) for tensor in definitions)

    return ModelSpec(
        name,
        model.latency,
        cores=model.cores,
        inputs=tensors(model.inputs),
        outputs=tensors(model.outputs),
        fails_with=None if model.fails_with is None else code_number(model.fails_with),
        fails_on=model.fails_on,
    )


def _reported(time: ExpectationResult) -> ExpectationResult:
    """Judge nothing by a clock that does not run as the costs say."""
    return replace(time, status=Status.REPORTED)


def _strays(settings: PlaySettings) -> bool:
    """Tell whether times say nothing: a chooser may let the device run ahead of slow threads, or durations differ."""
    recorder, timing = settings.chooser, settings.timing
    if timing.order is not Order.IN_TIME or timing.factors is not None:
        return True
    return isinstance(recorder, Recorder) and any(record.value for record in recorder.records)


def _result(played: Played) -> ScenarioResult:
    settings, program, observed = played.settings, played.program, played.observed
    loaded = program.loaded
    judged, expected = evaluate(loaded, observed)
    if _strays(settings):
        judged = [_reported(each) if each.aspect is Aspect.TIME else each for each in judged]
    trace, end = observed.trace, observed.end
    recorder = settings.chooser
    return ScenarioResult(
        title=loaded.scenario.title,
        file=loaded.file,
        soc=settings.soc,
        devices=settings.devices,
        seed=settings.seed,
        end=end.kind,
        end_text=end.text,
        end_expected=expected,
        simulated_ns=end.now,
        chain=observed.chain,
        expectations=(*program.failures(), *judged),
        violations=observed.violations if trace is not None else (),
        losses=observed.losses if trace is not None else (),
        findings=observed.findings if trace is not None else (),
        choices=tuple(recorder.records) if isinstance(recorder, Recorder) else (),
        trace=trace,
        trace_hash=trace.digest() if trace is not None and settings.digest else None,
        images_per_run=loaded.scenario.summary.images_per_run if loaded.scenario.summary else None,
        cost_report=played.cost_report,
        fault_report=played.fault_report,
        unexpected=_unexpected(loaded, observed) if trace is not None else (),
    )


def _unexpected(loaded: LoadedScenario, observed: Observed) -> tuple[Finding, ...]:
    if observed.end.kind is not RunKind.DONE:  # why it hangs is told, and may be what the file is about
        return ()
    wanted = {
        name for each in loaded.scenario.expect if isinstance(each, ExpectFindings) for name in each.findings
    }
    return tuple(found for found in observed.findings if found.id not in wanted)
