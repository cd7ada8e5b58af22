"""`aclsim check`: look for mistakes in a run that was kept in a file."""

from __future__ import annotations

import click

from simulator.app.exits import ExitCode, worst
from simulator.app.options import JsonCommand
from simulator.app.terminal import closing, out

_EPILOG = """\
\b
Examples:
  aclsim exec my_program.py --save-trace run.jsonl
  aclsim check run.jsonl                       guarantees, races, misuse, leaks, why it hung
  aclsim check *.jsonl --strict --json out.json

A race is found in whichever order the run had its two accesses. Nothing is run again; a trace of another machine
or day does as well. The exit code is that of the run: 3 when it was stuck, 1 when a guarantee is broken or, with
--strict, when there are errors or warnings."""


@click.command(cls=JsonCommand, epilog=_EPILOG)
@click.argument("traces", nargs=-1, required=True, metavar="FILE…")
@click.option("--strict", is_flag=True, help="End with 1 when there are errors or warnings.")
@click.option("--json", "json_file", metavar="[FILE.json]", help="Report as JSON, on stdout or into a file.")
@click.option("--quiet", "-q", is_flag=True, help="Only what is wrong, and the last line.")
@click.option("--verbose", "-v", is_flag=True, help="Notes, too: what is legal and worth knowing.")
def command(
    traces: tuple[str, ...], *, strict: bool, json_file: str | None, quiet: bool, verbose: bool
) -> ExitCode:
    """Check stored traces: ordering guarantees, races, use of memory, misuse, leaks, and why a run was stuck."""
    from simulator.app.checked import check_file, checked_json, closing_text, show
    from simulator.app.files import check_targets, marked, write_whole

    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose exclude each other")
    check_targets([("--json", json_file)], traces)
    checked = [check_file(name, strict=strict) for name in traces]
    for each in checked:
        show(each, quiet=quiet or json_file == "-", verbose=verbose)
    code = worst(each.exit_code for each in checked)
    if json_file is not None:
        text = marked(
            {"report": 1, "exit_code": int(code)},
            rows=[checked_json(each) for each in checked],
            rows_key="traces",
        )
        if json_file == "-":
            out(text.rstrip())
        else:
            write_whole("--json", json_file, text)
    word = next((each.word for each in checked if each.exit_code is code), "passed")
    closing(word, closing_text(checked))
    return code
