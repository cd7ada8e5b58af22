"""Start one of the programs under scenarios/programs as a user would, and keep what came out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import acl_api

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / "scenarios" / "programs"
SHIM = Path(acl_api.__file__).parent / "shim"
# What the tests of a developer with variables of his own would change.
OURS = ("ACLSIM_", "ASCEND_", "PYTHONWARNINGS", "PYTHONHASHSEED")
PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended: its exit code, what it printed, and our machine-readable report, if asked for."""

    code: int
    out: str
    err: str
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def last_line(self) -> str:
        lines = self.out.splitlines()
        return lines[-1] if lines else ""


def _environment(**more: str) -> dict[str, str]:
    # The hash seed as `exec` would set it: saves the start of a second interpreter.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {"PYTHONHASHSEED": "0"} | more


def _start(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # the folder does not matter to the programs: they find their files by themselves
        [sys.executable, *command],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def execute(
    program: str,
    *words: str,
    options: tuple[str, ...] = (),
    report: Path | None = None,
    variables: dict[str, str] | None = None,
) -> Outcome:
    """Run `aclsim exec`; with *report* the JSON report is written there and read back."""
    asked = [*options, *(["--json", str(report)] if report else [])]
    command = ["-m", "simulator.app", "exec", *asked, str(PROGRAMS / program), *words]
    ended = _start(command, _environment(**variables or {}))
    told = json.loads(report.read_text()) if report and report.exists() else {}
    return Outcome(ended.returncode, ended.stdout, ended.stderr, told)


def plain(program: str, *words: str, variables: dict[str, str] | None = None) -> Outcome:
    """Run the program with nothing but our folder on the path: `import acl` finds the simulator."""
    environment = _environment(PYTHONPATH=str(SHIM), **variables or {})
    ended = _start([str(PROGRAMS / program), *words], environment)
    return Outcome(ended.returncode, ended.stdout, ended.stderr)
