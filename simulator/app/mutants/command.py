"""`aclsim mutants`: does a set of tests notice when the runtime is wrong?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from simulator.app.exits import ExitCode
from simulator.app.options import JsonCommand
from simulator.app.terminal import closing, columns, out, tinted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.app.mutants.hunt import Row
    from simulator.app.mutants.mutant import Mutant

_EPILOG = """\
\b
Examples:
  aclsim mutants                          the project's own property kit against all of them
  aclsim mutants --only lifo-reports
  aclsim mutants -- pytest tests/         your own tests: which mistakes would they notice?
  aclsim mutants --json mutants.json      the rows for a machine

A mutant is a runtime that is wrong on purpose. Your command is run once without any, and must then end with 0, and
once per mutant; another exit code means that it has noticed. Exit codes: 0 all are noticed, 1 some survive."""


@click.command(cls=JsonCommand, epilog=_EPILOG)
@click.argument("suite", nargs=-1, metavar="[-- COMMAND…]")
@click.option("--only", multiple=True, metavar="NAME", help="Only this mutant; may be repeated.")
@click.option("--list", "listed", is_flag=True, help="Only say what there is.")
@click.option("--jobs", "-j", type=click.IntRange(min=1), help="Commands at a time [one per core].")
@click.option("--markdown", is_flag=True, help="Print the table of the documents.")
@click.option(
    "--json", "json_file", metavar="[FILE.json]", help="The rows as JSON, on stdout or into a file."
)
def command(
    suite: tuple[str, ...],
    *,
    only: tuple[str, ...],
    listed: bool,
    jobs: int | None,
    markdown: bool,
    json_file: str | None,
) -> ExitCode:
    """Run a set of tests against runtimes that are wrong on purpose: without COMMAND, the project's own."""
    from simulator.app.files import check_targets
    from simulator.app.mutants.catalogue import CATALOGUE, find_mutant

    if markdown and (suite or listed or json_file):
        raise click.UsageError(
            "--markdown prints the project's own table; leave out COMMAND, --list and --json"
        )
    check_targets([("--json", json_file)], ())
    wanted = [find_mutant(name) for name in only] or list(CATALOGUE.values())
    if listed:
        for line in columns([(mutant.name, mutant.mistake) for mutant in wanted], indent=""):
            out(line)
        return ExitCode.PASSED
    if suite:
        return _finish(_judged(suite, wanted, jobs, shown=json_file != "-"), json_file)
    rows = _hunted(wanted, shown=json_file != "-" and not markdown)
    if markdown:
        from simulator.app.mutants.table import markdown as table

        out(table(rows).rstrip())
        return ExitCode.PASSED
    return _finish(({**asdict(row), "seconds": round(row.seconds, 3)} for row in rows), json_file)


def _hunted(mutants: list[Mutant], *, shown: bool) -> Iterator[Row]:
    from simulator.app.mutants.hunt import hunt

    for mutant in mutants:
        row = hunt(mutant)
        if shown:
            schedules = f"{row.schedules} schedule{'' if row.schedules == 1 else 's'}"
            _show(
                row.name,
                f"{row.property or 'nobody':4} {schedules:>13}  {row.seconds:.2f} s",
                killed=row.killed,
            )
        yield row


def _judged(
    suite: tuple[str, ...], mutants: list[Mutant], jobs: int | None, *, shown: bool
) -> Iterator[dict[str, object]]:
    from simulator.app.mutants.suites import Suite

    for verdict in Suite(suite).judge(mutants, jobs):
        how = "took too long" if verdict.exit_code is None else f"exit code {verdict.exit_code}"
        mutant = verdict.mutant
        if shown:
            _show(mutant.name, f"{how:14} {verdict.seconds:.1f} s  {mutant.mistake}", killed=verdict.killed)
        seconds = round(verdict.seconds, 3)
        yield {
            "name": mutant.name,
            "mistake": mutant.mistake,
            "exit_code": verdict.exit_code,
            "seconds": seconds,
            "killed": verdict.killed,
        }


def _show(name: str, text: str, *, killed: bool) -> None:
    from simulator.app.mutants.catalogue import CATALOGUE

    width = max(map(len, CATALOGUE))
    out(f"{tinted('killed' if killed else 'survived', 8)}  {name:{width}}  {text}".rstrip())


def _finish(found: Iterator[dict[str, object]], json_file: str | None) -> ExitCode:
    from simulator.app.files import marked, write_whole

    rows = list(found)
    survivors = [str(row["name"]) for row in rows if not row["killed"]]
    code = ExitCode.FAILED if survivors else ExitCode.PASSED
    if json_file is not None:
        head: dict[str, object] = {
            "exit_code": int(code),
            "killed": len(rows) - len(survivors),
            "survived": len(survivors),
        }
        text = marked(head, rows=rows, rows_key="mutants")
        if json_file == "-":
            out(text.rstrip())
        else:
            write_whole("--json", json_file, text)
    if survivors:
        closing("failed", f"{len(survivors)} of {len(rows)} mutants survive: {', '.join(survivors)}")
    else:
        closing("passed", f"all {len(rows)} mutants are noticed")
    return code
