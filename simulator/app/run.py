"""`aclsim run`: run scenario files and judge them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from simulator.app import options
from simulator.app.exits import ExitCode, worst
from simulator.app.options import JsonCommand, refuse_simulated
from simulator.app.terminal import closing, err, out
from simulator.base.errors import UserError

if TYPE_CHECKING:
    from simulator.app.native.machine import Asked, Facts
    from simulator.app.native.scenarios import NativeRun
    from simulator.app.runner import Finished, RunOptions
    from simulator.scenario.load import LoadedScenario

_EPILOG = """\
\b
Examples:
  aclsim run                                   the built-in example
  aclsim run scenarios/*.yaml                  a whole course
  aclsim run my.yaml --seed 7 --trace run.json another order, and a timeline for Perfetto
  aclsim run my.yaml --json report.json        the report for a machine, too

Durations have a unit (3us, 2.8ms, 1h) and are simulated time. The result goes to stdout; findings, the
explanation of a deadlock and the last line, `aclsim: <result> …`, go to stderr.

With --backend ascend a scenario runs on a real libascendcl, in a process of its own: times are real, what only
the device knows is not checked (docs/switch.md)."""
# What a run on a real library can be told.
_NATIVE = frozenset({
    "backend", "library", "via", "trace", "save_trace", "stall_after", "time_limit", "json_file", "strict", "quiet",
    "verbose",
})  # fmt: skip


@click.command(cls=JsonCommand, epilog=_EPILOG)
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]…")
@options.seed_option
@options.soc_option
@options.devices_option
@options.costs_option
@options.fault_option
@options.unknown_option
@options.backend_option
@options.library_option
@options.via_option
@options.trace_option
@click.option("--picture", metavar="FILE", help="Draw a small run (SVG).")
@options.save_trace_option
@options.choices_option
@options.replay_option
@options.stall_after_option
@options.stall_polls_option
@options.time_limit_option
@click.option("--json", "json_file", metavar="[FILE.json]", help="Report as JSON, on stdout or into a file.")
@options.strict_option
@options.summary_option
@click.option("--quiet", "-q", is_flag=True, help="Only what went wrong, and the last line.")
@click.option(
    "--verbose", "-v", is_flag=True, help="The whole table for every scenario, with summary and notes."
)
def command(  # noqa: PLR0913 - one parameter per option
    scenarios: tuple[str, ...],
    *,
    seed: int | None,
    soc: str | None,
    devices: int | None,
    costs: str | None,
    faults: tuple[str, ...],
    unknowns: tuple[str, ...],
    backend: str,
    library: str | None,
    via: str | None,
    trace: str | None,
    picture: str | None,
    save_trace: str | None,
    choices: str | None,
    replay: str | None,
    stall_after: int | None,
    stall_polls: int | None,
    time_limit: int | None,
    json_file: str | None,
    strict: bool,
    summary: bool,
    quiet: bool,
    verbose: bool,
) -> ExitCode:
    """Run scenario files, check what they expect and the ordering guarantees, and explain what hangs.

    Without SCENARIO, the built-in example runs.
    """
    from simulator.app.files import check_targets
    from simulator.app.native.machine import Asked
    from simulator.app.native.scenarios import NativeRun, native_limits
    from simulator.app.runner import RunOptions, load_all

    if len(scenarios) > 1 and (trace or picture or save_trace or choices or replay):
        raise click.UsageError(
            "--trace, --picture, --save-trace, --choices and --replay are about one scenario; name only one"
        )
    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose exclude each other")
    targets = [("--trace", trace), ("--picture", picture), ("--save-trace", save_trace)]
    targets += [("--choices", choices), ("--json", json_file)]
    check_targets(targets, [*scenarios, *([replay] if replay else [])])
    style = _Style(
        quiet=quiet,
        verbose=verbose,
        summary=summary or verbose,
        many=len(scenarios) > 1,
        table=json_file != "-",
    )
    found = _library(asked := Asked(backend, library, via))
    if found is not None:
        way = NativeRun(
            asked, found, native_limits(stall_after, time_limit), trace, save_trace, strict=strict
        )
        return _run_all(load_all(scenarios), scenarios, way, style, json_file)
    options = RunOptions(
        seed=seed, soc=soc, devices=devices, costs=costs, faults=faults, unknowns=unknowns,
        stall_after=stall_after, stall_polls=stall_polls, time_limit=time_limit, replay=replay,
        choices=choices, trace=trace, picture=picture, save_trace=save_trace, strict=strict,
    )  # fmt: skip
    options.check()
    return _run_all(load_all(scenarios), scenarios, options, style, json_file)


def _library(asked: Asked) -> Facts | None:
    """Return the library that is asked for; None leaves it to the simulator. Raises `UserError`."""
    from simulator.app.native.machine import look

    if asked.backend != "simulator":
        facts = look(asked)
        if asked.backend == "auto":
            err(f"aclsim: backend auto: took {facts.name} ({facts.why})")
        if facts.name != "simulator":
            refuse_simulated(click.get_current_context(), _NATIVE)
            return facts
    for name, value in {"--library": asked.library, "--via": asked.via}.items():
        if value is not None and asked.backend == "simulator":
            raise click.UsageError(f"{name} is about --backend ascend")
    return None


@dataclass(frozen=True, slots=True)
class _Style:
    """How much is said; `table` is False when stdout belongs to the JSON report."""

    quiet: bool
    verbose: bool
    summary: bool
    many: bool
    table: bool

    def show(self, done: Finished) -> None:
        """Report one run as soon as it is over."""
        from simulator.app.report import show_remarks, show_result, show_result_line

        fine = done.exit_code is ExitCode.PASSED
        if self.table and not self.quiet:
            if fine and self.many and not self.verbose:
                show_result_line(done)
            else:
                show_result(done, summary=self.summary)
        if not (fine and self.quiet):
            show_remarks(done, notes=self.verbose)


def _run_all(
    loaded: list[LoadedScenario],
    scenarios: tuple[str, ...],
    way: RunOptions | NativeRun,
    style: _Style,
    json_file: str | None,
) -> ExitCode:
    from simulator.app.cli import report_bug
    from simulator.app.files import marked, write_whole
    from simulator.app.report import closing_text
    from simulator.app.report_json import report_head, scenario_json

    finished: list[Finished] = []
    reports: list[object] = []
    for scenario, file in zip(loaded, scenarios or (None,), strict=True):
        try:
            done = _run_one(scenario, way, file, shown=not style.quiet)
        except UserError as error:
            raise UserError(f"{scenario.file}: {error}") from None
        except Exception as error:  # noqa: BLE001 - whatever it is, it is ours and is told with its replay
            return report_bug(error, way.command(file))
        style.show(done)
        if json_file is not None:
            reports.append(scenario_json(done))
        finished.append(done.without_trace())
    code = worst(done.exit_code for done in finished)
    if json_file is not None:
        text = marked(report_head(finished, code), rows=reports, rows_key="scenarios")
        if json_file == "-":
            out(text.rstrip())
        else:
            write_whole("--json", json_file, text)
    closing(*closing_text(finished, code, notes=style.verbose))
    return code


def _run_one(
    scenario: LoadedScenario, way: RunOptions | NativeRun, file: str | None, *, shown: bool
) -> Finished:
    from simulator.app.progress import shown_progress
    from simulator.app.runner import RunOptions, run_one

    if isinstance(way, RunOptions):
        with shown_progress(scenario.scenario.title, wanted=shown):
            return run_one(scenario, way, file=file)
    from simulator.app.native.scenarios import run_native

    return run_native(scenario, way, file=file)
