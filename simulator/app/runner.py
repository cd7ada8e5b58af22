"""From options to runs: loads scenarios, runs them, and knows the command that runs them again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Final

from acl_api.settings import MOST_DEVICES
from acl_api.table import by_op
from simulator.app.choices import about_replay, choices_text, make_chooser
from simulator.app.exits import ExitCode
from simulator.app.files import save_trace, write_whole
from simulator.base.errors import UserError
from simulator.base.profile import load_profile
from simulator.base.units import format_duration
from simulator.check.finding import has_severity
from simulator.engine.choice import Chooser
from simulator.engine.hosts.stall import StallLimits
from simulator.export.chrome import write_chrome
from simulator.export.picture import timeline_svg, write_picture
from simulator.export.tracefile import Ending
from simulator.scenario.interpret import run_scenario
from simulator.scenario.load import LoadedScenario, load_scenario, parse_scenario
from simulator.scenario.result import ScenarioResult, Verdict

EXAMPLE: Final = "blocking_callback.yaml"
EXIT_OF: Final = {
    Verdict.PASSED: ExitCode.PASSED,
    Verdict.FAILED: ExitCode.FAILED,
    Verdict.DEADLOCK: ExitCode.DEADLOCK,
    Verdict.STALLED: ExitCode.DEADLOCK,
    Verdict.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
}


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line says about a run; None leaves it to the file, and then to the default.

    `stall_after` and `time_limit` are simulated ns; `replay` and `choices` are files; `unknowns` are NAME=VALUE.
    """

    seed: int | None = None
    soc: str | None = None
    devices: int | None = None
    costs: str | None = None
    faults: tuple[str, ...] = ()
    unknowns: tuple[str, ...] = ()
    stall_after: int | None = None
    stall_polls: int | None = None
    time_limit: int | None = None
    replay: str | None = None
    choices: str | None = None
    trace: str | None = None
    picture: str | None = None
    save_trace: str | None = None
    strict: bool = False

    def stall(self, budget: int | None) -> StallLimits:
        """Return the bounds of a run whose file sets the time budget *budget*."""
        return StallLimits.asked(
            after=self.stall_after, polls=self.stall_polls, budget=self.time_limit or budget
        )

    def check(self) -> None:
        """Raise `UserError` for a SoC or number of devices that there is not."""
        if self.soc is not None:
            load_profile(self.soc)
        if self.devices is not None and self.devices > MOST_DEVICES:
            raise UserError(f"--devices {self.devices}: a machine has 1 to {MOST_DEVICES} devices")

    def command(self, file: str | None) -> str:
        """Return the command that runs *file* (None: the built-in example) again in the same way."""
        words = ["aclsim", "run"]
        if file is not None:
            words.append(file)
        given: dict[str, object] = {
            "--seed": None if self.replay else self.seed,
            "--replay": self.replay,
            "--soc": self.soc,
            "--devices": self.devices,
            "--costs": self.costs,
            "--stall-after": self.stall_after and format_duration(self.stall_after),
            "--stall-polls": self.stall_polls,
            "--time-limit": self.time_limit and format_duration(self.time_limit),
        }
        for option, value in given.items():
            if value is not None:
                words += [option, str(value)]
        for fault in self.faults:
            words += ["--fault", fault]
        for unknown in self.unknowns:
            words += ["--option", unknown]
        if self.strict:
            words.append("--strict")
        return shlex.join(words)


@dataclass(frozen=True, slots=True)
class Finished:
    """One scenario that was run: what it was, what came out, and the command that repeats it."""

    loaded: LoadedScenario
    result: ScenarioResult
    replay: str
    notes: tuple[str, ...] = ()
    strict: bool = False

    @property
    def exit_code(self) -> ExitCode:
        """The exit code it asks for."""
        code = EXIT_OF[self.result.verdict]
        return ExitCode.FAILED if code is ExitCode.PASSED and self.is_too_loose else code

    @property
    def is_too_loose(self) -> bool:
        """Whether there are findings that the file does not expect, and they matter."""
        return self.strict and has_severity(self.result.unexpected, "error", "warning")

    @property
    def word(self) -> str:
        """The result in a word."""
        return Verdict.FAILED.value if self.is_too_loose and self.result.passed else self.result.verdict.value

    def without_trace(self) -> Finished:
        """Return the same without its records, which are most of its memory."""
        return replace(self, result=replace(self.result, trace=None))


