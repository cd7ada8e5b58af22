"""Run a scenario: on the greenlet host, through the public API, exactly as a user's program would."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, replace

from acl_api.session import Session
from simulator.base.profile import DEFAULT_SOC
from simulator.base.trace import Noted
from simulator.check.ordering import check_ordering
from simulator.core.models import ModelSpec
from simulator.core.runtime import RuntimeOptions
from simulator.core.tensors import TensorSpec
from simulator.engine.choice import Chooser, First, Recorder, Seeded
from simulator.engine.hosts.ends import RunEnd
from simulator.engine.hosts.stall import StallLimits
from simulator.scenario.compiler import Compiler
from simulator.scenario.expect import Observed, evaluate
from simulator.scenario.load import LoadedScenario
from simulator.scenario.model import ModelDef, Scenario, TensorDef
from simulator.scenario.program import Program, code_number
from simulator.scenario.result import ScenarioResult

_DEFAULT_DEVICES = 8


@dataclass(frozen=True, slots=True)
class _Settings:
    """What was asked for, after arguments have beaten the file and the file the defaults."""

    soc: str
    devices: int
    seed: int | None
    costs: str
    chooser: Chooser
    stall: StallLimits


def run_scenario(
    scenario: LoadedScenario,
    *,
    seed: int | None = None,
    soc: str | None = None,
    devices: int | None = None,
    chooser: Chooser | None = None,
    costs: str | None = None,
    trace: bool = True,
    stall: StallLimits | None = None,
) -> ScenarioResult:
    """Run a loaded scenario and judge it. An argument beats what the file says.

    Without a trace only steps, the end and the time are judged; the rest is reported as unchecked.
    Raises `UserError` for an unknown SoC or more devices than it can have. Deadlocks are results, not errors.
    """
    settings = _settings(scenario.scenario, seed, soc, devices, chooser, costs, stall)
    options = RuntimeOptions(reject_no_block=scenario.scenario.no_block == "reject")
    session = Session(
        soc=settings.soc,
        devices=settings.devices,
        chooser=settings.chooser,
        costs=settings.costs,
        trace=trace,
        stall=settings.stall,
        options=options,
        gil=scenario.scenario.gil,
    )
    with session:
        program = Program(scenario, session)
        keep_alive = _prepare(program)
        end = session.host.run()
        chain = session.explain()
        threads = {name: thread.state.value for name, thread in program.threads.items()}
    del keep_alive
    observed = Observed(end, chain, session.trace, threads, program.labels)
    return _result(scenario, settings, program, observed, end)


def _settings(
    scenario: Scenario,
    seed: int | None,
    soc: str | None,
    devices: int | None,
    chooser: Chooser | None,
    costs: str | None,
    stall: StallLimits | None,
) -> _Settings:
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
    return _Settings(
        soc=soc or scenario.soc or DEFAULT_SOC,
        devices=devices or scenario.devices or _DEFAULT_DEVICES,
        seed=seed,
        costs=costs or scenario.costs,
        chooser=chooser,
        stall=stall,
    )


def _prepare(program: Program) -> list[object]:
    """Declare models, memory, callbacks and threads, and start the threads that start by themselves.

    Returns what must live as long as the run: the memory of the scenario's buffers.
    """
    scenario, session = program.loaded.scenario, program.session
    # Threads first: the first call from here would take the name main for the caller.
    for name, thread in scenario.threads.items():
        program.threads[name] = session.host.thread(name, daemon=thread.daemon)
    buffers: list[object] = []
    for name, buffer in scenario.buffers.items():
        memory = (ctypes.c_ubyte * buffer.size)()
        address = ctypes.addressof(memory)
        ctypes.memset(address, buffer.fill, buffer.size)
        program.memory[name] = (address, buffer.size)
        buffers.append(memory)
    for name, model in scenario.models.items():
        session.declare_model(_spec(name, model))
    compiler = Compiler(program)
    for name, callback in scenario.callbacks.items():
        program.callbacks[name] = compiler.callback(name, callback)
    for name, thread in scenario.threads.items():
        program.entries[name] = compiler.thread(name, thread.steps)
    # main goes first, whatever the order in the file.
    for name in sorted(scenario.threads, key=lambda name: name != "main"):
        if name == "main" or scenario.threads[name].autostart:
            program.start(name, program.loaded.at(("threads", name)))
    return buffers


def _spec(name: str, model: ModelDef) -> ModelSpec:
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


def _result(
    loaded: LoadedScenario, settings: _Settings, program: Program, observed: Observed, end: RunEnd
) -> ScenarioResult:
    judged, expected = evaluate(loaded, observed)
    trace = observed.trace
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
        violations=check_ordering(trace) if trace is not None else (),
        losses=observed.losses if trace is not None else (),
        findings=tuple(trace.of(Noted)) if trace is not None else (),
        choices=tuple(recorder.records) if isinstance(recorder, Recorder) else (),
        trace=trace,
        trace_hash=trace.digest() if trace is not None else None,
        images_per_run=loaded.scenario.summary.images_per_run if loaded.scenario.summary else None,
        cost_report=program.session.cost_report(),
    )
