"""`aclsim conformance`: where a library differs from the model, and what it does where nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from simulator.app import options
from simulator.app.options import Duration, JsonCommand, OptionSetting
from simulator.app.terminal import closing, err, out
from simulator.base.errors import UserError

if TYPE_CHECKING:
    from simulator.app.conformance.cases import Suite
    from simulator.app.conformance.probing import Answer
    from simulator.app.conformance.running import Candidate, Comparing, Row
    from simulator.app.conformance.telling import Compared
    from simulator.app.exits import ExitCode
    from simulator.app.native.machine import Asked, Facts

_EPILOG = """\
\b
Examples:
  aclsim conformance --backend ascend                     all that can be seen from outside
  aclsim conformance --backend ascend a c4 O5             only rules a, rule c4 and guarantee O5
  aclsim conformance --backend ascend --probe --profile-out measured.toml
  aclsim run my.yaml --profile measured.toml              as that library does

Each case runs in a process of its own, so that a hang ends with it. Times are told and never judged.
Ends with 0 when nothing differs, 1 when something does, 2 for wrong usage, 4 when a case could not be decided.
docs/switch.md has the keys of the JSON report."""


@click.command(cls=JsonCommand, epilog=_EPILOG)
@click.argument("rules", nargs=-1, metavar="[RULE]…")
@options.backend_option
@options.library_option
@options.via_option
@click.option("--probe", "probes", is_flag=True, help="Find out what the library does where nobody knows.")
@click.option("--profile-out", metavar="FILE.toml", help="Write what --probe finds as a profile.")
@click.option(
    "--soc",
    "--profile",
    "soc",
    metavar="NAME",
    help="The SoC of the model, or a .toml file [what the library says it is].",
)
@click.option(
    "--option",
    "unknowns",
    type=OptionSetting(),
    multiple=True,
    metavar="NAME=VALUE",
    help="What the model does where nobody knows; may be repeated.",
)
@click.option(
    "--patience",
    type=Duration(),
    default="10s",
    show_default=True,
    help="A case hangs when so long nothing happens.",
)
@click.option("--json", "json_file", metavar="[FILE.json]", help="Report as JSON, on stdout or into a file.")
@click.option("--verbose", "-v", is_flag=True, help="Show all rows, not only those that are not the same.")
@click.option("--list", "lists", is_flag=True, help="Say what the cases are, and run none.")
def command(  # noqa: PLR0913 - one parameter per option
    rules: tuple[str, ...],
    *,
    backend: str,
    library: str | None,
    via: str | None,
    probes: bool,
    profile_out: str | None,
    soc: str | None,
    unknowns: tuple[str, ...],
    patience: int,
    json_file: str | None,
    verbose: bool,
    lists: bool,
) -> ExitCode:
    """Run the conformance suite on a library and on the model, and tell where they differ."""
    from simulator.app.conformance.cases import suite
    from simulator.app.conformance.running import Comparing, Model
    from simulator.app.conformance.telling import Compared
    from simulator.app.files import check_targets
    from simulator.app.native.machine import Asked

    chosen = suite().about(rules)
    if not chosen.cases and not chosen.unseen:
        raise UserError(
            f"no case is about {', '.join(rules)}: name rules such as a8 or O5, or letters such as c"
        )
    if profile_out is not None and not probes:
        raise click.UsageError("--profile-out is what --probe finds: add --probe")
    if lists:
        return _list(chosen)
    check_targets([("--json", json_file), ("--profile-out", profile_out)], [])
    asked = Asked(backend, library, via)
    facts = _facts(asked)
    soc = soc or _soc_of(facts)
    comparing = Comparing(Model(soc, unknowns), _candidate(asked, facts, patience))
    compared = Compared(facts.name, facts.why, facts.version, soc, facts.devices, unknowns)
    return _run(comparing, compared, chosen, _Report(json_file, profile_out, probes=probes, verbose=verbose))


class _Report:
    """Where the report goes, and how much of it is shown."""

    def __init__(
        self, json_file: str | None, profile_out: str | None, *, probes: bool, verbose: bool
    ) -> None:
        self.json_file = json_file
        self.profile_out = profile_out
        self.probes = probes
        self.verbose = verbose

    @property
    def shown(self) -> bool:
        """Whether people read stdout."""
        return self.json_file != "-"


def _list(chosen: Suite) -> ExitCode:
    from simulator.app.exits import ExitCode
    from simulator.app.terminal import columns

    for line in columns([(case.name, case.does) for case in chosen.cases], indent=""):
        out(line)
    closing("passed", f"{len(chosen.cases)} cases; {len(chosen.unseen)} rules cannot be seen from outside")
    return ExitCode.PASSED


def _facts(asked: Asked) -> Facts:
    from acl_api.settings import read_settings
    from simulator.app.native.machine import Facts, look

    if asked.backend != "simulator":
        found = look(asked)
        if asked.backend == "auto":
            err(f"aclsim: backend auto: took {found.name} ({found.why})")
        if found.name != "simulator":
            return found
    settings = read_settings()
    why = "the simulator, as the environment has it"
    return Facts("simulator", why, "simulated", settings.soc, len(settings.seen()), simulated=True)


def _soc_of(facts: Facts) -> str:
    """Return the profile of what the library says that it is."""
    from simulator.base.profile import ProfileError, load_profile, profile_names

    try:
        return load_profile(facts.soc).key if not facts.soc.endswith(".toml") else facts.soc
    except ProfileError:
        names = ", ".join(profile_names())
        raise UserError(
            f"the library says that it runs on {facts.soc}, which no profile is about: say --soc, one of {names}"
        ) from None


def _candidate(asked: Asked, facts: Facts, patience: int) -> Candidate:
    from acl_api.settings import read_settings
    from simulator.app.conformance.running import OnLibrary, OnSimulator
    from simulator.app.native.machine import Asked
    from simulator.app.native.scenarios import NativeRun, native_limits

    if facts.name == "simulator":
        settings = read_settings()
        return OnSimulator(settings.soc, settings.options)
    asked = Asked("ascend", asked.library, asked.via)
    return OnLibrary(NativeRun(asked, facts, native_limits(patience, None), quiet=True))


def _run(comparing: Comparing, compared: Compared, chosen: Suite, report: _Report) -> ExitCode:
    from dataclasses import replace

    from simulator.app.conformance import telling
    from simulator.app.conformance.probing import probe
    from simulator.app.conformance.running import Comparing, Verdict

    if report.shown:
        telling.show_head(compared)
    answers: list[Answer] = []
    if report.probes:
        answers = [*probe(chosen, comparing.model, comparing.candidate)]
        # What has been found out is no difference any more.
        found = tuple(answer.setting for answer in answers if answer.setting is not None)
        model = replace(comparing.model, options=(*comparing.model.options, *found))
        comparing = Comparing(model, comparing.candidate)
        if report.shown:
            telling.show_answers(answers)
    rows: list[Row] = []
    for row in comparing.rows(chosen):
        rows.append(row)
        if report.shown and (report.verbose or row.verdict not in {Verdict.SAME, Verdict.NOT_SEEN}):
            telling.show_row(row)
    _write(report, compared, rows, answers)
    code = telling.exit_code(rows, answers)
    closing(_WORDS[int(code)], telling.closing_text(rows, answers))
    return code


_WORDS = {0: "passed", 1: "failed", 4: "inconclusive"}


def _write(report: _Report, compared: Compared, rows: list[Row], answers: list[Answer]) -> None:
    from simulator.app.conformance import telling
    from simulator.app.conformance.probing import profile_text
    from simulator.app.files import marked, write_whole

    if report.profile_out is not None:
        text = profile_text(answers, library=compared.library, soc=compared.soc)
        write_whole("--profile-out", report.profile_out, text)
    if report.json_file is not None:
        head = telling.report_head(compared, rows, answers)
        text = marked(head, rows=map(telling.row_json, rows), rows_key="cases")
        if report.json_file == "-":
            out(text.rstrip())
        else:
            write_whole("--json", report.json_file, text)
