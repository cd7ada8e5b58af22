"""`aclsim replay`: run a token again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import click

from simulator.app import options
from simulator.app.exits import ExitCode
from simulator.app.options import JsonCommand
from simulator.app.terminal import closing, out
from simulator.base.errors import UserError

if TYPE_CHECKING:
    from simulator.explore.tokens import Token

_EPILOG = """\
\b
Examples:
  aclsim replay acl1.dEkTWT…                   what the token names, in the order of the token
  aclsim replay acl1.dEkTWT… mended.yaml       the same order on another version of the file
  aclsim replay found.token --trace run.json   a token in a file; and a timeline for Perfetto

Where the file or program has changed so that the recorded order is not possible, a note says where it was left;
from there on everything goes in the friendly order. Exit codes are those of 'aclsim run' and 'aclsim exec'."""


@dataclass(frozen=True, slots=True)
class _Style:
    """What is written about the run: files, and how much."""

    trace: str | None
    save_trace: str | None
    json: str | None
    summary: bool
    quiet: bool


@click.command(cls=JsonCommand, epilog=_EPILOG)
@click.argument("token")
@click.argument("file", required=False)
@options.trace_option
@options.save_trace_option
@click.option("--json", "json_file", metavar="[FILE.json]", help="Report as JSON, on stdout or into a file.")
@options.summary_option
@click.option("--quiet", "-q", is_flag=True, help="Only what went wrong, and the last line.")
def command(
    token: str,
    file: str | None,
    *,
    trace: str | None,
    save_trace: str | None,
    json_file: str | None,
    summary: bool,
    quiet: bool,
) -> ExitCode:
    """Run a scenario or program in the order that TOKEN, or a file with one in it, says.

    FILE takes the place of the file that the token names.
    """
    from simulator.app.files import check_targets
    from simulator.explore.tokens import read_token

    parsed = read_token(token)
    named = file or (parsed.name if parsed.kind in {"scenario", "script"} else "")
    targets = [("--trace", trace), ("--save-trace", save_trace), ("--json", json_file)]
    check_targets(targets, [named] if named else [])
    style = _Style(trace, save_trace, json_file, summary, quiet)
    if parsed.kind != "scenario":
        _replay_program(parsed, file, style)
    return _replay_scenario(parsed, file, style)


def _replay_scenario(token: Token, file: str | None, style: _Style) -> ExitCode:
    from dataclasses import replace

    from simulator.app.exploring.replaying import replay_scenario
    from simulator.app.files import marked, write_whole
    from simulator.app.report import closing_text, show_remarks, show_result
    from simulator.app.report_json import report_head, scenario_json
    from simulator.app.runner import RunOptions, write_files

    replayed = replay_scenario(token, file)
    done, code = replayed.finished, replayed.exit_code
    written = write_files(RunOptions(trace=style.trace, save_trace=style.save_trace), done.result)
    done = replace(done, notes=(*done.notes, *written))
    if not style.quiet and style.json != "-":
        show_result(done, summary=style.summary)
    if not (style.quiet and code is ExitCode.PASSED):
        show_remarks(done)
    if style.json is not None:
        text = marked(report_head([done], code), rows=[scenario_json(done)], rows_key="scenarios")
        if style.json == "-":
            out(text.rstrip())
        else:
            write_whole("--json", style.json, text)
    closing(*closing_text([done], code))
    return code


def _replay_program(token: Token, file: str | None, style: _Style) -> NoReturn:
    if style.json == "-":
        raise UserError("--json: stdout belongs to the program; name a file, as in --json report.json")
    from simulator.app.exec import fix_hash_seed
    from simulator.app.exploring.programs import run_with
    from simulator.app.exploring.replaying import command_of, left_path
    from simulator.app.exploring.settings import settings_of
    from simulator.app.exploring.subjects import changes, program_hash, target_of
    from simulator.explore.deviations import Deviating

    target = target_of(token, file)
    target.check()
    fix_hash_seed()
    chooser = Deviating(token.deviations)
    asked = settings_of(token).exec_options(
        trace=style.trace, save_trace=style.save_trace, json=style.json, summary=style.summary,
        quiet=style.quiet, again=command_of(token, file),
    )  # fmt: skip
    before = changes(token, target.name, program_hash(target))
    run_with(chooser, target, asked, lambda: [*before, *left_path(chooser)])
