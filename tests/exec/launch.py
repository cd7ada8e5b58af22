"""Start `aclsim exec` on small programs as a user would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

# What settings of a developer's own would change.
OURS = ("ACLSIM_", "ASCEND_", "PYTHON")
PATIENCE_S = 60


class Ended(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def closing(self) -> str:
        return self.err.splitlines()[-1] if self.err else ""


def clean_environment(**variables: str) -> dict[str, str]:
    """With the hash seed that `exec` would set: saves the start of a second interpreter."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {"PYTHONHASHSEED": "0"} | variables


def python(folder: Path, *words: str, stdin: str = "", **variables: str) -> Ended:
    """Run this Python in *folder*."""
    ended = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=clean_environment(**variables),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def execute(folder: Path, *words: str, stdin: str = "", **variables: str) -> Ended:
    """Run `aclsim exec` with *words* in *folder*."""
    return python(folder, "-m", "simulator.app", "exec", *words, stdin=stdin, **variables)


def program(folder: Path, text: str, name: str = "prog.py") -> str:
    """Write a program into *folder* and return its name."""
    (folder / name).write_text(text, "utf-8")
    return name


def report(folder: Path, name: str = "report.json") -> dict[str, Any]:
    """Read the JSON report of a run in *folder*."""
    found: dict[str, Any] = json.loads((folder / name).read_text("utf-8"))
    return found
