"""`aclsim build-lib`: libascendcl.so made of the simulator, and the headers to compile C and C++ programs with."""

from __future__ import annotations

from pathlib import Path

import click

from simulator.app.exits import ExitCode
from simulator.app.terminal import closing, err, out

_EPILOG = """\
\b
Example:
  aclsim build-lib --out aclsim-lib
  g++ -std=c++17 prog.cpp -Iaclsim-lib/include -Laclsim-lib -lascendcl -Wl,-rpath,$PWD/aclsim-lib -o prog
  ./prog

It takes gcc and cffi (pip install 'aclsim[cabi]'). docs/abi.md tells which variables the program listens to."""


@click.command(epilog=_EPILOG)
@click.option(
    "--out",
    "folder",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Where it all goes.",
)
@click.option(
    "--headers",
    metavar="DIR",
    type=click.Path(file_okay=False, exists=True),
    help="Compare the prototypes with other headers, too: the folder above acl/.",
)
def command(*, folder: str, headers: str | None) -> ExitCode:
    """Build libascendcl.so and its headers: C and C++ programs then run on the simulator."""
    from acl_api.cabi.build import build, misfits

    built = build(Path(folder).resolve())
    out(str(built.library))
    err(f"headers in {built.include}")
    err(f"{built.modelled} of {built.exported} functions are modelled; the others say so and return 200001")
    if headers is not None:
        declared, wrong = misfits(Path(headers).resolve())
        for name, text in wrong.items():
            err(f"{name}: {text}")
        if wrong:
            closing("failed", f"{len(wrong)} of {declared} prototypes differ from those in {headers}")
            return ExitCode.FAILED
        err(f"{declared} prototypes are those of {headers}")
    closing("passed", f"link with -L{built.folder} -lascendcl")
    return ExitCode.PASSED
