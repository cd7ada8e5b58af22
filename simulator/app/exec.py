"""`aclsim exec`: run a program of one's own on the simulator."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.app import options
from simulator.app.options import Duration
from simulator.base.errors import UserError

if TYPE_CHECKING:
    from simulator.app.execution.native import NativeOptions
    from simulator.app.execution.target import Target

_EPILOG = """\
\b
Examples:
  aclsim exec my_program.py                    `import acl` in it is the simulator
  aclsim exec my_program.py --images 8         options after the program are the program's
  aclsim exec --seed 7 --trace run.json -m my_package
  aclsim exec -m pytest -q                     tests that import acl

The program's own OS threads run one at a time, in simulated time: the same seed gives the same run. A program
that cannot go on ends with 3 and the reason. stdout and the exit code are the program's; what aclsim says goes
to stderr. Programs that it starts get a machine of their own, on the free host."""
_ENDS = {"-m": "module", "-c": "code"}
# What a run on the real library can be told.
_NATIVE = frozenset({"module", "code", "backend", "library", "via", "record", "quiet"})


class _ProgramCommand(click.Command):
    """A command whose options end where the program begins, at its name or at -m or -c, as Python's do."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `--` behind `-m NAME` and `-c CODE`, so that what follows is left alone."""
        flags = {name for param in self.params if isinstance(param, click.Option) and (param.is_flag or param.count)
                 for name in param.opts}  # fmt: skip
        at = 0
        while at < len(args) and args[at].startswith("-") and args[at] != "--":
            if args[at] in _ENDS and at + 1 < len(args):
                args = [*args[: at + 2], "--", *args[at + 2 :]]
                break
            at += 1 if args[at] in flags or args[at] == "--help" or "=" in args[at] else 2
        return super().parse_args(ctx, args)


