"""Option types that several commands share."""

from __future__ import annotations

from collections.abc import Iterable

import click
from click.core import ParameterSource

from simulator.base.errors import UserError
from simulator.base.units import UnitError, parse_duration


class Duration(click.ParamType[int]):
    """A duration with its unit, such as 3us or 1h, as nanoseconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the nanoseconds of *value*."""
        if isinstance(value, int):
            return value
        try:
            return parse_duration(value)
        except UnitError as error:
            self.fail(str(error), param, ctx)


class FaultSpec(click.ParamType[str]):
    """A declared fault, such as report.lost:postprocess#1, as its own text with names and codes resolved."""

    name = "fault"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return *value* as `DeclaredFault.spec` writes it."""
        from acl_api.faults import parse_fault  # reads the whole table

        try:
            return parse_fault(value).spec
        except UserError as error:
            self.fail(str(error), param, ctx)


class OptionSetting(click.ParamType[str]):
    """What a run does where the real runtime is not known, such as no_block=reject."""

    name = "option"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return *value*, which is right."""
        from simulator.core.options import setting_of

        try:
            return "=".join(setting_of(value))
        except UserError as error:
            self.fail(str(error), param, ctx)


def refuse_simulated(ctx: click.Context, allowed: Iterable[str]) -> None:
    """Raise UsageError for the first option given that is about the simulator alone: hardware decides there."""
    for param in ctx.command.params:
        given = ctx.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
        if given and isinstance(param, click.Option) and param.name not in allowed:
            raise click.UsageError(
                f"{param.opts[0]} is about the simulator; with --backend ascend the library and the clock decide"
            )


class JsonCommand(click.Command):
    """A command whose option `--json` may stand alone or name a file.

    What follows `--json` is its file only when it ends in .json: `--json my.yaml` runs a scenario.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse with every `--json` written as `--json=FILE`."""
        return super().parse_args(ctx, list(_with_targets(args)))


def _with_targets(args: list[str]) -> Iterable[str]:
    rest = iter(range(len(args)))
    for at in rest:
        following = args[at + 1] if at + 1 < len(args) else ""
        if args[at] == "--":
            yield from args[at:]
            return
        if args[at] != "--json":
            yield args[at]
        elif following.endswith(".json") and not following.startswith("-"):
            yield f"--json={following}"
            next(rest)
        else:
            yield "--json=-"


# What `run` and `exec` have in common.
seed_option = click.option(
    "--seed", type=int, envvar="ACLSIM_SEED", help="Decide by this seed what the runtime leaves open."
)
soc_option = click.option(
    "--soc",
    "--profile",
    "soc",
    envvar="ACLSIM_SOC",
    help="SoC profile: a name such as Ascend310P, or a .toml file, such as conformance --probe writes.",
)
devices_option = click.option(
    "--devices", "-d", type=click.IntRange(min=1), envvar="ACLSIM_DEVICES", help="How many devices."
)
costs_option = click.option(
    "--costs",
    metavar="[profile|null|FILE.csv]",
    envvar="ACLSIM_COSTS",
    help="Durations: of the SoC, none, or recorded (op_summary, task_time, kernel_details).",
)
trace_option = click.option(
    "--trace", metavar="FILE", help="Write a timeline that Perfetto opens (Chrome JSON)."
)
save_trace_option = click.option(
    "--save-trace", metavar="FILE", help="Keep every record of the run, for 'aclsim check' (JSON lines)."
)
choices_option = click.option("--choices", metavar="FILE", help="Write every decision of the run.")
replay_option = click.option("--replay", metavar="FILE", help="Decide as a file that --choices wrote.")
stall_after_option = click.option(
    "--stall-after", type=Duration(), help="Without progress for so long, a run is stalled [1h]."
)
stall_polls_option = click.option(
    "--stall-polls", type=click.IntRange(min=1), help="The same, counted in polls [200000]."
)
time_limit_option = click.option(
    "--time-limit", type=Duration(), help="After so long, a run that only polls is inconclusive [4h]."
)
fault_option = click.option(
    "--fault",
    "faults",
    type=FaultSpec(),
    multiple=True,
    metavar="SPEC",
    help="Let something go wrong, e.g. report.lost:postprocess#1 (docs/faults.md); may be repeated.",
)
unknown_option = click.option(
    "--option",
    "unknowns",
    type=OptionSetting(),
    multiple=True,
    metavar="NAME=VALUE",
    envvar="ACLSIM_OPTIONS",
    help="Decide what is not known of the real runtime, e.g. handles=reused (docs/fidelity.md); may be repeated.",
)
backend_option = click.option(
    "--backend",
    type=click.Choice(["simulator", "ascend", "auto"]),
    default="simulator",
    envvar="ACLSIM_BACKEND",
    show_default=True,
    help="Where the program runs; ascend is the real library.",
)
library_option = click.option(
    "--library",
    metavar="PATH",
    help="The libascendcl.so of --backend ascend, or its folder [as set_env.sh says].",
)
via_option = click.option(
    "--via",
    type=click.Choice(["cffi", "pyacl"]),
    help="How --backend ascend calls the library: itself, or through the vendor's module acl [cffi].",
)
strict_option = click.option(
    "--strict", is_flag=True, help="End with 1 when there are findings, other than notes."
)
summary_option = click.option(
    "--summary", is_flag=True, help="Add throughput, utilisation and callback delays."
)