def load_all(files: Sequence[str]) -> list[LoadedScenario]:
    """Load every file, or the built-in example when there is none.

    Raises `UserError` with the mistakes of all files, so that one round of mending is enough.
    """
    if not files:
        return [_example()]
    loaded, mistakes = [], []
    for file in files:
        try:
            loaded.append(load_scenario(file))
        except UserError as error:
            mistakes.append(str(error))
    if mistakes:
        raise UserError("\n".join(mistakes))
    return loaded


def _example() -> LoadedScenario:
    text = (resources.files("simulator.scenario") / "examples" / EXAMPLE).read_text("utf-8")
    return parse_scenario(text, f"built-in/{EXAMPLE}")


def run_one(loaded: LoadedScenario, options: RunOptions, *, file: str | None) -> Finished:
    """Run *loaded* and write the files that *options* ask for; *file* is what the user called it.

    Raises `UserError` for a SoC or number of devices that there is not, and for files that cannot be used.
    """
    chooser, recorded_hash = _chooser(options, loaded.scenario.seed)
    result = run_scenario(
        loaded,
        seed=options.seed,
        soc=options.soc,
        devices=options.devices,
        chooser=chooser,
        costs=options.costs,
        faults=options.faults,
        options=options.unknowns,
        stall=options.stall(loaded.scenario.budget),
    )
    notes = [
        *result.fault_report,
        *result.cost_report,
        *about_replay(chooser, result.trace_hash, recorded_hash),
    ]
    notes += write_files(options, result)
    return Finished(loaded, result, options.command(file), tuple(notes), strict=options.strict)


def write_files(options: RunOptions, result: ScenarioResult) -> list[str]:
    """Write what *options* ask for of a run; return what to say of it."""
    notes = []
    if options.trace is not None and result.trace is not None:
        names = {op: row.c_name for op, row in by_op().items()}
        count = write_chrome(options.trace, result.trace, profile_name=result.soc, names=names)
        notes.append(f"{count:,} events written to {options.trace}; open it at https://ui.perfetto.dev")
    if options.picture is not None and result.trace is not None:
        svg = timeline_svg(result.trace, title=result.title, until=result.simulated_ns)
        write_picture(Path(options.picture), svg)
        notes.append(f"picture written to {options.picture}")
    if options.save_trace is not None and result.trace is not None:
        notes += save_trace(options.save_trace, result.trace, _ending(result), _about(result))
    if options.choices is not None:
        write_whole("--choices", options.choices, _choices_text(result))
        notes.append(f"{len(result.choices):,} choices written to {options.choices}; replay with --replay")
    return notes


def _chooser(options: RunOptions, file_seed: int | None) -> tuple[Chooser | None, str | None]:
    """Return who decides (None: as the scenario says), and the trace hash that a replay should reach."""
    seed = file_seed if options.seed is None else options.seed
    return make_chooser(options.replay, seed, record=options.choices is not None)


def _choices_text(result: ScenarioResult) -> str:
    return choices_text({**_about(result), "trace_hash": result.trace_hash}, result.choices)


def _about(result: ScenarioResult) -> dict[str, object]:
    about: dict[str, object] = {
        "scenario": result.file,
        "soc": result.soc,
        "devices": result.devices,
        "seed": result.seed,
    }
    return about if result.library is None else {**about, "library": result.library}


def _ending(result: ScenarioResult) -> Ending:
    whole = result.library is None
    return Ending(result.end.value, result.simulated_ns, result.end_text, result.chain, whole=whole)
