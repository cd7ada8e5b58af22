"""The program `aclsim`: its commands, loaded when asked for, and how it ends.

Nothing but click is imported here: start-up is part of the product.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final, NoReturn

import click
from click.core import ParameterSource

from simulator import __version__
from simulator.app.exits import ExitCode
from simulator.app.terminal import closing, err, wants_colour
from simulator.base.errors import UserError

# Where each command lives and what it does, so that `aclsim --help` loads none of them.
_COMMANDS: Final = {
    "run": ("simulator.app.run", "Run scenario files and judge them."),
    "exec": ("simulator.app.exec", "Run your own program on the simulator, unchanged."),
    "explore": ("simulator.app.explore", "Try the orders in which a scenario or program may run."),
    "replay": ("simulator.app.replay", "Run again, in one order, what a token names."),
    "check": ("simulator.app.check", "Look for mistakes in a run that was kept in a file."),
    "mutants": ("simulator.app.mutants.command", "Try tests on runtimes that are wrong on purpose."),
    "conformance": (
        "simulator.app.conformance.command",
        "Tell where a library differs from the model.",
    ),
    "model": ("simulator.app.model", "Describe a model file in a side file, from an ONNX network."),
    "build-lib": ("simulator.app.build_lib", "Build libascendcl.so and its headers for C and C++ programs."),
    "explain": ("simulator.app.explain", "Say what an aclError means and how to mend it."),
    "api": ("simulator.app.api", "Show which functions of the API are modelled, and how."),
    "schema": ("simulator.app.schema", "Print the JSON schema of scenario files."),
    "env": ("simulator.app.env", "List the variables of the environment that mean something here."),
    "doctor": ("simulator.app.doctor", "Say what is installed and which backend would be used."),
}
# What 'aclsim mutants -- …' says to the commands that it starts.
_MUTANT: Final = frozenset({"ACLSIM_MUTANT", "ACLSIM_MUTANT_SEEN"})
# What compares with the model: the model must be right, whatever the library is.
_SPARED: Final = frozenset({"conformance"})
_EXAMPLE: Final = """\
\b
Examples:
  aclsim run                        run the built-in example
  aclsim run my.yaml --seed 7       run a scenario in another order
  aclsim exec my_program.py         run your own pyACL program
  aclsim explore my.yaml            does it hold in every order?
  aclsim explain 107015             what does this code mean?

\b
Exit codes: 0 fine, 1 an expectation or guarantee failed, 2 wrong usage or file, 3 deadlock or stall,
4 inconclusive, 70 a bug of aclsim, 130 interrupted."""


class _Interrupted(Exception):  # noqa: N818 - no error: the user wanted it
    """Ctrl-C, in a form that click does not decorate."""


class _Program(click.Group):
    """The group of all commands; it ends the process with the exit codes of `ExitCode`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - same
        if cmd_name not in _COMMANDS:
            return None
        command = import_module(_COMMANDS[cmd_name][0]).command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, says) for name, (_, says) in _COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise _Interrupted from None

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = "aclsim",
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: ARG002, FBT001, FBT002 - click's signature
        windows_expand_args: bool = True,  # noqa: FBT001, FBT002 - same
        **extra: Any,  # noqa: ANN401 - same
    ) -> NoReturn:
        try:
            words = sys.argv[1:] if args is None else args
            if not _MUTANT.isdisjoint(os.environ) and not _SPARED.intersection(words[:1]):
                from simulator.app.mutants.environment import apply_from_environment

                apply_from_environment()
            extra.setdefault("color", wants_colour())
            code = super().main(
                args,
                prog_name,
                complete_var,
                standalone_mode=False,
                windows_expand_args=windows_expand_args,
                **extra,
            )
        except click.ClickException as error:
            raise SystemExit(_usage(error)) from None
        except UserError as error:
            raise SystemExit(_refused(str(error))) from None
        except (_Interrupted, KeyboardInterrupt):
            closing("interrupted", "nothing was left half-written")
            raise SystemExit(ExitCode.INTERRUPTED) from None
        except Exception as error:
            raise SystemExit(report_bug(error)) from error
        raise SystemExit(code)


def _usage(error: click.ClickException) -> ExitCode:
    context = error.ctx if isinstance(error, click.UsageError) else None
    message = error.format_message()
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        err(message)
        closing("error", "name a command, such as 'aclsim run'")
        return ExitCode.USAGE
    if isinstance(error, click.BadParameter) and _came_from_environment(error):
        message = f"{message} (set by {error.param.envvar})" if error.param else message
    if context is not None:
        err(context.get_usage())
        message = f"{message.rstrip('.?')}; see '{context.command_path} --help'"
    closing("error", message)
    return ExitCode.USAGE


def _came_from_environment(error: click.BadParameter) -> bool:
    if error.ctx is None or error.param is None or error.param.name is None:
        return False
    return error.ctx.get_parameter_source(error.param.name) is ParameterSource.ENVIRONMENT


def _refused(message: str) -> ExitCode:
    """Show what is wrong: one mistake in the last line, several a line each as compilers do."""
    mistakes = message.splitlines()
    if len(mistakes) > 1:
        err(message)
        message = f"{len(mistakes)} mistakes; nothing was run"
    closing("error", message)
    return ExitCode.USAGE


def report_bug(error: BaseException, replay: str | None = None) -> ExitCode:
    """Say that *error* is a bug of ours, with what is needed to look for it; return the exit code."""
    from traceback import format_exception

    err("".join(format_exception(error)).rstrip())
    again = f"; it happens again with: {replay}" if replay else ""
    closing(
        "internal error",
        f"{type(error).__name__}: {error}. This is a bug of aclsim {__version__}, not of your program{again}",
    )
    return ExitCode.BUG


@click.group(
    "aclsim", cls=_Program, context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EXAMPLE
)
@click.version_option(__version__, "-V", "--version", prog_name="aclsim")
def main() -> None:
    """Run programs for the Ascend stream and callback runtime on a software model of it."""
