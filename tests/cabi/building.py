"""Build the library once for all tests, and programs against it."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from acl_api.cabi.build import build

PROGRAMS = Path(__file__).parent / "programs"
PATIENCE_S = 90
# What would change the programs' machine.
OURS = ("ACLSIM_", "ASCEND_", "PYTHON", "LD_")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended: its exit code, or minus the signal, and what it printed."""

    code: int
    out: str
    err: str


def built_once(folder: Path, flags: Sequence[str] = ()) -> Path:
    """Return *folder* with the library in it; of several processes that ask, one builds it."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "built").exists():
            build(folder, flags=flags)
            (folder / "built").touch()
    return folder


def compiled(source: Path, library: Path, target: Path, flags: Sequence[str] = ()) -> Path:
    """Compile a program of one file as its users would, with every warning an error."""
    cxx = source.suffix == ".cpp"
    command = ["g++", "-std=c++17"] if cxx else ["gcc", "-std=c11"]
    command += ["-Wall", "-Wextra", "-Werror", "-g", f"-I{library / 'include'}", f"-I{PROGRAMS}", *flags]
    command += [
        str(source),
        f"-L{library}",
        "-lascendcl",
        "-lpthread",
        f"-Wl,-rpath,{library}",
        "-o",
        str(target),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a user who has set nothing, not even a PATH to a Python."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {"PATH": "/usr/bin:/bin"} | more


def run(program: Path, *words: str, **variables: str) -> Outcome:
    """Run a program outside of any environment; a hang is ended, and fails."""
    done = subprocess.run(
        [str(program), *words],
        env=environment(**variables),
        cwd=program.parent,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def has_compiler() -> bool:
    return which("gcc") is not None and which("g++") is not None
