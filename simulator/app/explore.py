"""`aclsim explore`: try the orders in which a scenario or program may run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from simulator.app import options
from simulator.app.exits import ExitCode
from simulator.app.options import JsonCommand
from simulator.app.terminal import closing, err, out

if TYPE_CHECKING:
    from simulator.app.exploring.settings import RunSettings
    from simulator.app.exploring.subjects import Explored
    from simulator.app.exploring.telling import Explained
    from simulator.explore.bounds import Bounds

_EPILOG = """\
\b
Examples:
  aclsim explore my.yaml                       does it hold in every order within 2 deviations?
  aclsim explore my_program.py -- --images 8   the same for a program of your own
  aclsim explore my.yaml --strategy dpor       all orders, those that differ in nothing only once
  aclsim explore my.yaml --seconds 20 --json report.json
  aclsim explore my.yaml --export cases        write the minimal case, and a test of it

A deviation is a point where not the one went on whom a friendly runtime would let. A failure is run again,
made as small as possible, explained, and ends with a token for 'aclsim replay'. What a pass means is said in the
result: it holds for all orders, or within the bounds. Programs run many times over; what they print is not shown.
Exit codes: 0 holds, 1 counterexample, 3 counterexample that hangs, 4 inconclusive."""


@click.command(cls=JsonCommand, epilog=_EPILOG)
@click.argument("what", nargs=-1, metavar="[FILE.yaml|PROGRAM.py] [-- ARG…]")
@click.option("--module", "-m", metavar="MODULE", help="Explore a module, as python -m runs it.")
@click.option("--strategy", default="portfolio", show_default=True,
              metavar="[portfolio|bounded|dpor|exhaustive|uniform|pct|random|friendly]",
              help="How orders are picked.")  # fmt: skip
@click.option(
    "--deviations",
    type=click.IntRange(min=0),
    default=2,
    show_default=True,
    help="How many deviations from the friendly order to cover.",
)
@click.option("--timeouts", type=click.IntRange(min=0), default=1, show_default=True,
              help="How often one wait's timeout may win against what is pending.")  # fmt: skip
@click.option("--schedules", type=click.IntRange(min=1), help="Stop after so many runs.")
@click.option(
    "--seconds", type=click.FloatRange(min=0.0, min_open=True), help="Stop after so long, in real time."
)
@click.option("--timing", metavar="[untimed|nominal|LO..HI]", default="untimed", show_default=True,
              help="What durations may do: anything, nothing, or vary by these factors.")  # fmt: skip
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Decides what strategies draw at random."
)
@click.option("--jobs", "-j", type=click.IntRange(min=1), help="Processes [one per core].")
@options.soc_option
@options.devices_option
@options.costs_option
@options.fault_option
@options.unknown_option
@click.option("--strict", is_flag=True, help="Warnings fail a run, too.")
@click.option("--no-gil-model", is_flag=True, help="Let every call free the interpreter lock (programs).")
@click.option("--allow-code", is_flag=True, envvar="ACLSIM_ALLOW_CODE",
              help="Let side files of models run code from outside the working directory.")  # fmt: skip
@options.stall_after_option
@click.option("--stall-polls", type=click.IntRange(min=1), help="The same, counted in polls [2000].")
@options.time_limit_option
@click.option(
    "--export", "export_to", metavar="FOLDER", help="Write a counterexample as a scenario and a test."
)
@click.option("--force", is_flag=True, help="Let --export write over files.")
@click.option(
    "--token", "token_file", metavar="FILE", help="Write the token of a counterexample into a file."
)
@click.option("--json", "json_file", metavar="[FILE.json]", help="Report as JSON, on stdout or into a file.")
@click.option("--quiet", "-q", is_flag=True, help="Only the last line.")
def command(  # noqa: PLR0913 - one parameter per option
    what: tuple[str, ...],
    *,
    module: str | None,
    strategy: str,
    deviations: int,
    timeouts: int,
    schedules: int | None,
    seconds: float | None,
    timing: str,
    seed: int,
    jobs: int | None,
    soc: str | None,
    devices: int | None,
    costs: str | None,
    faults: tuple[str, ...],
    unknowns: tuple[str, ...],
    strict: bool,
    no_gil_model: bool,
    allow_code: bool,
    stall_after: int | None,
    stall_polls: int | None,
    time_limit: int | None,
    export_to: str | None,
    force: bool,
    token_file: str | None,
    json_file: str | None,
    quiet: bool,
) -> ExitCode:
    """Run a scenario, or a program of one's own, in many orders, and say what that proves.

    Without FILE, the built-in example is explored.
    """
    from simulator.app.exploring.export import check_export
    from simulator.app.exploring.settings import RunSettings
    from simulator.app.exploring.telling import closing_text, show
    from simulator.app.files import check_targets
    from simulator.explore.bounds import STALL_POLLS, Bounds

    settings = RunSettings(
        soc=soc, devices=devices, costs=costs, timing=timing, timeouts=timeouts, faults=faults,
        unknowns=unknowns, strict=strict, gil=not no_gil_model, allow_code=allow_code, stall_after=stall_after,
        stall_polls=stall_polls or STALL_POLLS, time_limit=time_limit,
    )  # fmt: skip
    settings.check()
    check_targets([("--json", json_file), ("--token", token_file)], list(what[:1]))
    explored = _explored(what, module, settings, seconds)
    if export_to is not None:
        check_export(export_to, explored, force=force)
    bounds = Bounds(deviations=deviations, schedules=schedules, seconds=seconds, timeouts=timeouts)
    done = _explore(explored, strategy, bounds, seed, jobs, quiet=quiet)
    if not quiet:
        show(done, table=json_file != "-")
    # Whatever cannot be written now, the result has been told.
    _write_json(done, json_file)
    for note in _written(done, export_to, token_file, force=force):
        err(f"note: {note}")
    closing(done.verdict, closing_text(done))
    return done.exit_code


def _explored(
    what: tuple[str, ...], module: str | None, settings: RunSettings, seconds: float | None
) -> Explored:
    from simulator.app.exploring.subjects import explored_program, explored_scenario, is_scenario

    if module is None and (not what or is_scenario(what[0])):
        if len(what) > 1:
            raise click.UsageError(
                f"a scenario takes no arguments ({' '.join(what[1:])}); explore one at a time"
            )
        return explored_scenario(what[0] if what else None, settings)
    from simulator.app.execution.target import Target

    if module is not None:
        return explored_program(Target("module", module, what), settings, seconds)
    return explored_program(Target("script", what[0], what[1:]), settings, seconds)


def _explore(
    explored: Explored, strategy: str, bounds: Bounds, seed: int, jobs: int | None, *, quiet: bool
) -> Explained:
    from simulator.app.exploring.occasions import idle_faults
    from simulator.app.exploring.progress import shown_exploring
    from simulator.app.exploring.telling import Explained
    from simulator.explore.exploring import explore
    from simulator.explore.report import examine

    with shown_exploring(explored.name or "example", bounds, wanted=not quiet) as look:
        result = explore(
            explored.subject, strategy=strategy, bounds=bounds, seed=seed, jobs=jobs, progress=look
        )
        idle = idle_faults(explored.subject, explored.settings.faults)
        if result.seen is None or result.seen.failure is None:
            return Explained(explored, result, None, None, idle)
        found = examine(explored.subject, result.seen, seed=seed)
    return Explained(explored, result, found, explored.token(found.seen, found.deviations), idle)


def _written(done: Explained, folder: str | None, token_file: str | None, *, force: bool) -> list[str]:
    """Write the files that were asked for; return what to say of them."""
    from simulator.app.exploring.export import export
    from simulator.app.files import write_whole

    notes: list[str] = []
    if done.counterexample is None:
        return notes
    if token_file is not None:
        write_whole("--token", token_file, f"{done.token}\n")
        notes.append(f"the token was written to {token_file}; replay it with: aclsim replay {token_file}")
    if folder is not None:
        notes += export(folder, done.explored, done.counterexample, force=force)
    return notes


def _write_json(done: Explained, file: str | None) -> None:
    from simulator.app.exploring.telling import exploration_json
    from simulator.app.files import marked, write_whole

    if file is None:
        return
    text = marked(exploration_json(done))
    if file == "-":
        out(text.rstrip())
    else:
        write_whole("--json", file, text)
