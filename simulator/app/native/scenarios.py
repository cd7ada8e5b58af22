"""Scenario files on a real library: `aclsim run --backend ascend`."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from acl_api.backends.recording import RecordingBackend
from acl_api.models.sidefile import SUFFIX
from acl_api.models.write import render
from simulator.app.native.children import ChildLostError, in_child
from simulator.app.native.machine import Asked, Facts, ask_machine
from simulator.app.runner import Finished, RunOptions, write_files
from simulator.base.errors import UserError
from simulator.base.units import NS_PER_S, format_duration
from simulator.engine.hosts.ends import RunKind
from simulator.scenario.interpret import spec_of
from simulator.scenario.native import Machine, NativeLimits, run_on_library
from simulator.scenario.result import ScenarioResult

if TYPE_CHECKING:
    from simulator.scenario.load import LoadedScenario

# How long a process may take beyond the limit of its run: to start, to judge, to write files.
_MORE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class NativeRun:
    """How scenarios are run on a library; `limits` are real times, `trace` and `save_trace` files to write.

    When `quiet`, what the library says is dropped.
    """

    asked: Asked
    facts: Facts
    limits: NativeLimits
    trace: str | None = None
    save_trace: str | None = None
    strict: bool = False
    quiet: bool = False

    def command(self, file: str | None) -> str:
        """Return the command that runs *file* (None: the built-in example) again in the same way."""
        words = ["aclsim", "run", *([file] if file is not None else []), "--backend", "ascend"]
        given = {"--library": self.asked.library, "--via": self.asked.via}
        if self.limits != NativeLimits():
            given["--time-limit"] = format_duration(self.limits.whole)
            given["--stall-after"] = format_duration(self.limits.quiet)
        for option, value in given.items():
            words += [option, value] if value is not None else []
        return shlex.join([*words, *(["--strict"] if self.strict else [])])


def native_limits(quiet: int | None, whole: int | None) -> NativeLimits:
    """Return the limits that the command line asks for, in real ns; None: the usual ones."""
    usual = NativeLimits()
    whole = whole or usual.whole
    return NativeLimits(quiet=min(quiet or usual.quiet, whole), whole=whole)


def run_native(loaded: LoadedScenario, run: NativeRun, *, file: str | None) -> Finished:
    """Run *loaded* in a process of its own, and write the files that *run* asks for.

    Raises `UserError` for models without a file.
    """
    why = _only_simulated(loaded)
    if why is not None:
        return Finished(
            loaded, _without(loaded, run, f"not run: {why}"), run.command(file), strict=run.strict
        )
    notes = _about(loaded, run.facts)
    try:
        result, written = play_on_library(loaded, run)
    except ChildLostError as error:
        result, written = _lost(loaded, run, error), []
    return Finished(loaded, result, run.command(file), (*notes, *written), strict=run.strict)


def play_on_library(loaded: LoadedScenario, run: NativeRun) -> tuple[ScenarioResult, list[str]]:
    """Run *loaded* in a process of its own: its result, and what to say of the files that were written.

    Raises `UserError` for models without a file, ChildLostError when the process brings nothing back.
    """
    with TemporaryDirectory(prefix="aclsim-models-") as folder:
        model_path = _models(loaded, run.facts, Path(folder))
        patience = run.limits.whole / NS_PER_S + _MORE_S
        return in_child(lambda: _play(loaded, run, model_path), patience, quiet=run.quiet)


def _only_simulated(loaded: LoadedScenario) -> str | None:
    """Say what the scenario needs that a library cannot do; None: nothing."""
    if loaded.scenario.faults:
        return "it declares faults, which only the simulator can let happen"
    if loaded.scenario.gil:
        return "it says gil: true, and nobody but the vendor's own binding keeps that lock"
    return None


def _about(loaded: LoadedScenario, facts: Facts) -> list[str]:
    """Return what may make the library differ from what the file has in mind."""
    scenario = loaded.scenario
    notes: list[str] = []
    if facts.simulated:
        return notes
    if scenario.soc is not None and scenario.soc not in facts.soc:
        notes.append(f"the scenario is about {scenario.soc}, the library says {facts.soc}")
    if scenario.settings:
        notes.append("its options are about the simulator: the library does as it does")
    if scenario.devices is not None and scenario.devices > facts.devices:
        notes.append(f"the scenario is about {scenario.devices} devices, the library reports {facts.devices}")
    return notes


def _models(loaded: LoadedScenario, facts: Facts, folder: Path) -> Callable[[str], str]:
    """Return what finds the file of a model; for a library of our own files are written into *folder*."""
    beside = Path(loaded.file).resolve().parent
    files: dict[str, str] = {}
    for name, model in loaded.scenario.models.items():
        own = beside / (model.om or f"{name}.om")
        if facts.simulated:
            text = render(spec_of(name, model))
            (folder / f"{name}.om{SUFFIX}").write_text(text, encoding="utf-8")
            files[name] = str(folder / f"{name}.om")
        elif own.is_file():
            files[name] = str(own)
        else:
            raise UserError(
                f"the model '{name}' has no file that a real library could load: put {own.name} beside the scenario, "
                f"or name its file under models: {name}: om:"
            )

    def find(path: str) -> str:
        return files.get(Path(path).name.removesuffix(".om"), path)

    return find


def _play(
    loaded: LoadedScenario, run: NativeRun, model_path: Callable[[str], str]
) -> tuple[ScenarioResult, list[str]]:
    """Run it in this process, which is for nothing else."""
    scenario = loaded.scenario
    if run.facts.simulated:
        ask_machine({
            "ACLSIM_SOC": scenario.soc,
            "ACLSIM_DEVICES": None if scenario.devices is None else str(scenario.devices),
            "ACLSIM_COSTS": None if scenario.costs == "profile" else scenario.costs,
            "ACLSIM_OPTIONS": " ".join(scenario.settings) or None,
        })  # fmt: skip
    selected = Asked("ascend", run.asked.library, run.asked.via).open()
    if selected.native is None:
        raise UserError(selected.why)
    soc, devices = run.facts.soc, run.facts.devices
    machine = Machine(
        selected.why,
        scenario.soc or soc if run.facts.simulated else soc,
        scenario.devices or devices if run.facts.simulated else devices,
    )
    recording = RecordingBackend(selected.native)
    result = run_on_library(loaded, recording, machine, model_path=model_path, limits=run.limits)
    written = write_files(RunOptions(trace=run.trace, save_trace=run.save_trace), result)
    return result, written


def _lost(loaded: LoadedScenario, run: NativeRun, error: ChildLostError) -> ScenarioResult:
    """Return what is known of a run whose process brought nothing back."""
    text = error.text
    if error.hangs:
        text += " and could not even tell: a call keeps the interpreter's lock"
    said = tuple(line.rstrip() for line in error.last.splitlines() if line.strip())
    return _without(loaded, run, text, said)


def _without(
    loaded: LoadedScenario, run: NativeRun, text: str, chain: tuple[str, ...] = ()
) -> ScenarioResult:
    """Return the result of a run of which nothing was seen."""
    return ScenarioResult(
        title=loaded.scenario.title,
        file=loaded.file,
        soc=run.facts.soc,
        devices=run.facts.devices,
        seed=None,
        end=RunKind.INCONCLUSIVE,
        end_text=text,
        end_expected=False,
        simulated_ns=0,
        chain=chain,
        expectations=(),
        violations=(),
        losses=(),
        findings=(),
        choices=(),
        trace=None,
        trace_hash=None,
        images_per_run=None,
        library=run.facts.why,
    )