@click.command(cls=_ProgramCommand, epilog=_EPILOG, context_settings={"allow_interspersed_args": False})
@click.option("--module", "-m", metavar="MODULE", help="Run a module, as python -m does.")
@click.option("-c", "code", metavar="CODE", help="Run a piece of code, as python -c does.")
@options.backend_option
@options.library_option
@options.via_option
@click.option(
    "--record", metavar="FILE", help="Keep what is seen of a run on --backend ascend, for 'aclsim check'."
)
@click.option(
    "--host",
    type=click.Choice(["baton", "free"]),
    default="baton",
    envvar="ACLSIM_HOST",
    show_default=True,
    help="One thread at a time in simulated time, or threads as they please, paced by the clock.",
)
@options.seed_option
@options.soc_option
@options.devices_option
@options.costs_option
@options.fault_option
@options.unknown_option
@click.option("--speed", type=click.FloatRange(1e-6, 1e6), help="Simulated over real time (--host free).")
@click.option("--no-gil-model", is_flag=True, help="Let every call free the interpreter lock.")
@options.trace_option
@options.save_trace_option
@options.choices_option
@options.replay_option
@click.option("--json", "json_file", metavar="FILE", help="Report as JSON, into a file.")
@click.option(
    "--allow-code",
    is_flag=True,
    envvar="ACLSIM_ALLOW_CODE",
    help="Let side files of models run code from outside the working directory.",
)
@options.strict_option
@options.stall_after_option
@options.stall_polls_option
@options.time_limit_option
@click.option(
    "--watchdog",
    type=Duration(),
    help="Real time after which a thread that calls nothing loses its turn [500ms].",
)
@options.summary_option
@click.option("--quiet", "-q", is_flag=True, help="Only why a program could not go on.")
@click.option("--verbose", "-v", is_flag=True, help="Tell notes, too.")
@click.argument("program", nargs=-1, type=click.UNPROCESSED, metavar="[SCRIPT.py] [--] [ARG]…")
def command(  # noqa: PLR0913 - one parameter per option
    program: tuple[str, ...],
    *,
    module: str | None,
    code: str | None,
    backend: str,
    library: str | None,
    via: str | None,
    record: str | None,
    host: str,
    seed: int | None,
    soc: str | None,
    devices: int | None,
    costs: str | None,
    faults: tuple[str, ...],
    unknowns: tuple[str, ...],
    speed: float | None,
    no_gil_model: bool,
    trace: str | None,
    save_trace: str | None,
    choices: str | None,
    replay: str | None,
    json_file: str | None,
    allow_code: bool,
    strict: bool,
    stall_after: int | None,
    stall_polls: int | None,
    time_limit: int | None,
    watchdog: int | None,
    summary: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Run a pyACL program on the simulator, unchanged, and explain it if it hangs."""
    from simulator.app.execution.native import NativeOptions
    from simulator.app.execution.options import ExecOptions
    from simulator.app.execution.running import Running
    from simulator.app.execution.telling import Told
    from simulator.app.files import check_targets

    target = _target(module, code, program)
    target.check()
    if _on_the_library(target, NativeOptions(backend, library, via, record, quiet=quiet)):
        return
    inputs = [name for name in (replay, target.name if target.kind == "script" else None) if name is not None]
    targets = [
        ("--trace", trace),
        ("--save-trace", save_trace),
        ("--choices", choices),
        ("--json", json_file),
    ]
    check_targets(targets, inputs)
    if json_file == "-":
        raise UserError("--json -: stdout belongs to the program; name a file")
    options = ExecOptions(
        host=host, seed=seed, soc=soc, devices=devices, costs=costs, faults=faults, unknowns=unknowns,
        speed=speed, gil=not no_gil_model, stall_after=stall_after, stall_polls=stall_polls,
        time_limit=time_limit, watchdog=watchdog, replay=replay, choices=choices, trace=trace,
        save_trace=save_trace, json=json_file, allow_code=allow_code, strict=strict,
        summary=summary, quiet=quiet, verbose=verbose,
    )  # fmt: skip
    options.check()
    fix_hash_seed()
    Running(target, options, Told).run()


def _on_the_library(target: Target, options: NativeOptions) -> bool:
    """Run the program on the real library when that is asked for; False leaves it to the simulator."""
    from simulator.app.execution.native import run_native
    from simulator.app.files import check_targets
    from simulator.app.options import refuse_simulated
    from simulator.app.terminal import err

    if options.backend != "simulator":
        selected = options.select()
        if options.backend == "auto":
            err(f"aclsim: backend auto: took {selected.name} ({selected.why})")
        if selected.native is not None:
            refuse_simulated(click.get_current_context(), _NATIVE)
            check_targets([("--record", options.record)], [target.name] if target.kind == "script" else [])
            run_native(target, options, selected.native, selected.why)
            return True
    for name, value in {
        "--library": options.library,
        "--via": options.via,
        "--record": options.record,
    }.items():
        if value is not None:
            raise click.UsageError(f"{name} is about --backend ascend; the simulator has --save-trace")
    return False


def _target(module: str | None, code: str | None, program: tuple[str, ...]) -> Target:
    """Return what to run; of the words after it, a first `--` only says that they are the program's."""
    from simulator.app.execution.target import Target

    if module is not None and code is not None:
        raise click.UsageError("-m and -c exclude each other")
    words = program
    if module is None and code is None:
        if not program:
            raise click.UsageError("name a script, or -m and a module")
        words = program[1:]
    if words[:1] == ("--",):
        words = words[1:]
    if module is not None:
        return Target("module", module, words)
    if code is not None:
        return Target("code", code, words)
    return Target("script", program[0], words)


def fix_hash_seed() -> None:
    """Start this command again with PYTHONHASHSEED fixed: the order of sets of strings is part of a run.

    Left alone when somebody else's program has called the command: it is not ours to replace.
    """
    if os.environ.get("PYTHONHASHSEED", "random").isdigit():
        return
    called_by = Path(sys.argv[0]).name
    if called_by in {"aclsim", "__main__.py"} and sys.orig_argv[-len(sys.argv[1:]) :] == sys.argv[1:]:
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606 - itself
